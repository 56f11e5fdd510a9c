//! `switchboard user`: who works here, also while the server runs.

use crate::clock::Clock;
use crate::config::Config;
use crate::desk::Desk;
use crate::domain::Role;
use crate::store::{Access, Db};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use std::io::{BufRead, IsTerminal};

#[derive(Subcommand)]
pub enum User {
    /// Add somebody
    Add(Add),
    /// Set somebody's password; signs them out everywhere
    Passwd(Passwd),
    /// Forget somebody's codes at sign-in, for a lost phone; signs them out everywhere
    ResetCodes { email: String },
}

#[derive(Args)]
pub struct Add {
    email: String,
    #[arg(long)]
    name: String,
    /// agent, desk, manager or admin
    #[arg(long, value_parser = role)]
    role: Role,
    /// Without it, the first line of standard input
    #[arg(long, hide_default_value = true)]
    password: Option<String>,
}

#[derive(Args)]
pub struct Passwd {
    email: String,
    /// Without it, the first line of standard input
    #[arg(long)]
    password: Option<String>,
}

impl User {
    pub fn run(&self, config: &Config) -> anyhow::Result<()> {
        let (db, _) = Db::open(&config.database_url, Access::Tool)?;
        let desk = Desk::new(db, Clock::system());
        match self {
            User::Add(add) => {
                let password = password(add.password.as_deref())?;
                let added = desk.add_agent(&add.email, &add.name, add.role, Some(&password));
                let agent = added.with_context(|| format!("{} was not added", add.email))?;
                println!("{} <{}> is here as {}", agent.name, agent.email, agent.role.label().to_lowercase());
            }
            User::Passwd(change) => {
                let agent = find(&desk, &change.email)?;
                desk.set_password(&agent, &password(change.password.as_deref())?, None)?;
                println!("{} has a new password and is signed out everywhere", agent.email);
            }
            User::ResetCodes { email } => {
                let agent = find(&desk, email)?;
                desk.reset_code(&agent)?;
                println!("{} signs in with the password alone, and is signed out everywhere", agent.email);
            }
        }
        Ok(())
    }
}

/// The agent of that address, or a sentence that names it.
pub fn find(desk: &Desk, email: &str) -> anyhow::Result<crate::domain::Agent> {
    desk.agent_of(email).with_context(|| format!("nobody with the address {email} works here"))
}

fn password(given: Option<&str>) -> anyhow::Result<String> {
    if let Some(password) = given {
        return Ok(password.to_owned());
    }
    if std::io::stdin().is_terminal() {
        eprint!("Password: ");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("no password: use --password, or write it on standard input");
    }
    Ok(password.to_owned())
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|_| "expected agent, desk, manager or admin".to_owned())
}
