//! A list of ids as a condition that stays prepared. Diesel writes the length of a list into the statement on SQLite, and so
//! has it planned anew every time; for the rows of a list that was a tenth of the cost of the page.

use diesel::QueryResult;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Text};
use diesel::sqlite::Sqlite;

/// Whether a column is one of these ids: for queries under [`super::conn::native`].
#[derive(Debug, Clone)]
pub struct Among<C> {
    column: C,
    ids: Vec<i64>,
    /// The same as JSON, for SQLite.
    listed: String,
}

/// `among(table::id, &ids)`, where diesel has `table::id.eq_any(&ids)`.
pub fn among<C>(column: C, ids: &[i64]) -> Among<C> {
    let listed: Vec<String> = ids.iter().map(i64::to_string).collect();
    Among { column, ids: ids.to_vec(), listed: format!("[{}]", listed.join(",")) }
}

impl<C> Expression for Among<C> {
    type SqlType = Bool;
}

impl<C: AppearsOnTable<S>, S> AppearsOnTable<S> for Among<C> {}

impl<C: SelectableExpression<S>, S> SelectableExpression<S> for Among<C> {}

impl<C: ValidGrouping<G>, G> ValidGrouping<G> for Among<C> {
    type IsAggregate = C::IsAggregate;
}

impl<C: QueryId> QueryId for Among<C> {
    type QueryId = Among<C::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = C::HAS_STATIC_QUERY_ID;
}

impl<C: QueryFragment<Pg>> QueryFragment<Pg> for Among<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" = ANY(");
        out.push_bind_param::<Array<BigInt>, _>(&self.ids)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<C: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Among<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" IN (SELECT value FROM json_each(");
        out.push_bind_param::<Text, _>(&self.listed)?;
        out.push_sql("))");
        Ok(())
    }
}

/// A query under the condition that a column is one of these ids; of one id, which is the usual case, it stays prepared.
macro_rules! of_ids {
    ($column:expr, $ids:expr, |$condition:ident| $load:expr) => {
        match $ids {
            [one] => {
                let $condition = $column.eq(*one);
                $load
            }
            all => {
                let $condition = $column.eq_any(all);
                $load
            }
        }
    };
}
pub(super) use of_ids;
