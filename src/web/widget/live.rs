//! `GET /widget/{key}/live`: tells a visitor's page that something of theirs has changed, and who is typing an answer. It
//! carries no words of anybody: the page asks for those like any page that loads.
//!
//! The first frame of the page says who it is: `{"identity": ..}` or `{"visitor": SECRET}`, or `{}` where a cookie has
//! come. After that it may say `{"typing": "CONV-1"}`.

use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, rt, web};
use actix_ws::{CloseCode, Message, MessageStream, Session};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::visit::{Visit, proven, signed};
use crate::config::limits::{FRAME_BYTES, HEARTBEAT, SOCKET_SILENCE, SOCKET_WRITE, VISITOR_SOCKETS};
use crate::domain::{ConversationId, ProfileId};
use crate::live::{Ending, Hint};
use crate::web::Error;
use crate::web::socket::tell_company;
use crate::web::work::work;

/// How long a page may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(10);
/// Words a page may say between two heartbeats.
const WORDS: u32 = 60;
/// How often it is looked whether a site's word still counts.
const PROOF: Duration = Duration::from_secs(5);
/// Longer than any socket.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// Nobody is known by what the page said.
const UNKNOWN: u16 = 4401;

/// What a page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    identity: Option<String>,
    visitor: Option<String>,
    typing: Option<String>,
}

/// The socket is over, with the code to close it by.
struct Over(CloseCode);

/// One open socket.
struct Socket {
    session: Session,
    visit: Visit,
    profile: ProfileId,
    conversations: Vec<ConversationId>,
    heard: Instant,
    words: u32,
    /// What the site has signed, where that is how they are known.
    identity: Option<String>,
}

/// Opens the socket.
pub async fn open(visit: Visit, request: HttpRequest, body: web::Payload) -> Result<HttpResponse, Error> {
    let not_a_socket = |_| Error::Malformed(StatusCode::BAD_REQUEST, "This address is for websockets.".into());
    let (response, session, stream) = actix_ws::handle(&request, body).map_err(not_a_socket)?;
    rt::spawn(serve(visit, session, stream.max_frame_size(FRAME_BYTES)));
    Ok(response)
}

async fn serve(visit: Visit, session: Session, mut stream: MessageStream) {
    let closing = session.clone();
    let code = match introduced(&visit, &mut stream).await {
        None => CloseCode::Other(UNKNOWN),
        Some(Guest { profile, conversations, identity }) => {
            let (heard, words) = (Instant::now(), 0);
            let socket = Socket { session, visit, profile, conversations, heard, words, identity };
            socket.run(stream).await
        }
    };
    let _ = timeout(SOCKET_WRITE, closing.close(Some(code.into()))).await;
}

/// Who is at a socket, and what is theirs.
struct Guest {
    profile: ProfileId,
    conversations: Vec<ConversationId>,
    identity: Option<String>,
}

/// Who it is, and what is theirs. Somebody who has written nothing yet has nothing to hear of.
async fn introduced(visit: &Visit, stream: &mut MessageStream) -> Option<Guest> {
    let first = timeout(PATIENCE, async {
        loop {
            match stream.next().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str::<Said>(&text).ok(),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Nop)) => {}
                _ => return None,
            }
        }
    });
    let said = first.await.ok().flatten()?;
    let identity = said.identity.clone();
    let visitor = proven(visit, said.identity, said.visitor).await.ok()?;
    let desk = visit.desk.clone();
    let (profile, conversations) = work(move || desk.visitor_watches(&visitor)).await.ok()??;
    let is_room = visit.desk.hub.visitors().count(profile) < VISITOR_SOCKETS;
    is_room.then_some(Guest { profile, conversations, identity })
}

impl Socket {
    async fn run(mut self, stream: MessageStream) -> CloseCode {
        let (desk, profile) = (self.visit.desk.clone(), self.profile);
        let mut watch = desk.hub.visit(profile, &self.conversations);
        self.note_here().await;
        let Err(Over(code)) = self.live(&mut watch, stream).await;
        drop(watch);
        if !desk.hub.visitors().has(profile) {
            // The two minutes to come back begin now.
            let _ = work(move || desk.visitors_here(&[profile])).await;
        }
        code
    }

    async fn live(
        &mut self,
        watch: &mut crate::live::Visit,
        mut stream: MessageStream,
    ) -> Result<std::convert::Infallible, Over> {
        self.send(&json!({ "type": "hello" })).await?;
        let mut beat = interval(HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();
        let mut proof = std::pin::pin!(sleep(self.proof().await?));
        loop {
            tokio::select! {
                () = &mut proof => proof.set(sleep(self.proof().await?)),
                hint = watch.next() => {
                    let hint = hint.map_err(Over::from)?;
                    self.pass_on(&hint).await?;
                }
                message = stream.next() => match message {
                    Some(Ok(message)) => self.hear(message, watch).await?,
                    Some(Err(_)) => return Err(Over(CloseCode::Size)),
                    None => return Err(Over(CloseCode::Normal)),
                },
                _ = beat.tick() => self.beat(watch).await?,
            }
        }
    }

    async fn pass_on(&mut self, hint: &Hint) -> Result<(), Over> {
        match hint {
            Hint::Changed(id) => self.send(&json!({ "type": "changed", "conversation": id.to_string() })).await,
            Hint::Refresh => self.send(&json!({ "type": "refresh" })).await,
            Hint::Typing(id, name) => {
                self.send(&json!({ "type": "typing", "conversation": id.to_string(), "name": name.as_deref() })).await
            }
        }
    }

    async fn hear(&mut self, message: Message, watch: &crate::live::Visit) -> Result<(), Over> {
        self.heard = Instant::now();
        self.words += 1;
        if self.words > WORDS {
            return Err(Over(CloseCode::Policy));
        }
        match message {
            Message::Text(text) => self.typing(&text, watch).await,
            Message::Ping(bytes) => drop(timeout(SOCKET_WRITE, self.session.pong(&bytes)).await),
            Message::Close(_) => return Err(Over(CloseCode::Normal)),
            Message::Pong(_) | Message::Binary(_) | Message::Continuation(_) | Message::Nop => {}
        }
        Ok(())
    }

    /// The visitor types: in a conversation of theirs, or it is passed over.
    async fn typing(&mut self, text: &str, watch: &crate::live::Visit) {
        let said = serde_json::from_str::<Said>(text).unwrap_or_default();
        let Some(id) = said.typing.and_then(|number| number.parse::<ConversationId>().ok()) else { return };
        if !self.conversations.contains(&id) {
            self.learn(watch).await;
        }
        if self.conversations.contains(&id) {
            let hub = &self.visit.desk.hub;
            tell_company(hub, hub.presence().customer_types(id, Instant::now()), None);
        }
    }

    /// Looks which conversations are theirs now: one may have begun on another page, or on another node.
    async fn learn(&mut self, watch: &crate::live::Visit) {
        let (desk, profile) = (self.visit.desk.clone(), self.profile);
        if let Ok(conversations) = work(move || desk.conversations_of(profile)).await {
            watch.watch(&conversations);
            self.conversations = conversations;
        }
    }

    async fn beat(&mut self, watch: &crate::live::Visit) -> Result<(), Over> {
        self.words = 0;
        if self.heard.elapsed() > SOCKET_SILENCE {
            return Err(Over(CloseCode::Policy));
        }
        self.learn(watch).await;
        let ping = timeout(SOCKET_WRITE, self.session.ping(b"")).await;
        if !matches!(ping, Ok(Ok(()))) {
            return Err(Over(CloseCode::Away));
        }
        self.send(&json!({ "type": "beat" })).await
    }

    /// How long it is believed who they are before it is looked at again: a token ends, and a secret may be renewed.
    /// Over where nothing proves it any more.
    async fn proof(&self) -> Result<Duration, Over> {
        let Some(token) = &self.identity else { return Ok(FOR_EVER) };
        let (desk, id) = (self.visit.desk.clone(), self.visit.channel.id);
        let found = work(move || Ok::<_, crate::desk::Error>(desk.directory()?.channel(id).cloned())).await;
        let channel = match found {
            Ok(Some(channel)) => channel,
            // Nobody can be asked just now.
            Err(Error::Unavailable(_)) => return Ok(PROOF),
            Ok(None) | Err(_) => return Err(Over(CloseCode::Other(UNKNOWN))),
        };
        match signed(&self.visit.desk, &channel, token).await {
            Ok(one) => Ok((one.until - self.visit.desk.clock.now()).to_std().unwrap_or_default().min(PROOF)),
            Err(Error::Unavailable(_)) => Ok(PROOF),
            Err(_) => Err(Over(CloseCode::Other(UNKNOWN))),
        }
    }

    async fn note_here(&self) {
        let (desk, profile) = (self.visit.desk.clone(), self.profile);
        let noted = work(move || desk.visitors_here(&[profile])).await;
        let _ = noted.inspect_err(|error| tracing::warn!(%error, "that a visitor is here is not noted"));
    }

    async fn send(&mut self, frame: &Value) -> Result<(), Over> {
        match timeout(SOCKET_WRITE, self.session.text(frame.to_string())).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Over(CloseCode::Away)),
        }
    }
}

impl From<Ending> for Over {
    fn from(ending: Ending) -> Self {
        Over(match ending {
            Ending::TooSlow => CloseCode::Restart,
            Ending::Revoked => CloseCode::Other(UNKNOWN),
            Ending::Stopping => CloseCode::Away,
        })
    }
}
