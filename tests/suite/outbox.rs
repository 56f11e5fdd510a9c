//! What leaves the house: frozen with the reply, sent once and in order, tried again, taken back, and seen until it is
//! with its provider. Here the tests are the sender.

use std::thread;

use chrono::TimeDelta;
use serde_json::{Value, json};
use switchboard::desk::intake::Arrival;
use switchboard::desk::outbox::{Delivery, Letter, Outcome};
use switchboard::domain::MessageId;
use switchboard::domain::conversation::InboundKind;

use crate::support::app::Program;
use crate::support::binary::prints;
use crate::support::database::{Database, Engine};
use crate::support::house::House;
use crate::support::live::Socket;
use crate::support::live_page::LivePage;
use crate::support::page::Answer;
use crate::support::world::{Agent, World};

both![
    a_reply_is_frozen_with_its_letter_and_stands_in_the_outbox_until_it_is_accepted,
    many_senders_claim_each_letter_once,
    letters_of_a_conversation_go_one_after_the_other,
    a_provider_that_is_away_is_tried_again_later_and_later,
    what_the_provider_refuses_is_told_and_sent_again_when_asked,
    a_letter_whose_sender_died_is_unknown_and_never_sent_by_itself,
    what_a_provider_tells_later_only_moves_forward,
    who_said_stop_to_the_provider_is_not_written_to_again,
    the_writer_is_told_wherever_they_are_that_a_message_was_not_sent,
    nobody_sees_letters_of_what_they_may_not_see,
    a_text_message_has_at_most_1600_characters,
    an_open_thread_and_a_fresh_one_show_the_same_delivery,
    what_waits_in_a_backup_is_not_sent_by_whoever_restores_it,
];

/// A world with an SMS channel, `text`, on a clock that stands.
pub(crate) async fn world(engine: Engine) -> World {
    let world = World::standing(engine).await;
    let channel = json!({
        "slug": "text", "kind": "sms", "queue": "support", "account_sid": "AC1", "auth_token": "t", "number": "+15005550006",
    });
    world.root.api.post("/channels", channel).await.expect(201);
    world
}

/// Somebody texts; the conversation.
pub(crate) fn texts(world: &World, from: &str) -> String {
    says(world, from, "Hello?")
}

/// Somebody texts these words; the conversation.
pub(crate) fn says(world: &World, from: &str, body: &str) -> String {
    let arrival = Arrival {
        provider_id: None,
        from: from.to_owned(),
        body: body.to_owned(),
        sent_at: Some(world.here().clock.now()),
        kind: InboundKind::Content,
        about: None,
        thread: None,
        files: Vec::new(),
    };
    let desk = world.desk();
    desk.receive(&desk.channel("text").unwrap(), arrival).unwrap().conversation.unwrap().to_string()
}

/// A reply by the API, which can be taken back no more; the id of the message.
pub(crate) async fn replies(agent: &Agent, number: &str, body: &str) -> i64 {
    let sent = agent.api.post(&format!("/conversations/{number}/replies"), json!({ "body": body })).await;
    let message = sent.expect(201).json();
    assert_eq!(message["delivery"], "queued", "{message}");
    message["id"].as_i64().unwrap()
}

/// A reply by the composer.
pub(crate) async fn writes(agent: &Agent, number: &str, body: &str) -> Answer {
    let page = agent.page.sees(&format!("/conversations/{number}")).await;
    agent.page.submits(&page.form(&format!("form[action$='{number}/replies']")).with("body", body)).await.expect(303)
}

pub(crate) fn claim(world: &World) -> Option<Letter> {
    world.desk().claim_letter().unwrap()
}

pub(crate) fn tried(world: &World, letter: &Letter, outcome: Outcome) {
    world.desk().letter_tried(letter, outcome).unwrap();
}

pub(crate) async fn message(world: &World, number: &str, id: i64) -> Value {
    let thread = world.root.api.all(&format!("/conversations/{number}/messages")).await;
    thread.into_iter().find(|message| message["id"] == id).unwrap()
}

fn away() -> Outcome {
    Outcome::Later { why: "The provider does not answer.".to_owned(), after: None }
}

pub(crate) fn accepted(id: &str) -> Outcome {
    Outcome::Accepted(id.to_owned())
}

async fn a_reply_is_frozen_with_its_letter_and_stands_in_the_outbox_until_it_is_accepted(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let id = replies(&world.ada, &number, "We are on it.").await;
    let listed = world.ben.api.all("/outbox").await;
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["to"], &listed[0]["body"]), (&json!("+14155550111"), &json!("We are on it.")));
    assert_eq!((&listed[0]["delivery"], &listed[0]["channel"]["slug"]), (&json!("queued"), &json!("text")));
    let page = world.ben.page.sees("/outbox").await;
    assert!(page.text(".outbox__line").contains("We are on it.") && page.text(".tag").contains("Waiting"));
    let letter = claim(&world).unwrap();
    assert_eq!((letter.message, letter.recipient.as_str()), (MessageId(id), "+14155550111"));
    assert_eq!(message(&world, &number, id).await["delivery"], "sending");
    tried(&world, &letter, accepted("SM1"));
    assert_eq!(message(&world, &number, id).await["delivery"], "accepted");
    assert!(world.ben.api.all("/outbox").await.is_empty());
    assert!(world.ben.page.sees("/outbox").await.text("#outbox").contains("Everything is sent"));
    assert!(claim(&world).is_none());
    // On a channel that is read here nothing is sent.
    let other = world.stranger("sms").writes("Hello").await;
    let sent = world.ada.api.post(&format!("/conversations/{other}/replies"), json!({ "body": "Hi" })).await;
    assert_eq!(sent.expect(201).json()["delivery"], "accepted");
    assert!(claim(&world).is_none());
}

async fn many_senders_claim_each_letter_once(engine: Engine) {
    let world = world(engine).await;
    let mut sent = Vec::new();
    for one in 0..24 {
        let number = texts(&world, &format!("+14155552{one:03}"));
        sent.push(replies(&world.ada, &number, "Yes").await);
    }
    let mut claimed: Vec<i64> = thread::scope(|scope| {
        let sender = || {
            let mut mine = Vec::new();
            while let Some(letter) = claim(&world) {
                mine.push(letter.message.0);
                tried(&world, &letter, accepted(&format!("SM{}", letter.id)));
            }
            mine
        };
        let senders: Vec<_> = (0..6).map(|_| scope.spawn(sender)).collect();
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    });
    claimed.sort_unstable();
    assert_eq!(claimed, sent);
}

async fn letters_of_a_conversation_go_one_after_the_other(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let (first, second) = (replies(&world.ada, &number, "One").await, replies(&world.ada, &number, "Two").await);
    let one = claim(&world).unwrap();
    assert_eq!(one.message.0, first);
    assert!(claim(&world).is_none(), "the second waits for the first");
    tried(&world, &one, away());
    assert!(claim(&world).is_none(), "the second waits for the first to be tried again");
    world.here().clock.advance(TimeDelta::seconds(5));
    let again = claim(&world).unwrap();
    assert_eq!((again.message.0, again.attempts), (first, 2));
    tried(&world, &again, accepted("SM1"));
    assert_eq!(claim(&world).unwrap().message.0, second);
}

async fn a_provider_that_is_away_is_tried_again_later_and_later(engine: Engine) {
    let world = world(engine).await;
    let (one, other) = (texts(&world, "+14155550111"), texts(&world, "+14155550112"));
    let id = replies(&world.ada, &one, "One").await;
    let quiet = replies(&world.ada, &other, "Other").await;
    let mut pauses = Vec::new();
    for _ in 0..10 {
        let letter = claim(&world).unwrap();
        assert_eq!(letter.message.0, id);
        tried(&world, &letter, away());
        assert!(claim(&world).is_none(), "everything on the channel waits with it");
        let due = world.desk().next_letter().unwrap().unwrap();
        pauses.push((due - world.here().clock.now()).num_seconds());
        world.here().clock.advance(due - world.here().clock.now());
    }
    assert!(pauses.is_sorted() || pauses.iter().rev().take(2).all(|pause| (240..=360).contains(pause)), "{pauses:?}");
    assert!((1..=3).contains(&pauses[0]) && pauses.iter().all(|pause| *pause <= 360), "{pauses:?}");
    let page = world.ben.page.sees("/outbox").await;
    let lines = page.texts(".outbox__line");
    assert!(lines[0].contains("does not answer") && lines[0].contains("next try"), "{lines:?}");
    let shown = message(&world, &one, id).await;
    assert_eq!(shown["delivery"], "queued");
    assert!(shown["delivery_error"].as_str().unwrap().contains("tried again by itself"), "{shown}");
    tried(&world, &claim(&world).unwrap(), accepted("SM1"));
    let next = claim(&world).unwrap();
    assert_eq!(next.message.0, quiet, "the other goes as soon as the provider is back");
    tried(&world, &next, accepted("SM2"));
    let last = replies(&world.ada, &one, "Last").await;
    world.here().clock.advance(TimeDelta::hours(25));
    let letter = claim(&world).unwrap();
    tried(&world, &letter, away());
    let failed = message(&world, &one, last).await;
    assert_eq!(failed["delivery"], "failed");
    assert!(failed["delivery_error"].as_str().unwrap().contains("for a day"), "{failed}");
}

async fn what_the_provider_refuses_is_told_and_sent_again_when_asked(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let id = replies(&world.ada, &number, "Hello").await;
    tried(&world, &claim(&world).unwrap(), Outcome::Refused("The number is not a mobile number.".to_owned()));
    let failed = message(&world, &number, id).await;
    assert_eq!(
        (&failed["delivery"], &failed["delivery_error"]),
        (&json!("failed"), &json!("The number is not a mobile number."))
    );
    let thread = world.ben.page.sees(&format!("/conversations/{number}")).await;
    assert!(thread.text(&format!("#message-{id}")).contains("not a mobile number"));
    let facts = world.root.api.all(&format!("/conversations/{number}/timeline")).await;
    let told = facts.iter().find(|fact| fact["type"] == "delivery.changed").unwrap();
    assert_eq!((&told["to"], &told["data"]["message"]), (&json!("failed"), &json!(id)));
    assert!(claim(&world).is_none(), "nothing is sent again by itself");
    let page = world.ben.page.sees("/outbox").await;
    world.ben.page.submits(&page.form(".outbox__line form")).await.expect(303);
    let again = claim(&world).unwrap();
    assert_eq!((again.message.0, again.attempts), (id, 2));
    world.ben.api.post(&format!("/messages/{id}/retry"), json!({})).await.expect(409);
    tried(&world, &again, Outcome::Refused("Still not.".to_owned()));
    world.ben.api.post(&format!("/messages/{id}/retry"), json!({})).await.expect(200);
    tried(&world, &claim(&world).unwrap(), accepted("SM1"));
    assert_eq!(message(&world, &number, id).await["delivery_error"], Value::Null);
    world.ben.api.post(&format!("/messages/{id}/retry"), json!({})).await.expect(409);
}

async fn a_letter_whose_sender_died_is_unknown_and_never_sent_by_itself(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let id = replies(&world.ada, &number, "Hello").await;
    let lost = claim(&world).unwrap();
    assert_eq!(world.desk().give_up_lost_letters().unwrap(), 0, "its sender may be at it");
    world.here().clock.advance(TimeDelta::seconds(30));
    assert_eq!(world.desk().give_up_lost_letters().unwrap(), 1);
    assert!(claim(&world).is_none());
    let page = world.ben.page.sees("/outbox").await;
    assert!(page.text(".tag").contains("Unknown, check"), "{}", page.words());
    assert!(page.text(".outbox__line").contains("It is not known whether this was sent"));
    // It lives after all, and knows.
    tried(&world, &lost, accepted("SM1"));
    assert_eq!(message(&world, &number, id).await["delivery"], "accepted");
}

async fn what_a_provider_tells_later_only_moves_forward(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let id = replies(&world.ada, &number, "Hello").await;
    let desk = world.desk();
    let channel = desk.channel("text").unwrap();
    let tells = |state, error: Option<&str>| {
        desk.provider_tells(&channel, "SM1", Some(MessageId(id)), state, error.map(str::to_owned)).unwrap();
    };
    tells(Delivery::Delivered, None);
    assert_eq!(message(&world, &number, id).await["delivery"], "queued", "nobody has it yet");
    let letter = claim(&world).unwrap();
    tells(Delivery::Delivered, None);
    tried(&world, &letter, accepted("SM1"));
    tells(Delivery::Accepted, None);
    tells(Delivery::Failed, Some("Too late"));
    let shown = message(&world, &number, id).await;
    assert_eq!((&shown["delivery"], &shown["delivery_error"]), (&json!("delivered"), &Value::Null));
}

async fn who_said_stop_to_the_provider_is_not_written_to_again(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let id = replies(&world.ada, &number, "Hello").await;
    tried(&world, &claim(&world).unwrap(), Outcome::Stopped);
    let failed = message(&world, &number, id).await;
    assert!(failed["delivery_error"].as_str().unwrap().contains("said STOP"), "{failed}");
    let path = format!("/conversations/{number}/replies");
    world.ada.api.post(&path, json!({ "body": "Again" })).await.expect(422);
}

async fn the_writer_is_told_wherever_they_are_that_a_message_was_not_sent(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    replies(&world.ada, &number, "Hello").await;
    let letter = claim(&world).unwrap();
    let mut hers = Socket::of_page(&world.ada.page, "inbox,me", None).await.unwrap();
    let mut his = Socket::of_page(&world.ben.page, "inbox,me", None).await.unwrap();
    tried(&world, &letter, Outcome::Refused("No such number.".to_owned()));
    let told = |frame: Value| frame["ops"].as_array().unwrap().iter().find(|op| op["op"] == "tell").cloned();
    let sentence = told(hers.until("delivery.changed").await).unwrap()["text"].clone();
    assert!(sentence.as_str().unwrap().contains(&number) && told(his.until("delivery.changed").await).is_none());
}

async fn nobody_sees_letters_of_what_they_may_not_see(engine: Engine) {
    let world = world(engine).await;
    let vault = json!({ "slug": "vault", "name": "Vault", "restricted": true, "members": [&world.ben.email] });
    world.root.api.post("/queues", vault).await.expect(201);
    let number = texts(&world, "+14155550111");
    let path = format!("/interactions/{}/assignment", world.record_of(&number).await);
    world.root.api.put(&path, json!({ "queue": "vault" })).await.expect(200);
    let id = replies(&world.ben, &number, "Between us").await;
    assert_eq!((world.ben.api.all("/outbox").await.len(), world.ada.api.all("/outbox").await.len()), (1, 0));
    assert!(!world.ada.page.sees("/outbox").await.words().contains("Between us"));
    world.ada.page.get(&format!("/messages/{id}")).await.expect(404);
    world.ada.page.posts(&format!("/messages/{id}/retry"), &[]).await.expect(404);
    world.ada.page.posts(&format!("/messages/{id}/undo"), &[]).await.expect(404);
    world.ada.api.post(&format!("/messages/{id}/retry"), json!({})).await.expect(404);
    world.ada.api.delete(&format!("/messages/{id}")).await.expect(404);
    assert!(world.ben.page.sees(&format!("/messages/{id}")).await.words().contains("Between us"));
}

async fn a_text_message_has_at_most_1600_characters(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let path = format!("/conversations/{number}/replies");
    let refusal = world.ada.api.post(&path, json!({ "body": "é".repeat(1601) })).await.expect(422).json();
    assert!(refusal["message"].as_str().unwrap().contains("1601"), "{refusal}");
    world.ada.api.post(&path, json!({ "body": "é".repeat(1600) })).await.expect(201);
}

async fn an_open_thread_and_a_fresh_one_show_the_same_delivery(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    let mut page = LivePage::open("ben", &world.ben.page, &format!("/conversations/{number}")).await;
    replies(&world.ada, &number, "Hello").await;
    page.sees_the_same_after_reload().await;
    let letter = claim(&world).unwrap();
    tried(&world, &letter, Outcome::Unsure("The line broke.".to_owned()));
    page.sees_the_same_after_reload().await;
    let id = letter.message.0;
    world.ada.api.post(&format!("/messages/{id}/retry"), json!({})).await.expect(200);
    page.sees_the_same_after_reload().await;
    tried(&world, &claim(&world).unwrap(), accepted("SM1"));
    page.sees_the_same_after_reload().await;
}

async fn what_waits_in_a_backup_is_not_sent_by_whoever_restores_it(engine: Engine) {
    let world = world(engine).await;
    let number = texts(&world, "+14155550111");
    replies(&world.ada, &number, "Waits").await;
    let file = world.db.beside("with-letters.gz");
    prints(&world.db, &["backup", file.to_str().unwrap()]);
    let other = Database::nothing(engine);
    prints(&other, &["restore", file.to_str().unwrap()]);
    prints(&other, &["verify"]);
    let house = House::standing_at(&other, world.here().clock.now() + TimeDelta::hours(1));
    assert!(house.desk.claim_letter().unwrap().is_none());
    let root = Program::with(&house.base, &world.keys.tokens["root"]);
    let open = root.all("/outbox").await;
    assert_eq!((open.len(), &open[0]["delivery"]), (1, &json!("unknown")));
    assert!(open[0]["delivery_error"].as_str().unwrap().contains("may have been sent since"), "{open:?}");
}
