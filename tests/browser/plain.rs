//! Without JavaScript everything but the push works: links, forms, answers.

use crate::support::binary::password;
use crate::support::browser::Browser;
use crate::support::cast::email;
use crate::support::database::Engine;
use crate::support::run;
use crate::support::world::World;

#[test]
fn an_agent_works_without_javascript() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("Hello, can you help?").await;
        let ada = Browser::open().await;
        ada.without_javascript().await;
        ada.goto(&format!("{}/inbox", world.base)).await;
        ada.fill("[name=email]", &email("ada")).await;
        ada.fill("[name=password]", &password(&email("ada"))).await;
        ada.click("form .btn--primary").await;
        ada.goto(&format!("{}/inbox/open", world.base)).await;
        ada.click("#rows .row__link").await;
        ada.fill("#reply", "Of course").await;
        ada.click("[data-send=reply]").await;
        assert!(ada.text("#messages").await.contains("Of course"));
        assert_eq!(world.stage(&number).await, "waiting_on_user");
        ada.goto(&format!("{}/conversations/{number}/hold", world.base)).await;
        ada.fill("#review", "ben").await;
        ada.click("main form .btn--primary").await;
        ada.find("#messages").await;
        assert_eq!(world.stage(&number).await, "hold");
        ada.goto(&format!("{}/conversations/{number}/resolution", world.base)).await;
        ada.fill("#short_description", "Helped").await;
        ada.fill("#resolution", "Ans").await;
        ada.click("main form .btn--primary").await;
        ada.find("#messages").await;
        assert_eq!(world.stage(&number).await, "resolved");
        ada.goto(&format!("{}/conversations/{number}", world.base)).await;
        assert!(ada.text("#stage-menu").await.contains("Resolved"));

        ada.goto(&format!("{}/interactions/new", world.base)).await;
        ada.fill("[name=guest_name]", "Zoe").await;
        ada.click("main form .btn--primary").await;
        ada.find("button[value=complete]").await;
        ada.fill("#short_description", "Lost a card").await;
        ada.click("button[value=complete]").await;
        ada.find("main[data-interaction] [data-state=closed_complete]").await;
        ada.shot("without-javascript").await;

        // A chat that an agent begins.
        ada.goto(&format!("{}/interactions/new", world.base)).await;
        ada.click(".seg a[href='?type=chat']").await;
        ada.fill("[name=to]", "visitor-9").await;
        ada.fill("[name=title]", "Your table").await;
        ada.click("main form .btn--primary").await;
        assert!(ada.text("#main").await.contains("Message is empty."), "asked for where it is missing");
        ada.fill("[name=body]", "Your table is ready").await;
        ada.click("main form .btn--primary").await;
        assert!(ada.text("#messages").await.contains("Your table is ready"));
        assert!(ada.text("#stage-menu").await.contains("Waiting on user"));
        let begun = world.root.api.all("/interactions?type=chat").await;
        assert_eq!((begun.len(), &begun[0]["direction"]), (1, &serde_json::json!("outbound")));
    });
}
