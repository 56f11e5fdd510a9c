//! Routing rules: set up, put in order, and tried on what came in lately. Everything here is for admins; who calls has
//! checked that.

use chrono::{DateTime, TimeDelta, Utc};

use super::assignment::Target;
use super::sorting::rulebook::Rulebook;
use super::{Desk, Done, Error};
use crate::domain::conversation::excerpt;
use crate::domain::routing::{Destination, Rule, keywords};
use crate::domain::{Actor, Agent, AgentId, ConversationId, Fact, FactKind, Refused, RuleId};
use crate::store::rules::{self, Opening};
use crate::store::{self, Conn, Tx, agents, dialect, facts, queues};

/// A rule as a form or a program writes it.
#[derive(Debug, Clone)]
pub struct NewRule {
    pub keywords: Vec<String>,
    pub to: Target,
    /// 1 for the first; without one it is the last.
    pub position: Option<i64>,
}

/// What a change of a rule writes; None leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct RuleEdit {
    pub keywords: Option<Vec<String>>,
    pub to: Option<Target>,
    pub position: Option<i64>,
}

/// What a rule would have done with what came in lately.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// How many conversations it fits.
    pub fitting: i64,
    /// How many of those an earlier rule takes.
    pub taken: i64,
    /// How many were looked at.
    pub of: i64,
    /// The newest it fits, each with the keyword, and whether an earlier rule takes it.
    pub newest: Vec<Fitting>,
}

/// A conversation a rule fits.
#[derive(Debug, Clone)]
pub struct Fitting {
    pub id: ConversationId,
    pub title: String,
    pub at: DateTime<Utc>,
    pub keyword: String,
    pub taken: bool,
}

/// How far back a trial looks, at how many conversations at most, how many at a time; how many it shows.
const LATELY: TimeDelta = TimeDelta::days(30);
const LOOKED_AT: i64 = 200_000;
const STRETCH: i64 = 1_000;
const SHOWN: usize = 10;
/// Most rules there may be.
const RULES: i64 = 20_000;

impl Desk {
    /// Every rule, in order.
    pub fn rules(&self) -> Done<Vec<Rule>> {
        Ok(self.rulebook()?.rules().to_vec())
    }

    /// One rule.
    pub fn rule(&self, id: RuleId) -> Done<Rule> {
        self.db.read(|conn| Ok(rules::find(conn, id)?))
    }

    /// Adds a rule.
    pub fn add_rule(&self, by: &Agent, new: NewRule) -> Done<Rule> {
        let keywords = keywords(&new.keywords)?;
        let clock = self.clock.clone();
        self.on_rules(by, "added", move |tx| {
            let count = rules::count(tx.conn)?;
            if count >= RULES {
                return Err(Refused::invalid("keywords", "There are 20,000 rules already.").into());
            }
            let to = destination(tx.conn, &new.to)?;
            let position = new.position.unwrap_or(i64::MAX).clamp(1, count + 1);
            rules::shift(tx.conn, position, count, 1)?;
            let rule = Rule { id: RuleId(0), position, keywords: keywords.clone(), to, version: 1 };
            let id = rules::insert(tx.conn, &rule, clock.now())?;
            Ok(Rule { id, ..rule })
        })
    }

    /// Writes a rule anew, or moves it.
    pub fn change_rule(&self, by: &Agent, id: RuleId, edit: RuleEdit, version: Option<i64>) -> Done<Rule> {
        let words = edit.keywords.as_deref().map(keywords).transpose()?;
        self.on_rules(by, "changed", move |tx| {
            let known = rules::find(tx.conn, id)?;
            if version.is_some_and(|version| version != known.version) {
                return Err(Refused::Stale.into());
            }
            let to = edit.to.as_ref().map(|to| destination(tx.conn, to)).transpose()?;
            let position = edit.position.unwrap_or(known.position).clamp(1, rules::count(tx.conn)?);
            make_room(tx.conn, known.position, position)?;
            let changed = Rule {
                position,
                keywords: words.clone().unwrap_or(known.keywords),
                to: to.unwrap_or(known.to),
                ..known
            };
            rules::save(tx.conn, &changed)?;
            Ok(Rule { version: changed.version + 1, ..changed })
        })
    }

    /// Removes a rule; those after it move up.
    pub fn remove_rule(&self, by: &Agent, id: RuleId, version: Option<i64>) -> Done<Rule> {
        self.on_rules(by, "removed", move |tx| {
            let known = rules::find(tx.conn, id)?;
            if version.is_some_and(|version| version != known.version) {
                return Err(Refused::Stale.into());
            }
            rules::remove(tx.conn, id)?;
            rules::shift(tx.conn, known.position + 1, i64::MAX, -1)?;
            Ok(known)
        })
    }

    /// What a rule of these words at this place would have fitted in the last 30 days. `instead_of` is the rule being
    /// written anew.
    pub fn try_rule(&self, words: &[String], position: i64, instead_of: Option<RuleId>) -> Done<Trial> {
        let mut rule = Rule {
            id: RuleId(0),
            position,
            keywords: keywords(words)?,
            to: Destination::Queue(crate::domain::QueueId(0)),
            version: 0,
        };
        let mut earlier = self.rules()?;
        earlier.retain(|other| other.position < position && Some(other.id) != instead_of);
        rule.position = position;
        let (rule, earlier) = (Rulebook::of(vec![rule])?, Rulebook::of(earlier)?);
        let since = self.clock.now() - LATELY;
        let (mut trial, mut before) = (Trial::default(), ConversationId(i64::MAX));
        while trial.of < LOOKED_AT {
            let (openings, oldest) = self.db.read(|conn| rules::openings(conn, before, since, STRETCH))?;
            openings.into_iter().for_each(|opening| trial.look_at(opening, &rule, &earlier));
            match oldest {
                Some(oldest) => before = oldest,
                None => break,
            }
        }
        Ok(trial)
    }

    /// One change of the rules at a time; afterwards every process reads them anew.
    fn on_rules(
        &self,
        by: &Agent,
        what: &'static str,
        mut change: impl FnMut(&mut Tx) -> Done<Rule> + Send + 'static,
    ) -> Done<Rule> {
        let (by, clock) = (by.id, self.clock.clone());
        self.db.write(move |tx| {
            dialect::lock(tx.conn, "rules")?;
            let changed = change(tx)?;
            rules::republish(tx.conn)?;
            noted(tx, by, &format!("rule {}", changed.position), &said(what, &changed), clock.now())?;
            Ok::<_, Error>(changed)
        })
    }
}

/// What was done, with the first words of the rule.
fn said(what: &str, rule: &Rule) -> String {
    let words: Vec<&str> = rule.keywords.iter().take(5).map(String::as_str).collect();
    format!("{what}: {}", words.join(", "))
}

impl Trial {
    fn look_at(&mut self, opening: Opening, rule: &Rulebook, earlier: &Rulebook) {
        self.of += 1;
        let Opening { id, title, at, first_message } = opening;
        let begins = excerpt(&first_message, title.chars().count()) == title;
        let text = if begins { first_message } else { format!("{title}\n{first_message}") };
        let fitting = rule.fitting(&text);
        let Some((_, keyword)) = fitting.first() else { return };
        let taken = !earlier.fitting(&text).is_empty();
        self.fitting += 1;
        self.taken += i64::from(taken);
        if self.newest.len() < SHOWN {
            self.newest.push(Fitting { id, title, at, keyword: (*keyword).to_owned(), taken });
        }
    }
}

/// Closes the gap a rule leaves, and opens one where it goes.
fn make_room(conn: &mut Conn, from: i64, to: i64) -> Result<(), store::Error> {
    match from.cmp(&to) {
        std::cmp::Ordering::Less => rules::shift(conn, from + 1, to, -1),
        std::cmp::Ordering::Greater => rules::shift(conn, to, from - 1, 1),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

fn destination(conn: &mut Conn, to: &Target) -> Done<Destination> {
    let found = match to {
        Target::Agent(email) => agents::by_email(conn, email).map(|agent| Destination::Agent(agent.id)),
        Target::Queue(slug) => queues::by_slug(conn, slug).map(|queue| Destination::Queue(queue.id)),
    };
    match (found, to) {
        (Err(store::Error::NotFound), Target::Agent(_)) => Err(Refused::invalid("agent", "No such agent.").into()),
        (Err(store::Error::NotFound), Target::Queue(_)) => Err(Refused::invalid("queue", "No such queue.").into()),
        (found, _) => Ok(found?),
    }
}

/// Who changed which part of the set-up: for the record.
pub(super) fn noted(tx: &mut Tx, by: AgentId, record: &str, what: &str, at: DateTime<Utc>) -> Done<()> {
    let fact = Fact::new(FactKind::SetUpChanged, Actor::Agent(by), at);
    Ok(facts::append(tx, vec![fact.with("record", record).with("what", what)])?)
}
