//! What holds for every path of the API: who is let in, how lists page, what a repeat does, how refusals look.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{Program, send};
use crate::support::database::Engine;
use crate::support::world::World;

both![
    the_document_names_every_path_and_nobody_gets_in_without_a_token,
    unknown_records_are_not_found_and_say_so,
    lists_page_by_cursor_without_a_gap,
    views_and_filters_find_what_they_say,
    an_idempotency_key_makes_a_repeat_harmless,
    the_event_feed_misses_nothing_and_repeats_nothing_while_others_write,
    the_event_feed_can_start_at_its_head,
    bodies_of_the_wrong_kind_are_refused_with_a_sentence,
    setting_up_is_for_admins,
    a_domain_is_one_that_mail_could_go_to,
    words_of_any_length_are_looked_for,
    metrics_of_the_stages_add_up_to_the_age,
    a_password_and_a_token_are_never_shown,
];

/// Method and path of every operation of the OpenAPI document.
async fn operations(world: &World) -> Vec<(Method, String)> {
    let document = world.root.api.get("/openapi.json").await.expect(200).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut all = vec![];
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters" && *key != "summary") {
            all.push((method.to_uppercase().parse().unwrap(), path.trim_start_matches("/api/v1").to_owned()));
        }
    }
    all
}

async fn the_document_names_every_path_and_nobody_gets_in_without_a_token(engine: Engine) {
    let world = World::open(engine).await;
    let operations = operations(&world).await;
    let named: BTreeSet<String> =
        operations.iter().map(|(method, path)| format!("{method} {}", numbers_as_n(path))).collect();
    for path in NEEDED.lines().map(str::trim).filter(|line| !line.is_empty()) {
        assert!(named.contains(path), "{path} is not in the document: {named:#?}");
    }
    let stranger = Program::with(&world.base, "nonsense");
    for (method, path) in operations {
        if path.starts_with("/openapi") || path.contains("live") {
            continue;
        }
        let request = stranger.request(method.clone(), &filled(&path)).json(&json!({}));
        let refusal = send(format!("{method} {path}"), request).await.expect(401).json();
        assert_eq!(refusal["code"], "unauthorized", "{method} {path}");
    }
}

/// Paths that this much of the product has; parameters are written {}.
const NEEDED: &str = "
    POST /inbound/{}
    GET /conversations
    POST /conversations
    GET /conversations/{}
    POST /conversations/{}/replies
    POST /conversations/{}/notes
    POST /conversations/{}/external-responses
    PUT /conversations/{}/hold
    DELETE /conversations/{}/hold
    POST /conversations/{}/dependencies
    DELETE /conversations/{}/dependencies/{}
    PUT /conversations/{}/resolution
    DELETE /conversations/{}/resolution
    PUT /conversations/{}/suspension
    DELETE /conversations/{}/suspension
    PUT /conversations/{}/spam
    PUT /conversations/{}/archive
    PUT /conversations/{}/merge
    PUT /conversations/{}/needs-response
    GET /conversations/{}/metrics
    GET /conversations/{}/timeline
    GET /conversations/{}/messages
    PUT /conversations/{}/tags/{}
    DELETE /conversations/{}/tags/{}
    GET /interactions
    POST /interactions
    GET /interactions/{}
    PATCH /interactions/{}
    PUT /interactions/{}/assignment
    POST /interactions/{}/take
    PUT /interactions/{}/acceptance
    PUT /interactions/{}/hold
    DELETE /interactions/{}/hold
    PUT /interactions/{}/closing
    GET /interactions/{}/work-segments
    GET /reviews
    PUT /reviews/{}/completion
    PUT /me/presence
    GET /events
    GET /contacts
    POST /contacts
    GET /organizations
    POST /organizations
    GET /agents
    GET /queues
    POST /queues
    GET /channels
    POST /channels
";

fn numbers_as_n(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

/// A path with something that does not exist for every parameter.
fn filled(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "999999" } else { part }).collect::<Vec<_>>().join("/")
}

async fn unknown_records_are_not_found_and_say_so(engine: Engine) {
    let world = World::open(engine).await;
    for path in [
        "/conversations/CONV-999",
        "/conversations/nonsense",
        "/interactions/IMS0000999",
        "/contacts/999",
        "/conversations/CONV-99999999999999999999999",
        "/nothing/here",
    ] {
        let refusal = world.root.api.get(path).await.expect(404).json();
        assert_eq!(refusal["code"], "not_found", "{path}");
        assert!(refusal["message"].as_str().unwrap().len() > 5, "{path}: {refusal}");
    }
    world.root.api.post("/conversations/CONV-999/replies", json!({ "body": "Hello" })).await.expect(404);
    let page = world.ada.page.get("/conversations/CONV-999").await.expect(404).page();
    assert!(page.has("a[href='/inbox']") || page.has("a[href^='/inbox']"), "a way back");
}

async fn lists_page_by_cursor_without_a_gap(engine: Engine) {
    let world = World::open(engine).await;
    let strangers: Vec<_> = (0..25).map(|_| world.stranger("sms")).collect();
    join_all(strangers.iter().map(|stranger| stranger.writes("Hello"))).await;
    for path in ["/conversations", "/interactions", "/events"] {
        let whole = world.root.api.get(&format!("{path}?limit=100")).await.expect(200).json()["items"]
            .as_array()
            .unwrap()
            .clone();
        let mut paged = vec![];
        let mut next = format!("{path}?limit=7");
        loop {
            let page = world.root.api.get(&next).await.expect(200).json();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 7);
            paged.extend(items.clone());
            match page["next"].as_str() {
                Some(cursor) if !items.is_empty() => next = format!("{path}?limit=7&after={cursor}"),
                _ => break,
            }
        }
        let key = |item: &Value| item.get("number").or(item.get("seq")).unwrap().clone();
        let keys: Vec<Value> = paged.iter().map(key).collect();
        assert_eq!(
            keys.len(),
            keys.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(),
            "{path} shows one twice"
        );
        assert!(keys.len() >= 25 && whole.iter().map(key).eq(keys[..whole.len()].iter().cloned()), "{path}: {keys:?}");
        for wrong in ["after=nonsense", "limit=none", "limit=-1"] {
            let answer = world.root.api.get(&format!("{path}?{wrong}")).await;
            assert!(answer.status == 422 || answer.status == 200, "{path}?{wrong}: {}", answer.status);
        }
        let capped = world.root.api.get(&format!("{path}?limit=100000")).await;
        assert!(capped.status == 422 || capped.json()["items"].as_array().unwrap().len() <= 100, "{path}");
    }
}

async fn views_and_filters_find_what_they_say(engine: Engine) {
    let world = World::open(engine).await;
    let stages = ["new", "suspended", "waiting_on_user", "needs_response", "hold", "resolved", "archived"];
    let mut made = vec![];
    for stage in stages {
        made.push(world.conversation_in(stage).await);
    }
    let found = async |query: &str| -> BTreeSet<String> {
        let rows = world.ada.api.all(&format!("/conversations?{query}")).await;
        rows.iter().map(|row| row["number"].as_str().unwrap().to_owned()).collect()
    };
    for (stage, number) in stages.iter().zip(&made) {
        assert_eq!(found(&format!("stage={stage}")).await, BTreeSet::from([number.clone()]), "{stage}");
    }
    let of = |stages: &[usize]| -> BTreeSet<String> { stages.iter().map(|at| made[*at].clone()).collect() };
    assert_eq!(found("limit=50").await, of(&[0, 2, 3, 4]), "open and in progress, without Suspended and Closed");
    assert_eq!(found("view=all").await.len(), 7);
    assert_eq!(found("view=mine").await, of(&[2, 3, 4]));
    assert_eq!(found("view=review").await, of(&[1]));
    assert_eq!(found("stage=Waiting%20on%20User").await, of(&[2]), "reading ignores case, blanks and underscores");
    assert_eq!(found("tag=Blocked").await, of(&[4]));
    assert_eq!(found("assignee=ben@desk.example").await, BTreeSet::new());
    assert_eq!(found("queue=billing").await, BTreeSet::new());
    assert_eq!(found("queue=support").await, of(&[0, 2, 3, 4]));
    for wrong in ["stage=nowhere", "view=none", "queue=none", "assignee=nobody@desk.example"] {
        world.ada.api.get(&format!("/conversations?{wrong}")).await.expect(422);
    }
}

async fn an_idempotency_key_makes_a_repeat_harmless(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let path = format!("/conversations/{number}/replies");
    let reply = async |body: &str, key: &str| {
        let request = world.ada.api.request(Method::POST, &path).header("Idempotency-Key", key);
        send(format!("POST {path} with {key}"), request.json(&json!({ "body": body }))).await
    };
    let answers = join_all((0..5).map(|_| reply("Once", "k1"))).await;
    let first = answers[0].body.clone();
    for answer in answers {
        assert_eq!(answer.expect(201).body, first);
    }
    assert_eq!(reply("Twice", "k1").await.expect(422).json()["code"], "key_reused");
    assert_ne!(reply("Twice", "k2").await.expect(201).body, first);
    let messages = world.root.api.all(&format!("/conversations/{number}/messages")).await;
    assert_eq!(messages.iter().filter(|message| message["body"] == "Once").count(), 1);
}

async fn the_event_feed_misses_nothing_and_repeats_nothing_while_others_write(engine: Engine) {
    let world = World::open(engine).await;
    let strangers: Vec<_> = (0..8).map(|_| world.stranger("sms")).collect();
    let writing = join_all(strangers.iter().map(async |stranger| {
        for number in 0..10 {
            stranger.sends(&format!("Message {number}")).await.expect(201);
        }
    }));
    let root = world.root.api.clone();
    let over = std::cell::Cell::new(false);
    let following = async {
        let (mut seen, mut path) = (vec![], "/events".to_owned());
        loop {
            let last_round = over.get();
            let page = root.get(&path).await.expect(200).json();
            path = format!("/events?after={}", page["next"].as_str().expect("next is never null here"));
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|fact| fact["seq"].as_i64().unwrap()));
            if items.is_empty() && last_round {
                return seen;
            }
        }
    };
    let writing = async {
        writing.await;
        over.set(true);
    };
    let (seen, ()) = tokio::join!(following, writing);
    let mut all: Vec<i64> = world.root.api.get("/events?limit=100").await.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["seq"].as_i64().unwrap())
        .collect();
    assert!(seen.len() >= 80 + 8 * 2, "{} facts", seen.len());
    assert_eq!(seen.len(), seen.iter().collect::<BTreeSet<_>>().len(), "a fact came twice");
    all.retain(|seq| !seen.contains(seq));
    assert!(all.is_empty(), "missed {all:?}");
}

async fn the_event_feed_can_start_at_its_head(engine: Engine) {
    let world = World::open(engine).await;
    world.uma.writes("Before").await;
    let head = world.root.api.get("/events?after=latest").await.expect(200).json();
    assert_eq!(head["items"], json!([]));
    world.uma.writes("After").await;
    let path = format!("/events?after={}", head["next"].as_str().unwrap());
    let items = world.root.api.get(&path).await.expect(200).json()["items"].clone();
    assert!(items.to_string().contains("message.added") && !items.to_string().contains("stage.changed"), "{items}");
}

async fn bodies_of_the_wrong_kind_are_refused_with_a_sentence(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let path = format!("/conversations/{number}/replies");
    let request = |kind: &str, body: &str| {
        world.ada.api.request(Method::POST, &path).header("Content-Type", kind).body(body.to_owned())
    };
    for (kind, body) in [
        ("application/json", "{"),
        ("application/json", ""),
        ("application/json", "[]"),
        ("application/json", "null"),
        ("application/json", "{\"body\": 7}"),
        ("text/plain", "{\"body\": \"Hello\"}"),
        ("application/x-www-form-urlencoded", "body=Hello"),
    ] {
        let answer = send(format!("{kind} {body}"), request(kind, body)).await;
        assert!([400, 415, 422].contains(&answer.status.as_u16()), "{kind} {body}: {}", answer.status);
        assert!(answer.json()["message"].is_string(), "{}", answer.body);
    }
    assert_eq!(world.stage(&number).await, "needs_response");
}

async fn setting_up_is_for_admins(engine: Engine) {
    let world = World::open(engine).await;
    let queue = json!({ "slug": "vip", "name": "VIP", "members": [], "assign_by": "manual" });
    for agent in [&world.ada, &world.wendy] {
        assert_eq!(agent.api.post("/queues", queue.clone()).await.expect(403).json()["code"], "forbidden");
    }
    world.root.api.post("/queues", queue.clone()).await.expect(201);
    let twice = world.root.api.post("/queues", queue).await.expect(422).json();
    assert_eq!(twice["field"], "slug");
}

async fn metrics_of_the_stages_add_up_to_the_age(engine: Engine) {
    let world = World::open(engine).await;
    for stage in ["new", "suspended", "hold", "archived"] {
        let number = world.conversation_in(stage).await;
        let at = "2030-01-01T00:00:00Z";
        let metrics = world.root.api.get(&format!("/conversations/{number}/metrics?at={at}")).await.expect(200).json();
        let total: i64 =
            metrics["time_in_stage"].as_object().unwrap().values().map(|seconds| seconds.as_i64().unwrap()).sum();
        let created = world.conversation(&number).await["created_at"]
            .as_str()
            .unwrap()
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap();
        let age = (at.parse::<chrono::DateTime<chrono::Utc>>().unwrap() - created).num_seconds();
        assert!((age - total).abs() <= 7, "{stage}: {total} of {age} s");
    }
}

async fn a_password_and_a_token_are_never_shown(engine: Engine) {
    let world = World::open(engine).await;
    for path in ["/agents", "/channels", "/queues", "/events"] {
        let body = world.root.api.get(path).await.expect(200).body;
        assert!(!body.contains("$argon2") && !body.contains("password"), "{path}: {body}");
        for token in world.keys.tokens.values().chain(world.keys.channels.values()) {
            assert!(!body.contains(token.as_str()), "{path} shows a token");
        }
    }
}

async fn a_domain_is_one_that_mail_could_go_to(engine: Engine) {
    let world = World::open(engine).await;
    let long = format!("{}.example", vec!["a".repeat(60); 200].join("."));
    for wrong in
        [long.as_str(), "acme", "ac me.example", "@acme.example", "acme..example", "-acme.example", "a/b.example"]
    {
        let new = json!({ "name": "Wrong", "domains": [wrong] });
        let refusal = world.ada.api.post("/organizations", new).await.expect(422).json();
        assert_eq!(refusal["field"], "domains", "{wrong}: {refusal}");
    }
    let new = json!({ "name": "Bücher", "domains": ["Bücher.example", "xn--bcher-kva.example", "a.b.example"] });
    let made = world.ada.api.post("/organizations", new).await.expect(201).json();
    assert_eq!(made["domains"].as_array().unwrap().len(), 3, "{made}");
}

async fn words_of_any_length_are_looked_for(engine: Engine) {
    let world = World::open(engine).await;
    for long in ["a".repeat(51_000), "_".repeat(30_000)] {
        for path in ["/palette?q=", "/contacts?q="] {
            let page = world.ada.page.get(&format!("{path}{long}")).await;
            assert_eq!(page.status, 200, "{path}: {}", page.body);
        }
        assert!(world.ada.api.all(&format!("/contacts?name={long}")).await.is_empty());
    }
}
