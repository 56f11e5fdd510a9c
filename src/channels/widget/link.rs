//! The address of a file in a visitor's thread. A picture comes without the secret that a script sends along, so its address
//! carries a seal: for this visitor, this file, and a day or two.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::domain::ProfileId;

/// Bytes of the seal.
const SEAL: usize = 16;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// The day of a moment.
pub fn day(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(DAY)
}

/// Seals a file for a visitor on a day.
pub fn seal(house: &[u8], channel: &str, profile: ProfileId, file: &str, day: i64) -> Option<String> {
    let seal = mac(house, channel, profile, file, day)?.finalize().into_bytes();
    Some(URL_SAFE_NO_PAD.encode(seal.get(..SEAL)?))
}

/// Whether a seal is ours, of today or of yesterday.
pub fn opens(
    house: &[u8],
    channel: &str,
    (profile, file): (ProfileId, &str),
    (day, seal): (i64, &str),
    now: DateTime<Utc>,
) -> bool {
    let today = self::day(now);
    let fresh = day == today || day == today - 1;
    let Some(mac) = mac(house, channel, profile, file, day) else { return false };
    let seal = URL_SAFE_NO_PAD.decode(seal).unwrap_or_default();
    fresh && seal.len() == SEAL && mac.verify_truncated_left(&seal).is_ok()
}

fn mac(house: &[u8], channel: &str, profile: ProfileId, file: &str, day: i64) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(house).ok()?;
    mac.update(format!("file:{channel}:{profile}:{day}:{file}").as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_one_file_for_one_visitor_for_a_day_or_two() {
        let now = DateTime::from_timestamp(1_763_600_000, 0).unwrap();
        let (me, today) = (ProfileId(7), day(now));
        let seal = seal(b"house", "site", me, "a", today).unwrap();
        let opened = |channel: &str, profile, file, day, at| {
            opens(b"house", channel, (ProfileId(profile), file), (day, seal.as_str()), at)
        };
        assert!(opened("site", 7, "a", today, now));
        assert!(opened("site", 7, "a", today, now + chrono::TimeDelta::days(1)));
        assert!(!opened("site", 7, "a", today, now + chrono::TimeDelta::days(2)));
        assert!(!opened("site", 7, "a", today + 1, now + chrono::TimeDelta::days(1)));
        assert!(!opened("site", 8, "a", today, now) && !opened("other", 7, "a", today, now));
        assert!(!opened("site", 7, "b", today, now));
        assert!(!opens(b"house", "site", (me, "a"), (today, ""), now));
        assert!(!opens(b"other", "site", (me, "a"), (today, seal.as_str()), now));
    }
}
