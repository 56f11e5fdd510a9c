//! The official client of Twilio (`twilio` from PyPI): what it signs we accept, and what we send is what it would send.
//! `tests/run` installs it into target/pip; without it these tests fail.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::app::{Person, send};
use crate::support::database::Engine;
use crate::support::provider::{NUMBER, Provider, TOKEN, newest, sender, texts, until};
use crate::support::scratch;
use crate::support::world::World;

both![what_the_official_client_signs_is_accepted, what_we_send_is_what_the_official_client_sends];

const SIGNS: &str = "
import json, sys
from twilio.request_validator import RequestValidator
asked = json.loads(sys.argv[1])
validator = RequestValidator(asked['token'])
print(json.dumps([validator.compute_signature(asked['url'], fields) for fields in asked['forms']]))
";

const SENDS: &str = "
import json, sys
from twilio.http.http_client import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
class Keeps(HttpClient):
    def __init__(self):
        pass
    def request(self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=False):
        self.kept = {'method': method, 'url': url, 'data': data, 'auth': list(auth)}
        return Response(201, json.dumps({'sid': 'SM1', 'status': 'queued'}))
asked = json.loads(sys.argv[1])
keeps = Keeps()
Client(asked['account'], asked['token'], http_client=keeps).messages.create(
    to=asked['to'], from_=asked['from'], body=asked['body'], status_callback=asked['callback'])
print(json.dumps(keeps.kept))
";

/// Runs a script with the official client.
fn python(script: &str, asked: &Value) -> Value {
    let packages = scratch().parent().unwrap().join("pip");
    assert!(
        packages.join("twilio").exists(),
        "twilio is missing: `pip install --target target/pip twilio` (tests/run does it)"
    );
    let mut python = Command::new("python3");
    python.args(["-c", script, &asked.to_string()]).env("PYTHONPATH", packages).stdin(Stdio::null());
    let done = python.output().expect("python3 is missing");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

async fn what_the_official_client_signs_is_accepted(engine: Engine) {
    let (world, provider) = (World::open(engine).await, Provider::start());
    provider.carries(&world.root.api).await;
    let bodies = ["Plain", "h\u{e9}llo\n\u{1f642} 50% & more + \"q\" = <x>", " spaces ", "日本語"];
    let forms: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(one, body)| {
            json!({ "MessageSid": format!("SM{one}"), "From": "+14155550111", "To": NUMBER, "Body": body, "NumMedia": "0",
                "SmsStatus": "received", "ApiVersion": "2010-04-01", "Empty": "" })
        })
        .collect();
    let url = format!("{}/channels/text/twilio", world.base);
    let signatures = python(SIGNS, &json!({ "token": TOKEN, "url": url, "forms": forms }));
    for (form, signature) in forms.iter().zip(signatures.as_array().unwrap()) {
        let fields: Vec<(&str, &str)> =
            form.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let posts = async |fields: &[(&str, &str)]| {
            let request = Person::at(&world.base).request(reqwest::Method::POST, "/channels/text/twilio");
            send("as Twilio".to_owned(), request.header("X-Twilio-Signature", signature.as_str().unwrap()).form(fields))
                .await
        };
        posts(&fields).await.expect(200);
        for at in 0..fields.len() {
            let mut changed: Vec<(&str, String)> =
                fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            changed[at].1.push('x');
            let changed: Vec<(&str, &str)> = changed.iter().map(|(name, value)| (*name, value.as_str())).collect();
            posts(&changed).await.expect(403);
        }
    }
    let thread = world.root.api.all(&format!("/conversations/{}/messages", newest(&world.root.api).await)).await;
    let kept: Vec<&str> = thread.iter().map(|message| message["body"].as_str().unwrap()).collect();
    assert_eq!(kept, bodies.map(str::trim_end));
}

async fn what_we_send_is_what_the_official_client_sends(engine: Engine) {
    let (world, provider) = (World::open(engine).await, Provider::start());
    provider.carries(&world.root.api).await;
    let _sender = sender(&world);
    texts(&world.base, "SM1", "+14155550111", "Hello?").await.expect(200);
    let number = newest(&world.root.api).await;
    let body = "On its way: 50% & <more>\n\u{1f642}";
    let reply = world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": body })).await;
    let id = reply.expect(201).json()["id"].clone();
    until("it is sent", async || provider.texts().len() == 1).await;
    let sent = provider.texts().remove(0);
    let callback = format!("{}/channels/text/twilio/status?message={id}", world.base);
    let asked = json!({
        "account": "AC1", "token": TOKEN, "to": "+14155550111", "from": NUMBER, "body": body, "callback": callback,
    });
    let official = python(SENDS, &asked);
    assert_eq!(official["method"], "POST");
    assert_eq!(official["url"], format!("https://api.twilio.com{}", sent.path));
    let data = official["data"].as_object().unwrap();
    let theirs: Vec<(&str, &str)> =
        data.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect();
    let mut ours: Vec<(&str, &str)> = sent.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    ours.sort_unstable();
    assert_eq!(ours, theirs, "field by field");
    let auth: Vec<&str> = official["auth"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
    assert_eq!(auth, ["AC1", TOKEN]);
}
