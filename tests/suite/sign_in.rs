//! Accounts at the desk: the first link, passwords, sessions and their sockets, tokens.

use chrono::{DateTime, TimeDelta, Utc};
use switchboard::clock::Clock;
use switchboard::desk::sign_in::{Browser, Holder, SignedIn, Token};
use switchboard::desk::{Desk, Error};
use switchboard::domain::view::Eyes;
use switchboard::domain::{Agent, Refused, Role};
use switchboard::live::hub::Owner;
use switchboard::live::{Ending, Topic, Watch};

use crate::support::database::{Database, Engine};
use crate::support::probe::open;

both![
    the_first_link_makes_one_admin_once,
    the_first_link_lasts_a_day,
    a_session_ends_when_idle_and_at_the_latest_after_thirty_days,
    a_new_password_ends_the_other_sessions_and_their_sockets,
    signing_out_everywhere_ends_every_socket,
    sockets_of_a_session_that_another_process_ended_are_closed,
    a_role_that_changes_counts_at_once,
    bad_passwords_and_addresses_are_refused_at_their_field,
    a_token_is_known_by_its_hash_alone,
];

const GOOD: &str = "correct, and long enough";

fn desk(db: &Database) -> (Desk, Clock) {
    let clock = Clock::fixed("2026-11-20T09:00:00Z".parse::<DateTime<Utc>>().unwrap());
    (Desk::new(open(db), clock.clone()), clock)
}

fn ada(desk: &Desk) -> Agent {
    desk.add_agent("ada@desk.example", "Ada", Role::Agent, Some(GOOD)).unwrap()
}

fn signs_in(desk: &Desk, agent: &Agent) -> (String, SignedIn) {
    let browser = Browser { address: "192.0.2.1".parse().unwrap(), name: "Firefox".into() };
    let cookie = desk.begin_session(agent.id, &browser).unwrap();
    let session = desk.signed_in(&cookie).unwrap().unwrap();
    (cookie, session)
}

fn socket(desk: &Desk, session: &SignedIn) -> Watch {
    let owner = Owner {
        agent: session.agent.clone().into(),
        eyes: Eyes::of(&session.agent, &[]).into(),
        key: session.key.clone(),
    };
    desk.hub.watch(owner, vec![Topic::Inbox], None)
}

fn field(error: Error) -> String {
    match error {
        Error::Refused(refused) => refused.field().unwrap_or_default().to_owned(),
        error => panic!("{error}"),
    }
}

async fn the_first_link_makes_one_admin_once(engine: Engine) {
    let db = Database::empty(engine);
    let (desk, _) = desk(&db);
    let link = desk.first_link().unwrap().unwrap();
    assert!(desk.is_first_link(&link).unwrap() && !desk.is_first_link("nonsense").unwrap());
    let error = desk.make_first_admin(&link, "root@desk.example", "Root", "short").unwrap_err();
    assert_eq!(field(error), "password");
    let racers = [desk.clone(), desk.clone(), desk.clone()].map(|desk| {
        let link = link.clone();
        std::thread::spawn(move || desk.make_first_admin(&link, "root@desk.example", "Root", GOOD))
    });
    let made: Vec<_> = racers.into_iter().map(|racer| racer.join().unwrap()).collect();
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
    assert!(matches!(made.iter().flatten().next().unwrap().role, Role::Admin));
    assert!(!desk.is_first_link(&link).unwrap());
    assert!(desk.first_link().unwrap().is_none(), "somebody works here now");
}

async fn the_first_link_lasts_a_day(engine: Engine) {
    let db = Database::empty(engine);
    let (desk, clock) = desk(&db);
    let link = desk.first_link().unwrap().unwrap();
    clock.advance(TimeDelta::hours(24));
    assert!(!desk.is_first_link(&link).unwrap());
    assert!(desk.make_first_admin(&link, "root@desk.example", "Root", GOOD).is_err());
    assert!(desk.first_link().unwrap().is_some(), "the next start makes a new one");
}

async fn a_session_ends_when_idle_and_at_the_latest_after_thirty_days(engine: Engine) {
    let db = Database::empty(engine);
    let (desk, clock) = desk(&db);
    let ada = ada(&desk);
    let (idle, _) = signs_in(&desk, &ada);
    clock.advance(TimeDelta::hours(12) - TimeDelta::seconds(1));
    assert!(desk.signed_in(&idle).unwrap().is_some());
    clock.advance(TimeDelta::seconds(1));
    assert!(desk.signed_in(&idle).unwrap().is_none());
    let (busy, _) = signs_in(&desk, &ada);
    for hour in 0.. {
        let Some(session) = desk.signed_in(&busy).unwrap() else {
            assert_eq!(hour, 30 * 24 / 8, "used every eight hours, it ends after thirty days");
            break;
        };
        assert!(hour == 0 || desk.is_due_for_touch(&session.session));
        desk.touch_session(session.session.id).unwrap();
        clock.advance(TimeDelta::hours(8));
    }
}

async fn a_new_password_ends_the_other_sessions_and_their_sockets(engine: Engine) {
    let db = Database::empty(engine);
    let (desk, _) = desk(&db);
    let ada = ada(&desk);
    let ((here, mine), (there, theirs)) = (signs_in(&desk, &ada), signs_in(&desk, &ada));
    let (stays, goes) = (socket(&desk, &mine), socket(&desk, &theirs));
    assert_eq!(field(desk.change_password(&mine, "not it at all", "another good one").unwrap_err()), "current");
    assert!(goes.ending().is_none());
    desk.change_password(&mine, GOOD, "another good one").unwrap();
    assert!(desk.signed_in(&here).unwrap().is_some() && desk.signed_in(&there).unwrap().is_none());
    assert_eq!((stays.ending(), goes.ending()), (None, Some(Ending::Revoked)));
    assert!(desk.check_password("ada@desk.example", GOOD).unwrap().is_none());
    assert!(desk.check_password(" ADA@desk.example", "another good one").unwrap().is_some());
}

async fn signing_out_everywhere_ends_every_socket(engine: Engine) {
    let db = Database::empty(engine);
    let (desk, _) = desk(&db);
    let ada = ada(&desk);
    let sessions = [signs_in(&desk, &ada), signs_in(&desk, &ada)];
    let sockets = sessions.each_ref().map(|(_, session)| socket(&desk, session));
    assert_eq!(desk.sessions(&ada).unwrap().len(), 2);
    desk.end_sessions(&ada, None).unwrap();
    assert!(sockets.iter().all(|socket| socket.ending() == Some(Ending::Revoked)));
    assert!(sessions.iter().all(|(cookie, _)| desk.signed_in(cookie).unwrap().is_none()));
}

async fn sockets_of_a_session_that_another_process_ended_are_closed(engine: Engine) {
    let db = Database::empty(engine);
    let (desk, _) = desk(&db);
    let ada = ada(&desk);
    let ((_, kept), (_, ended)) = (signs_in(&desk, &ada), signs_in(&desk, &ada));
    let (stays, goes) = (socket(&desk, &kept), socket(&desk, &ended));
    let elsewhere = Desk::new(desk.db.clone(), desk.clock.clone());
    elsewhere.end_session(&ada, ended.session.id).unwrap();
    assert!(goes.ending().is_none());
    desk.close_ended_sockets().unwrap();
    assert_eq!((stays.ending(), goes.ending()), (None, Some(Ending::Revoked)));
}

async fn a_role_that_changes_counts_at_once(engine: Engine) {
    let db = Database::empty(engine);
    let (desk, _) = desk(&db);
    let ada = ada(&desk);
    let (cookie, session) = signs_in(&desk, &ada);
    let open = socket(&desk, &session);
    desk.db
        .write(|tx| {
            use diesel::RunQueryDsl;
            diesel::sql_query("UPDATE agents SET role = 'manager'").execute(tx.conn)?;
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(desk.signed_in(&cookie).unwrap().unwrap().agent.role, Role::Manager);
    desk.close_ended_sockets().unwrap();
    assert_eq!(open.ending(), Some(Ending::Revoked));
}

async fn bad_passwords_and_addresses_are_refused_at_their_field(engine: Engine) {
    let db = Database::empty(engine);
    let (desk, _) = desk(&db);
    let add = |email: &str, name: &str, password: &str| desk.add_agent(email, name, Role::Agent, Some(password));
    assert_eq!(field(add("ada", "Ada", GOOD).unwrap_err()), "email");
    assert_eq!(field(add("ada@desk.example", "  ", GOOD).unwrap_err()), "name");
    for bad in ["1234567", "Password2026!", "ada@desk.example", &"x".repeat(257)] {
        assert_eq!(field(add("ada@desk.example", "Ada", bad).unwrap_err()), "password", "{bad}");
    }
    ada(&desk);
    let twice = add("ADA@desk.example ", "Ada", GOOD).unwrap_err();
    assert!(matches!(twice, Error::Refused(Refused::Invalid { field: "email", .. })), "{twice}");
}

async fn a_token_is_known_by_its_hash_alone(engine: Engine) {
    let db = Database::empty(engine);
    let (desk, _) = desk(&db);
    let ada = ada(&desk);
    let token = desk.create_token(Token::Agent(ada.id)).unwrap();
    assert!(token.len() >= 32);
    let (holder, key) = desk.holder(&token).unwrap().unwrap();
    assert!(matches!(holder, Holder::Agent(agent) if agent.id == ada.id));
    assert!(desk.holder(&key).unwrap().is_none(), "the hash opens nothing");
    assert!(desk.holder("").unwrap().is_none());
    assert_eq!(field(desk.create_token(Token::Channel("none".into())).unwrap_err()), "channel");
    let kiosk = desk.create_token(Token::Kiosk("lobby".into())).unwrap();
    assert!(matches!(desk.holder(&kiosk).unwrap().unwrap().0, Holder::Kiosk { location } if location == "lobby"));
}
