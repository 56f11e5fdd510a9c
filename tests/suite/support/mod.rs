//! What every test stands on: a fresh database, a real server, people who use it, and the eyes to look at an answer.
//!
//! ```ignore
//! both![a_reply_moves_a_new_conversation_to_waiting_on_user];
//!
//! async fn a_reply_moves_a_new_conversation_to_waiting_on_user(engine: Engine) {
//!     let world = World::open(engine).await;
//!     ..
//! }
//! ```
#![allow(dead_code, reason = "each test file uses its own part of the support")]

pub mod app;
pub mod binary;
pub mod browser;
pub mod cast;
pub mod cluster;
pub mod database;
pub mod house;
pub mod live;
pub mod live_page;
pub mod page;
pub mod probe;
pub mod provider;
pub mod replayed;
pub mod star;
pub mod widget;
pub mod wire;
pub mod world;

/// Names the tests of a file. Each runs on both databases, as `sqlite::name` and `postgres::name`.
/// A test is an `async fn name(engine: Engine)`; one left out of the list is reported as never used.
macro_rules! both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { $crate::support::run(super::$name($crate::support::database::Engine::Sqlite)); })+
        }
        mod postgres {
            $(#[test] fn $name() { $crate::support::run(super::$name($crate::support::database::Engine::Postgres)); })+
        }
    };
}

/// Runs one test to its end on a runtime of its own. The time limit turns a hang into a failure with a name.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Whoever asks for every dialogue has the time for them.
    let limit = std::time::Duration::from_secs(if std::env::var_os("STAR").is_some() { 1800 } else { 300 });
    runtime.block_on(async { tokio::time::timeout(limit, test).await.expect("the test did not end within 300 s") });
}

/// The folder of this build's test files, `target/tmp`.
pub fn scratch() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
}
