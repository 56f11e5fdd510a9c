//! Switchboard: one live inbox for every customer contact.
//!
//! THE MAP. A floor uses the floors below it and never one above; the same noun has a file on every floor.
//!
//! ```text
//!   cli  web        what is started; pages, forms, the JSON twin, the socket
//!        channels   SMS, the widget, the API: they speak to desk::intake and the outbox
//!        desk       what people do: one verb = one transaction = one publish
//!   store  live     rows in, domain values out · who is watching what
//!        domain     the rules: stages, clocks, changes. No database, no HTTP, no clock
//!
//!   config  clock   leaves: settings and the time, for everybody
//! ```
#![forbid(unsafe_code)]

pub mod channels;
pub mod cli;
pub mod clock;
pub mod config;
pub mod desk;
pub mod domain;
pub mod live;
pub mod store;
pub mod web;
