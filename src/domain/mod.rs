//! Floor 0: what the business says. `std` and `chrono` only; no clock, no SQL, no HTTP, no HTML.

pub mod change;
pub mod channel;
pub mod clocks;
pub mod conversation;
pub mod dependency;
pub mod due;
pub mod fact;
pub mod folded;
pub mod ids;
pub mod interaction;
pub mod message;
pub mod moment;
pub mod names;
pub mod people;
pub mod priority;
pub mod refused;
pub mod retelling;
pub mod row;
pub mod solo;
pub mod stage;
pub mod state;
pub mod tag;
pub mod view;
pub mod visitor;
pub mod wait_estimate;
pub mod words;

pub use change::Change;
pub use channel::{Channel, ChannelKind};
pub use conversation::Conversation;
pub use fact::{Fact, FactKind};
pub use ids::*;
pub use interaction::Interaction;
pub use people::{Actor, Agent, Presence, Role};
pub use refused::Refused;
pub use stage::{Action, Stage};
