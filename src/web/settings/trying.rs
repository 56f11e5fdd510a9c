//! "Send a test": whether a channel works, before a customer finds out.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::channels::{CHANNELS, at};
use super::may_enter;
use crate::channels::sms;
use crate::desk::intake::Arrival;
use crate::desk::outbox::Outcome;
use crate::desk::people::phone;
use crate::desk::{self, Desk, Done};
use crate::domain::channel::Provider;
use crate::domain::conversation::InboundKind;
use crate::domain::{Agent, Channel, ConversationId, Refused};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::page::{Page, goes_saying};

/// What a test is sent to, on a channel that sends outward.
#[derive(Deserialize)]
pub struct Tested {
    #[serde(default)]
    to: String,
}

/// A message as a customer would send it, or as an agent would.
pub async fn test(page: Page, slug: web::Path<String>, form: web::Form<Tested>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, CHANNELS)?;
        let channel = page.desk.channel(&slug)?;
        let said = match tried(&page.desk, &page.me, &channel, &form.to) {
            Ok(tried) => Toast::done(tried.said),
            Err(desk::Error::Refused(refused)) => Toast::refused(refused.to_string()),
            Err(error) => return Err(error.into()),
        };
        goes_saying(at(&channel), said)
    })
    .await
}

/// What came of a test.
pub struct Tried {
    pub said: String,
    /// Where it arrived, on a channel that sends nothing outward.
    pub conversation: Option<ConversationId>,
}

/// Tries a channel out: a text to a phone on one that sends outward, else a message as a customer would send it.
pub fn tried(desk: &Desk, me: &Agent, channel: &Channel, to: &str) -> Done<Tried> {
    if channel.sends_outward() {
        return Ok(Tried { said: texted(desk, me, channel, to)?, conversation: None });
    }
    let arrival = Arrival {
        provider_id: None,
        from: "test".to_owned(),
        body: format!("A test of {}, sent by {} from the set-up.", channel.name, me.name),
        sent_at: Some(desk.clock.now()),
        kind: InboundKind::Content,
        about: None,
        thread: None,
        files: Vec::new(),
    };
    let receipt = desk.receive(channel, arrival)?;
    let number = receipt.conversation.map(|id| id.to_string()).unwrap_or_default();
    Ok(Tried { said: format!("The test arrived as {number}."), conversation: receipt.conversation })
}

/// A text to a phone of one's own; it belongs to no conversation.
fn texted(desk: &Desk, me: &Agent, channel: &Channel, to: &str) -> Done<String> {
    let Some(to) = phone(to.trim()) else {
        return Err(
            Refused::invalid("to", "Not a phone number: write it with its country, like +44 7700 900123.").into()
        );
    };
    let body = format!("A test of {}, sent by {} from the set-up of Switchboard.", channel.name, me.name);
    let is_trial = channel.settings.provider == Some(Provider::Trial);
    match sms::try_out(desk, channel, to.clone(), body)? {
        Outcome::Accepted(_) if is_trial => Ok("On trial nothing leaves this machine: no text was sent.".to_owned()),
        Outcome::Accepted(_) => Ok(format!("The provider has taken the test. It goes to {to}.")),
        Outcome::Stopped => Err(Refused::IllegalState(format!("{to} has said STOP: nothing goes there.")).into()),
        Outcome::Refused(why) | Outcome::Later { why, .. } | Outcome::Unsure(why) => {
            Err(Refused::IllegalState(format!("The test was not sent. {why}")).into())
        }
    }
}
