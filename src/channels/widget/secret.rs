//! The secret of an anonymous visitor: 192 random bits, and a seal that shows that the house has made it for this channel.
//!
//! The seal lets a page have its secret before anything is stored: a first message that is sent twice, because its answer
//! was lost, comes from one visitor. And nobody can bring a secret of their own making.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Random bytes, and bytes of the seal.
const RANDOM: usize = 24;
const SEAL: usize = 16;

/// A new secret for a channel; None where the machine has no randomness.
pub fn issue(house: &[u8], channel: &str) -> Option<String> {
    let mut random = [0; RANDOM];
    getrandom::fill(&mut random).ok()?;
    let seal = mac(house, channel, &random)?.finalize().into_bytes();
    let bytes: Vec<u8> = random.into_iter().chain(seal.into_iter().take(SEAL)).collect();
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a secret; None if it is not one of ours for this channel.
pub fn hash_of(house: &[u8], channel: &str, secret: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(secret).ok()?;
    let (random, seal) = bytes.split_at_checked(RANDOM)?;
    let sealed = seal.len() == SEAL && mac(house, channel, random)?.verify_truncated_left(seal).is_ok();
    sealed.then(|| hex::encode(Sha256::digest(random)))
}

fn mac(house: &[u8], channel: &str, random: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(house).ok()?;
    mac.update(b"visitor:");
    mac.update(channel.as_bytes());
    mac.update(b":");
    mac.update(random);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_counts_for_the_house_and_the_channel_it_was_made_for() {
        let secret = issue(b"house", "a").unwrap();
        assert!(hash_of(b"house", "a", &secret).is_some());
        assert_ne!(secret, issue(b"house", "a").unwrap());
        assert_eq!(hash_of(b"house", "b", &secret), None);
        assert_eq!(hash_of(b"other", "a", &secret), None);
        let mut turned = secret.clone().into_bytes();
        turned[3] ^= 1;
        for wrong in ["", "x", &secret[..40], &String::from_utf8(turned).unwrap(), &URL_SAFE_NO_PAD.encode([0; 24])] {
            assert_eq!(hash_of(b"house", "a", wrong), None, "{wrong}");
        }
    }
}
