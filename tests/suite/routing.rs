//! Who gets what begins: rules in their order, then the default owner, then the channel's queue, then Unrouted.

use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::world::World;

both![
    the_first_rule_that_fits_says_where_it_goes,
    a_rule_reads_whole_words_in_any_spelling,
    a_rule_may_name_an_agent_who_has_not_accepted_then,
    a_rule_whose_destination_cannot_take_it_is_passed_over,
    the_default_owner_gets_what_no_rule_takes,
    a_queue_that_does_not_take_the_type_leaves_it_unrouted,
    what_is_released_is_routed_then,
    what_somebody_put_behind_a_closed_door_stays_there,
    what_the_system_starts_is_routed_by_its_subject_too,
    rules_are_put_in_order,
    what_is_wrong_with_a_rule_is_said,
    a_stale_rule_is_not_written,
    a_resolved_conversation_makes_its_organization_known,
];

async fn rule(world: &World, keywords: &[&str], to: (&str, &str)) -> Value {
    let mut fields = json!({ "keywords": keywords });
    fields[to.0] = json!(to.1);
    world.root.api.post("/rules", fields).await.expect(201).json()
}

/// Where a stranger's words go: the queue, the agent, and why.
async fn goes(world: &World, text: &str) -> (String, String, String) {
    placed(world, &world.stranger("sms").writes(text).await).await
}

async fn placed(world: &World, number: &str) -> (String, String, String) {
    let interaction = world.interaction(number).await;
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    (text(&interaction["queue"]["slug"]), text(&interaction["assigned_to"]["email"]), text(&interaction["routed_by"]))
}

fn is(queue: &str, agent: &str, why: &str) -> (String, String, String) {
    (queue.to_owned(), agent.to_owned(), why.to_owned())
}

async fn the_first_rule_that_fits_says_where_it_goes(engine: Engine) {
    let world = World::open(engine).await;
    assert_eq!(goes(&world, "I want a refund").await, is("support", "", "channel queue"));
    rule(&world, &["cancel"], ("queue", "support")).await;
    rule(&world, &["invoice", "money back"], ("queue", "billing")).await;
    rule(&world, &["refund", "money"], ("agent", &world.ben.email)).await;
    assert_eq!(goes(&world, "Money   back, or a refund!").await, is("billing", "", "rule 2 \"money back\""));
    assert_eq!(goes(&world, "I want a refund").await, is("support", &world.ben.email, "rule 3 \"refund\""));
    assert_eq!(goes(&world, "refund or cancel").await, is("support", "", "rule 1 \"cancel\""));
    assert_eq!(goes(&world, "Hello").await, is("support", "", "channel queue"));
}

async fn a_rule_reads_whole_words_in_any_spelling(engine: Engine) {
    let world = World::open(engine).await;
    rule(&world, &["Rückerstattung", "credit card"], ("queue", "billing")).await;
    for text in ["bitte RUCKERSTATTUNG!", "my Credit-Card\nis gone", "„Rückerstattung“?"] {
        assert_eq!(goes(&world, text).await.0, "billing", "{text}");
    }
    for text in ["Rückerstattungen", "credit cards", "credit: card"] {
        assert_eq!(goes(&world, text).await.0, "support", "{text}");
    }
}

async fn a_rule_may_name_an_agent_who_has_not_accepted_then(engine: Engine) {
    let world = World::open(engine).await;
    rule(&world, &["refund"], ("agent", &world.ben.email)).await;
    let number = world.stranger("sms").writes("refund").await;
    let interaction = world.interaction(&number).await;
    assert_eq!(
        (&interaction["assigned_to"]["email"], &interaction["accepted_at"]),
        (&json!(world.ben.email), &Value::Null)
    );
    assert_eq!(interaction["state"], "new");
    let number = interaction["number"].as_str().unwrap();
    world.ben.api.put(&format!("/interactions/{number}/acceptance"), json!({})).await.expect(200);
}

async fn a_rule_whose_destination_cannot_take_it_is_passed_over(engine: Engine) {
    let world = World::open(engine).await;
    world.root.api.post("/queues", json!({ "slug": "calls", "name": "Calls", "types": ["phone"] })).await.expect(201);
    rule(&world, &["refund"], ("queue", "calls")).await;
    rule(&world, &["refund"], ("agent", &world.ben.email)).await;
    rule(&world, &["refund"], ("queue", "billing")).await;
    assert_eq!(goes(&world, "refund").await, is("support", &world.ben.email, "rule 2 \"refund\""));
    world.root.api.delete(&format!("/agents/{}", world.ben.email)).await.expect(200);
    assert_eq!(goes(&world, "refund").await, is("billing", "", "rule 3 \"refund\""));
}

async fn the_default_owner_gets_what_no_rule_takes(engine: Engine) {
    let world = World::open(engine).await;
    let ada = world.desk().agent(&world.ada.email).unwrap().id;
    world.db.damage(&format!("UPDATE organizations SET default_owner_id = {ada}"));
    rule(&world, &["invoice"], ("queue", "billing")).await;
    let number = world.uma.writes("Hello").await;
    assert_eq!(placed(&world, &number).await, is("support", &world.ada.email, "default owner of Acme"));
    assert_eq!(world.interaction(&number).await["accepted_at"], Value::Null);
    world.ada.api.put(&format!("/conversations/{number}/suspension"), json!({})).await.expect(200);
    world.ada.api.put(&format!("/conversations/{number}/spam"), json!({})).await.expect(200);
    assert_eq!(placed(&world, &world.uma.writes("My invoice").await).await, is("billing", "", "rule 1 \"invoice\""));
}

async fn a_queue_that_does_not_take_the_type_leaves_it_unrouted(engine: Engine) {
    let world = World::open(engine).await;
    let support = json!({ "types": ["phone"] });
    world.root.api.patch("/queues/support", support).await.expect(200);
    assert_eq!(goes(&world, "Hello").await, is("unrouted", "", "unrouted"));
    assert_eq!(goes(&world, "Hello again").await, is("unrouted", "", "unrouted"));
}

async fn what_is_released_is_routed_then(engine: Engine) {
    let world = World::open(engine).await;
    let stranger = world.stranger("sms");
    world.max.api.post("/blocked-senders", json!({ "channel": "sms", "identifier": stranger.from })).await.expect(201);
    let number = stranger.writes("A refund please").await;
    assert_eq!(placed(&world, &number).await.2, "held for review");
    rule(&world, &["refund"], ("queue", "billing")).await;
    world.ada.api.delete(&format!("/conversations/{number}/suspension")).await.expect(200);
    assert_eq!(placed(&world, &number).await, is("billing", "", "rule 1 \"refund\""));
    assert_eq!(world.conversation(&number).await["priority_rank"], 2);
}

async fn what_somebody_put_behind_a_closed_door_stays_there(engine: Engine) {
    let world = World::open(engine).await;
    let closed = json!({ "slug": "legal", "name": "Legal", "restricted": true, "members": [world.ada.email] });
    let body = world.root.api.post("/queues", closed).await;
    assert!(body.status.is_success(), "{}", body.body);
    let number = world.stranger("sms").writes("A refund, or my lawyer writes").await;
    let record = world.record_of(&number).await;
    world.ada.api.put(&format!("/interactions/{record}/assignment"), json!({ "queue": "legal" })).await.expect(200);
    rule(&world, &["refund"], ("queue", "billing")).await;
    world.ada.api.put(&format!("/conversations/{number}/suspension"), json!({})).await.expect(200);
    world.ada.api.delete(&format!("/conversations/{number}/suspension")).await.expect(200);
    assert_eq!(placed(&world, &number).await.0, "legal");
}

async fn what_the_system_starts_is_routed_by_its_subject_too(engine: Engine) {
    let world = World::open(engine).await;
    rule(&world, &["refund"], ("queue", "billing")).await;
    let form = json!({ "channel": "sms", "from": "+14155550188", "title": "Refund", "body": "See above", "started_by": "system" });
    let number =
        world.root.api.post("/conversations", form).await.expect(201).json()["number"].as_str().unwrap().to_owned();
    assert_eq!(placed(&world, &number).await, is("billing", "", "rule 1 \"refund\""));
}

async fn rules_are_put_in_order(engine: Engine) {
    let world = World::open(engine).await;
    for word in ["one", "two", "three"] {
        rule(&world, &[word], ("queue", "billing")).await;
    }
    let first = json!({ "keywords": ["zero"], "queue": "billing", "position": 1 });
    let zero = world.root.api.post("/rules", first).await.expect(201).json();
    let order = async || {
        let rules = world.root.api.all("/rules").await;
        let positions: Vec<i64> = rules.iter().map(|rule| rule["position"].as_i64().unwrap()).collect();
        assert_eq!(positions, (1..=i64::try_from(rules.len()).unwrap()).collect::<Vec<_>>());
        rules.iter().map(|rule| rule["keywords"][0].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(order().await, "zero one two three");
    let path = format!("/rules/{}", zero["id"]);
    world.root.api.patch(&path, json!({ "position": 3 })).await.expect(200);
    assert_eq!(order().await, "one two zero three");
    world.root.api.patch(&path, json!({ "position": 99 })).await.expect(200);
    assert_eq!(order().await, "one two three zero");
    world.root.api.patch(&path, json!({ "position": 2, "keywords": ["nil", "zero"] })).await.expect(200);
    assert_eq!(order().await, "one nil two three");
    assert_eq!(goes(&world, "zero or two").await.2, "rule 2 \"zero\"");
    world.root.api.delete(&path).await.expect(200);
    assert_eq!(order().await, "one two three");
    world.root.api.get(&path).await.expect(404);
    let page = world.root.api.get("/rules?limit=2").await.expect(200).json();
    assert_eq!((page["items"].as_array().unwrap().len(), page["next"].is_string()), (2, true));
}

async fn what_is_wrong_with_a_rule_is_said(engine: Engine) {
    let world = World::open(engine).await;
    let wrong = [
        (json!({ "queue": "billing" }), "keywords"),
        (json!({ "keywords": [" "], "queue": "billing" }), "keywords"),
        (json!({ "keywords": ["?!"], "queue": "billing" }), "keywords"),
        (json!({ "keywords": ["refund"] }), "queue"),
        (json!({ "keywords": ["refund"], "queue": "nowhere" }), "queue"),
        (json!({ "keywords": ["refund"], "agent": "nobody@desk.example" }), "agent"),
        (json!({ "keywords": ["refund"], "agent": world.ben.email, "queue": "billing" }), "queue"),
        (json!({ "keywords": "refund", "queue": "billing" }), "keywords"),
    ];
    for (fields, field) in wrong {
        let refusal = world.root.api.post("/rules", fields.clone()).await.expect(422).json();
        assert_eq!(refusal["field"], field, "{fields}: {refusal}");
    }
    let good = json!({ "keywords": ["refund"], "queue": "billing" });
    for agent in [&world.ada, &world.max] {
        agent.api.post("/rules", good.clone()).await.expect(403);
    }
    assert!(world.ada.api.all("/rules").await.is_empty());
    world.root.api.patch("/rules/7", json!({})).await.expect(404);
    // A queue that a rule leads to stays.
    world.root.api.post("/queues", json!({ "slug": "refunds", "name": "Refunds" })).await.expect(201);
    rule(&world, &["refund"], ("queue", "refunds")).await;
    world.root.api.delete("/queues/refunds").await.expect(409);
}

async fn a_stale_rule_is_not_written(engine: Engine) {
    let world = World::open(engine).await;
    let path = format!("/rules/{}", rule(&world, &["refund"], ("queue", "billing")).await["id"]);
    let edit = json!({ "keywords": ["money"], "version": 1 });
    world.root.api.patch(&path, edit.clone()).await.expect(200);
    assert_eq!(world.root.api.patch(&path, edit).await.expect(409).json()["code"], "stale");
    world.root.api.patch(&path, json!({ "id": 3 })).await.expect(422);
    assert_eq!(goes(&world, "my refund").await.0, "support");
    assert_eq!(goes(&world, "my money").await.0, "billing");
}

async fn a_resolved_conversation_makes_its_organization_known(engine: Engine) {
    let world = World::open(engine).await;
    world.db.damage("UPDATE organizations SET existing = false");
    let mail = json!({ "provider_message_id": "mail", "from": "else@acme.example", "body": "Hello" });
    let waiting = world.uma.delivers(mail).await.expect(201).json()["conversation"].as_str().unwrap().to_owned();
    let number = world.uma.writes("Hello").await;
    assert_eq!(world.conversation(&number).await["priority_rank"], 2);
    // Spam is no help.
    world.max.api.put(&format!("/conversations/{number}/suspension"), json!({})).await.expect(200);
    world.max.api.put(&format!("/conversations/{number}/spam"), json!({})).await.expect(200);
    let number = world.uma.writes("Hello again").await;
    assert_eq!(world.conversation(&number).await["priority_rank"], 2);
    let resolution = crate::support::world::resolved();
    world.ada.api.put(&format!("/conversations/{number}/resolution"), resolution).await.expect(200);
    assert_eq!(world.conversation(&waiting).await["priority_rank"], 1, "who waits already is known now too");
}
