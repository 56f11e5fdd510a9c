//! Nonsense at the doors that stand open to everybody, the widget's and Twilio's, and through open sockets.

use reqwest::Method;
use reqwest::multipart;
use serde_json::json;

use crate::fuzz::{chance, encoded, no_failure, value, word, wrong_bodies};
use crate::support::app::{Person, send};
use crate::support::database::Engine;
use crate::support::live::Socket;
use crate::support::provider::{Provider, TOKEN, posts};
use crate::support::widget::Widget;
use crate::support::world::World;

both![nonsense_at_the_widget_never_fails, nonsense_of_twilio_s_never_fails, nonsense_through_a_socket_never_fails];

async fn nonsense_at_the_widget_never_fails(engine: Engine) {
    let mut chance = chance();
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let ann = widget.visitor().await;
    let number = ann.writes("Mine").await;
    let stranger = Person::at(&world.base);
    for round in 0..40 {
        let person = if round % 2 == 0 { &ann.person } else { &stranger };
        let nonsense = encoded(&word(&mut chance).chars().take(200).collect::<String>());
        let key = if round % 4 == 0 { &nonsense } else { &widget.key };
        for of in ["", "/conversations", "/live", &format!("/conversations/{nonsense}"), &format!("/files/{nonsense}")]
        {
            let path = format!("/widget/{key}{of}?conversation={nonsense}&before={nonsense}&theme={nonsense}");
            no_failure(&person.get(&path).await, "");
        }
        for of in ["/messages", "/end", "/visitor", "/conversations"] {
            let path = format!("/widget/{key}{of}");
            let fields = ["body", "conversation", "id", "identity", "visitor"].map(|name| (name, word(&mut chance)));
            let post = || person.request(Method::POST, &path).header("Origin", &world.base);
            let sent = format!("{fields:?}");
            no_failure(&send(format!("POST {path} as a form"), post().form(&fields)).await, &sent);
            let mut form = multipart::Form::new();
            for (name, text) in fields.clone() {
                form = form.text(name, text);
            }
            let file = multipart::Part::bytes(word(&mut chance).into_bytes()).file_name(word(&mut chance));
            let request = post().multipart(form.part("file", file));
            no_failure(&send(format!("POST {path} in parts"), request).await, &sent);
            let body = value(&mut chance, 0);
            no_failure(&send(format!("POST {path}"), post().json(&body)).await, &body.to_string());
            let identity = post().header("X-Visitor-Identity", nonsense.as_str()).json(&json!({ "body": "Hello" }));
            no_failure(&send(format!("POST {path} as somebody"), identity).await, &nonsense);
        }
    }
    for (kind, body) in wrong_bodies() {
        for of in ["/messages", "/end", "/visitor"] {
            let request = ann.person.request(Method::POST, &ann.path(of)).header("Origin", &world.base);
            no_failure(
                &send(format!("POST {of}"), request.header("Content-Type", kind).body(body.clone())).await,
                kind,
            );
        }
    }
    assert!(ann.reads(&number).await.iter().any(|(_, body)| body == "Mine"));
    world.visitor().get("/readyz").await.expect(200);
}

async fn nonsense_of_twilio_s_never_fails(engine: Engine) {
    let mut chance = chance();
    let (world, provider) = (World::open(engine).await, Provider::start());
    provider.carries(&world.root.api).await;
    let anybody = Person::at(&world.base);
    for door in ["/channels/text/twilio", "/channels/text/twilio/status"] {
        for (kind, body) in wrong_bodies() {
            let request = anybody.request(Method::POST, door).header("Content-Type", kind).body(body);
            no_failure(&send(format!("POST {door}"), request).await, kind);
        }
        for _ in 0..60 {
            let names = [
                "MessageSid",
                "From",
                "To",
                "Body",
                "SmsStatus",
                "MessageStatus",
                "NumMedia",
                "MediaUrl0",
                "ErrorCode",
            ];
            let mut fields: Vec<(String, String)> = vec![(word(&mut chance), word(&mut chance))];
            for name in names {
                if chance.bool() {
                    fields.push((name.to_owned(), word(&mut chance)));
                }
            }
            let sent = format!("{fields:?}");
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let unsigned = anybody.request(Method::POST, door).header("X-Twilio-Signature", "AAAA").form(&fields);
            let unsigned = send(format!("POST {door} unsigned"), unsigned).await;
            assert_eq!(unsigned.status, 403, "{sent}");
            let place = format!("{door}?message={}", encoded(&word(&mut chance).chars().take(100).collect::<String>()));
            no_failure(&posts(&world.base, &place, TOKEN, &fields).await, &sent);
        }
    }
    posts(&world.base, "/channels/nothing/twilio", TOKEN, &[("From", "+1")]).await.expect(404);
    world.visitor().get("/readyz").await.expect(200);
}

async fn nonsense_through_a_socket_never_fails(engine: Engine) {
    let mut chance = chance();
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let visitor = Widget::open(&world).await.visitor().await;
    visitor.writes("Hello").await;
    for _ in 0..30 {
        let mut page = Socket::of_page(&world.ada.page, &format!("conversation:{number}"), None).await.unwrap();
        for _ in 0..chance.usize(1..20) {
            let text = if chance.bool() { word(&mut chance) } else { value(&mut chance, 0).to_string() };
            page.tries(&text).await;
        }
        page.tries_bytes(vec![0xFF; chance.usize(..300)]).await;
        let first = value(&mut chance, 0);
        if let Some(mut line) = visitor.line(&world.base, first).await {
            line.says(value(&mut chance, 0)).await;
        }
        let topics = encoded(&word(&mut chance).chars().take(100).collect::<String>());
        let _ = Socket::of_program(&world.ada.api, &topics, Some(("x", chance.u64(..)))).await;
    }
    // Who watches decently is still told of everything.
    let mut page = Socket::of_page(&world.ben.page, &format!("conversation:{number}"), None).await.unwrap();
    world.uma.sends("Still there?").await.expect(201);
    page.until("message.added").await;
    world.visitor().get("/readyz").await.expect(200);
}
