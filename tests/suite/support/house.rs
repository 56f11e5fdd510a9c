//! The product's server in this process, on a clock that a test may hold.

use chrono::{DateTime, Utc};
use clap::Parser;
use switchboard::clock::Clock;
use switchboard::config::Config;
use switchboard::desk::Desk;
use switchboard::store::{Access, Db};
use switchboard::web::server::{self, Running};

use super::database::Database;

/// A running server; it stops with this value.
pub struct House {
    pub base: String,
    pub desk: Desk,
    pub clock: Clock,
    _running: Running,
}

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

/// The settings of a server on a port of its own.
pub fn settings(db: &Database) -> Config {
    Settings::parse_from(["switchboard", "--database-url", &db.url, "--bind", "127.0.0.1:0"]).config
}

impl House {
    /// On the system's clock.
    pub fn open(db: &Database) -> House {
        House::at(db, Clock::system())
    }

    /// On a clock that stands at this moment: what would be due later stays undone.
    pub fn standing_at(db: &Database, moment: DateTime<Utc>) -> House {
        House::at(db, Clock::fixed(moment))
    }

    fn at(db: &Database, clock: Clock) -> House {
        let config = settings(db);
        let (db, committed) = Db::open(&config.database_url, Access::Server).unwrap();
        let desk = Desk::new(db, clock.clone());
        desk.publish_from(committed).unwrap();
        let running = server::start(desk.clone(), &config).unwrap();
        House { base: format!("http://{}", running.addr), desk, clock, _running: running }
    }
}
