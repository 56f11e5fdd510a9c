//! That the browser itself works here, before any page of ours is blamed.

use crate::support::browser::{Browser, Theme};

#[test]
fn a_browser_shows_a_page_in_both_themes_and_any_width() {
    crate::support::run(async {
        let browser = Browser::open().await;
        browser.goto("data:text/html,<title>Hello</title><h1>Hello</h1>").await;
        assert_eq!(browser.text("h1").await, "Hello");
        browser.theme(Theme::Dark).await;
        let dark = browser.script("return matchMedia('(prefers-color-scheme: dark)').matches").await;
        assert_eq!(dark, true);
        browser.width(390).await;
        assert_eq!(browser.script("return innerWidth").await, 390);
    });
}
