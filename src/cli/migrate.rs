//! `switchboard migrate`: the schema brought up to date.

use crate::config::Config;
use crate::store::{Access, Db, migrate};

pub fn run(config: &Config) -> anyhow::Result<()> {
    let (db, _) = Db::open(&config.database_url, Access::Tool)?;
    let applied = db.read(migrate::applied)?;
    println!("{} is up to date ({} migrations)", config.database_url, applied.len());
    Ok(())
}
