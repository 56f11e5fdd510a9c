//! Who is in the tests: Ada and Ben are agents, Max is a manager, Wendy works the desk, Root is the administrator.
//! Uma is a customer of Acme, an organisation the house knows.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::json;
use switchboard::desk::channels::NewChannel;
use switchboard::desk::organizations::NewOrganization;
use switchboard::desk::people::NewContact;
use switchboard::desk::setup::NewQueue;
use switchboard::desk::{Desk, Done};
use switchboard::domain::state::ContactType;
use switchboard::domain::{Actor, Presence};

use super::app::{Person, Program};
use super::binary;
use super::database::{Database, Engine};
use super::house::House;

pub const CAST: &[(&str, &str)] =
    &[("ada", "agent"), ("ben", "agent"), ("max", "manager"), ("wendy", "desk"), ("root", "admin")];

/// Uma's phone number, and the address that belongs to Acme.
pub const UMA_PHONE: &str = "+14155550100";
pub const UMA_EMAIL: &str = "uma@acme.example";

pub fn email(name: &str) -> String {
    format!("{name}@desk.example")
}

/// What opens doors: tokens and session cookies by the name of their owner, channel tokens by the channel.
#[derive(Clone, Default)]
pub struct Keys {
    pub tokens: BTreeMap<String, String>,
    pub sessions: BTreeMap<String, String>,
    pub channels: BTreeMap<String, String>,
}

static KEYS: Mutex<[Option<Keys>; 2]> = Mutex::new([const { None }; 2]);

/// The keys of the cast of this engine's template.
pub fn keys(engine: Engine) -> Keys {
    KEYS.lock().unwrap()[engine as usize].clone().expect("the template with the cast is made first")
}

/// Fills a template: hires the cast, makes the queues and channels, gives everybody a token and a session, and has them
/// say that they are here: what belongs to somebody who is not goes back to the queue when its customer writes.
pub fn hire(db: &Database) {
    let keys = hire_apart(db);
    KEYS.lock().unwrap()[db.engine as usize] = Some(keys);
}

/// The same in a database of a test's own, whose keys are for that test alone.
pub fn hire_apart(db: &Database) -> Keys {
    for (name, role) in CAST {
        binary::hires(db, &email(name), role);
    }
    let mut keys = Keys::default();
    for (name, _) in CAST {
        keys.tokens.insert((*name).to_owned(), binary::token(db, &email(name)));
    }
    std::thread::scope(|scope| {
        let furnish = || super::run(furnish(db, &mut keys));
        scope.spawn(furnish).join().unwrap();
    });
    for channel in ["sms", "chat"] {
        let token = binary::prints(db, &["token", "create", "--user", &email("root"), "--channel", channel]);
        keys.channels.insert(channel.to_owned(), token);
    }
    keys
}

async fn furnish(db: &Database, keys: &mut Keys) {
    let house = House::open(db);
    set_up(&house.desk).unwrap();
    for (name, _) in CAST {
        let person = Person::at(&house.base);
        person.signs_in(&email(name), &binary::password(&email(name))).await.expect(303);
        keys.sessions.insert((*name).to_owned(), person.cookies());
        let program = Program::with(&house.base, &keys.tokens[*name]);
        program.put("/me/presence", json!({ "state": "available" })).await.expect(200);
    }
}

/// Everybody is there for work. Two queues that are open to all, a channel of each type, and Uma of Acme.
fn set_up(desk: &Desk) -> Done<()> {
    let members: Vec<String> = CAST.iter().map(|(name, _)| email(name)).collect();
    for (slug, name) in [("support", "Support"), ("billing", "Billing")] {
        let (slug, name, members) = (slug.to_owned(), name.to_owned(), Some(members.clone()));
        desk.add_queue(NewQueue { slug, name, members, ..NewQueue::default() })?;
    }
    for (slug, contact_type) in [("sms", ContactType::Messaging), ("chat", ContactType::Chat)] {
        let (name, kind, queue) = (slug.to_owned(), "api".to_owned(), Some("support".to_owned()));
        let slug = slug.to_owned();
        desk.add_channel(Actor::System, NewChannel { slug, name, kind, contact_type, queue, ..NewChannel::default() })?;
    }
    let domains = vec!["acme.example".to_owned()];
    let acme = NewOrganization { name: "Acme".to_owned(), domains, existing: true, ..NewOrganization::default() };
    let acme = desk.add_organization(acme)?;
    let (emails, phones) = (vec![UMA_EMAIL.to_owned()], vec![UMA_PHONE.to_owned()]);
    let name = "Uma Ortiz".to_owned();
    for (name, _) in CAST {
        let agent = desk.agent(&email(name))?;
        desk.set_presence(agent.id, Presence::Available, Actor::Agent(agent.id))?;
    }
    desk.add_contact(NewContact { name, emails, phones, organization: Some(acme.id), ..NewContact::default() })?;
    Ok(())
}
