//! How long customers may be silent, as their channel says it: reminded, closed, or neither.

use chrono::TimeDelta;
use serde_json::{Value, json};
use switchboard::desk::outbox::Outcome;

use crate::support::binary;
use crate::support::database::Engine;
use crate::support::world::World;

both![
    a_channel_says_how_long_its_customers_may_be_silent,
    messaging_that_is_switched_on_is_reminded_by_text_and_closed,
    a_saved_page_keeps_what_it_does_not_show_and_null_is_the_default,
];

fn after(world: &World, seconds: i64) {
    let clock = &world.here().clock;
    clock.advance(TimeDelta::seconds(seconds));
    world.desk().tick(clock.now()).unwrap();
}

async fn answered(world: &World, channel: &str) -> String {
    let number = world.stranger(channel).writes("Hello").await;
    world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "Yes?" })).await.expect(201);
    number
}

async fn patience(world: &World, channel: &str, remind: Value, close: Value) {
    let idle = json!({ "remind_after": remind, "close_after": close });
    world.root.api.patch(&format!("/channels/{channel}"), idle).await.expect(200);
}

async fn reminders(world: &World, number: &str) -> Vec<String> {
    let thread = world.root.api.all(&format!("/conversations/{number}/messages")).await;
    let lines = thread.iter().filter(|line| line["kind"] == "event");
    lines.map(|line| line["body"].as_str().unwrap().to_owned()).collect()
}

async fn a_channel_says_how_long_its_customers_may_be_silent(engine: Engine) {
    let world = World::standing(engine).await;
    // The one that waits already is looked at again.
    let number = answered(&world, "chat").await;
    patience(&world, "chat", json!(30), json!(90)).await;
    assert!(binary::prints(&world.db, &["verify"]).contains("records"), "what is to be looked at again is no damage");
    after(&world, 29);
    assert!(reminders(&world, &number).await.is_empty());
    after(&world, 1);
    let said = "Are you still there? This chat closes in 1 minute if we do not hear from you.";
    assert_eq!(reminders(&world, &number).await, [said]);
    after(&world, 59);
    assert_eq!(world.stage(&number).await, "waiting_on_user");
    after(&world, 1);
    assert_eq!(world.stage(&number).await, "resolved");
    assert_eq!(reminders(&world, &number).await.len(), 1);

    patience(&world, "chat", json!(0), json!(0)).await;
    let never = answered(&world, "chat").await;
    after(&world, 86_400);
    assert_eq!(world.stage(&never).await, "waiting_on_user", "0 is never");
    assert!(reminders(&world, &never).await.is_empty());
    // Whoever has been silent for a day is asked first, and has as long as the words say.
    patience(&world, "chat", Value::Null, Value::Null).await;
    after(&world, 1);
    assert_eq!(reminders(&world, &never).await, [said.replace("1 minute", "3 minutes")]);
    after(&world, 178);
    assert_eq!(world.stage(&never).await, "waiting_on_user");
    after(&world, 1);
    assert_eq!(world.stage(&never).await, "resolved");

    patience(&world, "chat", json!(60), json!(0)).await;
    let reminded = answered(&world, "chat").await;
    after(&world, 60);
    assert!(reminders(&world, &reminded).await[0].ends_with("Write whenever you like."));
    after(&world, 86_400);
    assert_eq!(world.stage(&reminded).await, "waiting_on_user");
    binary::prints(&world.db, &["verify"]);
}

async fn messaging_that_is_switched_on_is_reminded_by_text_and_closed(engine: Engine) {
    let world = World::standing(engine).await;
    let off = answered(&world, "sms").await;
    after(&world, 86_400);
    assert_eq!(world.stage(&off).await, "waiting_on_user", "messaging waits for ever until it is told otherwise");
    let channel = json!({
        "slug": "text", "kind": "sms", "queue": "support", "account_sid": "AC1", "auth_token": "t",
        "number": "+15005550006", "remind_after": 3600, "close_after": 7200,
    });
    world.root.api.post("/channels", channel).await.expect(201);
    let start = json!({ "channel": "text", "to": "+14155550111", "body": "Your parcel waits. Shall we send it?" });
    let begun = world.ada.api.post("/conversations", start).await.expect(201).json();
    let number = begun["number"].as_str().unwrap();
    let letter = world.desk().claim_letter().unwrap().unwrap();
    world.desk().letter_tried(&letter, Outcome::Accepted("SM1".to_owned())).unwrap();
    after(&world, 3600);
    let letter = world.desk().claim_letter().unwrap().expect("the reminder is sent");
    let said = "Are you still there? This conversation closes in 60 minutes if we do not hear from you.";
    assert_eq!((letter.body.as_str(), letter.recipient.as_str()), (said, "+14155550111"));
    world.desk().letter_tried(&letter, Outcome::Accepted("SM2".to_owned())).unwrap();
    world.max.api.delete(&format!("/messages/{}", letter.message)).await.expect(409);
    let thread = world.root.api.all(&format!("/conversations/{number}/messages")).await;
    assert_eq!((&thread[1]["kind"], &thread[1]["delivery"]), (&json!("event"), &json!("accepted")));
    after(&world, 3600);
    assert_eq!(world.stage(number).await, "resolved");
    assert_eq!(world.interaction(number).await["state"], "closed_abandoned");
    binary::prints(&world.db, &["verify"]);
}

async fn a_saved_page_keeps_what_it_does_not_show_and_null_is_the_default(engine: Engine) {
    let world = World::open(engine).await;
    let root = &world.root;
    let text = json!({ "slug": "text", "kind": "sms", "number": "+15005550006", "help_text": "Call us" });
    root.api.post("/channels", text).await.expect(201);
    root.api.post("/channels", json!({ "slug": "site", "kind": "widget", "type": "chat" })).await.expect(201);
    for slug in ["sms", "text", "site"] {
        patience(&world, slug, json!(90), json!(0)).await;
        let path = format!("/settings/channels/{slug}");
        let page = root.page.sees(&path).await;
        assert_eq!(
            (page.attr("#remind_after", "value"), page.attr("#close_after", "value")),
            ("1.50".into(), "0".into())
        );
        root.page.submits(&page.form("form.plain__form").with("name", "Anew")).await.expect(303);
        // A form of before, without these fields.
        root.page.posts(&path, &[("name", "Old"), ("type", "messaging"), ("queue", "support")]).await.expect(303);
        let kept = root.api.get(&format!("/channels/{slug}")).await.expect(200).json();
        assert_eq!(
            (&kept["name"], &kept["remind_after"], &kept["close_after"]),
            (&json!("Old"), &json!(90), &json!(0))
        );
        let emptied = root.page.sees(&path).await.form("form.plain__form").with("remind_after", "");
        root.page.submits(&emptied).await.expect(303);
        let kept = root.api.get(&format!("/channels/{slug}")).await.expect(200).json();
        assert_eq!((&kept["remind_after"], &kept["close_after"]), (&Value::Null, &json!(0)));
        patience(&world, slug, json!(5), Value::Null).await;
        let kept = root.api.get(&format!("/channels/{slug}")).await.expect(200).json();
        assert_eq!((&kept["remind_after"], &kept["close_after"]), (&json!(5), &Value::Null));
    }
    let kept = root.api.get("/channels/text").await.expect(200).json();
    assert_eq!((&kept["number"], &kept["help_text"]), (&json!("+15005550006"), &json!("Call us")));
    let reset = json!({ "number": null, "help_text": null, "queue": null });
    let reset = root.api.patch("/channels/text", reset).await.expect(200).json();
    assert_eq!((&reset["number"], &reset["help_text"]), (&Value::Null, &Value::Null));
    assert_eq!(reset["queue"]["slug"], "unrouted");
}
