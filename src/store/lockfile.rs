//! One server at a time on a SQLite file: a lock beside it, which the system lets go when the process ends, however it ends.

use super::{Access, Error, Target};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Takes the lock of the file. A server must have it; a command takes it if it is free.
pub(super) fn take(target: &Target, access: Access) -> Result<Option<File>, Error> {
    let Target::Sqlite(path) = target else { return Ok(None) };
    let lock = open(path).map_err(|error| Error::Unavailable(format!("cannot open {target}: {error}")))?;
    match (try_for_a_moment(&lock, access), access) {
        (Ok(()), _) => Ok(Some(lock)),
        (Err(TryLockError::WouldBlock), Access::Tool) => Ok(None),
        (Err(TryLockError::WouldBlock), Access::Server) => Err(Error::Unavailable(format!(
            "another switchboard is already serving {target}; stop it first, or use PostgreSQL to run several"
        ))),
        (Err(TryLockError::Error(error)), _) => Err(Error::Unavailable(format!("cannot lock {target}: {error}"))),
    }
}

/// A command holds the lock for a moment, and a server that is stopping for a little longer: a server waits for them.
fn try_for_a_moment(lock: &File, access: Access) -> Result<(), TryLockError> {
    let tries = if access == Access::Server { 20 } else { 1 };
    for _ in 1..tries {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
            decided => return decided,
        }
    }
    lock.try_lock()
}

/// Makes what is not there: the folder, the lock, and the database, which only its owner may read.
fn open(database: &Path) -> std::io::Result<File> {
    if let Some(folder) = database.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut private = OpenOptions::new();
    private.create(true).append(true).mode(0o600);
    private.open(database)?;
    private.open(beside(database))
}

fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_os_string();
    name.push(".lock");
    PathBuf::from(name)
}
