//! Nobody acts through a signed-in browser but its own pages: every unsafe request that carries the session cookie must
//! come from a page of ours and bring the token of the session, as the field `csrf` or the header `x-csrf`.
//!
//! The check stands in front of all routes, so that no handler can forget it. The API takes bearer tokens, which no
//! browser adds by itself, and no cookies; neither do providers and visitors, who have no session.

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{StreamExt, stream};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::error::Problem;
use super::peer::Origin;
use super::site::Site;

/// The field of every form.
pub const FIELD: &str = "csrf";
/// The header for scripts of ours that send no form.
const HEADER: &str = "x-csrf";
/// As far as the first part of a form with files may reach.
const FIRST: usize = 2048;
/// Bytes of a token, and of the mask that makes it look new on every page.
const SIZE: usize = 16;

/// The token of a session. It looks different every time, so that compression tells nothing about it.
pub fn token(key: &[u8], session: &str) -> String {
    let mut mask = [0; SIZE];
    if getrandom::fill(&mut mask).is_err() {
        mask = [0; SIZE];
    }
    let masked = derive(key, session).into_iter().zip(mask).map(|(byte, mask)| byte ^ mask);
    URL_SAFE_NO_PAD.encode(mask.into_iter().chain(masked).collect::<Vec<_>>())
}

/// Whether this is a token of that session; takes the same time for every wrong one.
pub fn is_token(key: &[u8], session: &str, token: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else { return false };
    let Some((mask, masked)) = bytes.split_at_checked(SIZE) else { return false };
    let bytes: Vec<u8> = masked.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    bool::from(derive(key, session).ct_eq(bytes.as_slice())) && masked.len() == SIZE
}

fn derive(key: &[u8], session: &str) -> [u8; SIZE] {
    let mut token = [0; SIZE];
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
        mac.update(b"csrf:");
        mac.update(session.as_bytes());
        token.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
    }
    token
}

/// Stands in front of all routes.
pub async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let answer = match judge(&mut request).await {
        Ok(()) => return Ok(next.call(request).await?.map_into_left_body()),
        Err(answer) => answer,
    };
    Ok(request.into_response(answer).map_into_right_body())
}

async fn judge(request: &mut ServiceRequest) -> Result<(), HttpResponse> {
    let Some(site) = request.app_data::<Data<Site>>().cloned() else {
        return Err(HttpResponse::InternalServerError().finish());
    };
    if request.method().is_safe() || !acts_for_a_person(request.path()) {
        return Ok(());
    }
    if site.origins.of(request.request()) == Origin::Foreign {
        return Err(refuse("This came from another site and was not done."));
    }
    let cookie = request.cookie(site.cookie_name()).map(|cookie| cookie.value().to_owned());
    let Some(session) = cookie else { return Ok(()) };
    // Whoever signs in may still carry the cookie of a session that is over. The second step has its pass.
    if request.path() == "/sign-in" || request.path().starts_with("/sign-in/") {
        return Ok(());
    }
    match given(request).await? {
        Some(token) if is_token(&site.key, &session, &token) => Ok(()),
        _ => Err(refuse("This page is too old to act from. Reload it and try again.")),
    }
}

/// The API takes no cookies; providers, trackers and visitors of the widget have none. Their own doors check them.
fn acts_for_a_person(path: &str) -> bool {
    !["/api/", "/channels/", "/hooks/", "/widget/"].iter().any(|outside| path.starts_with(outside))
}

async fn given(request: &mut ServiceRequest) -> Result<Option<String>, HttpResponse> {
    if let Some(token) = request.headers().get(HEADER) {
        return Ok(token.to_str().ok().map(str::to_owned));
    }
    if request.content_type() == "multipart/form-data" {
        return Ok(first_part(request).await);
    }
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Ok(None);
    }
    let body = request.extract::<Bytes>().await.map_err(|error| error.error_response())?;
    let pairs = serde_urlencoded::from_bytes::<Vec<(String, String)>>(&body).unwrap_or_default();
    request.set_payload(Payload::Stream { payload: Box::pin(stream::iter([Ok(body)])) });
    Ok(pairs.into_iter().find(|(name, _)| name == FIELD).map(|(_, token)| token))
}

/// The token of a form with files: such a form begins with it. What was read of the body is put back.
async fn first_part(request: &mut ServiceRequest) -> Option<String> {
    let mut body = request.take_payload();
    let mut read = Vec::new();
    let mut token = None;
    while token.is_none() && read.len() < FIRST {
        let Some(Ok(piece)) = body.next().await else { break };
        read.extend_from_slice(&piece);
        token = in_first_part(&read);
    }
    let again = stream::iter([Ok(Bytes::from(read))]).chain(body);
    request.set_payload(Payload::Stream { payload: Box::pin(again) });
    token
}

/// The value of the first part, once it is whole and if it is the token.
fn in_first_part(read: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(read.get(..read.len().min(FIRST))?);
    let (head, rest) = text.split_once("\r\n\r\n")?;
    let (value, _) = rest.split_once("\r\n--")?;
    head.contains(&format!("name=\"{FIELD}\"")).then(|| value.to_owned())
}

fn refuse(message: &str) -> HttpResponse {
    Problem::forbidden(message).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_one_session_and_never_looks_the_same() {
        let (one, two) = (token(b"key", "s1"), token(b"key", "s1"));
        assert_ne!(one, two);
        assert!(is_token(b"key", "s1", &one) && is_token(b"key", "s1", &two));
        assert!(!is_token(b"key", "s2", &one) && !is_token(b"other", "s1", &one));
        for bad in ["", "x", "AAAA", &one[..20], &format!("{one}AAAA")] {
            assert!(!is_token(b"key", "s1", bad), "{bad}");
        }
    }
}
