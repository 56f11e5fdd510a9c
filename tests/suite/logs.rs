//! What the server writes down of its work holds nothing that only two people should know: no password, no token, no word
//! of a message.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{Person, Program, send};
use crate::support::binary::{Served, password};
use crate::support::cast::{self, email};
use crate::support::database::{Database, Engine};
use crate::support::wire::Wire;

both![no_secret_and_no_word_of_a_message_is_written_down];

/// A word that nobody would write by chance, for each place where a secret may stand.
fn planted(place: &str) -> String {
    format!("zq-planted-{place}-7714-enough")
}

async fn no_secret_and_no_word_of_a_message_is_written_down(engine: Engine) {
    let (db, keys) = (Database::with_the_cast(engine), cast::keys(engine));
    let server = Served::start_with(&db, &[("SWITCHBOARD_LOG", "trace")]);
    let root = Program::with(&server.base, &keys.tokens["root"]);
    let root_page = Person::with_cookies(&server.base, &keys.sessions["root"]);
    let anybody = server.visitor();

    // Set-up: people, channels with the secrets of a provider.
    let ann = json!({ "name": "Ann", "email": "ann@desk.example", "role": "agent", "password": planted("password") });
    root.post("/agents", ann).await.expect(201);
    let text = json!({ "slug": "text", "name": "Text", "kind": "sms", "type": "messaging", "queue": "support", "provider": "twilio",
        "account_sid": "AC1", "auth_token": planted("provider"), "number": "+14155550000" });
    root.post("/channels", text).await.expect(201);
    let widget = json!({ "slug": "site", "name": "Site", "kind": "widget", "type": "chat", "queue": "support" });
    let key = root.post("/channels", widget).await.expect(201).json()["key"].as_str().unwrap().to_owned();
    let page = root_page.sees("/settings/channels/site").await;
    let fresh =
        root_page.submits(&page.form("form[action$='/secret']")).await.expect(200).page().attr("#fresh", "value");

    // Sign-in: right, wrong, and with the two fields mixed up.
    anybody.signs_in("ann@desk.example", &planted("password")).await.expect(303);
    let session = anybody.cookies();
    Person::at(&server.base).signs_in(&email("ada"), &planted("wrong")).await;
    Person::at(&server.base).signs_in(&planted("mixed-up"), &password(&email("ada"))).await;

    // Messages: stored, refused, and not understood.
    let sms = Program::with(&server.base, &keys.channels["sms"]);
    let message = json!({ "provider_message_id": "m1", "from": cast::UMA_PHONE, "body": planted("inbound") });
    let number =
        sms.post("/inbound/sms", message).await.expect(201).json()["conversation"].as_str().unwrap().to_owned();
    let path = format!("/conversations/{number}");
    root.post(&format!("{path}/replies"), json!({ "body": planted("reply") })).await.expect(201);
    root.post(&format!("{path}/notes"), json!({ "body": planted("note") })).await.expect(201);
    root_page.posts(&format!("{path}/replies"), &[("body", &planted("form")), ("kind", "reply")]).await;
    let ending = json!({ "resolution": "Answered", "short_description": planted("description") });
    root.put(&format!("{path}/resolution"), ending).await.expect(200);
    root.delete(&format!("{path}/resolution?note={}", planted("query"))).await.expect(200);
    root.get(&format!("/contacts?q={}", planted("search"))).await;
    let broken = format!("{{\"body\": \"{}\", ", planted("broken"));
    let request = root.request(Method::POST, &format!("{path}/replies")).header("Content-Type", "application/json");
    assert!(send("half a body".to_owned(), request.body(broken)).await.status.is_client_error());
    let fields = [("From", "+14155550123".to_owned()), ("Body", planted("unsigned"))];
    let unsigned = anybody.request(Method::POST, "/channels/text/twilio").header("X-Twilio-Signature", "AAAA");
    send("unsigned".to_owned(), unsigned.form(&fields)).await.expect(403);
    let visitor = anybody.request(Method::POST, &format!("/widget/{key}/messages")).header("Origin", &server.base);
    let visitor = visitor.json(&json!({ "body": planted("visitor") }));
    let secret = send("a visitor".to_owned(), visitor).await;
    let secret = secret.header("set-cookie").split([';', '=']).nth(1).unwrap_or_default().to_owned();
    let forged = anybody.request(Method::GET, &format!("/widget/{key}/conversations"));
    send("forged".to_owned(), forged.header("X-Visitor-Identity", planted("identity"))).await;
    Program::with(&server.base, &planted("token")).get("/conversations").await.expect(401);
    let mut wire = Wire::to(&server.base);
    wire.says(format!("GET /{} HTTP/9.9\r\nCookie: {}\r\n\r\n", planted("line"), planted("cookie")));
    wire.hears_all(std::time::Duration::from_millis(300));

    let told = server.errors();
    assert!(told.contains("listening") && told.contains(&path.replace(&number, "")), "it is talkative: {told}");
    let sessions = session.split("; ").filter_map(|cookie| cookie.split_once('=')).map(|(_, value)| value.to_owned());
    let known = keys.tokens.values().chain(keys.channels.values()).cloned().chain(sessions).chain([fresh, secret]);
    let passwords = [password(&email("ada")), "zq-planted".to_owned(), cast::UMA_PHONE.to_owned()];
    for secret in known.chain(passwords).filter(|secret| secret.len() > 6) {
        let line = told.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{secret} stands in the log: {line:?}");
    }
}
