//! Sorting of what begins: is it valid, and who gets it.

pub mod folding;
mod lessons;
mod placing;
pub mod rulebook;
mod spam_check;

pub(super) use lessons::judged;
pub(super) use placing::{Router, Text};
