//! `switchboard demo`: a workspace of a made-up company, filled and alive, that is gone when it stops.

mod content;
mod fill;
mod plan;
mod plot;
mod trickle;

use super::serve::{House, told_to_stop};
use crate::clock::Clock;
use crate::config::{Config, Target};
use crate::desk::Desk;
use crate::store::{Access, Db};
use anyhow::{Context, ensure};
use clap::Args;
use content::email;
use fill::{PASSWORD, SIGN_INS, fill};
use plan::Planner;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The same stories for everybody.
const SEED: u64 = 2026;

#[derive(Args)]
pub struct Demo {
    /// Fill this empty database, and keep it; DATABASE_URL is left alone in any case
    #[arg(long, value_name = "URL")]
    into: Option<Target>,
}

impl Demo {
    pub fn run(&self, config: &Config) -> anyhow::Result<()> {
        let told_to_stop = told_to_stop()?;
        let (target, folder) = match &self.into {
            Some(target) => (target.clone(), None),
            None => {
                let folder = Folder::new()?;
                (Target::Sqlite(folder.0.join("demo.db")), Some(folder))
            }
        };
        ensure_empty(&target)?;
        let now = Clock::system().now();
        let mut planner = Planner::new(now, SEED);
        let unfinished = fill(Db::open_in_bulk(&target)?, now, &mut planner)?;

        let config = Config { database_url: target, ..config.clone() };
        let house = House::open(&config)?;
        trickle::start(house.desk.clone(), planner, unfinished)?;
        let base = config.public_url.clone().unwrap_or_else(|| format!("http://{}", house.running.addr));
        welcome(&house.desk, &base, folder.is_some())?;
        told_to_stop.recv()?;
        house.close()
    }
}

fn welcome(desk: &Desk, base: &str, throw_away: bool) -> anyhow::Result<()> {
    for key in SIGN_INS {
        let agent = desk.agent_of(&email(key))?;
        let role = agent.role.label().to_lowercase();
        println!("Sign in at {base}/sign-in as {} with {PASSWORD} ({}, {role})", agent.email, agent.name);
    }
    if throw_away {
        println!("Tillwork is made up. Ctrl-C ends it, and nothing of it stays.");
    }
    Ok(())
}

fn ensure_empty(target: &Target) -> anyhow::Result<()> {
    let (db, _) = Db::open(target, Access::Tool)?;
    let nobody = Desk::new(db, Clock::system()).directory()?.agents.is_empty();
    ensure!(nobody, "somebody works in {target} already: the demo fills only an empty database");
    Ok(())
}

/// A folder of this process's own, removed with this value.
struct Folder(PathBuf);

const PREFIX: &str = "switchboard-demo-";

impl Folder {
    fn new() -> anyhow::Result<Folder> {
        let place = std::env::temp_dir();
        sweep(&place);
        let folder = place.join(format!("{PREFIX}{}-{}", std::process::id(), getrandom::u32()?));
        let made = DirBuilder::new().mode(0o700).create(&folder);
        made.with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Folder(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a demo that was killed left behind.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()).map(str::to_owned);
        if process.is_some_and(|process| Path::new("/proc").exists() && !Path::new("/proc").join(process).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
