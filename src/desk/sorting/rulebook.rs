//! The rules as one automaton: however many there are, a text is read once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aho_corasick::{AhoCorasick, MatchKind};

use super::folding::folded;
use crate::desk::Done;
use crate::domain::routing::{Rule, is_whole};
use crate::store::{self, Conn, rules};

/// Rules in their order, ready to be asked.
pub struct Rulebook {
    rules: Vec<Rule>,
    automaton: AhoCorasick,
    /// For each pattern the rule and its keyword.
    patterns: Vec<(usize, usize)>,
}

impl Rulebook {
    /// Makes the automaton of these rules.
    pub fn of(rules: Vec<Rule>) -> Result<Self, store::Error> {
        let keywords = |(at, rule): (usize, &Rule)| {
            let folded = rule.keywords.iter().enumerate().map(move |(number, keyword)| ((at, number), folded(keyword)));
            folded.collect::<Vec<_>>()
        };
        let all = rules.iter().enumerate().flat_map(keywords).filter(|(_, keyword)| !keyword.is_empty());
        let (patterns, keywords): (Vec<_>, Vec<_>) = all.unzip();
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&keywords);
        let automaton =
            automaton.map_err(|error| store::Error::Corrupt(format!("the rules make no automaton: {error}")))?;
        Ok(Rulebook { rules, automaton, patterns })
    }

    /// The rules that fit a text, in their order, each with the keyword that stands in it.
    pub fn fitting(&self, text: &str) -> Vec<(&Rule, &str)> {
        let text = folded(text);
        let mut found: BTreeMap<usize, usize> = BTreeMap::new();
        for hit in self.automaton.find_overlapping_iter(&text) {
            let Some((rule, keyword)) = self.patterns.get(hit.pattern().as_usize()).copied() else { continue };
            let earlier = found.get(&rule).is_some_and(|known| *known <= keyword);
            if !earlier && is_whole(&text, hit.start(), hit.end()) {
                found.insert(rule, keyword);
            }
        }
        let named = |(rule, keyword): (usize, usize)| {
            let rule = self.rules.get(rule)?;
            Some((rule, rule.keywords.get(keyword)?.as_str()))
        };
        found.into_iter().filter_map(named).collect()
    }

    /// The rules, in their order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

/// The rulebook of this process, made anew when anybody changed a rule.
#[derive(Clone, Default)]
pub(in crate::desk) struct Shelf(Arc<Mutex<Option<Edition>>>);

/// Of which change, and the book.
type Edition = (String, Arc<Rulebook>);

impl Shelf {
    /// The rules as this connection sees them now.
    pub fn current(&self, conn: &mut Conn) -> Done<Arc<Rulebook>> {
        let edition = rules::edition(conn)?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((known, book)) = kept
            && known == edition
        {
            return Ok(book);
        }
        let book = Arc::new(Rulebook::of(rules::all(conn)?)?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((edition, book.clone()));
        Ok(book)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::routing::Destination;
    use crate::domain::{QueueId, RuleId};

    fn rule(position: i64, keywords: &[&str]) -> Rule {
        let keywords = keywords.iter().map(|&keyword| keyword.to_owned()).collect();
        Rule { id: RuleId(position), position, keywords, to: Destination::Queue(QueueId(1)), version: 1 }
    }

    fn first(book: &Rulebook, text: &str) -> Option<String> {
        book.fitting(text).first().map(|(rule, keyword)| rule.reason(keyword))
    }

    #[test]
    fn the_first_rule_in_order_fits_whatever_stands_first_in_the_text() {
        let book =
            Rulebook::of(vec![rule(1, &["Rückerstattung"]), rule(2, &["card", "credit card"]), rule(3, &["refund"])]);
        let book = book.unwrap();
        assert_eq!(first(&book, "Refund for my CREDIT-CARD"), Some("rule 2 \"card\"".to_owned()));
        assert_eq!(first(&book, "a refund: RUCKERSTATTUNG"), Some("rule 1 \"Rückerstattung\"".to_owned()));
        assert_eq!(first(&book, "refunded my postcard"), None);
        assert_eq!(first(&book, ""), None);
        assert_eq!(book.fitting("refund the card").len(), 2);
        assert!(Rulebook::of(vec![]).unwrap().fitting("refund").is_empty());
    }
}
