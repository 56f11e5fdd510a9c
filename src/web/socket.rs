//! `GET /live`: the socket that keeps a page true.
//!
//! The first frame is `hello`; then comes what the page has missed, or one `refresh`; then every change of its topics
//! that its owner may see. A page that watches a conversation is looking at it; it says `{"typing":"CONV-1"}` (or
//! `{"type":"typing","id":"CONV-1"}`) while somebody types an answer, and `noting` while it is a note, which is no news to
//! the customer. No send waits longer than five seconds, and no page is waited for: the hub drops it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, rt, web};
use actix_ws::{CloseCode, Message, MessageStream, Session};
use bytestring::ByteString;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::peer::Origin;
use super::session::{bearer, data, signed_in};
use super::work::work;
use super::{Caller, Error, Site, patch};
use crate::config::limits::{FRAME_BYTES, HEARTBEAT, SOCKET_SILENCE, SOCKET_TOPICS, SOCKET_WRITE, SOCKETS_EACH};
use crate::desk::Desk;
use crate::desk::watching::Watched;
use crate::domain::{Agent, AgentId, ConversationId, InteractionId, visitor};
use crate::live::hub::{Notice, Owner};
use crate::live::presence::{Changed, Doing, Person};
use crate::live::sightings::Sighting;
use crate::live::{Asked, Ending, Hub, Push, Scope, Start, Topic, Update, Watch};

/// The page should load again: its session is over, or it shows what is not for its owner any more.
const RELOAD: u16 = 4401;
/// Words a page may say between two heartbeats.
const WORDS: u32 = 300;

/// What a page asks for.
#[derive(Deserialize)]
pub struct Asking {
    #[serde(default)]
    topics: String,
    #[serde(default)]
    view: String,
    #[serde(default)]
    node: String,
    #[serde(default)]
    seen: String,
}

/// `GET /live?topics=..&view=..&node=..&seen=..`
pub async fn open(
    request: HttpRequest,
    body: web::Payload,
    query: web::Query<Asking>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Error> {
    let (agent, key) = owner(&request).await?;
    let asked = topics(&query.topics)?;
    if desk.hub.sockets_of(&key) >= SOCKETS_EACH {
        return Err(Error::TooOften(HEARTBEAT));
    }
    let (of, view, reader) = (agent.clone(), query.view.clone(), desk.clone());
    let watched =
        work(move || reader.watched(&of, &asked, Some(view.as_str()).filter(|view| !view.is_empty()))).await?;
    let (response, session, stream) = actix_ws::handle(&request, body).map_err(|_| not_a_socket())?;
    let seen = (!query.seen.is_empty()).then(|| (query.node.as_str(), query.seen.parse().unwrap_or(u64::MAX)));
    let owner = Owner { agent, eyes: Arc::new(watched.eyes.clone()), key };
    let watch = desk.hub.watch(owner.clone(), watched.topics.clone(), seen);
    let (desk, id, is_page) = (desk.into_inner(), watch.id(), bearer(&request).is_none());
    let socket = Socket { session, watched, owner, desk, id, is_page, heard: Instant::now(), words: 0 };
    rt::spawn(socket.run(watch, stream.max_frame_size(FRAME_BYTES)));
    Ok(response)
}

/// Tells the pages of a conversation, and the lists that show it, who is there; but not the person who came or typed:
/// to them it is no news.
pub fn tell_company(hub: &Hub, changed: impl IntoIterator<Item = Changed>, by: Option<AgentId>) {
    for changed in changed {
        let topics = [Topic::Conversation(changed.conversation), Topic::Inbox];
        if changed.answering {
            let name = changed.company.answering.first().map(|person| visitor::first_name(&person.name));
            hub.visitors().typing(changed.conversation, name);
        }
        let notice = |seq| Notice { scope: changed.scope, frame: patch::company(seq, &changed).into() };
        hub.notice(&topics, |owner| Some(owner.agent.id) != by, notice);
    }
}

/// Tells the pages here who is there on another node.
pub fn told_company(hub: &Hub, node: &Arc<str>, seen: &[Sighting]) {
    for sighting in seen {
        tell_company(hub, hub.presence().told(node, sighting, Instant::now()), None);
    }
}

/// Whose socket it will be: a program's by its token, or a page's by its session. A page must be one of ours, and says
/// so by its Origin; the browser would send the session along for any other.
async fn owner(request: &HttpRequest) -> Result<(Arc<Agent>, Arc<str>), Error> {
    if bearer(request).is_some() {
        let caller = Caller::extract(request).await?;
        return Ok((Arc::new(caller.agent()?.clone()), caller.key));
    }
    if data::<Site>(request)?.origins.of(request) != Origin::Ours {
        return Err(Error::Forbidden("Sockets open from our own pages only.".into()));
    }
    let session = signed_in(request).await?.ok_or(Error::SignedOut)?;
    Ok((Arc::new(session.agent.clone()), session.key.clone()))
}

fn not_a_socket() -> Error {
    Error::Malformed(StatusCode::BAD_REQUEST, "This address is for websockets.".into())
}

fn topics(named: &str) -> Result<Vec<Asked>, Error> {
    let wrong = |sentence: &str| Error::Malformed(StatusCode::UNPROCESSABLE_ENTITY, sentence.into());
    let mut topics = Vec::new();
    for name in named.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let topic = name.parse().map_err(|_| wrong("There is no such topic."))?;
        if !topics.contains(&topic) {
            topics.push(topic);
        }
        if topics.len() > SOCKET_TOPICS {
            return Err(wrong("A socket watches at most 20 topics."));
        }
    }
    Ok(topics)
}

/// One open socket.
struct Socket {
    session: Session,
    watched: Watched,
    owner: Owner,
    desk: Arc<Desk>,
    id: u64,
    /// Opened by a page, not by a program.
    is_page: bool,
    /// When anything last came from the page.
    heard: Instant,
    /// What the page has said since the last heartbeat.
    words: u32,
}

/// The socket is over, with the code to close it by.
struct Over(CloseCode);

impl Socket {
    async fn run(mut self, mut watch: Watch, stream: MessageStream) {
        let Err(Over(code)) = self.live(&mut watch, stream).await;
        let left = self.desk.hub.presence().leave(self.id, Instant::now());
        tell_company(&self.desk.hub, left, Some(self.owner.agent.id));
        let _ = timeout(SOCKET_WRITE, self.session.close(Some(code.into()))).await;
        // Only now: a server that stops waits until its sockets have left the hub.
        drop(watch);
    }

    async fn live(&mut self, watch: &mut Watch, mut stream: MessageStream) -> Result<std::convert::Infallible, Over> {
        self.begin(watch).await?;
        let mut beat = heartbeat();
        loop {
            tokio::select! {
                push = watch.next() => {
                    let push = push.map_err(Over::from)?;
                    self.pass_on(&push).await?;
                }
                message = stream.next() => match message {
                    Some(Ok(message)) => self.hear(message).await?,
                    Some(Err(_)) => return Err(Over(CloseCode::Size)),
                    None => return Err(Over(CloseCode::Normal)),
                },
                _ = beat.tick() => self.beat().await?,
            }
        }
    }

    async fn begin(&mut self, watch: &Watch) -> Result<(), Over> {
        let now = self.desk.clock.now();
        let hello = json!({ "type": "hello", "node": self.desk.hub.node(), "seq": watch.seq, "now": now });
        self.send(hello.to_string()).await?;
        self.looks();
        match &watch.start {
            Start::Refresh => self.send(patch::refresh(watch.seq)).await,
            Start::Backlog(missed) => {
                // What was said while a record stood elsewhere is not told where it may not be seen any more.
                let stand: HashMap<_, Scope> = missed.iter().map(|update| (record(update), update.scope)).collect();
                for update in missed {
                    let eyes = &self.owner.eyes;
                    let left = stand.get(&record(update)).is_some_and(|now| !now.visible_to(eyes));
                    if !left || !update.scope.visible_to(eyes) {
                        self.tell(update).await?;
                    }
                }
                Ok(())
            }
        }
    }

    async fn pass_on(&mut self, push: &Push) -> Result<(), Over> {
        match push {
            Push::Updates(updates) => {
                for update in updates.iter() {
                    if update.topics.iter().any(|topic| self.watched.topics.contains(topic)) {
                        self.tell(update).await?;
                    }
                }
                Ok(())
            }
            Push::Refresh(seq) => self.send(patch::refresh(*seq)).await,
            Push::Notice(notice) if notice.scope.visible_to(&self.owner.eyes) => self.send(notice.frame.clone()).await,
            Push::Notice(_) => Ok(()),
        }
    }

    async fn tell(&mut self, update: &Update) -> Result<(), Over> {
        let moved = |known: &&mut (ConversationId, _)| Some(known.0) == update.fact.conversation;
        if let Some(known) = self.watched.conversations.iter_mut().find(moved) {
            known.1 = update.scope;
        }
        match patch::for_page(&self.owner.eyes, &self.watched, update, &self.desk) {
            Some(frame) => self.send(frame).await,
            None => Ok(()),
        }
    }

    async fn hear(&mut self, message: Message) -> Result<(), Over> {
        self.heard = Instant::now();
        self.words += 1;
        if self.words > WORDS {
            return Err(Over(CloseCode::Policy));
        }
        match message {
            Message::Text(text) => {
                self.note(&text);
                Ok(())
            }
            Message::Ping(bytes) => within(self.session.pong(&bytes)).await,
            Message::Close(_) => Err(Over(CloseCode::Normal)),
            Message::Pong(_) | Message::Binary(_) | Message::Continuation(_) | Message::Nop => Ok(()),
        }
    }

    /// Notes what a page says of itself. What makes no sense, or is about a conversation that it does not watch, is
    /// passed over.
    fn note(&self, text: &str) {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Said {
            Typing { typing: String },
            Kind { r#type: String, id: String },
        }
        let (conversation, doing) = match serde_json::from_str(text) {
            Ok(Said::Typing { typing }) => (typing, Doing::Answering),
            Ok(Said::Kind { r#type, id }) if r#type == "typing" => (id, Doing::Answering),
            Ok(Said::Kind { r#type, id }) if r#type == "noting" => (id, Doing::Noting),
            Ok(Said::Kind { .. }) | Err(_) => return,
        };
        let typed = self.watched.conversations.iter().find(|known| known.0.to_string() == conversation);
        if let Some(typed) = typed {
            self.is_here(typed, doing);
        }
    }

    /// A page that watches a conversation is looking at it. Programs watch too, but do not look.
    fn is_here(&self, at: &(ConversationId, Scope), doing: Doing) {
        let agent = &self.owner.agent;
        if self.is_page && at.1.visible_to(&self.owner.eyes) {
            let person = Person { id: agent.id, name: agent.name.as_str().into() };
            let changed = self.desk.hub.presence().view(*at, self.id, &person, doing, Instant::now());
            tell_company(&self.desk.hub, changed, Some(agent.id));
        }
    }

    fn looks(&self) {
        self.watched.conversations.iter().for_each(|at| self.is_here(at, Doing::Viewing));
    }

    async fn beat(&mut self) -> Result<(), Over> {
        self.words = 0;
        self.looks();
        if self.heard.elapsed() > SOCKET_SILENCE {
            return Err(Over(CloseCode::Policy));
        }
        within(self.session.ping(b"")).await?;
        self.send(json!({ "type": "beat", "now": self.desk.clock.now() }).to_string()).await
    }

    async fn send(&mut self, frame: impl Into<ByteString>) -> Result<(), Over> {
        within(self.session.text(frame)).await
    }
}

/// What an update is about.
fn record(update: &Update) -> (Option<ConversationId>, Option<InteractionId>) {
    let conversation = update.fact.conversation;
    (conversation, update.fact.interaction.filter(|_| conversation.is_none()))
}

/// A page that does not take what it is sent is gone.
async fn within<T>(sent: impl Future<Output = Result<T, actix_ws::Closed>>) -> Result<T, Over> {
    match timeout(SOCKET_WRITE, sent).await {
        Ok(Ok(done)) => Ok(done),
        _ => Err(Over(CloseCode::Away)),
    }
}

fn heartbeat() -> Interval {
    let mut beat = interval(HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.reset();
    beat
}

impl From<Ending> for Over {
    fn from(ending: Ending) -> Self {
        Over(match ending {
            Ending::TooSlow => CloseCode::Restart,
            Ending::Revoked => CloseCode::Other(RELOAD),
            Ending::Stopping => CloseCode::Away,
        })
    }
}
