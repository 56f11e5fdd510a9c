//! `switchboard token`: keys for programs, also while the server runs.

use super::user;
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::sign_in::Token as Kind;
use crate::domain::Role;
use crate::store::{Access, Db};
use anyhow::bail;
use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub enum Token {
    /// Make a token and print it, this once
    Create(Create),
}

#[derive(Args)]
pub struct Create {
    /// Whose token it is; for a channel, a kiosk or telephony: the admin who makes it
    #[arg(long, value_name = "EMAIL")]
    user: String,
    /// For the messages of this channel alone
    #[arg(long, value_name = "SLUG", group = "kind")]
    channel: Option<String>,
    /// For checking people in at this location alone
    #[arg(long, value_name = "LOCATION", group = "kind")]
    kiosk: Option<String>,
    /// For telephony events alone
    #[arg(long, group = "kind")]
    telephony: bool,
}

impl Token {
    pub fn run(&self, config: &Config) -> anyhow::Result<()> {
        let Token::Create(create) = self;
        let (db, _) = Db::open(&config.database_url, Access::Tool)?;
        let desk = Desk::new(db, Clock::system());
        let agent = user::find(&desk, &create.user)?;
        let kind = match (&create.channel, &create.kiosk, create.telephony) {
            (None, None, false) => Kind::Agent(agent.id),
            _ if agent.role != Role::Admin => bail!("{} is no admin", agent.email),
            (Some(channel), _, _) => Kind::Channel(channel.clone()),
            (_, Some(location), _) => Kind::Kiosk(location.clone()),
            (None, None, true) => Kind::Telephony,
        };
        println!("{}", desk.create_token(kind)?);
        Ok(())
    }
}
