//! Files at the chat widget, chosen and sent in a real browser.

use crate::support::database::Engine;
use crate::support::run;
use crate::support::widget::at_the_widget;
use crate::support::world::World;

/// Chooses files as a person does in the dialog of the browser.
const CHOOSE: &str = "const parcel = new DataTransfer();
    for (const [name, size] of ALL) parcel.items.add(new File([new Uint8Array(size).fill(65)], name));
    const field = document.querySelector('#files');
    field.files = parcel.files;
    field.dispatchEvent(new Event('change'));";

#[test]
fn a_file_goes_along_and_stays_chosen_when_it_is_refused() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let visitor = at_the_widget(&world).await;
        visitor.script("document.querySelector('#text').focus()").await;
        for of in ["files", "send"] {
            visitor.keys("\u{e004}").await;
            visitor.until(&format!("document.activeElement.matches('#{of}, .{of}')")).await;
        }
        let choose = |all: &str| CHOOSE.replace("ALL", all);
        visitor.script(&choose("[['log.txt', 4], ['huge.iso', 11 << 20]]")).await;
        visitor.until("document.querySelector('#chosen').textContent === 'log.txt, huge.iso'").await;
        visitor.fill("#text", "It looks like this").await;
        visitor.fill("#text", "\u{e007}").await;
        visitor.until("document.querySelector('#problem').textContent.includes('huge.iso is too large')").await;
        assert_eq!(visitor.script("return document.querySelector('#text').value").await, "It looks like this");
        visitor.script("document.querySelector('#chosen').click()").await;
        visitor.until("document.querySelector('#chosen').hidden && document.activeElement.id === 'files'").await;
        visitor.script(&choose("[['log.txt', 4]]")).await;
        visitor.script("document.querySelector('#write').requestSubmit()").await;
        visitor.until("document.querySelector('#log .me .file a')?.textContent === 'log.txt'").await;
        visitor.until("document.querySelector('#text').value === '' && document.querySelector('#chosen').hidden").await;
        visitor.until("document.querySelector('#problem').textContent === ''").await;
        let found = visitor.axe().await;
        assert!(found.is_empty(), "{}", found.join("\n"));
        visitor.shot("widget-files").await;
    });
}
