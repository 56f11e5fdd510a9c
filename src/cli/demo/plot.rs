//! One conversation of the demo: a story with its cast, told step by step as lines of a replay.

use super::content::{Step, Story, email, is_chat};
use crate::desk::replay::{Awaits, Line};
use std::sync::Arc;

/// Who writes.
#[derive(Debug, Clone)]
pub struct Person {
    pub first: String,
    pub shop: String,
    /// On the channel of the story.
    pub address: String,
}

/// A story with its cast.
#[derive(Debug, Clone)]
pub struct Plot {
    pub story: Arc<Story>,
    /// Unlike any other: the messages are named by it.
    pub key: String,
    pub person: Person,
    /// The key and the first name of who answers.
    pub agent: (&'static str, &'static str),
    pub number: u32,
    pub pence: u32,
    pub day: &'static str,
}

impl Plot {
    pub fn is_chat(&self) -> bool {
        is_chat(self.story.channel)
    }

    /// What a step is told by. `at` is left to the caller.
    pub fn lines(&self, step: usize) -> Vec<Line> {
        let Some(happens) = self.story.steps.get(step) else { return Vec::new() };
        match *happens {
            Step::Customer(text) => vec![Line {
                channel: Some(self.story.channel.to_owned()),
                from: Some(self.person.address.clone()),
                id: Some(format!("{}-{step}", self.key)),
                body: Some(self.fill(text)),
                ..act("inbound")
            }],
            Step::Agent(text) => vec![Line { body: Some(self.fill(text)), ..self.by_agent("reply") }],
            Step::Note(text) => vec![Line { body: Some(self.fill(text)), ..self.by_agent("note") }],
            Step::Hold { reviewer, role, note } => {
                let review = Some(email(reviewer));
                let on = vec![Awaits { review, role: Some(role.to_owned()), ..Awaits::default() }];
                let note = Line { body: Some(self.fill(note)), ..self.by_agent("note") };
                vec![note, Line { on, ..self.by_agent("hold") }]
            }
            Step::Reviewed => vec![self.reviewed(step)],
            Step::Resolve { resolution, text } => vec![Line {
                resolution: Some(resolution.to_owned()),
                short_description: Some(self.fill(text)),
                ..self.by_agent("resolve")
            }],
        }
    }

    /// Somebody sees where it belongs.
    pub fn triage(&self) -> Option<Line> {
        let queue = self.story.queue?;
        Some(Line { queue: Some(queue.to_owned()), agent: Some(email("ruth")), ..self.by_agent("transfer") })
    }

    pub fn accept(&self) -> Line {
        self.by_agent("accept")
    }

    pub fn tags(&self) -> impl Iterator<Item = Line> {
        self.story.tags.iter().map(|(name, value)| Line {
            name: Some((*name).to_owned()),
            value: value.map(str::to_owned),
            ..self.by_agent("tag")
        })
    }

    fn reviewed(&self, step: usize) -> Line {
        let before = step.checked_sub(1).and_then(|step| self.story.steps.get(step));
        let review = match before {
            Some(Step::Hold { reviewer, .. }) => Some(email(reviewer)),
            _ => None,
        };
        Line { review, of: Some(self.first()), ..act("complete") }
    }

    fn by_agent(&self, what: &str) -> Line {
        Line { agent: Some(email(self.agent.0)), of: Some(self.first()), ..act(what) }
    }

    fn first(&self) -> String {
        format!("{}-0", self.key)
    }

    fn fill(&self, text: &str) -> String {
        let pounds = format!("£{}.{:02}", self.pence / 100, self.pence % 100);
        text.replace("{first}", &self.person.first)
            .replace("{shop}", &self.person.shop)
            .replace("{me}", self.agent.1)
            .replace("{n}", &self.number.to_string())
            .replace("{amount}", &pounds)
            .replace("{day}", self.day)
    }
}

fn act(what: &str) -> Line {
    Line { act: what.to_owned(), ..Line::default() }
}
