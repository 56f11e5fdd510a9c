//! How often visitors may ask and write. The address is the peer's own; a whole office behind one may chat at once.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;

use crate::desk::visitors::{Visitor, Who};
use crate::web::limits::{Buckets, Network, Rate};
use crate::web::{Error, Problem};

/// Token buckets of the widget.
pub struct VisitorLimits {
    visitors: Buckets<(i64, String)>,
    addresses: Buckets<Network>,
    newcomers: Buckets<Network>,
    looks: Buckets<Network>,
    files: Buckets<Network>,
}

impl VisitorLimits {
    pub fn new() -> VisitorLimits {
        let rate = |burst, millis| Rate { burst, pause: Duration::from_millis(millis) };
        VisitorLimits {
            visitors: Buckets::new(rate(60, 1000)),
            addresses: Buckets::new(rate(600, 100)),
            newcomers: Buckets::new(rate(300, 1000)),
            looks: Buckets::new(rate(1200, 50)),
            files: Buckets::new(rate(200, 30_000)),
        }
    }

    /// Allows a look.
    pub fn look(&self, address: IpAddr) -> Result<(), Error> {
        self.looks.take(&Network::of(address), Instant::now()).map_err(too_often)
    }

    /// Allows a message, or another act of a visitor.
    pub fn act(&self, visitor: &Visitor, address: IpAddr) -> Result<(), Error> {
        let (network, now, key) = (Network::of(address), Instant::now(), key(visitor));
        self.visitors.take(&key, now).map_err(too_often)?;
        let allowed = self.addresses.take(&network, now);
        allowed.inspect_err(|_| self.visitors.give_back(&key)).map_err(too_often)
    }

    /// Allows so many files: whoever is new each time is counted by their address.
    pub fn bring(&self, files: usize, address: IpAddr) -> Result<(), Error> {
        let (network, now) = (Network::of(address), Instant::now());
        (0..files).try_for_each(|_| self.files.take(&network, now)).map_err(too_often)
    }

    /// What was said before and came again does not count.
    pub fn give_back(&self, visitor: &Visitor, address: IpAddr) {
        self.visitors.give_back(&key(visitor));
        self.addresses.give_back(&Network::of(address));
    }

    /// Allows somebody new to be given a secret.
    pub fn come(&self, address: IpAddr) -> Result<(), Error> {
        self.newcomers.take(&Network::of(address), Instant::now()).map_err(too_often)
    }
}

impl Default for VisitorLimits {
    fn default() -> Self {
        VisitorLimits::new()
    }
}

fn key(visitor: &Visitor) -> (i64, String) {
    let who = match &visitor.who {
        Who::Holder(hash) => hash.clone(),
        Who::Named(identifier) => format!("named {identifier}"),
    };
    (visitor.channel.id.0, who)
}

fn too_often(wait: Duration) -> Error {
    let sentence = "This is faster than we can read. Wait a moment; what you wrote is kept.";
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_often", sentence);
    Error::Told(Box::new(Problem { wait: Some(wait), ..problem }))
}
