//! What the demo tells: the people and conversations of a made-up company, read from the text files beside this one.

use crate::domain::state::ContactType;

/// A conversation to be played.
#[derive(Debug)]
pub struct Story {
    pub channel: &'static str,
    /// Where it belongs, if that is not where the channel leads.
    pub queue: Option<&'static str>,
    /// Name and value.
    pub tags: Vec<(&'static str, Option<&'static str>)>,
    pub steps: Vec<Step>,
}

/// One thing that happens in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Customer(&'static str),
    Agent(&'static str),
    Note(&'static str),
    /// A note, and a hold for a colleague's review.
    Hold {
        reviewer: &'static str,
        role: &'static str,
        note: &'static str,
    },
    Reviewed,
    Resolve {
        resolution: &'static str,
        text: &'static str,
    },
}

/// Somebody who works there.
pub struct Colleague {
    pub key: &'static str,
    pub name: &'static str,
    pub role: &'static str,
    pub queues: Vec<&'static str>,
}

/// A shop, and those who write for it.
pub struct Shop {
    pub name: &'static str,
    pub is_new: bool,
    pub people: Vec<&'static str>,
}

/// Slug, name, kind, type and queue.
pub const CHANNELS: [(&str, &str, &str, ContactType, &str); 5] = [
    ("app", "Till app", "widget", ContactType::Chat, "payments"),
    ("web", "Website", "widget", ContactType::Chat, "onboarding"),
    ("sms", "Text messages", "sms", ContactType::Messaging, "hardware"),
    ("whatsapp", "WhatsApp", "sms", ContactType::Messaging, "payments"),
    ("email", "support@tillwork", "api", ContactType::Messaging, "accounts"),
];

/// Slug, name and the agreed wait in seconds.
pub const QUEUES: [(&str, &str, i64); 5] = [
    ("payments", "Payments", 900),
    ("hardware", "Hardware", 900),
    ("accounts", "Accounts & billing", 1800),
    ("onboarding", "Onboarding", 1800),
    ("leeds-counter", "Leeds counter", 600),
];

/// The address of a colleague.
pub fn email(key: &str) -> String {
    format!("{key}@tillwork.example")
}

pub fn is_chat(channel: &str) -> bool {
    CHANNELS.iter().any(|known| known.0 == channel && known.3 == ContactType::Chat)
}

/// Texts that are sent often: shortcut, name, body.
pub fn canned() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("canned.txt").lines().filter_map(|line| {
        let (shortcut, rest) = line.split_once('|')?;
        let (name, body) = rest.split_once('|')?;
        Some((shortcut, name, body))
    })
}

/// Tags that are offered.
pub const TAGS: [&str; 5] = ["Refund", "Replacement", "Fault", "Training", "Churn risk"];

pub fn stories() -> Vec<Story> {
    let mut all: Vec<Story> = Vec::new();
    for line in include_str!("stories.txt").lines() {
        if let Some(head) = line.strip_prefix("# ") {
            all.push(story(head));
        } else if let (Some(step), Some(story)) = (step(line), all.last_mut()) {
            story.steps.push(step);
        }
    }
    all
}

fn story(head: &'static str) -> Story {
    let (place, tags) = head.split_once('*').unwrap_or((head, ""));
    let (channel, queue) = place.split_once('>').map_or((place, None), |(c, q)| (c, Some(q.trim())));
    let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    let tags = tags.map(|tag| tag.split_once('=').map_or((tag, None), |(name, value)| (name, Some(value)))).collect();
    Story { channel: channel.trim(), queue, tags, steps: Vec::new() }
}

fn step(line: &'static str) -> Option<Step> {
    let (mark, text) = line.split_at_checked(1)?;
    let text = text.trim();
    Some(match mark {
        "<" => Step::Customer(text),
        ">" => Step::Agent(text),
        "!" => Step::Note(text),
        "+" => Step::Reviewed,
        "?" => {
            let (who, note) = text.split_once(": ")?;
            let (reviewer, role) = who.split_once(", ")?;
            Step::Hold { reviewer, role, note }
        }
        "=" => {
            let (resolution, text) = text.split_once(": ")?;
            Step::Resolve { resolution, text }
        }
        _ => return None,
    })
}

pub fn team() -> Vec<Colleague> {
    let lines = include_str!("team.txt").lines().map(|line| line.split('|').collect::<Vec<_>>());
    let read = |parts: Vec<&'static str>| match parts.as_slice() {
        [key, name, role, queues] => Some(Colleague { key, name, role, queues: queues.split_whitespace().collect() }),
        _ => None,
    };
    lines.filter_map(read).collect()
}

pub fn shops() -> Vec<Shop> {
    let lines = include_str!("people.txt").lines().filter_map(|line| line.split_once('|'));
    let read = |(name, people): (&'static str, &'static str)| Shop {
        name: name.trim_end_matches('*'),
        is_new: name.ends_with('*'),
        people: people.split(", ").collect(),
    };
    lines.map(read).collect()
}

/// Sender and text of what nobody asked for.
pub fn junk() -> Vec<(&'static str, &'static str)> {
    include_str!("junk.txt").lines().filter_map(|line| line.split_once('|')).collect()
}

/// What people want at the counter, and the minutes it takes.
pub fn visits() -> Vec<(&'static str, i64)> {
    let lines = include_str!("counter.txt").lines().filter_map(|line| line.split_once('|'));
    lines.filter_map(|(what, minutes)| Some((what, minutes.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_story_can_be_told_to_its_end() {
        let (team, all) = (team(), stories());
        assert!(all.len() > 40 && team.len() > 11 && shops().len() > 40 && visits().len() > 10 && junk().len() > 4);
        for story in &all {
            assert!(CHANNELS.iter().any(|channel| channel.0 == story.channel), "{story:?}");
            assert!(story.queue.is_none_or(|queue| QUEUES.iter().any(|known| known.0 == queue)), "{story:?}");
            assert!(matches!(story.steps.first(), Some(Step::Customer(_))), "{story:?}");
            assert!(matches!(story.steps.last(), Some(Step::Resolve { .. })), "{story:?}");
            for (step, next) in story.steps.iter().zip(story.steps.iter().skip(1)) {
                let held = matches!(step, Step::Hold { .. });
                assert_eq!(held, *next == Step::Reviewed, "a hold ends with its review: {story:?}");
                if let Step::Hold { reviewer, .. } = step {
                    assert!(team.iter().any(|colleague| colleague.key == *reviewer), "{story:?}");
                }
            }
        }
    }
}
