//! What Twilio signs its requests with: HMAC-SHA1 over the address and the fields of the form, by the auth token.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::config::Secret;

/// Whether this signature was made with the token, for a form that was posted to this address. Twilio signs with the
/// port or without it, so both count.
pub fn is_signed(token: &Secret, url: &str, fields: &[(String, String)], signature: &str) -> bool {
    let Ok(signature) = STANDARD.decode(signature.trim()) else { return false };
    let form = canonical(fields);
    // Both are looked at in any case: how long it takes tells nothing.
    let is = |url: &str| mac(token, url, &form).is_some_and(|mac| mac.verify_slice(&signature).is_ok());
    let (with, without) = ports(url);
    is(&with) | is(&without)
}

fn mac(token: &Secret, url: &str, form: &str) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).ok()?;
    mac.update(url.as_bytes());
    mac.update(form.as_bytes());
    Some(mac)
}

/// Names and values one after the other, by name; the same name with the same value counts once.
fn canonical(fields: &[(String, String)]) -> String {
    let mut fields: Vec<&(String, String)> = fields.iter().collect();
    fields.sort();
    fields.dedup();
    fields.into_iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect()
}

/// The address with its port and without it.
fn ports(url: &str) -> (String, String) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), url.to_owned()) };
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let named = host.rsplit_once(':').filter(|(_, port)| port.chars().all(|digit| digit.is_ascii_digit()));
    let (bare, port) = match named {
        Some((bare, port)) => (bare, port),
        None if scheme == "http" => (host, "80"),
        None => (host, "443"),
    };
    (format!("{scheme}://{bare}:{port}{path}"), format!("{scheme}://{bare}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_s_example_is_signed() {
        let fields = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
            ("Caller", "+14158675309"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (token, url) = (Secret::new("12345"), "https://mycompany.com/myapp.php?foo=1&bar=2");
        let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        assert!(is_signed(&token, url, &fields, signature));
        assert!(!is_signed(&token, "https://mycompany.com/myapp.php?foo=1&bar=3", &fields, signature));
        assert!(!is_signed(&Secret::new("12346"), url, &fields, signature));
        assert!(!is_signed(&token, url, fields.split_last().unwrap().1, signature));
        for wrong in ["", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", "AAAA"] {
            assert!(!is_signed(&token, url, &fields, wrong), "{wrong}");
        }
    }

    #[test]
    fn an_address_has_its_port_or_not() {
        let both = |with: &str, without: &str| (with.to_owned(), without.to_owned());
        assert_eq!(
            ports("https://a.example/x?y=1:2"),
            both("https://a.example:443/x?y=1:2", "https://a.example/x?y=1:2")
        );
        assert_eq!(ports("http://a:8080/x"), both("http://a:8080/x", "http://a/x"));
        assert_eq!(ports("http://[::1]/x").1, "http://[::1]/x");
    }
}
