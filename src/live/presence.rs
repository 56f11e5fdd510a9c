//! Who is looking at a conversation, and who is typing in it. In memory, for the sockets of this node and those that other
//! nodes tell of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Scope;
use super::sightings::{Sighting, Sightings};
use crate::domain::{AgentId, ConversationId};

/// A page says again that it is open well within this time.
const VIEWING: Duration = Duration::from_secs(30);
/// Typing ends by itself this long after the last key.
const TYPING: Duration = Duration::from_secs(6);

/// Every conversation that somebody has open.
#[derive(Default)]
pub struct Presence {
    rooms: Mutex<HashMap<ConversationId, Room>>,
    sightings: Sightings,
}

#[derive(Default)]
struct Room {
    scope: Scope,
    seats: Vec<Seat>,
    /// The customer is typing until then.
    customer_until: Option<Instant>,
    /// Who was there when the pages were last told.
    told: Company,
}

/// Where a page has its socket.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Here(u64),
    /// On another node.
    There(Arc<str>, u64),
}

/// One page of one person.
struct Seat {
    place: Place,
    person: Person,
    viewing_until: Instant,
    typing_until: Option<Instant>,
    /// They type what the customer will read.
    answering_until: Option<Instant>,
}

/// What a person at a page does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doing {
    Viewing,
    /// Writing what stays in the house.
    Noting,
    /// Writing to the customer.
    Answering,
}

/// A person as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: AgentId,
    pub name: Arc<str>,
}

/// Who is there, each once, in the order they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Company {
    pub viewing: Vec<Person>,
    pub typing: Vec<Person>,
    /// Those of them whose words are for the customer.
    pub answering: Vec<Person>,
    /// The customer is typing.
    pub customer: bool,
}

/// A conversation whose company is no longer what its pages were told.
#[derive(Debug, PartialEq, Eq)]
pub struct Changed {
    pub conversation: ConversationId,
    pub scope: Scope,
    pub company: Company,
    /// Whether other people answer the customer than were told before.
    pub answering: bool,
}

impl Presence {
    /// A page has this conversation open. `scope` is who may see it.
    pub fn view(
        &self,
        at: (ConversationId, Scope),
        socket: u64,
        person: &Person,
        doing: Doing,
        now: Instant,
    ) -> Option<Changed> {
        self.sightings.add(|| Sighting::of(at, socket, person, Some(doing)));
        self.sit(at, &Place::Here(socket), person, doing, now)
    }

    /// Another node tells of a page of its own.
    pub fn told(&self, node: &Arc<str>, sighting: &Sighting, now: Instant) -> Vec<Changed> {
        let place = Place::There(node.clone(), sighting.socket);
        match sighting.doing {
            Some(doing) => Vec::from_iter(self.sit(sighting.at(), &place, &sighting.person(), doing, now)),
            None => self.sweep(now, |seat| seat.place != place),
        }
    }

    /// What this node has seen, for the others.
    pub const fn sightings(&self) -> &Sightings {
        &self.sightings
    }

    fn sit(
        &self,
        at: (ConversationId, Scope),
        place: &Place,
        person: &Person,
        doing: Doing,
        now: Instant,
    ) -> Option<Changed> {
        let (conversation, scope) = at;
        let mut rooms = self.rooms();
        let room = rooms.entry(conversation).or_insert_with(|| Room { scope, ..Room::default() });
        let typing_until = (doing != Doing::Viewing).then(|| now + TYPING);
        let answering_until = (doing == Doing::Answering).then(|| now + TYPING);
        let viewing_until = now + VIEWING;
        match room.seats.iter_mut().find(|seat| seat.place == *place) {
            Some(seat) => {
                seat.viewing_until = viewing_until;
                seat.typing_until = typing_until.or(seat.typing_until);
                seat.answering_until = answering_until.or(seat.answering_until.filter(|_| doing != Doing::Noting));
            }
            None => {
                let (place, person) = (place.clone(), person.clone());
                room.seats.push(Seat { place, person, viewing_until, typing_until, answering_until });
            }
        }
        room.changed(conversation, now)
    }

    /// The customer types. Nobody is told where nobody looks.
    pub fn customer_types(&self, conversation: ConversationId, now: Instant) -> Option<Changed> {
        let mut rooms = self.rooms();
        let room = rooms.get_mut(&conversation)?;
        room.customer_until = Some(now + TYPING);
        room.changed(conversation, now)
    }

    /// The customer has sent what they typed.
    pub fn customer_said(&self, conversation: ConversationId, now: Instant) -> Option<Changed> {
        let mut rooms = self.rooms();
        let room = rooms.get_mut(&conversation)?;
        room.customer_until = None;
        room.changed(conversation, now)
    }

    /// A page is gone.
    pub fn leave(&self, socket: u64, now: Instant) -> Vec<Changed> {
        let place = Place::Here(socket);
        for (conversation, room) in self.rooms().iter() {
            for seat in room.seats.iter().filter(|seat| seat.place == place) {
                self.sightings.add(|| Sighting::of((*conversation, room.scope), socket, &seat.person, None));
            }
        }
        self.sweep(now, |seat| seat.place != place)
    }

    /// Lets go of who has not been heard of for too long.
    pub fn expire(&self, now: Instant) -> Vec<Changed> {
        self.sweep(now, |_| true)
    }

    /// Who is there now: for a page that is being rendered.
    pub fn company(&self, conversation: ConversationId, now: Instant) -> Company {
        self.rooms().get(&conversation).map(|room| room.company(now)).unwrap_or_default()
    }

    /// The conversations that somebody has open.
    pub fn conversations(&self) -> Vec<ConversationId> {
        self.rooms().keys().copied().collect()
    }

    /// A conversation stands elsewhere now: who may see its company changes with it.
    pub fn moved(&self, conversation: ConversationId, scope: Scope) {
        if let Some(room) = self.rooms().get_mut(&conversation) {
            room.scope = scope;
        }
    }

    fn sweep(&self, now: Instant, stays: impl Fn(&Seat) -> bool) -> Vec<Changed> {
        let mut rooms = self.rooms();
        let mut changed = Vec::new();
        rooms.retain(|conversation, room| {
            room.seats.retain(|seat| seat.viewing_until > now && stays(seat));
            changed.extend(room.changed(*conversation, now));
            !room.seats.is_empty()
        });
        changed
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<ConversationId, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    fn changed(&mut self, conversation: ConversationId, now: Instant) -> Option<Changed> {
        let company = self.company(now);
        if company == self.told {
            return None;
        }
        let answering = company.answering != self.told.answering;
        self.told = company.clone();
        Some(Changed { conversation, scope: self.scope, company, answering })
    }

    fn company(&self, now: Instant) -> Company {
        let customer = self.customer_until.is_some_and(|until| until > now);
        let mut company = Company { customer, ..Company::default() };
        for seat in self.seats.iter().filter(|seat| seat.viewing_until > now) {
            add(&mut company.viewing, &seat.person);
            if seat.typing_until.is_some_and(|until| until > now) {
                add(&mut company.typing, &seat.person);
            }
            if seat.answering_until.is_some_and(|until| until > now) {
                add(&mut company.answering, &seat.person);
            }
        }
        company
    }
}

fn add(people: &mut Vec<Person>, person: &Person) {
    if people.iter().all(|other| other.id != person.id) {
        people.push(person.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: (ConversationId, Scope) = (ConversationId(1), Scope { queue: None, assignee: None });

    fn person(id: i64) -> Person {
        Person { id: AgentId(id), name: "Ada".into() }
    }

    fn only(viewing: Vec<Person>) -> Company {
        Company { viewing, ..Company::default() }
    }

    #[test]
    fn pages_are_told_when_somebody_comes_types_and_goes_and_only_then() {
        let (presence, now) = (Presence::default(), Instant::now());
        let came = presence.view(AT, 1, &person(1), Doing::Viewing, now).unwrap();
        assert_eq!(came.company, only(vec![person(1)]));
        assert_eq!(presence.view(AT, 1, &person(1), Doing::Viewing, now), None);
        assert_eq!(presence.view(AT, 1, &person(1), Doing::Noting, now).unwrap().company.typing, vec![person(1)]);
        let quiet = presence.expire(now + TYPING);
        assert_eq!(quiet.first().unwrap().company, only(vec![person(1)]));
        assert_eq!(presence.leave(1, now).first().unwrap().company, Company::default());
        assert_eq!(presence.expire(now), vec![]);
    }

    #[test]
    fn a_note_is_not_typed_to_the_customer_and_their_typing_is_told_where_somebody_looks() {
        let (presence, now) = (Presence::default(), Instant::now());
        assert_eq!(presence.customer_types(ConversationId(1), now), None);
        let noting = presence.view(AT, 1, &person(1), Doing::Noting, now).unwrap().company;
        assert_eq!((noting.typing.len(), noting.answering.len()), (1, 0));
        let answering = presence.view(AT, 1, &person(1), Doing::Answering, now).unwrap().company;
        assert_eq!(answering.answering, vec![person(1)]);
        assert!(presence.customer_types(ConversationId(1), now).unwrap().company.customer);
        assert!(!presence.customer_said(ConversationId(1), now).unwrap().company.customer);
    }

    #[test]
    fn two_pages_of_one_person_are_one_viewer() {
        let (presence, now) = (Presence::default(), Instant::now());
        presence.view(AT, 1, &person(1), Doing::Viewing, now);
        assert_eq!(presence.view(AT, 2, &person(1), Doing::Viewing, now), None);
        assert_eq!(presence.leave(1, now), vec![]);
        assert_eq!(presence.company(ConversationId(1), now).viewing, vec![person(1)]);
    }

    #[test]
    fn what_one_node_sees_the_other_shows_until_it_is_gone() {
        let (here, there, now) = (Presence::default(), Presence::default(), Instant::now());
        here.view(AT, 1, &person(1), Doing::Viewing, now);
        assert_eq!(here.sightings().take(), Vec::<Vec<Sighting>>::new(), "nobody listens");
        here.sightings().share();
        here.view(AT, 1, &person(1), Doing::Answering, now);
        there.view(AT, 1, &person(2), Doing::Viewing, now);
        let tell = |there: &Presence| -> Vec<Changed> {
            let told = here.sightings().take();
            told.iter().flatten().flat_map(|seen| there.told(&"here".into(), seen, now)).collect()
        };
        assert_eq!(tell(&there).first().unwrap().company.answering, vec![person(1)]);
        assert_eq!(there.company(AT.0, now).viewing, vec![person(2), person(1)]);
        here.leave(1, now);
        assert_eq!(tell(&there).first().unwrap().company, only(vec![person(2)]));
    }

    #[test]
    fn a_page_not_heard_of_for_half_a_minute_is_gone() {
        let (presence, now) = (Presence::default(), Instant::now());
        presence.view(AT, 1, &person(1), Doing::Viewing, now);
        assert_eq!(presence.expire(now + VIEWING).first().unwrap().company, Company::default());
    }
}
