//! One server at a time on a SQLite file: a lock beside it, which the system lets go when the process ends, however it ends.

use super::{Access, Error, Target};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// Takes the lock of the file. A server must have it; a command takes it if it is free.
pub(super) fn take(target: &Target, access: Access) -> Result<Option<File>, Error> {
    let Target::Sqlite(path) = target else { return Ok(None) };
    let lock = open(path).map_err(|error| Error::Unavailable(format!("cannot open {target}: {error}")))?;
    match (lock.try_lock(), access) {
        (Ok(()), _) => Ok(Some(lock)),
        (Err(TryLockError::WouldBlock), Access::Tool) => Ok(None),
        (Err(TryLockError::WouldBlock), Access::Server) => Err(Error::Unavailable(format!(
            "another switchboard is already serving {target}; stop it first, or use PostgreSQL to run several"
        ))),
        (Err(TryLockError::Error(error)), _) => Err(Error::Unavailable(format!("cannot lock {target}: {error}"))),
    }
}

fn open(database: &Path) -> std::io::Result<File> {
    if let Some(folder) = database.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).truncate(false).write(true).open(beside(database))
}

fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_os_string();
    name.push(".lock");
    PathBuf::from(name)
}
