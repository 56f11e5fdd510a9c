//! Files: taken in as they arrive, shown to whoever may see their message, and nothing more than their bytes say.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::support::app::{Program, send};
use crate::support::database::Engine;
use crate::support::page::{self, Answer};
use crate::support::world::{Agent, Host, World};

both![
    a_file_goes_with_a_reply_and_comes_back_byte_by_byte,
    only_a_verified_picture_is_shown_and_everything_else_is_saved,
    what_is_too_large_or_too_many_is_refused_and_nothing_is_kept,
    a_file_is_for_those_who_may_see_its_message,
    a_reply_takes_only_the_writers_own_waiting_files,
    a_form_with_files_works_without_a_script_and_keeps_them_when_it_is_refused,
    files_that_wait_survive_a_reload_and_may_be_taken_out_again,
    names_of_files_are_text,
    forgotten_files_are_swept_after_a_day,
];

pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

/// Sends a file to the API.
pub async fn uploads(program: &Program, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    let form = Form::new().part("file", Part::bytes(bytes.into()).file_name(name.to_owned()));
    send("POST /attachments".to_owned(), program.request(Method::POST, "/attachments").multipart(form)).await
}

async fn uploaded(program: &Program, name: &str, bytes: impl Into<Vec<u8>>) -> serde_json::Value {
    uploads(program, name, bytes).await.expect(201).json()
}

/// The path of a file, under the API.
fn path(file: &serde_json::Value) -> String {
    file["url"].as_str().unwrap().trim_start_matches("/api/v1").to_owned()
}

async fn a_file_goes_with_a_reply_and_comes_back_byte_by_byte(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Can you send the form?").await;
    let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at * 7 % 251) as u8).collect();
    let file = uploaded(&world.ada.api, "form.bin", bytes.clone()).await;
    assert_eq!((file["size"].as_i64(), file["type"].as_str()), (Some(300_000), Some("application/octet-stream")));
    let reply = json!({ "body": "", "attachments": [file["id"]] });
    let sent = world.ada.api.post(&format!("/conversations/{number}/replies"), reply).await.expect(201).json();
    assert_eq!(sent["attachments"][0]["name"], "form.bin");
    let got = world.ben.api.request(Method::GET, &path(&file)).send().await.unwrap();
    assert_eq!(got.bytes().await.unwrap(), bytes);
    let shown = world.ben.api.get(&format!("/conversations/{number}/messages")).await.expect(200).json();
    assert_eq!(shown["items"][1]["attachments"], json!([file]));
    assert_eq!(shown["items"][0]["attachments"], json!([]));
    let row = world.ben.page.sees(&format!("/inbox/waiting?open={number}")).await;
    assert!(row.text(".row__preview").contains("Sent a file"), "{}", row.text(".row"));
    assert!(row.text(".attach").contains("form.bin"));
}

async fn only_a_verified_picture_is_shown_and_everything_else_is_saved(engine: Engine) {
    let world = World::open(engine).await;
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let mut polyglot = b"GIF89a\x01\0\x01\0/*".to_vec();
    polyglot.extend(b"*/=1;alert(1)//<script>alert(1)</script>");
    let mut bomb = PNG.to_vec();
    bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let rows: [(&str, &[u8], Option<&str>); 7] = [
        ("real.png", PNG, Some("image/png")),
        ("real.exe", PNG, Some("image/png")),
        ("picture.svg", svg.as_bytes(), None),
        ("page.png", b"<!doctype html><script>alert(1)</script>", None),
        ("script.gif", &polyglot, Some("image/gif")),
        ("bomb.png", &bomb, None),
        ("cut.png", &PNG[..12], None),
    ];
    for (name, bytes, kind) in rows {
        let file = uploaded(&world.ada.api, name, bytes).await;
        let got = world.ada.api.get(&path(&file)).await.expect(200);
        let (disposition, sent) = (got.header("content-disposition"), got.header("content-type"));
        assert_eq!(disposition.starts_with("inline"), kind.is_some(), "{name}: {disposition}");
        assert_eq!(sent, kind.unwrap_or("application/octet-stream"), "{name}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{name}");
        assert!(got.header("content-security-policy").contains("sandbox"), "{name}");
        assert_eq!(got.header("cache-control"), "private, no-cache", "{name}");
    }
}

async fn what_is_too_large_or_too_many_is_refused_and_nothing_is_kept(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Hello").await;
    let refused = uploads(&world.ada.api, "eleven.zip", vec![7; 11 << 20]).await.expect(422).json();
    assert_eq!(refused["message"], "eleven.zip is too large: a file may have 10 MiB.");
    assert_eq!(refused["field"], "file");
    uploads(&world.ada.api, "nothing.txt", vec![]).await.expect(422);
    world.ada.api.post("/attachments", json!({ "file": "x" })).await.expect(415);
    uploads(&world.ada.api, "ten.bin", vec![7; 10 << 20]).await.expect(201);
    let mut ids = vec![];
    for at in 0..6 {
        ids.push(uploaded(&world.ada.api, &format!("{at}.txt"), "x").await["id"].clone());
    }
    let replies = format!("/conversations/{number}/replies");
    let refused = world.ada.api.post(&replies, json!({ "body": "Six", "attachments": ids })).await.expect(422).json();
    assert_eq!(refused["message"], "A message takes 5 files at most.");
    assert_eq!(world.stage(&number).await, "new");
    ids.truncate(5);
    world.ada.api.post(&replies, json!({ "body": "Five", "attachments": ids })).await.expect(201);
}

async fn a_file_is_for_those_who_may_see_its_message(engine: Engine) {
    let world = World::open(engine).await;
    world
        .root
        .api
        .post("/queues", json!({ "slug": "vault", "restricted": true, "members": [world.ada.email] }))
        .await
        .expect(201);
    let number = world.stranger("sms").writes("My passport").await;
    let file = uploaded(&world.ada.api, "passport.png", PNG).await;
    let address = path(&file);
    // While it waits it is its writer's alone.
    for other in [&world.ben, &world.max, &world.root] {
        other.api.get(&address).await.expect(404);
        other.page.get(&address).await.expect(404);
    }
    world.ada.page.get(&address).await.expect(200);
    let note = json!({ "body": "Checked.", "attachments": [file["id"]] });
    world.ada.api.post(&format!("/conversations/{number}/notes"), note).await.expect(201);
    world.ben.api.get(&address).await.expect(200);
    let record = world.record_of(&number).await;
    let vault = json!({ "queue": "vault" });
    world.max.api.put(&format!("/interactions/{record}/assignment"), vault).await.expect(200);
    world.ben.api.get(&address).await.expect(404);
    world.ben.page.get(&address).await.expect(404);
    world.ada.page.get(&address).await.expect(200);
    world.max.page.get(&address).await.expect(200);
    world.visitor().get(&address).await.expect(303);
    Program::with(&world.base, &world.keys.channels["sms"]).get(&address).await.expect(401);
    // What the browser kept is asked for again, and the same eyes are looked at.
    let name = address.rsplit('/').next().unwrap();
    let again =
        |agent: &Agent| agent.page.request(Method::GET, &address).header("If-None-Match", format!("\"{name}\"")).send();
    assert_eq!(again(&world.ada).await.unwrap().status(), 304);
    assert_eq!(again(&world.ben).await.unwrap().status(), 404);
}

async fn a_reply_takes_only_the_writers_own_waiting_files(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Hello").await;
    let replies = format!("/conversations/{number}/replies");
    let file = uploaded(&world.ben.api, "bens.txt", "Ben's").await;
    let stolen = json!({ "body": "Mine?", "attachments": [file["id"]] });
    let refused = world.ada.api.post(&replies, stolen.clone()).await.expect(422).json();
    assert_eq!(refused["field"], "attachments");
    world.ada.api.post(&replies, json!({ "body": "Guess", "attachments": [999_999] })).await.expect(422);
    assert_eq!(world.stage(&number).await, "new");
    world.ben.api.post(&replies, stolen.clone()).await.expect(201);
    world.ben.api.post(&replies, stolen).await.expect(422);
}

async fn sends_with_a_file(world: &World, number: &str, body: &str, name: &str, bytes: &[u8], to: &str) -> Answer {
    let form = world.ada.page.sees(&format!("/conversations/{number}")).await.form("form.composer");
    sends_form(&world.ada, &world.base, form.with("body", body), name, bytes, to).await
}

/// Sends the composer as a browser without a script does, with a file.
async fn sends_form(by: &Agent, base: &str, form: page::Form, name: &str, bytes: &[u8], to: &str) -> Answer {
    let mut parts = Form::new();
    for (name, value) in form.fields.into_iter().filter(|(name, _)| name != "file") {
        parts = parts.text(name, value);
    }
    let parts = parts.part("file", Part::bytes(bytes.to_vec()).file_name(name.to_owned()));
    let request = by.page.request(Method::POST, to).header("Origin", base).multipart(parts);
    send(format!("POST {to}"), request).await
}

async fn a_form_with_files_works_without_a_script_and_keeps_them_when_it_is_refused(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Where is the manual?").await;
    let to = format!("/conversations/{number}/replies");
    let large = vec![7; 11 << 20];
    let back = sends_with_a_file(&world, &number, "Here it is", "huge.iso", &large, &to).await.expect(422).page();
    assert!(back.text("[data-alert]").contains("huge.iso is too large"), "{}", back.text("[data-alert]"));
    assert_eq!(back.text("textarea#reply").trim(), "Here it is");
    let crossed = format!("/conversations/{number}");
    let form = world.max.page.sees(&crossed).await.form("form.composer");
    world.ada.api.post(&to, json!({ "body": "Ada was faster." })).await.expect(201);
    let refused =
        sends_form(&world.max, &world.base, form.with("body", "Max"), "a.txt", b"x", &to).await.expect(409).page();
    assert_eq!(
        refused.texts(".chip__name"),
        ["a.txt"],
        "a file that could be taken waits, though its reply was refused"
    );
    sends_with_a_file(&world, &number, "Here", "manual.pdf", b"%PDF-1.4 hello", &to).await.expect(303);
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    assert!(page.text(".attach").contains("manual.pdf"));
    assert_eq!(page.all(".chip").len(), 0);
    // A form that does not begin with its token is not ours.
    let parts = Form::new().text("body", "x").text("csrf", world.ada.page.csrf().await);
    let request = world.ada.page.request(Method::POST, &to).header("Origin", &world.base).multipart(parts);
    send("POST without a token".to_owned(), request).await.expect(403);
}

async fn files_that_wait_survive_a_reload_and_may_be_taken_out_again(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Hello").await;
    let here = format!("/conversations/{number}");
    let to = format!("{here}/attachments");
    for name in ["one.txt", "two.txt"] {
        sends_with_a_file(&world, &number, "Half a sentence", name, b"text", &to).await.expect(303);
    }
    let page = world.ada.page.sees(&here).await;
    assert_eq!(page.all(".chip").len(), 2);
    assert_eq!(page.text("textarea#reply").trim(), "Half a sentence");
    assert_eq!(world.ben.page.sees(&here).await.all(".chip").len(), 0, "a draft is its writer's");
    let removal = page.attr(".chip:first-child button", "formaction");
    let form = page.form("form.composer");
    let removed = page::Form { action: removal.clone(), ..form.clone() };
    world.ben.page.posts(&removal, &[]).await.expect(404);
    world.ada.page.submits(&removed).await.expect(303);
    let page = world.ada.page.sees(&here).await;
    assert_eq!((page.all(".chip").len(), page.text(".chip__name").trim()), (1, "two.txt"));
    world.ada.page.submits(&page.form("form.composer").with("body", "")).await.expect(303);
    let page = world.ada.page.sees(&here).await;
    assert_eq!((page.all(".chip").len(), page.text(".attach__name").trim()), (0, "two.txt"));
}

async fn names_of_files_are_text(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Hello").await;
    let rows = [
        ("../../../etc/passwd", "passwd"),
        ("a\u{202e}txt.exe", "atxt.exe"),
        ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
        ("\u{feff}\u{200b}.zip", "zip"),
    ];
    for (given, name) in rows {
        let file = uploaded(&world.ada.api, given, "text").await;
        assert_eq!(file["name"], name);
        let got = world.ada.api.get(&path(&file)).await.expect(200);
        let disposition = got.header("content-disposition");
        assert!(disposition.is_ascii() && !disposition.contains(".."), "{disposition}");
        let reply = json!({ "body": "", "attachments": [file["id"]] });
        world.ada.api.post(&format!("/conversations/{number}/replies"), reply).await.expect(201);
    }
    let page = world.ben.page.sees(&format!("/conversations/{number}")).await;
    assert_eq!(page.all(".msg img").len(), 0);
    assert_eq!(page.all(".attach").len(), 4);
}

async fn forgotten_files_are_swept_after_a_day(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Hello").await;
    let (kept, lost) =
        (uploaded(&world.ada.api, "kept.txt", "x").await, uploaded(&world.ada.api, "lost.txt", "x").await);
    let reply = json!({ "body": "Here", "attachments": [kept["id"]] });
    world.ada.api.post(&format!("/conversations/{number}/replies"), reply).await.expect(201);
    let Host::Here(house) = &world.host else { unreachable!() };
    let desk = &house.desk;
    assert_eq!(desk.sweep_uploads(desk.clock.now()).unwrap(), 0);
    assert_eq!(desk.sweep_uploads(desk.clock.now() + chrono::TimeDelta::hours(25)).unwrap(), 1);
    world.ada.api.get(&path(&lost)).await.expect(404);
    world.ada.api.get(&path(&kept)).await.expect(200);
}
