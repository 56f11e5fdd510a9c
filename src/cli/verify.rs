//! `switchboard verify`: whether what is stored is what the facts say; changes nothing, also while a server runs.

use super::progress::bar;
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::verify::{Finding, Watcher};
use crate::store::{Access, Db};
use anyhow::ensure;
use indicatif::ProgressBar;

struct Report {
    bar: ProgressBar,
    findings: u64,
}

impl Watcher for Report {
    fn found(&mut self, Finding { record, what }: Finding) {
        self.findings += 1;
        self.bar.suspend(|| println!("{record}: {what}"));
    }

    fn looked_at(&mut self, done: i64, of: i64) {
        self.bar.set_length(u64::try_from(of).unwrap_or_default());
        self.bar.set_position(u64::try_from(done).unwrap_or_default());
    }
}

pub fn run(config: &Config) -> anyhow::Result<()> {
    let (db, _) = Db::open(&config.database_url, Access::Tool)?;
    let mut report = Report { bar: bar("records"), findings: 0 };
    let looked_at = Desk::new(db, Clock::system()).verify(&mut report);
    report.bar.finish_and_clear();
    let (records, findings) = (looked_at?, report.findings);
    ensure!(findings == 0, "{findings} things in {records} records are not what the facts say");
    println!("{records} records are what their facts say");
    Ok(())
}
