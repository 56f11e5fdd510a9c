//! A peer that speaks to the socket itself, for what no decent client would do.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

pub struct Wire(pub TcpStream);

impl Wire {
    pub fn to(base: &str) -> Wire {
        let stream = TcpStream::connect(base.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
        Wire(stream)
    }

    pub fn says(&mut self, text: impl AsRef<[u8]>) {
        self.0.write_all(text.as_ref()).unwrap();
    }

    /// Whether the bytes could still be handed over.
    pub fn tries(&mut self, text: impl AsRef<[u8]>) -> bool {
        self.0.write_all(text.as_ref()).is_ok()
    }

    /// The first line of the answer; empty when the peer hung up.
    pub fn hears(&mut self) -> String {
        let mut answer = vec![];
        let mut byte = [0];
        while !answer.ends_with(b"\r\n") {
            match self.0.read(&mut byte) {
                Ok(1) => answer.push(byte[0]),
                _ => break,
            }
        }
        String::from_utf8_lossy(&answer).trim().to_owned()
    }

    /// Everything up to the end of the connection, or until it is silent for this long.
    pub fn hears_all(&mut self, silence: Duration) -> Vec<u8> {
        self.0.set_read_timeout(Some(silence)).unwrap();
        let mut all = vec![];
        let _ = self.0.read_to_end(&mut all);
        all
    }

    /// Whether the server has ended this connection, asked for at most this long.
    pub fn is_dropped_within(&mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        self.0.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut bytes = [0; 4096];
        while Instant::now() < until {
            match self.0.read(&mut bytes) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return true,
            }
        }
        false
    }

    /// Opens a websocket by hand; whether the server agreed.
    pub fn upgrades(&mut self, base: &str, path: &str, cookies: &str) -> bool {
        let host = base.trim_start_matches("http://");
        self.says(format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {base}\r\nCookie: {cookies}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ));
        self.hears().contains("101")
    }
}
