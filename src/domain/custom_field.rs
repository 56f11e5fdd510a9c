//! What the house wants to know of people and organizations besides: fields of its own.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::ids::FieldId;
use super::refused::Refused;
use super::words::words;

words!(
    /// What a field is about.
    Subject { Contact = "contact" / "Contacts", Organization = "organization" / "Organizations" }
);

words!(
    /// What stands in a field.
    FieldKind { Text = "text" / "Text", Number = "number" / "Number", Date = "date" / "Date", Choice = "choice" / "Choice" }
);

/// Longest text in a field, in characters.
const TEXT: usize = 500;
/// Most digits of a number, before the point and after it.
const DIGITS: (usize, usize) = (15, 6);

/// A field, as the set-up has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomField {
    pub id: FieldId,
    pub subject: Subject,
    /// Its name in forms and JSON; it stays.
    pub slug: String,
    pub name: String,
    pub kind: FieldKind,
    /// What can be chosen; empty unless it is a choice.
    pub choices: Vec<String>,
    pub position: i64,
    pub version: i64,
}

/// What is written into fields, by their slugs; an empty text takes out what stands there.
pub type Written = BTreeMap<String, String>;

impl CustomField {
    /// A value in the one form in which it is stored; none of nothing.
    pub fn read(&self, text: &str) -> Result<Option<String>, Refused> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let (read, wrong) = match self.kind {
            FieldKind::Text => {
                let fits = text.chars().count() <= TEXT && !text.chars().any(|letter| letter == '\0');
                (Some(text.to_owned()).filter(|_| fits), "use at most 500 characters.".to_owned())
            }
            FieldKind::Number => (number(text), "write a number, as in 12 or 3.5.".to_owned()),
            FieldKind::Date => (date(text), "write a date, as in 2026-11-30.".to_owned()),
            FieldKind::Choice => {
                let same = |choice: &&String| choice.to_lowercase() == text.to_lowercase();
                let choice = self.choices.iter().find(same).cloned();
                (choice, format!("choose one of {}.", self.choices.join(", ")))
            }
        };
        let said = || Refused::Field { slug: self.slug.clone(), message: format!("{}: {wrong}", self.name) };
        read.map(Some).ok_or_else(said)
    }
}

/// Sign, digits, and perhaps a point and digits; without zeros that say nothing.
fn number(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !plain(whole) || !plain(part) || whole.len() > DIGITS.0 || part.len() > DIGITS.1 {
        return None;
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if part.is_empty() { "" } else { "." };
    let sign = if whole == "0" && part.is_empty() { "" } else { sign };
    Some(format!("{sign}{whole}{point}{part}"))
}

fn date(text: &str) -> Option<String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let year = date.format("%Y").to_string();
    (year.len() == 4 && text.len() == 10).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldKind) -> CustomField {
        let choices = if kind == FieldKind::Choice { vec!["Gold".to_owned(), "Silver".to_owned()] } else { Vec::new() };
        let (slug, name) = ("tier".to_owned(), "Tier".to_owned());
        CustomField { id: FieldId(1), subject: Subject::Contact, slug, name, kind, choices, position: 1, version: 1 }
    }

    #[test]
    fn a_value_is_stored_in_one_form_or_refused_in_words() {
        let fine = [
            (FieldKind::Text, " Knows the porter ", "Knows the porter"),
            (FieldKind::Number, "+007.50", "7.5"),
            (FieldKind::Number, "-0.0", "0"),
            (FieldKind::Number, "-12", "-12"),
            (FieldKind::Date, "2024-02-29", "2024-02-29"),
            (FieldKind::Choice, "gold", "Gold"),
        ];
        for (kind, text, stored) in fine {
            assert_eq!(field(kind).read(text), Ok(Some(stored.to_owned())), "{text}");
        }
        for kind in FieldKind::ALL {
            assert_eq!(field(*kind).read("  "), Ok(None));
        }
        let wrong = [
            (FieldKind::Number, "12,5", "Tier: write a number, as in 12 or 3.5."),
            (FieldKind::Number, "1e9", "Tier: write a number, as in 12 or 3.5."),
            (FieldKind::Number, ".5", "Tier: write a number, as in 12 or 3.5."),
            (FieldKind::Date, "2026-02-29", "Tier: write a date, as in 2026-11-30."),
            (FieldKind::Date, "1.2.2026", "Tier: write a date, as in 2026-11-30."),
            (FieldKind::Choice, "Bronze", "Tier: choose one of Gold, Silver."),
        ];
        for (kind, text, sentence) in wrong {
            let refused = field(kind).read(text).unwrap_err();
            assert_eq!((refused.field(), refused.to_string().as_str()), (Some("tier"), sentence), "{text}");
        }
        assert!(field(FieldKind::Text).read(&"x".repeat(501)).is_err());
    }
}
