//! `cargo bench --bench fan_out`: how long one change takes until 1,000 and 5,000 open pages have it, from the moment the
//! request that makes it is sent.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement may fail loudly"
)]

mod support;

use std::time::Duration;

use support::client::Client;
use support::served::Served;
use support::sockets::Sockets;
use support::{data, ms, percentile, table};

const CHANGES: usize = 12;

fn main() {
    let url = data::sqlite();
    let mut rows = Vec::new();
    for number in [1000, 5000] {
        let server = Served::start(&url);
        let mut sockets = Sockets::open(&server, &Sockets::sessions(&server, number), number);
        sockets.rest(Duration::from_secs(2));
        let mut times = Vec::new();
        for change in 0..CHANGES {
            let conversation = format!("CONV-{}", 25 * (change + 20) + 1);
            let path = format!("/api/v1/conversations/{conversation}/tags/Seen-by-{number}");
            let (address, token) = (server.address.clone(), server.token.clone());
            let words = conversation.clone();
            times.extend(sockets.hear(&words, move || {
                let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
                let answer = Client::at(&address).send("PUT", &path, &headers, "{}");
                assert_eq!(answer.status, 200, "{}", answer.body);
            }));
            sockets.rest(Duration::from_millis(300));
        }
        times.sort();
        let time = |part| ms(percentile(&times, part));
        rows.push(vec![number.to_string(), CHANGES.to_string(), time(0.5), time(0.99), time(1.0)]);
    }
    table(&["open pages", "changes", "p50", "p99", "last"], &rows);
}
