//! Names and titles that were written before they had the form in which they are looked for.

use diesel::prelude::*;

use super::schema::{contacts, conversations, organizations};
use super::{Conn, Error};
use crate::domain::folded::folded;

/// Rows that are written before the next are read.
const BITE: i64 = 1_000;

/// Writes the form that is missing: once after the step that added it, and where an older version has written since.
pub(super) fn fill(conn: &mut Conn) -> Result<(), Error> {
    macro_rules! fill {
        ($($table:ident: $name:ident -> $form:ident),+ $(,)?) => {
            $(loop {
                let missing = $table::table.filter($table::$form.is_null()).limit(BITE);
                let rows: Vec<(i64, String)> = missing.select(($table::id, $table::$name)).load(conn)?;
                if rows.is_empty() {
                    break;
                }
                conn.transaction(|conn| {
                    rows.iter().try_for_each(|(id, name)| {
                        let form = $table::$form.eq(folded(name));
                        diesel::update($table::table.find(*id)).set(form).execute(conn).map(drop)
                    })
                })?;
            })+
        };
    }
    fill!(contacts: name -> folded, organizations: name -> folded, conversations: title -> title_folded);
    Ok(())
}
