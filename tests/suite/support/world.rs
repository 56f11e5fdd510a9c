//! A workspace of one test's own: a database with the cast, a server, and the handles of everybody.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::app::{Person, Program};
use super::binary::Served;
use super::cast::{self, Keys};
use super::database::{Database, Engine};
use super::house::House;
use super::page::Answer;

pub struct World {
    pub ada: Agent,
    pub ben: Agent,
    pub max: Agent,
    pub wendy: Agent,
    pub root: Agent,
    /// Known, of Acme, on the channel `sms`.
    pub uma: Customer,
    pub base: String,
    pub keys: Keys,
    strangers: AtomicU32,
    // In this order: the server goes before its database.
    pub host: Host,
    pub db: Database,
}

/// Where the server runs.
pub enum Host {
    Here(Box<House>),
    Apart(Served),
}

/// One of the staff, at a browser and with a token.
#[derive(Clone)]
pub struct Agent {
    pub name: String,
    pub email: String,
    pub page: Person,
    pub api: Program,
}

/// Somebody who writes on a channel.
#[derive(Clone)]
pub struct Customer {
    pub from: String,
    pub channel: String,
    api: Program,
}

impl World {
    /// With a server in this process.
    pub async fn open(engine: Engine) -> World {
        let db = Database::with_the_cast(engine);
        let house = House::open(&db);
        World::around(house.base.clone(), Host::Here(Box::new(house)), db)
    }

    /// The same on a clock that stands until the test moves it.
    pub async fn standing(engine: Engine) -> World {
        let db = Database::with_the_cast(engine);
        let house = House::standing_at(&db, switchboard::clock::Clock::system().now());
        World::around(house.base.clone(), Host::Here(Box::new(house)), db)
    }

    /// With the real binary as a process of its own, for what only a process can show.
    pub async fn apart(engine: Engine) -> World {
        let db = Database::with_the_cast(engine);
        let server = Served::start(&db);
        World::around(server.base.clone(), Host::Apart(server), db)
    }

    fn around(base: String, host: Host, db: Database) -> World {
        let keys = cast::keys(db.engine);
        let agent = |name: &str| Agent::of(&base, name, &keys);
        let uma = Customer::with(cast::UMA_PHONE, "sms", Program::with(&base, &keys.channels["sms"]));
        World {
            ada: agent("ada"),
            ben: agent("ben"),
            max: agent("max"),
            wendy: agent("wendy"),
            root: agent("root"),
            uma,
            strangers: AtomicU32::new(0),
            base,
            keys,
            host,
            db,
        }
    }

    /// The server of `World::open`.
    pub fn here(&self) -> &House {
        match &self.host {
            Host::Here(house) => house,
            Host::Apart(_) => panic!("this world's server is a process of its own: open it with World::open"),
        }
    }

    /// The process of `World::apart`.
    pub fn server(&self) -> &Served {
        match &self.host {
            Host::Apart(server) => server,
            Host::Here(_) => panic!("this world has no process of its own: open it with World::apart"),
        }
    }

    /// The desk behind the server in this process.
    pub fn desk(&self) -> &switchboard::desk::Desk {
        match &self.host {
            Host::Here(house) => &house.desk,
            Host::Apart(_) => panic!("the desk of this world is in another process"),
        }
    }

    /// The same, taken out; the database stays.
    pub fn into_server(self) -> (Served, Database, Keys) {
        match self.host {
            Host::Apart(server) => (server, self.db, self.keys),
            Host::Here(_) => panic!("this world has no process of its own: open it with World::apart"),
        }
    }

    /// Somebody nobody knows, with a number of their own.
    pub fn stranger(&self, channel: &str) -> Customer {
        let number = self.strangers.fetch_add(1, Ordering::Relaxed);
        let program = Program::with(&self.base, &self.keys.channels[channel]);
        Customer::with(&format!("+1415556{number:04}"), channel, program)
    }

    /// Somebody who writes from this address.
    pub fn customer(&self, from: &str, channel: &str) -> Customer {
        Customer::with(from, channel, Program::with(&self.base, &self.keys.channels[channel]))
    }

    /// A new browser at this server, nobody signed in.
    pub fn visitor(&self) -> Person {
        Person::at(&self.base)
    }

    /// A conversation in this stage, brought there by Ada and a stranger in the ordinary way; its number.
    pub async fn conversation_in(&self, stage: &str) -> String {
        let customer = self.stranger("sms");
        let conversation = customer.writes("Hello, is anybody there?").await;
        let path = format!("/conversations/{conversation}");
        let steps: &[&str] = match stage {
            "new" => &[],
            "suspended" => &["suspend"],
            "waiting_on_user" => &["reply"],
            "needs_response" => &["reply", "answer"],
            "hold" => &["reply", "answer", "hold"],
            "resolved" => &["reply", "resolve"],
            "archived" => &["reply", "resolve", "archive"],
            other => panic!("no stage {other}"),
        };
        for step in steps {
            match *step {
                "suspend" => self.ada.api.put(&format!("{path}/suspension"), json!({})).await.expect(200),
                "reply" => self.ada.api.post(&format!("{path}/replies"), json!({ "body": "Yes." })).await.expect(201),
                "answer" => customer.sends("Good").await.expect(201),
                "hold" => self.ada.api.put(&format!("{path}/hold"), on_ben()).await.expect(200),
                "resolve" => self.ada.api.put(&format!("{path}/resolution"), resolved()).await.expect(200),
                _ => self.ada.api.put(&format!("{path}/archive"), json!({})).await.expect(200),
            };
        }
        assert_eq!(self.stage(&conversation).await, stage);
        conversation
    }

    /// The conversation as the API shows it to Root.
    pub async fn conversation(&self, number: &str) -> Value {
        self.root.api.get(&format!("/conversations/{number}")).await.expect(200).json()
    }

    pub async fn stage(&self, number: &str) -> String {
        self.conversation(number).await["stage"].as_str().unwrap().to_owned()
    }

    /// The number of the current interaction of a conversation.
    pub async fn record_of(&self, conversation: &str) -> String {
        self.conversation(conversation).await["interaction"].as_str().unwrap().to_owned()
    }

    /// The current interaction of a conversation.
    pub async fn interaction(&self, conversation: &str) -> Value {
        let number = self.record_of(conversation).await;
        self.root.api.get(&format!("/interactions/{number}")).await.expect(200).json()
    }
}

/// The body of a hold that waits for a review by Ben.
pub fn on_ben() -> Value {
    json!({ "dependencies": [{ "review": cast::email("ben"), "as": "SME" }] })
}

pub fn resolved() -> Value {
    json!({ "resolution": "Answered", "short_description": "Asked, and was answered" })
}

impl Agent {
    fn of(base: &str, name: &str, keys: &Keys) -> Agent {
        let page = Person::with_cookies(base, &keys.sessions[name]);
        Agent { name: name.to_owned(), email: cast::email(name), page, api: Program::with(base, &keys.tokens[name]) }
    }
}

impl Customer {
    pub fn with(from: &str, channel: &str, api: Program) -> Customer {
        Customer { from: from.to_owned(), channel: channel.to_owned(), api }
    }

    /// Writes, and gives the number of the conversation it went to.
    pub async fn writes(&self, body: &str) -> String {
        self.sends(body).await.expect(201).json()["conversation"].as_str().unwrap().to_owned()
    }

    /// Writes; the answer of intake.
    pub async fn sends(&self, body: &str) -> Answer {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let id = format!("message-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.delivers(json!({ "provider_message_id": id, "from": self.from, "body": body })).await
    }

    /// What the provider posts, as it stands.
    pub async fn delivers(&self, message: Value) -> Answer {
        self.api.post(&format!("/inbound/{}", self.channel), message).await
    }
}
