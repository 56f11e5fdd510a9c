//! Secrets that others gave us, at rest: sealed with the key of the house, each to its place, so that a copy of the
//! database opens nothing where the key stands in the settings.

use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use super::{Desk, Done, Error};
use crate::config::Secret;
use crate::store;

/// Bytes of the random part in front.
const NONCE: usize = 24;

/// The key that seals, once the server knows it.
#[derive(Clone, Default)]
pub(super) struct Keyring(Arc<OnceLock<[u8; 32]>>);

impl Keyring {
    /// Remembers the key of the house.
    pub fn know(&self, key: &[u8]) {
        self.0.get_or_init(|| sealing_key(key));
    }
}

impl Desk {
    /// Seals a text to a place ("channel sms auth_token"): elsewhere it does not open.
    pub(super) fn seal(&self, text: &str, place: &str) -> Done<String> {
        let broken = || Error::Store(store::Error::Unavailable("no randomness".to_owned()));
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| broken())?;
        let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
        let sealed = self.sealing()?.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| broken())?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// What was sealed to a place; none if it was sealed elsewhere or with another key.
    pub(super) fn unseal(&self, sealed: &str, place: &str) -> Done<Option<Secret>> {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(sealed) else { return Ok(None) };
        let Some((nonce, sealed)) = bytes.split_at_checked(NONCE) else { return Ok(None) };
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let opened = self.sealing()?.decrypt(XNonce::from_slice(nonce), payload).ok();
        Ok(opened.and_then(|bytes| String::from_utf8(bytes).ok()).map(Secret::new))
    }

    fn sealing(&self) -> Done<XChaCha20Poly1305> {
        let key = match self.keyring.0.get() {
            Some(key) => *key,
            None => sealing_key(&self.key(None)?),
        };
        Ok(XChaCha20Poly1305::new(&key.into()))
    }
}

fn sealing_key(key: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(b"seal:").chain_update(key).finalize().into()
}
