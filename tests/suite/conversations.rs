//! The verbs of a conversation: what each does, and to whom it is refused.

use serde_json::{Value, json};

use crate::support::cast::email;
use crate::support::database::Engine;
use crate::support::world::{World, on_ben, resolved};

both![
    a_reply_claims_and_moves_a_new_conversation_to_waiting_on_user,
    a_reply_needs_words,
    a_reply_by_another_agent_is_refused_and_by_a_lead_accepted,
    a_reply_that_crossed_a_message_stays_in_needs_response,
    a_hold_names_what_it_waits_for_and_ends_when_all_is_done,
    an_unlinked_dependency_counts_as_done,
    a_reply_may_keep_the_hold,
    a_customer_ends_a_hold_and_the_tag_goes,
    a_hold_without_a_reason_is_refused,
    resolving_needs_a_resolution_and_a_short_description,
    a_stale_action_changes_nothing_and_says_so,
    reopening_makes_the_next_interaction_for_the_actor,
    a_reply_to_a_resolved_conversation_leaves_it_unless_it_waits,
    confirmed_spam_is_archived_and_its_sender_may_be_blocked,
    a_merge_moves_the_thread_and_redirects,
    a_merge_of_strangers_is_refused,
    tags_come_and_go_but_not_the_systems_own,
    a_note_changes_no_stage_and_never_reaches_the_customer,
    the_reply_button_stands_on_new_and_needs_response_only,
    a_conversation_started_by_an_agent_waits_for_the_customer,
    two_agents_take_one_conversation_and_the_second_is_told_who_has_it,
];

async fn a_reply_claims_and_moves_a_new_conversation_to_waiting_on_user(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/conversations/{number}/replies");
    let message = world.ada.api.post(&path, json!({ "body": "Good morning" })).await.expect(201).json();
    assert_eq!((&message["kind"], &message["body"]), (&json!("reply"), &json!("Good morning")));
    let conversation = world.conversation(&number).await;
    assert_eq!(
        (&conversation["stage"], &conversation["assignee"]["email"]),
        (&json!("waiting_on_user"), &json!(email("ada")))
    );
    let interaction = world.interaction(&number).await;
    assert_eq!(
        (&interaction["state"], &interaction["state_reason"]),
        (&json!("on_hold"), &json!("waiting_on_customer"))
    );
    assert!(interaction["wait_time"].is_i64() && interaction["accepted_at"].is_string(), "{interaction}");
    let facts = world.root.api.all(&format!("/conversations/{number}/timeline")).await;
    let first = facts.iter().find(|fact| fact["type"] == "stage.changed").unwrap();
    assert_eq!((&first["from"], &first["to"]), (&Value::Null, &json!("new")));
    let seqs: Vec<i64> = facts.iter().map(|fact| fact["seq"].as_i64().unwrap()).collect();
    assert!(seqs.is_sorted(), "oldest first: {seqs:?}");
}

async fn a_reply_needs_words(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("new").await;
    for body in [json!({ "body": "" }), json!({ "body": " \n\t" }), json!({})] {
        let refusal = world.ada.api.post(&format!("/conversations/{number}/replies"), body).await.expect(422).json();
        assert_eq!((&refusal["field"], &refusal["message"]), (&json!("body"), &json!("Message is empty.")));
    }
    assert_eq!(world.stage(&number).await, "new");
}

async fn a_reply_by_another_agent_is_refused_and_by_a_lead_accepted(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let path = format!("/conversations/{number}/replies");
    let refusal = world.ben.api.post(&path, json!({ "body": "Me too" })).await.expect(409).json();
    assert_eq!(refusal["code"], "not_assignee");
    assert_eq!(world.stage(&number).await, "needs_response");
    world.max.api.post(&path, json!({ "body": "As your manager" })).await.expect(201);
    assert_eq!(world.stage(&number).await, "waiting_on_user");
}

async fn a_reply_that_crossed_a_message_stays_in_needs_response(engine: Engine) {
    let world = World::open(engine).await;
    let first = world.uma.sends("Hello").await.expect(201).json();
    let number = first["conversation"].as_str().unwrap().to_owned();
    let path = format!("/conversations/{number}/replies");
    world.ada.api.post(&path, json!({ "body": "Yes?" })).await.expect(201);
    let seen = world.uma.sends("One").await.expect(201).json()["message"].clone();
    world.uma.sends("Two").await.expect(201);
    world.ada.api.post(&path, json!({ "body": "To one", "seen_upto": seen })).await.expect(201);
    assert_eq!(world.stage(&number).await, "needs_response", "a message newer than the reply had come");
    let facts = world.root.api.all(&format!("/conversations/{number}/timeline")).await;
    let moves: Vec<&Value> = facts.iter().filter(|f| f["type"] == "stage.changed").map(|f| &f["to"]).collect();
    assert_eq!(moves, ["new", "waiting_on_user", "needs_response", "waiting_on_user", "needs_response"]);
}

async fn a_hold_names_what_it_waits_for_and_ends_when_all_is_done(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let path = format!("/conversations/{number}");
    let two = json!({ "dependencies": [
        { "review": email("ben"), "as": "SME" }, { "review": email("max"), "as": "manager" }] });
    let held = world.ada.api.put(&format!("{path}/hold"), two).await.expect(200).json();
    assert_eq!(held["stage"], "hold");
    let dependencies = held["dependencies"].as_array().unwrap();
    assert_eq!(dependencies.len(), 2);
    assert!(dependencies.iter().all(|d| d["kind"] == "review" && d["state"] == "open"), "{dependencies:?}");
    assert!(held["tags"].to_string().contains("Blocked"));
    let interaction = world.interaction(&number).await;
    assert_eq!((&interaction["state"], &interaction["state_reason"]), (&json!("on_hold"), &json!("waiting_internal")));

    let mine = world.ben.api.all("/reviews").await;
    assert_eq!(mine.len(), 1, "{mine:?}");
    world.ben.api.put(&format!("/reviews/{}/completion", mine[0]["id"]), json!({})).await.expect(200);
    assert_eq!(world.stage(&number).await, "hold", "one of two is still open");
    let last = world.max.api.all("/reviews").await;
    world.max.api.put(&format!("/reviews/{}/completion", last[0]["id"]), json!({})).await.expect(200);
    let woken = world.conversation(&number).await;
    assert_eq!(woken["stage"], "needs_response");
    assert!(!woken["tags"].to_string().contains("Blocked"), "{}", woken["tags"]);
    world.ben.api.put(&format!("/reviews/{}/completion", mine[0]["id"]), json!({})).await;
    assert_eq!(world.stage(&number).await, "needs_response");
}

async fn an_unlinked_dependency_counts_as_done(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("hold").await;
    let path = format!("/conversations/{number}/dependencies");
    let until = world.ada.api.post(&path, json!({ "until": "2099-01-01T00:00:00Z" })).await.expect(201);
    assert!(until.body.contains("until"), "{}", until.body);
    for dependency in world.conversation(&number).await["dependencies"].as_array().unwrap() {
        assert_eq!(world.stage(&number).await, "hold");
        world.ada.api.delete(&format!("{path}/{}", dependency["id"])).await.expect(200);
    }
    assert_eq!(world.stage(&number).await, "needs_response");
}

async fn a_reply_may_keep_the_hold(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("hold").await;
    let path = format!("/conversations/{number}/replies");
    world.ada.api.post(&path, json!({ "body": "Still waiting", "keep_hold": true })).await.expect(201);
    assert_eq!(world.stage(&number).await, "hold");
    world.ada.api.post(&path, json!({ "body": "Here it is" })).await.expect(201);
    assert_eq!(world.stage(&number).await, "waiting_on_user");
}

async fn a_customer_ends_a_hold_and_the_tag_goes(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/conversations/{number}");
    world.ada.api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await.expect(201);
    world.ada.api.put(&format!("{path}/hold"), on_ben()).await.expect(200);
    world.uma.sends("Any news?").await.expect(201);
    let conversation = world.conversation(&number).await;
    assert_eq!(conversation["stage"], "needs_response");
    assert!(!conversation["tags"].to_string().contains("Blocked"));
}

async fn a_hold_without_a_reason_is_refused(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let path = format!("/conversations/{number}/hold");
    let wrong = [
        json!({ "dependencies": [] }),
        json!({}),
        json!({ "dependencies": [{ "review": "nobody@desk.example", "as": "SME" }] }),
        json!({ "dependencies": [{ "until": "soon" }] }),
        json!({ "dependencies": [{}] }),
    ];
    for body in wrong {
        world.ada.api.put(&path, body).await.expect(422);
        assert_eq!(world.stage(&number).await, "needs_response");
    }
    let refusal = world.ada.api.put(&path, json!({ "dependencies": [] })).await.expect(422).json();
    assert_eq!(refusal["message"], "Say what this is waiting for.");
}

async fn resolving_needs_a_resolution_and_a_short_description(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("waiting_on_user").await;
    let path = format!("/conversations/{number}/resolution");
    let long = "x".repeat(161);
    let wrong = [
        (json!({ "short_description": "Done" }), "resolution"),
        (json!({ "resolution": "Whatever", "short_description": "Done" }), "resolution"),
        (json!({ "resolution": "Answered" }), "short_description"),
        (json!({ "resolution": "Answered", "short_description": "  " }), "short_description"),
        (json!({ "resolution": "Answered", "short_description": long }), "short_description"),
    ];
    for (body, field) in wrong {
        let refusal = world.ada.api.put(&path, body.clone()).await.expect(422).json();
        assert_eq!(refusal["field"], field, "{body}: {refusal}");
    }
    let refusal = world.ada.api.put(&path, json!({ "resolution": "Answered" })).await.expect(422).json();
    assert_eq!(refusal["message"], "Short description is required to save, close or link a task.");
    let done = world.ada.api.put(&path, resolved()).await.expect(200).json();
    assert_eq!((&done["stage"], &done["group"]), (&json!("resolved"), &json!("closed")));
    let tags = done["tags"].as_array().unwrap();
    assert!(tags.iter().any(|tag| tag["name"] == "Resolution" && tag["value"] == "Answered"), "{tags:?}");
    let interaction = world.interaction(&number).await;
    assert_eq!((&interaction["state"], &interaction["close_code"]), (&json!("closed_complete"), &json!("complete")));
}

async fn a_stale_action_changes_nothing_and_says_so(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("waiting_on_user").await;
    let old = world.conversation(&number).await["version"].clone();
    let path = format!("/conversations/{number}");
    world.ada.api.put(&format!("{path}/tags/urgent"), json!({})).await.expect(200);
    let mut resolution = resolved();
    resolution["version"] = old.clone();
    let refusal = world.ada.api.put(&format!("{path}/resolution"), resolution).await.expect(409).json();
    assert_eq!(refusal["code"], "stale");
    assert_eq!(world.stage(&number).await, "waiting_on_user");
    let request = world.ada.api.request(reqwest::Method::DELETE, &format!("{path}/tags/urgent"));
    let tagged = request.header("If-Match", format!("\"{old}\"")).send().await.unwrap();
    assert_eq!(tagged.status(), 409);
    let now = world.conversation(&number).await["version"].clone();
    let mut resolution = resolved();
    resolution["version"] = now;
    world.ada.api.put(&format!("{path}/resolution"), resolution).await.expect(200);
}

async fn reopening_makes_the_next_interaction_for_the_actor(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("resolved").await;
    let before = world.interaction(&number).await;
    let open = world.ben.api.delete(&format!("/conversations/{number}/resolution?note=again")).await.expect(200).json();
    assert_eq!((&open["stage"], &open["assignee"]["email"]), (&json!("needs_response"), &json!(email("ben"))));
    let after = world.interaction(&number).await;
    assert_ne!(before["number"], after["number"]);
    assert_eq!((&after["state"], &after["short_description"]), (&json!("work_in_progress"), &json!("")));
    let closed = world.root.api.get(&format!("/interactions/{}", before["number"].as_str().unwrap())).await.json();
    assert_eq!((&closed["state"], &closed["closed_at"]), (&before["state"], &before["closed_at"]));
}

async fn a_reply_to_a_resolved_conversation_leaves_it_unless_it_waits(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("resolved").await;
    let path = format!("/conversations/{number}/replies");
    world.ada.api.post(&path, json!({ "body": "By the way" })).await.expect(201);
    assert_eq!(world.stage(&number).await, "resolved");
    world.ada.api.post(&path, json!({ "body": "Is it well?", "wait": true })).await.expect(201);
    let conversation = world.conversation(&number).await;
    assert_eq!(conversation["stage"], "waiting_on_user");
    assert_eq!(world.root.api.all(&format!("/interactions?conversation={number}")).await.len(), 2);
}

async fn confirmed_spam_is_archived_and_its_sender_may_be_blocked(engine: Engine) {
    let world = World::open(engine).await;
    let spammer = world.stranger("sms");
    let number = spammer.writes("Buy now").await;
    let path = format!("/conversations/{number}");
    world.ada.api.put(&format!("{path}/suspension"), json!({})).await.expect(200);
    let rows = world.ada.api.all("/conversations").await;
    assert!(rows.iter().all(|row| row["number"] != number), "a suspended one is not in the list");
    let spam = world.ada.api.put(&format!("{path}/spam"), json!({ "block_sender": true })).await.expect(200).json();
    assert_eq!(spam["stage"], "archived");
    assert!(spam["tags"].to_string().contains("Spam"));
    let interaction = world.interaction(&number).await;
    assert_eq!((&interaction["state"], &interaction["close_code"]), (&json!("closed_complete"), &json!("spam")));
    let again = spammer.writes("Buy more").await;
    assert_eq!(world.stage(&again).await, "suspended", "a blocked sender is held out of the inbox");
}

async fn a_merge_moves_the_thread_and_redirects(engine: Engine) {
    let world = World::open(engine).await;
    let phone = world.uma.writes("By phone").await;
    let mail = json!({ "provider_message_id": "mail", "from": crate::support::cast::UMA_EMAIL, "body": "By mail" });
    let mail = world.uma.delivers(mail).await.expect(201).json()["conversation"].as_str().unwrap().to_owned();
    assert_ne!(phone, mail);
    world.ada.api.post(&format!("/conversations/{phone}/replies"), json!({ "body": "Yes?" })).await.expect(201);
    let merged =
        world.ada.api.put(&format!("/conversations/{mail}/merge"), json!({ "into": phone })).await.expect(200).json();
    assert_eq!(merged["stage"], "archived");
    assert!(merged["merged_into"].to_string().contains(&phone), "{}", merged["merged_into"]);
    assert_eq!(world.interaction(&mail).await["close_code"], "merged");
    assert_eq!(world.stage(&phone).await, "needs_response", "what waited for us there waits for us here");
    let messages = world.root.api.all(&format!("/conversations/{phone}/messages")).await;
    assert!(messages.iter().any(|message| message["body"] == "By mail"), "{messages:?}");
}

async fn a_merge_of_strangers_is_refused(engine: Engine) {
    let world = World::open(engine).await;
    let (one, two) = (world.conversation_in("new").await, world.conversation_in("new").await);
    for into in [two.as_str(), one.as_str(), "CONV-999", "nonsense"] {
        let refusal = world.ada.api.put(&format!("/conversations/{one}/merge"), json!({ "into": into })).await;
        assert!([409, 422].contains(&refusal.status.as_u16()), "{into}: {}", refusal.status);
    }
    assert_eq!(world.stage(&one).await, "new");
}

async fn tags_come_and_go_but_not_the_systems_own(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("new").await;
    let path = |name: &str| format!("/conversations/{number}/tags/{name}");
    world.ada.api.put(&path("Colour"), json!({ "value": "red" })).await.expect(200);
    let tagged = world.ada.api.put(&path("Priority%2FEscalated"), json!({})).await.expect(200).json();
    assert!(tagged["tags"].to_string().contains("red"), "{}", tagged["tags"]);
    assert_eq!(tagged["priority_rank"], 0);
    for system in ["Blocked", "Stalled", "Resolution"] {
        let refusal = world.ada.api.put(&path(system), json!({ "value": "x" })).await.expect(422).json();
        assert!(refusal["message"].as_str().unwrap().ends_with("is set by the system."), "{refusal}");
    }
    let bare = world.ada.api.delete(&path("Colour")).await.expect(200).json();
    assert!(!bare["tags"].to_string().contains("red"));
    let calm = world.ada.api.delete(&path("Priority%2FEscalated")).await.expect(200).json();
    assert_eq!(calm["priority_rank"], 2);
}

async fn a_note_changes_no_stage_and_never_reaches_the_customer(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let note = world
        .ben
        .api
        .post(&format!("/conversations/{number}/notes"), json!({ "body": "Careful" }))
        .await
        .expect(201)
        .json();
    assert_eq!((&note["kind"], &note["delivery"]), (&json!("note"), &Value::Null));
    assert_eq!(world.stage(&number).await, "needs_response");
    let empty = world.ben.api.post(&format!("/conversations/{number}/notes"), json!({ "body": "" })).await.expect(422);
    assert_eq!(empty.json()["field"], "body");
}

async fn the_reply_button_stands_on_new_and_needs_response_only(engine: Engine) {
    let world = World::open(engine).await;
    for (stage, shown) in
        [("new", true), ("needs_response", true), ("waiting_on_user", false), ("hold", false), ("resolved", false)]
    {
        let number = world.conversation_in(stage).await;
        assert_eq!(world.conversation(&number).await["reply_button"], shown, "{stage}");
    }
}

async fn a_conversation_started_by_an_agent_waits_for_the_customer(engine: Engine) {
    let world = World::open(engine).await;
    let body = json!({ "channel": "sms", "to": "+14155550123", "body": "Your parcel is here", "title": "Parcel" });
    let made = world.ada.api.post("/conversations", body).await.expect(201).json();
    assert_eq!((&made["stage"], &made["started_by"]), (&json!("waiting_on_user"), &json!("agent")));
    let number = made["number"].as_str().unwrap();
    let metrics = world.root.api.get(&format!("/conversations/{number}/metrics")).await.expect(200).json();
    assert_eq!((&metrics["initial_response_1"], &metrics["initial_response_2"]), (&Value::Null, &Value::Null));
    let interaction = world.interaction(number).await;
    assert_eq!((&interaction["direction"], &interaction["wait_time"]), (&json!("outbound"), &Value::Null));
    for wrong in [
        json!({ "channel": "sms", "to": "+14155550123", "body": "" }),
        json!({ "channel": "none", "to": "+14155550123", "body": "x" }),
        json!({ "channel": "sms", "body": "x" }),
    ] {
        world.ada.api.post("/conversations", wrong).await.expect(422);
    }
}

async fn two_agents_take_one_conversation_and_the_second_is_told_who_has_it(engine: Engine) {
    let world = World::open(engine).await;
    for _ in 0..10 {
        let number = world.conversation_in("new").await;
        let interaction = world.record_of(&number).await;
        let path = format!("/interactions/{interaction}/take");
        let (ada, ben) = tokio::join!(world.ada.api.post(&path, json!({})), world.ben.api.post(&path, json!({})));
        let (first, second, winner) = if ada.status.is_success() { (ada, ben, "ada") } else { (ben, ada, "ben") };
        assert!(first.status.is_success(), "{}", first.body);
        let refusal = second.expect(409).json();
        assert_eq!(
            (&refusal["code"], &refusal["assigned_to"]["email"]),
            (&json!("already_assigned"), &json!(email(winner)))
        );
        assert_eq!(world.conversation(&number).await["assignee"]["email"], email(winner));
    }
}
