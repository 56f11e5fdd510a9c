//! The chat widget on a site of another origin: a visitor and an agent write to each other, through a restart, by keyboard,
//! without scripts.

use std::io::{Read, Write};
use std::net::TcpListener;

use fantoccini::elements::{Element, ElementRef};
use serde_json::json;

use crate::browser::browser_of;
use crate::support::binary::Served;
use crate::support::browser::{Browser, Theme};
use crate::support::database::Engine;
use crate::support::run;
use crate::support::widget::{Widget, at_the_widget, identity};
use crate::support::world::{World, resolved};

/// A site's page with the widget, on a port of its own. `localhost` is another site than the server's 127.0.0.1: its frame
/// keeps no cookie, as with a browser that keeps none of any frame.
fn site(base: &str, script: &str) -> String {
    let page = format!(
        "<!doctype html><html lang=\"en\"><title>Shop</title><main><h1>Shop</h1><a href=\"#help\">Help</a></main>\
         <script src=\"{base}/widget.js\" {script} async></script></html>"
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    format!("http://localhost:{port}/")
}

/// The widget's part of the site's page.
const ROOT: &str = "[...document.documentElement.children].find((child) => child.shadowRoot)?.shadowRoot";

impl Browser {
    /// Into the frame.
    async fn goes_to_the_chat(&self) {
        self.until(&format!("{ROOT}?.querySelector('iframe')")).await;
        let found = self.script(&format!("return {ROOT}.querySelector('iframe')")).await;
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        Element::from_element_id(self.client.clone(), ElementRef::from(id)).enter_frame().await.unwrap();
        self.until("document.querySelector('#close') && !document.querySelector('#close').hidden").await;
    }

    async fn out_of_the_chat(&self) {
        self.client.enter_parent_frame().await.unwrap();
    }

    /// Opens the chat by its button.
    async fn opens_the_chat(&self, site: &str) {
        self.goto(site).await;
        self.until(&format!("{ROOT}?.querySelector('button')")).await;
        assert_eq!(self.script(&format!("return {ROOT}.querySelector('iframe')")).await, json!(null));
        self.script(&format!("{ROOT}.querySelector('button').click()")).await;
        self.goes_to_the_chat().await;
    }

    async fn says(&self, text: &str) {
        self.fill("#text", text).await;
        self.fill("#text", "\u{e007}").await;
    }

    /// What stands in the thread.
    async fn chat(&self) -> Vec<String> {
        let texts = "[...document.querySelectorAll('#log .text')].map((text) => text.lastChild.textContent.trim())";
        let texts = self.script(&format!("return {texts}")).await;
        texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    async fn hears(&self, text: &str) {
        self.until(&format!("document.querySelector('#log').textContent.includes({text:?})")).await;
    }
}

#[test]
fn messages_cross_both_ways_and_both_survive_a_restart() {
    run(async {
        let world = World::apart(Engine::Sqlite).await;
        let widget = Widget::open(&world).await;
        let visitor = Browser::open().await;
        visitor.opens_the_chat(&site(&world.base, &format!("data-key={:?}", widget.key))).await;
        visitor.says("The terminal shows E-41").await;
        visitor.until("!document.querySelector('.unsent') && document.querySelector('#log .me')").await;
        let number = visitor.script("return document.querySelector('#place').value").await;
        let number = number.as_str().unwrap().to_owned();
        let ada = browser_of(&world, &world.ada, &format!("/conversations/{number}")).await;
        ada.until("document.documentElement.dataset.connection === 'live'").await;
        ada.fill("#reply", "Hold the green").await;
        visitor.until("!document.querySelector('#typing').hidden").await;
        assert_eq!(visitor.text("#typing").await, "ada is writing");
        visitor.shot("widget-typing").await;
        ada.fill("#reply", " key").await;
        ada.click("[data-send=reply]").await;
        visitor.hears("Hold the green key").await;
        visitor.until("document.querySelector('#typing').hidden").await;
        visitor.fill("#text", "It rest").await;
        ada.until("document.querySelector('.composer__who').textContent.includes('Customer is writing')").await;
        visitor.says("arted").await;
        ada.until("document.querySelector('#messages').textContent.includes('It restarted')").await;

        // The server goes in the middle of a word, and comes back at the same address.
        let base = world.base.clone();
        let port: u16 = base.rsplit(':').next().unwrap().parse().unwrap();
        let (server, db, _) = world.into_server();
        server.kill();
        visitor.says("Are you there?").await;
        visitor.says("Hello?").await;
        visitor.until("document.querySelectorAll('.unsent').length === 2").await;
        visitor.until("document.querySelector('#problem').textContent.includes('kept here')").await;
        ada.fill("#reply", "Said in the dark").await;
        ada.click("[data-send=reply]").await;
        let server = Served::start_on(&db, port);
        visitor.until("!document.querySelector('.unsent')").await;
        visitor.hears("Said in the dark").await;
        for words in ["Are you there?", "Hello?"] {
            ada.until(&format!("document.querySelector('#messages').textContent.includes({words:?})")).await;
        }
        let mut said = visitor.chat().await;
        said.sort();
        let all = [
            "Are you there?",
            "Hello?",
            "Hold the green key",
            "It restarted",
            "Said in the dark",
            "The terminal shows E-41",
        ];
        assert_eq!(said, all);
        visitor.until("document.querySelector('#problem').textContent === ''").await;
        visitor.shot("widget-after-a-restart").await;
        // The page again: everything is there, once, for the same visitor.
        visitor.out_of_the_chat().await;
        visitor.reload().await;
        visitor.goes_to_the_chat().await;
        visitor.hears("Said in the dark").await;
        assert_eq!(visitor.chat().await.len(), all.len());
        let messages = ada.script("return document.querySelectorAll('#messages article').length").await;
        assert_eq!(messages, all.len());
        drop((server, db));
    });
}

#[test]
fn a_message_whose_answer_was_lost_is_not_said_twice() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let widget = Widget::open(&world).await;
        let visitor = Browser::open().await;
        visitor.goto(&format!("{}/widget/{}", world.base, widget.key)).await;
        // The first answer gets lost on its way.
        visitor
            .script("const real = fetch; let lost; window.fetch = async (...all) => { const answer = await real(...all); if (!lost && String(all[0]).endsWith('/messages')) { lost = true; throw new Error('lost'); } return answer; }")
            .await;
        visitor.says("Only once").await;
        visitor.until("!document.querySelector('.unsent') && document.querySelector('#log .me')").await;
        assert_eq!(visitor.chat().await, ["Only once"]);
        let number = visitor.script("return document.querySelector('#place').value").await;
        let path = format!("/conversations/{}/messages", number.as_str().unwrap());
        assert_eq!(world.root.api.all(&path).await.len(), 1);
        assert_eq!(world.root.api.all("/conversations").await.len(), 1);
    });
}

#[test]
fn the_chat_works_by_keyboard_alone() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let widget = Widget::open(&world).await;
        let visitor = Browser::open().await;
        visitor.goto(&site(&world.base, &format!("data-key={:?}", widget.key))).await;
        visitor.until(&format!("{ROOT}?.querySelector('button')")).await;
        visitor.find("body").await;
        for _ in 0..2 {
            visitor.keys("\u{e004}").await;
        }
        visitor.until(&format!("{ROOT}.activeElement?.ariaLabel === 'Chat with us'")).await;
        visitor.keys("\u{e007}").await;
        visitor.goes_to_the_chat().await;
        visitor.until("document.activeElement.id === 'text'").await;
        visitor.keys("Hello").await;
        visitor.keys("\u{e007}").await;
        visitor.until("document.querySelector('#log .me:not(.unsent)')").await;
        assert_eq!(visitor.script("return document.activeElement.id").await, "text", "the focus stays in the field");
        let number = visitor.script("return document.querySelector('#place').value").await;
        let of = format!("/conversations/{}", number.as_str().unwrap());
        world.ada.api.post(&format!("{of}/replies"), json!({ "body": "Hi" })).await.expect(201);
        visitor.hears("Hi").await;
        assert_eq!(visitor.script("return document.activeElement.id").await, "text");
        // The menu opens, and Escape closes it before it closes the chat.
        visitor.script("document.querySelector('summary').focus()").await;
        visitor.keys("\u{e007}").await;
        visitor.until("document.querySelector('#menu').open").await;
        visitor.keys("\u{e00c}").await;
        visitor.until("!document.querySelector('#menu').open && document.activeElement.matches('summary')").await;
        visitor.keys("\u{e00c}").await;
        visitor.out_of_the_chat().await;
        visitor
            .until(&format!("{ROOT}.querySelector('iframe').hidden && {ROOT}.activeElement?.matches('button')"))
            .await;
        // What comes while it is closed is said on the button.
        world.ada.api.post(&format!("{of}/replies"), json!({ "body": "One more <b>thing</b>" })).await.expect(201);
        visitor.until(&format!("{ROOT}.querySelector('button').ariaLabel === 'Chat with us, 1 new'")).await;
        let peek = visitor.script(&format!("return {ROOT}.querySelector('p').textContent")).await;
        assert_eq!(peek, "ada: One more <b>thing</b>");
        visitor.shot("widget-closed").await;
        visitor.keys("\u{e007}").await;
        visitor.goes_to_the_chat().await;
        visitor.until("document.activeElement.id === 'text'").await;
        assert_eq!(visitor.console().await, "");
    });
}

#[test]
fn the_site_says_who_the_visitor_is() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let widget = Widget::open(&world).await;
        let secret = widget.secret(&world).await;
        let ann = widget.named(&identity(&secret, "ann"));
        let number = ann.writes("From another browser").await;
        let browser = Browser::open().await;
        let token = identity(&secret, "ann");
        let script = format!("data-key={:?} data-identity={token:?} data-theme=dark", widget.key);
        browser.opens_the_chat(&site(&world.base, &script)).await;
        browser.hears("From another browser").await;
        assert_eq!(browser.script("return document.querySelector('#place').value").await, number.as_str());
        browser.says("And from this one").await;
        browser.until("document.querySelectorAll('#log .me:not(.unsent)').length === 2").await;
        assert_eq!(ann.reads(&number).await.len(), 2);
        browser.shot("widget-dark").await;
        // Another one of the site's visitors sees nothing of it.
        browser.out_of_the_chat().await;
        let bob = identity(&secret, "bob");
        browser.script(&format!("Switchboard.identify({bob:?})")).await;
        browser.goes_to_the_chat().await;
        browser.until("!document.querySelector('#log .me')").await;
        browser.out_of_the_chat().await;
        browser.script("Switchboard.identify('forged.token.x')").await;
        browser.goes_to_the_chat().await;
        browser.until("document.querySelector('#problem').textContent.includes('signed out')").await;
    });
}

#[test]
fn a_site_that_is_not_on_the_list_shows_no_chat() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let sites = json!({ "type": "chat", "origins": ["https://www.shop.example"] });
        let widget = Widget::with(&world, "site", sites).await;
        let visitor = Browser::open().await;
        visitor.goto(&site(&world.base, &format!("data-key={:?}", widget.key))).await;
        visitor.until(&format!("{ROOT}?.querySelector('button')")).await;
        visitor.console().await;
        visitor.script(&format!("{ROOT}.querySelector('button').click()")).await;
        visitor.until(&format!("{ROOT}.querySelector('iframe')")).await;
        let said = tokio::time::timeout(std::time::Duration::from_secs(20), async {
            loop {
                let said = visitor.console().await;
                if !said.is_empty() {
                    return said;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        });
        assert!(said.await.unwrap().contains("frame-ancestors"));
    });
}

#[test]
fn without_scripts_a_visitor_writes_reads_and_comes_back() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let widget = Widget::open(&world).await;
        let visitor = Browser::open().await;
        visitor.without_javascript().await;
        visitor.goto(&format!("{}/widget/{}", world.base, widget.key)).await;
        visitor.fill("#text", "Hello").await;
        visitor.click(".send").await;
        visitor.find("#log .me").await;
        let number = visitor.find("#place").await.attr("value").await.unwrap().unwrap();
        world
            .ada
            .api
            .post(&format!("/conversations/{number}/replies"), json!({ "body": "Hi there" }))
            .await
            .expect(201);
        visitor.goto(&format!("{}/widget/{}", world.base, widget.key)).await;
        assert!(visitor.text("#log").await.contains("Hi there"));
        visitor.click("summary").await;
        visitor.click("form[data-end] button").await;
        visitor.find("#log .event").await;
        assert_eq!(world.stage(&number).await, "resolved");
        visitor.shot("widget-without-scripts").await;
    });
}

#[test]
fn axe_finds_nothing_on_the_widget() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let widget = Widget::open(&world).await;
        let visitor = Browser::open().await;
        let host = site(&world.base, &format!("data-key={:?}", widget.key));
        let mut found = vec![];
        let frame = format!("{}/widget/{}?theme=auto", world.base, widget.key);
        for state in ["new", "waiting", "answered", "resolved"] {
            visitor.goto(&frame).await;
            match state {
                "waiting" => {
                    visitor.says("Morning! Our counter terminal updated itself overnight and now shows E-41.").await;
                    visitor.until("document.querySelector('#log .me:not(.unsent)')").await;
                }
                "answered" | "resolved" => {
                    let number = visitor.script("return document.querySelector('#place').value").await;
                    let of = format!("/conversations/{}", number.as_str().unwrap());
                    if state == "resolved" {
                        world.ada.api.put(&format!("{of}/resolution"), resolved()).await.expect(200);
                        visitor.hears("marked this as resolved").await;
                    } else {
                        world.ada.api.post(&format!("{of}/replies"), json!({ "body": "Hold X" })).await.expect(201);
                        visitor.hears("Hold X").await;
                    }
                }
                _ => {}
            }
            for theme in [Theme::Light, Theme::Dark] {
                visitor.theme(theme).await;
                for width in [392, 320] {
                    visitor.width(width).await;
                    let here = |line: String| format!("{state} {theme:?} {width}: {line}");
                    found.extend(visitor.axe().await.into_iter().map(here));
                    let wide = visitor.script("return document.documentElement.scrollWidth - innerWidth").await;
                    assert!(wide.as_i64() <= Some(0), "{state} scrolls {wide} px sideways");
                }
                visitor.script("document.querySelector('#menu').open = !document.querySelector('#menu').hidden").await;
                found.extend(visitor.axe().await.into_iter().map(|line| format!("{state} menu: {line}")));
                visitor.script("document.querySelector('#menu').open = false").await;
                visitor.width(392).await;
                visitor.shot(&format!("widget-{state}-{theme:?}")).await;
            }
        }
        visitor.theme(Theme::Light).await;
        visitor.width(1440).await;
        visitor.opens_the_chat(&host).await;
        visitor.out_of_the_chat().await;
        found.extend(visitor.axe().await);
        visitor.shot("widget-on-a-site").await;
        visitor.width(390).await;
        visitor.shot("widget-on-a-site-390").await;
        assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    });
}

#[test]
fn everything_a_visitor_loads_is_small() {
    run(async {
        let world = World::open(Engine::Sqlite).await;
        let visitor = at_the_widget(&world).await;
        let sizes = "const all = performance.getEntriesByType('resource').filter((one) => one.name.includes('/static/'));
            return [all.length, [performance.getEntriesByType('navigation')[0], ...all].reduce((sum, one) => sum + one.encodedBodySize, 0)]";
        let sizes = visitor.script(sizes).await;
        let button = world.visitor().get("/widget.js").await.expect(200).body.len() as u64;
        let all = sizes[1].as_u64().unwrap() + button;
        assert!(
            sizes[0].as_u64().unwrap() >= 6 && all <= 15 * 1024,
            "{sizes} and {button} for the button: {all} bytes"
        );
        println!("everything a visitor loads: {all} bytes");
    });
}
