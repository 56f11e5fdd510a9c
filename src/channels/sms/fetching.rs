//! Files that came with a text message: fetched before the message is stored, from where the provider says they are.
//! The provider's own address is believed as far as the set-up is; everything else, also where it sends us on to, only
//! if it is on the open internet.

use std::time::{Duration, Instant};

use crate::channels::outgoing::{Account, Trust, get};
use crate::config::Network;
use crate::config::limits::{ATTACHMENT_BYTES, ATTACHMENTS, MEDIA_TOTAL};
use crate::domain::Channel;
use crate::domain::attachment::Upload;

/// How often one may be sent on.
const REDIRECTS: usize = 3;
/// The longest one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// What is taken, by the beginning of what its bytes are: pictures, sound, film, and documents.
const TAKEN: [&str; 10] = [
    "image/",
    "audio/",
    "video/",
    "application/pdf",
    "application/vnd.openxmlformats",
    "application/vnd.oasis",
    "application/msword",
    "application/vnd.ms-",
    "application/ogg",
    "text/plain",
];

/// What could be fetched, and how many files could not.
#[derive(Default)]
pub struct Fetched {
    pub files: Vec<Upload>,
    pub missing: usize,
}

/// Fetches what stands at these addresses.
pub fn fetch(channel: &Channel, account: &Account, urls: &[String], allowed: &[Network]) -> Fetched {
    let until = Instant::now() + MEDIA_TOTAL;
    let mut fetched = Fetched::default();
    for url in urls {
        let file = if fetched.files.len() < ATTACHMENTS { one(channel, account, url, allowed, until) } else { None };
        match file.and_then(|bytes| upload(bytes, fetched.files.len() + 1)) {
            Some(file) => fetched.files.push(file),
            None => fetched.missing += 1,
        }
    }
    if fetched.missing > 0 {
        tracing::warn!(channel = channel.slug, missing = fetched.missing, "files of a message could not be fetched");
    }
    fetched
}

fn one(channel: &Channel, account: &Account, url: &str, allowed: &[Network], until: Instant) -> Option<Vec<u8>> {
    let mut url = url.to_owned();
    for _ in 0..=REDIRECTS {
        let origin = origin(&url)?;
        let is_provider = Some(origin) == self::origin(channel.api_base());
        let (trust, account) = match is_provider {
            true => (Trust::SetUp, Some(account)),
            false => (Trust::Nobody(allowed.to_vec()), None),
        };
        let left = until.saturating_duration_since(Instant::now()).min(PATIENCE);
        if left.is_zero() {
            return None;
        }
        let answer = get(&url, trust, account, ATTACHMENT_BYTES, left).ok()?;
        match (answer.status, answer.location) {
            (200, _) => return Some(answer.body),
            (301 | 302 | 303 | 307 | 308, Some(to)) if to.starts_with("//") => return None,
            (301 | 302 | 303 | 307 | 308, Some(to)) if to.starts_with('/') => url = format!("{origin}{to}"),
            (301 | 302 | 303 | 307 | 308, Some(to)) => url = to,
            _ => return None,
        }
    }
    None
}

/// The scheme and host of an address that may be asked at all.
fn origin(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    let length = url.len() - rest.len() + host.len();
    if plain && !host.is_empty() { url.get(..length) } else { None }
}

fn upload(bytes: Vec<u8>, number: usize) -> Option<Upload> {
    let ending = infer::get(&bytes).map_or("txt", |kind| kind.extension());
    let upload = Upload::of(&format!("file-{number}.{ending}"), bytes).ok()?;
    TAKEN.iter().any(|taken| upload.kind.starts_with(taken)).then_some(upload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_may_be_asked_has_a_scheme_and_a_plain_host() {
        assert_eq!(origin("https://api.twilio.com/2010/Media/ME1?x"), Some("https://api.twilio.com"));
        assert_eq!(origin("http://127.0.0.1:4010/m"), Some("http://127.0.0.1:4010"));
        for wrong in ["ftp://a/b", "file:///etc/passwd", "https://u:p@a/b", "https://", "//a/b", "a", "https://a b/c"] {
            assert_eq!(origin(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_picture_sound_film_or_document_is_not_taken() {
        assert_eq!(upload(b"%PDF-1.7 ...".to_vec(), 1).unwrap().file_name, "file-1.pdf");
        assert_eq!(upload(b"Hello".to_vec(), 2).unwrap().kind, "text/plain");
        for bytes in [
            b"MZ\x90\0\x03\0\0\0".to_vec(),
            b"\x7fELF\x02\x01\x01\0".to_vec(),
            b"<!DOCTYPE html><html>".to_vec(),
            vec![],
        ] {
            assert!(upload(bytes.clone(), 1).is_none(), "{bytes:?}");
        }
    }
}
