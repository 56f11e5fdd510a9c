//! Files on their way to a provider: an address that only we can make, good for a day and for one channel.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// How long a provider may fetch a file.
const GOOD_FOR: TimeDelta = TimeDelta::hours(24);
/// Bytes of the proof.
const PROOF: usize = 18;

/// The path of a file for the provider of a channel.
pub fn path(key: &[u8], channel: &str, name: &str, now: DateTime<Utc>) -> String {
    let until = (now + GOOD_FOR).timestamp();
    let proof = mac(key, channel, name, until).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
    let proof: Vec<u8> = proof.into_iter().take(PROOF).collect();
    format!("/channels/{channel}/media/{name}/{until}/{}", URL_SAFE_NO_PAD.encode(proof))
}

/// Whether we made this path, and it is still good.
pub fn is_ours(key: &[u8], channel: &str, name: &str, until: i64, proof: &str, now: DateTime<Utc>) -> bool {
    let Ok(proof) = URL_SAFE_NO_PAD.decode(proof) else { return false };
    let right = mac(key, channel, name, until).is_some_and(|mac| mac.verify_truncated_left(&proof).is_ok());
    right && proof.len() == PROOF && now.timestamp() < until
}

fn mac(key: &[u8], channel: &str, name: &str, until: i64) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(format!("media:{channel}:{name}:{until}").as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_counts_for_its_file_and_channel_for_a_day() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let path = path(b"key", "sms", "abc", now);
        let parts: Vec<&str> = path.split('/').collect();
        let [_, _, channel, _, name, until, proof] = parts[..] else { panic!("{path}") };
        let until: i64 = until.parse().unwrap();
        assert!(is_ours(b"key", channel, name, until, proof, now));
        assert!(!is_ours(b"key", channel, name, until, proof, now + TimeDelta::days(1)));
        assert!(!is_ours(b"key", channel, name, until + 1, proof, now));
        assert!(!is_ours(b"key", channel, "abd", until, proof, now));
        assert!(!is_ours(b"key", "other", name, until, proof, now));
        assert!(!is_ours(b"other", channel, name, until, proof, now));
        assert!(!is_ours(b"key", channel, name, until, "", now) && !is_ours(b"key", channel, name, until, "AAAA", now));
    }
}
