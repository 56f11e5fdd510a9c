//! Everything an agent does all day, by keys alone.

use crate::browser::browser_of;
use crate::support::browser::Browser;
use crate::support::database::Engine;
use crate::support::run;
use crate::support::world::World;

pub(super) const ENTER: &str = "\u{E007}";
pub(super) const ESCAPE: &str = "\u{E00C}";
pub(super) const TAB: &str = "\u{E004}";
const CONTROL: &str = "\u{E009}";
const RELEASE: &str = "\u{E000}";

#[test]
fn an_agent_answers_notes_holds_and_resolves_by_keys_alone() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("Hello").await;
        let ada = browser_of(&world, &world.ada, "/inbox/open").await;
        ada.until("document.documentElement.dataset.connection === 'live'").await;
        ada.keys("j").await;
        ada.until("document.activeElement.classList.contains('row__link')").await;
        ada.keys(ENTER).await;
        ada.until("document.querySelector('#reply')").await;
        ada.keys("r").await;
        ada.until("document.activeElement.id === 'reply'").await;
        ada.keys(&format!("Good morning{CONTROL}{ENTER}{RELEASE}")).await;
        ada.until("document.querySelector('#messages').textContent.includes('Good morning')").await;
        assert_eq!(world.stage(&number).await, "waiting_on_user");

        ada.script("document.activeElement.blur()").await;
        ada.keys("i").await;
        ada.until("document.activeElement.id === 'reply'").await;
        ada.keys(&format!("Mind the dog{CONTROL}{ENTER}{RELEASE}")).await;
        ada.until("document.querySelector('#messages').textContent.includes('Mind the dog')").await;

        ada.script("document.activeElement.blur()").await;
        ada.keys("h").await;
        ada.until("document.querySelector('dialog[open] #review')").await;
        ada.keys("ben").await;
        presses_the_main_button(&ada).await;
        stage(&ada, "Hold").await;
        ada.script("document.activeElement.blur()").await;
        ada.keys("e").await;
        ada.until("document.querySelector('dialog[open] #short_description')").await;
        ada.keys(&format!("Said hello{TAB}Ans")).await;
        presses_the_main_button(&ada).await;
        stage(&ada, "Resolved").await;
        assert_eq!(world.stage(&number).await, "resolved");
    });
}

/// Goes on by Tab to the button that does what the dialog is for, and presses it.
async fn presses_the_main_button(page: &Browser) {
    for _ in 0..15 {
        page.keys(TAB).await;
        if page.script("return document.activeElement.matches('dialog .btn--primary')").await == true {
            return page.keys(ENTER).await;
        }
    }
    panic!("no main button is reached by Tab");
}

async fn stage(page: &Browser, label: &str) {
    page.until(&format!("document.querySelector('#stage-menu > summary')?.textContent.includes('{label}')")).await;
    page.until("!document.querySelector('dialog[open]')").await;
}

#[test]
fn keys_do_nothing_while_somebody_types() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.uma.writes("Hello").await;
        let ada = browser_of(&world, &world.ada, &format!("/conversations/{number}")).await;
        ada.click("#reply").await;
        ada.keys("he resolved jkrsneia").await;
        assert_eq!(ada.script("return document.querySelector('#reply').value").await, "he resolved jkrsneia");
        assert_eq!(ada.script("return document.querySelectorAll('dialog[open]').length").await, 0);
        ada.keys(ESCAPE).await;
        assert_eq!(world.stage(&number).await, "new");
    });
}

/// Where the focus is: at the end, on something that shows it (itself, or the row or label it stands for), or hidden.
const FOCUS: &str = "
    const e = document.activeElement;
    if (e === document.body) return 'end';
    const marked = (at, part) => { const s = getComputedStyle(at, part); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; };
    const places = [e, e.closest('.row'), e.closest('label'), e.closest('.composer')].filter(Boolean);
    const seen = places.some((at) => marked(at) || marked(at, '::before') || marked(at, '::after'));
    if (e.type === 'datetime-local') return 'seen'; // Its parts have the focus, one after the other, in a tree that is closed to us.
    return seen && e.getClientRects().length ? 'seen' : e.outerHTML.slice(0, 200);";

#[test]
fn tab_reaches_everything_that_can_be_pressed_and_shows_where_it_is() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let number = world.conversation_in("needs_response").await;
        for path in [
            format!("/inbox/open?open={number}"),
            format!("/conversations/{number}/hold"),
            "/interactions/new".to_owned(),
        ] {
            let ada = browser_of(&world, &world.ada, &path).await;
            let mut reached = 0;
            for _ in 0..150 {
                ada.keys(TAB).await;
                let here = ada.script(FOCUS).await;
                match here.as_str().unwrap() {
                    "end" => break,
                    "seen" => reached += 1,
                    hidden => panic!("{path}: the focus is on something nobody sees: {hidden}"),
                }
            }
            assert!(reached > 5, "{path}: only {reached} stops");
        }
    });
}
