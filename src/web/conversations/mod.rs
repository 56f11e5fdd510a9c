//! A conversation: its thread, its composer, and the forms of its verbs.

pub mod forms;
pub mod page;
