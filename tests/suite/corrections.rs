//! Messages are written anew with a trace, and their text can be removed for good.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::store::{Access, Db, archive};

use crate::attachments::{PNG, uploads};
use crate::support::app::send;
use crate::support::binary;
use crate::support::cast::UMA_EMAIL;
use crate::support::database::Engine;
use crate::support::live::Socket;
use crate::support::live_page::LivePage;
use crate::support::widget::Widget;
use crate::support::world::{World, resolved};

both![
    a_message_is_written_anew_and_everybody_can_see_what_it_said,
    only_its_writer_or_a_manager_changes_a_message_and_only_where_it_is_seen,
    an_edit_that_cannot_be_stays_as_it_was_typed,
    two_who_edit_one_message_do_not_write_over_each_other,
    what_was_named_after_a_removed_text_is_forgotten_also_under_another_name,
    both_are_plain_forms,
    a_removed_text_is_nowhere_any_more,
    what_was_edited_or_merged_goes_with_its_trace_and_its_title,
    open_pages_and_the_visitor_see_it_at_once,
];

const SECRET: &str = "hunter2-4711";

async fn says(world: &World, number: &str, body: &str) -> i64 {
    let sent = world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": body })).await;
    sent.expect(201).json()["id"].as_i64().unwrap()
}

async fn messages(world: &World, number: &str) -> Vec<Value> {
    world.root.api.all(&format!("/conversations/{number}/messages")).await
}

/// Everything in the database, as a backup holds it.
fn everything(world: &World) -> String {
    let (db, _) = Db::open(&world.db.target(), Access::Tool).unwrap();
    let mut out = Vec::new();
    archive::dump(&db, &mut out, &mut |_, _| ()).unwrap();
    String::from_utf8(out).unwrap()
}

async fn a_message_is_written_anew_and_everybody_can_see_what_it_said(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Where is it?").await;
    let id = says(&world, &number, "It is on the tarin.").await;
    let stage = world.stage(&number).await;
    let path = format!("/messages/{id}");
    let edited = world.ada.api.patch(&path, json!({ "body": "It is on the **train**." })).await.expect(200).json();
    assert_eq!((edited["body"].as_str(), edited["edited_at"].is_string()), (Some("It is on the **train**."), true));
    world.max.api.patch(&path, json!({ "body": "It is on the train." })).await.expect(200);
    // The same again changes nothing.
    world.max.api.patch(&path, json!({ "body": "It is on the train." })).await.expect(200);
    let trace = world.ben.api.all(&format!("{path}/history")).await;
    let said: Vec<_> =
        trace.iter().map(|one| (one["body"].as_str().unwrap(), one["by"]["name"].as_str().unwrap())).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!((said[0].0, said[1].0), ("It is on the tarin.", "It is on the **train**."));
    assert_ne!(said[0].1, said[1].1);
    assert_eq!(world.stage(&number).await, stage, "an edit changes no stage");
    let page = world.ben.page.sees(&format!("/inbox/waiting?open={number}")).await;
    assert!(page.text(&format!("#message-{id}")).contains("It is on the train."));
    assert!(page.text(&format!("#message-{id} .msg__edited")).contains("edited"));
    assert!(page.text(".row__preview").contains("It is on the train."), "{}", page.text(".row"));
    let shown = world.ben.page.sees(&format!("{path}/text")).await;
    assert!(shown.text(".trace").contains("It is on the tarin.") && !shown.has("textarea"));
    let facts = world.root.api.get(&format!("/conversations/{number}/timeline")).await.expect(200).body;
    assert_eq!(facts.matches("message.edited").count(), 2, "{facts}");
    assert!(!facts.contains("tarin"), "the trace stands beside the message, not in the feed");
    assert!(binary::prints(&world.db, &["verify"]).contains("records"));
}

async fn only_its_writer_or_a_manager_changes_a_message_and_only_where_it_is_seen(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Where is it?").await;
    let id = says(&world, &number, "Here.").await;
    let asked = messages(&world, &number).await[0]["id"].as_i64().unwrap();
    let body = json!({ "body": "There." });
    world.ben.api.patch(&format!("/messages/{id}"), body.clone()).await.expect(403);
    world.ben.api.delete(&format!("/messages/{id}/body")).await.expect(403);
    world.ben.api.delete(&format!("/messages/{asked}/body")).await.expect(403);
    world.ben.page.posts(&format!("/messages/{id}/text"), &[("body", "There.")]).await.expect(403);
    world.ben.page.posts(&format!("/messages/{id}/redaction"), &[]).await.expect(403);
    assert!(!world.ben.page.sees(&format!("/messages/{id}/text")).await.has("textarea"));
    let refused = world.max.api.patch(&format!("/messages/{asked}"), body.clone()).await.expect(422).json();
    assert_eq!(refused["message"], "Only what was written here can be edited.");
    world.max.api.patch("/messages/999999", body.clone()).await.expect(404);
    world.max.api.patch("/messages/x", body.clone()).await.expect(404);
    world.max.api.patch(&format!("/messages/{id}"), json!({ "author": "Ben" })).await.expect(422);

    world.root.api.post("/queues", json!({ "slug": "vault", "restricted": true, "members": [] })).await.expect(201);
    let record = world.record_of(&number).await;
    world.max.api.put(&format!("/interactions/{record}/assignment"), json!({ "queue": "vault" })).await.expect(200);
    world.ada.api.patch(&format!("/messages/{id}"), body).await.expect(404);
    world.ada.api.delete(&format!("/messages/{id}/body")).await.expect(404);
    world.ada.api.get(&format!("/messages/{id}/history")).await.expect(404);
    world.ada.page.get(&format!("/messages/{id}/text")).await.expect(404);
    assert_eq!(messages(&world, &number).await[1]["body"], "Here.");
}

async fn an_edit_that_cannot_be_stays_as_it_was_typed(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Where is it?").await;
    let id = says(&world, &number, "Here.").await;
    let form = world.ada.page.sees(&format!("/messages/{id}/text")).await.form("main form");
    let answer = world.ada.page.submits(&form.clone().with("body", "  ")).await.expect(422).page();
    assert!(answer.text("[data-error-summary]").contains("Message is empty."), "{}", answer.words());
    let path = format!("/conversations/{number}");
    world.ada.api.put(&format!("{path}/resolution"), resolved()).await.expect(200);
    world.ada.api.put(&format!("{path}/archive"), json!({})).await.expect(200);
    world.ada.api.patch(&format!("/messages/{id}"), json!({ "body": "Late" })).await.expect(409);
    world.ada.api.delete(&format!("/messages/{id}/body")).await.expect(409);
    // What must not be kept is not kept in what is archived either.
    world.max.api.delete(&format!("/messages/{id}/body")).await.expect(200);
    world.max.api.delete(&format!("/messages/{id}/body")).await.expect(200);
    let refused = world.max.page.get(&format!("/messages/{id}/text")).await.expect(200).page();
    assert!(!refused.has("textarea"));
}

async fn two_who_edit_one_message_do_not_write_over_each_other(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Where is it?").await;
    let path = format!("/messages/{}", says(&world, &number, "Here.").await);
    let form = world.max.page.sees(&format!("{path}/text")).await.form("main form");
    let ada = world.ada.api.patch(&path, json!({ "body": "There.", "edited_at": null })).await.expect(200).json();
    let late = world.max.page.submits(&form.with("body", "Nowhere.")).await.expect(409).page();
    assert_eq!(late.text("textarea"), "Nowhere.", "what was typed is kept");
    assert!(late.text("[data-error-summary]").contains("It says now: There."), "{}", late.words());
    world.max.api.patch(&path, json!({ "body": "Nowhere.", "edited_at": null })).await.expect(409);
    world.max.page.submits(&late.form("main form")).await.expect(303);
    world.ada.api.patch(&path, json!({ "body": "Here.", "edited_at": ada["edited_at"] })).await.expect(409);
    assert_eq!(messages(&world, &number).await[1]["body"], "Nowhere.");
}

async fn what_was_named_after_a_removed_text_is_forgotten_also_under_another_name(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes(&format!("My code is {SECRET}")).await;
    let asked = messages(&world, &number).await[0]["id"].as_i64().unwrap();
    world.ada.api.patch(&format!("/conversations/{number}"), json!({ "title": "A code" })).await.expect(200);
    assert!(everything(&world).contains(SECRET));
    world.max.api.delete(&format!("/messages/{asked}/body")).await.expect(200);
    assert!(!everything(&world).contains(SECRET));
}

async fn both_are_plain_forms(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Where is it?").await;
    let id = says(&world, &number, "Heer.").await;
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    let link = page.attr(&format!("#message-{id} .msg__more"), "href");
    let form = world.ada.page.sees(&link).await.form("main form");
    let done = world.ada.page.submits(&form.with("body", "Here.")).await.expect(303);
    assert_eq!(done.location(), format!("/conversations/{number}"));
    let page = world.ada.page.sees(&link).await;
    let removal = page.attr("button[formaction]", "formaction");
    world.ada.page.posts(&removal, &[]).await.expect(303);
    let page = world.ben.page.sees(&format!("/conversations/{number}")).await;
    assert!(page.text(&format!("#message-{id}")).contains("Removed by"));
    assert!(!page.words().contains("Here.") && !page.words().contains("Heer."), "{}", page.words());
}

async fn a_removed_text_is_nowhere_any_more(engine: Engine) {
    let world = World::open(engine).await;
    let customer = world.stranger("sms");
    let number = customer.writes(&format!("My password is {SECRET}, please help me")).await;
    // Somebody judges it: its words are learned.
    let path = format!("/conversations/{number}");
    world.ada.api.put(&format!("{path}/suspension"), json!({})).await.expect(200);
    world.ada.api.delete(&format!("{path}/suspension")).await.expect(200);
    let asked = messages(&world, &number).await[0]["id"].as_i64().unwrap();
    let file = uploads(&world.ada.api, &format!("{SECRET}.png"), PNG).await.expect(201).json();
    let reply = json!({ "body": format!("Not {SECRET}!"), "attachments": [file["id"]] });
    let request = world.ada.api.request(Method::POST, &format!("{path}/replies")).header("Idempotency-Key", "once");
    let sent = send("POST a reply".to_owned(), request.json(&reply)).await.expect(201).json();
    let answered = sent["id"].as_i64().unwrap();
    world
        .ada
        .api
        .patch(&format!("/messages/{answered}"), json!({ "body": format!("Never {SECRET}") }))
        .await
        .expect(200);
    let start = json!({ "channel": "sms", "to": "+14155557777", "body": format!("{SECRET} was found") });
    let request = world.ada.api.request(Method::POST, "/conversations").header("Idempotency-Key", "begun");
    let begun = send("POST a conversation".to_owned(), request.json(&start)).await.expect(201).json();
    let begun = begun["number"].as_str().unwrap().to_owned();
    let first = messages(&world, &begun).await[0]["id"].as_i64().unwrap();
    let draft = [("body", format!("As you said: Never {SECRET}")), ("kind", "note".to_owned())];
    let draft: Vec<(&str, &str)> = draft.iter().map(|(name, value)| (*name, value.as_str())).collect();
    world.ben.page.posts(&format!("{path}/draft"), &draft).await.expect(204);
    assert!(everything(&world).matches(SECRET).count() > 8, "it stood in many places");

    world.max.api.delete(&format!("/messages/{asked}/body")).await.expect(200);
    world.ada.api.delete(&format!("/messages/{first}/body")).await.expect(200);
    let gone = world.ada.api.delete(&format!("/messages/{answered}/body")).await.expect(200).json();
    assert_eq!((gone["body"].as_str(), gone["attachments"].as_array().map(Vec::len)), (Some(""), Some(0)));
    assert!(gone["removed"]["at"].is_string() && gone["removed"]["by"]["id"].is_number(), "{gone}");

    let kept = everything(&world);
    let where_it_stands = kept.lines().filter(|line| line.contains(SECRET)).collect::<Vec<_>>();
    assert!(where_it_stands.is_empty(), "{where_it_stands:?}");
    assert_eq!(world.conversation(&number).await["title"], "Message removed");
    for page in [format!("/inbox/open?open={number}"), format!("/palette?q={SECRET}"), "/contacts".to_owned()] {
        assert!(
            !world.ben.page.get(&page).await.body.replace(&format!("q={SECRET}"), "").contains(&format!("{SECRET},"))
        );
    }
    let feed = world.root.api.all_of_what_is_there("/events").await;
    assert!(!feed.contains(SECRET) && feed.contains("message.redacted"));
    world.ada.api.get(file["url"].as_str().unwrap().trim_start_matches("/api/v1")).await.expect(404);
    assert!(world.ada.api.all(&format!("/messages/{answered}/history")).await.is_empty());
    assert!(binary::prints(&world.db, &["verify"]).contains("records"));
    // The conversation goes on.
    customer.sends("Thank you").await.expect(201);
    says(&world, &number, "Welcome").await;
}

async fn what_was_edited_or_merged_goes_with_its_trace_and_its_title(engine: Engine) {
    let world = World::open(engine).await;
    let into = world.uma.writes("By phone").await;
    let mail = json!({ "provider_message_id": "mail", "from": UMA_EMAIL, "body": format!("Again: {SECRET} fails") });
    let source = world.uma.delivers(mail).await.expect(201).json()["conversation"].as_str().unwrap().to_owned();
    let asked = messages(&world, &source).await[0]["id"].as_i64().unwrap();
    world.ada.api.put(&format!("/conversations/{source}/merge"), json!({ "into": into })).await.expect(200);
    world.max.api.delete(&format!("/messages/{asked}/body")).await.expect(200);
    let kept = everything(&world);
    let left: Vec<_> = kept.lines().filter(|line| line.contains(SECRET)).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(binary::prints(&world.db, &["verify"]).contains("records"));
}

async fn open_pages_and_the_visitor_see_it_at_once(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let visitor = widget.visitor().await;
    let number = visitor.writes("Where is it?").await;
    let id = says(&world, &number, "On the tarin").await;
    let mut ben = LivePage::open("ben", &world.ben.page, &format!("/inbox/open?open={number}")).await;
    let mut open = Socket::of_program(&world.max.api, &format!("conversation:{number}"), None).await.unwrap();
    let mut line = visitor.line(&world.base, json!({})).await.unwrap();

    world.ada.api.patch(&format!("/messages/{id}"), json!({ "body": "On the train" })).await.expect(200);
    let frame = open.until("message.edited").await;
    let swap = frame["ops"].as_array().unwrap().iter().find(|op| op["id"] == format!("message-{id}")).unwrap().clone();
    assert!(swap["op"] == "swap" && swap["html"].as_str().unwrap().contains("On the train"), "{swap}");
    line.until("changed").await;
    assert_eq!(visitor.reads(&number).await.last().unwrap().1, "On the train");
    ben.sees_the_same_after_reload().await;

    let node = open.node();
    world.ada.api.delete(&format!("/messages/{id}/body")).await.expect(200);
    let frame = open.until("message.redacted").await;
    assert!(!frame.to_string().contains("On the train"), "{frame}");
    line.until("changed").await;
    assert_eq!(visitor.reads(&number).await.last().unwrap().1, "Message removed");
    ben.sees_the_same_after_reload().await;
    // A page that was away is not told what the message said.
    let mut late =
        Socket::of_program(&world.max.api, &format!("conversation:{number}"), Some((&node, 1))).await.unwrap();
    let frame = late.next().await.unwrap();
    assert_eq!(frame["type"], "refresh", "{frame}");
}
