//! Floor 2b: ways in and out, a folder each. They call the desk and nothing deeper.

pub mod outgoing;
pub mod sender;
pub mod sms;
pub mod widget;
