//! Lists: {items, next}, an opaque cursor, 50 by default, 100 at most; and what stands after the `?`.

use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::body::{invalid, plain};
use crate::config::limits::{API_ROWS, PAGE_ROWS};
use crate::web::Error;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// What to ask `after` for the next page; null on the last.
    pub next: Option<String>,
}

/// How every list is paged.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for the document")]
pub struct Paged {
    /// The `next` of the page before.
    after: Option<String>,
    /// 50 by default, 100 at most.
    limit: Option<i64>,
}

/// What stands after the `?`. Of a name that stands there twice the first counts.
pub struct Asked(Vec<(String, String)>);

impl<T> List<T> {
    /// A list that has one page.
    pub fn whole(items: Vec<T>) -> Self {
        List { items, next: None }
    }

    /// A page by id, out of at most one more than was asked for.
    pub fn by_id(mut items: Vec<T>, limit: i64, id: impl Fn(&T) -> i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| written(&id(last).to_string()));
        List { items, next }
    }
}

impl Asked {
    /// The first value of a name, if it says anything.
    pub fn one(&self, name: &str) -> Option<&str> {
        let given = self.0.iter().find(|(known, value)| known == name && !value.trim().is_empty());
        given.map(|(_, value)| value.trim())
    }

    /// Every value of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let of = self.0.iter().filter(move |(known, value)| known == name && !value.trim().is_empty());
        of.map(|(_, value)| value.trim())
    }

    /// A value read as what it is, or what is wrong with it.
    pub fn read<T: FromStr>(&self, name: &str, wrong: &str) -> Result<Option<T>, Error> {
        self.one(name).map(|text| text.parse().map_err(|_| invalid(name, wrong))).transpose()
    }

    /// How many rows: 50 where nothing is said, and never more than 100.
    pub fn limit(&self) -> Result<i64, Error> {
        let wrong = "Ask for 1 to 100.";
        match self.read::<i64>("limit", wrong)? {
            Some(limit) if limit < 1 => Err(invalid("limit", wrong)),
            limit => Ok(limit.unwrap_or(PAGE_ROWS).min(API_ROWS)),
        }
    }

    /// The text inside the cursor.
    pub fn after(&self) -> Result<Option<String>, Error> {
        self.one("after").map(|cursor| opened(cursor).ok_or_else(strange)).transpose()
    }

    /// The id inside the cursor.
    pub fn after_id(&self) -> Result<Option<i64>, Error> {
        self.after()?.map(|text| text.parse().map_err(|_| strange())).transpose()
    }
}

impl FromRequest for Asked {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(request.query_string()).unwrap_or_default();
        ready(Ok(Asked(pairs.into_iter().map(|(name, value)| (name, plain(&value))).collect())))
    }
}

/// A cursor that nobody need understand.
pub fn written(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn opened(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

/// A cursor that is none of ours.
pub fn strange() -> Error {
    invalid("after", "This is no cursor of this list. Send the `next` of the page before.")
}
