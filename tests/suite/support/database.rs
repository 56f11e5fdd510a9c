//! A fresh, migrated database for each test, on both engines, from a template that is migrated once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use switchboard::store::Target;

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
    /// Migrated, and nobody has been there.
    pub fn empty(engine: Engine) -> Database {
        Database::copy_of(engine, "empty", &|_| ())
    }

    /// Nothing at all: not even tables, and on SQLite not even a file.
    pub fn nothing(engine: Engine) -> Database {
        match engine {
            Engine::Sqlite => Database::sqlite_file(),
            Engine::Postgres => Database::postgres_database(""),
        }
    }

    /// With the cast hired and the workspace set up; see `cast`.
    pub fn with_the_cast(engine: Engine) -> Database {
        Database::copy_of(engine, "cast", &|db| super::cast::hire(db))
    }

    /// A PostgreSQL database of another cluster, which goes with it.
    pub fn elsewhere(url: String) -> Database {
        Database { engine: Engine::Postgres, url, name: String::new(), folder: None }
    }

    /// A copy of the template of this name, which is filled the first time anybody asks for it.
    fn copy_of(engine: Engine, template: &str, fill: &dyn Fn(&Database)) -> Database {
        match engine {
            Engine::Sqlite => {
                let file = sqlite_template(template, fill);
                let db = Database::sqlite_file();
                std::fs::copy(file, db.file().unwrap()).unwrap();
                db
            }
            Engine::Postgres => {
                let template = postgres_template(template, fill);
                Database::postgres_database(&format!("TEMPLATE {template} STRATEGY FILE_COPY"))
            }
        }
    }

    fn sqlite_file() -> Database {
        let folder = tempfile::Builder::new().prefix("db-").tempdir_in(scratch()).unwrap();
        let url = format!("sqlite:{}", folder.path().join("switchboard.db").display());
        Database { engine: Engine::Sqlite, url, name: String::new(), folder: Some(folder) }
    }

    fn postgres_database(how: &str) -> Database {
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let cluster = cluster();
        cluster.batch(&format!("CREATE DATABASE {name} {how}"));
        Database { engine: Engine::Postgres, url: cluster.url(&name), name, folder: None }
    }

    /// The same, as the product names it.
    pub fn target(&self) -> Target {
        self.url.parse().unwrap()
    }

    pub fn is_postgres(&self) -> bool {
        self.engine == Engine::Postgres
    }

    /// The SQLite file; none on PostgreSQL.
    pub fn file(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("switchboard.db"))
    }

    /// Writes what the product would never write.
    pub fn damage(&self, sql: &str) {
        match self.file() {
            Some(file) => {
                let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
                let settings = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF;";
                conn.batch_execute(&format!("{settings} {sql}")).unwrap();
            }
            None => diesel::PgConnection::establish(&self.url).unwrap().batch_execute(sql).unwrap(),
        }
    }

    /// A file beside the database, for what a test writes.
    pub fn beside(&self, name: &str) -> PathBuf {
        match &self.folder {
            Some(folder) => folder.path().join(name),
            None => scratch().join(format!("{}-{}-{name}", std::process::id(), self.name)),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.name.is_empty() && !std::thread::panicking() {
            cluster().batch(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// The cluster that all tests of this process share.
fn cluster() -> MutexGuard<'static, Cluster> {
    static SHARED: OnceLock<Mutex<Cluster>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| Mutex::new(Cluster::start()));
    shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The templates made so far, by name. Held while one is made, so that each is made once.
type Made<T> = Mutex<BTreeMap<String, T>>;

/// The name of a filled PostgreSQL database that nobody holds open: only such a one can be copied.
fn postgres_template(name: &str, fill: &dyn Fn(&Database)) -> String {
    static MADE: Made<String> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let template = made.entry(name.to_owned()).or_insert_with(|| {
        let db = Database::postgres_database("");
        migrate(&db);
        fill(&db);
        let until = Instant::now() + Duration::from_secs(10);
        while sessions(&db.name) > 0 && Instant::now() < until {
            cluster().batch(&format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
                db.name
            ));
            std::thread::sleep(Duration::from_millis(5));
        }
        std::mem::ManuallyDrop::new(db).name.clone()
    });
    template.clone()
}

fn sessions(name: &str) -> i64 {
    use diesel::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let mut conn = diesel::PgConnection::establish(&cluster().url("postgres")).unwrap();
    let query = format!("SELECT count(*) AS count FROM pg_stat_activity WHERE datname = '{name}'");
    diesel::sql_query(query).get_result::<Count>(&mut conn).unwrap().count
}

/// A filled SQLite file with nothing beside it. One per process, so that two runs do not meet.
fn sqlite_template(name: &str, fill: &dyn Fn(&Database)) -> PathBuf {
    static MADE: Made<PathBuf> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let template = made.entry(name.to_owned()).or_insert_with(|| {
        sweep_old_templates();
        let db = Database::sqlite_file();
        migrate(&db);
        fill(&db);
        fold_into_one_file(&db.file().unwrap());
        let kept = scratch().join(format!("template-{}-{name}.db", std::process::id()));
        std::fs::copy(db.file().unwrap(), &kept).unwrap();
        kept
    });
    template.clone()
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
        let owner = name.strip_prefix("template-").and_then(|rest| rest.split('-').next()).map(str::to_owned);
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn migrate(db: &Database) {
    super::binary::prints(db, &["migrate"]);
}
