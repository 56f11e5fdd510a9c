//! Visitors of the chat widget: each with a browser of their own, or with what a site has signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{SinkExt, StreamExt};
use hmac::{Hmac, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::app::{Person, send};
use super::browser::Browser;
use super::page::Answer;
use super::world::World;

/// A widget that Root has set up.
#[derive(Clone)]
pub struct Widget {
    pub slug: String,
    pub key: String,
    pub base: String,
}

impl Widget {
    /// On a site of any origin.
    pub async fn open(world: &World) -> Widget {
        Widget::with(world, "site", json!({ "type": "chat" })).await
    }

    pub async fn with(world: &World, slug: &str, more: Value) -> Widget {
        let mut channel = json!({ "slug": slug, "name": "Tillwork support", "kind": "widget", "queue": "support" });
        for (name, value) in more.as_object().unwrap() {
            channel[name] = value.clone();
        }
        let made = world.root.api.post("/channels", channel).await.expect(201).json();
        let (key, base) = (made["key"].as_str().unwrap().to_owned(), world.base.clone());
        Widget { slug: slug.to_owned(), key, base }
    }

    /// A new secret that signs its visitors.
    pub async fn secret(&self, world: &World) -> String {
        let root = &world.root.page;
        let page = root.sees(&format!("/settings/channels/{}", self.slug)).await;
        root.submits(&page.form("form[action$='/secret']")).await.expect(200).page().attr("#fresh", "value")
    }

    /// Somebody nobody knows, in a browser of their own that has opened the frame.
    pub async fn visitor(&self) -> Visitor {
        let person = Person::at(&self.base);
        person.get(&format!("/widget/{}", self.key)).await.expect(200);
        Visitor { person, widget: self.clone(), proof: None }
    }

    /// Somebody the site has signed.
    pub fn named(&self, identity: &str) -> Visitor {
        let proof = Some(("x-visitor-identity", identity.to_owned()));
        Visitor { person: Person::at(&self.base), widget: self.clone(), proof }
    }
}

/// Somebody at a widget.
#[derive(Clone)]
pub struct Visitor {
    pub person: Person,
    pub widget: Widget,
    pub proof: Option<(&'static str, String)>,
}

impl Visitor {
    pub fn path(&self, of: &str) -> String {
        format!("/widget/{}{of}", self.widget.key)
    }

    pub async fn get(&self, of: &str) -> Answer {
        self.asks(Method::GET, of, None, None).await
    }

    pub async fn post(&self, of: &str, body: Value) -> Answer {
        self.asks(Method::POST, of, Some(body), None).await
    }

    /// As a page of this origin would ask.
    pub async fn asks(&self, method: Method, of: &str, body: Option<Value>, origin: Option<&str>) -> Answer {
        let asked = format!("{method} {}", self.path(of));
        let mut request = self.person.request(method, &self.path(of));
        if let Some((name, value)) = &self.proof {
            request = request.header(*name, value);
        }
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        send(asked, if let Some(body) = body { request.json(&body) } else { request }).await
    }

    /// Writes; the number of the conversation it went to.
    pub async fn writes(&self, body: &str) -> String {
        let answer = self.post("/messages", json!({ "body": body })).await.expect(201).json();
        answer["conversation"].as_str().unwrap().to_owned()
    }

    /// Writes in a conversation.
    pub async fn writes_in(&self, number: &str, body: &str) -> Answer {
        self.post("/messages", json!({ "body": body, "conversation": number })).await
    }

    /// A conversation as this visitor sees it.
    pub async fn sees(&self, number: &str) -> Value {
        self.get(&format!("/conversations/{number}")).await.expect(200).json()
    }

    /// What is said there, with who says it.
    pub async fn reads(&self, number: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let seen = self.sees(number).await;
        seen["messages"].as_array().unwrap().iter().map(|m| (text(&m["author"]), text(&m["body"]))).collect()
    }

    /// The numbers of the conversations this visitor sees.
    pub async fn list(&self) -> Vec<String> {
        let list = self.get("/conversations").await.expect(200).json();
        list["items"].as_array().unwrap().iter().map(|item| item["number"].as_str().unwrap().to_owned()).collect()
    }

    /// The page's line to the server, as a page of this origin opens it; None if the server does not let it in.
    pub async fn line(&self, origin: &str, first: Value) -> Option<Line> {
        let url = format!("{}{}", self.person.base.replacen("http", "ws", 1), self.path("/live"));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("Origin", origin.parse().unwrap());
        request.headers_mut().insert("Cookie", self.person.cookies().parse().unwrap());
        let (stream, _) = connect_async(request).await.ok()?;
        let mut line = Line { stream };
        line.says(first).await;
        (line.next().await?["type"] == "hello").then_some(line)
    }
}

/// An open socket of a visitor.
pub struct Line {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Line {
    pub async fn says(&mut self, words: Value) {
        let _ = self.stream.send(Message::text(words.to_string())).await;
    }

    /// The next frame; None when it closes or ten seconds pass.
    pub async fn next(&mut self) -> Option<Value> {
        let patience = std::time::Duration::from_secs(10);
        loop {
            match tokio::time::timeout(patience, self.stream.next()).await.ok()??.ok()? {
                Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// All frames up to the one of this type, with it.
    pub async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut all = vec![];
        while let Some(frame) = self.next().await {
            let done = frame["type"] == kind;
            all.push(frame);
            if done {
                return all;
            }
        }
        panic!("no {kind}, only {all:?}");
    }
}

/// A browser at the page of a new widget.
pub async fn at_the_widget(world: &World) -> Browser {
    let (widget, visitor) = (Widget::open(world).await, Browser::open().await);
    visitor.goto(&format!("{}/widget/{}", world.base, widget.key)).await;
    visitor.until("document.readyState === 'complete'").await;
    visitor
}

/// What a site signs with the secret of its channel.
pub fn signed(secret: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A JWT as a site makes it.
pub fn jwt(secret: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(claims));
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signed(secret, &text)))
}

/// An identity that is good for a while.
pub fn identity(secret: &str, id: &str) -> String {
    jwt(secret, &json!({ "sub": id, "exp": in_seconds(600) }))
}

pub fn in_seconds(seconds: i64) -> i64 {
    switchboard::clock::Clock::system().now().timestamp() + seconds
}
