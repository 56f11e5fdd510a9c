//! Tests in a real Chromium, driven through chromedriver. `tests/run` installs both.

mod accessibility;
mod conflict;
mod crowd;
mod handiwork;
mod keyboard;
mod layout;
mod live;
mod offers;
mod plain;
mod smoke;
mod widget;
mod widget_files;

use crate::support::browser::Browser;
use crate::support::world::{Agent, World};

/// A browser in which this person is signed in, at this page.
async fn browser_of(world: &World, agent: &Agent, path: &str) -> Browser {
    let browser = Browser::open().await;
    browser.takes_the_session_of(&agent.page).await;
    browser.goto(&format!("{}{path}", world.base)).await;
    browser
}
