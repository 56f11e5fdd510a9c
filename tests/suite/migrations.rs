//! The schema is brought up to date at every start, by whoever comes first, and a crash in the middle is survived.

use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::binary::{prints, switchboard};
use crate::support::database::{Database, Engine};

both![many_processes_may_start_at_once, a_crash_in_a_migration_is_survived];

async fn many_processes_may_start_at_once(engine: Engine) {
    let database = Database::nothing(engine);
    let all: Vec<Child> = (0..6).map(|_| migrate(&database)).collect();
    for one in all {
        let done = one.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

async fn a_crash_in_a_migration_is_survived(engine: Engine) {
    for round in 0..8 {
        let database = Database::nothing(engine);
        let mut first = migrate(&database);
        thread::sleep(Duration::from_millis(2 + 3 * round));
        first.kill().unwrap();
        first.wait().unwrap();
        prints(&database, &["migrate"]);
        let said = prints(&database, &["doctor"]);
        assert!(said.contains("up to date") && said.contains("no damage found"), "{said}");
    }
}

#[test]
fn a_new_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::nothing(Engine::Sqlite);
    prints(&database, &["migrate"]);
    assert_eq!(std::fs::metadata(database.file().unwrap()).unwrap().permissions().mode() & 0o777, 0o600);
}

fn migrate(database: &Database) -> Child {
    switchboard(&database.url, &["migrate"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}
