//! `cargo bench --bench memory`: what the server holds when nothing happens, and for each open page.

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
use support::data;
use support::served::Served;
use support::sockets::Sockets;
use support::table;

fn main() {
    let server = Served::start(&data::sqlite());
    std::thread::sleep(Duration::from_secs(2));
    let idle = server.memory();
    let cookie = server.cookie();
    let page = format!("Accept: text/html\r\nCookie: {cookie}\r\n");
    let mut client = Client::at(&server.address);
    (0..200).for_each(|_| drop(client.send("GET", "/inbox/open", &page, "")));
    let used = server.memory();
    (0..50).for_each(|_| drop(server.cookie()));
    let signed_in = server.memory();
    let mut rows = vec![
        vec!["idle".to_owned(), format!("{:.1} MiB", idle as f64 / 1024.0)],
        vec!["after 200 pages".to_owned(), format!("{:.1} MiB", used as f64 / 1024.0)],
        vec!["after 50 sign-ins".to_owned(), format!("{:.1} MiB", signed_in as f64 / 1024.0)],
    ];
    for number in [1000, 5000] {
        let sessions = Sockets::sessions(&server, number);
        let before = server.memory();
        let sockets = Sockets::open(&server, &sessions, number);
        sockets.rest(Duration::from_secs(2));
        let each = server.memory().saturating_sub(before) as f64 / number as f64;
        rows.push(vec![format!("each of {number} open pages"), format!("{each:.1} KiB")]);
        drop(sockets);
        std::thread::sleep(Duration::from_secs(3));
    }
    table(&["what", "memory"], &rows);
}
