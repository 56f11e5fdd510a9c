//! `switchboard serve` in a process of its own, and what can be seen of it from outside.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::client::Client;
use super::data::{ADMIN, PASSWORD, switchboard};

pub struct Served {
    pub address: String,
    pub token: String,
    child: Child,
}

impl Served {
    pub fn start(url: &str) -> Served {
        let token = switchboard(url, &["token", "create", "--user", ADMIN]);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command.arg("serve").env("DATABASE_URL", url).env("SWITCHBOARD_BIND", &address);
        let child = command.env("SWITCHBOARD_LOG", "warn").stdout(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(&address).is_err() {
            assert!(Instant::now() < until, "serve did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Served { address, token, child }
    }

    /// The cookie of somebody who has signed in.
    pub fn cookie(&self) -> String {
        let body = format!("email={}&password={PASSWORD}", ADMIN.replace('@', "%40"));
        let answer = Client::at(&self.address).send(
            "POST",
            "/sign-in",
            &format!("Origin: http://{}\r\nContent-Type: application/x-www-form-urlencoded\r\n", self.address),
            &body,
        );
        assert_eq!(answer.status, 303, "{}", answer.body);
        let cookie = answer.head.lines().find(|line| line.to_lowercase().starts_with("set-cookie: "));
        cookie.unwrap()["set-cookie: ".len()..].split(';').next().unwrap().to_owned()
    }

    /// Memory in KiB that is really there.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How many requests of a route took how long, by the server's own count: (upper bound in seconds, how many).
    pub fn times(&self, route: &str) -> Vec<(f64, f64)> {
        let metrics = Client::at(&self.address).send("GET", "/metrics", "", "").body;
        let of_route = |line: &&str| {
            line.starts_with("http_request_seconds_bucket") && line.contains(&format!("route=\"{route}\""))
        };
        let read = |line: &str| {
            let bound = line.split("le=\"").nth(1)?.split('"').next()?;
            Some((bound.parse().unwrap_or(f64::INFINITY), line.rsplit(' ').next()?.parse().ok()?))
        };
        metrics.lines().filter(of_route).filter_map(read).collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// The bound below which 95 of 100 requests between two looks stayed.
pub fn p95(before: &[(f64, f64)], after: &[(f64, f64)]) -> String {
    let earlier = |bound: f64| before.iter().find(|(b, _)| *b == bound).map_or(0.0, |(_, n)| *n);
    let counts: Vec<(f64, f64)> = after.iter().map(|(bound, n)| (*bound, n - earlier(*bound))).collect();
    let all = counts.last().map_or(0.0, |(_, n)| *n);
    let bound = counts.iter().find(|(_, n)| *n >= all * 0.95).map(|(bound, _)| *bound);
    bound.filter(|_| all > 0.0).map_or_else(|| "-".to_owned(), |bound| format!("≤ {} ms", bound * 1000.0))
}
