//! Requests that leave the house: all of them go through here. A name is resolved once, what it says is judged, and the
//! connection goes to the address that was judged. No redirect is followed unasked, no answer is read without an end.

mod addresses;

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Timeout};

use crate::config::Network;
use crate::config::limits::{OUTGOING_ANSWER, OUTGOING_CONNECT, OUTGOING_TOTAL};

/// How far the sender of an address is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// An admin has written it into the set-up: it may be near.
    SetUp,
    /// It came with a message: only the open internet, and what the operator allows.
    Nobody(Vec<Network>),
}

/// An account and its token.
#[derive(Debug, Clone)]
pub struct Account {
    pub name: String,
    pub token: crate::config::Secret,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The provider asks to be left alone for so long.
    pub retry_after: Option<Duration>,
    /// Where it says it is now.
    pub location: Option<String>,
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Nothing was sent.
    Unreached,
    /// It may have arrived.
    Broken,
    /// More came than is taken.
    TooLarge,
}

/// Posts a form.
pub fn post(url: &str, account: &Account, form: &[(&str, String)], key: &str) -> Result<Answer, Silence> {
    let request = agent(Trust::SetUp, OUTGOING_TOTAL).post(url).header("Authorization", account.basic());
    let fields = form.iter().map(|(name, value)| (*name, value.as_str()));
    let sent = request.header("Accept", "application/json").header("Idempotency-Key", key).send_form(fields);
    answer(sent.map_err(|error| silence(&error))?, OUTGOING_ANSWER)
}

/// Gets what is at an address, up to so many bytes.
pub fn get(
    url: &str,
    trust: Trust,
    account: Option<&Account>,
    limit: usize,
    within: Duration,
) -> Result<Answer, Silence> {
    let request = agent(trust, within).get(url);
    let request = match account {
        Some(account) => request.header("Authorization", account.basic()),
        None => request,
    };
    answer(request.call().map_err(|error| silence(&error))?, limit)
}

fn answer(mut got: ureq::http::Response<ureq::Body>, limit: usize) -> Result<Answer, Silence> {
    let header = |name: &str| got.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (location, asked) = (header("location"), header("retry-after"));
    let retry_after = asked.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    let status = got.status().as_u16();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let body = match got.body_mut().with_config().limit(most).read_to_vec() {
        Ok(body) => body,
        Err(ureq::Error::BodyExceedsLimit(_)) => return Err(Silence::TooLarge),
        // What it thinks of the request is known by its status.
        Err(_) if status >= 300 => Vec::new(),
        Err(_) => return Err(Silence::Broken),
    };
    Ok(Answer { status, retry_after, location, body })
}

/// Whether anything can have arrived, by how it went wrong.
fn silence(error: &ureq::Error) -> Silence {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    match error {
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::Tls(_)
        | ureq::Error::TlsRequired
        | ureq::Error::Rustls(_) => Silence::Unreached,
        ureq::Error::Io(error) => match error.kind() {
            ConnectionRefused | AddrNotAvailable | HostUnreachable | NetworkUnreachable => Silence::Unreached,
            // A line that is not secure carries nothing.
            _ if error.to_string().contains("certificate") => Silence::Unreached,
            _ => Silence::Broken,
        },
        _ => Silence::Broken,
    }
}

/// One request, one connection: one that was kept might be dead, and nobody would know what arrived.
fn agent(trust: Trust, within: Duration) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .proxy(None)
        .user_agent(concat!("Switchboard/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(OUTGOING_CONNECT.min(within)))
        .timeout_connect(Some(OUTGOING_CONNECT.min(within)))
        .timeout_global(Some(within))
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Judging { trust, names: DefaultResolver::default() })
}

/// Resolves names to addresses that may be spoken to, and to no others.
#[derive(Debug)]
struct Judging {
    trust: Trust,
    names: DefaultResolver,
}

impl Resolver for Judging {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout).map_err(|error| match error {
            ureq::Error::Timeout(reason) => ureq::Error::Timeout(reason),
            _ => ureq::Error::HostNotFound,
        })?;
        let mut allowed = self.empty();
        for address in found.iter() {
            let fine = match &self.trust {
                Trust::SetUp => addresses::is_a_machine(address.ip()),
                Trust::Nobody(allowed) => {
                    addresses::is_global(address.ip()) || allowed.iter().any(|network| network.contains(address.ip()))
                }
            };
            if fine {
                allowed.push(*address);
            }
        }
        if allowed.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(allowed) }
    }
}

impl Account {
    fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.name, self.token.reveal())))
    }
}
