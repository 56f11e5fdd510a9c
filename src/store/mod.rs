//! Floor 1: rows in, domain values out, on SQLite and on PostgreSQL.

pub mod agents;
pub mod archive;
mod bulk;
mod catalogue;
pub mod conn;
pub mod conversations;
pub mod db;
pub mod dialect;
pub mod drafts;
pub mod error;
pub mod facts;
pub mod health;
pub mod inbox;
pub mod interactions;
pub mod listener;
mod lockfile;
pub mod messages;
pub mod migrate;
pub mod people;
mod pool;
mod pooled;
pub mod queues;
pub mod schema;
pub mod sessions;
pub mod settings;
pub mod tokens;
pub mod transaction;
pub mod types;
mod writer;

pub use crate::config::Target;
pub use conn::Conn;
pub use db::{Access, Db};
pub use error::Error;
pub use listener::{Listener, Notice};
pub use transaction::{Committed, Tx};
pub use types::{At, D};
