//! What every request needs to know about the site, made once from the settings.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::header::{self, HeaderMap};
use std::net::IpAddr;

use super::headers::Headers;
use super::limits::SignInLimits;
use super::peer::{self, Origins};
use super::widget::VisitorLimits;
use crate::config::{Config, Network, Secret};

/// The site as the browser sees it.
pub struct Site {
    /// Reached by https.
    pub secure: bool,
    pub origins: Origins,
    pub headers: Headers,
    /// Signs form tokens and the cookies of known browsers.
    pub key: Vec<u8>,
    pub sign_in_limits: SignInLimits,
    pub visitor_limits: VisitorLimits,
    /// Lets a program read the metrics from elsewhere.
    pub metrics_token: Option<Secret>,
    /// What may be fetched from although it is not on the open internet.
    pub outgoing_allow: Vec<Network>,
    public_url: Option<String>,
    proxies: Vec<Network>,
}

impl Site {
    pub fn new(config: &Config, key: Vec<u8>) -> Site {
        let origins = config.public_url.iter().chain(&config.allowed_origins).cloned().collect();
        // Only a public URL narrows what counts as ours; origins that are merely added do not.
        let origins = if config.public_url.is_some() { Origins::only(origins) } else { Origins::and_host(origins) };
        let socket = config.public_url.as_ref().map(|url| url.replacen("http", "ws", 1));
        Site {
            secure: config.is_secure(),
            origins,
            headers: Headers::new(config.is_secure(), socket.as_deref()),
            key,
            sign_in_limits: SignInLimits::new(),
            visitor_limits: VisitorLimits::new(),
            metrics_token: config.metrics_token.clone(),
            outgoing_allow: config.outgoing_allow.clone(),
            public_url: config.public_url.clone(),
            proxies: config.trusted_proxies.clone(),
        }
    }

    /// The name of the session cookie. `__Host-` makes browsers keep it to this host, by https.
    pub fn cookie_name(&self) -> &'static str {
        if self.secure { "__Host-session" } else { "session" }
    }

    /// The name of the cookie by which a browser proves that it has signed in before.
    pub fn browser_cookie_name(&self) -> &'static str {
        if self.secure { "__Host-browser" } else { "browser" }
    }

    /// A cookie that scripts and other sites do not get.
    pub fn cookie(&self, name: &'static str, value: String, max_age: time::Duration) -> Cookie<'static> {
        let cookie = Cookie::build(name, value).path("/").http_only(true).same_site(SameSite::Lax);
        cookie.secure(self.secure).max_age(max_age).finish()
    }

    /// The address a request counts under.
    pub fn address(&self, request: &HttpRequest) -> IpAddr {
        self.address_of(request.peer_addr().map(|peer| peer.ip()), request.headers())
    }

    pub fn address_of(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> IpAddr {
        peer::address(peer, headers, &self.proxies)
    }

    /// Whether requests may have come through a proxy: the settings name one, or an address that others reach us by.
    pub fn is_behind_a_proxy(&self) -> bool {
        self.public_url.is_some() || !self.proxies.is_empty()
    }

    /// How the outside reaches us: the public address; where none is set, what this request was sent to.
    pub fn base(&self, request: &HttpRequest) -> String {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        self.public_url.clone().unwrap_or_else(|| format!("http://{host}"))
    }

    /// A link to a path of ours, for mails and messages: from the settings, never from what the request calls us.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_deref().unwrap_or_default())
    }
}
