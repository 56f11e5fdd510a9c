//! People who ask.

pub mod page;
