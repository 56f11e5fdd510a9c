//! `cargo bench --bench pages`: the inbox, a conversation and a durable reply, at 1, 16 and 64 clients.
//! BENCH_POSTGRES=URL of an empty database measures that too.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement may fail loudly"
)]

mod support;

use std::collections::HashMap;
use std::time::Duration;

use support::client::{Client, Measured, measure};
use support::served::{Served, p95};
use support::{data, ms, percentile, table};

const TIME: Duration = Duration::from_secs(8);
const CLIENTS: [usize; 3] = [1, 16, 64];
const HEADS: [&str; 9] = ["what", "database", "clients", "per second", "p50", "p95", "p99", "server p95", "refused"];

fn main() {
    let mut rows = measured("SQLite", &data::sqlite());
    if let Some(url) = data::postgres() {
        rows.extend(measured("PostgreSQL", &url));
    }
    println!("{} conversations\n", data::conversations());
    table(&HEADS, &rows);
}

fn measured(database: &str, url: &str) -> Vec<Vec<String>> {
    let server = Served::start(url);
    let cookie = server.cookie();
    let open = open_conversations(&server, url);
    let page = format!("Accept: text/html\r\nCookie: {cookie}\r\n");
    let mut rows = Vec::new();
    for clients in CLIENTS {
        let mut row =
            |what: &str, route: &str, ask: &(dyn Fn(&mut Client, usize, usize) -> support::client::Answer + Sync)| {
                let before = server.times(route);
                let seen = measure(clients, TIME, &server.address, ask);
                rows.push(cells(what, database, clients, &seen, p95(&before, &server.times(route))));
            };
        row("inbox", "/inbox/{view}", &|client, _, _| client.send("GET", "/inbox/open", &page, ""));
        row("conversation", "/conversations/{n}", &|client, n, asked| {
            let Open { number, .. } = &open[(n * 97 + asked * 13) % open.len()];
            client.send("GET", &format!("/conversations/{number}"), &page, "")
        });
        row("reply", "/api/v1/conversations/{number}/replies", &|client, n, asked| {
            let Open { number, bearer } = &open[(n + asked * clients) % open.len()];
            let body = r#"{"body":"It has been sent today and should be with you tomorrow before noon"}"#;
            client.send("POST", &format!("/api/v1/conversations/{number}/replies"), bearer, body)
        });
    }
    rows
}

fn cells(what: &str, database: &str, clients: usize, seen: &Measured, server: String) -> Vec<String> {
    let rate = seen.times.len() as f64 / seen.took.as_secs_f64();
    let time = |part| ms(percentile(&seen.times, part));
    let (clients, refused) = (clients.to_string(), seen.refused.to_string());
    let (what, database) = (what.to_owned(), database.to_owned());
    vec![what, database, clients, format!("{rate:.0}"), time(0.5), time(0.95), time(0.99), server, refused]
}

/// A conversation that may be answered, and the header lines of whose it is.
struct Open {
    number: String,
    bearer: String,
}

fn open_conversations(server: &Served, url: &str) -> Vec<Open> {
    let mut client = Client::at(&server.address);
    let bearer = |token: &str| format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
    let admin = bearer(&server.token);
    let mut of_agents: HashMap<String, String> = HashMap::new();
    let (mut all, mut after) = (Vec::new(), String::new());
    while all.len() < 3000 {
        let path = format!("/api/v1/conversations?limit=100{after}");
        let page: serde_json::Value = serde_json::from_str(&client.send("GET", &path, &admin, "").body).unwrap();
        let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
        all.extend(items.iter().map(|item| {
            let number = item["number"].as_str().unwrap().to_owned();
            let Some(email) = item["assignee"]["email"].as_str() else { return Open { number, bearer: admin.clone() } };
            let of_agent = of_agents.entry(email.to_owned());
            let token = || bearer(&data::switchboard(url, &["token", "create", "--user", email]));
            Open { number, bearer: of_agent.or_insert_with(token).clone() }
        }));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    all
}
