//! What Twilio posts to us: messages that came in, and how far ours are.

use super::fetching::{Fetched, fetch};
use super::signature::is_signed;
use super::words::Wish;
use crate::channels::outgoing::Account;
use crate::config::Network;
use crate::desk::intake::Arrival;
use crate::desk::outbox::Delivery;
use crate::desk::{Desk, Error};
use crate::domain::conversation::InboundKind;
use crate::domain::{Channel, ChannelKind, MessageId, Refused};

/// What nothing more is said with.
const NOTHING: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

/// A request as it came.
pub struct Posted {
    /// The whole address it was sent to, as the outside knows it.
    pub url: String,
    /// How far a message is that this is about, where our own address said so.
    pub about: Option<MessageId>,
    pub signature: String,
    pub body: Vec<u8>,
    /// What files may be fetched from although it is not on the open internet.
    pub allowed: Vec<Network>,
}

/// Why it is not taken.
pub enum Wrong {
    /// Nobody who knows the token has sent it.
    Unsigned,
    Desk(Error),
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Wrong::Desk(error)
    }
}

impl From<Refused> for Wrong {
    fn from(refused: Refused) -> Self {
        Wrong::Desk(refused.into())
    }
}

/// The fields of a form.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The first of these that says something.
    fn any(&self, names: &[&str]) -> &str {
        names.iter().map(|name| self.get(name)).find(|value| !value.is_empty()).unwrap_or_default()
    }
}

/// Takes it in; what is answered, in Twilio's language.
pub fn receive(desk: &Desk, slug: &str, posted: &Posted) -> Result<String, Wrong> {
    let channel = desk.channel(slug)?;
    if channel.kind != ChannelKind::Sms {
        return Err(Error::NotFound.into());
    }
    let token = desk.auth_token(&channel)?.ok_or(Wrong::Unsigned)?;
    let fields = Fields(serde_urlencoded::from_bytes(&posted.body).map_err(|_| Wrong::Unsigned)?);
    if !is_signed(&token, &posted.url, &fields.0, &posted.signature) {
        return Err(Wrong::Unsigned);
    }
    match fields.any(&["MessageStatus", "SmsStatus"]) {
        "" | "received" | "receiving" => {
            let account = Account { name: channel.settings.account_sid.clone(), token };
            message(desk, &channel, &account, &fields, &posted.allowed)
        }
        status => {
            let id = fields.any(&["MessageSid", "SmsSid"]);
            if let Some((state, error)) = told(status, fields.get("ErrorCode")) {
                desk.provider_tells(&channel, id, posted.about, state, error)?;
            }
            Ok(NOTHING.to_owned())
        }
    }
}

/// A message that came in.
fn message(
    desk: &Desk,
    channel: &Channel,
    account: &Account,
    fields: &Fields,
    allowed: &[Network],
) -> Result<String, Wrong> {
    let id = fields.any(&["MessageSid", "SmsMessageSid", "SmsSid"]);
    if id.is_empty() {
        return Err(Refused::invalid("MessageSid", "A message has an id.").into());
    }
    let (from, body) = (fields.get("From"), fields.get("Body"));
    let media = addresses(fields);
    let wish = match fields.get("OptOutType") {
        "" if media.is_empty() => Wish::of(body, desk.has_stopped(channel, from)?),
        "" => None,
        said => Wish::of(said, true),
    };
    if let Some(wish) = wish {
        let answer = wished(desk, channel, arrival(fields, id, InboundKind::AutoReply), wish)?;
        // Where Twilio says what they wish, it has answered them as well.
        return Ok(if fields.get("OptOutType").is_empty() { answer } else { NOTHING.to_owned() });
    }
    // What is here already needs no files again.
    let fetched = match desk.is_here(channel, id)? {
        true => Fetched::default(),
        false => fetch(channel, account, &media, allowed),
    };
    let mut arrival = arrival(fields, id, InboundKind::Content);
    arrival.body = with_missing(body, fetched.missing, "fetched");
    arrival.files = fetched.files;
    if !arrival.body.trim().is_empty() || !arrival.files.is_empty() || !media.is_empty() {
        taken_in(desk, channel, arrival)?;
    }
    Ok(NOTHING.to_owned())
}

/// Takes it in: without its files where there is no room for them, because what somebody says is never lost.
fn taken_in(desk: &Desk, channel: &Channel, arrival: Arrival) -> Result<(), Wrong> {
    let words = Arrival {
        files: Vec::new(),
        body: with_missing(&arrival.body, arrival.files.len(), "kept"),
        ..arrival.clone()
    };
    match desk.receive(channel, arrival) {
        Err(Error::Refused(refused)) if refused.field() == Some("file") => desk.receive(channel, words)?,
        received => received?,
    };
    Ok(())
}

/// STOP, START or HELP: kept in the thread if there is one, obeyed, and answered once.
fn wished(desk: &Desk, channel: &Channel, arrival: Arrival, wish: Wish) -> Result<String, Wrong> {
    match wish {
        Wish::Stop => desk.stop_writing(channel, &arrival)?,
        Wish::Start => desk.write_again(channel, &arrival)?,
        Wish::Help => {}
    }
    let receipt = desk.receive(channel, arrival)?;
    if receipt.duplicate { Ok(NOTHING.to_owned()) } else { Ok(said(&wish.answer(channel))) }
}

fn arrival(fields: &Fields, id: &str, kind: InboundKind) -> Arrival {
    Arrival {
        provider_id: Some(id.to_owned()),
        from: fields.get("From").to_owned(),
        body: fields.get("Body").to_owned(),
        sent_at: None,
        kind,
        about: None,
        thread: None,
        files: Vec::new(),
    }
}

fn addresses(fields: &Fields) -> Vec<String> {
    let number: usize = fields.get("NumMedia").parse().unwrap_or_default();
    let addresses = (0..number.min(10)).map(|one| fields.get(&format!("MediaUrl{one}")).to_owned());
    addresses.filter(|url| !url.is_empty()).collect()
}

/// The words, and that something is missing.
fn with_missing(body: &str, missing: usize, been: &str) -> String {
    let sentence = match missing {
        0 => return body.to_owned(),
        1 => format!("(A file came with this and could not be {been}.)"),
        number => format!("({number} files came with this and could not be {been}.)"),
    };
    if body.trim().is_empty() { sentence } else { format!("{}\n{sentence}", body.trim_end()) }
}

/// How far a message is, by Twilio's word for it.
fn told(status: &str, code: &str) -> Option<(Delivery, Option<String>)> {
    match status {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => Some((Delivery::Accepted, None)),
        "delivered" | "read" => Some((Delivery::Delivered, None)),
        "undelivered" | "failed" | "canceled" => Some((Delivery::Failed, Some(why(code)))),
        _ => None,
    }
}

fn why(code: &str) -> String {
    let sentence = match code {
        "30003" => "The phone is off or out of reach.",
        "30004" => "They have blocked messages from this number.",
        "30005" => "Nobody has this number.",
        "30006" => "This is a landline, or its carrier takes no text messages.",
        "30007" => "The carrier took it for spam.",
        "21610" => "They said STOP.",
        _ => "The carrier did not deliver it.",
    };
    if code.is_empty() { sentence.to_owned() } else { format!("{sentence} (the provider’s {code})") }
}

/// A message in Twilio's language.
fn said(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            c => safe.push(c),
        }
    }
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>{safe}</Message></Response>")
}
