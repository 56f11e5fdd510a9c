//! Updates that stay prepared. Diesel puts an update of its own together, and has it planned anew, every time; for the
//! two rows that every change writes, that was half of the cost of the change.

/// Makes the update of a row under its version: `UPDATE table SET every column WHERE id = .. AND version = ..`. The row
/// is a struct whose fields are named like the columns.
macro_rules! update_under_version {
    ($(#[$doc:meta])* $name:ident of $row:ty, $table:ident: $first:ident, $($column:ident),+ $(,)?) => {
        $(#[$doc])*
        pub(in crate::store) struct $name<'a> {
            pub(in crate::store) row: &'a $row,
            pub(in crate::store) id: i64,
            pub(in crate::store) version: i64,
        }

        impl diesel::query_builder::QueryId for $name<'_> {
            type QueryId = $name<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl<C> diesel::RunQueryDsl<C> for $name<'_> {}

        $crate::store::prepared::update_under_version!(@ diesel::pg::Pg, $name, $table: $first, $($column),+);
        $crate::store::prepared::update_under_version!(@ diesel::sqlite::Sqlite, $name, $table: $first, $($column),+);
    };
    (@ $backend:ty, $name:ident, $table:ident: $first:ident, $($column:ident),+) => {
        impl diesel::query_builder::QueryFragment<$backend> for $name<'_> {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, $backend>,
            ) -> diesel::QueryResult<()> {
                use diesel::dsl::SqlTypeOf;
                out.push_sql(concat!("UPDATE ", stringify!($table), " SET ", stringify!($first), " = "));
                out.push_bind_param::<SqlTypeOf<$table::$first>, _>(&self.row.$first)?;
                $(
                    out.push_sql(concat!(", ", stringify!($column), " = "));
                    out.push_bind_param::<SqlTypeOf<$table::$column>, _>(&self.row.$column)?;
                )+
                out.push_sql(" WHERE id = ");
                out.push_bind_param::<diesel::sql_types::BigInt, _>(&self.id)?;
                out.push_sql(" AND version = ");
                out.push_bind_param::<diesel::sql_types::BigInt, _>(&self.version)
            }
        }
    };
}
pub(super) use update_under_version;
