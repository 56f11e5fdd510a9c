//! Who is at the widget.
//!
//! A visitor's secret comes in a cookie that scripts cannot read: over https it is partitioned, so that one site's page
//! learns nothing from another's. Browsers that keep no cookie of a frame (and every browser over plain http, where a
//! frame of another site can have none) give the secret back in a header: the frame's script asks for one of its own and
//! keeps it in the storage of the frame. A cookie is never handed to a script, and what the site signs comes first.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponseBuilder};

use crate::channels::widget::{Identified, Unproven, hash_of, identified, issue};
use crate::desk::Desk;
use crate::desk::visitors::{Visitor, Who};
use crate::domain::{Channel, ChannelKind};
use crate::web::peer::Origin;
use crate::web::session::data;
use crate::web::work::work;
use crate::web::{Error, Problem, Site};

/// Header of what the site has signed.
pub const IDENTITY: &str = "x-visitor-identity";
/// Header of a secret that a script keeps.
const SECRET: &str = "x-visitor";
/// A year: how long a browser keeps its visitor.
const KEPT: u32 = 365 * 24 * 3600;

/// A request of the frame, or of a program in a visitor's place. A page of anybody else's gets no answer.
#[derive(Clone)]
pub struct Visit {
    pub desk: Desk,
    pub site: Arc<Site>,
    pub channel: Channel,
    pub visitor: Visitor,
    pub address: IpAddr,
    /// A secret that was made for this answer, because none came.
    pub fresh: Option<String>,
}

/// The frame's page, as a browser that goes there asks for it: from whichever page holds the frame.
pub struct Navigation(pub Visit);

type Extraction<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

impl FromRequest for Navigation {
    type Error = Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(Navigation(Visit::of(&request).await?)) })
    }
}

impl FromRequest for Visit {
    type Error = Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            if data::<Site>(&request)?.origins.of(&request) == Origin::Foreign {
                return Err(Error::Forbidden("The chat answers its own pages only.".into()));
            }
            Visit::of(&request).await
        })
    }
}

impl Visit {
    async fn of(request: &HttpRequest) -> Result<Visit, Error> {
        let (desk, site) = (data::<Desk>(request)?, data::<Site>(request)?);
        let address = site.address(request);
        site.visitor_limits.look(address)?;
        let channel = widget(&desk, request.match_info().get("key").unwrap_or_default()).await?;
        let proofs = Proofs::of(request, &cookie_name(&site, &channel));
        let (who, fresh) = proofs.who(&desk, &site, &channel).await?;
        let (desk, visitor) = (desk.as_ref().clone(), Visitor { channel: channel.clone(), who });
        Ok(Visit { desk, site, channel, visitor, address, fresh })
    }

    /// Gives the browser its new secret, if it needs one.
    pub fn remember(&self, answer: &mut HttpResponseBuilder) {
        if let Some(secret) = &self.fresh {
            let name = cookie_name(&self.site, &self.channel);
            let reach = if self.site.secure { "Secure; SameSite=None; Partitioned" } else { "SameSite=Lax" };
            let cookie = format!("{name}={secret}; Path=/; HttpOnly; {reach}; Max-Age={KEPT}");
            answer.append_header(("set-cookie", cookie));
        }
    }

    /// What visitors do is counted.
    pub fn acts(&self) -> Result<(), Error> {
        if self.fresh.is_some() {
            self.site.visitor_limits.come(self.address)?;
        }
        self.site.visitor_limits.act(&self.visitor, self.address)
    }
}

/// The visitor whom a socket's first words prove: it can send no header, and its address stands in logs.
pub async fn proven(visit: &Visit, identity: Option<String>, secret: Option<String>) -> Result<Visitor, Error> {
    let proofs = Proofs { identity, secret, cookie: None };
    if proofs.identity.is_none() && proofs.secret.is_none() {
        return Ok(visit.visitor.clone());
    }
    let (who, _) = proofs.who(&visit.desk, &visit.site, &visit.channel).await?;
    Ok(Visitor { who, ..visit.visitor.clone() })
}

/// The widget of a key.
pub async fn widget(desk: &Arc<Desk>, key: &str) -> Result<Channel, Error> {
    let (desk, key) = (desk.clone(), key.to_owned());
    let channel = work(move || desk.channel_by_key(&key)).await?;
    if channel.kind == ChannelKind::Widget { Ok(channel) } else { Err(Error::NotFound) }
}

fn cookie_name(site: &Site, channel: &Channel) -> String {
    let prefix = if site.secure { "__Host-" } else { "" };
    format!("{prefix}visitor-{}", channel.key)
}

/// What a request brings to show who it is from.
struct Proofs {
    identity: Option<String>,
    secret: Option<String>,
    cookie: Option<String>,
}

impl Proofs {
    fn of(request: &HttpRequest, cookie: &str) -> Proofs {
        let header = |name: &str| Some(request.headers().get(name)?.to_str().unwrap_or_default().to_owned());
        let cookie = request.cookie(cookie).map(|cookie| cookie.value().to_owned());
        Proofs { identity: header(IDENTITY), secret: header(SECRET), cookie }
    }

    /// Who it is; with a new secret where there was none. A proof that proves nothing is refused, not passed over: nobody
    /// is to write as somebody else than they think. But a cookie cannot be mended by its page: a new one replaces it.
    async fn who(self, desk: &Desk, site: &Site, channel: &Channel) -> Result<(Who, Option<String>), Error> {
        if let Some(token) = self.identity {
            return Ok((Who::named(&signed(desk, channel, &token).await?.id)?, None));
        }
        let hash = |secret: &String| hash_of(&site.key, &channel.key, secret);
        if let Some(secret) = self.secret {
            let hash = hash(&secret).ok_or_else(|| unknown("This browser is not known here."))?;
            return Ok((Who::Holder(hash), None));
        }
        if let Some(hash) = self.cookie.as_ref().and_then(hash) {
            return Ok((Who::Holder(hash), None));
        }
        let fresh = issue(&site.key, &channel.key).ok_or_else(|| Error::Unavailable("no randomness".into()))?;
        let hash = hash(&fresh).ok_or_else(|| Error::Broken("a new secret is not known".into()))?;
        Ok((Who::Holder(hash), Some(fresh)))
    }
}

/// What a token of a channel proves now.
pub async fn signed(desk: &Desk, channel: &Channel, token: &str) -> Result<Identified, Error> {
    let (asked, of, now) = (desk.clone(), channel.clone(), desk.clock.now());
    let secret = work(move || asked.identity_secret(&of)).await?;
    let secret = secret.as_ref().map(|secret| secret.as_bytes()).unwrap_or_default();
    identified(secret, &channel.key, token, now).map_err(|unproven| match unproven {
        Unproven::TooLong => unknown("The site has signed who you are for longer than a day. That counts for nothing."),
        Unproven::Expired => unknown("You have been signed out. Reload the page to go on."),
        Unproven::Forged => unknown("The site did not say who you are. Reload the page to go on."),
    })
}

/// 401, in words for a visitor.
fn unknown(sentence: &str) -> Error {
    Error::Told(Box::new(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", sentence)))
}
