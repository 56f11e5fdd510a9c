//! Every setting, its default and its meaning. A setting is a flag or a variable of the environment, nothing else.

pub mod limits;
mod network;
mod target;

pub use network::Network;
pub use target::Target;

use clap::{Args, ValueEnum};
use std::net::{IpAddr, SocketAddr};

/// The settings of a process.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Where the data is: sqlite:PATH (or a bare path), or postgres://USER:PASSWORD@HOST/NAME
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "data/switchboard.db",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub database_url: Target,

    /// The address to listen on
    #[arg(
        long,
        env = "SWITCHBOARD_BIND",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT",
        global = true
    )]
    pub bind: SocketAddr,

    /// How browsers reach this server, as https://desk.example.com; https makes cookies secure
    #[arg(long, env = "SWITCHBOARD_PUBLIC_URL", value_name = "URL", value_parser = origin, global = true)]
    pub public_url: Option<String>,

    /// Further origins whose pages may send forms and open sockets, separated by commas
    #[arg(long, env = "SWITCHBOARD_ALLOWED_ORIGINS", value_name = "URL,URL", value_delimiter = ',', value_parser = origin, global = true)]
    pub allowed_origins: Vec<String>,

    /// Proxies whose X-Forwarded-For is believed, as addresses or networks (10.0.0.0/8), separated by commas
    #[arg(long, env = "SWITCHBOARD_TRUSTED_PROXIES", value_name = "NET,NET", value_delimiter = ',', global = true)]
    pub trusted_proxies: Vec<Network>,

    /// Addresses of one's own network that files of messages may be fetched from, separated by commas
    #[arg(long, env = "SWITCHBOARD_OUTGOING_ALLOW", value_name = "NET,NET", value_delimiter = ',', global = true)]
    pub outgoing_allow: Vec<Network>,

    /// The key that signs and encrypts, at least 32 characters; made and kept in the database when absent
    #[arg(long, env = "SWITCHBOARD_SECRET", value_name = "TEXT", value_parser = secret, hide_env_values = true, global = true)]
    pub secret: Option<Secret>,

    /// Lets a program read /metrics, as a bearer token; without a proxy or a public URL this machine may do so without
    #[arg(long, env = "SWITCHBOARD_METRICS_TOKEN", value_name = "TEXT", value_parser = secret, hide_env_values = true, global = true)]
    pub metrics_token: Option<Secret>,

    /// What is logged: error, warn, info, debug, or per module as in switchboard=debug,actix_web=warn
    #[arg(
        long,
        env = "SWITCHBOARD_LOG",
        default_value = "info,actix_server=warn",
        value_name = "FILTER",
        global = true
    )]
    pub log: String,

    /// How it is logged
    #[arg(long, env = "SWITCHBOARD_LOG_FORMAT", default_value = "text", value_name = "FORMAT", global = true)]
    pub log_format: LogFormat,
}

/// Lines for people or for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// A key that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Config {
    /// Whether browsers reach this server by https.
    pub fn is_secure(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Whether `peer` is a proxy whose headers are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }
}

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// A scheme and a host, as browsers send it in `Origin`: no path, no slash at the end.
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(plain) {
        return Err("expected an address like https://desk.example.com, without a path".to_string());
    }
    Ok(text.to_ascii_lowercase())
}

fn secret(text: &str) -> Result<Secret, String> {
    if text.chars().count() < limits::SECRET_CHARS {
        return Err(format!("a secret has at least {} characters", limits::SECRET_CHARS));
    }
    Ok(Secret::new(text))
}
