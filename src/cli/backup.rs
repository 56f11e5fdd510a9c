//! `switchboard backup FILE`: everything, as of one moment, in a file that either database can be filled from.

use super::progress::bar;
use crate::config::Config;
use crate::store::{Access, Db, archive};
use anyhow::{Context, ensure};
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Backup {
    /// The file to write, as backup.jsonl.gz; it must not exist
    file: PathBuf,
}

impl Backup {
    pub fn run(&self, config: &Config) -> anyhow::Result<()> {
        let file = &self.file;
        ensure!(!file.exists(), "{} exists already", file.display());
        let (db, _) = Db::open(&config.database_url, Access::Tool)?;
        // Under its own name only when it is whole.
        let mut partial = file.clone().into_os_string();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let rows = write(&db, &partial).inspect_err(|_| drop(fs::remove_file(&partial)))?;
        fs::rename(&partial, file).with_context(|| format!("cannot name {}", file.display()))?;
        println!("{rows} rows of {} are in {}", config.database_url, file.display());
        Ok(())
    }
}

/// It holds password hashes and every message: only its owner may read it.
fn write(db: &Db, file: &Path) -> anyhow::Result<u64> {
    let out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    let out = out.with_context(|| format!("cannot write {}", file.display()))?;
    let mut out = BufWriter::new(GzEncoder::new(out, Compression::fast()));
    let bar = bar("rows");
    let rows = archive::dump(db, &mut out, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    out.flush()?;
    let file: File = out.into_inner().map_err(|error| error.into_error())?.finish()?;
    file.sync_all()?;
    Ok(rows)
}
