//! The record of an interaction, and records made by hand.

pub mod page;
