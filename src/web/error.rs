//! What went wrong, as HTTP tells it: one table, logged once.
//!
//! | what                                   | pages                        | API                 |
//! |----------------------------------------|------------------------------|---------------------|
//! | refused                                | 422, the form as typed       | 422                 |
//! | the stage does not allow it, stale     | 409 with what is newer       | 409                 |
//! | another role could                     | 403                          | 403                 |
//! | not there, or not for your eyes        | 404                          | 404                 |
//! | signed out                             | 303 to /sign-in?return=..    | 401                 |
//! | too often                              | 429 with Retry-After         | the same            |
//! | the database is away                   | 503 with Retry-After         | the same            |
//! | anything else                          | 500 with a number to quote   | the same            |

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value, json};

use crate::desk;
use crate::domain::Refused;
use crate::store;

/// How long to wait for a database that is away.
const AWAY: Duration = Duration::from_secs(2);

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Refused(Refused),
    /// A colleague has answered what the writer of this reply had not seen yet.
    #[error("{0}")]
    Newer(String),
    /// Refused with more to say than the domain knows.
    #[error("{}", .0.message)]
    Told(Box<Problem>),
    /// No session, or none any more; no token, or a wrong one, or one for something else.
    #[error("signed out")]
    SignedOut,
    #[error("{0}")]
    Forbidden(String),
    #[error("not found")]
    NotFound,
    /// The request itself makes no sense: JSON that is none, a number that is none.
    #[error("{1}")]
    Malformed(StatusCode, String),
    /// Too often; after this long again.
    #[error("too often")]
    TooOften(Duration),
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Ours. The words are for the log alone.
    #[error("{0}")]
    Broken(String),
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Forbidden(sentence) => Error::Forbidden(sentence.to_owned()),
            refused => Error::Refused(refused),
        }
    }
}

impl From<desk::Error> for Error {
    fn from(error: desk::Error) -> Self {
        match error {
            desk::Error::Refused(refused) => refused.into(),
            desk::Error::NotFound => Error::NotFound,
            desk::Error::Newer { .. } => Error::Newer(error.to_string()),
            desk::Error::Store(error) => error.into(),
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Error::NotFound,
            store::Error::Stale => Error::Refused(Refused::Stale),
            store::Error::Unavailable(why) => Error::Unavailable(why),
            store::Error::Database(_) if cannot_be_stored(&error.to_string()) => Error::Malformed(
                StatusCode::UNPROCESSABLE_ENTITY,
                "This holds a character that cannot be stored.".to_owned(),
            ),
            store::Error::Corrupt(_) | store::Error::Database(_) => Error::Broken(error.to_string()),
        }
    }
}

/// PostgreSQL takes every character but one: the one without a name, number zero.
fn cannot_be_stored(said: &str) -> bool {
    said.contains("encoding \"UTF8\": 0x00") || said.contains("unsupported Unicode escape sequence")
}

impl Error {
    /// What the client is told of it.
    pub fn problem(&self) -> Problem {
        let (status, code, message) = match self {
            Error::Refused(refused) => return Problem::of(refused),
            Error::Told(problem) => return problem.as_ref().clone(),
            Error::SignedOut => (StatusCode::UNAUTHORIZED, "unauthorized", "Sign in first."),
            Error::Forbidden(sentence) => (StatusCode::FORBIDDEN, "forbidden", sentence.as_str()),
            Error::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is nothing here."),
            Error::Newer(sentence) => (StatusCode::CONFLICT, "stale", sentence.as_str()),
            Error::Malformed(status, sentence) => (*status, "invalid", sentence.as_str()),
            Error::TooOften(_) => (StatusCode::TOO_MANY_REQUESTS, "too_often", "Too many tries. Wait a little."),
            Error::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available just now. Nothing was changed.")
            }
            Error::Broken(_) => (StatusCode::INTERNAL_SERVER_ERROR, "broken", "Something went wrong on our side."),
        };
        let wait = match self {
            Error::TooOften(wait) => Some(*wait),
            Error::Unavailable(_) => Some(AWAY),
            _ => None,
        };
        let cause = matches!(self, Error::Broken(_) | Error::Unavailable(_)).then(|| self.to_string());
        Problem { wait, cause, ..Problem::new(status, code, message) }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.problem().status
    }

    fn error_response(&self) -> HttpResponse {
        self.problem().into_response()
    }
}

/// What the client is told, before it is made a page or JSON.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    pub field: Option<String>,
    /// What else the API says: `from`, `action`, `allowed`, `assigned_to`.
    pub details: Map<String, Value>,
    pub wait: Option<Duration>,
    /// For the log alone.
    pub cause: Option<String>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Problem {
        let message = message.into();
        Problem { status, code, message, field: None, details: Map::new(), wait: None, cause: None }
    }

    pub fn forbidden(message: &str) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// What a refusal says, by the words of the domain.
    pub fn of(refused: &Refused) -> Problem {
        let status = match refused {
            Refused::IllegalTransition { .. }
            | Refused::IllegalState(_)
            | Refused::Stale
            | Refused::AlreadyAssigned(_)
            | Refused::NotAssignee(_)
            | Refused::StateFollowsStage
            | Refused::InUse(_)
            | Refused::Closed => StatusCode::CONFLICT,
            Refused::Forbidden(_) => StatusCode::FORBIDDEN,
            Refused::Invalid { .. }
            | Refused::Field { .. }
            | Refused::ReadOnly { .. }
            | Refused::BadIdentifier(_)
            | Refused::TypeUnavailable(_)
            | Refused::Several(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let mut problem = Problem::new(status, refused.code(), refused.to_string());
        problem.field = refused.field().map(str::to_owned);
        if let Refused::IllegalTransition { from, action } = refused {
            let allowed: Vec<_> = from.allowed().into_iter().map(|action| action.as_str()).collect();
            problem = problem.with("from", from.as_str()).with("action", action.as_str()).with("allowed", allowed);
        }
        problem
    }

    /// A status that no error of ours stands behind: the framework's own refusals.
    pub fn of_status(status: StatusCode) -> Problem {
        let (code, message) = match status {
            StatusCode::BAD_REQUEST => ("invalid", "This request makes no sense."),
            StatusCode::UNAUTHORIZED => ("unauthorized", "Sign in first."),
            StatusCode::FORBIDDEN => ("forbidden", "This is not yours to do."),
            StatusCode::NOT_FOUND => ("not_found", "There is nothing here."),
            StatusCode::METHOD_NOT_ALLOWED => ("not_allowed", "This cannot be done here."),
            StatusCode::REQUEST_TIMEOUT => ("timeout", "This took too long to arrive."),
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "This is too long."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported", "Send this as application/json."),
            StatusCode::UNPROCESSABLE_ENTITY => ("invalid", "Something in this request is wrong."),
            status if status.is_client_error() => ("invalid", "This request was not understood."),
            _ => ("broken", "Something went wrong on our side."),
        };
        Problem::new(status, code, message)
    }

    /// One more thing the API says.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// An answer that holds the problem; it gets its body on the way out, when the request is at hand.
    pub fn into_response(self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status);
        if let Some(wait) = self.wait {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }

    /// The body for programs.
    pub fn json(&self, number: &str) -> Value {
        let mut body = self.details.clone();
        body.insert("code".into(), self.code.into());
        body.insert("message".into(), self.message.as_str().into());
        if let Some(field) = &self.field {
            body.insert("field".into(), field.as_str().into());
        }
        if self.status.is_server_error() {
            body.insert("number".into(), json!(number));
        }
        body.into()
    }
}
