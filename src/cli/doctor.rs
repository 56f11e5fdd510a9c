//! `switchboard doctor`: settings, database, disk; a line for each, and what to do about it.

use crate::config::{Config, Target};
use crate::store::health::{Health, examine};
use anyhow::ensure;
use std::path::Path;

/// What remains on the disk should hold the database a second time, and not less than this.
const ROOM: u64 = 512 * 1024 * 1024;

enum Finding {
    Good(String),
    /// Works, but see to it.
    Note(String),
    Bad(String),
}
use Finding::{Bad, Good, Note};

pub fn run(config: &Config) -> anyhow::Result<()> {
    let mut findings = settings(config);
    findings.extend(database(&config.database_url));
    for finding in &findings {
        match finding {
            Good(said) => println!("good  {said}"),
            Note(said) => println!("note  {said}"),
            Bad(said) => println!("BAD   {said}"),
        }
    }
    let bad = findings.iter().filter(|finding| matches!(finding, Bad(_))).count();
    ensure!(bad == 0, "{bad} of {} things are not in order", findings.len());
    Ok(())
}

fn settings(config: &Config) -> Vec<Finding> {
    let address = match &config.public_url {
        None => Note(format!("no SWITCHBOARD_PUBLIC_URL: links and cookies are made for http://{}", config.bind)),
        Some(url) if url.starts_with("http://") => {
            Note(format!("{url} is not encrypted: put a proxy with https before it"))
        }
        Some(url) => Good(format!("people reach it at {url}")),
    };
    let proxies = match (config.is_secure(), config.trusted_proxies.is_empty()) {
        (true, true) => {
            Note("no SWITCHBOARD_TRUSTED_PROXIES: behind a proxy everybody seems to come from one address".to_string())
        }
        (_, empty) => Good(if empty { "no proxies are trusted" } else { "proxies are named" }.to_string()),
    };
    vec![address, proxies]
}

fn database(target: &Target) -> Vec<Finding> {
    if let Target::Sqlite(path) = target
        && !path.exists()
    {
        return vec![Note(format!("there is no {target} yet: the first start makes it")), room(path, 0)];
    }
    match examine(target) {
        Err(error) => vec![Bad(format!("{target}: {error}"))],
        Ok(health) => {
            let mut findings = vec![Good(format!("{target} is {}, {}", health.version, size(health.bytes)))];
            findings.push(schema(&health));
            findings.push(match health.damage.len() {
                0 => Good("no damage found".to_string()),
                n => Bad(format!("{n} places are damaged: {}; restore a backup", health.damage.join("; "))),
            });
            if let Target::Sqlite(path) = target {
                findings.push(room(path, health.bytes));
            }
            findings
        }
    }
}

fn schema(health: &Health) -> Finding {
    match (health.applied.len(), health.pending.len()) {
        (0, _) => Note("it is empty: the first start makes the tables".to_string()),
        (done, 0) => Good(format!("the schema is up to date ({done} migrations)")),
        (_, open) => Note(format!("{open} migrations are pending: the next start runs them; make a backup before")),
    }
}

fn room(database: &Path, bytes: u64) -> Finding {
    let exists = database.ancestors().skip(1).find(|folder| folder.exists() && !folder.as_os_str().is_empty());
    let folder = exists.unwrap_or(Path::new("."));
    match rustix::fs::statvfs(folder) {
        Err(error) => Bad(format!("{}: {error}", folder.display())),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let said = format!("{} free in {}", size(free), folder.display());
            if free < bytes.max(ROOM) { Bad(said) } else { Good(said) }
        }
    }
}

fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
