//! Two people at one record: nobody overwrites anybody, and nobody types anything twice.

use crate::browser::browser_of;
use crate::support::database::Engine;
use crate::support::run;
use crate::support::world::World;

#[test]
fn the_second_to_save_a_record_sees_what_is_newer_and_keeps_every_character() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.conversation_in("needs_response").await;
        let record = world.record_of(&number).await;
        let path = format!("/interactions/{record}");
        let (ada, ben) = (browser_of(&world, &world.ada, &path).await, browser_of(&world, &world.ben, &path).await);
        let (described, note) = ("As Ben sees it: <b> & \"so on\" \u{e9}\u{df}\u{6f22}", "First line & <more>");
        ben.fill("#short_description", described).await;
        ben.fill("#work_note", note).await;
        ada.fill("#short_description", "As Ada sees it").await;
        ada.click("button[value=save]").await;
        saved(&world, &number, "As Ada sees it").await;
        let typed = |field: &str| format!("return document.querySelector('#{field}').value");
        ben.until("document.body.textContent.includes('As Ada sees it') || document.readyState === 'complete'").await;
        assert_eq!(ben.script(&typed("short_description")).await, described, "a push takes nothing from who is typing");

        ben.click("button[value=save]").await;
        ben.until("document.body.textContent.includes('Someone changed this record. Your text is kept.')").await;
        ben.until("document.body.textContent.includes('As Ada sees it')").await;
        assert_eq!(ben.script(&typed("short_description")).await, described);
        assert_eq!(ben.script(&typed("work_note")).await, note);
        assert_eq!(world.interaction(&number).await["short_description"], "As Ada sees it");
        ben.shot("conflict").await;

        ben.click("button[value=save]").await;
        saved(&world, &number, described).await;
    });
}

#[test]
fn what_was_typed_into_a_record_is_there_again_after_a_look_at_another_tab() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.conversation_in("needs_response").await;
        let record = world.record_of(&number).await;
        let ada = browser_of(&world, &world.ada, &format!("/interactions/{record}")).await;
        ada.fill("#work_note", "Half a thought").await;
        ada.click("a.tab[href='?tab=timeline']").await;
        ada.until("document.querySelector('#timeline')").await;
        ada.click("a.tab[href='?tab=details']").await;
        ada.until("document.querySelector('#work_note')?.value === 'Half a thought'").await;
        ada.fill("#short_description", "A whole one").await;
        ada.click("button[value=save]").await;
        saved(&world, &number, "A whole one").await;
        ada.until("document.querySelector('#work_note')?.value === ''").await;
    });
}

async fn saved(world: &World, conversation: &str, described: &str) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(40);
    while world.interaction(conversation).await["short_description"] != described {
        assert!(std::time::Instant::now() < until, "not saved: {described}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
