//! A long history: its page costs what it shows, and everything stands on one of its pages.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::page::Page;
use crate::support::world::World;

both![
    an_earlier_page_shows_what_happened_then_and_nothing_later,
    a_page_shows_no_more_lines_than_fit_however_many_there_are,
];

fn colours(page: &Page) -> Vec<u32> {
    let words = page.text("#messages");
    let named = words.split("colour-").skip(1).filter_map(|rest| rest.split_whitespace().next()?.parse().ok());
    named.collect::<BTreeSet<u32>>().into_iter().collect()
}

async fn an_earlier_page_shows_what_happened_then_and_nothing_later(engine: Engine) {
    let world = World::open(engine).await;
    let customer = world.stranger("sms");
    let number = customer.writes("First").await;
    for count in 0..13 {
        let tag = json!({ "value": format!("colour-{count}") });
        world.ada.api.put(&format!("/conversations/{number}/tags/Colour"), tag).await.expect(200);
        for line in 0..10 {
            customer.sends(&format!("Line {line} of {count}")).await.expect(201);
        }
    }
    let path = format!("/conversations/{number}");
    let newest = world.ada.page.sees(&path).await;
    let before = newest.attr("a[href*='before=']", "href").to_owned();
    let earlier = world.ada.page.sees(&before).await;
    assert_eq!(newest.all("article.msg").len(), 100);
    assert_eq!(earlier.all("article.msg").len(), 31);
    let (new, old) = (colours(&newest), colours(&earlier));
    assert_eq!(old, (0..=*old.last().unwrap()).collect::<Vec<_>>(), "{old:?}");
    assert_eq!(new, (old.last().unwrap() + 1..13).collect::<Vec<_>>(), "{old:?} {new:?}");

    let all = world.ada.api.all(&format!("{path}/timeline?limit=7")).await;
    let seqs: Vec<i64> = all.iter().map(|fact| fact["seq"].as_i64().unwrap()).collect();
    assert!(seqs.is_sorted_by(|one, next| one < next), "nothing twice");
    assert_eq!(all.iter().filter(|fact| fact["type"] == "tag.added").count(), 13);
    assert_eq!(all.iter().filter(|fact| fact["type"] == "message.added").count(), 131);
}

async fn a_page_shows_no_more_lines_than_fit_however_many_there_are(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let record = world.record_of(&number).await;
    world.ada.api.put(&format!("/conversations/{number}/tags/Colour"), json!({})).await.expect(200);
    let metrics = world.ada.api.get(&format!("/conversations/{number}/metrics")).await.expect(200).json();
    world.db.damage(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        INSERT INTO facts (at, kind, actor, actor_id, conversation_id, interaction_id, to_value, data)
        SELECT at, kind, actor, actor_id, conversation_id, interaction_id, to_value, data
        FROM n, facts WHERE seq = (SELECT max(seq) FROM facts WHERE kind = 'tag.added')",
    );
    for path in [format!("/conversations/{number}"), format!("/interactions/{record}?tab=timeline")] {
        let page = world.ada.page.sees(&path).await;
        let lines = page.all("p.event").len();
        assert!((900..=1000).contains(&lines), "{path}: {lines} lines");
    }
    let same = world.ada.api.get(&format!("/conversations/{number}/metrics")).await.expect(200).json();
    assert_eq!(same["initial_response_1"], metrics["initial_response_1"]);
    let stages: BTreeSet<&String> = same["time_in_stage"].as_object().unwrap().keys().collect();
    assert_eq!(stages.len(), 3, "{same}");
    let first = world.ada.api.get(&format!("/conversations/{number}/timeline?limit=100")).await.expect(200).json();
    assert_eq!(first["items"].as_array().map(Vec::len), Some(100));
    assert_ne!(first["next"], Value::Null);
}
