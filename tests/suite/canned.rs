//! Canned responses: whose they are, what is filled in, and blanks that must be filled before anything is sent.

use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::world::World;

both![
    everybody_writes_their_own_and_managers_what_others_use,
    one_is_written_changed_and_removed_by_plain_forms,
    what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost,
    a_response_is_filled_in_for_its_conversation,
    a_blank_must_be_filled_before_anything_is_sent,
    the_picker_offers_what_fits_with_what_it_would_say,
    without_a_script_a_response_goes_behind_what_was_typed,
    names_and_texts_are_text,
    two_who_change_one_do_not_overwrite_each_other,
];

const HELLO: &str = "Hi {{contact.first_name}}, {{agent.first_name}} here about {{conversation.number}}. Your order [[order number]] is on its way.";

async fn made(world: &World, fields: Value) -> i64 {
    world.max.api.post("/canned-responses", fields).await.expect(201).json()["id"].as_i64().unwrap()
}

async fn everybody_writes_their_own_and_managers_what_others_use(engine: Engine) {
    let world = World::open(engine).await;
    let own = json!({ "name": "Ada's", "shortcut": "x", "body": "Mine" });
    let own = world.ada.api.post("/canned-responses", own).await.expect(201).json();
    assert_eq!((own["scope"].as_str(), own["version"].as_i64()), (Some("own"), Some(1)));
    for body in [
        json!({ "name": "A", "body": "a", "scope": "everyone" }),
        json!({ "name": "A", "body": "a", "queue": "billing" }),
    ] {
        world.ada.api.post("/canned-responses", body).await.expect(403);
    }
    let all =
        made(&world, json!({ "name": "Everybody's", "shortcut": "x", "body": "Ours", "scope": "everyone" })).await;
    world
        .root
        .api
        .post("/queues", json!({ "slug": "vault", "restricted": true, "members": [world.ben.email] }))
        .await
        .expect(201);
    let vault = json!({ "name": "The vault's", "body": "Secret", "queue": "vault" });
    let vault = world.max.api.post("/canned-responses", vault).await.expect(201).json();
    assert_eq!((vault["scope"].as_str(), vault["queue"]["slug"].as_str()), (Some("queue"), Some("vault")));
    let names =
        |seen: Vec<Value>| -> Vec<String> { seen.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect() };
    assert_eq!(names(world.ada.api.all("/canned-responses").await), ["Ada's", "Everybody's"]);
    assert_eq!(names(world.ben.api.all("/canned-responses?limit=1").await), ["Everybody's", "The vault's"]);
    // What one may not use is not there; what one may only use cannot be changed.
    let own = own["id"].as_i64().unwrap();
    for id in [own, vault["id"].as_i64().unwrap()] {
        let other = if id == own { &world.ben } else { &world.ada };
        other.api.get(&format!("/canned-responses/{id}")).await.expect(404);
        other.api.delete(&format!("/canned-responses/{id}")).await.expect(404);
        other.page.get(&format!("/settings/canned/{id}")).await.expect(404);
    }
    world.ada.api.patch(&format!("/canned-responses/{all}"), json!({ "body": "Mine" })).await.expect(403);
    world.ada.api.delete(&format!("/canned-responses/{all}")).await.expect(403);
    world.ada.page.posts(&format!("/settings/canned/{all}/removal"), &[]).await.expect(403);
    world.ada.api.patch(&format!("/canned-responses/{own}"), json!({ "scope": "everyone" })).await.expect(403);
    assert!(!world.ada.page.sees(&format!("/settings/canned/{all}")).await.has("textarea"));
    world.ada.api.delete(&format!("/canned-responses/{own}")).await.expect(200);
}

async fn one_is_written_changed_and_removed_by_plain_forms(engine: Engine) {
    let world = World::open(engine).await;
    let max = &world.max.page;
    let form = max.sees("/settings/canned/new").await.form("form.plain__form");
    let form = form
        .with("name", "On its way")
        .with("shortcut", "/OnItsWay")
        .with("body", HELLO)
        .with("audience", "queue:billing");
    assert_eq!(max.submits(&form).await.expect(303).location(), "/settings/canned");
    let list = max.sees("/settings/canned").await;
    assert_eq!(list.texts(".mini__title"), ["On its way"]);
    assert_eq!(list.texts(".mini__sub"), ["/onitsway · Billing"]);
    let at = list.attr(".mini__link", "href");
    let page = max.sees(&at).await;
    assert_eq!(
        page.form("form.plain__form").fields.iter().find(|(name, _)| name == "audience").unwrap().1,
        "queue:billing"
    );
    max.submits(&page.form("form.plain__form").with("name", "Sent").with("audience", "everyone")).await.expect(303);
    assert_eq!(world.ada.page.sees("/settings/canned").await.texts(".mini__title"), ["Sent"]);
    assert_eq!(world.ada.page.sees("/settings/canned?q=ent").await.texts(".mini__title"), ["Sent"]);
    assert!(world.ada.page.sees("/settings/canned?q=xyz").await.texts(".mini__title").is_empty());
    let page = max.sees(&at).await;
    max.submits(&page.form("form[action$='/removal']")).await.expect(303);
    assert!(max.sees("/settings/canned").await.has(".empty"));
    max.get(&at).await.expect(404);
}

async fn what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(engine: Engine) {
    let world = World::open(engine).await;
    made(&world, json!({ "name": "First", "shortcut": "taken", "body": "x", "scope": "everyone" })).await;
    let form = world.max.page.sees("/settings/canned/new").await.form("form.plain__form");
    let rows = [
        ("name", " ", "Write a name of at most 80 characters."),
        ("shortcut", "two words", "Use at most 40 letters, digits and hyphens."),
        ("shortcut", "TAKEN", "This shortcut is taken."),
        ("body", "  ", "Write what it says."),
        ("body", "Hi {{contact.nme}}", "There is no variable contact.nme."),
        ("body", "Hi {{contact.name", "A variable is not closed."),
        ("audience", "queue:nowhere", "Choose who uses it."),
    ];
    for (field, typed, sentence) in rows {
        let good = form.clone().with("name", "Kept").with("body", "Kept too").with("audience", "everyone");
        let page = world.max.page.submits(&good.with(field, typed)).await.expect(422).page();
        let wrong = page.texts(".error").join(" ");
        assert!(wrong.contains(sentence) || page.words().contains(sentence), "{field} {typed}: {wrong}");
        assert!(page.has(&format!("#{field}[aria-invalid]")), "{field} is marked");
        let again = page.form("form.plain__form");
        let kept = again.fields.contains(&(field.to_owned(), typed.to_owned()));
        assert!(kept || field == "audience", "{:?}", again.fields);
    }
    let refused =
        world.max.api.post("/canned-responses", json!({ "name": "A", "body": "{{x}}" })).await.expect(422).json();
    assert_eq!(refused["field"], "body");
    world.max.api.post("/canned-responses", json!({ "name": "A", "body": "a", "scope": "world" })).await.expect(422);
    world.max.api.post("/canned-responses", json!({ "name": "A", "body": "a", "queue": "nowhere" })).await.expect(422);
}

async fn a_response_is_filled_in_for_its_conversation(engine: Engine) {
    let world = World::open(engine).await;
    let body = format!("{HELLO} {{{{organization.name}}}}, {{{{queue.name}}}}");
    made(&world, json!({ "name": "Hello", "shortcut": "hello", "body": body, "scope": "everyone" })).await;
    let number = world.uma.writes("Where is it?").await;
    let filled = world.ada.api.all(&format!("/conversations/{number}/canned-responses?q=hel")).await;
    let text = filled[0]["text"].as_str().unwrap();
    assert_eq!(
        text,
        format!("Hi Uma, ada here about {number}. Your order [[order number]] is on its way. Acme, Support")
    );
    assert_eq!(filled[0]["blanks"], json!(["order number"]));
    // Whom nobody knows has no name: that is a blank too.
    let number = world.stranger("sms").writes("Hello?").await;
    let filled = world.ada.api.all(&format!("/conversations/{number}/canned-responses")).await;
    assert_eq!(filled[0]["blanks"], json!(["contact first name", "order number", "organization name"]));
    world.ada.api.get("/conversations/CONV-99/canned-responses").await.expect(404);
}

async fn a_blank_must_be_filled_before_anything_is_sent(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Where is it?").await;
    let path = format!("/conversations/{number}");
    let form = world.ada.page.sees(&path).await.form("form.composer");
    let typed = "Your order [[order number]] is on its way.";
    let page = world.ada.page.submits(&form.clone().with("body", typed)).await.expect(422).page();
    assert!(
        page.text("[data-alert]").contains("Fill in the blank first: order number."),
        "{}",
        page.text("[data-alert]")
    );
    assert_eq!(page.text("#reply"), typed);
    assert_eq!(world.stage(&number).await, "new");
    let refused = world.ada.api.post(&format!("{path}/replies"), json!({ "body": typed })).await.expect(422).json();
    assert_eq!(refused["field"], "body");
    let form = page.form("form.composer");
    world.ada.page.submits(&form.with("body", "Your order 7 is on its way. `[[ -f x ]]`")).await.expect(303);
    assert_eq!(world.stage(&number).await, "waiting_on_user");
    // A note may ask a colleague to fill it in.
    world.ada.api.post(&format!("{path}/notes"), json!({ "body": typed })).await.expect(201);
}

async fn the_picker_offers_what_fits_with_what_it_would_say(engine: Engine) {
    let world = World::open(engine).await;
    for (name, shortcut) in [("Swap approved", "swap"), ("Swap later", "swap-later"), ("Hello", "hello")] {
        made(&world, json!({ "name": name, "shortcut": shortcut, "body": HELLO, "scope": "everyone" })).await;
    }
    let number = world.uma.writes("Where is it?").await;
    let offers = |typed: &str| format!("/conversations/{number}/offers?q={typed}");
    let page = world.ada.page.get(&offers("/swap")).await.expect(200).page();
    assert_eq!(page.texts("[role=option] .offers__name"), ["Swap approved", "Swap later"]);
    let first = page.attrs("[role=option]", "data-text").remove(0);
    assert!(first.starts_with("Hi Uma, ada here") && first.contains("[[order number]]"), "{first}");
    assert!(page.texts(".offers__text")[0].contains("One blank to fill in: order number."));
    assert_eq!(page.texts(".offers__blank")[0], "order number");
    assert_eq!(world.ada.page.get(&offers("/")).await.expect(200).page().all("[role=option]").len(), 3);
    let none = world.ada.page.get(&offers("/nothing")).await.expect(200).page();
    assert!(!none.has("[role=option]") && none.has(".offers__none"));
    world.ada.page.get("/conversations/CONV-99/offers?q=/").await.expect(404);
    assert!(world.ada.page.sees(&format!("/conversations/{number}")).await.has("[data-offer='/']"));
}

async fn without_a_script_a_response_goes_behind_what_was_typed(engine: Engine) {
    let world = World::open(engine).await;
    made(&world, json!({ "name": "Hello", "body": HELLO, "scope": "everyone" })).await;
    let number = world.uma.writes("Where is it?").await;
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    let mut form = page.form("form.composer").with("body", "Good morning!");
    form.action = page.attr("[data-offer]", "formaction");
    let choose = world.ada.page.submits(&form).await.expect(303);
    let page = world.ada.page.sees(choose.location()).await;
    let back = world.ada.page.submits(&page.form("main form")).await.expect(303);
    let page = world.ada.page.sees(back.location().split('#').next().unwrap()).await;
    let draft = page.one("#reply").inner_html();
    assert!(draft.starts_with("Good morning!\n\nHi Uma, ada here"), "{draft}");
    world.ada.page.posts(&format!("/conversations/{number}/canned"), &[("canned", "99")]).await.expect(404);
    world.ada.page.posts(&format!("/conversations/{number}/canned"), &[("canned", "x")]).await.expect(404);
}

async fn names_and_texts_are_text(engine: Engine) {
    let world = World::open(engine).await;
    let hostile = "<img src=x onerror=alert(1)>";
    let fields = json!({ "name": hostile, "body": format!("{hostile} [[{hostile}]]"), "scope": "everyone" });
    let id = made(&world, fields).await;
    let number = world.uma.writes("Where is it?").await;
    for path in [
        "/settings/canned".to_owned(),
        format!("/settings/canned/{id}"),
        format!("/conversations/{number}/offers?q=/"),
        format!("/conversations/{number}/canned"),
    ] {
        let page = world.max.page.get(&path).await.expect(200);
        assert!(!page.page().has("img") && page.body.contains("&lt;img") || page.body.contains("&#60;img"), "{path}");
    }
}

async fn two_who_change_one_do_not_overwrite_each_other(engine: Engine) {
    let world = World::open(engine).await;
    let id = made(&world, json!({ "name": "Hello", "body": "Hi", "scope": "everyone" })).await;
    let form = world.max.page.sees(&format!("/settings/canned/{id}")).await.form("form.plain__form");
    let path = format!("/canned-responses/{id}");
    world.root.api.patch(&path, json!({ "body": "Hello", "version": 1 })).await.expect(200);
    world.root.api.patch(&path, json!({ "body": "Late", "version": 1 })).await.expect(409);
    let page = world.max.page.submits(&form.with("body", "Good day")).await.expect(409).page();
    assert!(page.words().contains("Somebody changed this response meanwhile."));
    assert_eq!(page.text("#body"), "Good day");
    world.max.page.submits(&page.form("form.plain__form")).await.expect(303);
    assert_eq!(world.root.api.get(&path).await.expect(200).json()["body"], "Good day");
}
