//! axe-core finds nothing, on any page, in both themes, at every width; nothing scrolls sideways.

use crate::browser::browser_of;
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

#[test]
fn axe_finds_nothing_on_any_page_in_both_themes() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let pages = pages(&world).await;
        let browser = browser_of(&world, &world.root, "/inbox").await;
        let mut found = vec![];
        for (name, path) in &pages {
            look(&browser, &format!("{}{path}", world.base), name, &mut found).await;
        }
        let visitor = Browser::open().await;
        look(&visitor, &format!("{}/sign-in", world.base), "sign-in", &mut found).await;
        assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    });
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
    let own = console.lines().filter(|line| !line.contains("status of 4"));
    found.extend(own.map(|line| format!("{url} {line}")));
}
