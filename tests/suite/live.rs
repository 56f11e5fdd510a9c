//! The socket: who is told what, in which order, what is sent after a break, and who must not see.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::Program;
use crate::support::database::Engine;
use crate::support::live::Socket;
use crate::support::world::{World, on_ben, resolved};

both![
    every_verb_is_told_to_those_who_watch,
    frames_are_numbered_and_each_fact_comes_once,
    a_page_that_was_away_gets_what_it_missed,
    a_page_that_was_away_too_long_is_told_to_refresh,
    a_page_of_another_node_is_told_to_refresh,
    one_conversation_says_nothing_to_the_watchers_of_another,
    a_refused_action_is_not_told,
    nobody_watches_without_signing_in,
    a_restricted_queue_is_not_shown_to_others,
    topics_nobody_knows_are_refused_or_silent,
    a_socket_watches_a_few_topics_and_a_session_holds_a_few_sockets,
];

async fn every_verb_is_told_to_those_who_watch(engine: Engine) {
    let world = World::open(engine).await;
    let mut page = Socket::of_page(&world.ben.page, "inbox", None).await.unwrap();
    let number = world.uma.writes("Hello").await;
    let path = format!("/conversations/{number}");
    let mut told = async |kind: &str, stage: &str| {
        let frame = page.until(kind).await;
        assert_eq!((&frame["id"], &frame["data"]["stage"]), (&json!(number), &json!(stage)), "{frame}");
    };
    told("message.added", "new").await;
    let api = &world.ada.api;
    api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await.expect(201);
    told("stage.changed", "waiting_on_user").await;
    world.uma.sends("Well").await.expect(201);
    told("stage.changed", "needs_response").await;
    api.put(&format!("{path}/hold"), on_ben()).await.expect(200);
    told("stage.changed", "hold").await;
    api.delete(&format!("{path}/hold")).await.expect(200);
    told("stage.changed", "needs_response").await;
    api.put(&format!("{path}/resolution"), resolved()).await.expect(200);
    told("stage.changed", "resolved").await;
    api.delete(&format!("{path}/resolution?note=again")).await.expect(200);
    told("stage.changed", "needs_response").await;
    world.max.api.put(&format!("{path}/suspension"), json!({})).await.expect(200);
    told("stage.changed", "suspended").await;
    api.delete(&format!("{path}/suspension")).await.expect(200);
    told("stage.changed", "new").await;
    let interaction = world.record_of(&number).await;
    world
        .max
        .api
        .put(&format!("/interactions/{interaction}/assignment"), json!({ "agent": "ben@desk.example" }))
        .await
        .expect(200);
    told("assignment.changed", "new").await;
}

/// A conversation that has been told to everybody who watches: what comes to a page opened now is newer.
async fn told(world: &World) -> String {
    let mut page = Socket::of_page(&world.root.page, "inbox", None).await.unwrap();
    let number = world.uma.writes("Hello").await;
    page.until("message.added").await;
    number
}

fn is_message_of(number: &str) -> impl Fn(&Value) -> bool {
    move |frame| frame["type"] == "message.added" && frame["id"] == number
}

async fn frames_are_numbered_and_each_fact_comes_once(engine: Engine) {
    let world = World::open(engine).await;
    let number = told(&world).await;
    let topics = format!("inbox,conversation:{number},queue:support");
    let mut page = Socket::of_page(&world.ada.page, &topics, None).await.unwrap();
    let mut last = page.hello["seq"].as_u64().unwrap();
    for text in 0..20 {
        world.uma.sends(&format!("{text}")).await.expect(201);
    }
    let last_one = world.stranger("sms").writes("That was all").await;
    let frames = page.all_until(is_message_of(&last_one)).await;
    for frame in &frames {
        let seq = frame["seq"].as_u64().unwrap();
        assert!(seq > last, "{seq} after {last}: in two topics, but told once");
        last = seq;
    }
    assert_eq!(frames.iter().filter(|frame| is_message_of(&number)(frame)).count(), 20);
}

async fn a_page_that_was_away_gets_what_it_missed(engine: Engine) {
    let world = World::open(engine).await;
    let number = told(&world).await;
    let page = Socket::of_page(&world.ada.page, "inbox", None).await.unwrap();
    let (node, seen) = (page.node(), page.hello["seq"].as_u64().unwrap());
    drop(page);
    for text in ["One", "Two", "Three"] {
        world.uma.sends(text).await.expect(201);
    }
    let mut page = Socket::of_page(&world.ada.page, "inbox", Some((&node, seen))).await.unwrap();
    let last_one = world.stranger("sms").writes("That was all").await;
    let frames = page.all_until(is_message_of(&last_one)).await;
    let seqs: Vec<u64> = frames.iter().map(|frame| frame["seq"].as_u64().unwrap()).collect();
    assert!(seqs[0] > seen && seqs.is_sorted(), "{seqs:?}");
    assert_eq!(frames.iter().filter(|frame| is_message_of(&number)(frame)).count(), 3);
}

async fn a_page_that_was_away_too_long_is_told_to_refresh(engine: Engine) {
    let world = World::open(engine).await;
    let page = Socket::of_page(&world.ada.page, "inbox", None).await.unwrap();
    let (node, seen) = (page.node(), page.hello["seq"].as_u64().unwrap());
    let strangers: Vec<_> = (0..40).map(|_| world.stranger("sms")).collect();
    futures_util::future::join_all(strangers.iter().map(async |stranger| {
        for text in 0..30 {
            stranger.sends(&format!("{text}")).await.expect(201);
        }
    }))
    .await;
    let mut back = Socket::of_page(&world.ada.page, "inbox", Some((&node, seen))).await.unwrap();
    assert_eq!(back.next().await.unwrap()["type"], "refresh");
    let last_one = world.uma.writes("That was all").await;
    let frames = back.all_until(is_message_of(&last_one)).await;
    assert!(frames.iter().all(|frame| frame["type"] != "refresh"), "told to refresh twice");
}

async fn a_page_of_another_node_is_told_to_refresh(engine: Engine) {
    let world = World::open(engine).await;
    for (node, seen) in [("another", 0), ("another", 1_000_000)] {
        let mut page = Socket::of_page(&world.ada.page, "inbox", Some((node, seen))).await.unwrap();
        assert_eq!(page.next().await.unwrap()["type"], "refresh");
    }
    let node = Socket::of_page(&world.ada.page, "inbox", None).await.unwrap().node();
    let mut ahead = Socket::of_page(&world.ada.page, "inbox", Some((&node, u64::MAX / 4))).await.unwrap();
    assert_eq!(ahead.next().await.unwrap()["type"], "refresh", "a number that is still to come");
}

async fn one_conversation_says_nothing_to_the_watchers_of_another(engine: Engine) {
    let world = World::open(engine).await;
    let (mine, other) = (told(&world).await, world.conversation_in("new").await);
    let mut page = Socket::of_page(&world.ada.page, &format!("conversation:{mine}"), None).await.unwrap();
    world.ben.api.post(&format!("/conversations/{other}/notes"), json!({ "body": "Elsewhere" })).await.expect(201);
    world.ben.api.post(&format!("/conversations/{mine}/notes"), json!({ "body": "Here" })).await.expect(201);
    for frame in page.all_until(is_message_of(&mine)).await {
        assert_eq!(frame["id"], mine, "{frame}");
    }
}

async fn a_refused_action_is_not_told(engine: Engine) {
    let world = World::open(engine).await;
    let number = told(&world).await;
    let mut page = Socket::of_page(&world.ada.page, "inbox", None).await.unwrap();
    world.ben.api.put(&format!("/conversations/{number}/hold"), on_ben()).await.expect(409);
    world.ben.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "" })).await.expect(422);
    world.ben.api.post(&format!("/conversations/{number}/notes"), json!({ "body": "Allowed" })).await.expect(201);
    assert_eq!(page.next().await.unwrap()["type"], "message.added", "the note is the first that is told");
}

async fn nobody_watches_without_signing_in(engine: Engine) {
    let world = World::open(engine).await;
    assert!(Socket::of_page(&world.visitor(), "inbox", None).await.is_err());
    assert!(Socket::of_program(&Program::with(&world.base, "nonsense"), "inbox", None).await.is_err());
    assert!(Socket::of_program(&Program::with(&world.base, &world.keys.channels["sms"]), "inbox", None).await.is_err());
    assert!(Socket::of_program(&world.ada.api, "inbox", None).await.is_ok());
}

async fn a_restricted_queue_is_not_shown_to_others(engine: Engine) {
    let world = World::open(engine).await;
    let queue = json!({ "slug": "board-room", "name": "Board room", "members": ["ben@desk.example"], "restricted": true, "assign_by": "manual" });
    let made = world.root.api.post("/queues", queue).await.expect(201).json();
    assert_eq!(made["restricted"], true, "{made}");
    let number = world.uma.writes("Hello").await;
    let interaction = world.record_of(&number).await;
    let topics = format!("inbox,conversation:{number},interaction:{interaction}&view=open");
    let mut page = Socket::of_page(&world.ada.page, &topics, None).await.unwrap();
    let mut program = Socket::of_program(&world.ada.api, &topics, None).await.unwrap();
    let mut member = Socket::of_page(&world.ben.page, &topics, None).await.unwrap();
    world
        .root
        .api
        .put(&format!("/interactions/{interaction}/assignment"), json!({ "queue": "board-room" }))
        .await
        .expect(200);
    let row = json!({ "op": "leave", "id": format!("conversation-{}", &number[5..]) });
    for others in [&mut page, &mut program] {
        let last = others.until("assignment.changed").await;
        assert_eq!((&last["op"], &last["ops"]), (&json!("leave"), &json!([row])), "gone, and nothing else: {last}");
        assert!(last.get("data").is_none() && last.get("version").is_none(), "{last}");
    }
    member.until("assignment.changed").await;
    member.says(&json!({ "typing": number }).to_string()).await;
    world.uma.sends("A secret").await.expect(201);
    member.until("message.added").await;
    world.ben.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "Hush" })).await.expect(201);
    let open = world.stranger("sms").writes("No secret").await;
    for others in [&mut page, &mut program] {
        for frame in others.all_until(is_message_of(&open)).await {
            let viewing = frame["type"] == "company.changed" && frame["id"] != number.as_str();
            assert!(frame["id"] == open || viewing, "Ada is told {frame}");
        }
    }
    for closed in [format!("conversation:{number}"), format!("interaction:{interaction}"), "queue:board-room".into()] {
        assert!(Socket::of_page(&world.ada.page, &closed, None).await.is_err(), "{closed}");
    }
    for path in [
        format!("/conversations/{number}"),
        format!("/conversations/{number}/messages"),
        format!("/interactions/{interaction}"),
    ] {
        world.ada.api.get(&path).await.expect(404);
        world.ben.api.get(&path).await.expect(200);
    }
    world.ada.api.post(&format!("/conversations/{number}/notes"), json!({ "body": "Let me in" })).await.expect(404);
    world.ada.page.get(&format!("/conversations/{number}")).await.expect(404);
    for list in ["/conversations", "/conversations?view=all", "/interactions", "/events"] {
        let seen = world.ada.api.all_of_what_is_there(list).await;
        assert!(!seen.contains("A secret") && !seen.contains(&format!("\"{number}\"")), "{list}: {seen}");
    }
    assert!(!world.ada.page.sees("/inbox").await.words().contains("A secret"));
}

async fn topics_nobody_knows_are_refused_or_silent(engine: Engine) {
    let world = World::open(engine).await;
    for topics in ["nonsense", "conversation:CONV-999", "conversation:'%20OR%201=1", "queue:none", "", "inbox,,inbox"] {
        if let Ok(mut socket) = Socket::of_page(&world.ada.page, topics, None).await {
            socket.says("{\"type\": \"nonsense\"}").await;
            socket.says("not json at all").await;
            world.stranger("sms").writes("Somebody else's words").await;
            if !topics.contains("inbox") {
                let told = tokio::time::timeout(Duration::from_millis(200), socket.next()).await;
                assert!(told.is_err() || told == Ok(None), "{topics}: {told:?}");
            }
        }
    }
    world.ada.page.sees("/inbox").await;
}

async fn a_socket_watches_a_few_topics_and_a_session_holds_a_few_sockets(engine: Engine) {
    let world = World::open(engine).await;
    let page = &world.ada.page;
    let topics = |number: usize| (1..=number).map(|id| format!("conversation:CONV-{id}")).collect::<Vec<_>>().join(",");
    assert_eq!(refusal(Socket::of_page(page, &topics(21), None).await), 422);
    let again = vec![format!("conversation:{}", world.uma.writes("Hello").await); 25].join(",");
    let mut open = vec![Socket::of_page(page, &again, None).await.expect("one topic again is one topic")];
    for _ in 1..30 {
        open.push(Socket::of_page(page, "inbox", None).await.unwrap());
    }
    assert_eq!(refusal(Socket::of_page(page, "inbox", None).await), 429);
    Socket::of_program(&world.ada.api, "inbox", None).await.expect("her programs have their own");
    Socket::of_page(&world.ben.page, "inbox", None).await.expect("and so has everybody else");
    open.clear();
    for _ in 0..100 {
        match Socket::of_page(page, "inbox", None).await {
            Ok(_) => return,
            refused => assert_eq!(refusal(refused), 429),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("sockets that are closed are still counted");
}

/// The status by which a socket was refused.
fn refusal(answer: Result<Socket, tokio_tungstenite::tungstenite::Error>) -> u16 {
    match answer {
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
        Ok(_) => 101,
    }
}
