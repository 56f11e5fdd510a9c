//! What is done by hand on a page and has no form of its own to be seen by: rules put in order, and a step taken back.

use serde_json::json;

use crate::browser::browser_of;
use crate::support::browser::Browser;
use crate::support::database::Engine;
use crate::support::provider::{Provider, newest, texts};
use crate::support::run;
use crate::support::world::World;

const ENTER: &str = "\u{E007}";

async fn order(world: &World) -> Vec<String> {
    let rules = world.root.api.all("/rules").await;
    rules.iter().map(|rule| rule["keywords"][0].as_str().unwrap().to_owned()).collect()
}

async fn shows(page: &Browser, words: [&str; 3]) {
    let shown = json!(words);
    page.until(&format!(
        "JSON.stringify([...document.querySelectorAll('.rule .tag')].map((e) => e.textContent)) === '{shown}'"
    ))
    .await;
}

#[test]
fn rules_are_put_in_order_by_dragging_and_by_keys() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        for word in ["one", "two", "three"] {
            world.root.api.post("/rules", json!({ "keywords": [word], "queue": "billing" })).await.expect(201);
        }
        let root = browser_of(&world, &world.root, "/settings/rules").await;
        shows(&root, ["one", "two", "three"]).await;
        root.until("document.querySelector('.rule').draggable").await;
        // The first is let go below the last.
        let drag = "
            const [first, , last] = document.querySelectorAll('.rule');
            const box = last.getBoundingClientRect();
            const at = { bubbles: true, cancelable: true, dataTransfer: new DataTransfer(), clientX: box.left + 5, clientY: box.bottom - 2 };
            first.dispatchEvent(new DragEvent('dragstart', at));
            last.dispatchEvent(new DragEvent('dragover', at));
            const marked = last.dataset.drop;
            last.dispatchEvent(new DragEvent('drop', at));
            return marked;";
        assert_eq!(root.script(drag).await, "after");
        shows(&root, ["two", "three", "one"]).await;
        assert_eq!(order(&world).await, ["two", "three", "one"]);
        // By keys: the last one goes up.
        root.until("document.querySelector('.rule').draggable").await;
        root.script("document.querySelector('[aria-label=\"Move rule 3 up\"]').focus()").await;
        root.keys(ENTER).await;
        shows(&root, ["two", "one", "three"]).await;
        assert_eq!(order(&world).await, ["two", "one", "three"]);
        assert_eq!(root.console().await, "");
    });
}

#[test]
fn what_was_just_done_is_taken_back_from_its_toast() {
    run(async {
        let (world, provider) = (World::open(Engine::Sqlite).await, Provider::start());
        provider.carries(&world.root.api).await;
        texts(&world.base, "IN1", "+14155550111", "Hello?").await.expect(200);
        let number = newest(&world.root.api).await;
        let ada = browser_of(&world, &world.ada, &format!("/conversations/{number}")).await;
        ada.until("document.documentElement.dataset.connection === 'live'").await;
        ada.fill("#reply", "Too soon").await;
        ada.click("[data-send=reply]").await;
        ada.click("[data-toast] form button").await;
        ada.until("document.querySelector('#reply')?.value.includes('Too soon')").await;
        ada.until("document.querySelector('#messages').textContent.includes('Taken back')").await;
        assert_eq!(world.stage(&number).await, "new");
        assert!(world.root.api.all("/outbox").await.is_empty() && provider.texts().is_empty());

        // A resolution is taken back by its key.
        ada.goto(&format!("{}/conversations/{number}/resolution", world.base)).await;
        ada.fill("#short_description", "Said hello").await;
        ada.fill("#resolution", "Ans").await;
        ada.click("main form .btn--primary").await;
        ada.find("[data-toast] form").await;
        assert_eq!(world.stage(&number).await, "resolved");
        ada.script("document.activeElement.blur()").await;
        ada.keys("z").await;
        ada.until("document.querySelector('#stage-menu > summary')?.textContent.includes('Needs response')").await;
        assert_eq!(world.stage(&number).await, "needs_response");
        assert_eq!(world.conversation(&number).await["tags"].as_array().map(Vec::len), Some(0));
    });
}
