//! What was just done, said once on the next page: a signed cookie that the page takes away as it shows it.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, time};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::chrome::{Toast, Undo};
use super::{Site, csrf};

const NAME: &str = "said";
/// A toast that no page has shown by then is not shown any more.
const LASTS: time::Duration = time::Duration::minutes(1);
/// Longest text, so that a cookie never outgrows what browsers keep.
const CHARS: usize = 400;

#[derive(Serialize, Deserialize)]
struct Said {
    text: String,
    error: bool,
    undo: Option<(String, Vec<(String, String)>)>,
}

/// The cookie that says it on the next page.
pub fn cookie(site: &Site, toast: &Toast) -> Cookie<'static> {
    let undo = toast.undo.as_ref().map(|undo| (undo.action.clone(), undo.fields.clone()));
    let said = Said { text: toast.text.chars().take(CHARS).collect(), error: toast.error, undo };
    let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&said).unwrap_or_default());
    let value = format!("{body}.{}", csrf::token(&site.key, &purpose(&body)));
    site.cookie(NAME, value, LASTS)
}

/// What the page before this one wanted to be said.
pub fn said(site: &Site, request: &HttpRequest) -> Option<Toast> {
    let cookie = request.cookie(NAME)?;
    let (body, proof) = cookie.value().split_once('.')?;
    if !csrf::is_token(&site.key, &purpose(body), proof) {
        return None;
    }
    let said: Said = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
    let undo = said.undo.map(|(action, fields)| Undo { action, fields });
    Some(Toast { text: said.text, error: said.error, undo })
}

/// Takes it away once it was shown.
pub fn gone(site: &Site) -> Cookie<'static> {
    let mut cookie = site.cookie(NAME, String::new(), time::Duration::ZERO);
    cookie.make_removal();
    cookie
}

fn purpose(body: &str) -> String {
    format!("said {body}")
}
