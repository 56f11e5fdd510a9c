//! What Twilio posts to us: signed, once, with its files, and the words that carriers give a meaning to.

use serde_json::{Value, json};
use switchboard::channels::sms::is_signed;
use switchboard::config::Secret;

use crate::support::app::{Person, send};
use crate::support::binary::Served;
use crate::support::cast;
use crate::support::database::{Database, Engine};
use crate::support::provider::{Provider, TOKEN, newest, posts, sender, signature, texts, until};
use crate::support::world::World;

both![
    a_signed_text_becomes_a_conversation_and_comes_once,
    one_changed_byte_is_refused_and_logged_without_the_words,
    who_says_stop_gets_nothing_more_until_start,
    what_waits_for_somebody_who_says_stop_is_not_sent,
    help_is_answered_by_the_channel,
    files_are_fetched_from_the_provider_and_from_no_private_place,
    files_of_a_reply_are_there_for_the_provider_alone,
];

const PLACE: &str = "/channels/text/twilio";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03\x08\x06\0\0\0\0\0\0\0";

async fn world(engine: Engine) -> (World, Provider) {
    let (world, provider) = (World::open(engine).await, Provider::start());
    provider.carries(&world.root.api).await;
    (world, provider)
}

async fn messages(world: &World, number: &str) -> Vec<Value> {
    world.root.api.all(&format!("/conversations/{number}/messages")).await
}

async fn a_signed_text_becomes_a_conversation_and_comes_once(engine: Engine) {
    let (world, _provider) = world(engine).await;
    let answer = texts(&world.base, "SM1", "whatsapp:+14155550100", "Hello, \u{1f642} & <b>\nwell").await.expect(200);
    assert!(
        answer.header("content-type").starts_with("text/xml") && answer.body.ends_with("<Response/>"),
        "{}",
        answer.body
    );
    let number = newest(&world.root.api).await;
    let conversation = world.conversation(&number).await;
    assert_eq!(
        (&conversation["channel"]["slug"], &conversation["organization"]["name"]),
        (&json!("text"), &json!("Acme"))
    );
    texts(&world.base, "SM1", "whatsapp:+14155550100", "Hello, \u{1f642} & <b>\nwell").await.expect(200);
    texts(&world.base, "SM2", "+14155550100", "And another").await.expect(200);
    let thread = messages(&world, &number).await;
    assert_eq!(thread.len(), 2);
    assert_eq!(thread[0]["body"], "Hello, \u{1f642} & <b>\nwell");
    let burst = (0..8).map(|_| texts(&world.base, "SM3", "+14155550177", "At once"));
    for answer in futures_util::future::join_all(burst).await {
        answer.expect(200);
    }
    let number = newest(&world.root.api).await;
    assert_eq!(messages(&world, &number).await.len(), 1);
}

async fn one_changed_byte_is_refused_and_logged_without_the_words(engine: Engine) {
    let (db, provider) = (Database::with_the_cast(engine), Provider::start());
    let server = Served::start(&db);
    let root = crate::support::app::Program::with(&server.base, &cast::keys(engine).tokens["root"]);
    provider.carries(&root).await;
    let url = format!("{}{PLACE}", server.base);
    let fields = [("MessageSid", "SM1"), ("From", "+14155550111"), ("Body", "Secret words")];
    let right = signature(TOKEN, &url, &fields);
    type Try<'a> = (&'a str, &'a str, String, &'a [(&'a str, &'a str)]);
    let tries: [Try; 6] = [
        (
            "another body",
            PLACE,
            right.clone(),
            &[("MessageSid", "SM1"), ("From", "+14155550111"), ("Body", "Secret wordz")],
        ),
        (
            "a field more",
            PLACE,
            right.clone(),
            &[("MessageSid", "SM1"), ("From", "+14155550111"), ("Body", "Secret words"), ("X", "")],
        ),
        ("a query", "/channels/text/twilio/status?message=1", right.clone(), &fields),
        ("another token", PLACE, signature("wrong", &url, &fields), &fields),
        ("no signature", PLACE, String::new(), &fields),
        ("a broken one", PLACE, right.replace('=', ""), &fields),
    ];
    for (what, place, signature, fields) in tries {
        let request = Person::at(&server.base).request(reqwest::Method::POST, place);
        let request = request.header("X-Twilio-Signature", signature).form(fields);
        let answer = send(what.to_owned(), request).await;
        assert_eq!(answer.status.as_u16(), 403, "{what}: {}", answer.body);
        assert!(!answer.body.contains("Secret"), "{what}");
    }
    posts(&server.base, "/channels/nowhere/twilio", TOKEN, &fields).await.expect(404);
    posts(&server.base, "/channels/sms/twilio", TOKEN, &fields).await.expect(404);
    assert!(root.all("/conversations").await.is_empty());
    posts(&server.base, PLACE, TOKEN, &fields).await.expect(200);
    assert_eq!(root.all("/conversations").await.len(), 1);
    let log = server.errors();
    assert!(log.matches("signature is not right").count() >= 6, "{log}");
    assert!(!log.contains("Secret word") && !log.contains(TOKEN) && !log.contains(&right), "{log}");
}

#[test]
fn the_vectors_of_the_official_client_hold() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/webhook_vectors/vectors.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("{} is not here: the vectors are left out", file.display());
        return;
    };
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let all: Vec<&Value> =
        vectors["cases"].as_array().unwrap().iter().filter(|case| case["vendor"] == "twilio").collect();
    assert!(all.len() >= 13);
    for case in all {
        let word = |name: &str| case[name].as_str().unwrap();
        let fields: Vec<(String, String)> = serde_urlencoded::from_str(word("body")).unwrap();
        let signature = case["headers"]["X-Twilio-Signature"].as_str().unwrap();
        let signed = is_signed(&Secret::new(word("secret")), word("url"), &fields, signature);
        assert_eq!(json!(signed), case["accept"], "{}", word("name"));
    }
}

async fn who_says_stop_gets_nothing_more_until_start(engine: Engine) {
    let (world, provider) = world(engine).await;
    let _sender = sender(&world);
    let from = "+14155550111";
    texts(&world.base, "SM1", from, "Hello?").await.expect(200);
    let number = newest(&world.root.api).await;
    let path = format!("/conversations/{number}/replies");
    let stopped = texts(&world.base, "SM2", from, " Stop ").await.expect(200);
    assert!(stopped.body.contains("<Message>Text: you will get no more messages"), "{}", stopped.body);
    assert!(texts(&world.base, "SM2", from, " Stop ").await.expect(200).body.ends_with("<Response/>"), "answered once");
    assert_eq!(world.stage(&number).await, "new", "it is no question");
    let refusal = world.ada.api.post(&path, json!({ "body": "But" })).await.expect(422).json();
    assert!(refusal["message"].as_str().unwrap().contains("said STOP"), "{refusal}");
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    let form = page.form(&format!("form[action$='{number}/replies']")).with("body", "But still");
    let again = world.ada.page.submits(&form).await.expect(422).page();
    assert!(again.words().contains("They said STOP"), "{}", again.words());
    assert_eq!(again.form(&format!("form[action$='{number}/replies']")).value("body"), Some("But still"));
    let begun = json!({ "channel": "text", "to": from, "body": "We write first" });
    world.ada.api.post("/conversations", begun).await.expect(422);
    // A STOP of somebody nobody knows counts as well, and begins nothing.
    texts(&world.base, "SM3", "+14155550122", "STOP").await.expect(200);
    assert_eq!(world.root.api.all("/conversations").await.len(), 1);
    let begun = json!({ "channel": "text", "to": "+14155550122", "body": "We write first" });
    world.ada.api.post("/conversations", begun).await.expect(422);
    assert!(provider.texts().is_empty());
    let started = texts(&world.base, "SM4", from, "START").await.expect(200);
    assert!(started.body.contains("you get messages from this number again"), "{}", started.body);
    texts(&world.base, "SM2", from, " Stop ").await.expect(200);
    world.ada.api.post(&path, json!({ "body": "Welcome back" })).await.expect(201);
    until("it is sent", async || provider.texts().len() == 1).await;
    // Where Twilio keeps the list, it has answered already.
    let fields = [("MessageSid", "SM5"), ("From", from), ("Body", "arret"), ("OptOutType", "STOP")];
    assert!(posts(&world.base, PLACE, TOKEN, &fields).await.expect(200).body.ends_with("<Response/>"));
    world.ada.api.post(&path, json!({ "body": "But" })).await.expect(422);
}

async fn what_waits_for_somebody_who_says_stop_is_not_sent(engine: Engine) {
    let (world, provider) = world(engine).await;
    texts(&world.base, "SM1", "+14155550111", "Hello?").await.expect(200);
    let number = newest(&world.root.api).await;
    let body = json!({ "body": "On its way" });
    let id =
        world.ada.api.post(&format!("/conversations/{number}/replies"), body).await.expect(201).json()["id"].clone();
    texts(&world.base, "SM2", "+14155550111", "stop").await.expect(200);
    let _sender = sender(&world);
    let told = async || messages(&world, &number).await.into_iter().find(|message| message["id"] == id).unwrap();
    until("it has failed", async || told().await["delivery"] == "failed").await;
    assert!(told().await["delivery_error"].as_str().unwrap().contains("said STOP"));
    assert!(provider.texts().is_empty());
    world.ada.api.post(&format!("/messages/{id}/retry"), json!({})).await.expect(422);
}

async fn help_is_answered_by_the_channel(engine: Engine) {
    let (world, _provider) = world(engine).await;
    let answer = texts(&world.base, "SM1", "+14155550111", "HELP").await.expect(200);
    assert!(answer.body.contains("Reply STOP"), "{}", answer.body);
    let text = "Tills & more <help@desk.example>";
    world.root.api.patch("/channels/text", json!({ "help_text": text })).await.expect(200);
    let answer = texts(&world.base, "SM2", "+14155550111", "info").await.expect(200);
    assert!(answer.body.contains("<Message>Tills &amp; more &lt;help@desk.example&gt;</Message>"), "{}", answer.body);
    assert!(world.root.api.all("/conversations").await.is_empty());
    texts(&world.base, "SM3", "+14155550111", "Help! My till is on fire").await.expect(200);
    assert_eq!(world.root.api.all("/conversations").await.len(), 1);
}

async fn files_are_fetched_from_the_provider_and_from_no_private_place(engine: Engine) {
    let (world, provider) = world(engine).await;
    let inside = Provider::start();
    inside.holds("/secret", (200, String::new(), PNG.to_vec()));
    provider.holds("/media/1", (307, "Location: /media/2\r\n".to_owned(), Vec::new()));
    provider.holds("/media/2", (200, "Content-Type: text/html\r\n".to_owned(), PNG.to_vec()));
    provider.holds("/media/inside", (302, format!("Location: {}/secret\r\n", inside.base), Vec::new()));
    provider.holds("/media/page", (200, String::new(), b"<!DOCTYPE html><html><script>1</script></html>".to_vec()));
    provider.holds("/media/large", (200, String::new(), vec![b'a'; 11 * 1024 * 1024]));
    let sends = async |sid: &str, body: &str, urls: &[String]| {
        let number = urls.len().to_string();
        let names: Vec<String> = (0..urls.len()).map(|one| format!("MediaUrl{one}")).collect();
        let mut fields =
            vec![("MessageSid", sid), ("From", "+14155550111"), ("Body", body), ("NumMedia", number.as_str())];
        fields.extend(names.iter().zip(urls).map(|(name, url)| (name.as_str(), url.as_str())));
        posts(&world.base, PLACE, TOKEN, &fields).await.expect(200);
        messages(&world, &newest(&world.root.api).await).await.pop().unwrap()
    };
    let shown = sends("SM1", "Look", &[format!("{}/media/1", provider.base)]).await;
    assert_eq!((&shown["body"], &shown["attachments"][0]["type"]), (&json!("Look"), &json!("image/png")), "{shown}");
    assert!(provider.asked().iter().all(|asked| asked.authorization.starts_with("Basic ")), "it asks for the account");
    sends("SM1", "Look", &[format!("{}/media/1", provider.base)]).await;
    assert_eq!(provider.asked().len(), 2, "what is here is not fetched again");
    let port = inside.base.rsplit(':').next().unwrap().to_owned();
    let wrong = [
        format!("{}/secret", inside.base),
        format!("http://localhost:{port}/secret"),
        format!("http://[::ffff:127.0.0.1]:{port}/secret"),
        format!("http://2130706433:{port}/secret"),
        format!("{}/media/inside", provider.base),
        format!("{}/media/page", provider.base),
        format!("{}/media/large", provider.base),
        format!("{}/media/none", provider.base),
        "file:///etc/passwd".to_owned(),
    ];
    let shown = sends("SM2", "", &wrong).await;
    assert_eq!(shown["body"], "(9 files came with this and could not be fetched.)");
    assert_eq!(shown["attachments"], json!([]));
    assert!(inside.asked().is_empty(), "nobody asked inside: {:?}", inside.asked());
}

async fn files_of_a_reply_are_there_for_the_provider_alone(engine: Engine) {
    let (world, provider) = world(engine).await;
    let _sender = sender(&world);
    texts(&world.base, "SM1", "+14155550111", "Hello?").await.expect(200);
    let number = newest(&world.root.api).await;
    let file = crate::attachments::uploads(&world.ada.api, "till.png", PNG).await.expect(201).json();
    let id = file["id"].as_i64().unwrap();
    let body = json!({ "body": "This one", "attachments": [id] });
    world.ada.api.post(&format!("/conversations/{number}/replies"), body).await.expect(201);
    until("it is sent", async || provider.texts().len() == 1).await;
    let url = provider.texts()[0].get("MediaUrl").to_owned();
    let place = url.strip_prefix(&world.base).unwrap();
    let got = world.visitor().get(place).await.expect(200);
    assert_eq!(got.header("content-type"), "image/png");
    let parts: Vec<&str> = place.split('/').collect();
    let other = place.replacen("/text/", "/sms/", 1);
    let longer = place.replacen(parts[5], "9999999999", 1);
    for wrong in [other.as_str(), longer.as_str(), &place[..place.len() - 2]] {
        world.visitor().get(wrong).await.expect(404);
    }
}
