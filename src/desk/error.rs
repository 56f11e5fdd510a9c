//! Why a verb did not happen.

use super::Done;
use crate::domain::Refused;
use crate::store;

/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The business says no.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// Not there, or not for these eyes.
    #[error("not found")]
    NotFound,
    /// A colleague answered what the writer of this reply had not seen yet.
    #[error("{author} has just replied. Your draft is kept.")]
    Newer { author: String },
    /// The database.
    #[error(transparent)]
    Store(store::Error),
}

/// Both, or everything that is refused of either.
pub(super) fn both<A, B>(one: Done<A>, other: Done<B>) -> Done<(A, B)> {
    match (one, other) {
        (Err(Error::Refused(one)), Err(Error::Refused(other))) => Ok(Refused::both(Err(one), Err(other))?),
        (one, other) => Ok((one?, other?)),
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Error::NotFound,
            store::Error::Stale => Error::Refused(Refused::Stale),
            error => Error::Store(error),
        }
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        store::Error::from(error).into()
    }
}
