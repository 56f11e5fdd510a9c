//! What was sent can be taken back until it is on its way.

use std::thread;

use chrono::TimeDelta;
use serde_json::json;
use switchboard::domain::MessageId;

use crate::attachments::uploads;
use crate::outbox::{accepted, claim, message, replies, texts, tried, world, writes};
use crate::support::database::Engine;
use crate::support::page::Page;

both![
    a_reply_can_be_taken_back_for_ten_seconds_by_its_writer,
    a_message_is_taken_back_or_sent_but_never_both,
    words_that_are_taken_back_stand_before_what_was_typed_since_and_their_files_go_with_a_removal,
];

async fn a_reply_can_be_taken_back_for_ten_seconds_by_its_writer(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let thread = format!("/conversations/{number}");
    writes(&world.ada, &number, "Too early").await;
    assert_eq!(world.stage(&number).await, "waiting_on_user");
    let page = world.ada.page.sees(&thread).await;
    let undo = page.form("[data-toast] form");
    assert!(claim(&world).is_none(), "it waits ten seconds");
    world.ben.page.submits(&undo.clone().with("csrf", world.ben.page.csrf().await)).await.expect(403);
    world.ada.page.submits(&undo).await.expect(303);
    assert_eq!(world.stage(&number).await, "new");
    let page = world.ada.page.sees(&thread).await;
    assert_eq!(page.form(&format!("form[action$='{number}/replies']")).value("body"), Some("Too early"));
    assert!(page.text(".msg--withdrawn").contains("Taken back"));
    world.here().clock.advance(TimeDelta::seconds(11));
    assert!(claim(&world).is_none() && world.ada.api.all("/outbox").await.is_empty());
    // A moment too late: it is on its way.
    writes(&world.ada, &number, "Better").await;
    let undo = world.ada.page.sees(&thread).await.form("[data-toast] form");
    world.here().clock.advance(TimeDelta::seconds(10));
    let letter = claim(&world).unwrap();
    let late = world.ada.page.submits(&undo).await.expect(409).page();
    assert!(late.words().contains("being sent right now"), "{}", late.words());
    world.ada.api.delete(&format!("/messages/{}", letter.message)).await.expect(409);
    tried(&world, &letter, accepted("SM1"));
    assert_eq!(world.stage(&number).await, "waiting_on_user");
}

async fn a_message_is_taken_back_or_sent_but_never_both(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let ada = world.desk().agent("ada@desk.example").unwrap();
    for round in 0..200 {
        let id = replies(&world.ada, &number, &format!("Round {round}")).await;
        let (sender, writer, by) = (world.desk().clone(), world.desk().clone(), ada.clone());
        let sender = thread::spawn(move || sender.claim_letter().unwrap());
        let writer = thread::spawn(move || writer.take_back(&by, MessageId(id)).is_ok());
        let (claimed, taken_back) = (sender.join().unwrap(), writer.join().unwrap());
        assert_ne!(claimed.is_some(), taken_back, "round {round}");
        let Some(letter) = claimed else { continue };
        tried(&world, &letter, accepted(&format!("SM{round}")));
        assert_eq!(message(&world, &number, id).await["delivery"], "accepted", "round {round}");
    }
}

async fn words_that_are_taken_back_stand_before_what_was_typed_since_and_their_files_go_with_a_removal(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let file = uploads(&world.ada.api, "plan-of-the-vault.txt", b"Behind the clock").await.expect(201).json();
    let reply = json!({ "body": "First", "attachments": [file["id"]] });
    let sent = world.ada.api.post(&format!("/conversations/{number}/replies"), reply).await.expect(201).json();
    let thread = format!("/conversations/{number}");
    let csrf = world.ada.page.csrf().await;
    let typed = [("csrf", csrf.as_str()), ("kind", "reply"), ("body", "Second")];
    world.ada.page.posts(&format!("{thread}/draft"), &typed).await.expect(204);
    // A manager takes it back: the words are their writer's again.
    world.max.api.delete(&format!("/messages/{}", sent["id"])).await.expect(200);
    let draft = |page: Page| page.form(&format!("form[action$='{number}/replies']")).value("body").unwrap().to_owned();
    assert_eq!(draft(world.ada.page.sees(&thread).await).replace("\r\n", "\n"), "First\n\nSecond");
    assert!(!draft(world.max.page.sees(&thread).await).contains("First"));
    assert!(world.ada.page.sees(&thread).await.words().contains("plan-of-the-vault.txt"));
    world.max.api.delete(&format!("/messages/{}/body", sent["id"])).await.expect(200);
    assert!(!world.ada.page.sees(&thread).await.words().contains("plan-of-the-vault.txt"));
}
