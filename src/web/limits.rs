//! Limits on how often: token buckets.
//!
//! Guessing passwords is stopped without locking anybody out. Three buckets are asked before a password is looked
//! at, and an attempt that turns out right gives its token back, so only wrong guesses are counted, but a right
//! guess is refused like a wrong one once a bucket is empty (otherwise the limit would tell them apart):
//!
//! * **account and address**: five guesses, then one a minute. One machine cannot work on one account.
//! * **address**: a hundred guesses, then twenty a minute. One machine cannot try one password on many accounts;
//!   a whole office behind one address does not notice, because attempts that the first bucket stopped cost nothing.
//! * **account**: a hundred guesses from anywhere, then one every five seconds. Many machines cannot work on one account.
//!
//! A browser that has signed in to the account before carries a signed cookie that says so. It has a bucket of its
//! own in place of all three: whoever attacks the account, or shares the address, cannot keep its owner out.
//! Known and unknown accounts use the same buckets and get the same answers.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::config::limits::LIMITED_KEYS;

/// Full buckets are swept out at most this often: a sweep looks at each.
const SWEEP: Duration = Duration::from_secs(1);

/// So many at once, and one more after each pause.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    pub burst: u32,
    pub pause: Duration,
}

/// Token buckets, one for each key, that refill with time. A full bucket is forgotten. Keys are kept as hashes that
/// nobody outside can foresee, so that a long one takes no more room than a short one; there are never more than
/// [`LIMITED_KEYS`], and whoever comes when all are taken waits until one is full again.
pub struct Buckets<K> {
    rate: Rate,
    hasher: RandomState,
    spent: Mutex<Spent>,
    keys: PhantomData<fn(K)>,
}

#[derive(Default)]
struct Spent {
    full_at: HashMap<u64, Instant>,
    swept: Option<Instant>,
}

impl<K: Hash> Buckets<K> {
    pub fn new(rate: Rate) -> Buckets<K> {
        Buckets { rate, hasher: RandomState::new(), spent: Mutex::default(), keys: PhantomData }
    }

    /// Takes a token, or says after how long there will be one.
    ///
    /// A bucket is one moment: when it would be full again. Taking a token moves it one pause further away.
    pub fn take(&self, key: &K, now: Instant) -> Result<(), Duration> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let key = self.hasher.hash_one(key);
        if !spent.has_room(key, now) {
            return Err(self.rate.pause);
        }
        let full_at = spent.full_at.get(&key).copied().unwrap_or(now).max(now) + self.rate.pause;
        let allowed = now + self.rate.pause * self.rate.burst;
        if full_at > allowed {
            return Err(full_at - allowed);
        }
        spent.full_at.insert(key, full_at);
        Ok(())
    }

    /// Gives a token back: what it was taken for did not count.
    pub fn give_back(&self, key: &K) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = spent.full_at.get_mut(&self.hasher.hash_one(key)) {
            *full_at = full_at.checked_sub(self.rate.pause).unwrap_or(*full_at);
        }
    }
}

impl Spent {
    fn has_room(&mut self, key: u64, now: Instant) -> bool {
        let room = |spent: &Spent| spent.full_at.len() < LIMITED_KEYS || spent.full_at.contains_key(&key);
        let swept_long_ago = self.swept.is_none_or(|swept| now.saturating_duration_since(swept) >= SWEEP);
        if !room(self) && swept_long_ago {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.swept = Some(now);
        }
        room(self)
    }
}

/// The limits on guessing passwords; see the head of this file.
pub struct SignInLimits {
    pairs: Buckets<(String, Network)>,
    networks: Buckets<Network>,
    accounts: Buckets<String>,
    browsers: Buckets<(String, String)>,
    codes: Buckets<String>,
}

/// Who tries to sign in: the account as typed, from where, and the browser's own proof that it was here before.
pub struct Attempt {
    pub account: String,
    pub address: IpAddr,
    pub known_browser: Option<String>,
}

impl SignInLimits {
    pub fn new() -> SignInLimits {
        let rate = |burst, seconds| Rate { burst, pause: Duration::from_secs(seconds) };
        SignInLimits {
            pairs: Buckets::new(rate(5, 60)),
            networks: Buckets::new(rate(100, 3)),
            accounts: Buckets::new(rate(100, 5)),
            browsers: Buckets::new(rate(10, 30)),
            codes: Buckets::new(rate(10, 600)),
        }
    }

    /// Allows one guess, or says how long to wait. Call [`SignInLimits::succeeded`] if it was right.
    pub fn allow(&self, attempt: &Attempt, now: Instant) -> Result<(), Duration> {
        let account = fold(&attempt.account);
        if let Some(browser) = &attempt.known_browser {
            return self.browsers.take(&(account, browser.clone()), now);
        }
        let network = Network::of(attempt.address);
        let pair = (account, network);
        self.pairs.take(&pair, now)?;
        self.networks.take(&network, now).inspect_err(|_| self.pairs.give_back(&pair))?;
        self.accounts.take(&pair.0, now).inspect_err(|_| {
            self.pairs.give_back(&pair);
            self.networks.give_back(&network);
        })
    }

    /// Allows one guess at the code of the second step. There are only a million codes: whoever has the password has ten
    /// tries, then one every ten minutes, from wherever they come. Call [`SignInLimits::entered`] if it was right.
    pub fn allow_code(&self, attempt: &Attempt, now: Instant) -> Result<(), Duration> {
        self.allow(attempt, now)?;
        if attempt.known_browser.is_some() {
            return Ok(());
        }
        self.codes.take(&fold(&attempt.account), now)
    }

    /// Password and code were right: neither counts.
    pub fn entered(&self, attempt: &Attempt) {
        self.succeeded(attempt);
        self.succeeded(attempt);
        self.codes.give_back(&fold(&attempt.account));
    }

    /// Counts a guess at something else than a password, a one-time link for instance, or says how long to wait.
    pub fn allow_address(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        self.networks.take(&Network::of(address), now)
    }

    /// The guess was right: it does not count.
    pub fn succeeded(&self, attempt: &Attempt) {
        let account = fold(&attempt.account);
        if let Some(browser) = &attempt.known_browser {
            return self.browsers.give_back(&(account, browser.clone()));
        }
        let network = Network::of(attempt.address);
        self.networks.give_back(&network);
        self.accounts.give_back(&account);
        self.pairs.give_back(&(account, network));
    }
}

impl Default for SignInLimits {
    fn default() -> Self {
        SignInLimits::new()
    }
}

/// An address as limits count it: IPv4 whole, IPv6 by its /64, which is what one customer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    pub fn of(address: IpAddr) -> Network {
        match address.to_canonical() {
            IpAddr::V4(v4) => Network(v4.into()),
            IpAddr::V6(v6) => Network(IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into())),
        }
    }
}

fn fold(account: &str) -> String {
    account.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(account: &str, address: &str) -> Attempt {
        Attempt { account: account.into(), address: address.parse().unwrap(), known_browser: None }
    }

    #[test]
    fn a_bucket_gives_its_burst_then_one_each_pause() {
        let buckets = Buckets::new(Rate { burst: 2, pause: Duration::from_secs(10) });
        let now = Instant::now();
        assert_eq!(buckets.take(&1, now), Ok(()));
        assert_eq!(buckets.take(&1, now), Ok(()));
        assert_eq!(buckets.take(&1, now), Err(Duration::from_secs(10)));
        assert_eq!(buckets.take(&2, now), Ok(()));
        assert_eq!(buckets.take(&1, now + Duration::from_secs(10)), Ok(()));
        assert!(buckets.take(&1, now + Duration::from_secs(10)).is_err());
    }

    #[test]
    fn buckets_have_a_last_one_and_are_swept_once_a_second() {
        let buckets = Buckets::new(Rate { burst: 1, pause: Duration::from_millis(500) });
        let now = Instant::now();
        assert!((0..LIMITED_KEYS).all(|key| buckets.take(&key, now).is_ok()));
        let began = Instant::now();
        assert!((0..10_000).all(|key| buckets.take(&(LIMITED_KEYS + key), now).is_err()));
        assert!(began.elapsed() < Duration::from_secs(1), "each look sweeps all: {:?}", began.elapsed());
        assert_eq!(buckets.spent.lock().unwrap().full_at.len(), LIMITED_KEYS);
        assert!(buckets.take(&0, now).is_err(), "a known one is still counted");
        assert_eq!(buckets.take(&LIMITED_KEYS, now + SWEEP), Ok(()));
        assert_eq!(buckets.spent.lock().unwrap().full_at.len(), 1);
    }

    #[test]
    fn five_wrong_guesses_stop_one_address_but_nobody_else() {
        let limits = SignInLimits::new();
        let now = Instant::now();
        for _ in 0..5 {
            assert!(limits.allow(&attempt("ada@example.com", "192.0.2.1"), now).is_ok());
        }
        assert!(limits.allow(&attempt(" ADA@example.com", "192.0.2.1"), now).is_err());
        assert!(limits.allow(&attempt("ben@example.com", "192.0.2.1"), now).is_ok());
        assert!(limits.allow(&attempt("ada@example.com", "192.0.2.2"), now).is_ok());
    }

    #[test]
    fn refused_attempts_on_one_account_do_not_use_up_the_office() {
        let limits = SignInLimits::new();
        let now = Instant::now();
        for _ in 0..500 {
            let _ = limits.allow(&attempt("ada@example.com", "192.0.2.1"), now);
        }
        assert!(limits.allow(&attempt("ben@example.com", "192.0.2.1"), now).is_ok());
    }

    #[test]
    fn a_browser_known_to_the_account_is_not_kept_out_by_an_attack() {
        let limits = SignInLimits::new();
        let now = Instant::now();
        for host in 0..200 {
            let _ = limits.allow(&attempt("ada@example.com", &format!("198.51.100.{host}")), now);
        }
        assert!(limits.allow(&attempt("ada@example.com", "192.0.2.1"), now).is_err());
        let owner = Attempt { known_browser: Some("b1".into()), ..attempt("ada@example.com", "198.51.100.1") };
        assert!(limits.allow(&owner, now).is_ok());
    }

    #[test]
    fn right_guesses_never_count() {
        let limits = SignInLimits::new();
        let now = Instant::now();
        for _ in 0..1000 {
            let ada = attempt("ada@example.com", "192.0.2.1");
            assert!(limits.allow(&ada, now).is_ok());
            limits.succeeded(&ada);
        }
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let of = |address: &str| Network::of(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
