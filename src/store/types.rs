//! Two column types that each database keeps in its own way: moments and documents.

use super::Error;
use super::conn::MultiBackend;
use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, HasSqlType, Jsonb, SqlOrd, SqlType, Text, Timestamptz};
use diesel::sqlite::Sqlite;
use std::fmt::Display;
use std::str::FromStr;

/// A moment: `timestamptz` on PostgreSQL, microseconds since 1970 in an INTEGER on SQLite.
#[derive(SqlType, QueryId, Clone, Copy)]
#[diesel(postgres_type(name = "timestamptz"), sqlite_type(name = "Long"))]
pub struct Instant;

impl SqlOrd for Instant {}

/// A moment as a value of [`Instant`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub struct At(pub DateTime<Utc>);

/// A document: `jsonb` on PostgreSQL, TEXT on SQLite.
#[derive(SqlType, QueryId, Clone, Copy)]
#[diesel(postgres_type(name = "jsonb"), sqlite_type(name = "Text"))]
pub struct Doc;

/// A document as a value of [`Doc`].
#[derive(Debug, Clone, PartialEq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Doc)]
pub struct D(pub serde_json::Value);

impl From<DateTime<Utc>> for At {
    fn from(at: DateTime<Utc>) -> Self {
        At(at)
    }
}

impl From<At> for DateTime<Utc> {
    fn from(at: At) -> Self {
        at.0
    }
}

/// Reads a word of the domain (a stage, a role, a channel) from its column. The domain knows no database: a row keeps the
/// word as text, and a word nobody knows makes the row corrupt.
pub fn word<T: FromStr>(text: &str) -> Result<T, Error>
where
    T::Err: Display,
{
    text.parse().map_err(|error| Error::Corrupt(format!("{text:?}: {error}")))
}

/// Reads a word that may be absent.
pub fn word_or_none<T: FromStr>(text: Option<&str>) -> Result<Option<T>, Error>
where
    T::Err: Display,
{
    text.map(word).transpose()
}

impl ToSql<Instant, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<Instant, Pg> for At {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        FromSql::<Timestamptz, Pg>::from_sql(value).map(At)
    }
}

impl ToSql<Instant, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Sqlite> for At {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        Ok(At(DateTime::from_timestamp_micros(micros).ok_or("a moment out of range")?))
    }
}

impl ToSql<Doc, Pg> for D {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Jsonb, Pg>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<Doc, Pg> for D {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        FromSql::<Jsonb, Pg>::from_sql(value).map(D)
    }
}

impl ToSql<Doc, Sqlite> for D {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<Doc, Sqlite> for D {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(D(serde_json::from_str(&text)?))
    }
}

/// Lets the common connection pass a type of ours on to the database it stands for.
macro_rules! on_both_databases {
    ($sql:ident, $rust:ident) => {
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                MultiBackend::lookup_sql_type::<$sql>(lookup)
            }
        }

        impl ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value(($sql, self));
                Ok(IsNull::No)
            }
        }

        impl FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<$rust, $sql>()
            }
        }
    };
}

on_both_databases!(Instant, At);
on_both_databases!(Doc, D);
