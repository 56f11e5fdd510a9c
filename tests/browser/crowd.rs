//! Three agents in three browsers and a crowd of customers: at every look, and at the end, each page equals its reload.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::browser::browser_of;
use crate::support::browser::Browser;
use crate::support::database::Engine;
use crate::support::run;
use crate::support::world::{Agent, Customer, World, on_ben, resolved};

/// How long people work, and how long between two looks at the pages; CROWD_SECONDS for more or less.
const LOOK: Duration = Duration::from_secs(15);

fn seconds() -> u64 {
    std::env::var("CROWD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(120)
}

/// What is on its way may take this long to be shown, once nobody acts any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a reader sees of the list and the thread, without the clocks, and without who else is there: one's own face is
/// told to nobody but the others.
const SEEN: &str = "
    const text = (e) => { const c = e.cloneNode(true); c.querySelectorAll('time, live-clock, local-time, .row__here').forEach((t) => t.remove()); return c.textContent.replace(/\\s+/g, ' ').trim(); };
    const seen = (doc) => {
        const of = (s) => [...doc.querySelectorAll(s)].map((e) => `${e.id} ${text(e)}`);
        return { rows: of('#rows .row'), thread: of('#messages > [id]'), stage: of('#stage-menu > summary'), record: of('#record'), counts: of('#nav-counts') };
    };";

#[test]
fn three_browsers_and_a_crowd_of_customers_keep_true_pages() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let first = world.uma.writes("Hello").await;
        let pages = [
            browser_of(&world, &world.ada, &format!("/inbox/open?open={first}")).await,
            browser_of(&world, &world.ben, "/inbox/unassigned").await,
            browser_of(&world, &world.max, &format!("/conversations/{first}")).await,
        ];
        let crowd: Vec<Customer> = (0..6).map(|_| world.stranger("sms")).collect();
        let mut conversations = vec![first];
        let mut answered = 0;
        let end = Instant::now() + Duration::from_secs(seconds());
        while Instant::now() < end {
            let look = Instant::now() + LOOK;
            while Instant::now() < look.min(end) {
                conversations.push(crowd[fastrand::usize(..crowd.len())].writes(&words()).await);
                if fastrand::u32(0..4) == 0 {
                    world.uma.sends("And me").await.expect(201);
                }
                an_agent_acts(&world, &conversations[fastrand::usize(..conversations.len())]).await;
                if fastrand::u32(0..6) == 0 {
                    answered += u32::from(answers(&pages[[0, 2][fastrand::usize(..2)]]).await);
                }
                if fastrand::u32(0..25) == 0 {
                    goes_dark(&world, &pages[fastrand::usize(..3)]).await;
                }
            }
            for page in &pages {
                equals_its_reload(page).await;
            }
        }
        println!("{answered} answers were written in the browsers");
        assert!(answered > 0 || seconds() < 30, "nobody could answer in a browser");
        for page in &pages {
            page.reload().await;
            equals_its_reload(page).await;
            assert_eq!(only_ours(&page.console().await), "");
        }
    });
}

fn words() -> String {
    format!("<i>Words</i> {}", fastrand::u16(..))
}

async fn an_agent_acts(world: &World, conversation: &str) {
    let agent: &Agent = [&world.ada, &world.ben, &world.max][fastrand::usize(..3)];
    let path = format!("/conversations/{conversation}");
    let answer = match fastrand::u32(0..8) {
        0 => agent.api.put(&format!("{path}/hold"), on_ben()).await,
        1 => agent.api.post(&format!("{path}/notes"), json!({ "body": "Hm" })).await,
        2 => agent.api.put(&format!("{path}/resolution"), resolved()).await,
        3 => agent.api.put(&format!("{path}/tags/Colour"), json!({ "value": words() })).await,
        _ => agent.api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await,
    };
    assert!(answer.status.as_u16() < 500, "{}: {}", answer.asked, answer.body);
}

/// Answers on the page, as its agent does; whether there was a place to.
async fn answers(page: &Browser) -> bool {
    let write = format!(
        "const box = document.querySelector('#reply'); const send = document.querySelector('[data-send=reply]');
        if (!box || box.disabled || !send || send.disabled) return false;
        box.value = 'Word {}'; box.dispatchEvent(new Event('input', {{ bubbles: true }})); send.click(); return true;",
        fastrand::u16(..)
    );
    page.script(&write).await == true
}

async fn goes_dark(world: &World, page: &Browser) {
    page.offline(true).await;
    world.uma.sends("Into the dark").await.expect(201);
    page.offline(false).await;
    page.script("window.dispatchEvent(new Event('online'))").await;
}

/// While nobody acts, the page comes to show what it would show if it were loaded now.
async fn equals_its_reload(page: &Browser) {
    let compare = format!(
        "{SEEN} const pill = document.querySelector('[data-pill]'); if (pill?.offsetParent) pill.click();
        const answer = await fetch(location.href, {{ headers: {{ Accept: 'text/html' }} }});
        const fresh = seen(new DOMParser().parseFromString(await answer.text(), 'text/html'));
        const shown = seen(document);
        // A page that has been open for long shows more of the past than one that is opened now.
        shown.thread = shown.thread.slice(Math.max(0, shown.thread.indexOf(fresh.thread[0])));
        return [shown, fresh];"
    );
    let until = Instant::now() + PATIENCE;
    loop {
        page.script("window.dispatchEvent(new Event('online'))").await;
        let both = page.answer(&compare).await;
        if both[0] == both[1] && both[0] != Value::Null {
            return;
        }
        assert!(Instant::now() < until, "the page shows {}\nits reload {}", both[0], both[1]);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// A page that was offline says so in the console, and one whose answer was refused because a colleague has the
/// conversation: those are the browser's words, not ours.
fn only_ours(console: &str) -> String {
    let browsers = ["ERR_INTERNET_DISCONNECTED", "WebSocket", "status of 409"];
    console.lines().filter(|line| !browsers.iter().any(|words| line.contains(words))).collect()
}
