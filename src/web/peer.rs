//! Who is on the other end: from which address, and from whose page.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};

use crate::config::Network;

/// The address limits are counted by: the peer's own, unless the peer is one of our proxies. Then it is the last
/// address in X-Forwarded-For that is not a proxy; what stands before that is the client's word.
pub fn address(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0])).to_canonical();
    let ours = |address: &IpAddr| proxies.iter().any(|network| network.contains(*address));
    if !ours(&peer) {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<_> = forwarded.flat_map(|value| value.split(',')).map(|hop| hop.trim().parse::<IpAddr>()).collect();
    let known = hops.into_iter().rev().map_while(Result::ok).map(|hop| hop.to_canonical());
    let mut nearest = peer;
    for hop in known {
        nearest = hop;
        if !ours(&hop) {
            break;
        }
    }
    nearest
}

/// Where a request comes from, as the browser tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A page of ours.
    Ours,
    /// A page of somebody else's.
    Foreign,
    /// It does not say: a program, or a navigation.
    Unsaid,
}

/// Origins whose pages may act for a signed-in person.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    named: Vec<String>,
    /// Whether the host that was asked for counts as ours: where the settings do not name the site.
    host: bool,
}

impl Origins {
    /// These and no others.
    pub fn only(named: Vec<String>) -> Origins {
        Origins { named, host: false }
    }

    /// These, and the host that was asked for.
    pub fn and_host(named: Vec<String>) -> Origins {
        Origins { named, host: true }
    }

    pub fn of(&self, request: &HttpRequest) -> Origin {
        let headers = request.headers();
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
        match (text(header::ORIGIN), text(header::HeaderName::from_static("sec-fetch-site"))) {
            (Some(origin), _) if self.includes(origin, text(header::HOST)) => Origin::Ours,
            (Some(_), _) => Origin::Foreign,
            (None, Some("same-origin" | "none")) => Origin::Ours,
            (None, Some(_)) => Origin::Foreign,
            (None, None) => Origin::Unsaid,
        }
    }

    fn includes(&self, origin: &str, host: Option<&str>) -> bool {
        let named = self.named.iter().any(|ours| ours.eq_ignore_ascii_case(origin));
        let bare = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        named || self.host && bare.zip(host).is_some_and(|(bare, host)| bare.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn from(peer: &str, forwarded: &[&'static str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for".parse().unwrap(), header::HeaderValue::from_static(value));
        }
        let proxies: Vec<Network> = proxies.iter().map(|network| network.parse().unwrap()).collect();
        address(Some(peer.parse().unwrap()), &headers, &proxies).to_string()
    }

    #[test]
    fn forwarded_addresses_are_believed_from_our_own_proxies_only() {
        assert_eq!(from("192.0.2.9", &["203.0.113.1"], &[]), "192.0.2.9");
        assert_eq!(from("10.0.0.1", &["203.0.113.1"], &["10.0.0.0/8"]), "203.0.113.1");
        assert_eq!(from("10.0.0.1", &["203.0.113.1, 198.51.100.7", "10.2.0.1"], &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(from("10.0.0.1", &["198.51.100.7, rubbish"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(from("::ffff:10.0.0.1", &["2001:db8::1"], &["10.0.0.1"]), "2001:db8::1");
    }

    fn origin(origins: &Origins, headers: &[(&'static str, &str)]) -> Origin {
        let mut request = TestRequest::default().insert_header(("host", "desk.example"));
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        origins.of(&request.to_http_request())
    }

    #[test]
    fn a_page_is_ours_by_the_host_that_was_asked_for_or_by_the_settings() {
        let (host, named) = (Origins::and_host(vec![]), Origins::only(vec!["https://a.example".into()]));
        assert_eq!(origin(&host, &[("origin", "http://desk.example")]), Origin::Ours);
        assert_eq!(origin(&host, &[("origin", "http://desk.example.evil.test")]), Origin::Foreign);
        assert_eq!(origin(&host, &[("origin", "null")]), Origin::Foreign);
        assert_eq!(origin(&host, &[("sec-fetch-site", "cross-site")]), Origin::Foreign);
        assert_eq!(origin(&host, &[("sec-fetch-site", "same-origin")]), Origin::Ours);
        assert_eq!(origin(&host, &[]), Origin::Unsaid);
        assert_eq!(origin(&named, &[("origin", "http://desk.example")]), Origin::Foreign);
        assert_eq!(origin(&named, &[("origin", "https://a.example")]), Origin::Ours);
    }
}
