//! The order of refusals, read-only fields, versions, and the document against what is served.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{Program, send};
use crate::support::database::Engine;
use crate::support::world::{World, on_ben, resolved};

both![
    what_is_missing_comes_before_the_role_the_stage_and_the_body,
    read_only_fields_are_refused_by_name,
    a_version_is_asked_for_in_bodies_and_headers,
    a_title_and_an_organization_are_written_together,
    the_system_starts_a_conversation_for_an_admin_or_the_channel,
    set_up_is_read_by_everybody_and_written_by_admins,
    an_address_that_is_none_and_a_method_it_does_not_know,
    every_operation_of_the_document_is_served_as_it_says,
    presence_is_ones_own,
    related_tasks_are_none_yet,
    what_nothing_refers_to_can_be_removed,
    bodies_are_read_as_json_of_a_sensible_length,
];

/// Status and code of a refusal.
async fn told(program: &Program, method: Method, path: &str, body: &str) -> (u16, String) {
    let request = program.request(method.clone(), path).header("Content-Type", "application/json");
    let answer = send(format!("{method} {path} {body}"), request.body(body.to_owned())).await;
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

async fn what_is_missing_comes_before_the_role_the_stage_and_the_body(engine: Engine) {
    let world = World::open(engine).await;
    let (archived, new) = (world.conversation_in("archived").await, world.conversation_in("new").await);
    let stranger = Program::with(&world.base, "nonsense");
    let wrong =
        r#"{ "body": 7, "dependencies": 7, "resolution": 7, "into": 7, "note": 7, "version": "x", "title": 7 }"#;
    let actions = [
        (Method::POST, "replies"),
        (Method::POST, "notes"),
        (Method::POST, "external-responses"),
        (Method::PUT, "hold"),
        (Method::PUT, "resolution"),
        (Method::PUT, "suspension"),
        (Method::PUT, "spam"),
        (Method::PUT, "archive"),
        (Method::PUT, "merge"),
        (Method::PUT, "needs-response"),
        (Method::POST, "dependencies"),
        (Method::PUT, "tags/red"),
        (Method::PATCH, ""),
    ];
    let path =
        |number: &str, action: &str| format!("/conversations/{number}/{action}").trim_end_matches('/').to_owned();
    for (method, action) in actions {
        let of =
            async |program: &Program, number: &str| told(program, method.clone(), &path(number, action), wrong).await;
        assert_eq!(of(&stranger, "CONV-999").await, (401, "unauthorized".to_owned()), "{action}");
        assert_eq!(of(&world.ada.api, "CONV-999").await, (404, "not_found".to_owned()), "{action}");
        assert_eq!(of(&world.ada.api, &archived).await, (409, "illegal_transition".to_owned()), "{action}");
    }
    assert_eq!(told(&world.ada.api, Method::POST, &path(&new, "replies"), wrong).await.0, 422);
    // A version that is old comes before a field that is wrong, and after a stage that forbids it.
    let old = json!({ "resolution": "Whatever", "version": 0 }).to_string();
    assert_eq!(told(&world.ada.api, Method::PUT, &path(&new, "resolution"), &old).await, (409, "stale".to_owned()));
    let refused = told(&world.ada.api, Method::PUT, &path(&archived, "resolution"), &old).await;
    assert_eq!(refused, (409, "illegal_transition".to_owned()));
    // A role comes after the record and before the body.
    assert_eq!(told(&world.ada.api, Method::PATCH, "/queues/nowhere", "[]").await, (404, "not_found".to_owned()));
    assert_eq!(told(&world.ada.api, Method::PATCH, "/queues/support", "[]").await, (403, "forbidden".to_owned()));
    assert_eq!(told(&world.root.api, Method::PATCH, "/queues/support", "[]").await.0, 422);
    assert_eq!(told(&world.ada.api, Method::POST, "/agents", "{").await, (403, "forbidden".to_owned()));
}

async fn read_only_fields_are_refused_by_name(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("new").await;
    let before = world.conversation(&number).await;
    for field in
        ["number", "stage", "group", "channel", "created_at", "assignee", "interaction", "queue", "priority_rank"]
    {
        let body = json!({ "title": "Other", field: before[field] });
        let refusal = world.root.api.patch(&format!("/conversations/{number}"), body).await.expect(422).json();
        assert_eq!((&refusal["code"], &refusal["field"]), (&json!("read_only"), &json!(field)));
    }
    let unknown = json!({ "title": "Other", "colour": "red" });
    let refusal = world.root.api.patch(&format!("/conversations/{number}"), unknown).await.expect(422).json();
    assert_eq!(refusal["field"], "colour");
    assert_eq!(world.conversation(&number).await["title"], before["title"]);
    let id = world.root.api.get("/queues/support").await.expect(200).json()["id"].clone();
    let refusal = world.root.api.patch("/queues/support", json!({ "id": id })).await.expect(422).json();
    assert_eq!(refusal["code"], "read_only");
    let refusal = world.root.api.patch("/channels/sms", json!({ "slug": "other" })).await.expect(422).json();
    assert_eq!((&refusal["code"], &refusal["field"]), (&json!("read_only"), &json!("slug")));
}

async fn a_version_is_asked_for_in_bodies_and_headers(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("waiting_on_user").await;
    let path = format!("/conversations/{number}");
    world.ada.api.put(&format!("{path}/hold"), on_ben()).await.expect(200);
    let version = world.conversation(&number).await["version"].as_i64().unwrap();
    for (tag, status) in [("\"0\"", 409), ("nonsense", 422)] {
        let request = world.ada.api.request(Method::DELETE, &format!("{path}/hold")).header("If-Match", tag);
        send(format!("DELETE hold at {tag}"), request).await.expect(status);
        assert_eq!(world.stage(&number).await, "hold");
    }
    let request = world.ada.api.request(Method::DELETE, &format!("{path}/hold"));
    let open = send("DELETE hold".to_owned(), request.header("If-Match", format!("\"{version}\""))).await.expect(200);
    assert_eq!(open.json()["version"], version + 1);
    let mut late = resolved();
    late["version"] = json!(version);
    assert_eq!(world.ada.api.put(&format!("{path}/resolution"), late).await.expect(409).json()["code"], "stale");
}

async fn a_title_and_an_organization_are_written_together(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("new").await;
    let path = format!("/conversations/{number}");
    let acme = world.root.api.all("/organizations").await[0]["id"].clone();
    let changed =
        world.ada.api.patch(&path, json!({ "title": "Cards", "organization": acme })).await.expect(200).json();
    assert_eq!((&changed["title"], &changed["organization"]["name"]), (&json!("Cards"), &json!("Acme")));
    assert_eq!(changed["priority_rank"], 1, "an existing organization comes first");
    let refusal =
        world.ada.api.patch(&path, json!({ "title": "No", "organization": 999_999 })).await.expect(422).json();
    assert_eq!(refusal["field"], "organization");
    let kept = world.conversation(&number).await;
    assert_eq!((&kept["title"], &kept["version"]), (&json!("Cards"), &changed["version"]), "all or nothing");
    let bare = world.ada.api.patch(&path, json!({ "organization": null })).await.expect(200).json();
    assert_eq!(
        (&bare["organization"], &bare["priority_rank"], &bare["title"]),
        (&Value::Null, &json!(2), &json!("Cards"))
    );
}

async fn the_system_starts_a_conversation_for_an_admin_or_the_channel(engine: Engine) {
    let world = World::open(engine).await;
    let new = json!({ "channel": "sms", "from": "+14155550199", "body": "Disk is full", "started_by": "system" });
    let sms = Program::with(&world.base, &world.keys.channels["sms"]);
    let chat = Program::with(&world.base, &world.keys.channels["chat"]);
    for program in [&world.root.api, &sms] {
        let made = program.post("/conversations", new.clone()).await.expect(201).json();
        assert_eq!(
            (&made["stage"], &made["started_by"], &made["reply_button"]),
            (&json!("new"), &json!("system"), &json!(true))
        );
    }
    world.ada.api.post("/conversations", new.clone()).await.expect(403);
    chat.post("/conversations", new).await.expect(401);
    sms.post("/conversations", json!({ "channel": "sms", "to": "+14155550199", "body": "Hello" })).await.expect(401);
}

async fn set_up_is_read_by_everybody_and_written_by_admins(engine: Engine) {
    let world = World::open(engine).await;
    let queue = world.ada.api.get("/queues/support").await.expect(200).json();
    assert_eq!((&queue["slug"], queue["members"].as_array().unwrap().len()), (&json!("support"), 5));
    assert_eq!(world.ada.api.get(&format!("/queues/{}", queue["id"])).await.expect(200).json(), queue);
    let change =
        json!({ "name": "Help", "target_wait": 300, "types": ["Walk-up", "messaging"], "version": queue["version"] });
    world.max.api.patch("/queues/support", change.clone()).await.expect(403);
    let changed = world.root.api.patch("/queues/support", change.clone()).await.expect(200).json();
    assert_eq!(
        (&changed["name"], &changed["target_wait"], &changed["types"]),
        (&json!("Help"), &json!(300), &json!(["walk-up", "messaging"]))
    );
    assert_eq!(changed["members"].as_array().unwrap().len(), 5, "members stay where nothing is said of them");
    assert_eq!(world.root.api.patch("/queues/support", change).await.expect(409).json()["code"], "stale");

    let cara =
        json!({ "email": "Cara@desk.example", "name": "Cara", "role": "Agent", "password": "a long enough one" });
    let cara = world.root.api.post("/agents", cara).await.expect(201).json();
    assert_eq!((&cara["email"], &cara["presence"]), (&json!("cara@desk.example"), &json!("offline")));
    let twice = json!({ "email": "cara@desk.example", "name": "Cara" });
    assert_eq!(world.root.api.post("/agents", twice).await.expect(422).json()["field"], "email");
    let lead = world.root.api.patch("/agents/cara@desk.example", json!({ "role": "manager" })).await.expect(200).json();
    assert_eq!((&lead["role"], &lead["name"]), (&json!("manager"), &json!("Cara")));
    world.ada.api.delete("/agents/cara@desk.example").await.expect(403);
    world.root.api.delete("/agents/cara@desk.example").await.expect(200);
    world.root.api.get("/agents/cara@desk.example").await.expect(404);
    world.root.api.delete("/agents/root@desk.example").await.expect(422);

    let moved = world.root.api.patch("/channels/chat", json!({ "queue": "billing" })).await.expect(200).json();
    assert_eq!(
        (&moved["queue"]["slug"], &moved["type"], &moved["kind"]),
        (&json!("billing"), &json!("chat"), &json!("api"))
    );
    let uma = world.ada.api.all("/contacts").await[0].clone();
    let path = format!("/contacts/{}", uma["id"]);
    let changed =
        world.ada.api.patch(&path, json!({ "vip": true, "version": uma["version"] })).await.expect(200).json();
    assert_eq!(
        (&changed["vip"], &changed["phones"], &changed["organization"]["name"]),
        (&json!(true), &uma["phones"], &json!("Acme"))
    );
    assert!(world.ada.api.all("/resolutions").await.iter().any(|resolution| resolution["name"] == "Answered"));
}

async fn an_address_that_is_none_and_a_method_it_does_not_know(engine: Engine) {
    let world = World::open(engine).await;
    assert_eq!(told(&world.ada.api, Method::GET, "/nothing", "").await, (404, "not_found".to_owned()));
    assert_eq!(told(&world.ada.api, Method::DELETE, "/conversations", "").await.0, 405);
    assert_eq!(told(&world.ada.api, Method::PUT, "/me", "").await.0, 405);
    let nobody = Program::with(&world.base, "nonsense");
    assert_eq!(told(&nobody, Method::GET, "/nothing", "").await, (401, "unauthorized".to_owned()));
}

async fn every_operation_of_the_document_is_served_as_it_says(engine: Engine) {
    let world = World::open(engine).await;
    let document = world.visitor().request(Method::GET, "/api/v1/openapi.json");
    let document = send("GET the document".to_owned(), document).await.expect(200).json();
    let schemas = &document["components"]["schemas"];
    let (mut operations, mut ids) = (0, BTreeSet::new());
    for (path, methods) in document["paths"].as_object().unwrap() {
        let asked = path.trim_start_matches("/api/v1").split('/');
        let asked: Vec<&str> = asked.map(|part| if part.starts_with('{') { "999999" } else { part }).collect();
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let named = |p: &Value| p["name"] == name && p["in"] == "path";
                assert!(operation["parameters"].as_array().unwrap().iter().any(named), "{method} {path}: {name}");
            }
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{method} {path}");
            assert!(ids.insert(operation["operationId"].to_string()), "{method} {path} has no name of its own");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.values().all(|answer| answer["description"].is_string()), "{method} {path}");
            assert!(answers.contains_key("401") && answers.keys().any(|s| s.starts_with('2')), "{method} {path}");
            let answer = told(&world.root.api, method.to_uppercase().parse().unwrap(), &asked.join("/"), "{}").await;
            assert_ne!(answer.0, 405, "{method} {path}");
            assert!(
                answer.0 < 300 || answers.contains_key(&answer.0.to_string()),
                "{method} {path} answers {answer:?}"
            );
        }
    }
    assert!(operations > 60, "{operations} operations");
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(schemas.get(reference).is_some(), "{reference} is not described");
    }
}

async fn presence_is_ones_own(engine: Engine) {
    let world = World::open(engine).await;
    let me = world.ada.api.put("/me/presence", json!({ "state": "Away" })).await.expect(200).json();
    assert_eq!((&me["email"], &me["presence"]), (&json!(world.ada.email), &json!("away")));
    assert_eq!(world.ada.api.get("/me").await.expect(200).json(), me);
    for wrong in [json!({}), json!({ "state": "asleep" }), json!({ "state": 7 })] {
        assert_eq!(world.ada.api.put("/me/presence", wrong).await.expect(422).json()["field"], "state");
    }
    let refusal = world.root.api.patch("/agents/ada@desk.example", json!({ "presence": "offline" })).await.expect(422);
    assert_eq!(refusal.json()["code"], "read_only");
}

async fn related_tasks_are_none_yet(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("waiting_on_user").await;
    let interaction = world.record_of(&number).await;
    let path = format!("/interactions/{interaction}/related-tasks");
    assert!(world.ada.api.all(&path).await.is_empty());
    let refusal = world.ada.api.post(&path, json!({ "kind": "incident" })).await.expect(422).json();
    assert_eq!(refusal["message"], "Short description is required to save, close or link a task.");
    world.ada.api.get("/interactions/IMS0000999/related-tasks").await.expect(404);
}

async fn what_nothing_refers_to_can_be_removed(engine: Engine) {
    let world = World::open(engine).await;
    world.uma.writes("Hello").await;
    let acme = world.root.api.all("/organizations").await[0]["id"].clone();
    let uma = world.root.api.all("/contacts").await[0]["id"].clone();
    let used = [
        "/queues/support".to_owned(),
        "/channels/sms".to_owned(),
        format!("/contacts/{uma}"),
        format!("/organizations/{acme}"),
    ];
    for path in used {
        assert_eq!(world.ada.api.delete(&path).await.expect(403).json()["code"], "forbidden", "{path}");
        assert_eq!(world.root.api.delete(&path).await.expect(409).json()["code"], "in_use", "{path}");
        world.root.api.get(&path).await.expect(200);
    }
    let made = [
        ("/queues", json!({ "slug": "spare", "name": "Spare", "members": [world.ben.email] })),
        ("/channels", json!({ "slug": "spare", "kind": "api", "type": "chat", "queue": "support" })),
        ("/contacts", json!({ "name": "Zoe", "emails": ["zoe@example.com"] })),
        ("/organizations", json!({ "name": "Spare", "domains": ["spare.example"] })),
    ];
    for (list, body) in made {
        let spare = world.root.api.post(list, body).await.expect(201).json();
        let path = format!("{list}/{}", spare["id"]);
        let request = world.root.api.request(Method::DELETE, &path).header("If-Match", "\"99\"");
        send(format!("DELETE {path} at an old version"), request).await.expect(409);
        assert_eq!(world.root.api.delete(&path).await.expect(200).json()["id"], spare["id"]);
        world.root.api.get(&path).await.expect(404);
        world.root.api.delete(&path).await.expect(404);
    }
}

async fn bodies_are_read_as_json_of_a_sensible_length(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let path = format!("/conversations/{number}/notes");
    let long = json!({ "body": "x".repeat(300_000) }).to_string();
    for (kind, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "{} {}", 400),
        ("application/json", "[]", 422),
        ("application/json", r#"{ "body": "a\u0000b" }"#, 422),
        ("application/json", r#"{ "body": "a", "body": "b" }"#, 422),
        ("text/plain", "{}", 415),
        ("application/json", long.as_str(), 413),
    ] {
        let request = world.ada.api.request(Method::POST, &path).header("Content-Type", kind).body(body.to_owned());
        let refusal = send(format!("POST {kind}"), request).await.expect(status).json();
        assert!(refusal["message"].as_str().is_some_and(|text| text.ends_with('.')), "{refusal}");
    }
    let note = r#"{ "body": "a \\u0000 in words" }"#;
    let request = world.ada.api.request(Method::POST, &path).header("Content-Type", "application/json; charset=utf-8");
    let kept = send("POST a note".to_owned(), request.body(note)).await.expect(201).json();
    assert_eq!(kept["body"], r"a \u0000 in words");
}
