//! Who is in the tests: Ada and Ben are agents, Max is a manager, Wendy works the desk, Root is the administrator.
//! Uma is a customer of Acme, an organisation the house knows.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::json;

use super::app::{Person, Program};
use super::binary::{self, Served};
use super::database::{Database, Engine};

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

/// Fills a template: hires the cast, makes the queues and channels, gives everybody a token and a session.
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
    let server = Served::start(db);
    let root = Program::with(&server.base, &keys.tokens["root"]);
    let members: Vec<String> = CAST.iter().map(|(name, _)| email(name)).collect();
    for (slug, name) in [("support", "Support"), ("billing", "Billing")] {
        let queue = json!({ "slug": slug, "name": name, "members": members, "assign_by": "manual" });
        root.post("/queues", queue).await.expect(201);
    }
    for (slug, kind) in [("sms", "messaging"), ("chat", "chat")] {
        let channel = json!({ "slug": slug, "name": slug, "kind": "api", "type": kind, "queue": "support" });
        root.post("/channels", channel).await.expect(201);
    }
    let acme = json!({ "name": "Acme", "domains": ["acme.example"], "existing": true });
    let acme = root.post("/organizations", acme).await.expect(201).json();
    let uma = json!({ "name": "Uma Ortiz", "emails": [UMA_EMAIL], "phones": [UMA_PHONE], "organization": acme["id"] });
    root.post("/contacts", uma).await.expect(201);
    for (name, _) in CAST {
        let person = Person::at(&server.base);
        person.signs_in(&email(name), &binary::password(&email(name))).await.expect(303);
        keys.sessions.insert((*name).to_owned(), person.cookies());
    }
    server.terminate();
}
