//! `switchboard serve`: the server, until it is told to stop.

use crate::clock::Clock;
use crate::config::Config;
use crate::desk::Desk;
use crate::store::{Access, Db};
use crate::web::server::{self, Running};
use actix_web::rt;
use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

pub fn run(config: &Config) -> anyhow::Result<()> {
    let (db, committed) = Db::open(&config.database_url, Access::Server)?;
    let desk = Desk::new(db, Clock::system());
    drop(committed);
    let running = start(&desk, config)?;
    if let Some(token) = desk.first_link()? {
        let base = config.public_url.clone().unwrap_or_else(|| format!("http://{}", running.addr));
        println!("Nobody works here yet. Make the admin at {base}/set-up/{token} (works once, for 24 hours)");
    }
    wait()?;
    tracing::info!("stopping");
    Ok(running.stop()?)
}

/// Starts the server for a desk.
pub fn start(desk: &Desk, config: &Config) -> anyhow::Result<Running> {
    server::start(desk.clone(), config).with_context(|| format!("cannot listen on {}", config.bind))
}

/// Waits for Ctrl-C, or for whoever stops services.
pub fn wait() -> std::io::Result<()> {
    rt::System::new().block_on(async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}
