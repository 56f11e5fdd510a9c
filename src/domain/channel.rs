//! Channels: the ways in and out. What a channel's kind, provider and site decide about it.

use super::due::Silence;
use super::ids::{ChannelId, QueueId};
use super::refused::Refused;
use super::state::ContactType;
use super::words::words;

words!(
    /// What a channel is made of.
    ChannelKind {
        /// A phone number at a provider.
        Sms = "sms" / "SMS",
        /// The chat on a web site.
        Widget = "widget" / "Chat widget",
        /// A program of somebody's own.
        Api = "api" / "API",
    }
);

words!(
    /// Who carries the messages of an SMS channel.
    Provider {
        Twilio = "twilio" / "Twilio",
        /// Nothing leaves the machine: to look around in, and to learn.
        Trial = "trial" / "Trial",
    }
);

/// Where Twilio is, unless the channel says otherwise.
pub const TWILIO: &str = "https://api.twilio.com";
/// Longest help text and name of a sender, in characters.
const TEXT: usize = 320;
/// Most origins of one widget.
const ORIGINS: usize = 50;
/// A day: the longest silence that may be waited for, in seconds.
const DAY: i64 = 86_400;

/// A source of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    pub slug: String,
    pub name: String,
    pub kind: ChannelKind,
    /// The type of the interactions it makes.
    pub contact_type: ContactType,
    pub queue: QueueId,
    /// Random; stands in public addresses (`/widget/{key}`).
    pub key: String,
    pub settings: ChannelSettings,
    /// What nobody is told, sealed.
    pub sealed: Sealed,
    pub version: i64,
}

/// What is particular to a channel; empty where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelSettings {
    pub provider: Option<Provider>,
    pub account_sid: String,
    /// The number (or name) that messages come from.
    pub number: String,
    /// Where the provider is; empty for its own address.
    pub api_base: String,
    /// The country (ISO 3166, two letters) whose own way of writing phone numbers is read; empty reads none without a plus.
    pub country: String,
    /// Sites that may show the widget, as `https://www.example.com`; empty is every site.
    pub origins: Vec<String>,
    /// Seconds of the customer's silence until a reminder, and until the chat is closed; none is the type's default,
    /// zero is never.
    pub remind_after: Option<i64>,
    pub close_after: Option<i64>,
    /// What HELP answers.
    pub help_text: String,
}

/// Secrets as they are stored: sealed with the key of the house.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sealed {
    /// The provider's: signs what it sends, and what we send.
    pub auth_token: Option<String>,
    /// The site's: signs who its visitors are.
    pub secret: Option<String>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(sealed)")
    }
}

impl Channel {
    /// Whether replies leave the house by themselves: what they say can be taken back for a moment, and may fail.
    pub fn sends_outward(&self) -> bool {
        self.kind == ChannelKind::Sms
    }

    /// Where the provider is.
    pub fn api_base(&self) -> &str {
        match self.settings.api_base.as_str() {
            "" => TWILIO,
            base => base,
        }
    }
}

impl ChannelSettings {
    /// How long a customer may be silent here.
    pub const fn silence(&self) -> Silence {
        Silence { remind: self.remind_after, close: self.close_after }
    }

    /// The same in its normal form, or what is wrong with it.
    pub fn checked(mut self, kind: ChannelKind) -> Result<Self, Refused> {
        for (field, text) in [
            ("account_sid", &mut self.account_sid),
            ("number", &mut self.number),
            ("api_base", &mut self.api_base),
            ("help_text", &mut self.help_text),
            ("country", &mut self.country),
        ] {
            *text = text.trim().to_owned();
            if text.chars().count() > TEXT {
                return Err(Refused::invalid(field, "Use at most 320 characters."));
            }
        }
        if kind == ChannelKind::Sms {
            self.provider = self.provider.or(Some(Provider::Twilio));
        } else if self.provider.is_some() {
            return Err(Refused::invalid("provider", "Only SMS channels have a provider."));
        }
        if !self.account_sid.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(Refused::invalid("account_sid", "An account SID has letters and digits only."));
        }
        self.api_base = base_address(&self.api_base)?;
        self.country.make_ascii_uppercase();
        self.origins = origins(&self.origins)?;
        for (field, after) in [("remind_after", self.remind_after), ("close_after", self.close_after)] {
            if after.is_some_and(|seconds| !(0..=DAY).contains(&seconds)) {
                return Err(Refused::invalid(field, "Use seconds, at most a day; 0 is never."));
            }
        }
        Ok(self)
    }
}

/// An address a provider is at: `https://host[:port][/path]`, nothing else.
fn base_address(text: &str) -> Result<String, Refused> {
    let text = text.trim_end_matches('/');
    if text.is_empty() {
        return Ok(String::new());
    }
    let wrong = || Refused::invalid("api_base", "Use an address like https://api.twilio.com, without a question mark.");
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or_else(wrong)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '/' | '_' | '~');
    if rest.is_empty() || rest.starts_with('/') || !rest.chars().all(plain) {
        return Err(wrong());
    }
    Ok(text.to_owned())
}

/// Origins as browsers send them, each once.
fn origins(typed: &[String]) -> Result<Vec<String>, Refused> {
    let mut all: Vec<String> = Vec::new();
    for one in typed.iter().map(|one| one.trim().trim_end_matches('/').to_ascii_lowercase()) {
        if one.is_empty() {
            continue;
        }
        let host = one.strip_prefix("https://").or_else(|| one.strip_prefix("http://")).unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(plain) {
            let sentence = format!("{one} is no site: write it like https://www.example.com, without a path.");
            return Err(Refused::invalid("origins", sentence));
        }
        if !all.contains(&one) {
            all.push(one);
        }
    }
    if all.len() > ORIGINS {
        return Err(Refused::invalid("origins", "Use at most 50 sites."));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_address_is_a_scheme_a_host_and_perhaps_a_path() {
        for fine in ["https://api.twilio.com", "http://127.0.0.1:4010/", "http://[::1]:80/twilio", ""] {
            assert!(base_address(fine).is_ok(), "{fine}");
        }
        for wrong in
            ["ftp://x", "https://", "https:///x", "https://a@b", "https://x?y", "https://x#y", "x", "https://x y"]
        {
            assert!(base_address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn origins_are_kept_once_in_the_form_browsers_send() {
        let typed =
            ["https://Www.Example.com/", "", "https://www.example.com", "http://localhost:9"].map(str::to_owned);
        assert_eq!(origins(&typed), Ok(vec!["https://www.example.com".to_owned(), "http://localhost:9".to_owned()]));
        assert!(origins(&["https://www.example.com/shop".to_owned()]).is_err());
    }
}
