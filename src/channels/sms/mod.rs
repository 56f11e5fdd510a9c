//! Text messages, through Twilio or whoever speaks its forms.

mod doubts;
mod fetching;
mod inbound;
pub mod media;
mod signature;
mod twilio;
mod words;

pub use doubts::Doubts;
pub use inbound::{Posted, Wrong, receive};
pub use signature::is_signed;

use super::outgoing::Account;
use super::sender::Outside;
use crate::config::Secret;
use crate::desk::outbox::{Letter, Outcome};
use crate::desk::{Desk, Done};
use crate::domain::Channel;
use crate::domain::channel::Provider;

/// What is sent.
struct Text {
    to: String,
    body: String,
    /// The same for every try.
    key: String,
    /// Where the provider tells how far it is.
    callback: Option<String>,
    /// Where the provider finds its files.
    media: Vec<String>,
}

/// Sends a letter by its channel's provider.
pub fn send(desk: &Desk, outside: &Outside, doubts: &Doubts, letter: &Letter) -> Outcome {
    let sent = desk.channel_by_id(letter.channel).and_then(|channel| match channel.settings.provider {
        // Nothing leaves the machine.
        Some(Provider::Trial) => Ok(Outcome::Accepted(String::new())),
        Some(Provider::Twilio) | None => by_twilio(desk, outside, doubts, &channel, letter),
    });
    sent.unwrap_or_else(|error| {
        tracing::warn!(%error, "a letter cannot be made ready");
        Outcome::Later { why: "It could not be made ready.".to_owned(), after: None }
    })
}

/// Sends one text that belongs to no conversation, to see whether the set-up works.
pub fn try_out(desk: &Desk, channel: &Channel, to: String, body: String) -> Done<Outcome> {
    if channel.settings.provider == Some(Provider::Trial) {
        return Ok(Outcome::Accepted(String::new()));
    }
    let text = Text {
        to,
        body,
        key: format!("test:{}:{}", channel.slug, fastrand::u64(..)),
        callback: None,
        media: Vec::new(),
    };
    Ok(by_account(channel, desk.auth_token(channel)?, |account| twilio::send(channel, account, &text)))
}

fn by_twilio(desk: &Desk, outside: &Outside, doubts: &Doubts, channel: &Channel, letter: &Letter) -> Done<Outcome> {
    let files = desk.files_of(letter)?;
    // A provider that the set-up has put somewhere may stand beside us.
    let is_reached = outside.is_public || !channel.settings.api_base.is_empty();
    if !files.is_empty() && !is_reached {
        let sentence = "Files are fetched by the provider: set SWITCHBOARD_PUBLIC_URL, so that it finds them.";
        return Ok(Outcome::Refused(sentence.to_owned()));
    }
    let (base, slug, now) = (&outside.base, &channel.slug, desk.clock.now());
    let text = Text {
        to: letter.recipient.clone(),
        body: letter.body.clone(),
        key: letter.submit_key.clone(),
        callback: is_reached.then(|| format!("{base}/channels/{slug}/twilio/status?message={}", letter.message)),
        media: files.iter().map(|file| format!("{base}{}", media::path(&outside.key, slug, &file.name, now))).collect(),
    };
    Ok(by_account(channel, desk.auth_token(channel)?, |account| {
        let is_there = || twilio::is_there(channel, account);
        let sent = doubts.through(channel.id, is_there, || twilio::send(channel, account, &text));
        sent.unwrap_or_else(twilio::away)
    }))
}

fn by_account(channel: &Channel, token: Option<Secret>, send: impl FnOnce(&Account) -> Outcome) -> Outcome {
    match account(channel, token) {
        Ok(account) => send(&account),
        Err(sentence) => Outcome::Refused(sentence.to_owned()),
    }
}

/// The account of a channel, if its set-up is whole.
fn account(channel: &Channel, token: Option<Secret>) -> Result<Account, &'static str> {
    if channel.settings.account_sid.is_empty() {
        return Err("This channel has no account yet: an admin sets it up.");
    }
    if channel.settings.number.is_empty() {
        return Err("This channel has no number yet: an admin sets it up.");
    }
    let token = token.ok_or("This channel has no auth token that can be read: an admin sets it up.")?;
    Ok(Account { name: channel.settings.account_sid.clone(), token })
}
