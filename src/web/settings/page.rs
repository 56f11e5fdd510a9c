//! What the pages of the set-up show.

use askama::Template;

use super::Sections;
use crate::domain::ChannelKind;
use crate::domain::channel::Provider;
use crate::web::chrome::Chrome;
use crate::web::conversations::forms::Problem;
use crate::web::{assets, filters};

/// `/settings/channels`.
#[derive(Template)]
#[template(path = "settings/channels.html")]
pub struct ChannelsPage {
    pub chrome: Chrome,
    pub sections: Sections,
    pub channels: Vec<ListedChannel>,
}

/// A channel as a line of the list.
pub struct ListedChannel {
    pub slug: String,
    pub name: String,
    pub kind: ChannelKind,
    /// The queue it leads to.
    pub queue: String,
    /// Its number, where it has one.
    pub number: String,
    /// Why it does not work yet.
    pub missing: Option<&'static str>,
}

/// `/settings/channels/new?kind=` and `/settings/channels/{slug}`.
#[derive(Template)]
#[template(path = "settings/channel.html")]
pub struct ChannelPage {
    pub chrome: Chrome,
    pub sections: Sections,
    pub kind: ChannelKind,
    /// The channel that is changed; none for a new one.
    pub known: Option<KnownChannel>,
    pub fields: super::channels::Typed,
    /// Slug and name of each queue.
    pub queues: Vec<(String, String)>,
    pub problem: Option<Problem>,
}

/// What only a channel that exists has.
pub struct KnownChannel {
    pub slug: String,
    pub name: String,
    pub has_auth_token: bool,
    /// Nothing leaves the machine.
    pub is_trial: bool,
    /// What is pasted elsewhere: at the provider, into a site, into a program.
    pub paste: Vec<Paste>,
    /// A secret that was made just now; shown once.
    pub fresh: Option<Paste>,
}

/// A text to be copied.
pub struct Paste {
    pub id: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub text: String,
}

impl Paste {
    pub(in crate::web) fn lines(&self) -> usize {
        self.text.lines().count()
    }
}

impl ListedChannel {
    pub(in crate::web) const fn icon(&self) -> &'static str {
        icon(self.kind)
    }
}

impl ChannelPage {
    pub(in crate::web) fn icon(&self, kind: &ChannelKind) -> &'static str {
        icon(*kind)
    }

    pub(in crate::web) fn action(&self) -> String {
        match &self.known {
            Some(known) => format!("/settings/channels/{}", known.slug),
            None => "/settings/channels/new".to_owned(),
        }
    }
}

const fn icon(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Sms => "phone",
        ChannelKind::Widget => "message-circle",
        ChannelKind::Api => "command",
    }
}
