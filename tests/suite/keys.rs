//! The sheet of keys says what there is, and single keys can be switched off.

use std::collections::BTreeSet;

use crate::support::database::Engine;
use crate::support::page::{Page, words};
use crate::support::world::World;

both![every_key_of_the_sheet_presses_something, single_keys_can_be_switched_off];

/// What no element carries: a script hears it wherever it is pressed, or something that comes and goes carries it.
const HEARD: [&str; 5] = ["j", "k", "↵", "f6", "z"];

/// The keys of the sheet, as elements carry them. Those with ⌘, and those in a field, are the scripts' own.
fn sheet(page: &Page) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    for section in page.all(".keysheet__grid section") {
        let heading = section.value().attr("aria-label").unwrap();
        for line in section.select(&scraper::Selector::parse("dl > div").unwrap()) {
            let all: Vec<String> =
                line.select(&scraper::Selector::parse("kbd").unwrap()).map(|key| words(key).to_lowercase()).collect();
            let what = words(line.select(&scraper::Selector::parse("dt").unwrap()).next().unwrap());
            match all.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                _ if heading == "While writing" => {}
                ["⌘", ..] => {}
                ["g", then] => keys.push((what, format!("g {then}"))),
                ["⇧", letter] => keys.push((what, format!("shift+{letter}"))),
                each => keys.extend(each.iter().map(|key| (what.clone(), (*key).to_owned()))),
            }
        }
    }
    keys
}

async fn every_key_of_the_sheet_presses_something(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let number = world.uma.writes("Hello").await;
    let mut carried = BTreeSet::new();
    for path in ["/inbox/mine".to_owned(), format!("/inbox/open?open={number}")] {
        carried.extend(ada.sees(&path).await.attrs("[data-key]", "data-key"));
    }
    let keys = sheet(&ada.sees("/keys").await);
    assert!(keys.len() > 25, "{keys:?}");
    for (what, key) in &keys {
        assert!(HEARD.contains(&key.as_str()) || carried.contains(key), "{what}: nothing carries {key}: {carried:?}");
    }
    let named: BTreeSet<&str> = keys.iter().map(|(_, key)| key.as_str()).collect();
    for key in carried.iter().filter(|key| !key.starts_with("CONV")) {
        assert!(named.contains(key.as_str()), "the sheet does not say {key}");
    }
}

async fn single_keys_can_be_switched_off(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    assert!(!ada.sees("/inbox/open").await.has("html[data-keys=off]"));
    for (keys, off) in [("off", true), ("on", false)] {
        let mine = ada.sees("/me/sessions").await;
        let form =
            mine.form("form[action='/me/keys']").with("keys", mine.attr("form[action='/me/keys'] button", "value"));
        assert_eq!(form.value("keys"), Some(keys));
        ada.submits(&form).await.expect(303);
        for path in ["/inbox/open", "/contacts", "/keys"] {
            assert_eq!(ada.sees(path).await.has("html[data-keys=off]"), off, "{path}");
        }
        assert!(!world.ben.page.sees("/inbox/open").await.has("html[data-keys=off]"), "one's own");
    }
    assert!(ada.sees("/keys").await.has("a[href='/me/sessions#keys-title']"));
}
