//! Who a site says its visitor is, signed with the secret of the channel, for a day at most: a JWT (HS256, with `sub` and
//! `exp`), or `HMAC.ID.EXP`, where HMAC is the HMAC-SHA256 of `ID.EXP` in hex and EXP the end in seconds since 1970.
//! Without an end nothing is believed: what somebody has copied once would open their conversations for ever.
//!
//! Read here and not by a library: one algorithm is allowed whatever the token says of itself, the clock is the house's,
//! and the library for it brings an RSA of known weakness along.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;

use crate::config::limits::IDENTITY_LIFE;

/// Why nobody is recognised by a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// It is not signed with this channel's secret, or makes no sense.
    Forged,
    /// It was once good.
    Expired,
    /// It would be good for longer than anything is.
    TooLong,
}

/// What a token proves, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    pub id: String,
    pub until: DateTime<Utc>,
}

/// Longest token, and longest user id, in bytes.
const TOKEN: usize = 4096;
const ID: usize = 254;
/// Characters of a HMAC-SHA256 in hex.
const HEX: usize = 64;
/// As much as the clock of a site may be ahead of ours.
const SKEW: Duration = Duration::from_secs(300);

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood; none is.
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    /// For whom it was signed: the key of the channel, where it says so.
    #[serde(default)]
    aud: Option<Audience>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The user id that a token of a channel (by its key) proves at a moment.
pub fn identified(secret: &[u8], key: &str, token: &str, now: DateTime<Utc>) -> Result<Identified, Unproven> {
    // A channel without a secret has signed nothing.
    if secret.is_empty() || token.len() > TOKEN {
        return Err(Unproven::Forged);
    }
    let (id, exp) = match token.split_once('.') {
        Some((hex, id)) if hex.len() == HEX => by_hmac(secret, hex, id)?,
        _ => by_jwt(secret, key, token, now)?,
    };
    let fits = !id.trim().is_empty() && id.len() <= ID && !id.chars().any(char::is_control);
    if !fits {
        return Err(Unproven::Forged);
    }
    let left = exp - seconds(now);
    if left <= 0.0 {
        return Err(Unproven::Expired);
    }
    let left = Duration::try_from_secs_f64(left).ok().filter(|left| *left <= IDENTITY_LIFE + SKEW);
    let left = left.and_then(|left| TimeDelta::from_std(left).ok()).ok_or(Unproven::TooLong)?;
    Ok(Identified { id, until: now + left })
}

/// The id and its end.
fn by_hmac(secret: &[u8], signature: &str, signed: &str) -> Result<(String, f64), Unproven> {
    let signature = hex::decode(signature).map_err(|_| Unproven::Forged)?;
    verify(secret, signed.as_bytes(), &signature)?;
    let (id, exp) = signed.rsplit_once('.').ok_or(Unproven::Forged)?;
    let plain = !exp.is_empty() && exp.len() <= 12 && exp.bytes().all(|byte| byte.is_ascii_digit());
    let exp = exp.parse().ok().filter(|_| plain).ok_or(Unproven::Forged)?;
    Ok((id.to_owned(), exp))
}

/// The id and its end.
fn by_jwt(secret: &[u8], key: &str, token: &str, now: DateTime<Utc>) -> Result<(String, f64), Unproven> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Unproven::Forged)?;
    let (header, claims) = signed.split_once('.').ok_or(Unproven::Forged)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Unproven::Forged)?;
    verify(secret, signed.as_bytes(), &signature)?;
    let header: Header = read(header)?;
    let claims: Claims = read(claims)?;
    if header.alg != "HS256" || header.crit.is_some() {
        return Err(Unproven::Forged);
    }
    let meant = match &claims.aud {
        None => true,
        Some(Audience::One(one)) => one == key,
        Some(Audience::Many(many)) => many.iter().any(|one| one == key),
    };
    let begun = claims.nbf.is_none_or(|from| from <= seconds(now));
    if meant && begun { Ok((claims.sub, claims.exp)) } else { Err(Unproven::Forged) }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds since 1970 are exact in a double for as long as there are tokens"
)]
fn seconds(now: DateTime<Utc>) -> f64 {
    now.timestamp_millis() as f64 / 1000.0
}

/// In the same time for every wrong signature.
fn verify(secret: &[u8], signed: &[u8], signature: &[u8]) -> Result<(), Unproven> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| Unproven::Forged)?;
    mac.update(signed);
    mac.verify_slice(signature).map_err(|_| Unproven::Forged)
}

fn read<T: for<'a> Deserialize<'a>>(part: &str) -> Result<T, Unproven> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Unproven::Forged)?;
    serde_json::from_slice(&json).map_err(|_| Unproven::Forged)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a secret of the channel";

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_300_819_379, 0).unwrap()
    }

    fn signed(secret: &[u8], text: &str) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    fn jwt(header: &str, claims: &str) -> String {
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signed(SECRET, &text)))
    }

    fn of(token: &str) -> Result<String, Unproven> {
        identified(SECRET, "key", token, now()).map(|identified| identified.id)
    }

    fn hmac(secret: &[u8], text: &str) -> String {
        format!("{}.{text}", hex::encode(signed(secret, text)))
    }

    /// The example of RFC 7515, A.1, is signed well, but names nobody.
    #[test]
    fn the_signature_is_the_one_of_the_rfc() {
        let key = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = URL_SAFE_NO_PAD.decode("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(verify(&key, signed.as_bytes(), &signature), Ok(()));
    }

    #[test]
    fn a_signed_id_is_believed_until_it_expires() {
        let hs256 = r#"{"alg":"HS256","typ":"JWT"}"#;
        assert_eq!(of(&jwt(hs256, r#"{"sub":"ann","exp":1300819380}"#)), Ok("ann".to_owned()));
        assert_eq!(of(&jwt(hs256, r#"{"sub":"ann","exp":1300819380,"aud":["other","key"]}"#)), Ok("ann".to_owned()));
        assert_eq!(of(&jwt(hs256, r#"{"sub":"ann","exp":1300819379}"#)), Err(Unproven::Expired));
        assert_eq!(of(&hmac(SECRET, "ann@x.example.1300819380")), Ok("ann@x.example".to_owned()));
        let until = identified(SECRET, "key", &hmac(SECRET, "ann.1300819389"), now()).map(|one| one.until);
        assert_eq!(until, Ok(now() + TimeDelta::seconds(10)));
        assert_eq!(of(&hmac(SECRET, "ann.1300819379")), Err(Unproven::Expired));
        assert_eq!(of(&hmac(SECRET, "ann.1300819378")), Err(Unproven::Expired));
    }

    #[test]
    fn nothing_is_good_for_longer_than_a_day() {
        let jwt = |exp: i64| jwt(r#"{"alg":"HS256"}"#, &format!(r#"{{"sub":"ann","exp":{exp}}}"#));
        let day = now().timestamp() + 86_400;
        assert!(of(&jwt(day)).is_ok() && of(&hmac(SECRET, &format!("ann.{day}"))).is_ok());
        assert_eq!(of(&jwt(day + 3600)), Err(Unproven::TooLong));
        assert_eq!(of(&hmac(SECRET, &format!("ann.{}", day + 3600))), Err(Unproven::TooLong));
        assert_eq!(of(&hmac(SECRET, "ann.999999999999")), Err(Unproven::TooLong));
    }

    #[test]
    fn what_is_forged_or_meant_for_others_is_nobody() {
        let hs256 = r#"{"alg":"HS256"}"#;
        let good = jwt(hs256, r#"{"sub":"ann","exp":1300819380}"#);
        let (head, rest) = good.split_once('.').unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let forged = [
            String::new(),
            "a.b.c".to_owned(),
            format!("{none}.{rest}"),
            format!("{none}.{}.", rest.split_once('.').unwrap().0),
            format!(
                "{head}.{}.{}",
                URL_SAFE_NO_PAD.encode(r#"{"sub":"bob","exp":9}"#),
                rest.rsplit_once('.').unwrap().1
            ),
            jwt(r#"{"alg":"HS512"}"#, r#"{"sub":"ann","exp":1300819380}"#),
            jwt(r#"{"alg":"HS256","crit":["b64"]}"#, r#"{"sub":"ann","exp":1300819380}"#),
            jwt(hs256, r#"{"sub":"ann"}"#),
            jwt(hs256, r#"{"sub":"ann","exp":"1300819380"}"#),
            jwt(hs256, r#"{"sub":7,"exp":1300819380}"#),
            jwt(hs256, r#"{"sub":" ","exp":1300819380}"#),
            jwt(hs256, r#"{"exp":1300819380}"#),
            jwt(hs256, r#"{"sub":"ann","exp":1300819380,"aud":"other"}"#),
            jwt(hs256, r#"{"sub":"ann","exp":1300819999,"nbf":1300819380}"#),
            hmac(b"another channel", "ann.1300819380"),
            format!("{}.bob.1300819380", hex::encode(signed(SECRET, "ann.1300819380"))),
            format!("{}.ann.1300819999", hex::encode(signed(SECRET, "ann.1300819380"))),
            // As it was once: without an end.
            hmac(SECRET, "ann"),
            hmac(SECRET, "ann."),
            hmac(SECRET, "ann.1e9"),
            hmac(SECRET, "ann.+1300819380"),
            hmac(SECRET, ".1300819380"),
            hmac(SECRET, ""),
            format!("{}.{}", "ü".repeat(32), "ann"),
        ];
        for token in forged {
            assert_eq!(of(&token), Err(Unproven::Forged), "{token}");
        }
        assert_eq!(
            identified(b"", "key", &format!("{}.ann", hex::encode(signed(b"", "ann"))), now()),
            Err(Unproven::Forged)
        );
        assert_eq!(identified(b"other", "key", &good, now()), Err(Unproven::Forged));
    }
}
