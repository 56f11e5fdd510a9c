//! The databases that the tests themselves stand on.

use crate::support::database::{Database, Engine};

both![each_test_has_a_database_of_its_own];

async fn each_test_has_a_database_of_its_own(engine: Engine) {
    assert_ne!(Database::empty(engine).url, Database::empty(engine).url);
}
