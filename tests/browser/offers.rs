//! What is offered while one writes, by keys alone: canned responses after a slash, colleagues after an @ in a note.

use serde_json::json;

use crate::browser::browser_of;
use crate::browser::keyboard::{ENTER, ESCAPE, TAB};
use crate::support::database::Engine;
use crate::support::run;
use crate::support::world::World;

const DOWN: &str = "\u{E015}";

#[test]
fn a_canned_response_is_picked_and_its_blanks_filled_by_keys_alone() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        for (name, shortcut, body) in
            [("Hours", "hours", "We are here from nine."), ("Parcel", "parcel", "Parcel [[number]] leaves on [[day]].")]
        {
            let response = json!({ "name": name, "shortcut": shortcut, "body": body, "scope": "everyone" });
            world.max.api.post("/canned-responses", response).await.expect(201);
        }
        let number = world.uma.writes("Where is it?").await;
        let ada = browser_of(&world, &world.ada, &format!("/conversations/{number}")).await;
        ada.until("document.documentElement.dataset.connection === 'live'").await;
        ada.keys("r").await;
        ada.until("document.activeElement.id === 'reply'").await;
        ada.keys("/").await;
        ada.until("document.querySelectorAll('#offers [role=option]').length === 2").await;
        let found = ada.axe().await;
        assert!(found.is_empty(), "{found:?}");
        // Escape leaves what was typed; more letters ask again.
        ada.keys(ESCAPE).await;
        ada.until("!document.querySelector('#offers') && document.querySelector('#reply').value === '/'").await;
        ada.keys("\u{E003}/p").await;
        ada.until("document.querySelector('#offers [aria-selected=true]')?.textContent.includes('Parcel')").await;
        ada.keys(ENTER).await;
        ada.until("document.querySelector('#reply').value === 'Parcel [[number]] leaves on [[day]].'").await;
        ada.keys(&format!("4711{TAB}Friday")).await;
        ada.until("document.querySelector('#reply').value === 'Parcel 4711 leaves on Friday.'").await;
        // Down goes to the second, Tab puts it in.
        ada.script("document.querySelector('#reply').value = ''").await;
        ada.keys("/").await;
        ada.until("document.querySelectorAll('#offers [role=option]').length === 2").await;
        let first = ada.script("return document.querySelector('#offers [aria-selected=true]').textContent").await;
        ada.keys(DOWN).await;
        let second = ada.script("return document.querySelector('#offers [aria-selected=true]').textContent").await;
        assert_ne!(first, second);
        ada.keys(TAB).await;
        ada.until("!document.querySelector('#offers') && document.querySelector('#reply').value.length > 5").await;
        assert!(ada.console().await.is_empty());
    });
}

#[test]
fn a_colleague_is_named_in_a_note_by_keys_alone() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("Who knows vaults?").await;
        let ada = browser_of(&world, &world.ada, &format!("/conversations/{number}")).await;
        ada.until("document.documentElement.dataset.connection === 'live'").await;
        ada.keys("r").await;
        ada.until("document.activeElement.id === 'reply'").await;
        ada.keys("@be").await;
        ada.keys("\u{E003}\u{E003}\u{E003}").await;
        ada.script("document.activeElement.blur()").await;
        assert!(!ada.script("return !!document.querySelector('#offers')").await.as_bool().unwrap(), "not in a reply");
        ada.keys("i").await;
        ada.until("document.activeElement.id === 'reply'").await;
        ada.keys("Ask @be").await;
        ada.until("document.querySelector('#offers [aria-selected=true]')?.textContent.includes('@ben')").await;
        ada.keys(&format!("{ENTER} please\u{E009}{ENTER}\u{E000}")).await;
        ada.until("document.querySelector('#messages .msg--note .mention')").await;
        assert!(world.ben.page.sees("/inbox/mentions").await.has("#rows .row"));
    });
}
