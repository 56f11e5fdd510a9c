//! Channels: set up by admins on pages and by programs; their secrets are never told.

use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::world::World;

both![
    an_admin_makes_a_channel_on_the_page_and_finds_the_address_to_paste,
    a_form_that_is_wrong_comes_back_as_it_was_typed,
    a_program_sets_a_channel_up_and_never_reads_its_secrets,
    every_change_of_a_channel_is_on_record_without_its_values,
    only_admins_set_up_channels,
    an_api_channel_gives_a_token_that_works_and_a_test_that_arrives,
    a_program_tries_a_channel_out_and_renews_its_secret,
];

const TOKEN: &str = "a-token-nobody-else-knows";

async fn an_admin_makes_a_channel_on_the_page_and_finds_the_address_to_paste(engine: Engine) {
    let world = World::open(engine).await;
    let root = &world.root.page;
    assert_eq!(root.get("/settings").await.expect(303).location(), "/settings/channels");
    let form = root.sees("/settings/channels/new?kind=sms").await.form("form.plain__form");
    let form =
        form.with("slug", "orders").with("name", "Orders").with("queue", "billing").with("number", "+15005550006");
    let made = root.submits(&form.with("account_sid", "AC1").with("auth_token", TOKEN)).await.expect(303);
    assert_eq!(made.location(), "/settings/channels/orders");
    let page = root.sees("/settings/channels/orders").await;
    assert_eq!(page.attr("#webhook", "value"), format!("{}/channels/orders/twilio", world.base));
    assert!(!page.words().contains(TOKEN) && !page.has("#auth_token[value]"));
    let widget = root.sees("/settings/channels/new?kind=widget").await.form("form.plain__form");
    root.submits(&widget.with("slug", "site").with("remind_after", "1.5")).await.expect(303);
    let page = root.sees("/settings/channels/site").await;
    let key = world.root.api.get("/channels/site").await.expect(200).json()["key"].as_str().unwrap().to_owned();
    assert!(key.len() >= 20 && page.attr("#snippet", "value").contains(&key));
    assert_eq!(page.attr("#remind_after", "value"), "1.50");
    let fresh = root.submits(&page.form("form[action$='/secret']")).await.expect(200).page();
    let secret = fresh.attr("#fresh", "value");
    assert!(secret.len() == 64 && !root.sees("/settings/channels/site").await.has("#fresh"));
    let list = root.sees("/settings/channels").await.texts(".mini__title");
    assert!(["Orders", "site", "sms"].iter().all(|name| list.iter().any(|one| one == name)), "{list:?}");
}

async fn a_form_that_is_wrong_comes_back_as_it_was_typed(engine: Engine) {
    let world = World::open(engine).await;
    let root = &world.root.page;
    let empty = root.sees("/settings/channels/new?kind=sms").await.form("form.plain__form");
    let wrong = [
        ("slug", "sms", "taken"),
        ("slug", "Not A Slug", "lower case"),
        ("api_base", "ftp://example.com", "address like"),
        ("api_base", "https://user@example.com", "address like"),
        ("account_sid", "../x", "letters and digits"),
        ("country", "Wales", "two letters"),
    ];
    for (field, value, why) in wrong {
        let form = empty.clone().with("slug", "fine").with("name", "As typed").with(field, value);
        let page = root.submits(&form.with("auth_token", TOKEN)).await.expect(422).page();
        assert!(
            page.text("[data-error-summary]").contains(why),
            "{field}={value}: {}",
            page.text("[data-error-summary]")
        );
        assert_eq!(page.attr(&format!("#{field}"), "aria-invalid"), "true", "{field}");
        assert_eq!(page.attr("#name", "value"), "As typed");
        assert!(!page.has("#auth_token[value]"), "a secret is not sent back");
    }
    let first = root.sees("/settings/channels/sms").await.form("form.plain__form");
    root.submits(&first.clone().with("name", "One")).await.expect(303);
    let stale = root.submits(&first.with("name", "Two")).await.expect(409).page();
    assert_eq!(stale.attr("#name", "value"), "Two");
    root.submits(&stale.form("form.plain__form")).await.expect(303);
    assert_eq!(world.root.api.get("/channels/sms").await.expect(200).json()["name"], "Two");
}

async fn a_program_sets_a_channel_up_and_never_reads_its_secrets(engine: Engine) {
    let world = World::open(engine).await;
    let api = &world.root.api;
    let body = json!({
        "slug": "text", "name": "Text", "kind": "sms", "type": "messaging", "queue": "support", "provider": "twilio",
        "account_sid": "AC00", "auth_token": TOKEN, "number": "+15005550006", "api_base": "http://127.0.0.1:4010/",
    });
    let made = api.post("/channels", body).await.expect(201).json();
    assert_eq!(made["api_base"], "http://127.0.0.1:4010");
    assert_eq!((&made["provider"], &made["has_auth_token"]), (&json!("twilio"), &json!(true)));
    let changed = api.patch("/channels/text", json!({ "number": "+15005550007" })).await.expect(200).json();
    assert_eq!((&changed["account_sid"], &changed["number"]), (&json!("AC00"), &json!("+15005550007")));
    assert_eq!((&changed["has_auth_token"], &changed["key"]), (&json!(true), &made["key"]));
    let forgotten = api.patch("/channels/text", json!({ "auth_token": "" })).await.expect(200).json();
    assert_eq!(forgotten["has_auth_token"], json!(false));
    let refusal = api.patch("/channels/text", json!({ "key": "mine" })).await.expect(422).json();
    assert_eq!(refusal["code"], "read_only");
    for (field, value) in
        [("provider", json!("carrier pigeon")), ("origins", json!(["not a site"])), ("close_after", json!(-1))]
    {
        let refusal = api.patch("/channels/text", json!({ field: value })).await.expect(422).json();
        assert_eq!(refusal["field"], field, "{refusal}");
    }
    let told = [made, changed, api.get("/channels").await.expect(200).json()].map(|json| json.to_string()).join(" ");
    assert!(!told.contains(TOKEN), "{told}");
    assert!(!stored(&world).await.contains(TOKEN), "it is sealed in the database too");
}

/// Everything a backup holds.
async fn stored(world: &World) -> String {
    let file = world.db.beside("with-secrets.gz");
    let _ = std::fs::remove_file(&file);
    crate::support::binary::prints(&world.db, &["backup", file.to_str().unwrap()]);
    let mut text = String::new();
    let bytes = std::fs::File::open(&file).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(bytes), &mut text).unwrap();
    assert!(text.contains("+15005550007"), "the backup holds the channel");
    text
}

async fn every_change_of_a_channel_is_on_record_without_its_values(engine: Engine) {
    let world = World::open(engine).await;
    let head = world.root.api.get("/events?after=latest").await.expect(200).json()["next"].as_str().unwrap().to_owned();
    let body = json!({ "slug": "text", "kind": "sms", "auth_token": TOKEN });
    world.root.api.post("/channels", body).await.expect(201);
    world.root.api.patch("/channels/text", json!({ "number": "+15005550006", "auth_token": "b" })).await.expect(200);
    let facts = world.root.api.get(&format!("/events?after={head}")).await.expect(200).json()["items"].clone();
    let facts: Vec<&Value> = facts.as_array().unwrap().iter().filter(|fact| fact["type"] == "set_up.changed").collect();
    assert_eq!(facts.len(), 2);
    assert!(
        facts.iter().all(|fact| fact["data"]["record"] == "channel text" && fact["actor"]["email"] == world.root.email)
    );
    assert_eq!(facts[1]["data"]["what"], "auth_token, number");
}

async fn only_admins_set_up_channels(engine: Engine) {
    let world = World::open(engine).await;
    for agent in [&world.ada, &world.max, &world.wendy] {
        for path in ["/settings/channels", "/settings/channels/new", "/settings/channels/sms"] {
            agent.page.get(path).await.expect(403);
        }
        for path in ["/settings/channels/new", "/settings/channels/sms", "/settings/channels/sms/secret"] {
            agent.page.posts(path, &[("slug", "x"), ("kind", "api"), ("type", "chat")]).await.expect(403);
        }
    }
    for agent in [&world.ada, &world.wendy] {
        // Everybody writes canned responses of their own, and sees nothing else there.
        assert_eq!(agent.page.get("/settings").await.expect(303).location(), "/settings/canned");
        let sections = agent.page.sees("/settings/canned").await.texts(".set-up__list a");
        assert_eq!(sections, ["Canned responses"]);
    }
    // Managers have a section of their own.
    assert_eq!(world.max.page.get("/settings").await.expect(303).location(), "/settings/blocked");
    assert!(world.root.page.sees("/inbox").await.has("#nav-settings"));
}

async fn an_api_channel_gives_a_token_that_works_and_a_test_that_arrives(engine: Engine) {
    let world = World::open(engine).await;
    let page = world.root.page.sees("/settings/channels/sms").await;
    let fresh = world.root.page.submits(&page.form("form[action$='/secret']")).await.expect(200).page();
    let program = crate::support::app::Program::with(&world.base, &fresh.attr("#fresh", "value"));
    program.post("/inbound/sms", json!({ "from": "+14155550123", "body": "Hello" })).await.expect(201);
    program.post("/inbound/chat", json!({ "from": "+14155550123", "body": "Hello" })).await.expect(401);
    world.root.page.submits(&page.form("form[action$='/test']")).await.expect(303);
    let open = world.root.api.get("/conversations?view=all").await.expect(200).json();
    let titles: Vec<&str> =
        open["items"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect();
    assert!(titles.iter().any(|title| title.starts_with("A test of sms")), "{titles:?}");
}

async fn a_program_tries_a_channel_out_and_renews_its_secret(engine: Engine) {
    let world = World::open(engine).await;
    let root = &world.root.api;
    let widget = crate::support::widget::Widget::open(&world).await;
    root.post("/channels", json!({ "slug": "text", "kind": "sms", "provider": "trial" })).await.expect(201);
    for agent in [&world.ada, &world.max] {
        agent.api.post("/channels/sms/tests", json!({})).await.expect(403);
        agent.api.post("/channels/site/secret", json!({})).await.expect(403);
    }
    for slug in ["sms", "site"] {
        let tested = root.post(&format!("/channels/{slug}/tests"), json!({})).await.expect(201).json();
        let number = tested["conversation"].as_str().unwrap();
        assert_eq!(world.conversation(number).await["channel"]["slug"], slug);
    }
    let page = world.root.page.sees("/settings/channels/site").await;
    world.root.page.submits(&page.form("form[action$='/test']")).await.expect(303);
    let wrong = root.post("/channels/text/tests", json!({ "to": "nobody" })).await.expect(422).json();
    assert_eq!(wrong["field"], "to");
    let tested = root.post("/channels/text/tests", json!({ "to": "+14155550100" })).await.expect(200).json();
    assert_eq!(
        (&tested["conversation"], tested["message"].as_str().unwrap().contains("no text was sent")),
        (&Value::Null, true)
    );
    root.post("/channels/nowhere/tests", json!({})).await.expect(404);
    // Signed with the old secret nobody is known any more; told once, and kept nowhere.
    let fresh = |answer: crate::support::page::Answer| answer.expect(201).json()["secret"].as_str().unwrap().to_owned();
    let old = fresh(root.post("/channels/site/secret", json!({})).await);
    let ann = widget.named(&crate::support::widget::identity(&old, "ann"));
    ann.writes("Hello").await;
    let new = fresh(root.post("/channels/site/secret", json!({})).await);
    ann.get("/conversations").await.expect(401);
    assert_eq!(widget.named(&crate::support::widget::identity(&new, "ann")).list().await.len(), 1);
    let request = root.request(reqwest::Method::POST, "/channels/site/secret").header("Idempotency-Key", "k");
    crate::support::app::send("POST a secret twice".to_owned(), request.json(&json!({}))).await.expect(422);
    let token = fresh(root.post("/channels/sms/secret", json!({})).await);
    let program = crate::support::app::Program::with(&world.base, &token);
    program.post("/inbound/sms", json!({ "from": "+14155550123", "body": "Hello" })).await.expect(201);
    root.post("/channels/text/secret", json!({})).await.expect(409);
}
