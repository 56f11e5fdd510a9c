//! What keeps its place: the badge beside a long name, the composer under a toast, the edge of the page; and what the
//! palette answers.

use serde_json::json;

use crate::browser::browser_of;
use crate::support::database::Engine;
use crate::support::run;
use crate::support::world::World;

#[test]
fn a_long_name_gives_way_and_the_badge_keeps_its_place() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let stranger = world.stranger("sms");
        let name = "Wilhelmina Featherstonehaugh-Cholmondeley of the Long Winding Lane ".to_owned() + &"x".repeat(50);
        let contact =
            json!({ "name": name, "phones": [stranger.from], "emails": [format!("{}@long.example", "y".repeat(60))] });
        world.root.api.post("/contacts", contact).await.expect(201);
        let number = stranger.writes("Hello").await;
        let tag = "z".repeat(60);
        world.ada.api.put(&format!("/conversations/{number}/tags/{tag}"), json!({})).await;
        let browser = browser_of(&world, &world.ada, "/inbox/open").await;
        for width in [1440, 1024, 390] {
            browser.width(width).await;
            let gap = browser
                .script("const end = (e) => document.querySelector(e).getBoundingClientRect().right; return end('.row') - end('.row .stage')")
                .await;
            assert!(gap.as_f64().is_some_and(|gap| (0.0..40.0).contains(&gap)), "{width}: {gap}");
        }
        browser.width(1440).await;
        let record = world.record_of(&number).await;
        for path in [format!("/inbox/open?open={number}"), format!("/interactions/{record}")] {
            browser.goto(&format!("{}{path}", world.base)).await;
            let wide = browser
                .script("return [...document.querySelectorAll('.record__scroll, .rec__side, .rec__scroll')].map((e) => e.scrollWidth - e.clientWidth)")
                .await;
            assert!(wide.as_array().unwrap().iter().all(|wide| wide == 0), "{path}: {wide}");
        }
    });
}

#[test]
fn a_toast_leaves_the_composer_alone() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        for (width, path) in [(1440, "/inbox/open?open="), (1024, "/conversations/"), (390, "/conversations/")] {
            let number = world.conversation_in("new").await;
            let browser = browser_of(&world, &world.ada, "/inbox/open").await;
            browser.width(width).await;
            browser.goto(&format!("{}{path}{number}", world.base)).await;
            browser.click("form[action$='/take'] button").await;
            browser.until("document.querySelector('.toast')").await;
            let over = "const box = (e) => document.querySelector(e).getBoundingClientRect();
                const [a, b] = [box('.toast'), box('.composer')];
                return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom";
            assert_eq!(browser.script(over).await, false, "{width} {path}");
        }
    });
}

#[test]
fn the_palette_offers_the_beginning_of_a_label_first_and_says_when_there_is_nothing() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let browser = browser_of(&world, &world.ada, "/inbox/mine").await;
        browser.click("[data-palette]").await;
        browser.fill("#palette-words", "re").await;
        browser.until("document.querySelector('#palette [aria-selected=true] mark')?.textContent === 'Re'").await;
        browser.until("document.querySelector('#palette [aria-selected=true] svg')").await;
        browser.fill("#palette-words", "zzqq").await;
        browser.until("document.querySelector('.palette__none')?.textContent === 'Nothing found for “rezzqq”.'").await;
    });
}
