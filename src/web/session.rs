//! Who is asking: `Signed` for pages, `Caller` for the API.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::work::work;
use super::{Error, Site, csrf};
use crate::desk::Desk;
use crate::desk::sign_in::{Holder, SignedIn};
use crate::domain::{Agent, ChannelId};

type Extraction<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// A page's caller: an agent with a session, with the role of this moment. Without one the answer is the sign-in page.
pub struct Signed(pub Agent);

/// As [`Signed`], with the session itself: for pages about sessions, and for sockets.
#[derive(Clone)]
pub struct InSession(Rc<SignedIn>);

/// The API's caller, by bearer token.
pub struct Caller {
    pub holder: Holder,
    /// The hash by which the token's sockets are known.
    pub key: Arc<str>,
}

/// The token of this session's forms.
pub struct Csrf(pub String);

impl Deref for Signed {
    type Target = Agent;

    fn deref(&self) -> &Agent {
        &self.0
    }
}

impl Deref for InSession {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

impl Caller {
    /// The agent whose program this is. A token of another kind opens nothing here.
    pub fn agent(&self) -> Result<&Agent, Error> {
        match &self.holder {
            Holder::Agent(agent) => Ok(agent),
            Holder::Channel { .. } | Holder::Kiosk { .. } | Holder::Telephony => Err(Error::SignedOut),
        }
    }

    /// The channel of that slug, if the token is its own.
    pub fn channel(&self, named: &str) -> Result<ChannelId, Error> {
        match &self.holder {
            Holder::Channel { id, slug } if slug == named => Ok(*id),
            _ => Err(Error::SignedOut),
        }
    }
}

impl FromRequest for Signed {
    type Error = Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = InSession::from_request(request, payload);
        Box::pin(async move { Ok(Signed(session.await?.agent.clone())) })
    }
}

impl FromRequest for InSession {
    type Error = Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { signed_in(&request).await?.ok_or(Error::SignedOut) })
    }
}

impl FromRequest for Csrf {
    type Error = Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = cookie(request).and_then(|cookie| Ok(csrf::token(&data::<Site>(request)?.key, &cookie)));
        Box::pin(async move { token.map(Csrf) })
    }
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = bearer(request).ok_or(Error::SignedOut).and_then(|token| Ok((token, data::<Desk>(request)?)));
        Box::pin(async move {
            let (token, desk) = found?;
            let (holder, key) = work(move || desk.holder(&token)).await?.ok_or(Error::SignedOut)?;
            Ok(Caller { holder, key })
        })
    }
}

/// Who is signed in, if anybody is. Asked once for each request.
pub async fn signed_in(request: &HttpRequest) -> Result<Option<InSession>, Error> {
    if let Some(known) = request.extensions().get::<InSession>() {
        return Ok(Some(known.clone()));
    }
    let Ok(cookie) = cookie(request) else { return Ok(None) };
    let desk = data::<Desk>(request)?;
    let asked = desk.clone();
    let Some(found) = work(move || asked.signed_in(&cookie)).await? else { return Ok(None) };
    if desk.is_due_for_touch(&found.session) {
        let id = found.session.id;
        // Nobody waits for this note, and a page is not worth less without it.
        drop(web::block(move || desk.touch_session(id)));
    }
    let found = InSession(Rc::new(found));
    request.extensions_mut().insert(found.clone());
    Ok(Some(found))
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn cookie(request: &HttpRequest) -> Result<String, Error> {
    let cookie = request.cookie(data::<Site>(request)?.cookie_name()).ok_or(Error::SignedOut)?;
    Ok(cookie.value().to_owned())
}

/// What the server shares with every request.
pub fn data<T: 'static>(request: &HttpRequest) -> Result<Arc<T>, Error> {
    let data = request.app_data::<web::Data<T>>().cloned();
    data.map(web::Data::into_inner).ok_or_else(|| Error::Broken("the server is not set up".into()))
}
