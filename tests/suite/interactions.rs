//! The record of an interaction: its fields, who may write them, and the state that follows the conversation's stage.

use serde_json::{Value, json};

use crate::support::cast::email;
use crate::support::database::Engine;
use crate::support::world::{World, on_ben};

const NEEDED: &str = "Short description is required to save, close or link a task.";

both![
    the_state_follows_the_stage,
    a_state_is_never_written_directly,
    only_messaging_has_a_state_reason,
    a_phone_interaction_needs_the_plug_in,
    a_walk_up_is_moved_by_hand,
    a_walk_up_closes_only_with_a_short_description,
    closed_is_final,
    a_stale_edit_changes_nothing,
    what_is_calculated_is_read_only,
    taking_accepts_and_a_transfer_to_a_queue_clears_it,
    accepting_is_for_the_assignee,
    work_segments_add_up_to_the_duration,
    the_same_person_s_interactions_are_listed,
];

/// The number of a walk-up that Ada has made for a guest.
async fn walk_up(world: &World) -> String {
    let made =
        world.ada.api.post("/interactions", json!({ "type": "walk-up", "guest_name": "Zoe" })).await.expect(201).json();
    assert_eq!((&made["state"], &made["short_description"]), (&json!("new"), &json!("")));
    made["number"].as_str().unwrap().to_owned()
}

async fn the_state_follows_the_stage(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/conversations/{number}");
    let expect = async |state: &str, reason: Value| {
        let interaction = world.interaction(&number).await;
        assert_eq!((&interaction["state"], &interaction["state_reason"]), (&json!(state), &reason));
    };
    expect("new", Value::Null).await;
    let interaction = world.record_of(&number).await;
    world.ada.api.post(&format!("/interactions/{interaction}/take"), json!({})).await;
    expect("work_in_progress", Value::Null).await;
    world.ada.api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await.expect(201);
    expect("on_hold", json!("waiting_on_customer")).await;
    world.uma.sends("Well").await.expect(201);
    expect("work_in_progress", Value::Null).await;
    world.ada.api.put(&format!("{path}/hold"), on_ben()).await.expect(200);
    expect("on_hold", json!("waiting_internal")).await;
    world.ada.api.delete(&format!("{path}/hold")).await.expect(200);
    expect("work_in_progress", Value::Null).await;
}

async fn a_state_is_never_written_directly(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let interaction = world.record_of(&number).await;
    let path = format!("/interactions/{interaction}");
    let refusal = world.ada.api.patch(&path, json!({ "state": "on_hold" })).await.expect(409).json();
    assert_eq!(refusal["code"], "state_follows_stage");
    assert_eq!(refusal["message"], "State follows the conversation stage. Use Reply, Hold or Resolve.");
    for (action, body) in [("hold", json!({})), ("closing", json!({ "short_description": "Done" }))] {
        let refusal = world.ada.api.put(&format!("{path}/{action}"), body).await.expect(409).json();
        assert_eq!(refusal["code"], "state_follows_stage", "{action}");
    }
}

async fn only_messaging_has_a_state_reason(engine: Engine) {
    let world = World::open(engine).await;
    let chat = world.stranger("chat").writes("Hello?").await;
    assert!(!world.interaction(&chat).await.as_object().unwrap().contains_key("state_reason"));
    let walk_up = walk_up(&world).await;
    let path = format!("/interactions/{walk_up}");
    assert!(!world.ada.api.get(&path).await.expect(200).json().as_object().unwrap().contains_key("state_reason"));
    let refusal = world
        .ada
        .api
        .patch(&path, json!({ "state_reason": "waiting_internal", "short_description": "x" }))
        .await
        .expect(422)
        .json();
    assert_eq!(refusal["field"], "state_reason");
}

async fn a_phone_interaction_needs_the_plug_in(engine: Engine) {
    let world = World::open(engine).await;
    let refusal =
        world.ada.api.post("/interactions", json!({ "type": "phone", "guest_name": "Zoe" })).await.expect(422).json();
    assert_eq!(refusal["code"], "type_unavailable");
    assert_eq!(refusal["message"], "Phone is not available: the telephony plug-in is not active.");
    let page = world.ada.page.sees("/interactions/new").await;
    assert!(!page.has("[value=phone]"), "phone stands in the choice of types");
    for (body, field) in [
        (json!({ "type": "smoke" }), "type"),
        (json!({}), "type"),
        (json!({ "type": "walk-up", "opened_for": 999_999 }), "opened_for"),
    ] {
        let refusal = world.ada.api.post("/interactions", body).await.expect(422).json();
        assert_eq!(refusal["field"], field, "{refusal}");
    }
}

async fn a_walk_up_is_moved_by_hand(engine: Engine) {
    let world = World::open(engine).await;
    let number = walk_up(&world).await;
    let path = format!("/interactions/{number}");
    world.ada.api.post(&format!("{path}/take"), json!({})).await;
    let state = async || world.ada.api.get(&path).await.expect(200).json()["state"].clone();
    assert_eq!(state().await, "work_in_progress");
    world.ada.api.put(&format!("{path}/hold"), json!({})).await.expect(200);
    assert_eq!(state().await, "on_hold");
    world.ada.api.delete(&format!("{path}/hold")).await.expect(200);
    assert_eq!(state().await, "work_in_progress");
    let done = world
        .ada
        .api
        .put(&format!("{path}/closing"), json!({ "short_description": "Lent a charger" }))
        .await
        .expect(200)
        .json();
    assert_eq!((&done["state"], &done["close_code"]), (&json!("closed_complete"), &json!("complete")));
    assert_eq!(done["short_description_auto"], false);
}

async fn a_walk_up_closes_only_with_a_short_description(engine: Engine) {
    let world = World::open(engine).await;
    let number = walk_up(&world).await;
    let path = format!("/interactions/{number}");
    for body in [json!({}), json!({ "short_description": "" }), json!({ "short_description": "   " })] {
        let refusal = world.ada.api.put(&format!("{path}/closing"), body).await.expect(422).json();
        assert_eq!((&refusal["field"], &refusal["message"]), (&json!("short_description"), &json!(NEEDED)));
    }
    let refusal = world.ada.api.patch(&path, json!({ "short_description": " " })).await.expect(422).json();
    assert_eq!(refusal["message"], NEEDED);
    let long = world.ada.api.patch(&path, json!({ "short_description": "é".repeat(161) })).await.expect(422).json();
    assert_eq!(long["field"], "short_description");
    let saved = world.ada.api.patch(&path, json!({ "short_description": "é".repeat(160) })).await.expect(200).json();
    assert_eq!(saved["short_description"], "é".repeat(160));
    world.ada.api.put(&format!("{path}/closing"), json!({})).await.expect(200);
}

async fn closed_is_final(engine: Engine) {
    let world = World::open(engine).await;
    let number = walk_up(&world).await;
    let path = format!("/interactions/{number}");
    world.ada.api.put(&format!("{path}/closing"), json!({ "short_description": "Done" })).await.expect(200);
    let again =
        world.ada.api.put(&format!("{path}/closing"), json!({ "short_description": "Done" })).await.expect(409).json();
    assert_eq!((&again["code"], &again["message"]), (&json!("closed"), &json!("This interaction is closed.")));
    world.ada.api.put(&format!("{path}/hold"), json!({})).await.expect(409);
    world.ada.api.put(&format!("{path}/assignment"), json!({ "agent": email("ben") })).await.expect(409);
    world.ada.api.patch(&path, json!({ "short_description": "Other" })).await.expect(403);
    let edited = world.max.api.patch(&path, json!({ "short_description": "By a lead" })).await.expect(200).json();
    assert_eq!(edited["short_description"], "By a lead");
}

async fn a_stale_edit_changes_nothing(engine: Engine) {
    let world = World::open(engine).await;
    let number = walk_up(&world).await;
    let path = format!("/interactions/{number}");
    let version = world.ada.api.get(&path).await.json()["version"].clone();
    let edit = |text: &str| json!({ "short_description": text, "version": version });
    let (ada, ben) = tokio::join!(world.ada.api.patch(&path, edit("Ada")), world.ben.api.patch(&path, edit("Ben")));
    let mut statuses = [ada.status.as_u16(), ben.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", ada.body, ben.body);
    let (winner, loser) = if ada.status == 200 { ("Ada", ben) } else { ("Ben", ada) };
    assert_eq!(loser.json()["code"], "stale");
    assert_eq!(world.ada.api.get(&path).await.json()["short_description"], winner);
}

async fn what_is_calculated_is_read_only(engine: Engine) {
    let world = World::open(engine).await;
    let number = walk_up(&world).await;
    let path = format!("/interactions/{number}");
    for (field, value) in [
        ("wait_time", json!(1)),
        ("duration", json!(1)),
        ("number", json!("IMS0000099")),
        ("opened_at", json!("2025-01-01T00:00:00Z")),
        ("closed_at", Value::Null),
        ("type", json!("chat")),
    ] {
        let refusal =
            world.root.api.patch(&path, json!({ "short_description": "x", field: value })).await.expect(422).json();
        assert_eq!((&refusal["code"], &refusal["field"]), (&json!("read_only"), &json!(field)));
    }
    let unknown = world.root.api.patch(&path, json!({ "short_description": "x", "colour": "red" })).await;
    assert_eq!(unknown.status, 422, "a field nobody knows is not ignored: {}", unknown.body);
    assert_eq!(world.ada.api.get(&path).await.json()["short_description"], "");
}

async fn taking_accepts_and_a_transfer_to_a_queue_clears_it(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let interaction = world.record_of(&number).await;
    let path = format!("/interactions/{interaction}");
    let taken = world.ada.api.post(&format!("{path}/take"), json!({})).await;
    assert!(taken.status.is_success(), "{}", taken.body);
    let mine = world.interaction(&number).await;
    assert_eq!((&mine["assigned_to"]["email"], mine["accepted_at"].is_string()), (&json!(email("ada")), true));
    let handed =
        world.ada.api.put(&format!("{path}/assignment"), json!({ "agent": email("ben") })).await.expect(200).json();
    assert_eq!((&handed["assigned_to"]["email"], &handed["accepted_at"]), (&json!(email("ben")), &Value::Null));
    let lost = world
        .ada
        .api
        .post(&format!("/conversations/{number}/replies"), json!({ "body": "Me?" }))
        .await
        .expect(409)
        .json();
    assert_eq!(lost["code"], "not_assignee");
    world.ben.api.put(&format!("{path}/acceptance"), json!({})).await.expect(200);
    let moved =
        world.max.api.put(&format!("{path}/assignment"), json!({ "agent": email("ada") })).await.expect(200).json();
    assert!(moved["accepted_at"].is_string(), "a lead's reassignment of one in progress keeps it accepted");
    let queued =
        world.ada.api.put(&format!("{path}/assignment"), json!({ "queue": "billing" })).await.expect(200).json();
    assert_eq!((&queued["assigned_to"], &queued["accepted_at"]), (&Value::Null, &Value::Null));
    assert_eq!(queued["queue"]["slug"], "billing");
    for wrong in [json!({}), json!({ "agent": "nobody@desk.example" }), json!({ "queue": "nowhere" })] {
        world.ada.api.put(&format!("{path}/assignment"), wrong).await.expect(422);
    }
}

async fn accepting_is_for_the_assignee(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let interaction = world.record_of(&number).await;
    let path = format!("/interactions/{interaction}");
    world.max.api.put(&format!("{path}/assignment"), json!({ "agent": email("ada") })).await.expect(200);
    let refusal = world.ben.api.put(&format!("{path}/acceptance"), json!({})).await.expect(409).json();
    assert_eq!(refusal["code"], "not_assignee");
    assert_eq!(world.interaction(&number).await["state"], "new");
    world.ada.api.put(&format!("{path}/acceptance"), json!({})).await.expect(200);
    assert_eq!(world.interaction(&number).await["state"], "work_in_progress");
}

async fn work_segments_add_up_to_the_duration(engine: Engine) {
    let world = World::open(engine).await;
    world.ada.api.put("/me/presence", json!({ "state": "available" })).await.expect(200);
    let number = walk_up(&world).await;
    let path = format!("/interactions/{number}");
    world.ada.api.post(&format!("{path}/take"), json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let done =
        world.ada.api.put(&format!("{path}/closing"), json!({ "short_description": "Done" })).await.expect(200).json();
    let segments = world.ada.api.all(&format!("{path}/work-segments")).await;
    assert_eq!((segments.len(), &segments[0]["agent"]["email"]), (1, &json!(email("ada"))));
    let moment = |value: &Value| value.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let worked = moment(&segments[0]["ended_at"]) - moment(&segments[0]["started_at"]);
    assert_eq!(done["duration"], worked.num_seconds());
    assert!(worked.num_milliseconds() >= 1100);
}

async fn the_same_person_s_interactions_are_listed(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    world.stranger("sms").writes("Somebody else").await;
    let interaction = world.interaction(&number).await;
    let contact = interaction["opened_for"]["id"].clone();
    world.ada.api.post("/interactions", json!({ "type": "walk-up", "opened_for": contact })).await.expect(201);
    let number = interaction["number"].as_str().unwrap();
    let page = world.ada.page.sees(&format!("/interactions/{number}?tab=history")).await;
    let words = page.words();
    assert!(words.contains("IMS0000003") && !words.contains("IMS0000002"), "{words}");
}
