//! Which database: what `DATABASE_URL` may say.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A database to open.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A `postgres://` address as given.
    Postgres(String),
    /// A file.
    Sqlite(PathBuf),
}

impl Target {
    pub fn is_postgres(&self) -> bool {
        matches!(self, Target::Postgres(_))
    }

    /// Refuses what this build cannot keep: TLS was asked for and is not compiled in.
    pub fn check(&self) -> Result<(), String> {
        let Target::Postgres(url) = self else { return Ok(()) };
        let mode = parameter(url, "sslmode").unwrap_or("prefer");
        let wanted = matches!(mode, "require" | "verify-ca" | "verify-full");
        if wanted && !cfg!(feature = "pg-tls") {
            return Err(format!(
                "DATABASE_URL asks for sslmode={mode}, but this build speaks to PostgreSQL without TLS: build it with --features pg-tls."
            ));
        }
        if !cfg!(feature = "pg-tls") && !self.is_local() {
            tracing::warn!(
                "the connection to {self} is not encrypted: build with --features pg-tls and sslmode=verify-full"
            );
        }
        Ok(())
    }

    /// Whether the database is on this machine.
    fn is_local(&self) -> bool {
        let Target::Postgres(url) = self else { return true };
        let host = parameter(url, "host").unwrap_or_else(|| host(url));
        matches!(host, "" | "localhost" | "127.0.0.1" | "[::1]" | "::1")
            || host.starts_with('/')
            || host.starts_with("%2F")
    }

    /// The address with the settings of a connection that must notice a dead server.
    pub fn postgres_url(&self) -> Option<String> {
        let Target::Postgres(url) = self else { return None };
        let defaults = [("application_name", "switchboard"), ("connect_timeout", "3"), ("tcp_user_timeout", "10000")];
        let missing = defaults.iter().filter(|(name, _)| parameter(url, name).is_none());
        let url = missing.fold(url.clone(), |url, (name, value)| {
            let join = if url.contains('?') { '&' } else { '?' };
            format!("{url}{join}{name}={value}")
        });
        Some(url)
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Target::Postgres(text.to_string()));
        }
        let path = match text.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            None if text.contains("://") => {
                let scheme = text.split(':').next().unwrap_or_default();
                return Err(format!(
                    "Switchboard keeps its data in SQLite or PostgreSQL, not in {scheme}: use sqlite:PATH or postgres://USER@HOST/NAME."
                ));
            }
            None => text,
        };
        if path.is_empty() || path == ":memory:" {
            return Err("The database needs a file: use sqlite:PATH or postgres://USER@HOST/NAME.".to_string());
        }
        Ok(Target::Sqlite(PathBuf::from(path)))
    }
}

/// Without the password.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Sqlite(path) => write!(f, "{}", path.display()),
            Target::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
                write!(f, "{scheme}://{}", rest.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn parameter<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}
