//! Nonsense into every form and every endpoint: refused with words, never a 500, and the server stays up.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::app::{Person, Program, send};
use crate::support::database::Engine;
use crate::support::page::{Answer, Form};
use crate::support::world::World;

both![
    nonsense_into_every_endpoint_never_fails,
    nonsense_into_every_form_never_fails,
    nonsense_in_every_address_never_fails
];

pub fn chance() -> fastrand::Rng {
    let seed = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("FUZZ_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

const NASTY: &[&str] = &[
    "",
    " ",
    "0",
    "-1",
    "9223372036854775807",
    "99999999999999999999",
    "NaN",
    "null",
    "true",
    "'",
    "\"",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "%00",
    "%",
    "%FF%FE",
    "../../../etc/passwd",
    "\u{0}",
    "\u{202e}txt",
    "🦀🦀🦀",
    "e\u{301}",
    "\r\nSet-Cookie: a=b",
    "CONV-1",
    "CONV-0",
    "CONV--1",
    "IMS0000001",
    "2025-02-30T25:61:61Z",
    "9999999-01-01T00:00:00Z",
    "ada@desk.example",
    "a@b",
    "+",
    "+14155550100",
    "=1+1",
    "javascript:alert(1)",
    "//evil.example",
    "snow_man",
    "waiting_on_user",
];

pub fn word(chance: &mut fastrand::Rng) -> String {
    match chance.u32(0..12) {
        0 => "x".repeat(chance.usize(1..20_000)),
        1 => (0..chance.usize(1..40)).map(|_| chance.char(..)).collect(),
        2 => (0..chance.usize(1..40)).map(|_| char::from(chance.u8(0..32))).collect(),
        _ => NASTY[chance.usize(..NASTY.len())].to_owned(),
    }
}

pub fn value(chance: &mut fastrand::Rng, depth: u32) -> Value {
    match chance.u32(0..if depth > 3 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => json!(chance.bool()),
        2 => json!(chance.i64(..)),
        3 => json!(chance.f64() * 1e300),
        4 | 5 => json!(word(chance)),
        6 => (0..chance.usize(..4)).map(|_| value(chance, depth + 1)).collect(),
        _ => Value::Object((0..chance.usize(..4)).map(|_| (word(chance), value(chance, depth + 1))).collect()),
    }
}

#[track_caller]
pub fn no_failure(answer: &Answer, sent: &str) {
    let sent: String = sent.chars().take(600).collect();
    assert!(answer.status.as_u16() < 500, "{} with {sent} answered {}: {}", answer.asked, answer.status, answer.body);
    let html = answer.header("content-type").starts_with("text/html");
    let told = if html { answer.page().words() } else { answer.body.clone() }.to_lowercase();
    for leak in ["panicked", "sqlite", "postgres", "diesel", "select \"", "select *", ".rs:"] {
        assert!(answer.status.is_success() || !told.contains(leak), "{} says {leak}: {}", answer.asked, answer.body);
    }
}

async fn nonsense_into_every_endpoint_never_fails(engine: Engine) {
    let mut chance = chance();
    let world = World::open(engine).await;
    for stage in ["new", "hold", "resolved"] {
        world.conversation_in(stage).await;
    }
    let document = world.root.api.get("/openapi.json").await.expect(200).json();
    let names = field_names(&document);
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.trim_start_matches("/api/v1");
        for method in methods
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str()))
        {
            let method: Method = method.to_uppercase().parse().unwrap();
            for _ in 0..12 {
                let path = with_parameters(path, &mut chance);
                let body = body(&names, &mut chance);
                let request = world.root.api.request(method.clone(), &path).header("Content-Type", "application/json");
                let request = if method == Method::GET { request } else { request.body(body.clone()) };
                let answer = send(format!("{method} {path}"), request).await;
                no_failure(&answer, &body);
            }
            // What is no JSON at all, what is too much of it, and what says that it is something else; each from somebody
            // who may do everything, from an agent, and from a channel.
            let channel = Program::with(&world.base, &world.keys.channels["sms"]);
            for who in [&world.root.api, &world.ada.api, &channel] {
                for (kind, body) in wrong_bodies().into_iter().filter(|_| method != Method::GET) {
                    let path = with_parameters(path, &mut chance);
                    let request = who.request(method.clone(), &path).header("Content-Type", kind).body(body);
                    no_failure(&send(format!("{method} {path} as {kind}"), request).await, kind);
                }
                no_failure(&send(format!("{method} {path}"), who.request(method.clone(), path)).await, "");
            }
        }
    }
    world.visitor().get("/readyz").await.expect(200);
}

/// Bytes that are no text, a text that is too long, and a form where there should be none.
pub fn wrong_bodies() -> [(&'static str, Vec<u8>); 4] {
    let form = "--x\r\nContent-Disposition: form-data; name=\"body\"; filename=\"\u{0}\r\n\r\n\u{0}\r\n--x";
    [
        ("application/json", (0..=255).collect()),
        ("application/json", format!("{{\"body\":\"{}\"}}", "a".repeat(400_000)).into_bytes()),
        ("text/plain; charset=utf-16", vec![0xFE, 0xFF, 0, b'{']),
        ("multipart/form-data; boundary=x", form.as_bytes().to_vec()),
    ]
}

/// Every field that a schema of the document names.
fn field_names(document: &Value) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![document];
    while let Some(value) = open.pop() {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            names.extend(properties.keys().cloned());
        }
        match value {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    names.into_iter().collect()
}

fn body(names: &[String], chance: &mut fastrand::Rng) -> String {
    match chance.u32(0..10) {
        0 => String::new(),
        1 => word(chance),
        2 => value(chance, 0).to_string(),
        3 => "[".repeat(10_000),
        _ => {
            let fields = (0..chance.usize(..6)).filter_map(|_| chance.choice(names).cloned());
            let fields: Vec<String> = fields.collect();
            Value::Object(fields.into_iter().map(|name| (name, value(chance, 0))).collect::<Map<_, _>>()).to_string()
        }
    }
}

/// The path with real records or nonsense in its places, and sometimes a query of nonsense.
fn with_parameters(path: &str, chance: &mut fastrand::Rng) -> String {
    let real =
        ["CONV-1", "CONV-2", "CONV-3", "IMS0000001", "IMS0000002", "1", "2", "support", "sms", "ada@desk.example"];
    let parts = path.split('/').map(|part| match part.starts_with('{') {
        true if chance.u32(0..3) > 0 => real[chance.usize(..real.len())].to_owned(),
        true => encoded(&word(chance).chars().take(200).collect::<String>()),
        false => part.to_owned(),
    });
    let path = parts.collect::<Vec<_>>().join("/");
    if chance.bool() { path } else { format!("{path}?{}", query(chance)) }
}

fn query(chance: &mut fastrand::Rng) -> String {
    let names = [
        "after",
        "limit",
        "stage",
        "view",
        "queue",
        "assignee",
        "tag",
        "at",
        "note",
        "q",
        "open",
        "tab",
        "sort",
        "pane",
        "conversation",
    ];
    let one = |chance: &mut fastrand::Rng| {
        let name = names[chance.usize(..names.len())];
        format!("{name}={}", encoded(&word(chance).chars().take(300).collect::<String>()))
    };
    (0..chance.usize(1..4)).map(|_| one(chance)).collect::<Vec<_>>().join("&")
}

pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Every page that links lead to from the inbox, at most this many.
async fn pages(person: &Person, at_most: usize) -> Vec<String> {
    let mut found =
        vec!["/inbox".to_owned(), "/inbox/open".to_owned(), "/suspended".to_owned(), "/interactions/new".to_owned()];
    let mut shapes = BTreeSet::new();
    let mut at = 0;
    while at < found.len() && at < at_most {
        let answer = person.get(&found[at]).await;
        no_failure(&answer, "");
        if answer.status == 200 && answer.header("content-type").starts_with("text/html") {
            let base = found[at].split('?').next().unwrap().to_owned();
            for link in answer.page().attrs("a[href]", "href") {
                let link = if link.starts_with('?') { format!("{base}{link}") } else { link };
                let link = link.split('#').next().unwrap().to_owned();
                let shape: String = link.chars().filter(|c| !c.is_ascii_digit()).collect();
                if link.starts_with('/')
                    && !link.starts_with("//")
                    && !link.contains("sign-out")
                    && shapes.insert(shape)
                {
                    found.push(link);
                }
            }
        }
        at += 1;
    }
    found.truncate(at_most);
    found
}

async fn nonsense_into_every_form_never_fails(engine: Engine) {
    let mut chance = chance();
    let world = World::open(engine).await;
    for stage in ["new", "suspended", "waiting_on_user", "hold", "resolved"] {
        world.conversation_in(stage).await;
    }
    let person = &world.root.page;
    let mut forms: Vec<Form> = vec![];
    for path in pages(person, 120).await {
        let answer = person.get(&path).await;
        if answer.status == 200 && answer.header("content-type").starts_with("text/html") {
            let new = answer.page().forms().into_iter().filter(|form| !form.action.contains("sign-out"));
            forms.extend(new.filter(|form| !forms.iter().any(|known| known.action == form.action)).collect::<Vec<_>>());
        }
    }
    forms.extend(world.visitor().sees("/sign-in").await.forms());
    assert!(forms.len() >= 8, "only {} forms were found", forms.len());
    for form in forms {
        for _ in 0..8 {
            let mut nonsense = form.clone();
            for (name, value) in &mut nonsense.fields {
                if name != "csrf" && chance.u32(0..3) > 0 {
                    *value = word(&mut chance);
                }
            }
            let twice = nonsense.fields.clone();
            if chance.u32(0..8) == 0 {
                nonsense.fields.extend(twice);
            }
            nonsense.fields.retain(|(name, _)| name == "csrf" || chance.u32(0..8) > 0);
            let answer = person.submits(&nonsense).await;
            no_failure(&answer, &format!("{:?}", nonsense.fields));
        }
        let csrf = form.value("csrf").unwrap_or("").to_owned();
        for body in [vec![0xFF; 100], vec![b'a'; 600_000], format!("csrf={csrf}&body=%FF%FE").into_bytes()] {
            let request = person.request(Method::POST, &form.action).header("Origin", &person.base);
            let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
            no_failure(&send(format!("POST {} with bytes", form.action), request).await, "bytes");
        }
    }
    world.visitor().get("/readyz").await.expect(200);
}

async fn nonsense_in_every_address_never_fails(engine: Engine) {
    let mut chance = chance();
    let world = World::open(engine).await;
    world.conversation_in("hold").await;
    for path in pages(&world.root.page, 60).await {
        let base = path.split('?').next().unwrap().to_owned();
        for _ in 0..6 {
            let answer = world.root.page.get(&format!("{base}?{}", query(&mut chance))).await;
            no_failure(&answer, "");
            let mut parts: Vec<String> = base.split('/').map(str::to_owned).collect();
            let at = chance.usize(..parts.len());
            parts[at] = encoded(&word(&mut chance).chars().take(300).collect::<String>());
            let path = format!("/{}", parts.join("/").trim_start_matches('/'));
            no_failure(&world.root.page.get(&path).await, "");
        }
    }
}
