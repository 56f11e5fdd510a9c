//! The whole suite in one binary: it links once and starts one PostgreSQL for all of its tests.
//! Most tests run twice, as `<file>::sqlite::<name>` and `<file>::postgres::<name>`; see `support::both!`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

#[macro_use]
mod support;

mod accounts;
mod api;
mod api_feed;
mod api_order;
mod api_repeats;
mod architecture;
mod around;
mod attachments;
mod backups;
#[path = "../browser/mod.rs"]
mod browser;
mod canned;
mod channels;
mod choices;
mod clock_jumps;
mod codes;
mod commands;
mod conversations;
mod corrections;
mod custom_fields;
mod databases;
mod durability;
mod forms;
mod fuzz;
mod fuzz_doors;
mod going_on;
mod hardening;
mod history;
mod holds;
mod idle;
mod intake;
mod intake_races;
mod interactions;
mod keys;
mod live;
mod live_hub;
mod logs;
mod mentions;
mod merging;
mod migrations;
mod names;
mod organizations;
mod outages;
mod outbox;
mod pages;
mod patches;
mod phone_data;
mod plans;
mod processes;
mod profiles;
mod random;
mod receipts;
mod records;
mod replies;
mod restricted;
mod routing;
mod senders;
mod sending;
mod sessions;
mod settings;
mod sign_in;
mod sorting_pages;
mod spam;
mod spam_data;
mod stage_table;
mod stages;
mod star;
mod store;
mod taken_back;
mod timelines;
mod timers;
mod twilio;
mod twilio_client;
mod undone;
mod verify;
mod views;
mod widget;
mod widget_doors;
mod widget_files;
mod writing;
