//! What every answer says to the browser, errors and fragments included.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Other pages may not get a handle on ours.
const OPENER: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));

/// The headers of a site, made once.
pub struct Headers(Vec<(HeaderName, HeaderValue)>);

impl Headers {
    /// `secure`: the site is reached by https. `socket`: the origin of its websocket, where that is known; `'self'`
    /// alone does not cover it in every browser.
    pub fn new(secure: bool, socket: Option<&str>) -> Headers {
        let mut all = vec![
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            // Not no-referrer: that would make the Origin of our own forms `null`.
            (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (header::CONTENT_SECURITY_POLICY, policy(socket)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            OPENER,
        ];
        if secure {
            let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            all.push((header::STRICT_TRANSPORT_SECURITY, year));
        }
        Headers(all)
    }

    /// Adds what the answer does not say for itself.
    pub fn complete(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            if !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
    }
}

fn policy(socket: Option<&str>) -> HeaderValue {
    let connect = socket.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'self'; connect-src 'self'{connect}; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'; form-action 'self'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_what_it_says_for_itself() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
        Headers::new(true, None).complete(&mut headers);
        assert_eq!(headers.get(header::CACHE_CONTROL).unwrap(), "public");
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert!(headers.get(header::CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap().contains("object-src 'none'"));
    }
}
