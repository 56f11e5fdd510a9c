//! What can go wrong between us and the database.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// Errors of the store, told apart by what the caller can do about them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such row.
    #[error("not found")]
    NotFound,
    /// The row has changed since it was read.
    #[error("changed by someone else in the meantime")]
    Stale,
    /// A row that makes no sense to the domain.
    #[error("the database holds something unreadable: {0}")]
    Corrupt(String),
    /// The database cannot be used right now: away, full, locked. Trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Anything else the database said.
    #[error("database: {0}")]
    Database(Diesel),
}

impl Error {
    /// Whether a row with the same unique key is there already.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Error::Database(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// Whether other rows refer to the one that was to go.
    pub fn is_reference(&self) -> bool {
        matches!(self, Error::Database(Diesel::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)))
    }

    /// Away, in the words of whoever noticed, on one line.
    pub(super) fn unavailable(reason: impl ToString) -> Self {
        let reason = reason.to_string();
        let lines: Vec<&str> = reason.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Error::Unavailable(lines.join(" "))
    }

    pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Self {
        let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let message = format!("a transaction panicked: {}", said.unwrap_or("without a word"));
        Error::Database(Diesel::QueryBuilderError(message.into()))
    }
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::NotFound => Error::NotFound,
            error if is_outage(&error) => Error::unavailable(error),
            error => Error::Database(error),
        }
    }
}

impl From<diesel::r2d2::Error> for Error {
    fn from(error: diesel::r2d2::Error) -> Self {
        Error::unavailable(error)
    }
}

/// Away, full, locked, or not to be written to.
fn is_outage(error: &Diesel) -> bool {
    use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand};
    match error {
        Diesel::DatabaseError(
            ClosedConnection | ReadOnlyTransaction | SerializationFailure | UnableToSendCommand,
            _,
        ) => true,
        Diesel::DatabaseError(_, details) => OUTAGES.iter().any(|said| details.message().contains(said)),
        Diesel::RollbackErrorOnCommit { commit_error, .. } => is_outage(commit_error),
        Diesel::BrokenTransactionManager => true,
        _ => false,
    }
}

/// How the two databases say it, where they have no code for it that reaches us.
const OUTAGES: [&str; 14] = [
    "database or disk is full",
    "database is locked",
    "database table is locked",
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
    "No space left on device",
    "deadlock detected",
    "could not extend file",
    "due to statement timeout",
    "due to lock timeout",
    "terminating connection",
    "server closed the connection",
    "remaining connection slots are reserved",
];
