//! The chat widget as its visitors meet it: they write, are answered, come back, and see nothing that is not for them.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use switchboard::desk::Desk;

use crate::support::database::Engine;
use crate::support::widget::{Visitor, Widget};
use crate::support::world::{Host, World, resolved};

both![
    a_visitor_writes_is_answered_and_never_sees_a_note,
    the_same_message_is_stored_once_however_often_it_is_sent,
    a_first_message_sent_twice_comes_from_one_visitor,
    resolved_stays_readable_and_a_reply_opens_it_again,
    archived_and_suspended_conversations_are_not_shown,
    something_else_begins_a_new_conversation,
    a_visitor_ends_a_chat_once_for_each_time_it_was_opened,
    a_visitor_who_goes_away_unanswered_is_not_waited_for,
    a_silent_chat_is_reminded_and_closed_and_its_visitor_is_told,
    a_visitor_is_told_the_place_in_line_and_the_expected_wait,
    without_scripts_the_frame_is_a_form_that_keeps_what_was_typed,
    too_much_and_too_long_are_refused_in_words,
    what_a_title_says_is_for_the_desk,
];

fn desk(world: &World) -> &Desk {
    match &world.host {
        Host::Here(house) => &house.desk,
        Host::Apart(_) => panic!("this world's desk is in another process"),
    }
}

async fn answers(world: &World, number: &str, body: &str) {
    world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": body })).await.expect(201);
}

async fn resolves(world: &World, number: &str) {
    world.ada.api.put(&format!("/conversations/{number}/resolution"), resolved()).await.expect(200);
}

fn line(who: &str, text: &str) -> (String, String) {
    (who.to_owned(), text.to_owned())
}

async fn a_visitor_writes_is_answered_and_never_sees_a_note(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let visitor = widget.visitor().await;
    assert!(visitor.list().await.is_empty());
    let number = visitor.writes("The terminal shows E-41").await;
    let of = format!("/conversations/{number}");
    world.ada.api.post(&format!("{of}/notes"), json!({ "body": "A secret note" })).await.expect(201);
    answers(&world, &number, "Hold the green key").await;
    world.ada.api.post(&format!("{of}/notes"), json!({ "body": "Another secret" })).await.expect(201);
    world.ada.api.put(&format!("{of}/tags/Fraud"), json!({ "value": "maybe" })).await;
    assert_eq!(
        visitor.reads(&number).await,
        [line("You", "The terminal shows E-41"), line("ada", "Hold the green key")]
    );
    assert_eq!(visitor.list().await, std::slice::from_ref(&number));
    let page = visitor.get(&format!("?conversation={number}")).await.expect(200);
    for answer in [&page.body, &visitor.get(&of).await.body, &visitor.get("/conversations").await.body] {
        for secret in ["secret", "Fraud", "desk.example", "support\"", "Another"] {
            assert!(!answer.contains(secret), "{secret}: {answer}");
        }
    }
    let seen = page.page().texts("#log .text");
    assert_eq!(seen, ["You wrote: The terminal shows E-41", "ada wrote: Hold the green key"]);
    assert_eq!(world.interaction(&number).await["type"], "chat");
}

async fn the_same_message_is_stored_once_however_often_it_is_sent(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = Widget::open(&world).await.visitor().await;
    let words = json!({ "body": "Hello", "id": "0123456789abcdef" });
    let posts = (0..20).map(|_| visitor.post("/messages", words.clone()));
    let all = futures_util::future::join_all(posts).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(all.iter().filter(|answer| answer.status == 200).count(), 19);
    let number = visitor.list().await.pop().unwrap();
    assert_eq!(visitor.reads(&number).await.len(), 1);
    // Without an id, the same words twice are said twice.
    visitor.writes("Hello").await;
    visitor.writes("Hello").await;
    assert_eq!(visitor.reads(&number).await.len(), 3);
    // Another visitor's id is another id.
    let other = Widget { ..visitor.widget.clone() }.visitor().await;
    let theirs = other.post("/messages", words).await.expect(201).json();
    assert_ne!(theirs["conversation"], number.as_str());
}

async fn a_first_message_sent_twice_comes_from_one_visitor(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    for _ in 0..200 {
        let visitor = widget.visitor().await;
        let (one, two) = tokio::join!(
            visitor.post("/messages", json!({ "body": "One", "id": "one" })),
            visitor.post("/messages", json!({ "body": "Two", "id": "two" }))
        );
        assert_eq!(one.expect(201).json()["conversation"], two.expect(201).json()["conversation"]);
        assert_eq!(visitor.list().await.len(), 1);
    }
}

async fn resolved_stays_readable_and_a_reply_opens_it_again(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = Widget::open(&world).await.visitor().await;
    let number = visitor.writes("Hello").await;
    answers(&world, &number, "Hi").await;
    resolves(&world, &number).await;
    assert_eq!(visitor.sees(&number).await["stage"], "resolved");
    assert_eq!(visitor.reads(&number).await.last().unwrap(), &line("-", "ada marked this as resolved"));
    let page = visitor.get("").await.expect(200).page();
    assert!(page.text("#alt").contains("Writing here opens this conversation again."));
    assert_eq!(page.attr("#place", "value"), number);
    let again = visitor.writes_in(&number, "One more thing").await.expect(201).json();
    assert_eq!((&again["conversation"], &again["stage"]), (&json!(number), &json!("needs_response")));
    assert_eq!(visitor.reads(&number).await.last().unwrap(), &line("-", "Open again. ada has been told."));
    assert_eq!(world.conversation(&number).await["reopen_count"], 1);
    assert_eq!(world.root.api.all(&format!("/interactions?conversation={number}")).await.len(), 2);
}

async fn archived_and_suspended_conversations_are_not_shown(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = Widget::open(&world).await.visitor().await;
    let number = visitor.writes("Hello").await;
    world.ada.api.put(&format!("/conversations/{number}/suspension"), json!({})).await.expect(200);
    assert!(visitor.list().await.is_empty());
    visitor.get(&format!("/conversations/{number}")).await.expect(404);
    // That it is under review is not told, and what they write goes there.
    let more = visitor.post("/messages", json!({ "body": "Anybody?" })).await.expect(201).json();
    assert_eq!((&more["conversation"], &more["stage"]), (&json!(number), &json!("new")));
    world.ada.api.delete(&format!("/conversations/{number}/suspension")).await.expect(200);
    assert_eq!(visitor.reads(&number).await.len(), 2);

    answers(&world, &number, "Hi").await;
    resolves(&world, &number).await;
    world.ada.api.put(&format!("/conversations/{number}/archive"), json!({})).await.expect(200);
    assert!(visitor.list().await.is_empty());
    visitor.get(&format!("/conversations/{number}")).await.expect(404);
    visitor.post("/end", json!({ "conversation": number })).await.expect(404);
    let next = visitor.writes_in(&number, "Me again").await.expect(201).json()["conversation"].clone();
    assert_ne!(next, json!(number));
    assert!(world.conversation(next.as_str().unwrap()).await["follow_up_of"].to_string().contains(&number));
}

async fn something_else_begins_a_new_conversation(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = Widget::open(&world).await.visitor().await;
    let first = visitor.writes("One").await;
    assert_eq!(visitor.writes("Still one").await, first, "who writes already goes on there");
    let second = visitor.writes_in("new", "Another thing").await.expect(201).json()["conversation"].clone();
    assert_ne!(second, json!(first));
    let third = visitor.writes("Where does this go?").await;
    assert_eq!(json!(third), second, "the newest that is open");
    resolves(&world, &third).await;
    resolves(&world, &first).await;
    let fourth = visitor.writes("Hello again").await;
    assert!(fourth != first && fourth != third, "what is resolved opens again only where they write in it");
    assert_eq!(visitor.list().await, [fourth, third, first]);
}

async fn a_visitor_ends_a_chat_once_for_each_time_it_was_opened(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let visitor = widget.visitor().await;
    let number = visitor.writes("Hello?").await;
    let end = json!({ "conversation": number });
    assert_eq!(visitor.post("/end", end.clone()).await.expect(200).json()["stage"], "resolved");
    assert_eq!(world.interaction(&number).await["state"], "closed_abandoned");
    assert_eq!(world.root.api.all("/conversations?view=missed").await.len(), 1);
    assert_eq!(visitor.reads(&number).await.last().unwrap(), &line("-", "You ended this chat"));
    visitor.post("/end", end.clone()).await;
    visitor.writes_in(&number, "I am back").await.expect(201);
    answers(&world, &number, "Hi").await;
    visitor.post("/end", end).await.expect(200);
    assert_eq!(world.interaction(&number).await["state"], "closed_complete");
    let tags = world.conversation(&number).await["tags"].to_string();
    assert!(tags.contains("Ended by customer"), "{tags}");
    let messaging = Widget::with(&world, "letters", json!({ "type": "messaging" })).await.visitor().await;
    let number = messaging.writes("Hello").await;
    assert_eq!(messaging.sees(&number).await["can_end"], false);
    let refused = messaging.post("/end", json!({ "conversation": number })).await.expect(409).json();
    assert!(!refused.to_string().contains("allowed"), "{refused}");
}

async fn a_visitor_who_goes_away_unanswered_is_not_waited_for(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let secret = widget.secret(&world).await;
    let (gone, answered, back) = (widget.visitor().await, widget.visitor().await, widget.visitor().await);
    let named = widget.named(&crate::support::widget::identity(&secret, "ann"));
    let quiet = widget.visitor().await;
    let mut numbers = vec![];
    for visitor in [&gone, &answered, &back, &named, &quiet] {
        numbers.push(visitor.writes("Hello?").await);
    }
    answers(&world, &numbers[1], "Hi").await;
    for visitor in [&gone, &answered, &back] {
        drop(visitor.line(&world.base, json!({})).await.expect("a line"));
    }
    let identity = json!({ "identity": named.proof.as_ref().unwrap().1 });
    drop(named.line(&world.base, identity).await.expect("a line"));
    let desk = desk(&world).clone();
    let patience = Instant::now() + Duration::from_secs(10);
    while desk.hub.visitors().leaving() > 0 {
        assert!(Instant::now() < patience, "the sockets are still open");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let left = desk.clock.now();
    tokio::time::sleep(Duration::from_millis(10)).await;
    let _here = back.line(&world.base, json!({})).await.expect("a line");
    let at = move |seconds: i64| left + chrono::TimeDelta::seconds(seconds);
    let ended = tokio::task::spawn_blocking(move || {
        [desk.visitors_gone(at(100)).unwrap(), desk.visitors_gone(at(120)).unwrap()]
    });
    assert_eq!(ended.await.unwrap(), [0, 1], "two minutes are theirs");
    let mut stages = vec![];
    for number in &numbers {
        stages.push(world.stage(number).await);
    }
    assert_eq!(stages[0], "resolved");
    assert_eq!(stages[1..], ["waiting_on_user", "new", "new", "new"]);
    assert_eq!(world.interaction(&numbers[0]).await["state"], "closed_abandoned");
    assert!(world.conversation(&numbers[0]).await["tags"].to_string().contains("Abandoned"));
}

async fn a_silent_chat_is_reminded_and_closed_and_its_visitor_is_told(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = Widget::open(&world).await.visitor().await;
    let number = visitor.writes("Hello").await;
    answers(&world, &number, "Hi, what is it?").await;
    let desk = desk(&world).clone();
    let now = desk.clock.now();
    tokio::task::spawn_blocking(move || desk.tick(now + chrono::TimeDelta::minutes(7)).unwrap()).await.unwrap();
    assert_eq!(world.stage(&number).await, "resolved");
    let read = visitor.reads(&number).await;
    assert!(read.iter().any(|(who, text)| who == "-" && text.starts_with("Are you still there?")), "{read:?}");
    assert_eq!(read.last().unwrap().1, "Closed, because nobody wrote for a while");
}

async fn a_visitor_is_told_the_place_in_line_and_the_expected_wait(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    for _ in 0..4 {
        let served = widget.visitor().await;
        let number = served.writes("Hello").await;
        answers(&world, &number, "Hi").await;
        resolves(&world, &number).await;
    }
    let mut places = vec![];
    for _ in 0..3 {
        let visitor = widget.visitor().await;
        let number = visitor.writes("Hello").await;
        places.push(visitor.sees(&number).await["line"].clone());
        let said = visitor.get("").await.expect(200).page().text("#state");
        assert!(said.contains("This takes"), "{said}");
    }
    let place = |n: usize| places[n]["place"].as_i64().unwrap();
    assert_eq!((place(0), place(1), place(2)), (1, 2, 3));
    assert!(places[2]["expected_wait"]["high"].as_i64().unwrap() >= 1);
    for agent in [&world.ada, &world.ben, &world.max, &world.wendy, &world.root] {
        agent.api.put("/me/presence", json!({ "state": "away" })).await.expect(200);
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let visitor = widget.visitor().await;
    let number = visitor.writes("Anybody?").await;
    let line = visitor.sees(&number).await["line"].clone();
    assert_eq!((&line["place"], line["expected_wait"].is_null()), (&json!(4), true));
}

async fn without_scripts_the_frame_is_a_form_that_keeps_what_was_typed(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let visitor = widget.visitor().await;
    let page = visitor.person.sees(&visitor.path("")).await;
    let sent = visitor.person.submits(&page.form("#write").with("body", "Hello <b>there</b>")).await.expect(303);
    let page = visitor.person.sees(sent.location()).await;
    assert_eq!(page.texts("#log .text"), ["You wrote: Hello <b>there</b>"]);
    let again = page.form("#write").with("body", "And this");
    visitor.person.submits(&again).await.expect(303);
    visitor.person.submits(&again).await.expect(303);
    let number = visitor.list().await.pop().unwrap();
    assert_eq!(visitor.reads(&number).await.len(), 2, "a double click says it once");
    let long = page.form("#write").with("body", "x".repeat(8001));
    let back = visitor.person.submits(&long).await.expect(422).page();
    assert_eq!(back.form("#write").value("body").unwrap().len(), 8001);
    assert!(back.text("#problem").contains("at most 8,000 characters"));
    let end = visitor.person.sees(sent.location()).await.form("form[data-end]");
    visitor.person.submits(&end).await.expect(303);
    assert_eq!(world.stage(&number).await, "resolved");
    let gone = visitor.person.get("/widget/nobody").await.expect(404);
    assert!(gone.body.contains("There is no chat here"));
    visitor.person.get(&format!("/widget/{}", world.keys.channels["sms"])).await.expect(404);
}

async fn too_much_and_too_long_are_refused_in_words(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let visitor = widget.visitor().await;
    for (body, field) in [(json!({ "body": "" }), "body"), (json!({ "body": "x".repeat(8001) }), "body")] {
        let refused = visitor.post("/messages", body).await.expect(422).json();
        assert_eq!(refused["field"], field, "{refused}");
    }
    visitor.post("/messages", json!({ "body": "x", "id": "a b" })).await.expect(422);
    visitor.post("/messages", json!({ "body": "x".repeat(300_000) })).await.expect(413);
    let posts = (0..100).map(|n| visitor.post("/messages", json!({ "body": format!("{n}") })));
    let all = futures_util::future::join_all(posts).await;
    let stopped: Vec<_> = all.iter().filter(|answer| answer.status == 429).collect();
    assert!(stopped.len() >= 10, "{}", stopped.len());
    assert!(
        stopped[0].json()["message"].as_str().unwrap().ends_with('.') && !stopped[0].header("retry-after").is_empty()
    );
    // Time goes on, and lets one more through now and then.
    let mut more = 0;
    let back = loop {
        let form = visitor.person.sees(&visitor.path("")).await.form("#write").with("body", "Kept");
        let answer = visitor.person.submits(&form).await;
        if answer.status == 429 {
            break answer.page();
        }
        more += 1;
        assert!(more < 100, "nothing stops a form");
    };
    assert_eq!(back.form("#write").value("body"), Some("Kept"));
    // Nobody else is stopped.
    widget.visitor().await.writes("Hello").await;
    let kept = visitor.list().await.pop().unwrap();
    let stored = all.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(visitor.reads(&kept).await.len(), stored + more);
}

async fn what_a_title_says_is_for_the_desk(engine: Engine) {
    let world = World::open(engine).await;
    let visitor: Visitor = Widget::open(&world).await.visitor().await;
    let number = visitor.writes("My words").await;
    let title = json!({ "title": "Angry, handle with care" });
    world.ada.api.patch(&format!("/conversations/{number}"), title).await.expect(200);
    let list = visitor.asks(Method::GET, "/conversations", None, None).await.expect(200);
    assert_eq!(list.json()["items"][0]["subject"], "My words");
    for body in [list.body, visitor.get("").await.body, visitor.get(&format!("/conversations/{number}")).await.body] {
        assert!(!body.contains("Angry"), "{body}");
    }
}
