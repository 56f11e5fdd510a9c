//! Many open pages: sockets that follow the inbox, and when each of them hears of a change.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use super::served::Served;
use switchboard::config::limits::SOCKETS_EACH;

/// Sockets that are open as long as this value.
pub struct Sockets {
    runtime: tokio::runtime::Runtime,
    wanted: watch::Sender<Vec<u8>>,
    heard: mpsc::UnboundedReceiver<Instant>,
    open: Arc<AtomicUsize>,
    number: usize,
}

impl Sockets {
    /// As many sessions as so many sockets take: one may hold only so many.
    pub fn sessions(server: &Served, number: usize) -> Vec<String> {
        (0..number.div_ceil(SOCKETS_EACH)).map(|_| server.cookie()).collect()
    }

    pub fn open(server: &Served, sessions: &[String], number: usize) -> Sockets {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (wanted, words) = watch::channel(Vec::new());
        let (tell, heard) = mpsc::unbounded_channel();
        let open = Arc::new(AtomicUsize::new(0));
        runtime.block_on(async {
            for socket in 0..number {
                let stream = enter(&server.address, &sessions[socket / SOCKETS_EACH]).await;
                open.fetch_add(1, Ordering::Relaxed);
                let (words, tell, open) = (words.clone(), tell.clone(), open.clone());
                tokio::spawn(async move {
                    follow(stream, words, tell).await;
                    open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        Sockets { runtime, wanted, heard, open, number }
    }

    /// Waits, and lets the sockets read.
    pub fn rest(&self, time: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(time).await });
        assert_eq!(self.open.load(Ordering::Relaxed), self.number, "sockets were closed");
    }

    /// How long after its beginning a change was heard by each, if its frame holds these words.
    pub fn hear(&mut self, words: &str, change: impl FnOnce() + Send + 'static) -> Vec<Duration> {
        self.wanted.send(words.as_bytes().to_vec()).unwrap();
        let (heard, number) = (&mut self.heard, self.number);
        self.runtime.block_on(async {
            let began = Instant::now();
            let done = tokio::task::spawn_blocking(change);
            let mut times = Vec::with_capacity(number);
            while times.len() < number {
                let at = tokio::time::timeout(Duration::from_secs(20), heard.recv()).await;
                let at = at.unwrap_or_else(|_| panic!("only {} of {number} heard", times.len()));
                times.push(at.unwrap() - began);
            }
            done.await.unwrap();
            times
        })
    }
}

/// Opens the socket as a page does, and waits for its first frame.
async fn enter(address: &str, cookie: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /live?topics=inbox&view=open HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nCookie: {cookie}\r\n\
         Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !holds(&read, b"hello") {
        let mut part = [0; 2048];
        let length = stream.read(&mut part).await.unwrap();
        assert_ne!(length, 0, "no socket: {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&part[..length]);
    }
    stream
}

/// Reads until the server closes, and tells when the wanted words come by: once for each wish.
async fn follow(mut stream: TcpStream, mut words: watch::Receiver<Vec<u8>>, tell: mpsc::UnboundedSender<Instant>) {
    let mut part = vec![0; 2048];
    let mut told = Vec::new();
    while let Ok(length @ 1..) = stream.read(&mut part).await {
        let wanted = words.borrow_and_update().clone();
        if !wanted.is_empty() && told != wanted && holds(&part[..length], &wanted) {
            let _ = tell.send(Instant::now());
            told = wanted;
        }
    }
}

fn holds(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len()).any(|window| window == words)
}
