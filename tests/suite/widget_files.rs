//! Files at the chat widget: sent by visitors, seen by both, and by nobody else.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::app::send;
use crate::support::database::Engine;
use crate::support::live_page::LivePage;
use crate::support::page::Answer;
use crate::support::widget::{Visitor, Widget};
use crate::support::world::World;

both![
    a_visitor_s_file_reaches_the_desk_and_an_agent_s_reaches_the_visitor,
    without_scripts_a_file_goes_with_the_form,
    what_is_too_large_or_too_many_is_refused_in_words_and_nothing_is_stored,
    the_address_of_a_file_is_for_its_visitor_and_for_a_while,
    a_visitor_is_told_that_an_agent_has_seen_it,
    one_visitor_leaves_so_many_bytes_within_a_day,
];

/// A picture of one pixel.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1,
    0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// Sends files as the frame's script does, or as its form where `accept` is a page.
async fn sends(visitor: &Visitor, fields: &[(&str, &str)], files: &[(&str, &[u8])], accept: &str) -> Answer {
    let mut form = Form::new();
    for (name, value) in fields {
        form = form.text((*name).to_owned(), (*value).to_owned());
    }
    for (name, bytes) in files {
        form = form.part("file", Part::bytes(bytes.to_vec()).file_name((*name).to_owned()));
    }
    let request = visitor.person.request(Method::POST, &visitor.path("/messages"));
    let request = request.header("Origin", &visitor.widget.base).header("Accept", accept).multipart(form);
    send("POST a form with files".to_owned(), request).await
}

async fn files_of(visitor: &Visitor, number: &str) -> Vec<Value> {
    let seen = visitor.sees(number).await;
    seen["messages"].as_array().unwrap().iter().flat_map(|m| m["files"].as_array().unwrap().clone()).collect()
}

async fn a_visitor_s_file_reaches_the_desk_and_an_agent_s_reaches_the_visitor(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = Widget::open(&world).await.visitor().await;
    let sent = [("body", "It looks like this"), ("id", "once-1")];
    let answer = sends(&visitor, &sent, &[("screen.png", PIXEL), ("log.txt", b"E-41")], "application/json").await;
    let answer = answer.expect(201).json();
    let number = answer["conversation"].as_str().unwrap().to_owned();
    let again = sends(&visitor, &sent, &[("screen.png", PIXEL), ("log.txt", b"E-41")], "application/json").await;
    assert_eq!(again.expect(200).json()["duplicate"], true, "the same parcel is stored once");
    let mut thread = LivePage::open("ben", &world.ben.page, &format!("/conversations/{number}")).await;
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    assert!(page.text("#messages").contains("It looks like this") && page.text("#messages").contains("log.txt"));
    let picture = page.attr("#messages .files img", "src");
    world.ada.page.get(&picture).await.expect(200);
    let theirs = files_of(&visitor, &number).await;
    assert_eq!(theirs.iter().map(|file| file["name"].as_str().unwrap()).collect::<Vec<_>>(), ["screen.png", "log.txt"]);
    let shown = visitor.person.get(theirs[0]["url"].as_str().unwrap()).await.expect(200);
    assert_eq!((shown.header("content-type"), shown.header("x-content-type-options")), ("image/png", "nosniff"));
    let saved = visitor.person.get(theirs[1]["url"].as_str().unwrap()).await.expect(200);
    assert!(saved.header("content-disposition").starts_with("attachment") && saved.body == "E-41");
    assert!(saved.header("content-security-policy").contains("sandbox"));
    let file = super::attachments::uploads(&world.ada.api, "guide.txt", "Hold both keys").await.expect(201).json();
    let reply = json!({ "body": "", "attachments": [file["id"]] });
    world.ada.api.post(&format!("/conversations/{number}/replies"), reply).await.expect(201);
    thread.sees_the_same_after_reload().await;
    let note = super::attachments::uploads(&world.ada.api, "secret.txt", "for us").await.expect(201).json();
    let note = json!({ "body": "For us", "attachments": [note["id"]] });
    world.ada.api.post(&format!("/conversations/{number}/notes"), note).await.expect(201);
    let theirs = files_of(&visitor, &number).await;
    assert_eq!(theirs.len(), 3, "and nothing of a note");
    assert_eq!(visitor.person.get(theirs[2]["url"].as_str().unwrap()).await.expect(200).body, "Hold both keys");
    assert!(
        visitor.reads(&number).await.contains(&("ada".to_owned(), "Sent a file".to_owned())),
        "{:?}",
        visitor.reads(&number).await
    );
}

async fn without_scripts_a_file_goes_with_the_form(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = Widget::open(&world).await.visitor().await;
    let page = visitor.get("").await.expect(200).page();
    assert_eq!(page.attr("#write", "enctype"), "multipart/form-data");
    let form = page.form("#write");
    let fields = [("conversation", ""), ("id", form.value("id").unwrap()), ("body", "")];
    let sent = sends(&visitor, &fields, &[("", b""), ("screen.png", PIXEL)], "text/html").await.expect(303);
    let page = visitor.person.get(sent.location()).await.expect(200).page();
    assert_eq!(page.attrs("#log img", "alt"), ["screen.png"]);
    visitor.person.get(&page.attr("#log img", "src")).await.expect(200);
    let nothing = sends(&visitor, &[("body", " ")], &[], "text/html").await.expect(422).page();
    assert!(nothing.text("#problem").contains("Write a message first."));
    let large = sends(&visitor, &[("body", "See this")], &[("huge.iso", &vec![7; 11 << 20])], "text/html").await;
    let large = large.expect(422).page();
    assert!(large.text("#problem").contains("huge.iso is too large"), "{}", large.text("#problem"));
    assert_eq!(large.text("#text"), "See this", "kept");
}

async fn what_is_too_large_or_too_many_is_refused_in_words_and_nothing_is_stored(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = Widget::open(&world).await.visitor().await;
    let number = visitor.writes("Hello").await;
    let in_it = [("conversation", number.as_str()), ("body", "Look")];
    let six: Vec<(&str, &[u8])> = (0..6).map(|_| ("a.txt", &b"x"[..])).collect();
    for (files, sentence) in [(six, "A message takes 5 files at most."), (vec![("a.txt", &b""[..])], "a.txt is empty.")]
    {
        let refused = sends(&visitor, &in_it, &files, "application/json").await.expect(422).json();
        assert_eq!((&refused["field"], &refused["message"]), (&json!("file"), &json!(sentence)));
    }
    let page = sends(&visitor, &in_it, &[("evil.html", b"<script>alert(1)</script>")], "application/json").await;
    page.expect(201);
    let file = files_of(&visitor, &number).await.remove(0);
    let got = visitor.person.get(file["url"].as_str().unwrap()).await.expect(200);
    assert_eq!(got.header("content-type"), "application/octet-stream", "never shown");
    assert_eq!(visitor.reads(&number).await.len(), 2, "what was refused is not there");
}

async fn the_address_of_a_file_is_for_its_visitor_and_for_a_while(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let (visitor, other) = (widget.visitor().await, widget.visitor().await);
    let sent =
        sends(&visitor, &[("body", "Mine")], &[("mine.txt", b"mine")], "application/json").await.expect(201).json();
    let number = sent["conversation"].as_str().unwrap().to_owned();
    let theirs = other.writes("Hello").await;
    let url = files_of(&visitor, &number).await[0]["url"].as_str().unwrap().to_owned();
    let (path, query) = url.split_once('?').unwrap();
    let of = |name: &str| query.split('&').find_map(|part| part.strip_prefix(&format!("{name}="))).unwrap().to_owned();
    let (profile, day, seal) = (of("of"), of("day"), of("seal"));
    let stranger = world.conversation(&theirs).await;
    assert_ne!(stranger["number"], number);
    for wrong in [
        path.to_owned(),
        format!("{path}?of={}&day={day}&seal={seal}", profile.parse::<i64>().unwrap() + 1),
        format!("{path}?of={profile}&day={}&seal={seal}", day.parse::<i64>().unwrap() + 1),
        format!("{path}?of={profile}&day={day}&seal=AAAAAAAAAAAAAAAAAAAAAA"),
        format!("{path}x?of={profile}&day={day}&seal={seal}"),
    ] {
        let status = visitor.person.get(&wrong).await.status.as_u16();
        assert!([404, 422].contains(&status), "{wrong}: {status}");
    }
    // Under the key of another channel there is no such file, and under one that is nobody's.
    let shop = Widget::with(&world, "shop", json!({ "type": "chat" })).await;
    for key in [shop.key.as_str(), "nothing"] {
        visitor.person.get(&url.replace(&widget.key, key)).await.expect(404);
    }
    visitor.person.get(&url).await.expect(200);
    let path = format!("/conversations/{number}");
    world.ada.api.put(&format!("{path}/suspension"), json!({})).await.expect(200);
    visitor.person.get(&url).await.expect(404);
    world.ada.api.delete(&format!("{path}/suspension")).await.expect(200);
    visitor.person.get(&url).await.expect(200);
}

async fn a_visitor_is_told_that_an_agent_has_seen_it(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = Widget::open(&world).await.visitor().await;
    let number = visitor.writes("First").await;
    let shown = async || visitor.get(&format!("?conversation={number}")).await.expect(200).page().texts("#log .me .at");
    assert!(!shown().await.concat().contains("seen"));
    let record = world.record_of(&number).await;
    world.ada.api.post(&format!("/interactions/{record}/take"), json!({})).await.expect(200);
    assert!(shown().await[0].ends_with(", seen"), "{:?}", shown().await);
    visitor.writes_in(&number, "Second").await.expect(201);
    assert!(shown().await[0].ends_with(", seen") && !shown().await[1].contains("seen"));
    world.ada.api.post(&format!("/conversations/{number}/notes"), json!({ "body": "Hm" })).await.expect(201);
    assert!(!shown().await[1].contains("seen"), "a note tells nothing");
    world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "Yes" })).await.expect(201);
    assert!(!shown().await[0].contains("seen") && shown().await[1].ends_with(", seen"), "the last one only");
    let seen = visitor.sees(&number).await;
    assert_eq!(seen["seen"], seen["messages"][1]["id"]);
}

async fn one_visitor_leaves_so_many_bytes_within_a_day(engine: Engine) {
    let world = World::standing(engine).await;
    let widget = Widget::open(&world).await;
    let (visitor, other) = (widget.visitor().await, widget.visitor().await);
    let large = vec![b'x'; 9 * 1024 * 1024];
    let mut all = 0;
    let refused = loop {
        let answer = sends(&visitor, &[("body", "Look")], &[("a.txt", &large)], "application/json").await;
        if answer.status != 201 {
            break answer.expect(422).json();
        }
        all += 1;
        assert!(all < 12, "a day takes 100 MiB");
    };
    assert_eq!((all, &refused["field"]), (11, &json!("file")));
    assert!(refused["message"].as_str().unwrap().contains("100 MiB of files within a day"), "{refused}");
    let form = sends(&visitor, &[("body", "Look")], &[("a.txt", &large)], "text/html").await.expect(422);
    assert!(form.page().words().contains("Send the rest tomorrow"), "{}", form.body);
    visitor.writes("Words are always welcome").await;
    sends(&visitor, &[("body", "Small")], &[("b.txt", b"x")], "application/json").await.expect(201);
    sends(&other, &[("body", "Look")], &[("a.txt", &large)], "application/json").await.expect(201);
    world.here().clock.advance(chrono::TimeDelta::hours(25));
    sends(&visitor, &[("body", "Look")], &[("a.txt", &large)], "application/json").await.expect(201);
}
