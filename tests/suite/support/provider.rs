//! A stand-in for Twilio: takes its form, answers as it is told to, and remembers who asked what. And what Twilio would
//! post to us, signed.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha1::Sha1;
use switchboard::channels::sender::{Outside, Sender};

use super::app::{Person, Program, send};
use super::page::Answer;
use super::world::World;

pub const TOKEN: &str = "a-token-of-the-tests";
pub const NUMBER: &str = "+15005550006";

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Takes,
    /// Takes it after so many milliseconds.
    Slow(u64),
    /// 400, with a sentence.
    Refuses,
    /// 429, and asks for a second.
    Busy,
    /// 503.
    Troubled,
    /// 502, whatever is asked: something between us and it gave up.
    Gateway,
    /// Reads the request, and says nothing.
    Silent,
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub authorization: String,
    pub fields: Vec<(String, String)>,
}

/// What an address gives: a status, further headers, and bytes.
pub type File = (u16, String, Vec<u8>);

struct State {
    mood: Mutex<Mood>,
    asked: Mutex<Vec<Asked>>,
    files: Mutex<BTreeMap<String, File>>,
    closed: AtomicBool,
    sids: AtomicU32,
}

pub struct Provider {
    pub base: String,
    addr: SocketAddr,
    state: Arc<State>,
}

impl Asked {
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl Provider {
    pub fn start() -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new(State {
            mood: Mutex::new(Mood::Takes),
            asked: Mutex::default(),
            files: Mutex::default(),
            closed: AtomicBool::new(false),
            sids: AtomicU32::new(1),
        });
        listen(listener, state.clone());
        Provider { base: format!("http://{addr}"), addr, state }
    }

    pub fn is(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// Nobody listens any more.
    pub fn goes_down(&self) {
        self.state.closed.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.addr);
        let until = Instant::now() + Duration::from_secs(5);
        while TcpStream::connect(self.addr).is_ok() {
            assert!(Instant::now() < until, "the stand-in still listens");
        }
    }

    pub fn comes_back(&self) {
        self.state.closed.store(false, Ordering::SeqCst);
        listen(TcpListener::bind(self.addr).unwrap(), self.state.clone());
    }

    /// What stands at a path.
    pub fn holds(&self, path: &str, file: File) {
        self.state.files.lock().unwrap().insert(path.to_owned(), file);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }

    /// The messages it was given.
    pub fn texts(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.method == "POST").collect()
    }

    /// An SMS channel, `text`, whose provider this is.
    pub async fn carries(&self, root: &Program) {
        let channel = json!({
            "slug": "text", "name": "Text", "kind": "sms", "queue": "support", "account_sid": "AC1",
            "auth_token": TOKEN, "number": NUMBER, "api_base": self.base,
        });
        root.post("/channels", channel).await.expect(201);
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.state.closed.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.addr);
    }
}

fn listen(listener: TcpListener, state: Arc<State>) {
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if state.closed.load(Ordering::SeqCst) {
                return;
            }
            let state = state.clone();
            thread::spawn(move || answer(stream, &state));
        }
    });
}

fn answer(mut stream: TcpStream, state: &State) -> Option<()> {
    let asked = read(&mut BufReader::new(stream.try_clone().ok()?))?;
    let (posts, path) = (asked.method == "POST", asked.path.clone());
    let mood = *state.mood.lock().unwrap();
    state.asked.lock().unwrap().push(asked);
    if let (true, Mood::Slow(millis)) = (posts, mood) {
        thread::sleep(Duration::from_millis(millis));
    }
    let refusal = json!({ "code": 21211, "message": "Invalid 'To' Phone Number", "status": 400 }).to_string();
    let (status, headers, body) = match (posts, mood) {
        (_, Mood::Gateway) => (502, String::new(), b"<html>Bad Gateway</html>".to_vec()),
        (false, _) => state.files.lock().unwrap().get(&path).cloned().unwrap_or((404, String::new(), Vec::new())),
        (true, Mood::Takes | Mood::Slow(_)) => {
            let sid = format!("SM{:032x}", state.sids.fetch_add(1, Ordering::SeqCst));
            (201, String::new(), json!({ "sid": sid, "status": "queued" }).to_string().into_bytes())
        }
        (true, Mood::Refuses) => (400, String::new(), refusal.into_bytes()),
        (true, Mood::Busy) => (429, "Retry-After: 1\r\n".to_owned(), b"{}".to_vec()),
        (true, Mood::Troubled) => (503, String::new(), b"<html>Away</html>".to_vec()),
        (true, Mood::Silent) => {
            thread::sleep(Duration::from_secs(15));
            return None;
        }
    };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len());
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&body).ok()
}

fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = || {
        let mut line = String::new();
        (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => authorization = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path, authorization, fields: serde_urlencoded::from_bytes(&body).ok()? })
}

/// A sender for the server of this world.
pub fn sender(world: &World) -> Sender {
    let key = world.desk().key(None).unwrap();
    Sender::start(world.desk().clone(), Outside { base: world.base.clone(), is_public: true, key }).unwrap()
}

/// What Twilio signs a form with that it posts to an address.
pub fn signature(token: &str, url: &str, fields: &[(&str, &str)]) -> String {
    let mut fields = fields.to_vec();
    fields.sort_unstable();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    fields.iter().for_each(|(name, value)| mac.update(format!("{name}{value}").as_bytes()));
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Posts a form as Twilio does, signed with this token.
pub async fn posts(base: &str, place: &str, token: &str, fields: &[(&str, &str)]) -> Answer {
    let signature = signature(token, &format!("{base}{place}"), fields);
    let request = Person::at(base).request(Method::POST, place).header("X-Twilio-Signature", signature).form(fields);
    send(format!("POST {place}"), request).await
}

/// Somebody texts the channel `text`.
pub async fn texts(base: &str, sid: &str, from: &str, body: &str) -> Answer {
    let fields = [("MessageSid", sid), ("From", from), ("To", NUMBER), ("Body", body), ("SmsStatus", "received")];
    posts(base, "/channels/text/twilio", TOKEN, &fields).await
}

/// The number of the conversation that began last.
pub async fn newest(root: &Program) -> String {
    let all = root.all("/conversations").await;
    let number = |one: &Value| one["number"].as_str().unwrap().trim_start_matches("CONV-").parse::<u64>().unwrap();
    format!("CONV-{}", all.iter().map(number).max().expect("there is a conversation"))
}

/// Waits until something is so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(40);
    while !so().await {
        assert!(Instant::now() < until, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
