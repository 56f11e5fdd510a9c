//! The marks of a text: its words, each two that follow each other, and what stands out (numbers, money, addresses,
//! capitals, length). A mark that is no word of the text begins with `*`; the host of an address with `@`.

use std::collections::BTreeSet;

/// Longest text that is looked at, in characters, and longest word that is kept, in bytes.
const TEXT: usize = 4_000;
const WORD: usize = 60;
/// Ends of host names that are recognised without `www.` before them.
const ENDS: [&str; 10] = ["com", "net", "org", "info", "biz", "tv", "uk", "eu", "ru", "xyz"];
const APOSTROPHES: [char; 2] = ['\'', '\u{2019}'];

/// The marks of a text, each once, sorted. Accents are folded by whoever calls.
pub fn marks(text: &str) -> Vec<String> {
    let text: String = text.chars().take(TEXT).collect();
    let mut found = Found::default();
    text.split_whitespace().for_each(|chunk| found.chunk(chunk));
    found.end()
}

/// A mark as a person reads it.
pub fn described(mark: &str) -> String {
    match mark {
        "*url" => "a web address".to_owned(),
        "*money" => "an amount of money".to_owned(),
        "*phone" => "a phone number".to_owned(),
        "*shortcode" => "a short number to text".to_owned(),
        "*caps" => "words in capitals".to_owned(),
        "*code" => "letters and digits mixed".to_owned(),
        "*shout" => "exclamation marks".to_owned(),
        length if length.starts_with("*long") => "as long as spam usually is here".to_owned(),
        digits if digits.starts_with("*digits") && !digits.contains(' ') => "a number like those in spam".to_owned(),
        host if host.starts_with('@') => format!("the address {}", host.trim_start_matches('@')),
        phrase if phrase.contains(' ') => {
            let words: Vec<String> = phrase.split(' ').map(within).collect();
            format!("“{}”", words.join(" "))
        }
        word => format!("“{word}”"),
    }
}

/// A mark inside a phrase.
fn within(mark: &str) -> String {
    match mark {
        "*url" => "(web address)".to_owned(),
        "*money" => "(amount)".to_owned(),
        "*phone" | "*shortcode" => "(phone number)".to_owned(),
        digits if digits.starts_with("*digits") => "(number)".to_owned(),
        word => word.to_owned(),
    }
}

#[derive(Default)]
struct Found {
    marks: BTreeSet<String>,
    before: Option<String>,
    /// In characters, each address counted as one word.
    length: usize,
}

impl Found {
    fn chunk(&mut self, chunk: &str) {
        match address(chunk) {
            Some(at) => {
                let (before, address) = chunk.split_at(at);
                self.plain(before);
                self.length += 1;
                self.address(address);
            }
            None => self.plain(chunk),
        }
        self.length += 1;
    }

    fn plain(&mut self, chunk: &str) {
        self.length += chunk.chars().count();
        if chunk.contains('!') {
            self.mark("*shout");
        }
        let mut rest = chunk;
        while let Some(start) = rest.find(char::is_alphanumeric) {
            let (skipped, from) = rest.split_at(start);
            let end = end_of_word(from);
            let (word, after) = from.split_at(end);
            let money = skipped.ends_with(['£', '$', '€']) && word.starts_with(|c: char| c.is_ascii_digit());
            if money {
                self.word("*money".to_owned())
            } else {
                self.named(word)
            }
            rest = after;
        }
    }

    /// A word of letters or digits.
    fn named(&mut self, word: &str) {
        let lower: String = word.chars().filter(|c| !APOSTROPHES.contains(c)).flat_map(char::to_lowercase).collect();
        let (letters, digits) = (lower.chars().any(char::is_alphabetic), lower.chars().any(|c| c.is_ascii_digit()));
        let size = lower.chars().count();
        match (letters, digits, size) {
            (false, true, ..=4) => return self.word(format!("*digits{size}")),
            (false, true, 5 | 6) => return self.word("*shortcode".to_owned()),
            (false, true, _) => return self.word("*phone".to_owned()),
            (true, true, 4..) => self.mark("*code"),
            (true, false, 3..) if word.chars().all(|c| c.is_uppercase() || APOSTROPHES.contains(&c)) => {
                self.mark("*caps");
            }
            _ => {}
        }
        self.word(lower);
    }

    fn address(&mut self, address: &str) {
        self.word("*url".to_owned());
        let bare = address.split_once("://").map_or(address, |(_, rest)| rest);
        let host: String = bare.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-')).collect();
        let host = host.trim_matches('.').to_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host);
        if host.contains('.') {
            self.mark(&format!("@{host}"));
        }
    }

    /// A word, and the phrase it makes with the one before.
    fn word(&mut self, word: String) {
        let word = start(&word);
        if let Some(before) = &self.before {
            self.marks.insert(format!("{before} {word}"));
        }
        self.marks.insert(word.clone());
        self.before = Some(word);
    }

    fn mark(&mut self, mark: &str) {
        self.marks.insert(start(mark));
    }

    fn end(mut self) -> Vec<String> {
        let length = self.length.saturating_sub(1);
        self.mark(&format!("*long{}", (length / 40).min(4)));
        self.marks.into_iter().collect()
    }
}

/// Where a web address begins in a chunk, if there is one.
fn address(chunk: &str) -> Option<usize> {
    let lower = chunk.to_ascii_lowercase();
    let named = ["http://", "https://", "www."].iter().filter_map(|start| lower.find(start)).min();
    named.or_else(|| {
        let bare = lower.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let host = bare.split(['/', '?', '#', ':']).next().unwrap_or_default();
        let labels: Vec<&str> = host.split('.').collect();
        let plain = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let ends = labels.iter().skip(1).any(|label| ENDS.contains(label));
        (labels.len() > 1 && ends && labels.iter().all(plain)).then(|| lower.find(bare).unwrap_or_default())
    })
}

/// Letters and digits, with apostrophes between them. A script without blanks gives one sign after the other.
fn end_of_word(text: &str) -> usize {
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        if without_blanks(sign) {
            return if at == 0 { sign.len_utf8() } else { at };
        }
        let goes_on = match signs.peek() {
            Some((next, apostrophe)) if APOSTROPHES.contains(apostrophe) => {
                text.get(next + apostrophe.len_utf8()..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
            }
            Some((_, next)) => next.is_alphanumeric(),
            None => false,
        };
        if !goes_on {
            return at + sign.len_utf8();
        }
    }
    text.len()
}

/// Chinese, Japanese, Thai and their neighbours are written without blanks between words.
pub(in crate::domain) const fn without_blanks(sign: char) -> bool {
    matches!(sign, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{2FA1F}')
}

fn start(word: &str) -> String {
    let mut end = word.len().min(WORD);
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    word.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_its_words_their_neighbours_and_what_stands_out() {
        let all = marks("FREE entry! Don't wait: txt WIN to 87121, prize £1,000 www.Win-It.co.uk/x?y");
        for mark in [
            "free",
            "free entry",
            "dont",
            "dont wait",
            "*caps",
            "*shout",
            "*shortcode",
            "to *shortcode",
            "*money",
            "*url",
            "@win-it.co.uk",
            "*long1",
        ] {
            assert!(all.contains(&mark.to_owned()), "{mark} in {all:?}");
        }
        assert!(!all.iter().any(|mark| mark.contains("87121") || mark.contains('!')), "{all:?}");
    }

    #[test]
    fn numbers_count_by_their_kind_and_addresses_by_their_host() {
        assert!(marks("call 09061701461").contains(&"call *phone".to_owned()));
        assert!(marks("see http://wap.xxx.com?n=Q").contains(&"@wap.xxx.com".to_owned()));
        assert!(marks("see example.com/a.").contains(&"@example.com".to_owned()));
        assert!(!marks("done.thanks 3.50 e.g. v2.1").iter().any(|mark| mark.starts_with('@')));
        assert!(marks("返金してください").contains(&"返 金".to_owned()));
    }

    #[test]
    fn any_text_has_marks_of_a_bounded_size() {
        for text in
            ["", "''''", "’’a’", "\u{1F600}\u{200D}", &"x".repeat(100_000), &"é".repeat(100_000), "a'", "http://"]
        {
            assert!(marks(text).iter().all(|mark| mark.len() <= 2 * WORD + 1), "{}", text.len());
        }
    }
}
