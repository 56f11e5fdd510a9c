//! What happens on open pages: rows and messages come by themselves, and after a break nothing is missing.

use serde_json::json;

use crate::browser::browser_of;
use crate::support::database::Engine;
use crate::support::run;
use crate::support::world::World;

#[test]
fn a_message_appears_on_an_open_conversation_and_the_stage_follows() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("My card does not work").await;
        let ada = browser_of(&world, &world.ada, &format!("/conversations/{number}")).await;
        let ben = browser_of(&world, &world.ben, &format!("/inbox/open?open={number}")).await;
        ada.fill("#reply", "Which card is it?").await;
        ada.click("[data-send=reply]").await;
        for page in [&ada, &ben] {
            page.until("document.querySelector('#messages').textContent.includes('Which card is it?')").await;
            page.until("document.querySelector('.thread__actions') && document.querySelector('#stage-menu').textContent.includes('Waiting on user')").await;
        }
        world.uma.sends("The blue one").await.expect(201);
        for page in [&ada, &ben] {
            page.until("document.querySelector('#messages').textContent.includes('The blue one')").await;
            page.until("document.querySelector('#stage-menu').textContent.includes('Needs response')").await;
        }
        ben.until("document.querySelector('#rows .row').textContent.includes('The blue one')").await;
        assert_eq!(ada.console().await, "");
    });
}

#[test]
fn a_row_is_painted_in_place_and_a_new_one_waits_in_the_pill() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("First").await;
        let ben = browser_of(&world, &world.ben, "/inbox/open").await;
        ben.until("document.querySelectorAll('#rows .row').length === 1").await;
        ben.until("document.documentElement.dataset.connection === 'live'").await;
        // With the pointer over the list nothing moves under the hand.
        ben.script("document.querySelector('.list__scroll').dispatchEvent(new Event('pointermove'))").await;
        world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "Yes" })).await.expect(201);
        ben.until("document.querySelector('#rows .row').textContent.includes('Waiting on user')").await;
        world.stranger("sms").writes("Second").await;
        ben.until("document.querySelector('[data-pill]').offsetParent && document.querySelector('[data-pill]').textContent.includes('1 new')").await;
        assert_eq!(ben.script("return document.querySelectorAll('#rows .row').length").await, 1);
        ben.click("[data-pill]").await;
        ben.until("document.querySelectorAll('#rows .row').length === 2").await;
    });
}

#[test]
fn a_draft_survives_pushes_a_break_and_a_reload() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("Hello").await;
        let ada = browser_of(&world, &world.ada, &format!("/conversations/{number}")).await;
        ada.until("document.documentElement.dataset.connection === 'live'").await;
        ada.fill("#reply", "Half a sen").await;
        world.uma.sends("Are you there?").await.expect(201);
        ada.until("document.querySelector('#messages').textContent.includes('Are you there?')").await;
        let text = "document.querySelector('#reply').value";
        assert_eq!(ada.script(&format!("return {text}")).await, "Half a sen");
        assert_eq!(ada.script("return document.activeElement.id").await, "reply", "the focus stays");
        ada.until("document.querySelector('draft-keeper').textContent.includes('saved')").await;

        ada.offline(true).await;
        world.uma.sends("Still there?").await.expect(201);
        ada.until("[...document.querySelectorAll('live-strip')].some((strip) => !strip.hidden)").await;
        ada.offline(false).await;
        ada.script("window.dispatchEvent(new Event('online'))").await;
        ada.until("document.querySelector('#messages').textContent.includes('Still there?')").await;
        ada.until("[...document.querySelectorAll('live-strip')].every((strip) => strip.hidden)").await;
        assert_eq!(ada.script(&format!("return {text}")).await, "Half a sen");
        ada.reload().await;
        assert_eq!(ada.script(&format!("return {text}")).await, "Half a sen");
    });
}

#[test]
fn what_was_on_the_screen_counts_as_seen() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("Hello").await;
        let ada = browser_of(&world, &world.ada, &format!("/conversations/{number}")).await;
        ada.until("document.documentElement.dataset.connection === 'live'").await;
        let seen = world.uma.sends("The blue one").await.expect(201).json()["message"].clone();
        ada.until(&format!("Number(document.querySelector('[name=seen_upto]').value) === {seen}")).await;
        ada.fill("#reply", "Thank you").await;
        ada.click("[data-send=reply]").await;
        ada.until("document.querySelector('#messages').textContent.includes('Thank you')").await;
        assert_eq!(world.stage(&number).await, "waiting_on_user");
    });
}

#[test]
fn the_record_beside_the_thread_is_the_one_a_reopening_begins() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.conversation_in("resolved").await;
        let first = world.record_of(&number).await;
        let ada = browser_of(&world, &world.ada, &format!("/inbox/resolved?open={number}")).await;
        ada.until(&format!("document.querySelector('#record').dataset.of === '{first}'")).await;
        ada.until("document.documentElement.dataset.connection === 'live'").await;
        world.ada.api.delete(&format!("/conversations/{number}/resolution?note=Again")).await.expect(200);
        let second = world.record_of(&number).await;
        assert_ne!(first, second);
        ada.until(&format!("document.querySelector('#record').textContent.includes('{second}')")).await;
        assert!(!ada.script("return document.querySelector('#record').textContent").await.to_string().contains(&first));
    });
}

#[test]
fn a_conversation_taken_by_a_colleague_takes_notes_and_keeps_what_was_typed() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("Hello").await;
        let ada = browser_of(&world, &world.ada, &format!("/conversations/{number}")).await;
        ada.until("document.documentElement.dataset.connection === 'live'").await;
        ada.fill("#reply", "Half a sentence").await;
        world.ben.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "Yes?" })).await.expect(201);
        ada.until("document.querySelector('[name=kind][value=reply]').disabled").await;
        ada.until("document.querySelector('[data-live][id^=lock-]').textContent.includes('assigned to ben')").await;
        assert_eq!(ada.script("return document.querySelector('#reply').value").await, "Half a sentence");
        assert_eq!(ada.script("return document.querySelector('[data-send=reply]').offsetParent === null").await, true);
        ada.click("[data-send=note]").await;
        ada.until("document.querySelector('.msg--note')?.textContent.includes('Half a sentence')").await;
    });
}
