//! Filling the workspace: the company is set up, then the last four weeks happen in order of time.

use super::content::{CHANNELS, QUEUES, TAGS, canned, email, junk, shops, team, visits};
use super::plan::{Planner, Unfinished, domain, mail, phone};
use crate::desk::Desk;
use crate::desk::canned::NewCanned;
use crate::desk::channels::NewChannel;
use crate::desk::choices::List;
use crate::desk::interactions::NewInteraction;
use crate::desk::organizations::NewOrganization;
use crate::desk::people::NewContact;
use crate::desk::replay::{Line, Outcome, Replay};
use crate::desk::setup::NewQueue;
use crate::domain::canned::Audience;
use crate::domain::people::OpenedFor;
use crate::domain::state::{CloseCode, ContactType};
use crate::domain::{Actor, InteractionId, Role};
use crate::store::Db;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;

/// Signs in everybody who may.
pub const PASSWORD: &str = "copper-kettle-41";
/// Who may.
pub const SIGN_INS: [&str; 4] = ["maya", "ruth", "bronwen", "wilma"];

/// Something that happens.
enum Deed {
    Line(Box<Line>),
    Visit { number: usize, what: &'static str, name: String },
    Serve { number: usize, by: &'static str },
    Wait { number: usize, by: &'static str },
    Leave { number: usize, by: &'static str },
}

/// Makes the company and its last weeks before `now`; gives the conversations that go on.
pub fn fill(db: Db, now: DateTime<Utc>, planner: &mut Planner) -> anyhow::Result<Vec<Unfinished>> {
    let mut replay = Replay::onto(db);
    replay.desk().clock.set(now - TimeDelta::days(30));
    set_up(replay.desk())?;
    let (lines, unfinished) = planner.conversations();
    let lines = lines.into_iter().chain(planner.presence()).chain(suspended(planner));
    let mut deeds: Vec<(DateTime<Utc>, Deed)> = lines.map(|line| (line.at, Deed::Line(Box::new(line)))).collect();
    deeds.extend(at_the_counter(now, planner));
    deeds.sort_by_key(|(at, _)| *at);
    let mut visits = HashMap::new();
    for (at, deed) in deeds {
        happen(&mut replay, &mut visits, at, deed)?;
    }
    replay.play(&Line { at: now, act: "tick".to_owned(), ..Line::default() })?;
    replay.commit()?;
    Ok(unfinished)
}

fn happen(
    replay: &mut Replay,
    visits: &mut HashMap<usize, InteractionId>,
    at: DateTime<Utc>,
    deed: Deed,
) -> anyhow::Result<()> {
    let line = match &deed {
        Deed::Line(line) => (**line).clone(),
        _ => Line { at, act: "tick".to_owned(), ..Line::default() },
    };
    if let Outcome::Bad(reason) = replay.play(&line)? {
        tracing::warn!("{} at {at} did not happen: {reason}", line.act);
    }
    let desk = replay.desk();
    let by = |key: &str| desk.agent_of(&email(key));
    match deed {
        Deed::Line(_) => {}
        Deed::Visit { number, what, name } => {
            let new = NewInteraction {
                kind: ContactType::WalkUp,
                opened_for: OpenedFor::Guest(name),
                short_description: what.to_owned(),
                queue: Some("leeds-counter".to_owned()),
            };
            visits.insert(number, desk.create_interaction(&by("bronwen")?, new)?.id);
        }
        Deed::Serve { number, by: key } => {
            if let Some(id) = visits.get(&number) {
                desk.take(&by(key)?, *id)?;
            }
        }
        Deed::Wait { number, by: key } => {
            if let Some(id) = visits.get(&number) {
                desk.hold_interaction(&by(key)?, *id, true, None)?;
            }
        }
        Deed::Leave { number, by: key } => {
            if let Some(id) = visits.get(&number) {
                desk.close_interaction(&by(key)?, *id, None, CloseCode::Complete, None)?;
            }
        }
    }
    Ok(())
}

fn set_up(desk: &Desk) -> anyhow::Result<()> {
    desk.name_workspace("Tillwork")?;
    let team = team();
    for colleague in &team {
        let role: Role = colleague.role.parse().unwrap_or(Role::Agent);
        let password = SIGN_INS.contains(&colleague.key).then_some(PASSWORD);
        desk.add_agent(&email(colleague.key), colleague.name, role, password)?;
    }
    for (slug, name, target) in QUEUES {
        let members = team.iter().filter(|one| one.queues.contains(&slug)).map(|one| email(one.key)).collect();
        let (slug, name) = (slug.to_owned(), name.to_owned());
        let new = NewQueue { slug, name, target: Some(target), members: Some(members), ..NewQueue::default() };
        desk.add_queue(new)?;
    }
    for (slug, name, kind, contact_type, queue) in CHANNELS {
        let (slug, name, kind) = (slug.to_owned(), name.to_owned(), kind.to_owned());
        // Nobody gets a message from a demo.
        let (queue, provider) = (Some(queue.to_owned()), (kind == "sms").then(|| "trial".to_owned()));
        let new = NewChannel { slug, name, kind, contact_type, queue, provider, ..NewChannel::default() };
        desk.add_channel(Actor::System, new)?;
    }
    writing(desk)?;
    for shop in shops() {
        let (name, domains) = (shop.name.to_owned(), vec![domain(shop.name)]);
        let organization =
            desk.add_organization(NewOrganization { name, domains, existing: !shop.is_new, ..Default::default() })?.id;
        for name in shop.people {
            let (emails, phones) = (vec![mail(name, shop.name)], vec![phone(name, shop.name)]);
            let vip = matches!(shop.name, "Okafor Opticians" | "Three Bells Inn");
            let organization = Some(organization);
            desk.add_contact(NewContact {
                name: name.to_owned(),
                emails,
                phones,
                organization,
                vip,
                ..NewContact::default()
            })?;
        }
    }
    Ok(())
}

/// What helps whoever writes.
fn writing(desk: &Desk) -> anyhow::Result<()> {
    let admin = desk.agent_of(&email("wilma"))?;
    for (shortcut, name, body) in canned() {
        let (name, shortcut, body) = (name.to_owned(), shortcut.to_owned(), body.to_owned());
        desk.add_canned(&admin, NewCanned { name, shortcut, body, audience: Audience::Everyone })?;
    }
    for name in TAGS {
        desk.add_choice(List::Tags, name)?;
    }
    Ok(())
}

/// What nobody asked for: held for review.
fn suspended(planner: &mut Planner) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, (from, text)) in junk().into_iter().enumerate() {
        let at = planner.office_hours(0..3);
        let channel = if from.starts_with('+') {
            "sms"
        } else if from.contains('@') {
            "email"
        } else {
            "web"
        };
        let id = format!("junk-{number}");
        lines.push(Line {
            at,
            act: "inbound".to_owned(),
            channel: Some(channel.to_owned()),
            from: Some(from.to_owned()),
            id: Some(id.clone()),
            body: Some(text.to_owned()),
            ..Line::default()
        });
        let agent = Some(email("ruth"));
        let at = at + TimeDelta::seconds(70);
        lines.push(Line { at, act: "suspend".to_owned(), agent, of: Some(id), ..Line::default() });
    }
    lines
}

/// The counter in Leeds: done ones, some who are served, some who wait, one whose repair takes longer.
fn at_the_counter(now: DateTime<Utc>, planner: &mut Planner) -> Vec<(DateTime<Utc>, Deed)> {
    let (wanted, shops) = (visits(), shops());
    let mut deeds = Vec::new();
    for number in 0..54usize {
        let Some((what, minutes)) = planner.random.choice(&wanted).copied() else { continue };
        let Some(name) = planner.random.choice(&shops).and_then(|shop| shop.people.first()) else { continue };
        let by = if planner.random.bool() { "bronwen" } else { "noah" };
        let began = match number {
            0..=3 => now - TimeDelta::seconds(planner.random.i64(40..700)),
            4..=6 => now - TimeDelta::seconds(planner.random.i64(900..1500)),
            _ => planner.office_hours(0..8),
        };
        deeds.push((began, Deed::Visit { number, what, name: (*name).to_owned() }));
        if number <= 3 {
            continue;
        }
        let served = began + TimeDelta::seconds(planner.random.i64(20..620));
        deeds.push((served, Deed::Serve { number, by }));
        match number {
            4 | 5 => {}
            6 => deeds.push((served + TimeDelta::minutes(3), Deed::Wait { number, by })),
            _ => deeds.push((served + TimeDelta::minutes(minutes), Deed::Leave { number, by })),
        }
    }
    deeds
}
