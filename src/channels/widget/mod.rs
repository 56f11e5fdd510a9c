//! The chat widget: how its visitors are known.
//!
//! Whoever says nothing of themselves is given a random secret, which only its hash is kept of. A site that knows its
//! visitors signs who they are with the secret of the channel. Nothing that is not signed is believed.

mod identity;
pub mod link;
mod secret;

pub use identity::{Identified, Unproven, identified};
pub use secret::{hash_of, issue};
