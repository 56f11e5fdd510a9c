//! Texts in the form in which two spellings of one word are equal.

use unicode_normalization::UnicodeNormalization;

/// Without accents and ornaments: é is e, ﬁ is fi, Ａ is A. Case stays.
pub fn unaccented(text: &str) -> String {
    text.nfkd().filter(|sign| !matches!(sign, '\u{0300}'..='\u{036F}')).collect()
}

/// In lower case too, on one line, with the quotes, hyphens and letters that are written in several ways made one.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in unaccented(text).split(|sign: char| sign.is_whitespace() || is_hyphen(sign)) {
        if word.is_empty() {
            continue;
        }
        if !folded.is_empty() {
            folded.push(' ');
        }
        word.chars().flat_map(char::to_lowercase).for_each(|sign| letter(sign, &mut folded));
    }
    folded
}

const fn is_hyphen(sign: char) -> bool {
    matches!(sign, '-' | '\u{2010}'..='\u{2015}' | '\u{00AD}')
}

/// Letters with a stroke have no accent to take away, but are typed without it.
fn letter(sign: char, into: &mut String) {
    match sign {
        'ß' => into.push_str("ss"),
        'æ' => into.push_str("ae"),
        'œ' => into.push_str("oe"),
        'ø' => into.push('o'),
        'ł' => into.push('l'),
        'đ' | 'ð' => into.push('d'),
        'þ' => into.push_str("th"),
        'ı' => into.push('i'),
        'ς' => into.push('σ'),
        '\u{2018}' | '\u{2019}' | '\u{02BC}' => into.push('\''),
        '\u{201C}' | '\u{201D}' => into.push('"'),
        '\u{0300}'..='\u{036F}' => {}
        sign => into.push(sign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_word_are_equal() {
        for (one, other) in [
            ("Rückerstattung", "RUCKERSTATTUNG"),
            ("remboursé", "rembourse\u{301}"),
            ("Straße", "STRASSE"),
            ("İstanbul", "istanbul"),
            ("ΟΔΟΣ", "οδος"),
            ("don’t", "DON'T"),
            ("credit-card", " Credit\n card "),
            ("ｒｅｆｕｎｄ", "refund"),
            ("smørrebrød", "smorrebrod"),
        ] {
            assert_eq!(folded(one), folded(other));
        }
        assert_eq!((folded("  "), unaccented("É a")), (String::new(), "E a".to_owned()));
    }
}
