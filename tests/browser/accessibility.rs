//! axe-core finds nothing, on any page, in both themes, at every width; nothing scrolls sideways.

use serde_json::{Value, json};
use switchboard::desk::outbox::Outcome;

use crate::browser::browser_of;
use crate::outbox::{self, claim, replies, texts, tried};
use crate::support::browser::{Browser, Theme};
use crate::support::database::Engine;
use crate::support::run;
use crate::support::world::World;

/// Every page there is, with something on it.
async fn pages(world: &World) -> Vec<(&'static str, String)> {
    let mut pages = vec![];
    for stage in ["new", "suspended", "waiting_on_user", "needs_response", "hold", "resolved", "archived"] {
        let number = world.conversation_in(stage).await;
        pages.push(("conversation", format!("/conversations/{number}")));
        if stage == "needs_response" {
            for form in ["hold", "resolution", "assignment", "tags", "merge"] {
                pages.push(("form", format!("/conversations/{number}/{form}")));
            }
            pages.push(("inbox-open", format!("/inbox/open?open={number}")));
            for tab in ["details", "tasks", "history"] {
                pages.push(("record", format!("/interactions/{}?tab={tab}", world.record_of(&number).await)));
            }
        }
    }
    let uma = world.uma.writes("Hello").await;
    let contact = world.interaction(&uma).await["opened_for"]["id"].clone();
    pages.push(("contact", format!("/contacts/{contact}")));
    for path in [
        "/inbox/mine",
        "/inbox/unassigned",
        "/inbox/hold",
        "/inbox/q/billing",
        "/suspended",
        "/interactions",
        "/interactions/new",
        "/interactions/new?type=messaging",
        "/contacts",
        "/contacts/new",
        "/contacts/1/edit",
        "/organizations/1",
        "/interactions/IMS0000001/contact",
        "/interactions/IMS0000001?tab=timeline",
        "/reviews",
        "/suspended?open=CONV-2",
        "/me/sessions",
        "/keys",
        "/conversations/CONV-999",
        "/no-such-page",
    ] {
        pages.push(("page", path.to_owned()));
    }
    pages
}

/// Every page of the set-up, of the outbox, and of what belongs to one person, with something on it.
async fn pages_around(world: &World) -> Vec<(&'static str, String)> {
    let api = &world.root.api;
    let made =
        |path: &'static str, body: Value| async move { api.post(path, body).await.expect(201).json()["id"].clone() };
    made("/channels", json!({ "slug": "site", "kind": "widget", "queue": "support", "type": "chat" })).await;
    let rule = made("/rules", json!({ "keywords": ["refund"], "queue": "billing" })).await;
    let canned = made("/canned-responses", json!({ "name": "Hello", "body": "Hi", "scope": "everyone" })).await;
    let field = json!({ "name": "Plan", "kind": "choice", "subject": "contact", "choices": ["Free", "Paid"] });
    let field = made("/custom-fields", field).await;
    let number = texts(world, "+14155550111");
    let message = replies(&world.ada, &number, "On its way").await;
    let letter = claim(world).unwrap();
    tried(world, &letter, Outcome::Refused("Nobody has this number.".to_owned()));
    let note = json!({ "body": "@ben please look" });
    world.ada.api.post(&format!("/conversations/{number}/notes"), note).await.expect(201);
    let profile = world.desk().conversation(&world.desk().agent(&world.root.email).unwrap(), number.parse().unwrap());
    let profile = profile.unwrap().profile.unwrap().0;
    let contact = api.all("/contacts").await[0]["id"].clone();
    let (channel, conversation) = ("/settings/channels", "/conversations");
    [
        "/settings",
        channel,
        "/settings/rules",
        "/settings/rules/new",
        "/settings/canned",
        "/settings/canned/new",
        "/settings/fields",
        "/settings/fields/new",
        "/settings/tags",
        "/settings/resolutions",
        "/settings/blocked",
        "/settings/security",
        "/outbox",
        "/organizations",
        "/organizations/new",
        "/organizations/1/edit",
        "/inbox/mentions",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(["sms", "widget", "api"].map(|kind| format!("{channel}/new?kind={kind}")))
    .chain(["text", "site", "chat"].map(|slug| format!("{channel}/{slug}")))
    .chain([
        format!("/settings/rules/{rule}"),
        format!("/settings/canned/{canned}"),
        format!("/settings/fields/{field}"),
        format!("/contacts/{contact}/merge"),
        format!("/contacts/{contact}/edit"),
        format!("/profiles/{profile}/contact"),
        format!("/messages/{message}"),
        format!("/messages/{message}/text"),
        format!("{conversation}/{number}"),
        format!("{conversation}/{number}/canned"),
    ])
    .map(|path| ("set-up", path))
    .collect()
}

#[test]
fn axe_finds_nothing_on_any_page_in_both_themes() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let pages = pages(&world).await;
        let browser = browser_of(&world, &world.root, "/inbox").await;
        let mut found = vec![];
        look_at(&world, &browser, &pages, &mut found).await;
        let visitor = Browser::open().await;
        look(&visitor, &format!("{}/sign-in", world.base), "sign-in", &mut found).await;
        assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    });
}

#[test]
fn axe_finds_nothing_in_the_set_up_and_around_it() {
    run(async {
        let world = outbox::world(Engine::Sqlite).await;
        let pages = pages_around(&world).await;
        let browser = browser_of(&world, &world.root, "/inbox").await;
        let mut found = vec![];
        look_at(&world, &browser, &pages, &mut found).await;
        assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    });
}

async fn look_at(world: &World, browser: &Browser, pages: &[(&str, String)], found: &mut Vec<String>) {
    for (name, path) in pages {
        look(browser, &format!("{}{path}", world.base), name, found).await;
    }
}

async fn look(browser: &Browser, url: &str, name: &str, found: &mut Vec<String>) {
    for width in [1440, 390] {
        browser.width(width).await;
        browser.goto(url).await;
        for theme in [Theme::Light, Theme::Dark] {
            browser.theme(theme).await;
            found.extend(browser.axe().await.into_iter().map(|line| format!("{url} {theme:?} {width}: {line}")));
        }
        browser.shot(&format!("{name}-{width}")).await;
    }
    browser.width(320).await;
    let wide = browser.script("return document.documentElement.scrollWidth - innerWidth").await;
    if wide.as_i64() > Some(0) {
        found.push(format!("{url} scrolls {wide} px sideways at 320 px"));
    }
    let console = browser.console().await;
    let own = console.lines().filter(|line| !line.contains("status of 4") && !line.contains("autocomplete attributes"));
    found.extend(own.map(|line| format!("{url} {line}")));
}
