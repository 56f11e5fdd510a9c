//! Floor 2: what people do. One verb is one method and one transaction; what it announced is published after the commit.

mod error;
pub mod sign_in;

pub use error::Error;

use crate::clock::Clock;
use crate::live::Hub;
use crate::store::Db;

/// Everything a verb needs. Blocks: a server calls it off its own threads. Clones share what is behind.
#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub clock: Clock,
    pub hub: Hub,
}

impl Desk {
    /// A desk on an open database, with a hub of the database's node.
    pub fn new(db: Db, clock: Clock) -> Desk {
        let hub = Hub::new(db.node());
        Desk { db, clock, hub }
    }
}
