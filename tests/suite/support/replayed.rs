//! History moved in by `switchboard replay`, and the server that shows it.

use serde_json::{Value, json};

use super::app::Program;
use super::binary;
use super::database::Database;
use super::house::House;

/// A server on a database into which lines were replayed. Its clock stands at the last of them.
pub struct Replayed {
    pub root: Program,
    _house: House,
}

impl Replayed {
    pub fn from(db: &Database, lines: &[Value]) -> Replayed {
        let file = db.beside("timeline.jsonl");
        std::fs::write(&file, text(lines)).unwrap();
        binary::prints(db, &["replay", file.to_str().unwrap()]);
        Replayed::serve(db, lines.last().unwrap()["at"].as_str().unwrap())
    }

    pub fn serve(db: &Database, moment: &str) -> Replayed {
        binary::hires(db, "root@example.com", "admin");
        let token = binary::token(db, "root@example.com");
        let house = House::standing_at(db, moment.parse().unwrap());
        Replayed { root: Program::with(&house.base, &token), _house: house }
    }

    pub async fn interaction(&self, number: u32) -> Value {
        self.root.get(&format!("/interactions/IMS{number:07}")).await.expect(200).json()
    }

    pub async fn segments(&self, number: u32) -> Vec<(String, String, Option<String>)> {
        let path = format!("/interactions/IMS{number:07}/work-segments");
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let rows = self.root.all(&path).await;
        rows.iter()
            .map(|s| (text(&s["agent"]["email"]).unwrap(), text(&s["started_at"]).unwrap(), text(&s["ended_at"])))
            .collect()
    }

    pub async fn metrics(&self, at: &str) -> Value {
        self.root.get(&format!("/conversations/CONV-1/metrics?at={at}")).await.expect(200).json()
    }

    pub async fn facts(&self, kind: &str) -> Vec<(Value, Value)> {
        let facts = self.root.all("/conversations/CONV-1/timeline").await;
        facts.iter().filter(|f| f["type"] == kind).map(|f| (f["from"].clone(), f["to"].clone())).collect()
    }

    /// The facts of one kind of a record, oldest first, as the feed tells them.
    pub async fn facts_of(&self, interaction: &str, kind: &str) -> Vec<Value> {
        let facts = self.root.all("/conversations/CONV-1/timeline").await;
        facts.into_iter().filter(|f| f["type"] == kind && f["interaction"]["number"] == interaction).collect()
    }
}

pub fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A line at a time of 3 March 2025, or of the next day when it begins with a plus.
pub fn line(at: &str, what: &str, more: Value) -> Value {
    let (day, time) = at.strip_prefix('+').map_or(("03", at), |time| ("04", time));
    let seconds = if time.len() == 5 { ":00" } else { "" };
    let mut line = json!({ "at": format!("2025-03-{day}T{time}{seconds}Z"), "do": what });
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

pub fn inbound(at: &str, id: &str, body: &str) -> Value {
    line(at, "inbound", json!({ "channel": "sms", "from": "+15550001", "id": id, "body": body }))
}

pub fn chat(at: &str, from: &str, id: &str) -> Value {
    let more = json!({ "channel": "web", "type": "chat", "from": from, "id": id, "body": "Hello?" });
    line(at, "inbound", more)
}

/// Something an agent does to the conversation of message m1.
pub fn agent(at: &str, who: &str, what: &str, more: Value) -> Value {
    let mut line = line(at, what, json!({ "agent": format!("{who}@example.com"), "ref": "m1" }));
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

pub fn presence(at: &str, who: &str, state: &str) -> Value {
    line(at, "presence", json!({ "agent": format!("{who}@example.com"), "state": state }))
}

pub fn done(at: &str, who: &str) -> Value {
    line(at, "complete", json!({ "review": format!("{who}@example.com"), "ref": "m1" }))
}
