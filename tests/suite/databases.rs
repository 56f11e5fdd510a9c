//! The databases that the tests themselves stand on.

use crate::support::database::Database;

both![each_test_has_a_database_of_its_own];

async fn each_test_has_a_database_of_its_own(db: Database) {
    let other = if db.is_postgres() { Database::postgres() } else { Database::sqlite() };
    assert_ne!(db.url, other.url);
}
