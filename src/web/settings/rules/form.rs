//! The form of a rule, as it is typed.

use serde::Deserialize;

use crate::desk::Done;
use crate::desk::assignment::Target;
use crate::desk::directory::Directory;
use crate::desk::rules::NewRule;
use crate::domain::Refused;
use crate::domain::routing::{Destination, Rule};

/// The fields of the form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// A word or phrase on each line, or between commas.
    pub keywords: String,
    /// `queue:billing` or `agent:ben@example.com`.
    pub to: String,
    pub position: String,
    pub version: String,
    /// `try` shows what it would have fitted; anything else saves it.
    #[serde(rename = "do")]
    pub act: String,
}

impl Typed {
    /// The form of a rule that is there.
    pub fn of(rule: &Rule, directory: &Directory) -> Self {
        let to = match rule.to {
            Destination::Agent(id) => directory.agent(id).map(|agent| format!("agent:{}", agent.email)),
            Destination::Queue(id) => directory.queue(id).map(|queue| format!("queue:{}", queue.slug)),
        };
        Typed {
            keywords: rule.keywords.join("\n"),
            to: to.unwrap_or_default(),
            position: rule.position.to_string(),
            version: rule.version.to_string(),
            act: String::new(),
        }
    }

    /// Whether it is only to be tried.
    pub fn is_a_trial(&self) -> bool {
        self.act == "try"
    }

    /// The words and phrases.
    pub fn keywords(&self) -> Vec<String> {
        self.keywords.split([',', '\n']).map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// The position it would have; the last one where none is readable.
    pub fn place(&self) -> i64 {
        self.position.trim().parse().unwrap_or(i64::MAX)
    }

    /// The rule.
    pub fn read(&self) -> Done<NewRule> {
        let to = match self.to.split_once(':') {
            Some(("agent", email)) => Target::Agent(email.to_owned()),
            Some(("queue", slug)) => Target::Queue(slug.to_owned()),
            _ => return Err(Refused::invalid("queue", "Choose an agent or a queue.").into()),
        };
        let position = match self.position.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| Refused::invalid("position", "Write a number, 1 for the first."))?),
        };
        Ok(NewRule { keywords: self.keywords(), to, position })
    }
}
