//! The worked timelines of the specification, section 5, to the second. A dependency on a ticket is a review here.

use serde_json::{Value, json};

use crate::support::binary;
use crate::support::database::{Database, Engine};
use crate::support::replayed::{Replayed, agent, chat, done, inbound, line, presence, text};

both![
    t1_messaging_with_a_hold_a_handover_and_a_second_interaction_next_day,
    t4_a_chat_ends_by_the_idle_timer,
    t6_a_hold_that_the_customer_ends,
    t8_two_chats_at_once_count_in_full_on_each,
    a_line_that_is_wrong_is_named_and_the_rest_goes_on,
];

fn on_two_reviews() -> Value {
    json!({ "on": [{ "review": "tom@example.com", "as": "developer" }, { "review": "mia@example.com", "as": "manager" }] })
}

fn seconds(of: &Value, field: &str) -> Value {
    of[field].clone()
}

async fn t1_messaging_with_a_hold_a_handover_and_a_second_interaction_next_day(engine: Engine) {
    let db = Database::empty(engine);
    let lines = [
        line("08:59", "agent", json!({ "email": "lead@example.com", "role": "manager" })),
        presence("08:59", "ben", "available"),
        presence("08:59", "cara", "available"),
        inbound("09:00", "m1", "My printer is on fire"),
        agent("09:02", "ben", "accept", json!({})),
        agent("09:06", "ben", "reply", json!({ "body": "Is it still burning?" })),
        inbound("09:20", "m2", "A little"),
        agent("09:25", "ben", "hold", on_two_reviews()),
        done("09:40", "mia"),
        done("10:10", "tom"),
        agent("10:12", "lead", "assign", json!({ "to": "cara@example.com" })),
        agent("10:17", "cara", "reply", json!({ "body": "Please try again" })),
        inbound("10:30", "m3", "works, thanks"),
        agent("10:31", "cara", "resolve", json!({ "resolution": "Fixed", "short_description": "Printer fire" })),
        presence("17:00", "cara", "offline"),
        presence("+07:59", "dan", "available"),
        inbound("+08:00", "m4", "It burns again"),
        agent("+08:10", "dan", "accept", json!({})),
        agent("+08:15", "dan", "reply", json!({ "body": "On my way" })),
    ];
    // Before Dan has accepted: the second record stands in the queue, New, with nobody, and Cara is preferred in vain.
    let waiting = Database::empty(engine);
    let replayed = Replayed::from(&waiting, &lines[..lines.len() - 2]);
    let second = replayed.interaction(2).await;
    assert_eq!((&second["state"], &second["assigned_to"]), (&json!("new"), &Value::Null));
    assert_eq!((&second["queue"]["slug"], &second["accepted_at"]), (&json!("sms"), &Value::Null));
    drop(replayed);

    let replayed = Replayed::from(&db, &lines);

    let first = replayed.interaction(1).await;
    assert_eq!((seconds(&first, "wait_time"), seconds(&first, "duration")), (json!(360), json!(1020)));
    assert_eq!(first["state"], "closed_complete");
    let second = replayed.interaction(2).await;
    assert_eq!((seconds(&second, "wait_time"), seconds(&second, "duration")), (json!(900), json!(300)));

    let states = replayed.facts_of("IMS0000001", "state.changed").await;
    let expected = [
        ("09:02:00", "work_in_progress", None),
        ("09:06:00", "on_hold", Some("waiting_on_customer")),
        ("09:20:00", "work_in_progress", None),
        ("09:25:00", "on_hold", Some("waiting_internal")),
        ("10:10:00", "work_in_progress", None),
        ("10:17:00", "on_hold", Some("waiting_on_customer")),
        ("10:30:00", "work_in_progress", None),
        ("10:31:00", "closed_complete", None),
    ];
    assert_eq!((&states[0]["from"], &first["opened_at"]), (&json!("new"), &json!("2025-03-03T09:00:00Z")));
    let told = |fact: &Value| {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        (text(&fact["at"]).unwrap(), text(&fact["to"]).unwrap(), text(&fact["data"]["reason"]))
    };
    let expected =
        expected.map(|(at, to, reason)| (format!("2025-03-03T{at}Z"), to.to_owned(), reason.map(str::to_owned)));
    assert_eq!(states.iter().map(told).collect::<Vec<_>>(), expected);

    let stages = |names: &[&str]| -> Vec<(Value, Value)> {
        let from = std::iter::once(Value::Null).chain(names.iter().map(|name| json!(name)));
        from.zip(names.iter().map(|name| json!(name))).collect()
    };
    let expected = [
        "new",
        "waiting_on_user",
        "needs_response",
        "hold",
        "needs_response",
        "waiting_on_user",
        "needs_response",
        "resolved",
        "needs_response",
        "waiting_on_user",
    ];
    assert_eq!(replayed.facts("stage.changed").await, stages(&expected));

    let evening = replayed.metrics("2025-03-03T10:31:00Z").await;
    assert_eq!((&evening["initial_response_1"], &evening["initial_response_2"]), (&json!(360), &json!(360)));
    let stays = &evening["time_in_stage"];
    assert_eq!((&stays["new"], &stays["waiting_on_user"]), (&json!(360), &json!(1620)));
    assert_eq!((&stays["needs_response"], &stays["hold"]), (&json!(780), &json!(2700)));
    let next_day = replayed.metrics("2025-03-04T08:15:00Z").await;
    assert_eq!(
        (
            &next_day["initial_response_1"],
            &next_day["initial_response_2"],
            &next_day["time_in_stage"]["needs_response"]
        ),
        (&json!(360), &json!(360), &json!(1680))
    );
    assert_eq!(next_day["reopen_count"], 1);

    let worked = |who: &str, parts: &[(String, String, Option<String>)]| -> i64 {
        let of_them = parts.iter().filter(|(agent, ..)| agent.starts_with(who));
        of_them.map(|(_, from, to)| moment(to.as_deref().unwrap()) - moment(from)).sum()
    };
    let segments = replayed.segments(1).await;
    assert_eq!((worked("ben", &segments), worked("cara", &segments)), (660, 360));
}

async fn t4_a_chat_ends_by_the_idle_timer(engine: Engine) {
    let db = Database::empty(engine);
    let lines = [
        presence("12:59", "eve", "available"),
        chat("13:00", "visitor-1", "m1"),
        agent("13:00:30", "eve", "accept", json!({})),
        agent("13:01", "eve", "reply", json!({ "body": "Hello!" })),
        line(
            "13:04",
            "inbound",
            json!({ "channel": "web", "type": "chat", "from": "visitor-1", "id": "m2", "body": "Hi" }),
        ),
        agent("13:05", "eve", "reply", json!({ "body": "What is it about?" })),
        line("13:30", "tick", json!({})),
    ];
    let replayed = Replayed::from(&db, &lines);
    let chat = replayed.interaction(1).await;
    assert_eq!((seconds(&chat, "wait_time"), seconds(&chat, "duration")), (json!(60), json!(630)));
    assert_eq!((&chat["state"], &chat["closed_at"]), (&json!("closed_abandoned"), &json!("2025-03-03T13:11:00Z")));
    assert!(!chat["short_description"].as_str().unwrap().is_empty(), "no closed record is without a short description");
    assert_eq!(chat["short_description_auto"], true);
}

async fn t6_a_hold_that_the_customer_ends(engine: Engine) {
    let db = Database::empty(engine);
    let lines = [
        presence("08:59", "ben", "available"),
        inbound("09:00", "m1", "Where is my parcel?"),
        agent("09:00", "ben", "accept", json!({})),
        agent("09:01", "ben", "reply", json!({ "body": "Let me see" })),
        agent("09:10", "ben", "hold", json!({ "on": [{ "review": "tom@example.com", "as": "developer" }] })),
        inbound("09:20", "m2", "And?"),
        done("09:25", "tom"),
        agent("09:30", "ben", "reply", json!({ "body": "It is at your door" })),
    ];
    let replayed = Replayed::from(&db, &lines);
    let stays = replayed.metrics("2025-03-03T09:30:00Z").await["time_in_stage"].clone();
    assert_eq!(
        (&stays["hold"], &stays["needs_response"], &stays["waiting_on_user"]),
        (&json!(600), &json!(600), &json!(540))
    );
    assert_eq!(replayed.interaction(1).await["duration"], 660);
}

async fn t8_two_chats_at_once_count_in_full_on_each(engine: Engine) {
    let db = Database::empty(engine);
    let lines = [
        presence("12:59", "eve", "available"),
        chat("13:00", "visitor-a", "m1"),
        agent("13:00", "eve", "accept", json!({})),
        chat("13:04", "visitor-b", "b1"),
        agent("13:04", "eve", "accept", json!({ "ref": "b1" })),
        agent("13:10", "eve", "resolve", json!({ "resolution": "Answered", "short_description": "A" })),
        agent("13:12", "eve", "resolve", json!({ "ref": "b1", "resolution": "Answered", "short_description": "B" })),
    ];
    let replayed = Replayed::from(&db, &lines);
    assert_eq!(replayed.interaction(1).await["duration"], 600);
    assert_eq!(replayed.interaction(2).await["duration"], 480);
    // Both count in full; Eve was busy as long as either ran.
    let mut stretches: Vec<(i64, i64)> = vec![];
    for number in [1, 2] {
        for (who, from, to) in replayed.segments(number).await {
            assert_eq!(who, "eve@example.com");
            stretches.push((moment(&from), moment(&to.unwrap())));
        }
    }
    stretches.sort_unstable();
    let (mut busy, mut until) = (0, 0);
    for (from, to) in stretches {
        busy += (to - from.max(until)).max(0);
        until = until.max(to);
    }
    assert_eq!(busy, 720);
}

async fn a_line_that_is_wrong_is_named_and_the_rest_goes_on(engine: Engine) {
    let db = Database::empty(engine);
    let lines = [
        inbound("09:00", "m1", "One"),
        agent("09:01", "ben", "unhold", json!({})),
        agent("09:02", "ben", "reply", json!({ "body": "Skipped: this conversation had a bad line" })),
        line("09:03", "inbound", json!({ "channel": "sms", "from": "+15550002", "id": "other", "body": "Two" })),
        inbound("09:02", "m2", "Earlier than the line before"),
    ];
    let file = db.beside("bad.jsonl");
    std::fs::write(&file, format!("{}not json\n", text(&lines))).unwrap();
    let done = binary::output(&db, &["replay", file.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(1));
    let told = String::from_utf8(done.stderr).unwrap() + &String::from_utf8(done.stdout).unwrap();
    for number in ["2", "5", "6"] {
        assert!(told.lines().any(|l| l.contains(number)), "line {number} is not named in:\n{told}");
    }
    let replayed = Replayed::serve(&db, "2025-03-03T09:03:00Z");
    assert_eq!(replayed.root.get("/conversations/CONV-1").await.expect(200).json()["stage"], "new");
    assert_eq!(replayed.root.get("/conversations/CONV-2").await.expect(200).json()["stage"], "new");
}

fn moment(text: &str) -> i64 {
    text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp()
}
