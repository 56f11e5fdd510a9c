//! Acknowledge and hold, and what a hold waits for, by their forms.

use serde_json::json;

use crate::support::cast::email;
use crate::support::database::Engine;
use crate::support::page::Form;
use crate::support::world::{World, on_ben};

both![
    acknowledge_and_hold_sends_once_and_never_past_what_is_newer,
    a_hold_names_several_and_waits_for_more_that_is_added,
    what_is_archived_waits_for_nothing_and_forgets_nothing,
];

async fn form(world: &World, path: &str) -> Form {
    world.ada.page.sees(path).await.form(&format!("form[action='{path}']"))
}

/// The replies of a conversation.
async fn replies(world: &World, number: &str) -> Vec<String> {
    let all = world.root.api.all(&format!("/conversations/{number}/messages")).await;
    let replies = all.iter().filter(|message| message["kind"] == "reply");
    replies.map(|message| message["body"].as_str().unwrap().to_owned()).collect()
}

async fn acknowledge_and_hold_sends_once_and_never_past_what_is_newer(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    for begun in ["new", "needs_response"] {
        let kim = world.stranger("sms");
        let number = kim.writes("Where is it?").await;
        if begun == "needs_response" {
            let path = format!("/conversations/{number}/replies");
            world.ada.api.post(&path, json!({ "body": "Which one?" })).await.expect(201);
            kim.sends("The blue one").await.expect(201);
        }
        let before = replies(&world, &number).await.len();
        let path = format!("/conversations/{number}/hold");
        let typed = form(&world, &path).await.with("reply", "We look into it").with("review", email("ben"));
        assert!(typed.value("submit_key").is_some_and(|key| key.len() > 20), "{typed:?}");

        kim.sends("Never mind the blue one").await.expect(201);
        let crossed = ada.submits(&typed).await.expect(409).page();
        assert!(crossed.text(".errsum").contains("Never mind the blue one"), "{}", crossed.text(".errsum"));
        assert_eq!(world.stage(&number).await, begun, "it does not vanish into Hold");
        assert_eq!(crossed.text("#hold-reply"), "We look into it");
        assert_eq!(crossed.attr("#review option[selected]:not([value=''])", "value"), email("ben"));

        let blank = crossed.form(&format!("form[action='{path}']")).with("reply", "Dear [[name]], we look into it");
        let open = ada.submits(&blank).await.expect(422).page();
        assert!(open.has("#hold-reply-error"), "an open blank is not sent: {}", open.words());
        let again = open.form(&format!("form[action='{path}']")).with("reply", "We look into it");
        ada.submits(&again).await.expect(303);
        assert_eq!(world.stage(&number).await, "hold");
        ada.submits(&again).await.expect(303);
        let sent = replies(&world, &number).await;
        assert_eq!((sent.len(), sent.last().unwrap().as_str()), (before + 1, "We look into it"), "{sent:?}");
        assert_eq!(world.conversation(&number).await["dependencies"].as_array().unwrap().len(), 1);
    }
    let number = world.conversation_in("needs_response").await;
    let path = format!("/conversations/{number}/hold");
    let typed = form(&world, &path).await.with("reply", "One moment").with("review", email("ben"));
    world.max.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "All done" })).await.expect(201);
    let newer = ada.submits(&typed).await.expect(409).page();
    assert!(newer.text(".errsum").contains("max replied: All done"), "{}", newer.text(".errsum"));
    assert_eq!(replies(&world, &number).await.last().unwrap(), "All done");
}

async fn a_hold_names_several_and_waits_for_more_that_is_added(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let ada = &world.ada.page;
    let path = format!("/conversations/{number}/hold");
    let mut two = form(&world, &path).await.with("review", email("ben")).with("as", "developer");
    let places: Vec<usize> = two.fields.iter().enumerate().filter(|(_, f)| f.0 == "review").map(|(n, _)| n).collect();
    assert_eq!(places.len(), 3, "three can be named at once");
    two.fields[places[1]].1 = email("max");
    let again = ada.submits(&two.clone().with("until", "2020-01-01T10:00")).await.expect(422).page();
    assert!(again.has("details.hold__more[open]"), "what was typed is in sight");
    ada.submits(&two).await.expect(303);
    let held = world.conversation(&number).await;
    assert_eq!((held["stage"].as_str().unwrap(), held["dependencies"].as_array().unwrap().len()), ("hold", 2));
    assert_eq!(held["dependencies"][0]["as"], "developer");

    let more = format!("/conversations/{number}/dependencies");
    let shown = ada.sees(&format!("/conversations/{number}")).await;
    assert!(shown.has(&format!("a[href='{more}']")) && !shown.has(&format!("#record a[href='{path}']")));
    let nothing = ada.submits(&form(&world, &more).await).await.expect(422).page();
    assert!(nothing.text("#review-error").contains("Say what this is waiting for."));
    let late = form(&world, &more).await.with("review", email("wendy"));
    world.ada.api.post(&format!("/conversations/{number}/notes"), json!({ "body": "Hm" })).await.expect(201);
    let stale = ada.submits(&late).await.expect(409).page();
    ada.submits(&stale.form(&format!("form[action='{more}']"))).await.expect(303);
    let held = world.conversation(&number).await;
    assert_eq!((held["stage"].as_str().unwrap(), held["dependencies"].as_array().unwrap().len()), ("hold", 3));
    for who in [&world.ben, &world.max, &world.wendy] {
        assert_eq!(world.stage(&number).await, "hold", "one is still open");
        let owed = who.api.all("/reviews").await;
        who.api.put(&format!("/reviews/{}/completion", owed[0]["id"]), json!({})).await.expect(200);
    }
    assert_eq!(world.stage(&number).await, "needs_response");
}

async fn what_is_archived_waits_for_nothing_and_forgets_nothing(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("hold").await;
    let path = format!("/conversations/{number}");
    let dependency = world.conversation(&number).await["dependencies"][0]["id"].to_string();
    let resolved = crate::support::world::resolved();
    world.ada.api.put(&format!("{path}/resolution"), resolved).await.expect(200);
    world.ada.api.post(&format!("{path}/replies"), json!({ "body": "One more thing" })).await.expect(201);
    let early = world.ada.api.put(&format!("{path}/archive"), json!({})).await.expect(409).json();
    let told = (&early["code"], &early["from"], &early["action"]);
    assert_eq!(told, (&json!("illegal_transition"), &json!("resolved"), &json!("archive")), "{early}");
    assert!(early["message"].as_str().unwrap().contains("wrote after this was resolved"), "{early}");
    let button = world.ada.page.posts(&format!("{path}/archive"), &[]).await.expect(303);
    let said = world.ada.page.sees(button.location()).await.text("[data-toast=error]");
    assert!(said.contains("wrote after this was resolved") && !said.contains("archive,"), "{said}");
    assert_eq!(world.stage(&number).await, "resolved");
    world.ada.api.delete(&format!("{path}/resolution?note=Again")).await.expect(200);
    world.ada.api.put(&format!("{path}/resolution"), crate::support::world::resolved()).await.expect(200);
    world.ada.api.put(&format!("{path}/archive"), json!({})).await.expect(200);

    let before = world.conversation(&number).await;
    let refusal = world.ada.api.delete(&format!("{path}/dependencies/{dependency}")).await.expect(409).json();
    assert_eq!((&refusal["code"], &refusal["from"]), (&json!("illegal_transition"), &json!("archived")), "{refusal}");
    world.ada.api.post(&format!("{path}/dependencies"), json!({ "until": "2099-01-01T00:00:00Z" })).await.expect(409);
    assert!(world.ben.api.all("/reviews").await.is_empty(), "nobody is asked for what is over");
    world.ben.api.put(&format!("/reviews/{dependency}/completion"), json!({})).await.expect(409);
    world.ada.page.posts(&format!("{path}/dependencies/{dependency}"), &[("do", "unlink")]).await.expect(303);
    world.ada.api.put(&format!("{path}/hold"), on_ben()).await.expect(409);
    assert_eq!(world.conversation(&number).await["dependencies"], before["dependencies"]);
}
