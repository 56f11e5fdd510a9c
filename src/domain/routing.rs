//! Routing rules: words that send a new conversation to an agent or a queue. The first rule that fits counts.

use super::ids::{AgentId, QueueId, RuleId};
use super::refused::Refused;
use super::spam;

/// Where a rule sends what it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    Agent(AgentId),
    Queue(QueueId),
}

/// One rule, at its place among the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub id: RuleId,
    /// 1 for the first.
    pub position: i64,
    /// Words and phrases as they were written.
    pub keywords: Vec<String>,
    pub to: Destination,
    pub version: i64,
}

impl Rule {
    /// Why a conversation is where it is, as the record says it: `rule 3 "refund"`.
    pub fn reason(&self, keyword: &str) -> String {
        format!("rule {} \"{keyword}\"", self.position)
    }
}

/// Most keywords of one rule, and the longest one in characters.
pub const KEYWORDS: usize = 1_000;
const KEYWORD: usize = 100;

/// Keywords as they may be kept: blanks folded, none twice, none empty.
pub fn keywords<S: AsRef<str>>(written: &[S]) -> Result<Vec<String>, Refused> {
    let mut kept: Vec<String> = Vec::new();
    for keyword in written {
        let keyword = keyword.as_ref().split_whitespace().collect::<Vec<_>>().join(" ");
        if keyword.chars().count() > KEYWORD {
            return Err(Refused::invalid("keywords", "Use at most 100 characters for a word or phrase."));
        }
        if keyword.is_empty() || kept.contains(&keyword) {
            continue;
        }
        if !keyword.contains(char::is_alphanumeric) {
            return Err(Refused::invalid("keywords", format!("“{keyword}” is no word.")));
        }
        kept.push(keyword);
    }
    match kept.len() {
        0 => Err(Refused::invalid("keywords", "Write at least one word or phrase.")),
        n if n > KEYWORDS => Err(Refused::invalid("keywords", "Use at most 1,000 words and phrases in one rule.")),
        _ => Ok(kept),
    }
}

/// Whether what was found from `start` to `end` stands there as whole words.
pub fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let (Some(before), Some(found), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..)) else {
        return false;
    };
    !joined(before.chars().next_back(), found.chars().next())
        && !joined(found.chars().next_back(), after.chars().next())
}

/// Whether two signs side by side are of one word.
fn joined(left: Option<char>, right: Option<char>) -> bool {
    let of_word = |sign: Option<char>| sign.is_some_and(|c| c.is_alphanumeric() && !spam::without_blanks(c));
    of_word(left) && of_word(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_words() {
        let found = |text: &str, word: &str| {
            let at = text.find(word).unwrap();
            is_whole(text, at, at + word.len())
        };
        assert!(found("my refund, please", "refund") && found("refund", "refund") && found("(refund)", "refund"));
        assert!(!found("refunded", "refund") && !found("prerefund", "refund") && !found("refund2", "refund"));
        assert!(found("i use c++ here", "c++") && found("返金してください", "返金"));
    }

    #[test]
    fn keywords_are_kept_once_and_never_empty() {
        assert_eq!(keywords(&[" refund ", "money   back", "refund", ""]).unwrap(), ["refund", "money back"]);
        assert!(keywords(&["", " "]).is_err() && keywords(&["?!"]).is_err() && keywords(&["x".repeat(101)]).is_err());
    }
}
