//! `switchboard restore FILE`: a new database, filled from a backup of either kind.

use super::progress::bar;
use crate::config::Config;
use crate::store::archive;
use anyhow::Context;
use clap::Args;
use flate2::bufread::GzDecoder;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

#[derive(Args)]
pub struct Restore {
    /// A file that `switchboard backup` made
    file: PathBuf,
}

impl Restore {
    pub fn run(&self, config: &Config) -> anyhow::Result<()> {
        let file = File::open(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let mut lines = BufReader::new(GzDecoder::new(BufReader::new(file)));
        let bar = bar("rows");
        let rows = archive::load(&config.database_url, &mut lines, &mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        println!("{} rows of {} are in {}", rows?, self.file.display(), config.database_url);
        Ok(())
    }
}
