//! A page's websocket: follows topics, and keeps what it is told.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::app::{Person, Program};

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The first frame: {type: hello, node, seq}.
    pub hello: Value,
}

impl Socket {
    /// Opened by a program with its token.
    pub async fn of_program(program: &Program, topics: &str, seen: Option<(&str, u64)>) -> Result<Socket, Error> {
        let headers = [("Authorization", format!("Bearer {}", program.token))];
        Socket::connect(&program.base, "/api/v1/live", topics, seen, &headers).await
    }

    /// Opened by a page of this person's browser.
    pub async fn of_page(person: &Person, topics: &str, seen: Option<(&str, u64)>) -> Result<Socket, Error> {
        let headers = [("Cookie", person.cookies()), ("Origin", person.base.clone())];
        Socket::connect(&person.base, "/live", topics, seen, &headers).await
    }

    pub async fn connect(
        base: &str,
        path: &str,
        topics: &str,
        seen: Option<(&str, u64)>,
        headers: &[(&'static str, String)],
    ) -> Result<Socket, Error> {
        let seen = seen.map_or_else(String::new, |(node, seq)| format!("&node={node}&seen={seq}"));
        let url = format!("{}{path}?topics={topics}{seen}", base.replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (stream, _) = connect_async(request).await?;
        let mut socket = Socket { stream, hello: Value::Null };
        socket.hello = socket.next().await.expect("the first frame is hello");
        assert_eq!(socket.hello["type"], "hello", "{}", socket.hello);
        Ok(socket)
    }

    pub fn node(&self) -> String {
        self.hello["node"].as_str().unwrap().to_owned()
    }

    /// The next frame that is not a heartbeat; none if the socket closes or 20 s pass.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(Duration::from_secs(20), self.stream.next()).await.ok()??.ok()?;
            match message {
                Message::Text(text) => {
                    let frame: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
                    if frame["type"] != "beat" {
                        return Some(frame);
                    }
                }
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// Reads on until a frame of this type arrives.
    pub async fn until(&mut self, kind: &str) -> Value {
        self.all_until(|frame| frame["type"] == kind).await.pop().unwrap()
    }

    /// All frames up to the first that is the one, with it. Frames come in the order of the commits: what has not come
    /// before a later change does not come any more.
    pub async fn all_until(&mut self, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut seen = vec![];
        while let Some(frame) = self.next().await {
            let done = is_it(&frame);
            seen.push(frame);
            if done {
                return seen;
            }
        }
        panic!("it did not come, only {seen:?}");
    }

    /// How the server closes it: the code of the close frame, or none when it just goes away.
    pub async fn closed(mut self) -> Option<u16> {
        let until = tokio::time::Instant::now() + Duration::from_secs(10);
        while let Ok(Some(Ok(message))) = tokio::time::timeout_at(until, self.stream.next()).await {
            if let Message::Close(frame) = message {
                return frame.map(|frame| frame.code.into());
            }
        }
        None
    }

    /// Says something that may end the socket.
    pub async fn tries(&mut self, text: &str) {
        let _ = self.stream.send(Message::text(text)).await;
    }

    pub async fn tries_bytes(&mut self, bytes: Vec<u8>) {
        let _ = self.stream.send(Message::binary(bytes)).await;
    }

    pub async fn says(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }
}
