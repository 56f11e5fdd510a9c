//! Sending by Twilio's form.

use chrono::TimeDelta;
use serde::Deserialize;

use super::Text;
use crate::channels::outgoing::{Account, Answer, Silence, Trust, get, post};
use crate::config::limits::{OUTGOING_ANSWER, OUTGOING_TOTAL};
use crate::desk::outbox::Outcome;
use crate::domain::Channel;

const AWAY: &str = "The provider does not answer.";
const ODD: &str = "What answered does not speak as the provider does: look at the channel's address.";
const BROKEN: &str = "The line to the provider broke while this was sent.";
/// The longest sentence of a provider that is shown.
const SENTENCE: usize = 300;
/// Twilio's number for who has said STOP to it.
const STOPPED: i64 = 21610;
/// The longest a provider may ask us to wait.
const LONGEST: i64 = 3600;

/// What Twilio answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    sid: Option<String>,
    code: Option<i64>,
    message: Option<String>,
}

/// Sends a text.
pub fn send(channel: &Channel, account: &Account, text: &Text) -> Outcome {
    let url = format!("{}/2010-04-01/Accounts/{}/Messages.json", channel.api_base(), account.name);
    match post(&url, account, &form(channel, text), &text.key) {
        Ok(answer) => judged(&answer),
        Err(Silence::Unreached) => away(),
        Err(Silence::Broken | Silence::TooLarge) => Outcome::Unsure(BROKEN.to_owned()),
    }
}

/// Whether the provider answers at all, whatever it answers: asked for the account, which changes nothing.
pub fn is_there(channel: &Channel, account: &Account) -> bool {
    let url = format!("{}/2010-04-01/Accounts/{}.json", channel.api_base(), account.name);
    let answer = get(&url, Trust::SetUp, Some(account), OUTGOING_ANSWER, OUTGOING_TOTAL);
    answer.is_ok_and(|answer| !matches!(answer.status, 502..=504))
}

/// It was not sent: the provider is not there.
pub fn away() -> Outcome {
    Outcome::Later { why: AWAY.to_owned(), after: None }
}

fn form(channel: &Channel, text: &Text) -> Vec<(&'static str, String)> {
    let number = &channel.settings.number;
    // A messaging service chooses the number by itself.
    let from = if number.starts_with("MG") && number.len() == 34 { "MessagingServiceSid" } else { "From" };
    let mut form = vec![("To", text.to.clone()), (from, number.clone())];
    if !text.body.is_empty() {
        form.push(("Body", text.body.clone()));
    }
    form.extend(text.callback.iter().map(|callback| ("StatusCallback", callback.clone())));
    form.extend(text.media.iter().map(|url| ("MediaUrl", url.clone())));
    form
}

fn judged(answer: &Answer) -> Outcome {
    let said: Said = serde_json::from_slice(&answer.body).unwrap_or_default();
    match answer.status {
        200..=299 => match said.sid {
            Some(sid) => Outcome::Accepted(sid),
            None => Outcome::Unsure(ODD.to_owned()),
        },
        408 | 425 | 429 => {
            Outcome::Later { why: "The provider asks us to go slower.".to_owned(), after: asked(answer) }
        }
        // Between us and the provider something gave up waiting: it may have gone through.
        502 | 504 => Outcome::Unsure(BROKEN.to_owned()),
        500..=599 => {
            Outcome::Later { why: format!("The provider has a problem ({}).", answer.status), after: asked(answer) }
        }
        _ if said.code == Some(STOPPED) => Outcome::Stopped,
        status => Outcome::Refused(refusal(said, status)),
    }
}

fn asked(answer: &Answer) -> Option<TimeDelta> {
    let seconds = i64::try_from(answer.retry_after?.as_secs()).unwrap_or(LONGEST);
    Some(TimeDelta::seconds(seconds.min(LONGEST)))
}

/// The provider's own sentence, with its number.
fn refusal(said: Said, status: u16) -> String {
    let number = said.code.map_or_else(|| status.to_string(), |code| code.to_string());
    match said.message.as_deref().map(str::trim).filter(|message| !message.is_empty()) {
        Some(message) => {
            let message: String = message.chars().filter(|c| !c.is_control()).take(SENTENCE).collect();
            format!("{message} (the provider’s {number})")
        }
        None => format!("The provider refused it (its {number})."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, location: None, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_provider_s_answer_says_what_is_to_be_done() {
        assert_eq!(judged(&answer(201, r#"{"sid":"SM1","status":"queued"}"#)), Outcome::Accepted("SM1".to_owned()));
        let refused = judged(&answer(400, r#"{"code":21211,"message":"Invalid 'To' Phone Number","status":400}"#));
        assert_eq!(refused, Outcome::Refused("Invalid 'To' Phone Number (the provider’s 21211)".to_owned()));
        assert!(matches!(judged(&answer(200, "<html>Welcome</html>")), Outcome::Unsure(_)));
        assert_eq!(judged(&answer(401, "")), Outcome::Refused("The provider refused it (its 401).".to_owned()));
        assert_eq!(judged(&answer(400, r#"{"code":21610,"message":"Unsubscribed"}"#)), Outcome::Stopped);
        for status in [502, 504] {
            assert!(matches!(judged(&answer(status, "<html>")), Outcome::Unsure(_)), "{status}");
        }
        for status in [429, 500, 503] {
            assert!(matches!(judged(&answer(status, "<html>")), Outcome::Later { .. }), "{status}");
        }
        let slow = Answer { retry_after: Some(std::time::Duration::from_secs(7)), ..answer(429, "") };
        assert!(matches!(judged(&slow), Outcome::Later { after: Some(after), .. } if after.num_seconds() == 7));
        assert!(matches!(judged(&answer(302, "")), Outcome::Refused(_)), "a redirect is not followed");
    }
}
