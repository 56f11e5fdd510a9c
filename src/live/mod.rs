//! Floor 1b: who watches what, and how a change reaches them. Knows the domain; neither the database nor HTML.
//!
//! A push is a hint, the page is the truth: every page carries the number of the last frame it has seen, and the hub
//! sends what came since, or says "reload this part".

pub mod hub;
pub mod presence;
pub mod relay;
pub mod sightings;
pub mod topic;
pub mod update;
pub mod visitors;

pub use hub::{Ending, Hub, Push, Start, Watch};
pub use topic::{Asked, Topic};
pub use update::{Scope, Update};
pub use visitors::{Hint, Visit};
