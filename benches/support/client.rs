//! The cheapest client there is, so that the clients do not take the cores from the server: one connection, blocking.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::time::{Duration, Instant};

pub struct Client {
    stream: BufReader<TcpStream>,
    host: String,
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// What many clients saw.
pub struct Measured {
    pub times: Vec<Duration>,
    pub refused: usize,
    pub took: Duration,
}

impl Client {
    pub fn at(address: &str) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream: BufReader::new(stream), host: address.to_owned() }
    }

    pub fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Length: {length}\r\n\r\n{body}",
            self.host
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        self.answer()
    }

    fn answer(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.stream.read_line(&mut head).unwrap(), 0, "the server hung up after {head:?}");
        }
        let field = |name: &str| {
            let value = head.lines().find(|line| line.to_lowercase().starts_with(name));
            value.map(|line| line[name.len()..].trim().to_owned())
        };
        let mut body = Vec::new();
        if field("transfer-encoding:").is_some() {
            loop {
                let mut size = String::new();
                self.stream.read_line(&mut size).unwrap();
                let size = usize::from_str_radix(size.trim(), 16).unwrap();
                let mut chunk = vec![0; size + 2];
                self.stream.read_exact(&mut chunk).unwrap();
                body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    break;
                }
            }
        } else {
            body.resize(field("content-length:").map_or(0, |length| length.parse().unwrap()), 0);
            self.stream.read_exact(&mut body).unwrap();
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

/// Lets clients ask, each its next question as soon as it has its answer, for some time.
pub fn measure(
    clients: usize,
    time: Duration,
    address: &str,
    ask: impl Fn(&mut Client, usize, usize) -> Answer + Sync,
) -> Measured {
    let start = Barrier::new(clients);
    let seen: Vec<(Vec<Duration>, usize)> = std::thread::scope(|scope| {
        let one = |number: usize| {
            let (ask, start) = (&ask, &start);
            move || {
                let mut client = Client::at(address);
                let (mut times, mut refused) = (Vec::new(), 0);
                start.wait();
                let until = Instant::now() + time;
                while Instant::now() < until {
                    let asked = Instant::now();
                    let answer = ask(&mut client, number, times.len());
                    times.push(asked.elapsed());
                    refused += usize::from(answer.status >= 300);
                }
                (times, refused)
            }
        };
        let running: Vec<_> = (0..clients).map(|number| scope.spawn(one(number))).collect();
        running.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let refused = seen.iter().map(|(_, refused)| refused).sum();
    let mut times: Vec<Duration> = seen.into_iter().flat_map(|(times, _)| times).collect();
    times.sort();
    Measured { times, refused, took: time }
}
