//! `switchboard replay FILE`: what happened elsewhere, as if it had happened here.

use super::progress::bar;
use crate::config::Config;
use crate::desk::replay::{Outcome, Replay as Desk};
use crate::store::Db;
use anyhow::{Context, bail};
use clap::Args;
use indicatif::ProgressBar;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct Replay {
    /// Lines of JSON in order of time; - reads standard input
    file: PathBuf,
}

/// What was done is durable this often; a server on the same SQLite file waits for no longer than this.
const COMMIT: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Tally {
    done: u64,
    bad: u64,
    skipped: u64,
}

impl Replay {
    pub fn run(&self, config: &Config) -> anyhow::Result<()> {
        let (lines, number) = open(&self.file)?;
        let bar = bar("lines");
        bar.set_length(number);
        let mut desk = Desk::onto(Db::open_in_bulk(&config.database_url)?);
        let tally = replay(&mut desk, lines, &bar);
        bar.finish_and_clear();
        let tally = tally?;
        let Tally { done, bad, skipped } = tally;
        if bad > 0 {
            bail!("{done} lines were replayed, {bad} were bad and {skipped} after them were skipped");
        }
        println!("{done} lines were replayed");
        Ok(())
    }
}

fn replay(desk: &mut Desk, lines: Box<dyn BufRead>, bar: &ProgressBar) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut committed = Instant::now();
    for (number, line) in (1u64..).zip(lines.lines()) {
        let line = line.with_context(|| format!("line {number} cannot be read"))?;
        bar.inc(1);
        if line.trim().is_empty() {
            continue;
        }
        match desk.read(&line).with_context(|| format!("stopped at line {number}"))? {
            Outcome::Done => tally.done += 1,
            Outcome::Skipped => tally.skipped += 1,
            Outcome::Bad(reason) => {
                tally.bad += 1;
                bar.suspend(|| eprintln!("line {number}: {reason}"));
            }
        }
        if committed.elapsed() > COMMIT {
            desk.commit().with_context(|| format!("stopped at line {number}"))?;
            committed = Instant::now();
        }
    }
    desk.commit()?;
    Ok(tally)
}

/// The lines, and how many there are if that can be known.
fn open(file: &Path) -> anyhow::Result<(Box<dyn BufRead>, u64)> {
    if file == Path::new("-") {
        return Ok((Box::new(BufReader::new(std::io::stdin())), 0));
    }
    let read = || File::open(file).map(BufReader::new).with_context(|| format!("cannot read {}", file.display()));
    let number = read()?.split(b'\n').take_while(Result::is_ok).count();
    Ok((Box::new(read()?), u64::try_from(number)?))
}
