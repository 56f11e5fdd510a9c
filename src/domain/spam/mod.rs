//! Spam: what a channel has learned of words, and what it makes of a text. Robinson's and Fisher's method: each word
//! speaks for or against by how often it stood in spam and in genuine texts, and the chi-square test says how unlikely it
//! is that all of them speak that way by chance. Ships with no word list and passes everything until it has learned.

mod marks;

use std::collections::HashMap;

pub(super) use marks::without_blanks;
pub use marks::{described, marks};

use super::words::words;

words!(
    /// What the check says of a first message.
    Verdict {
        Valid = "valid" / "Probably valid",
        Suspicious = "suspicious" / "Unclear",
        Spam = "spam" / "Very likely spam",
        Blocked = "blocked" / "Blocked sender",
        Unchecked = "unchecked" / "Not checked",
    }
);

impl Verdict {
    /// Whether a conversation that begins like this is held for review.
    pub const fn holds(self) -> bool {
        matches!(self, Verdict::Suspicious | Verdict::Spam | Verdict::Blocked)
    }
}

/// Texts of each kind that a channel must have learned before it judges.
pub const ENOUGH: i64 = 20;
/// From here on a text is held as suspicious, and as spam: in ten-thousandths. Found by cross-validation on the first
/// 1,674 lines of the SMS Spam Collection; the tests say what they catch.
const SUSPICIOUS: i64 = 9_000;
const SPAM: i64 = 9_700;
/// How much a word must be known before it counts in full, in texts.
const STRENGTH: f64 = 1.0;
/// What a word that was never seen says: a little for the writer, so that a subject nobody taught us is let through.
const UNHEARD: f64 = 0.35;
/// Words that say less than this for or against are left out.
const LEAST: f64 = 0.05;
/// Marks that are weighed at most, strongest first.
const MOST: usize = 150;
/// Reasons that are given.
const REASONS: usize = 5;

/// In how many spam and genuine texts something stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub spam: i64,
    pub genuine: i64,
}

/// What a channel has learned: how many texts, and of some marks in how many of them they stood.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    pub texts: Counts,
    pub marks: HashMap<String, Counts>,
}

/// What the check of a text found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub verdict: Verdict,
    /// How much it looks like spam, 0 to 10,000; None where it was not weighed.
    pub score: Option<i64>,
    /// Why, in words, strongest first.
    pub reasons: Vec<String>,
}

impl Check {
    /// The sender is blocked: whatever they write is held.
    pub fn blocked() -> Self {
        Check { verdict: Verdict::Blocked, score: Some(10_000), reasons: vec!["this sender is blocked".to_owned()] }
    }

    /// The check could not be made: the text is let through, and that is said.
    pub fn unchecked(why: &str) -> Self {
        Check { verdict: Verdict::Unchecked, score: None, reasons: vec![why.to_owned()] }
    }

    /// The score as a fraction.
    pub fn fraction(&self) -> Option<f64> {
        self.score.and_then(|score| i32::try_from(score).ok()).map(|score| f64::from(score) / 10_000.0)
    }
}

impl Learned {
    /// Whether enough was learned to judge.
    pub const fn is_enough(&self) -> bool {
        self.texts.spam >= ENOUGH && self.texts.genuine >= ENOUGH
    }

    /// Learns the marks of a text.
    pub fn learn(&mut self, marks: &[String], spam: bool) {
        self.texts.count(spam);
        for mark in marks {
            self.marks.entry(mark.clone()).or_default().count(spam);
        }
    }

    /// What these marks make of a text; None where too little was learned.
    pub fn check(&self, marks: &[String]) -> Option<Check> {
        if !self.is_enough() {
            return None;
        }
        let mut weighed: Vec<(f64, &str)> = marks.iter().map(|mark| (self.speaks(mark), mark.as_str())).collect();
        weighed.retain(|(says, _)| (says - 0.5).abs() >= LEAST);
        weighed.sort_by(|a, b| strength(b).total_cmp(&strength(a)).then_with(|| a.1.cmp(b.1)));
        weighed.truncate(MOST);
        let score = score(&weighed);
        let verdict = match score {
            SPAM.. => Verdict::Spam,
            SUSPICIOUS.. => Verdict::Suspicious,
            _ => Verdict::Valid,
        };
        let reasons = if score >= 5_000 { reasons(&weighed) } else { Vec::new() };
        Some(Check { verdict, score: Some(score), reasons })
    }

    /// How much one mark speaks for spam: 0 not at all, 1 entirely.
    fn speaks(&self, mark: &str) -> f64 {
        let Some(counts) = self.marks.get(mark).filter(|counts| counts.spam + counts.genuine > 0) else {
            let is_word = !mark.contains(' ') && !mark.starts_with('*');
            return if is_word { UNHEARD } else { 0.5 };
        };
        let spam = share(counts.spam, self.texts.spam);
        let genuine = share(counts.genuine, self.texts.genuine);
        let seen = real(counts.spam + counts.genuine);
        (STRENGTH * 0.5 + seen * spam / (spam + genuine)) / (STRENGTH + seen)
    }
}

impl Counts {
    const fn count(&mut self, spam: bool) {
        if spam { self.spam += 1 } else { self.genuine += 1 }
    }
}

fn strength(weighed: &(f64, &str)) -> f64 {
    (weighed.0 - 0.5).abs()
}

/// Fisher's test both ways: how sure it is that these are the words of spam, less how sure that they are of a person.
fn score(weighed: &[(f64, &str)]) -> i64 {
    let spam = weighed.iter().map(|(says, _)| (1.0 - says).ln()).sum::<f64>();
    let genuine = weighed.iter().map(|(says, _)| says.ln()).sum::<f64>();
    let (spam, genuine) = (by_chance(spam, weighed.len()), by_chance(genuine, weighed.len()));
    whole((1.0 + genuine - spam) / 2.0 * 10_000.0)
}

/// The chance that so many indifferent words give a product whose logarithm is at most this.
fn by_chance(logarithm: f64, words: usize) -> f64 {
    let half = -logarithm;
    let mut term = (-half).exp();
    let mut sum = term;
    for step in 1..words {
        term *= half / real(i64::try_from(step).unwrap_or(i64::MAX));
        sum += term;
    }
    sum.min(1.0)
}

/// The strongest marks of spam, in words. A word that a chosen phrase says already is left out.
fn reasons(weighed: &[(f64, &str)]) -> Vec<String> {
    let mut chosen: Vec<&str> = Vec::new();
    for (_, mark) in weighed.iter().filter(|(says, _)| *says > 0.5) {
        let said = |other: &&str| other.split(' ').any(|word| mark.split(' ').any(|part| part == word));
        if chosen.len() < REASONS && !chosen.iter().any(said) {
            chosen.push(mark);
        }
    }
    chosen.into_iter().map(described).collect()
}

fn share(part: i64, of: i64) -> f64 {
    real(part) / real(of.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "counts of texts are far below 2^52")]
const fn real(count: i64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a share of ten thousand")]
fn whole(share: f64) -> i64 {
    share.round().clamp(0.0, 10_000.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taught(pairs: &[(&str, bool)]) -> Learned {
        let mut learned = Learned::default();
        for round in 0..ENOUGH {
            for (text, spam) in pairs {
                learned.learn(&marks(&format!("{text} {round}")), *spam);
            }
        }
        learned
    }

    #[test]
    fn nothing_is_judged_before_twenty_of_each_were_learned() {
        let mut learned = taught(&[("WIN a prize now, call 08001234567", true)]);
        assert_eq!(learned.check(&marks("win a prize")), None);
        for _ in 1..ENOUGH {
            learned.learn(&marks("my parcel did not come"), false);
        }
        assert_eq!(learned.check(&marks("win a prize")), None);
        learned.learn(&marks("my parcel did not come"), false);
        assert!(learned.check(&marks("win a prize")).is_some());
    }

    #[test]
    fn what_was_learned_is_held_with_reasons_in_words() {
        let learned = taught(&[("WIN a prize now, call 08001234567", true), ("my parcel did not come", false)]);
        let check = learned.check(&marks("WIN your prize now: call 08009999999")).unwrap();
        assert_eq!(check.verdict, Verdict::Spam, "{check:?}");
        assert!((3..=5).contains(&check.reasons.len()), "{check:?}");
        assert!(check.reasons.iter().any(|reason| reason.contains("prize")), "{check:?}");
        let genuine = learned.check(&marks("my parcel did not arrive")).unwrap();
        assert_eq!((genuine.verdict, genuine.reasons.is_empty()), (Verdict::Valid, true), "{genuine:?}");
    }

    #[test]
    fn a_subject_nobody_taught_is_let_through() {
        let learned = taught(&[("WIN a prize now, call 08001234567", true), ("my parcel did not come", false)]);
        for text in ["The webhook answers 500 since Tuesday", "", "?", "Ça ne marche plus"] {
            let check = learned.check(&marks(text)).unwrap();
            assert!(!check.verdict.holds(), "{text}: {check:?}");
        }
    }
}
