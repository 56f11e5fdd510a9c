//! What is taken back before it was sent leaves nothing behind; what was tried stays as it is.

use chrono::TimeDelta;
use serde_json::{Value, json};
use switchboard::desk::outbox::{Letter, Outcome};

use crate::outbox::{says, world};
use crate::support::binary;
use crate::support::database::Engine;
use crate::support::world::World;

both![
    who_waits_waits_since_they_asked_and_nobody_has_answered_yet,
    what_still_stands_is_counted_and_what_was_taken_back_is_not,
    only_a_letter_that_was_never_tried_is_written_anew,
];

fn texts(world: &World, body: &str) -> String {
    says(world, "+14155550111", body)
}

async fn replies(world: &World, number: &str, body: &str) -> String {
    let sent = world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": body })).await;
    format!("/messages/{}", sent.expect(201).json()["id"])
}

async fn metrics(world: &World, number: &str) -> (Value, Value) {
    let read = world.root.api.get(&format!("/conversations/{number}/metrics")).await.expect(200).json();
    (read["initial_response_1"].clone(), read["initial_response_2"].clone())
}

fn waits(world: &World, seconds: i64) {
    world.here().clock.advance(TimeDelta::seconds(seconds));
}

fn agrees(world: &World) {
    assert!(binary::prints(&world.db, &["verify"]).contains("records"));
}

async fn who_waits_waits_since_they_asked_and_nobody_has_answered_yet(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "Hello?");
    waits(&world, 60);
    let sent = replies(&world, &number, "Too early").await;
    assert_eq!(world.interaction(&number).await["wait_time"], 60);
    assert_eq!(metrics(&world, &number).await, (json!(60), json!(60)));
    waits(&world, 5);
    world.ada.api.delete(&sent).await.expect(200);
    let now = world.conversation(&number).await;
    assert_eq!((&now["stage"], &now["wait"]), (&json!("new"), &json!(65)));
    assert_eq!(world.interaction(&number).await["wait_time"], Value::Null);
    assert_eq!(metrics(&world, &number).await, (Value::Null, Value::Null));
    agrees(&world);
    waits(&world, 300);
    replies(&world, &number, "Now").await;
    assert_eq!(world.interaction(&number).await["wait_time"], 365);
    assert_eq!(metrics(&world, &number).await, (json!(365), json!(360)), "five seconds it stood as answered");
    agrees(&world);
}

async fn what_still_stands_is_counted_and_what_was_taken_back_is_not(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "Hello?");
    waits(&world, 60);
    let (first, second) = (replies(&world, &number, "One").await, replies(&world, &number, "Two").await);
    waits(&world, 1);
    // The other one stands: they are answered.
    world.ada.api.delete(&first).await.expect(200);
    assert_eq!(world.stage(&number).await, "waiting_on_user");
    assert_eq!(metrics(&world, &number).await, (json!(60), json!(60)));
    agrees(&world);
    world.ada.api.delete(&second).await.expect(200);
    let now = world.conversation(&number).await;
    assert_eq!((&now["stage"], &now["wait"]), (&json!("new"), &json!(61)));
    assert_eq!(metrics(&world, &number).await, (Value::Null, Value::Null));
    agrees(&world);
    waits(&world, 9);
    replies(&world, &number, "Three").await;
    assert_eq!(world.interaction(&number).await["wait_time"], 70);
    // We wait for them already: one word less changes nothing.
    waits(&world, 30);
    let more = replies(&world, &number, "And").await;
    world.ada.api.delete(&more).await.expect(200);
    assert_eq!(world.stage(&number).await, "waiting_on_user");
    agrees(&world);
    // Asked again, and once more: it is the first question that waits.
    texts(&world, "But");
    waits(&world, 10);
    texts(&world, "Hm?");
    waits(&world, 10);
    let last = replies(&world, &number, "Four").await;
    waits(&world, 2);
    world.ada.api.delete(&last).await.expect(200);
    let now = world.conversation(&number).await;
    assert_eq!((&now["stage"], &now["wait"]), (&json!("needs_response"), &json!(22)));
    assert_eq!(world.interaction(&number).await["wait_time"], 70);
    agrees(&world);
}

fn claim(world: &World) -> Letter {
    world.desk().claim_letter().unwrap().unwrap()
}

async fn only_a_letter_that_was_never_tried_is_written_anew(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "Hello?");
    let path = replies(&world, &number, "It is on the tarin.").await;
    let long = json!({ "body": "a".repeat(1601) });
    let refused = world.ada.api.patch(&path, long).await.expect(422).json();
    assert!(refused["message"].as_str().unwrap().contains("at most 1,600 characters"), "{refused}");
    world.ada.api.patch(&path, json!({ "body": "It is on the train." })).await.expect(200);
    let letter = claim(&world);
    assert_eq!(letter.body, "It is on the train.");
    let edit = json!({ "body": "It is in the mail." });
    world.ada.api.patch(&path, edit.clone()).await.expect(409);
    world.desk().letter_tried(&letter, Outcome::Unsure("No answer.".to_owned())).unwrap();
    let refused = world.ada.api.patch(&path, edit.clone()).await.expect(409).json();
    assert!(refused["message"].as_str().unwrap().contains("may have been sent as it reads"), "{refused}");
    let page = format!("{path}/text");
    assert!(!world.ada.page.sees(&page).await.has("textarea"));
    world.ada.page.posts(&page, &[("body", "It is in the mail.")]).await.expect(409);
    // What is sent again is the same again.
    world.ada.api.post(&format!("{path}/retry"), json!({})).await.expect(200);
    waits(&world, 40);
    world.ada.api.patch(&path, edit.clone()).await.expect(409);
    let again = claim(&world);
    assert_eq!((again.body.as_str(), again.attempts), ("It is on the train.", 2));
    world.desk().letter_tried(&again, Outcome::Refused("No.".to_owned())).unwrap();
    world.ada.api.patch(&path, edit.clone()).await.expect(409);
    let thread = world.root.api.all(&format!("/conversations/{number}/messages")).await;
    assert_eq!(thread[1]["body"], "It is on the train.");
    agrees(&world);
}
