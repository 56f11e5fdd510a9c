//! What happens by itself when time passes, each at its own due moment.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::app::Program;
use crate::support::binary::prints;
use crate::support::cast;
use crate::support::database::{Database, Engine};
use crate::support::house::House;
use crate::support::live::Socket;
use crate::support::replayed::{Replayed, agent, chat, inbound, line, presence};
use crate::support::world::{Customer, World, resolved};

both![
    a_hold_until_a_moment_ends_at_that_moment,
    a_resolved_conversation_is_archived_after_fourteen_days,
    messaging_waits_for_ever_and_a_chat_does_not,
    a_visitor_who_leaves_unanswered_is_missed,
    a_conversation_that_cannot_be_read_stops_no_other,
    somebody_new_counts_like_one_we_know_after_four_hours,
];

/// A line at a full moment.
fn at(moment: &str, what: &str, more: Value) -> Value {
    let mut line = line("00:00", what, more);
    line["at"] = json!(moment);
    line
}

async fn conversation(replayed: &Replayed) -> Value {
    replayed.root.get("/conversations/CONV-1").await.expect(200).json()
}

async fn stage_facts(replayed: &Replayed) -> Vec<(String, String)> {
    let facts = replayed.root.all("/conversations/CONV-1/timeline").await;
    let of_stage = facts.iter().filter(|fact| fact["type"] == "stage.changed");
    of_stage.map(|fact| (fact["to"].as_str().unwrap().to_owned(), fact["at"].as_str().unwrap().to_owned())).collect()
}

fn tags(conversation: &Value) -> Vec<String> {
    let of = |tag: &Value| match tag["value"].as_str() {
        Some(value) if !value.is_empty() => format!("{}: {value}", tag["name"].as_str().unwrap()),
        _ => tag["name"].as_str().unwrap().to_owned(),
    };
    conversation["tags"].as_array().unwrap().iter().map(of).collect()
}

async fn a_hold_until_a_moment_ends_at_that_moment(engine: Engine) {
    let db = Database::empty(engine);
    let lines = [
        inbound("09:00", "m1", "Hello"),
        agent("09:01", "ben", "reply", json!({ "body": "Wait a little" })),
        agent("09:02", "ben", "hold", json!({ "on": [{ "until": "2025-03-03T10:00:00Z" }] })),
        line("12:00", "tick", json!({})),
    ];
    let replayed = Replayed::from(&db, &lines);
    let facts = stage_facts(&replayed).await;
    assert_eq!(facts.last().unwrap(), &("needs_response".to_owned(), "2025-03-03T10:00:00Z".to_owned()));
    let dependencies = conversation(&replayed).await["dependencies"].clone();
    assert_eq!((&dependencies[0]["kind"], &dependencies[0]["state"]), (&json!("until"), &json!("completed")));
}

async fn a_resolved_conversation_is_archived_after_fourteen_days(engine: Engine) {
    let db = Database::empty(engine);
    let lines = [
        inbound("09:00", "m1", "Hello"),
        agent("09:01", "ben", "resolve", json!({ "resolution": "Answered", "short_description": "Said hello" })),
        at("2025-03-17T09:00:59Z", "tick", json!({})),
        at("2025-03-20T00:00:00Z", "tick", json!({})),
    ];
    let replayed = Replayed::from(&db, &lines);
    let facts = stage_facts(&replayed).await;
    assert_eq!(facts.last().unwrap(), &("archived".to_owned(), "2025-03-17T09:01:00Z".to_owned()));
}

async fn messaging_waits_for_ever_and_a_chat_does_not(engine: Engine) {
    let db = Database::empty(engine);
    let lines = [
        inbound("09:00", "m1", "Hello"),
        chat("09:00", "visitor", "c1"),
        agent("09:01", "ben", "reply", json!({ "body": "Yes?" })),
        agent("09:01", "ben", "reply", json!({ "ref": "c1", "body": "Yes?" })),
        line("18:00", "tick", json!({})),
    ];
    let replayed = Replayed::from(&db, &lines);
    assert_eq!(conversation(&replayed).await["stage"], "waiting_on_user");
    let chat = replayed.root.get("/conversations/CONV-2").await.expect(200).json();
    assert_eq!(chat["stage"], "resolved");
    assert!(tags(&chat).contains(&"Resolution: No response".to_owned()), "{:?}", tags(&chat));
    let interaction = replayed.interaction(2).await;
    assert_eq!(
        (&interaction["state"], &interaction["closed_at"]),
        (&json!("closed_abandoned"), &json!("2025-03-03T09:07:00Z"))
    );
}

async fn a_visitor_who_leaves_unanswered_is_missed(engine: Engine) {
    let db = Database::empty(engine);
    let lines = [
        presence("08:59", "eve", "available"),
        chat("09:00", "visitor", "m1"),
        line("09:05", "end_chat", json!({ "ref": "m1" })),
    ];
    let replayed = Replayed::from(&db, &lines);
    let conversation = conversation(&replayed).await;
    assert!(tags(&conversation).contains(&"Resolution: Abandoned".to_owned()));
    let missed = replayed.root.all("/conversations?view=missed").await;
    assert_eq!(missed.len(), 1);
    let interaction = replayed.interaction(1).await;
    assert_eq!((&interaction["wait_time"], &interaction["abandoned_after"]), (&Value::Null, &json!(300)));
}

async fn a_conversation_that_cannot_be_read_stops_no_other(engine: Engine) {
    let db = Database::with_the_cast(engine);
    let keys = cast::keys(engine);
    let house = House::standing_at(&db, switchboard::clock::Clock::system().now());
    let root = Program::with(&house.base, &keys.tokens["root"]);
    for from in ["+14155560001", "+14155560002"] {
        let customer = Customer::with(from, "sms", Program::with(&house.base, &keys.channels["sms"]));
        let path = format!("/conversations/{}/resolution", customer.writes("Hello").await);
        root.put(&path, resolved()).await.expect(200);
        house.clock.advance(TimeDelta::seconds(1));
    }
    db.damage("UPDATE conversations SET interaction_id = NULL WHERE id = 1");
    house.clock.advance(TimeDelta::days(15));
    // The server's own pulse may have been faster than this.
    house.desk.tick(house.clock.now()).unwrap();
    let other = root.get("/conversations/CONV-2").await.expect(200).json();
    assert_eq!(other["stage"], "archived");
    assert_eq!(house.desk.tick(house.clock.now()).unwrap(), 0, "it is left alone for a while");
    db.damage("UPDATE conversations SET interaction_id = 1 WHERE id = 1");
    house.clock.advance(TimeDelta::minutes(2));
    house.desk.tick(house.clock.now()).unwrap();
    let mended = root.get("/conversations/CONV-1").await.expect(200).json();
    assert_eq!(mended["stage"], "archived");
}

async fn somebody_new_counts_like_one_we_know_after_four_hours(engine: Engine) {
    let world = World::standing(engine).await;
    let (clock, root) = (&world.here().clock, &world.root.api);
    let new = world.stranger("sms").writes("Is anybody there?").await;
    clock.advance(TimeDelta::minutes(1));
    let known = world.uma.writes("Hello").await;
    let list = async || -> Vec<(String, i64)> {
        let rows = root.all("/conversations").await;
        rows.iter()
            .map(|row| (row["number"].as_str().unwrap().to_owned(), row["priority_rank"].as_i64().unwrap()))
            .collect()
    };
    let page = async || {
        let page = world.ada.page.sees("/inbox/open").await;
        page.attrs("#rows .row[id]", "id")
    };
    assert_eq!(list().await, [(known.clone(), 1), (new.clone(), 2)]);
    let before = page().await;
    let head = root.get("/events?after=latest").await.expect(200).json()["next"].as_str().unwrap().to_owned();
    let mut inbox = Socket::of_page(&world.ada.page, "inbox&view=open", None).await.unwrap();

    clock.advance(TimeDelta::hours(4) - TimeDelta::minutes(1) - TimeDelta::microseconds(1));
    world.desk().tick(clock.now()).unwrap();
    assert_eq!(list().await, [(known.clone(), 1), (new.clone(), 2)], "not before");
    clock.advance(TimeDelta::microseconds(1));
    world.desk().tick(clock.now()).unwrap();
    assert_eq!(list().await, [(new.clone(), 1), (known, 1)], "the older wait of the same rank is first");
    assert_eq!(page().await, before.into_iter().rev().collect::<Vec<_>>());

    let told = root.get(&format!("/events?after={head}")).await.expect(200).json()["items"].clone();
    let rank: Vec<&Value> = told.as_array().unwrap().iter().filter(|fact| fact["data"]["field"] == "rank").collect();
    assert_eq!(rank.len(), 1, "{told}");
    assert_eq!(
        (&rank[0]["conversation"]["number"], &rank[0]["from"], &rank[0]["to"]),
        (&json!(new), &json!("2"), &json!("1"))
    );
    assert_eq!(inbox.until("conversation.changed").await["id"], new.as_str(), "open lists move its row");
    prints(&world.db, &["verify"]);
}
