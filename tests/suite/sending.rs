//! The sender against a stand-in that speaks Twilio's form: what it is given, its failures, and an hour without it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::app::Program;
use crate::support::binary::Served;
use crate::support::cast;
use crate::support::database::{Database, Engine};
use crate::support::provider::{Mood, NUMBER, Provider, TOKEN, newest, posts, sender, texts, until};
use crate::support::world::World;

both![
    a_reply_goes_out_by_twilio_s_form_and_is_delivered,
    a_refusal_is_told_and_trouble_is_tried_again,
    a_provider_that_says_nothing_leaves_a_message_unknown,
    two_senders_send_each_message_once,
    a_provider_that_is_down_for_an_hour_gets_everything_once_and_in_order,
    a_gateway_that_fails_for_an_hour_makes_few_letters_unknown,
    on_trial_nothing_leaves_the_machine,
    a_stop_waits_for_what_is_on_its_way,
    a_sender_killed_a_hundred_times_sends_nothing_twice_in_silence,
];

/// The thread of somebody who texts.
async fn thread(root: &Program, from: &str) -> String {
    texts(&root.base, &format!("IN{from}"), from, "Hello?").await.expect(200);
    newest(root).await
}

async fn replies(agent: &Program, number: &str, body: &str) -> i64 {
    let sent = agent.post(&format!("/conversations/{number}/replies"), json!({ "body": body })).await;
    sent.expect(201).json()["id"].as_i64().unwrap()
}

async fn message(root: &Program, number: &str, id: i64) -> Value {
    let thread = root.all(&format!("/conversations/{number}/messages")).await;
    thread.into_iter().find(|message| message["id"] == id).unwrap()
}

/// Waits until a message is as far as this.
async fn comes(root: &Program, number: &str, id: i64, state: &str) -> Value {
    until(state, async || message(root, number, id).await["delivery"] == state).await;
    message(root, number, id).await
}

async fn a_reply_goes_out_by_twilio_s_form_and_is_delivered(engine: Engine) {
    let (world, provider) = (World::open(engine).await, Provider::start());
    let root = &world.root.api;
    provider.carries(root).await;
    let _sender = sender(&world);
    let number = thread(root, "+14155550111").await;
    let id = replies(&world.ada.api, &number, "It is “on” its way & <more>").await;
    comes(root, &number, id, "accepted").await;
    let sent = provider.texts();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].path, "/2010-04-01/Accounts/AC1/Messages.json");
    let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("AC1:{TOKEN}"));
    assert_eq!(sent[0].authorization, format!("Basic {basic}"));
    let fields: Vec<(&str, &str)> =
        sent[0].fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let callback = format!("{}/channels/text/twilio/status?message={id}", world.base);
    let expected = [
        ("To", "+14155550111"),
        ("From", NUMBER),
        ("Body", "It is “on” its way & <more>"),
        ("StatusCallback", callback.as_str()),
    ];
    assert_eq!(fields, expected);
    let tells = async |status: &str| {
        let sid = format!("SM{:032x}", 1);
        let fields = [("MessageSid", sid.as_str()), ("MessageStatus", status), ("To", "+14155550111")];
        posts(&world.base, callback.strip_prefix(&world.base).unwrap(), TOKEN, &fields).await.expect(200);
    };
    tells("sent").await;
    assert_eq!(message(root, &number, id).await["delivery"], "accepted");
    tells("delivered").await;
    assert_eq!(message(root, &number, id).await["delivery"], "delivered");
    for late in ["sent", "undelivered", "queued"] {
        tells(late).await;
        assert_eq!(message(root, &number, id).await["delivery"], "delivered", "{late}");
    }
}

async fn a_refusal_is_told_and_trouble_is_tried_again(engine: Engine) {
    let (world, provider) = (World::open(engine).await, Provider::start());
    let root = &world.root.api;
    provider.carries(root).await;
    provider.is(Mood::Refuses);
    let _sender = sender(&world);
    let number = thread(root, "+14155550111").await;
    let refused = replies(&world.ada.api, &number, "Refused").await;
    let failed = comes(root, &number, refused, "failed").await;
    assert_eq!(failed["delivery_error"], "Invalid 'To' Phone Number (the provider’s 21211)");
    provider.is(Mood::Troubled);
    let troubled = replies(&world.ada.api, &number, "Troubled").await;
    until("it waits", async || message(root, &number, troubled).await["delivery_error"].is_string()).await;
    let page = world.ben.page.sees("/outbox").await;
    assert!(
        page.words().contains("The provider has a problem (503). It is tried again by itself."),
        "{}",
        page.words()
    );
    provider.is(Mood::Busy);
    until("it is asked to go slower", async || provider.texts().len() >= 3).await;
    provider.is(Mood::Takes);
    comes(root, &number, troubled, "accepted").await;
    world.ben.api.post(&format!("/messages/{refused}/retry"), json!({})).await.expect(200);
    comes(root, &number, refused, "accepted").await;
}

async fn a_provider_that_says_nothing_leaves_a_message_unknown(engine: Engine) {
    let (world, provider) = (World::open(engine).await, Provider::start());
    let root = &world.root.api;
    provider.carries(root).await;
    provider.is(Mood::Silent);
    let _sender = sender(&world);
    let number = thread(root, "+14155550111").await;
    let id = replies(&world.ada.api, &number, "Is anybody there?").await;
    let unknown = comes(root, &number, id, "unknown").await;
    assert!(unknown["delivery_error"].as_str().unwrap().contains("not known whether this was sent"), "{unknown}");
    provider.is(Mood::Takes);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(provider.texts().len(), 1, "it is not sent again by itself");
    let fields = [("MessageSid", "SMlate"), ("MessageStatus", "delivered")];
    posts(&world.base, &format!("/channels/text/twilio/status?message={id}"), TOKEN, &fields).await.expect(200);
    assert_eq!(message(root, &number, id).await["delivery"], "delivered", "it had arrived");
}

async fn two_senders_send_each_message_once(engine: Engine) {
    let (world, provider) = (World::open(engine).await, Provider::start());
    let root = &world.root.api;
    provider.carries(root).await;
    let _senders = (sender(&world), sender(&world));
    let mut bodies = Vec::new();
    for one in 0..6 {
        let number = thread(root, &format!("+1415555030{one}")).await;
        for other in 0..4 {
            bodies.push(format!("{one}.{other}"));
            replies(&world.ada.api, &number, bodies.last().unwrap()).await;
        }
    }
    until("all are sent", async || root.all("/outbox").await.is_empty()).await;
    let mut sent: Vec<String> = provider.texts().iter().map(|text| text.get("Body").to_owned()).collect();
    sent.sort();
    assert_eq!(sent, bodies);
}

async fn a_provider_that_is_down_for_an_hour_gets_everything_once_and_in_order(engine: Engine) {
    let (world, provider) = (World::standing(engine).await, Provider::start());
    let root = &world.root.api;
    provider.carries(root).await;
    let _sender = sender(&world);
    provider.goes_down();
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in 0..5 {
        let from = format!("+1415555040{one}");
        let number = thread(root, &from).await;
        for other in 0..3 {
            let body = format!("Message {one}.{other}");
            replies(&world.ada.api, &number, &body).await;
            expected.entry(from.clone()).or_default().push(body);
        }
    }
    let passes = async |time: TimeDelta| {
        world.here().clock.advance(time);
        world.desk().bell.ring();
        tokio::time::sleep(Duration::from_millis(25)).await;
    };
    for minute in 0..60 {
        passes(TimeDelta::minutes(1)).await;
        if minute % 20 == 0 {
            assert_eq!(root.all("/outbox").await.len(), 15, "all of it is seen to wait");
        }
    }
    let page = world.ben.page.sees("/outbox").await;
    assert_eq!(page.texts(".outbox__line").len(), 15);
    assert!(page.words().contains("The provider does not answer. It is tried again by itself."), "{}", page.words());
    assert!(provider.texts().is_empty());
    provider.comes_back();
    until("everything is sent", async || {
        passes(TimeDelta::seconds(20)).await;
        root.all("/outbox").await.is_empty()
    })
    .await;
    let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in provider.texts() {
        sent.entry(text.get("To").to_owned()).or_default().push(text.get("Body").to_owned());
    }
    assert_eq!(sent, expected, "once each, in order");
}

async fn a_gateway_that_fails_for_an_hour_makes_few_letters_unknown(engine: Engine) {
    let (world, provider) = (World::standing(engine).await, Provider::start());
    let root = &world.root.api;
    provider.carries(root).await;
    let _sender = sender(&world);
    provider.is(Mood::Gateway);
    for one in 0..12 {
        let number = thread(root, &format!("+141555504{one:02}")).await;
        replies(&world.ada.api, &number, &format!("Message {one}")).await;
    }
    let passes = async |time: TimeDelta| {
        world.here().clock.advance(time);
        world.desk().bell.ring();
        tokio::time::sleep(Duration::from_millis(25)).await;
    };
    for _ in 0..60 {
        passes(TimeDelta::minutes(1)).await;
    }
    let open = root.all("/outbox").await;
    let unknown = open.iter().filter(|one| one["delivery"] == "unknown").count();
    assert_eq!((open.len(), provider.texts().len()), (12, unknown), "what was tried may have gone through");
    assert!((1..=4).contains(&unknown), "{unknown}: at most one of each sender");
    provider.is(Mood::Takes);
    until("all the others are sent", async || {
        passes(TimeDelta::seconds(20)).await;
        root.all("/outbox").await.len() == unknown
    })
    .await;
    let mut bodies: Vec<String> = provider.texts().iter().map(|text| text.get("Body").to_owned()).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), provider.texts().len()), (12, 12), "each was tried once");
}

async fn on_trial_nothing_leaves_the_machine(engine: Engine) {
    let (world, provider) = (World::open(engine).await, Provider::start());
    let root = &world.root.api;
    provider.carries(root).await;
    let number = thread(root, "+14155550111").await;
    root.patch("/channels/text", json!({ "provider": "trial" })).await.expect(200);
    let _sender = sender(&world);
    let id = replies(&world.ada.api, &number, "Only here").await;
    comes(root, &number, id, "accepted").await;
    assert!(provider.texts().is_empty());
    let page = world.root.page.sees("/settings/channels/text").await;
    assert!(page.words().contains("nothing leaves this machine"), "{}", page.words());
    let test = page.form("form[action$='/test']").with("to", "+14155550199");
    world.root.page.submits(&test).await.expect(303);
    let page = world.root.page.sees("/settings/channels/text").await;
    assert!(page.text("[data-toast]").contains("no text was sent"));
    assert!(provider.texts().is_empty() && page.form("form.plain__form").value("provider") == Some("trial"));
    // Off trial the same form sends.
    world.root.page.submits(&page.form("form.plain__form").with("provider", "twilio")).await.expect(303);
    world.root.page.submits(&test).await.expect(303);
    assert_eq!(provider.texts()[0].get("To"), "+14155550199");
    provider.is(Mood::Refuses);
    world.root.page.submits(&test).await.expect(303);
    let page = world.root.page.sees("/settings/channels/text").await;
    assert!(page.text("[data-toast]").contains("Invalid 'To' Phone Number"), "{}", page.words());
    world.root.page.submits(&test.with("to", "nobody")).await.expect(303);
    let page = world.root.page.sees("/settings/channels/text").await;
    assert!(page.text("[data-toast]").contains("Not a phone number"), "{}", page.words());
}

async fn a_stop_waits_for_what_is_on_its_way(engine: Engine) {
    let (db, provider) = (Database::with_the_cast(engine), Provider::start());
    let keys = cast::keys(engine);
    let server = Served::start(&db);
    let root = Program::with(&server.base, &keys.tokens["root"]);
    provider.carries(&root).await;
    provider.is(Mood::Slow(1500));
    let number = thread(&root, "+14155550111").await;
    let id = replies(&root, &number, "Slowly").await;
    until("it is on its way", async || provider.texts().len() == 1).await;
    let (status, took) = server.terminate();
    assert!(status.success() && took < Duration::from_secs(15), "{status} after {took:?}");
    let server = Served::start(&db);
    let root = Program::with(&server.base, &keys.tokens["root"]);
    assert_eq!(message(&root, &number, id).await["delivery"], "accepted");
    assert_eq!(provider.texts().len(), 1);
}

async fn a_sender_killed_a_hundred_times_sends_nothing_twice_in_silence(engine: Engine) {
    let rounds = 100;
    let began = Instant::now();
    let (db, provider) = (Database::with_the_cast(engine), Provider::start());
    let keys = cast::keys(engine);
    let root = |server: &Served| Program::with(&server.base, &keys.tokens["root"]);
    let mut server = Served::start(&db);
    provider.carries(&root(&server)).await;
    provider.is(Mood::Slow(4));
    let mut threads = Vec::new();
    for one in 0..4 {
        threads.push(thread(&root(&server), &format!("+1415555050{one}")).await);
    }
    let mut sent = Vec::new();
    for round in 0..rounds {
        let api = root(&server);
        for one in 0..2 {
            let (number, body) = (&threads[(round + one) % threads.len()], format!("Message {round}.{one}"));
            sent.push((number.clone(), replies(&api, number, &body).await, body));
        }
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..25_000)));
        server.kill();
        server = Served::start(&db);
    }
    let api = root(&server);
    until("nothing waits", async || {
        let open = api.all("/outbox").await;
        open.iter().all(|one| one["delivery"] == "unknown")
    })
    .await;
    let texts = provider.texts();
    let mut unknown = 0_usize;
    for (number, id, body) in sent {
        let state = message(&api, &number, id).await["delivery"].as_str().unwrap().to_owned();
        let times = texts.iter().filter(|text| text.get("Body") == body).count();
        match state.as_str() {
            "accepted" => assert_eq!(times, 1, "{body}"),
            "unknown" => assert!(times <= 1, "{body} was sent {times} times"),
            other => panic!("{body} is {other}"),
        }
        unknown += usize::from(state == "unknown");
    }
    let mut by_number: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for text in &texts {
        let (round, one) = text.get("Body").strip_prefix("Message ").unwrap().split_once('.').unwrap();
        by_number.entry(text.get("To")).or_default().push((round.parse().unwrap(), one.parse().unwrap()));
    }
    assert_eq!(by_number.len(), threads.len());
    for (to, bodies) in by_number {
        assert!(bodies.is_sorted(), "{to} got them out of order: {bodies:?}");
    }
    println!("{unknown} of {} messages are unknown after {rounds} kills in {:?}", rounds * 2, began.elapsed());
    assert!(unknown < rounds + rounds / 2, "what is never sent is no answer either");
}
