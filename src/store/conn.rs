//! One connection type over the two databases.

use diesel::{PgConnection, SqliteConnection};

/// A connection to whichever database this process was started on.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

/// The same expression compiled for each database, for what the common dialect lacks: upserts, batch inserts, unions.
#[macro_export]
macro_rules! native {
    ($conn:expr, |$c:ident| $e:expr) => {
        match $conn {
            $crate::store::Conn::Pg($c) => $e,
            $crate::store::Conn::Sqlite($c) => $e,
        }
    };
}
pub use crate::native;
