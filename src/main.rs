//! The `switchboard` command.

use std::process::ExitCode;

/// SQLite's own allocations go through it, too: it takes the place of `malloc`. The system's spent an eighth of the time of
/// an inbox page on keeping its books.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    switchboard::cli::run()
}
