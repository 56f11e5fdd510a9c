//! The archive of a backup: one format for both databases, so that a backup also moves a workspace from one to the other.
//!
//! Lines of JSON, compressed: a heading; for each table its name and columns, then a line for each row; at the end the
//! number of rows. A value is null, a number or a text: moments are microseconds since 1970, flags 0 or 1, bytes in hex.
//! The rows are written and read by the databases' own JSON functions and pass through here untouched.

mod dump;
mod load;
mod sql;

pub use dump::dump;
pub use load::load;

use serde::{Deserialize, Serialize};

/// The format written here.
const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Heading {
    /// The version that wrote it.
    switchboard: String,
    format: u32,
    /// The schema's steps that were done.
    migrations: Vec<String>,
    rows: u64,
}

/// The line above the rows of a table.
#[derive(Debug, Serialize, Deserialize)]
struct Section {
    table: String,
    columns: Vec<String>,
    /// The last number given out, where the database numbers the rows.
    last: Option<i64>,
}

/// The last line: an archive without it is not whole.
#[derive(Debug, Serialize, Deserialize)]
struct Ending {
    end: u64,
}

/// Hears how far it is: rows done, rows in all.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);
