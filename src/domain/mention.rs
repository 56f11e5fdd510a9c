//! Colleagues named in a note: `@maya.lindqvist`, `@maya@example.com`, `@Maya Lindqvist`, or `@Maya` if there is one.

use std::ops::Range;

use super::folded::folded;
use super::ids::AgentId;
use super::row::NamedAgent;

/// A colleague named in a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub agent: AgentId,
    /// In bytes, with the `@`.
    pub place: Range<usize>,
}

/// Finds them, in order. What names nobody, or more than one, is text.
pub fn mentions(text: &str, colleagues: &[NamedAgent]) -> Vec<Mention> {
    if !text.contains('@') {
        return Vec::new();
    }
    let forms: Vec<Form> = colleagues.iter().flat_map(forms).collect();
    let mut found: Vec<Mention> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let begins = text.get(..at).and_then(|before| before.chars().next_back()).is_none_or(|c| !c.is_alphanumeric());
        let beyond = found.last().is_none_or(|last| last.place.end <= at);
        if let Some((agent, length)) =
            text.get(at + 1..).filter(|_| begins && beyond).and_then(|rest| named(rest, &forms))
        {
            found.push(Mention { agent, place: at..at + 1 + length });
        }
    }
    found
}

/// What a colleague is called after an `@`, folded; the nearer form wins over another's of the same length.
struct Form {
    text: String,
    agent: AgentId,
    far: u8,
}

fn forms(agent: &NamedAgent) -> Vec<Form> {
    let name = folded(&agent.name.split_whitespace().collect::<Vec<_>>().join(" "));
    let first = name.split(' ').next().unwrap_or_default().to_owned();
    let local = folded(agent.email.split('@').next().unwrap_or_default());
    let forms = [(folded(&agent.email), 0), (local, 1), (name.replace(' ', "."), 2), (name, 2), (first, 3)];
    let forms = forms.into_iter().filter(|(text, _)| !text.is_empty());
    forms.map(|(text, far)| Form { text, agent: agent.id, far }).collect()
}

/// Whom the longest form at the beginning of a text names, and how long it is there.
fn named(rest: &str, forms: &[Form]) -> Option<(AgentId, usize)> {
    let fit = |form: &Form| begins_with(rest, &form.text).map(|length| (length, u8::MAX - form.far, form.agent));
    let fits: Vec<_> = forms.iter().filter_map(fit).collect();
    let (length, near, agent) = fits.iter().copied().max()?;
    let only = fits.iter().all(|(l, n, other)| (*l, *n) != (length, near) || *other == agent);
    only.then_some((agent, length))
}

/// How many bytes of a text a folded form takes, if the text begins with it and a word ends there.
fn begins_with(text: &str, form: &str) -> Option<usize> {
    let mut wanted = form.chars();
    let mut left = wanted.next();
    for (at, letter) in text.char_indices() {
        let Some(_) = left else { return ends(text.get(at..)?).then_some(at) };
        for small in folded(letter.encode_utf8(&mut [0; 4])).chars() {
            if left != Some(small) {
                return None;
            }
            left = wanted.next();
        }
    }
    left.is_none().then_some(text.len())
}

/// Whether no word goes on here: a point that ends a sentence is no part of a name.
fn ends(rest: &str) -> bool {
    let mut after = rest.chars();
    match after.next() {
        None => true,
        Some('.' | '-' | '@') => !after.next().is_some_and(char::is_alphanumeric),
        Some(c) => !c.is_alphanumeric() && c != '_',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colleagues() -> Vec<NamedAgent> {
        let named =
            |id, name: &str, email: &str| NamedAgent { id: AgentId(id), name: name.into(), email: email.into() };
        vec![
            named(1, "Maya Lindqvist", "maya.l@example.com"),
            named(2, "Jonas Okoye", "jonas@example.com"),
            named(3, "Jonas Berg", "berg@example.com"),
            named(4, "Zoë Ünal", "zoe@example.com"),
            named(5, "Sam Ray", "sr@example.com"),
            named(6, "Sam Low", "sl@example.com"),
        ]
    }

    #[test]
    fn a_colleague_is_named_in_five_ways() {
        let rows: [(&str, &[(i64, &str)]); 13] = [
            ("@maya.l please", &[(1, "@maya.l")]),
            ("ask @Maya.Lindqvist.", &[(1, "@Maya.Lindqvist")]),
            ("(@maya.l@example.com)", &[(1, "@maya.l@example.com")]),
            ("@Maya Lindqvist and @jonas okoye", &[(1, "@Maya Lindqvist"), (2, "@jonas okoye")]),
            ("@MAYA, look", &[(1, "@MAYA")]),
            ("@ZOË ünal!", &[(4, "@ZOË ünal")]),
            ("@jonas", &[(2, "@jonas")]),
            ("@berg", &[(3, "@berg")]),
            ("@mayara @maya_x @maya.lx", &[]),
            ("write to maya.l@example.com", &[]),
            // There are two.
            ("@sam", &[]),
            ("@nobody @", &[]),
            ("@@maya.l", &[(1, "@maya.l")]),
        ];
        for (text, wanted) in rows {
            let found = mentions(text, &colleagues());
            let found: Vec<(i64, &str)> = found.iter().map(|m| (m.agent.0, &text[m.place.clone()])).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }
}
