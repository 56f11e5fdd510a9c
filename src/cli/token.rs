//! `switchboard token`: keys for programs, also while the server runs.

use super::user;
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::sign_in::Token as Kind;
use crate::domain::Role;
use crate::store::{Access, Db};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub enum Token {
    /// Make a token and print it, this once
    Create(Create),
    /// Show what tokens there are; not what opens, which nobody knows but its holder
    List,
    /// End a token, with its sockets
    Revoke {
        /// Its number in the list
        id: i64,
    },
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
        let (db, _) = Db::open(&config.database_url, Access::Tool)?;
        let desk = Desk::new(db, Clock::system());
        match self {
            Token::Create(create) => create.run(&desk),
            Token::List => {
                for token in desk.tokens(None)? {
                    println!("{}\t{}\t{}\t{}", token.id, token.kind, token.of, token.made_at.format("%F %R UTC"));
                }
                Ok(())
            }
            Token::Revoke { id } => {
                desk.revoke_token(*id, None).with_context(|| format!("there is no token {id}"))?;
                println!("token {id} opens nothing any more");
                Ok(())
            }
        }
    }
}

impl Create {
    fn run(&self, desk: &Desk) -> anyhow::Result<()> {
        let agent = user::find(desk, &self.user)?;
        let kind = match (&self.channel, &self.kiosk, self.telephony) {
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
