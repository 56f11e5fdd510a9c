//! A PostgreSQL cluster of our own: a Unix socket in a temporary directory, no port, no fsync.
//!
//! It belongs to an `sh` that waits on our end of a pipe. However this process ends, the pipe closes, and the shell
//! stops the server and removes the directory.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// `nobody`: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65534;

const KEEPER: &str = r#"
cd "$1" || exit 1
"$2/initdb" --no-sync --no-locale --encoding=UTF8 --auth=trust --username=switchboard --pgdata=data >log 2>&1 || exit 1
start() {
  "$2/postgres" -D data -k "$1" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=400 \
    -c shared_buffers=64MB -c autovacuum=off -c logging_collector=off >>log 2>&1 </dev/null &
  server=$!
}
stop() { kill -QUIT $server; wait $server; }
start "$1" "$2"
while read -r word; do
  case $word in
    stop) stop ;;
    start) start "$1" "$2" ;;
  esac
done
stop
cd / && rm -rf "$1"
"#;

/// A running PostgreSQL server that ends with this value, or with this process.
pub struct Cluster {
    keeper: Child,
    dir: PathBuf,
}

impl Cluster {
    pub fn start() -> Cluster {
        let programs = programs();
        let dir = tempfile::Builder::new().prefix("switchboard-pg-").tempdir_in(place()).unwrap().keep();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "sh"]).arg(&dir).arg(programs).process_group(0);
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        if we_are_root() {
            std::os::unix::fs::chown(&dir, Some(NOBODY), Some(NOBODY)).unwrap();
            keeper.uid(NOBODY).gid(NOBODY);
        }
        let mut cluster = Cluster { keeper: keeper.spawn().unwrap(), dir };
        cluster.wait_until_up();
        cluster
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=switchboard", self.dir.display())
    }

    /// Stops the server at once, as a crash of its machine would.
    pub fn stop(&mut self) {
        self.say("stop");
        let until = Instant::now() + Duration::from_secs(20);
        while self.dir.join("data/postmaster.pid").exists() && self.try_connect().is_ok() {
            assert!(Instant::now() < until, "PostgreSQL did not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts it again after `stop`.
    pub fn start_again(&mut self) {
        self.say("start");
        self.wait_until_up();
    }

    /// Runs statements in the maintenance database.
    pub fn batch(&self, sql: &str) {
        let mut conn = self.try_connect().unwrap();
        conn.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    fn say(&mut self, word: &str) {
        writeln!(self.keeper.stdin.as_mut().unwrap(), "{word}").unwrap();
    }

    fn try_connect(&self) -> diesel::ConnectionResult<PgConnection> {
        PgConnection::establish(&self.url("postgres"))
    }

    fn wait_until_up(&mut self) {
        let until = Instant::now() + Duration::from_secs(60);
        while let Err(error) = self.try_connect() {
            let gone = self.keeper.try_wait().unwrap().is_some();
            if gone || Instant::now() > until {
                let log = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
                panic!("PostgreSQL did not start: {error}\n{log}");
            }
            std::thread::sleep(Duration::from_millis(15));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// In memory where there is room for it: a database of its own for each test is hundreds of files made and removed.
fn place() -> PathBuf {
    const ROOM: u64 = 2048;
    let memory = PathBuf::from("/dev/shm");
    let free = Command::new("df").args(["--output=avail", "-BM"]).arg(&memory).stderr(Stdio::null()).output();
    let free = free.ok().and_then(|told| String::from_utf8(told.stdout).ok());
    let free = free.and_then(|told| told.lines().last()?.trim().trim_end_matches('M').parse::<u64>().ok());
    if free.is_some_and(|free| free >= ROOM) { memory } else { std::env::temp_dir() }
}

fn we_are_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|us| us.uid() == 0)
}

/// The directory of initdb and postgres. A machine without them fails the suite: half a suite is no answer.
fn programs() -> PathBuf {
    let named = std::env::var_os("PG_BIN").map(PathBuf::from);
    let mut found: Vec<PathBuf> = named.into_iter().collect();
    if found.is_empty() {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        found = versions.map(|version| version.path().join("bin")).collect();
        found.sort();
    }
    found.into_iter().rev().find(|dir| dir.join("initdb").exists()).expect(
        "PostgreSQL is missing: the suite runs on both databases. Install it (`apt-get install postgresql`), \
         or name the directory of initdb in PG_BIN.",
    )
}
