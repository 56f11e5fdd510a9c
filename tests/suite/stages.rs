//! The stage machine through the API: what each stage allows, what it refuses, and that a refusal changes nothing.

use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::page::Answer;
use crate::support::world::{Agent, World, on_ben, resolved};

both![every_stage_allows_what_the_table_says_and_refuses_the_rest, a_lead_may_suspend_where_an_agent_may_not];

/// What each stage allows to any role, in the words and the order of the API.
const ALLOWED: &[(&str, &[&str])] = &[
    ("new", &["external_response", "merge", "note", "reply", "resolve", "suspend"]),
    ("suspended", &["confirm_spam", "note", "release"]),
    ("waiting_on_user", &["hold", "merge", "needs_response", "note", "reply", "resolve", "suspend"]),
    ("needs_response", &["external_response", "hold", "merge", "note", "reply", "resolve", "suspend"]),
    ("hold", &["merge", "note", "reply", "resolve", "unhold"]),
    ("resolved", &["archive", "merge", "note", "reopen", "reply"]),
    ("archived", &[]),
];

/// Every action, and the stage it leads to; none where it stays.
const ACTIONS: &[(&str, Option<&str>)] = &[
    ("archive", Some("archived")),
    ("confirm_spam", Some("archived")),
    ("external_response", Some("waiting_on_user")),
    ("hold", Some("hold")),
    ("merge", Some("archived")),
    ("needs_response", Some("needs_response")),
    ("note", None),
    ("release", Some("new")),
    ("reopen", Some("needs_response")),
    ("reply", Some("waiting_on_user")),
    ("resolve", Some("resolved")),
    ("suspend", Some("suspended")),
    ("unhold", Some("needs_response")),
];

/// Does one action on a conversation through the API, with a body that is right for it.
async fn does(agent: &Agent, action: &str, conversation: &str, into: &str) -> Answer {
    let path = |end: &str| format!("/conversations/{conversation}{end}");
    let (api, text) = (&agent.api, json!({ "body": "So be it" }));
    match action {
        "reply" => api.post(&path("/replies"), text).await,
        "note" => api.post(&path("/notes"), text).await,
        "external_response" => api.post(&path("/external-responses"), text).await,
        "hold" => api.put(&path("/hold"), on_ben()).await,
        "unhold" => api.delete(&path("/hold")).await,
        "resolve" => api.put(&path("/resolution"), resolved()).await,
        "reopen" => api.delete(&path("/resolution?note=again")).await,
        "suspend" => api.put(&path("/suspension"), json!({})).await,
        "release" => api.delete(&path("/suspension")).await,
        "confirm_spam" => api.put(&path("/spam"), json!({})).await,
        "archive" => api.put(&path("/archive"), json!({})).await,
        "needs_response" => api.put(&path("/needs-response"), json!({ "note": "They called" })).await,
        "merge" => api.put(&path("/merge"), json!({ "into": into })).await,
        other => panic!("no action {other}"),
    }
}

async fn every_stage_allows_what_the_table_says_and_refuses_the_rest(engine: Engine) {
    let world = World::open(engine).await;
    for (stage, allowed) in ALLOWED {
        for (action, to) in ACTIONS {
            if allowed.contains(action) {
                let conversation = world.conversation_in(stage).await;
                let into =
                    if *action == "merge" { another_of_the_same(&world, &conversation).await } else { String::new() };
                let answer = does(&world.max, action, &conversation, &into).await;
                let made = ["reply", "note", "external_response"].contains(action);
                answer.expect(if made { 201 } else { 200 });
                let stays = *action == "reply" && *stage == "resolved";
                let expected = to.filter(|_| !stays).unwrap_or(stage);
                assert_eq!(world.stage(&conversation).await, expected, "{action} from {stage}");
            }
        }
        let conversation = world.conversation_in(stage).await;
        let before = world.conversation(&conversation).await;
        for (action, _) in ACTIONS.iter().filter(|(action, _)| !allowed.contains(action)) {
            for agent in [&world.ada, &world.root] {
                let refusal = does(agent, action, &conversation, "CONV-1").await.expect(409).json();
                let told = json!([refusal["code"], refusal["from"], refusal["action"], refusal["allowed"]]);
                assert_eq!(told, json!(["illegal_transition", stage, action, allowed]));
                assert!(refusal["message"].as_str().is_some_and(|text| text.len() > 10), "{refusal}");
            }
        }
        assert_eq!(
            without_waits(world.conversation(&conversation).await),
            without_waits(before),
            "a refusal changed {stage}"
        );
    }
}

/// A second conversation with the same customer, begun by us.
async fn another_of_the_same(world: &World, conversation: &str) -> String {
    let to = world.interaction(conversation).await["channel_profile"]["identifier"].clone();
    let begun = json!({ "channel": "sms", "to": to, "body": "About something else" });
    world.max.api.post("/conversations", begun).await.expect(201).json()["number"].as_str().unwrap().to_owned()
}

async fn a_lead_may_suspend_where_an_agent_may_not(engine: Engine) {
    let world = World::open(engine).await;
    for stage in ["waiting_on_user", "needs_response"] {
        let conversation = world.conversation_in(stage).await;
        let refusal = does(&world.ada, "suspend", &conversation, "").await.expect(403).json();
        assert_eq!(refusal["code"], "forbidden");
        does(&world.max, "suspend", &conversation, "").await.expect(200);
        does(&world.ada, "release", &conversation, "").await.expect(200);
        does(&world.ada, "suspend", &conversation, "").await.expect(403);
        does(&world.max, "suspend", &conversation, "").await.expect(200);
    }
}

/// Waits tick; all else of two looks at an untouched record is the same.
fn without_waits(mut conversation: Value) -> Value {
    conversation.as_object_mut().unwrap().remove("wait");
    conversation
}
