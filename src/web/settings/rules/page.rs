//! What the pages of the rules show.

use askama::Template;

use super::super::Sections;
use super::form::Typed;
use crate::desk::rules;
use crate::domain::RuleId;
use crate::domain::routing::Rule;
use crate::web::chrome::Chrome;
use crate::web::conversations::forms::Problem;
use crate::web::{assets, filters};

/// `/settings/rules?after=`. Moving: `POST /settings/rules/{id}/position` with `position`.
#[derive(Template)]
#[template(path = "settings/rules.html")]
pub struct RulesPage {
    pub chrome: Chrome,
    pub sections: Sections,
    pub rules: Vec<ListedRule>,
    /// How many there are.
    pub of: i64,
    /// The position the next page begins after.
    pub more: Option<i64>,
}

/// A rule as a line of the list.
pub struct ListedRule {
    pub id: RuleId,
    pub position: i64,
    pub keywords: Vec<String>,
    pub to: To,
}

/// Where it leads.
pub enum To {
    /// None works here no more.
    Agent(Option<String>),
    Queue(String),
}

/// `/settings/rules/new` and `/settings/rules/{id}`. With `do=try` the form comes back with what the rule would have fitted.
#[derive(Template)]
#[template(path = "settings/rule.html")]
pub struct RulePage {
    pub chrome: Chrome,
    pub sections: Sections,
    /// The rule that is changed; none for a new one.
    pub known: Option<Rule>,
    pub fields: Typed,
    /// How many there will be.
    pub rules: usize,
    /// Slug and name of each queue, address and name of each agent.
    pub queues: Vec<(String, String)>,
    pub agents: Vec<(String, String)>,
    pub trial: Option<Trial>,
    pub problem: Option<Problem>,
}

/// What it would have fitted in the last 30 days.
pub struct Trial(pub rules::Trial);

impl ListedRule {
    const SHOWN: usize = 6;

    pub(in crate::web) fn words(&self) -> &[String] {
        self.keywords.get(..Self::SHOWN).unwrap_or(&self.keywords)
    }

    pub(in crate::web) fn further(&self) -> usize {
        self.keywords.len().saturating_sub(Self::SHOWN)
    }
}

impl RulePage {
    pub(in crate::web) fn action(&self) -> String {
        match &self.known {
            Some(rule) => format!("/settings/rules/{}", rule.id),
            None => "/settings/rules/new".to_owned(),
        }
    }

    pub(in crate::web) fn leads_to(&self, kind: &str, name: &str) -> bool {
        self.fields.to.strip_prefix(kind) == Some(name)
    }
}
