//! The feed of facts: everything once, whoever writes meanwhile, as far as the reader may see.

use std::cell::Cell;
use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::Program;
use crate::support::database::Engine;
use crate::support::world::World;

both![
    sixteen_writers_and_a_reader_who_misses_nothing,
    two_readers_see_the_same_in_the_same_order,
    a_reader_at_the_head_sees_only_what_comes_after,
    facts_say_who_what_and_from_where_to_where,
    an_agent_reads_of_what_they_may_see,
    cursors_of_elsewhere_are_refused,
];

/// Everything after a cursor that there is now, and the cursor after it.
async fn drained(reader: &Program, mut cursor: Option<String>, limit: usize) -> (Vec<Value>, String) {
    let mut seen = vec![];
    loop {
        let after = cursor.map(|cursor| format!("&after={cursor}")).unwrap_or_default();
        let page = reader.get(&format!("/events?limit={limit}{after}")).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        let next = page["next"].as_str().expect("next is never null").to_owned();
        seen.extend(items.iter().cloned());
        if items.is_empty() {
            return (seen, next);
        }
        cursor = Some(next);
    }
}

fn seqs(facts: &[Value]) -> Vec<i64> {
    facts.iter().map(|fact| fact["seq"].as_i64().unwrap()).collect()
}

async fn sixteen_writers_and_a_reader_who_misses_nothing(engine: Engine) {
    let world = World::open(engine).await;
    let strangers: Vec<_> = (0..16).map(|_| world.stranger("sms")).collect();
    let over = Cell::new(false);
    let writing = async {
        join_all(strangers.iter().map(async |stranger| {
            for number in 0..8 {
                let conversation = stranger.writes(&format!("Message {number}")).await;
                let tag = format!("/conversations/{conversation}/tags/t{number}");
                world.ada.api.put(&tag, json!({})).await.expect(200);
            }
        }))
        .await;
        over.set(true);
    };
    let reading = async {
        let (mut all, mut cursor) = (vec![], None);
        loop {
            let last = over.get();
            let (seen, next) = drained(&world.root.api, cursor, 5).await;
            all.extend(seen);
            cursor = Some(next);
            if last {
                return all;
            }
        }
    };
    let (seen, ()) = tokio::join!(reading, writing);
    let seen = seqs(&seen);
    let once: BTreeSet<i64> = seen.iter().copied().collect();
    assert_eq!(seen.len(), once.len(), "a fact came twice");
    let (whole, _) = drained(&world.root.api, None, 100).await;
    assert_eq!(once, seqs(&whole).into_iter().collect(), "a fact was missed");
    assert!(once.len() >= 16 * 8 * 2, "{} facts", once.len());
}

async fn two_readers_see_the_same_in_the_same_order(engine: Engine) {
    let world = World::open(engine).await;
    for stage in ["hold", "resolved"] {
        world.conversation_in(stage).await;
    }
    let (one, _) = drained(&world.root.api, None, 3).await;
    let (two, _) = drained(&world.max.api, None, 100).await;
    assert_eq!(seqs(&one), seqs(&two));
    assert_eq!(one, two, "a manager sees all of it, too");
}

async fn a_reader_at_the_head_sees_only_what_comes_after(engine: Engine) {
    let world = World::open(engine).await;
    world.uma.writes("Before").await;
    let head = world.root.api.get("/events?after=latest").await.expect(200).json();
    assert_eq!(head["items"], json!([]));
    world.uma.writes("After").await;
    let (seen, next) = drained(&world.root.api, head["next"].as_str().map(str::to_owned), 50).await;
    assert_eq!(seen.iter().map(|fact| &fact["type"]).collect::<Vec<_>>(), ["message.added"]);
    assert!(drained(&world.root.api, Some(next), 50).await.0.is_empty());
}

async fn facts_say_who_what_and_from_where_to_where(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "Yes?" })).await.expect(201);
    let (facts, _) = drained(&world.root.api, None, 50).await;
    let of = |kind: &str| facts.iter().filter(|fact| fact["type"] == kind).cloned().collect::<Vec<_>>();
    let stages = of("stage.changed");
    assert_eq!((&stages[0]["from"], &stages[0]["to"]), (&Value::Null, &json!("new")));
    assert_eq!((&stages[1]["from"], &stages[1]["to"]), (&json!("new"), &json!("waiting_on_user")));
    assert_eq!((&stages[0]["actor"]["kind"], &stages[0]["actor"]["name"]), (&json!("customer"), &json!("Uma Ortiz")));
    assert_eq!(stages[1]["actor"]["email"], world.ada.email);
    assert_eq!(
        (&stages[0]["conversation"]["number"], &stages[0]["conversation"]["name"]),
        (&json!(number), &json!("Hello"))
    );
    let assigned = of("assignment.changed");
    let last = assigned.last().unwrap();
    assert_eq!((&last["from"], &last["to"]["email"]), (&Value::Null, &json!(world.ada.email)));
    assert_eq!(last["data"]["queue"]["slug"], "support");
    let timeline = world.ada.api.all(&format!("/conversations/{number}/timeline")).await;
    let told: Vec<&Value> = facts.iter().filter(|fact| fact["conversation"]["number"] == number).collect();
    assert_eq!(timeline.iter().collect::<Vec<_>>(), told, "the same in the timeline");
}

async fn an_agent_reads_of_what_they_may_see(engine: Engine) {
    let world = World::open(engine).await;
    let secret = json!({ "slug": "board", "name": "Board", "members": [world.ben.email], "restricted": true });
    world.root.api.post("/queues", secret).await.expect(201);
    let hidden = world.uma.writes("For the board only").await;
    let shown = world.stranger("sms").writes("For everybody").await;
    let interaction = world.record_of(&hidden).await;
    let to = json!({ "queue": "board" });
    world.root.api.put(&format!("/interactions/{interaction}/assignment"), to).await.expect(200);
    for (reader, sees) in [(&world.ada, false), (&world.ben, true), (&world.max, true), (&world.root, true)] {
        let (facts, _) = drained(&reader.api, None, 3).await;
        let mut numbers: BTreeSet<&str> = BTreeSet::new();
        numbers.extend(facts.iter().filter_map(|fact| fact["conversation"]["number"].as_str()));
        assert_eq!(numbers.contains(hidden.as_str()), sees, "{}: {numbers:?}", reader.name);
        assert!(numbers.contains(shown.as_str()), "{}: {numbers:?}", reader.name);
        let status = if sees { 200 } else { 404 };
        reader.api.get(&format!("/conversations/{hidden}")).await.expect(status);
        reader.api.get(&format!("/interactions/{interaction}")).await.expect(status);
        reader.api.get("/queues/board").await.expect(status);
    }
}

async fn cursors_of_elsewhere_are_refused(engine: Engine) {
    let world = World::open(engine).await;
    for cursor in ["nonsense", "LTE", "MTo5OjMsMiAgMCAw", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "%00"] {
        let refusal = world.root.api.get(&format!("/events?after={cursor}")).await.expect(422).json();
        assert_eq!(refusal["field"], "after", "{cursor}");
    }
    let other = match engine {
        Engine::Sqlite => "MToxOiAgMCAw",
        Engine::Postgres => "NDI",
    };
    let refusal = world.root.api.get(&format!("/events?after={other}")).await.expect(422).json();
    assert_eq!(refusal["field"], "after", "a cursor of the other kind of database");
}
