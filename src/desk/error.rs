//! Why a verb did nothing.

use crate::domain::Refused;
use crate::store;

/// Nothing was changed, for one of two reasons: the rules say no, or the store does.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Store(#[from] store::Error),
}
