//! Those who speak HTTP to a server: a `Person` with a browser's cookies, a `Program` with a token.

use std::sync::Arc;

use reqwest::cookie::{CookieStore, Jar};
use reqwest::{Client, Method, RequestBuilder, Url};
use serde_json::Value;

use super::page::{Answer, Form, Page};

/// A person at a browser of their own: keeps cookies, follows no redirect unasked, sends forms as a browser does.
#[derive(Clone)]
pub struct Person {
    pub base: String,
    client: Client,
    jar: Arc<Jar>,
}

impl Person {
    /// Somebody not signed in, at the server of this base address.
    pub fn at(base: &str) -> Person {
        let jar = Arc::new(Jar::default());
        let client = client().cookie_provider(jar.clone()).build().unwrap();
        Person { base: base.to_owned(), client, jar }
    }

    /// Somebody whose browser already holds these cookies.
    pub fn with_cookies(base: &str, cookies: &str) -> Person {
        let person = Person::at(base);
        let url = Url::parse(base).unwrap();
        cookies.split("; ").for_each(|cookie| person.jar.add_cookie_str(cookie, &url));
        person
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = self.client.get(self.url(path)).header("Accept", "text/html");
        send(format!("GET {path}"), request).await
    }

    /// The page at this path, which must be there; a redirect within the house is followed.
    pub async fn sees(&self, path: &str) -> Page {
        let mut answer = self.get(path).await;
        for _ in 0..3 {
            if answer.status != 303 || answer.location().contains("/sign-in") {
                break;
            }
            answer = self.get(answer.location()).await;
        }
        answer.expect(200).page()
    }

    /// Whether the session opens the inbox.
    pub async fn is_signed_in(&self) -> bool {
        let answer = self.get("/inbox/open").await;
        assert!([200, 303].contains(&answer.status.as_u16()), "{}", answer.status);
        answer.status == 200
    }

    /// Sends a form as it stands, from a page of our own origin.
    pub async fn submits(&self, form: &Form) -> Answer {
        let request = self.client.post(self.url(&form.action)).header("Origin", &self.base).form(&form.fields);
        send(format!("POST {}", form.action), request).await
    }

    /// Posts fields of one's own to a path, with the token of the inbox.
    pub async fn posts(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let fields = fields.chain([("csrf".to_owned(), csrf)]).collect();
        self.submits(&Form { action: path.to_owned(), method: "post".to_owned(), fields }).await
    }

    /// The form token of this session.
    pub async fn csrf(&self) -> String {
        self.sees("/inbox").await.csrf().expect("the inbox has a form with a csrf field")
    }

    pub async fn signs_in(&self, email: &str, password: &str) -> Answer {
        let form = self.sees("/sign-in").await.form("form[method=post]");
        self.submits(&form.with("email", email).with("password", password)).await
    }

    /// What the browser would send as its Cookie header; empty when it has none.
    pub fn cookies(&self) -> String {
        let url = Url::parse(&self.base).unwrap();
        self.jar.cookies(&url).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    }

    /// A request with nothing added but the cookies: for what a browser would not do.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }
}

/// A program that uses the API with a token.
#[derive(Clone)]
pub struct Program {
    pub base: String,
    pub token: String,
    client: Client,
}

impl Program {
    pub fn with(base: &str, token: &str) -> Program {
        Program { base: base.to_owned(), token: token.to_owned(), client: client().build().unwrap() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.sends(Method::GET, path, None).await
    }

    /// Every item of a list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = vec![];
        let mut next = path.to_owned();
        loop {
            let page = self.get(&next).await.expect(200).json();
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(cursor) = page["next"].as_str() else { return items };
            let and = if path.contains('?') { '&' } else { '?' };
            next = format!("{path}{and}after={cursor}");
        }
    }

    /// The same as one text; an endless feed only up to its head.
    pub async fn all_of_what_is_there(&self, path: &str) -> String {
        let mut text = String::new();
        let mut next = path.to_owned();
        loop {
            let page = self.get(&next).await.expect(200).json();
            text += &page["items"].to_string();
            let more = page["items"].as_array().is_some_and(|items| !items.is_empty());
            let Some(cursor) = page["next"].as_str().filter(|_| more) else { return text };
            let and = if path.contains('?') { '&' } else { '?' };
            next = format!("{path}{and}after={cursor}");
        }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.sends(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.sends(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.sends(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.sends(Method::DELETE, path, None).await
    }

    async fn sends(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let asked = format!("{method} /api/v1{path}");
        let request = self.request(method, path);
        send(asked, if let Some(body) = body { request.json(&body) } else { request }).await
    }

    /// A request with the token, to be finished by the test.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.base)).bearer_auth(&self.token)
    }
}

/// Sends a request that a test has made itself.
pub async fn send(asked: String, request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
    Answer::from(asked, response).await
}

fn client() -> reqwest::ClientBuilder {
    let patience = std::time::Duration::from_secs(60);
    // Shorter than the server waits: a connection it has just closed is not used again.
    let idle = std::time::Duration::from_secs(2);
    Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(patience).pool_idle_timeout(idle).no_proxy()
}
