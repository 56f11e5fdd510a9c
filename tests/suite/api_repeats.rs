//! Idempotency-Key: done once, answered the same, however many ask at once and whoever asks.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{Program, send};
use crate::support::database::Engine;
use crate::support::page::Answer;
use crate::support::world::World;

both![
    twenty_repeats_at_once_make_one_record,
    a_key_belongs_to_one_token_and_one_path,
    a_refusal_is_repeated_too,
    an_address_of_any_length_takes_a_key,
    a_key_of_another_kind_of_request_is_left_alone,
    an_intake_under_a_key_answers_as_the_first_time,
];

async fn posts(program: &Program, path: &str, key: &str, body: &Value) -> Answer {
    let request = program.request(Method::POST, path).header("Idempotency-Key", key).json(body);
    send(format!("POST {path} with the key {key}"), request).await
}

async fn twenty_repeats_at_once_make_one_record(engine: Engine) {
    let world = World::open(engine).await;
    for (path, body) in [
        ("/interactions", json!({ "type": "walk-up", "guest_name": "Zoe" })),
        ("/contacts", json!({ "name": "Zoe" })),
        ("/conversations", json!({ "channel": "sms", "to": "+14155550123", "body": "Your parcel is here" })),
    ] {
        let before = world.root.api.all(path).await.len();
        let answers = join_all((0..20).map(|_| posts(&world.ada.api, path, "the same", &body))).await;
        let first = answers[0].body.clone();
        for answer in answers {
            assert_eq!(answer.expect(201).body, first, "{path}");
        }
        assert_eq!(world.root.api.all(path).await.len(), before + 1, "{path}");
        assert_eq!(posts(&world.ada.api, path, "the same", &body).await.expect(201).body, first);
    }
}

async fn a_key_belongs_to_one_token_and_one_path(engine: Engine) {
    let world = World::open(engine).await;
    let body = json!({ "type": "walk-up", "guest_name": "Zoe" });
    let of_ada = posts(&world.ada.api, "/interactions", "k", &body).await.expect(201).json();
    let of_ben = posts(&world.ben.api, "/interactions", "k", &body).await.expect(201).json();
    assert_ne!(of_ada["number"], of_ben["number"]);
    let contact = posts(&world.ada.api, "/contacts", "k", &json!({ "name": "Zoe" })).await.expect(201).json();
    assert_eq!(contact["name"], "Zoe");
    let other = posts(&world.ada.api, "/interactions", "k", &json!({ "type": "walk-up" })).await.expect(422).json();
    assert_eq!(other["code"], "key_reused");
    let long = "x".repeat(300);
    posts(&world.ada.api, "/interactions", &long, &body).await.expect(422);
}

async fn an_address_of_any_length_takes_a_key(engine: Engine) {
    let world = World::open(engine).await;
    let mut chance = fastrand::Rng::with_seed(7);
    let mut long = || (0..12_000).map(|_| chance.alphanumeric()).collect::<String>();
    let (one, other) = (format!("/contacts?x={}", long()), format!("/contacts?x={}", long()));
    let body = json!({ "name": "Zoe" });
    let first = posts(&world.ada.api, &one, "k", &body).await.expect(201).json();
    assert_eq!(posts(&world.ada.api, &one, "k", &body).await.expect(201).json(), first);
    assert_ne!(posts(&world.ada.api, &other, "k", &body).await.expect(201).json()["id"], first["id"]);
}

async fn a_refusal_is_repeated_too(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("archived").await;
    let path = format!("/conversations/{number}/replies");
    let first = posts(&world.ada.api, &path, "k", &json!({ "body": "Hello" })).await.expect(409).json();
    assert_eq!(first["code"], "illegal_transition");
    let again = posts(&world.ada.api, &path, "k", &json!({ "body": "Hello" })).await.expect(409).json();
    assert_eq!(again, first);
    let nobody = Program::with(&world.base, "nonsense");
    assert_eq!(
        posts(&nobody, &path, "k", &json!({ "body": "Hello" })).await.expect(401).json()["code"],
        "unauthorized"
    );
}

async fn a_key_of_another_kind_of_request_is_left_alone(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("waiting_on_user").await;
    let path = format!("/conversations/{number}/tags/red");
    for value in ["one", "two"] {
        let request = world.ada.api.request(Method::PUT, &path).header("Idempotency-Key", "k");
        let tagged = send(format!("PUT {path}"), request.json(&json!({ "value": value }))).await.expect(200).json();
        assert!(tagged["tags"].to_string().contains(value), "only a POST is done once");
    }
}

async fn an_intake_under_a_key_answers_as_the_first_time(engine: Engine) {
    let world = World::open(engine).await;
    let sms = Program::with(&world.base, &world.keys.channels["sms"]);
    let body = json!({ "provider_message_id": "m1", "from": "+14155550188", "body": "Hello" });
    let first = posts(&sms, "/inbound/sms", "k", &body).await.expect(201).json();
    assert_eq!(first["duplicate"], false);
    assert_eq!(posts(&sms, "/inbound/sms", "k", &body).await.expect(201).json(), first);
    // Without the key it is what it is: here already.
    assert_eq!(sms.post("/inbound/sms", body).await.expect(200).json()["duplicate"], true);
}
