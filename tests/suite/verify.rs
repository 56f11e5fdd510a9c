//! `switchboard verify`: finds every kind of damage, names the record, and finds nothing where there is none.

use serde_json::json;

use crate::support::binary;
use crate::support::database::{Database, Engine};

both![
    what_happened_by_itself_agrees_with_its_facts,
    each_kind_of_damage_is_found_and_named,
    a_gap_in_the_facts_is_found,
];

/// A history with everything a fact can tell: holds, handovers, a reopening, a merge, a chat that fell silent, tags.
fn history() -> String {
    let by = |who: &str| format!("{who}@example.com");
    let lines = [
        json!({ "at": "2025-03-03T08:00:00Z", "do": "agent", "email": by("lead"), "role": "manager" }),
        json!({ "at": "2025-03-03T08:00:00Z", "do": "presence", "agent": by("ben"), "state": "available" }),
        json!({ "at": "2025-03-03T09:00:00Z", "do": "inbound", "channel": "sms", "from": "+15550001", "id": "m1", "body": "One" }),
        json!({ "at": "2025-03-03T09:01:00Z", "do": "accept", "ref": "m1", "agent": by("ben") }),
        json!({ "at": "2025-03-03T09:02:00Z", "do": "reply", "ref": "m1", "agent": by("ben"), "body": "Two" }),
        json!({ "at": "2025-03-03T09:03:00Z", "do": "inbound", "channel": "sms", "from": "+15550001", "id": "m2", "body": "Three" }),
        json!({ "at": "2025-03-03T09:04:00Z", "do": "hold", "ref": "m1", "agent": by("ben"), "on": [{ "review": by("mia") }] }),
        json!({ "at": "2025-03-03T09:05:00Z", "do": "inbound", "channel": "mail", "from": "uma@shop.example", "id": "u1", "body": "Hello" }),
        json!({ "at": "2025-03-03T09:06:00Z", "do": "inbound", "channel": "web", "type": "chat", "from": "v1", "id": "c1", "body": "Chat" }),
        json!({ "at": "2025-03-03T09:06:30Z", "do": "take", "ref": "c1", "agent": by("ben") }),
        json!({ "at": "2025-03-03T09:07:00Z", "do": "reply", "ref": "c1", "agent": by("ben"), "body": "Yes?" }),
        json!({ "at": "2025-03-03T09:30:00Z", "do": "tick" }),
        json!({ "at": "2025-03-03T09:40:00Z", "do": "complete", "review": by("mia") }),
        json!({ "at": "2025-03-03T09:41:00Z", "do": "presence", "agent": by("ben"), "state": "offline" }),
        json!({ "at": "2025-03-03T09:50:00Z", "do": "presence", "agent": by("ben"), "state": "available" }),
        json!({ "at": "2025-03-03T09:51:00Z", "do": "resolve", "ref": "m1", "agent": by("ben"), "resolution": "Fixed", "short_description": "Done" }),
        json!({ "at": "2025-03-03T10:00:00Z", "do": "inbound", "channel": "sms", "from": "+15550001", "id": "m3", "body": "Again" }),
        json!({ "at": "2025-03-03T10:01:00Z", "do": "suspend", "ref": "u1", "agent": by("ben") }),
        json!({ "at": "2025-03-03T10:02:00Z", "do": "release", "ref": "u1", "agent": by("ben") }),
        json!({ "at": "2025-03-03T10:03:00Z", "do": "take", "ref": "u1", "agent": by("ben") }),
    ];
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn filled(engine: Engine) -> Database {
    let db = Database::empty(engine);
    let file = db.beside("history.jsonl");
    std::fs::write(&file, history()).unwrap();
    binary::prints(&db, &["replay", file.to_str().unwrap()]);
    db
}

fn findings(db: &Database) -> String {
    let done = binary::output(db, &["verify"]);
    let said = String::from_utf8(done.stdout).unwrap();
    assert_eq!(done.status.code(), Some(1), "nothing was found: {said}");
    said
}

async fn what_happened_by_itself_agrees_with_its_facts(engine: Engine) {
    assert!(binary::prints(&filled(engine), &["verify"]).starts_with("3 records"));
}

async fn each_kind_of_damage_is_found_and_named(engine: Engine) {
    let db = filled(engine);
    let (later, sooner) = match engine {
        Engine::Sqlite => ("+ 1000000", "- 1000000"),
        Engine::Postgres => ("+ interval '1 second'", "- interval '1 second'"),
    };
    let of_conversations = [
        ("stage", "stage = 'hold'".to_owned()),
        ("stage_since", format!("stage_since = stage_since {later}")),
        ("turn", "turn = 3".to_owned()),
        ("order_rank", "order_rank = 1".to_owned()),
        ("order_at", format!("order_at = order_at {sooner}")),
        ("due_at", format!("due_at = created_at {later}")),
        ("started_by", "started_by = 'system'".to_owned()),
        ("created_at", format!("created_at = created_at {sooner}")),
        ("rank", "rank = 0".to_owned()),
        ("reopen_count", "reopen_count = 7".to_owned()),
        ("merged_into", "merged_into = 2".to_owned()),
        ("unanswered_since", "unanswered_since = NULL".to_owned()),
        ("last_message_id", "last_message_id = 1".to_owned()),
        ("last_message_at", format!("last_message_at = last_message_at {later}")),
        ("last_customer_message_id", "last_customer_message_id = NULL".to_owned()),
        ("last_customer_at", format!("last_customer_at = last_customer_at {later}")),
        ("last_agent_at", "last_agent_at = NULL".to_owned()),
        ("reminded_at", "reminded_at = created_at".to_owned()),
        ("preview", "preview = 'other'".to_owned()),
        ("missed", format!("missed = {}", if engine == Engine::Sqlite { "1" } else { "TRUE" })),
        ("assignee_id", "assignee_id = 1".to_owned()),
        ("queue_id", "queue_id = NULL".to_owned()),
    ];
    let of_interactions = [
        ("state", "state = 'work_in_progress'".to_owned()),
        ("state_since", format!("state_since = state_since {later}")),
        ("queue_id", "queue_id = NULL".to_owned()),
        ("assignee_id", "assignee_id = 1".to_owned()),
        ("opened_at", format!("opened_at = opened_at {sooner}")),
        ("first_response_at", "first_response_at = opened_at".to_owned()),
        ("short_description", "short_description = 'other'".to_owned()),
        ("worked_micros", "worked_micros = worked_micros + 1".to_owned()),
        ("working_since", "working_since = opened_at".to_owned()),
    ];
    let kept = of_conversations.iter().map(|(field, set)| ("conversations", 1, "CONV-1", *field, set));
    let current = of_interactions.iter().map(|(field, set)| ("interactions", 4, "IMS0000004", *field, set));
    for (table, id, number, field, set) in kept.chain(current) {
        db.damage(&format!("CREATE TABLE kept AS SELECT * FROM {table} WHERE id = {id}"));
        db.damage(&format!("UPDATE {table} SET {set} WHERE id = {id}"));
        let said = findings(&db);
        assert!(said.lines().any(|l| l.starts_with(&format!("{number}: {field} is"))), "{set}: {said}");
        let back = format!("UPDATE {table} SET {field} = (SELECT {field} FROM kept) WHERE id = {id}; DROP TABLE kept");
        db.damage(&back);
    }
    binary::prints(&db, &["verify"]);
}

async fn a_gap_in_the_facts_is_found(engine: Engine) {
    let planted = [
        ("DELETE FROM facts WHERE conversation_id = 1 AND kind = 'message.added' AND seq < 12", "CONV-1: 4 messages"),
        ("DELETE FROM messages WHERE conversation_id = 2", "CONV-2: 0 messages"),
        ("DELETE FROM facts WHERE conversation_id = 1 AND to_value = 'hold'", "says the stage was hold"),
        ("DELETE FROM tags WHERE conversation_id = 3", "CONV-3: tags are []"),
        ("UPDATE dependencies SET state = 'open', closed_at = NULL", "dependency 1 is open"),
        ("UPDATE agents SET presence = 'away' WHERE email = 'ben@example.com'", "ben@example.com: presence is away"),
        ("DELETE FROM facts WHERE kind = 'presence.changed' AND from_value = 'available'", "worked_micros is"),
    ];
    for (sql, said) in planted {
        let db = filled(engine);
        db.damage(sql);
        let found = findings(&db);
        assert!(found.contains(said), "{sql}: {found}");
    }
}
