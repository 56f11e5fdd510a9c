//! What a PATCH may not write is said, never ignored; and what stands on a contact is kept.

use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::world::World;

both![what_a_patch_may_not_write_is_refused_everywhere, a_badge_is_kept_and_shown];

async fn what_a_patch_may_not_write_is_refused_everywhere(engine: Engine) {
    let world = World::open(engine).await;
    let root = &world.root.api;
    let number = world.uma.writes("Hello").await;
    let record = world.record_of(&number).await;
    let sent = world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "Hi" })).await;
    let message = sent.expect(201).json()["id"].clone();
    let made = async |path: &str, body: Value| root.post(path, body).await.expect(201).json()["id"].clone();
    let contact = made("/contacts", json!({ "name": "Zoe" })).await;
    let organization = made("/organizations", json!({ "name": "Globex" })).await;
    let rule = made("/rules", json!({ "keywords": ["refund"], "queue": "billing" })).await;
    let field = made("/custom-fields", json!({ "subject": "contact", "name": "Plan", "kind": "text" })).await;
    let canned = made("/canned-responses", json!({ "name": "hello", "body": "Hello", "scope": "everyone" })).await;
    root.post("/tags", json!({ "name": "Refund" })).await.expect(201);
    let agent = root.get("/agents").await.expect(200).json()["items"][0]["id"].clone();
    let records = [
        ("/channels/sms".to_owned(), "has_auth_token"),
        ("/channels/sms".to_owned(), "key"),
        ("/queues/support".to_owned(), "id"),
        (format!("/contacts/{contact}"), "id"),
        (format!("/organizations/{organization}"), "id"),
        (format!("/rules/{rule}"), "id"),
        (format!("/custom-fields/{field}"), "slug"),
        (format!("/canned-responses/{canned}"), "id"),
        (format!("/agents/{agent}"), "presence_since"),
        (format!("/messages/{message}"), "delivery"),
        (format!("/conversations/{number}"), "reopen_count"),
        (format!("/interactions/{record}"), "opened_at"),
        ("/tags/Refund".to_owned(), "used"),
        ("/resolutions/Answered".to_owned(), "given"),
    ];
    for (path, shown) in &records {
        for (name, code) in [(*shown, "read_only"), ("colour", "invalid")] {
            let refused = root.patch(path, json!({ name: 1 })).await.expect(422).json();
            assert_eq!((&refused["code"], &refused["field"]), (&json!(code), &json!(name)), "{path}: {refused}");
        }
    }
    root.patch("/channels/sms", json!({ "name": "Texts" })).await.expect(200);
}

async fn a_badge_is_kept_and_shown(engine: Engine) {
    let world = World::open(engine).await;
    let api = &world.ada.api;
    let zoe = api.post("/contacts", json!({ "name": "Zoe", "badge": " 4711  A " })).await.expect(201).json();
    assert_eq!(zoe["badge"], "4711 A");
    let path = format!("/contacts/{}", zoe["id"]);
    assert_eq!(api.patch(&path, json!({ "vip": true })).await.expect(200).json()["badge"], "4711 A");
    assert!(world.ada.page.sees(&path).await.text("#contact-addresses").contains("Badge 4711 A"));
    let form = world.ada.page.sees(&format!("{path}/edit")).await.form("form.plain__form");
    assert_eq!(form.value("badge"), Some("4711 A"));
    let refused = world.ada.page.submits(&form.clone().with("badge", "x".repeat(61))).await.expect(422).page();
    assert!(refused.text("[data-error-summary]").contains("at most 60 characters"), "{}", refused.words());
    world.ada.page.submits(&form.with("badge", "B-7")).await.expect(303);
    let too_long = api.patch(&path, json!({ "badge": "x".repeat(61) })).await.expect(422).json();
    assert_eq!(too_long["field"], "badge");
    // It goes along where two are one, and stands beside what they write.
    let number = world.uma.writes("Hello").await;
    let uma = world.interaction(&number).await["opened_for"]["id"].clone();
    api.put(&format!("{path}/merge"), json!({ "into": uma })).await.expect(200);
    let kept = api.get(&format!("/contacts/{uma}")).await.expect(200).json();
    assert_eq!((&kept["badge"], &kept["vip"]), (&json!("B-7"), &json!(true)));
    let record = world.record_of(&number).await;
    assert!(world.ada.page.sees(&format!("/interactions/{record}")).await.words().contains("Badge B-7"));
    assert_eq!(
        api.patch(&format!("/contacts/{uma}"), json!({ "badge": null })).await.expect(200).json()["badge"],
        Value::Null
    );
}
