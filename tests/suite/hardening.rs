//! Peers that mean harm, or are broken: each is dropped, and nobody else notices.

use std::time::{Duration, Instant};

use crate::support::app::Person;
use crate::support::database::Engine;
use crate::support::live::Socket;
use crate::support::run;
use crate::support::wire::Wire;
use crate::support::world::World;

both![a_stop_tells_every_page_and_takes_no_two_seconds];

/// A page for somebody else, while a server is under attack.
async fn others_are_served(person: &Person) {
    let started = Instant::now();
    person.sees("/inbox").await;
    assert!(started.elapsed() < Duration::from_secs(2), "others waited {:?}", started.elapsed());
}

/// Heads of a form that never comes: some of them ask for another protocol, too.
fn heads() -> [String; 5] {
    [
        "Content-Length: 10000",
        "Transfer-Encoding: chunked",
        "Content-Length: 10000\r\nUpgrade: x",
        "Connection: upgrade\r\nUpgrade: websocket",
        "Transfer-Encoding: chunked\r\nConnection: upgrade\r\nUpgrade: websocket",
    ]
    .map(|fields| {
        let kind = "Content-Type: application/x-www-form-urlencoded";
        format!("POST /sign-in HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n{fields}\r\n\r\n")
    })
}

#[test]
fn bodies_that_stop_or_drip_are_cut_off() {
    run(async {
        let world = World::apart(Engine::Sqlite).await;
        let mut peers: Vec<Wire> = (0..60).map(|_| Wire::to(&world.base)).collect();
        let drips = |number: usize| (number / heads().len()).is_multiple_of(2);
        peers.iter_mut().zip(heads().iter().cycle()).for_each(|(peer, head)| peer.says(head));
        let started = Instant::now();
        let mut dropped = vec![None; peers.len()];
        while started.elapsed() < Duration::from_secs(30) && dropped.iter().any(Option::is_none) {
            for (number, (peer, dropped)) in peers.iter_mut().zip(&mut dropped).enumerate() {
                let drips = drips(number);
                if dropped.is_none()
                    && ((drips && !peer.tries("a")) || peer.is_dropped_within(Duration::from_millis(1)))
                {
                    *dropped = Some(started.elapsed());
                }
            }
            others_are_served(&world.ada.page).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let stopped: Vec<_> =
            dropped.iter().enumerate().filter(|(number, _)| !drips(*number)).map(|(_, at)| at).collect();
        assert!(
            stopped.iter().all(|at| at.is_some_and(|at| at < Duration::from_secs(12))),
            "silent bodies: {stopped:?}"
        );
        assert!(dropped.iter().all(Option::is_some), "dripping bodies are still held after 30 s: {dropped:?}");
    });
}

#[test]
fn heads_that_drip_are_cut_off() {
    run(async {
        let world = World::apart(Engine::Sqlite).await;
        let mut peer = Wire::to(&world.base);
        peer.says("GET /inbox HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        let started = Instant::now();
        while peer.tries("a") && !peer.is_dropped_within(Duration::from_millis(200)) {
            assert!(started.elapsed() < Duration::from_secs(12), "a head may drip for ever");
        }
    });
}

#[test]
fn peers_that_do_not_read_their_answers_are_dropped() {
    run(async {
        let world = World::apart(Engine::Sqlite).await;
        others_are_served(&world.ada.page).await;
        let quiet = open_connections(&world);
        let request =
            format!("GET /inbox/open HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", world.ada.page.cookies());
        let mut peers: Vec<Wire> = (0..20).map(|_| Wire::to(&world.base)).collect();
        for peer in &mut peers {
            peer.0.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
            let _ = (0..2000).all(|_| peer.tries(&request));
        }
        assert!(open_connections(&world) >= quiet + 20);
        let started = Instant::now();
        while open_connections(&world) > quiet + 3 {
            assert!(started.elapsed() < Duration::from_secs(40), "{} are still held", open_connections(&world) - quiet);
            others_are_served(&world.ada.page).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        drop(peers);
    });
}

#[test]
fn a_frame_that_announces_gigabytes_takes_no_memory() {
    run(async {
        let world = World::apart(Engine::Sqlite).await;
        let mut peer = Wire::to(&world.base);
        assert!(peer.upgrades(&world.base, "/live?topics=inbox", &world.ada.page.cookies()));
        let before = world.server().memory();
        peer.0.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
        peer.tries([0x82, 0xFF, 0, 0, 0, 0, 0xC0, 0, 0, 0, 1, 2, 3, 4]);
        let kilobyte = [7; 1024];
        let started = Instant::now();
        while peer.tries(kilobyte) && started.elapsed() < Duration::from_secs(8) {}
        assert!(
            world.server().memory() < before + 16 * 1024,
            "memory grew by {} KiB",
            world.server().memory() - before
        );
        assert!(peer.is_dropped_within(Duration::from_secs(2)), "the frame is still being read after 8 s");
        others_are_served(&world.ada.page).await;
    });
}

#[test]
fn sockets_that_never_read_hold_nobody_up() {
    run(async {
        let world = World::apart(Engine::Sqlite).await;
        let number = world.uma.writes("Hello").await;
        let topics = format!("/live?topics=inbox,conversation:{number}");
        let mut sleepers: Vec<Wire> = (0..20).map(|_| Wire::to(&world.base)).collect();
        for sleeper in &mut sleepers {
            assert!(sleeper.upgrades(&world.base, &topics, &world.ada.page.cookies()));
        }
        let mut awake = Socket::of_page(&world.ben.page, &format!("conversation:{number}"), None).await.unwrap();
        let before = world.server().memory();
        for round in 0..150 {
            let started = Instant::now();
            world.uma.sends(&format!("{round} {}", "long ".repeat(200))).await.expect(201);
            awake.until("message.added").await;
            assert!(
                started.elapsed() < Duration::from_secs(2),
                "a page waited {:?} for the sleepers",
                started.elapsed()
            );
        }
        let grown = world.server().memory().saturating_sub(before);
        assert!(grown < 150 * 1024, "memory grew by {grown} KiB");
    });
}

async fn a_stop_tells_every_page_and_takes_no_two_seconds(engine: Engine) {
    let world = World::apart(engine).await;
    let mut sockets = vec![];
    for _ in 0..20 {
        sockets.push(Socket::of_page(&world.ada.page, "inbox", None).await.unwrap());
    }
    let (server, _db, _) = world.into_server();
    let stop = tokio::task::spawn_blocking(move || server.terminate());
    let code = sockets.remove(0).closed().await;
    let (status, time) = stop.await.unwrap();
    assert!(status.success(), "{status}");
    assert!(time < Duration::from_secs(2), "the stop took {time:?}");
    assert!(matches!(code, Some(1001 | 1012)), "the socket closed with {code:?}");
}

#[test]
fn requests_that_are_not_quite_http_are_refused() {
    run(async {
        let world = World::apart(Engine::Sqlite).await;
        let many = (0..200).map(|n| format!("X-{n}: a\r\n")).collect::<String>();
        let wrong = [
            "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                .to_owned(),
            "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd".to_owned(),
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\n\r\n".to_owned(),
            format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
            format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {}\r\n\r\n", "a".repeat(1 << 20)),
            format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(200_000)),
            "GET / HTTP/9.9\r\nHost: a\r\n\r\n".to_owned(),
            "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
        ];
        for request in wrong {
            let mut peer = Wire::to(&world.base);
            let _ = peer.tries(&request);
            let answer = peer.hears();
            let start: String = request.chars().take(60).collect();
            assert!(answer.is_empty() || answer.contains(" 4") || answer.contains(" 505"), "{start:?}: {answer}");
        }
        for method in ["TRACE", "CONNECT", "DELETE", "BREW"] {
            let mut peer = Wire::to(&world.base);
            peer.says(format!("{method} /inbox HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            let answer = peer.hears();
            assert!(answer.contains(" 4") || answer.contains(" 501") || answer.contains(" 303"), "{method}: {answer}");
        }
        others_are_served(&world.ada.page).await;
    });
}

#[test]
fn bodies_that_are_too_large_are_refused_before_they_are_read() {
    run(async {
        let world = World::apart(Engine::Sqlite).await;
        let before = world.server().memory();
        for path in ["/sign-in", "/api/v1/inbound/sms"] {
            let mut peer = Wire::to(&world.base);
            let token = &world.keys.channels["sms"];
            peer.says(format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n"));
            peer.0.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
            let chunk = vec![b'a'; 1 << 20];
            let _ = (0..100).all(|_| peer.tries(&chunk));
            let answer = peer.hears();
            assert!(answer.contains(" 4") || answer.is_empty(), "{path}: {answer}");
        }
        assert!(
            world.server().memory() < before + 32 * 1024,
            "memory grew by {} KiB",
            world.server().memory() - before
        );
        let long = "a".repeat(300_000);
        let message = serde_json::json!({ "provider_message_id": "long", "from": "+14155550100", "body": long });
        world.uma.delivers(message).await.expect(413);
    });
}

/// Sockets that the server holds; the database's files come and go.
fn open_connections(world: &World) -> usize {
    let files = std::fs::read_dir(format!("/proc/{}/fd", world.server().pid())).unwrap().flatten();
    files
        .filter(|file| std::fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket")))
        .count()
}
