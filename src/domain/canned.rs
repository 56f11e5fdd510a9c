//! Canned responses: texts with variables, which are filled in, and blanks, which people fill.
//!
//! `Hi {{contact.first_name}}, your order [[order number]] is on its way.` There is no other syntax.

use super::ids::{AgentId, CannedId, QueueId};
use super::refused::Refused;
use super::words::words;

words!(
    /// What is filled in.
    Variable {
        ContactName = "contact.name" / "Name of the person",
        ContactFirstName = "contact.first_name" / "First name of the person",
        AgentName = "agent.name" / "Your name",
        AgentFirstName = "agent.first_name" / "Your first name",
        ConversationNumber = "conversation.number" / "Number of the conversation",
        OrganizationName = "organization.name" / "Name of their organization",
        QueueName = "queue.name" / "Name of the queue",
        WorkspaceName = "workspace.name" / "Name of this workspace",
    }
);

impl Variable {
    /// As it stands in a text.
    pub fn written(self) -> String {
        format!("{{{{{}}}}}", self.as_str())
    }
}

/// Longest name, shortcut and text, in characters.
const NAME: usize = 80;
const SHORTCUT: usize = 40;
const BODY: usize = 10_000;
/// Longest name of a blank.
const BLANK: usize = 60;

/// For whom a canned response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Everyone,
    /// The members of a queue.
    Queue(QueueId),
    /// One's own.
    Own(AgentId),
}

/// A text that is written once and sent often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canned {
    pub id: CannedId,
    pub name: String,
    /// What is typed after the `/`.
    pub shortcut: Option<String>,
    pub body: String,
    pub audience: Audience,
    pub version: i64,
}

/// A piece of a text as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    /// What stands between `{{` and `}}`.
    Variable(&'a str),
    /// What stands between `[[` and `]]`.
    Blank(&'a str),
}

/// A piece of a text that was filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filled {
    Text(String),
    /// The value of a variable.
    Value(String),
    /// Still to be filled, by its name.
    Blank(String),
}

impl Audience {
    /// What a shortcut is unique in.
    pub fn key(self) -> String {
        match self {
            Audience::Everyone => "everyone".to_owned(),
            Audience::Queue(id) => format!("queue:{id}"),
            Audience::Own(id) => format!("own:{id}"),
        }
    }
}

/// A text cut into its pieces.
pub fn pieces(body: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut text, mut rest) = (0, 0);
    while let Some((at, piece, end)) = next(body, rest) {
        pieces.extend(body.get(text..at).filter(|before| !before.is_empty()).map(Piece::Text));
        pieces.push(piece);
        (text, rest) = (end, end);
    }
    pieces.extend(body.get(text..).filter(|after| !after.is_empty()).map(Piece::Text));
    pieces
}

/// The next variable or blank after a place: where it begins, what it is and where it ends.
fn next(body: &str, mut from: usize) -> Option<(usize, Piece<'_>, usize)> {
    loop {
        let rest = body.get(from..)?;
        let (at, open, close) = match (rest.find("{{"), rest.find("[[")) {
            (Some(variable), Some(blank)) if variable < blank => (variable, "{{", "}}"),
            (_, Some(blank)) => (blank, "[[", "]]"),
            (Some(variable), None) => (variable, "{{", "}}"),
            (None, None) => return None,
        };
        let inside = rest.get(at + open.len()..)?;
        let name = inside.find(close).and_then(|end| inside.get(..end));
        let Some(name) = name.filter(|name| is_name(name)) else {
            from += at + 1;
            continue;
        };
        let end = from + at + open.len() + name.len() + close.len();
        let piece = if open == "{{" { Piece::Variable(name.trim()) } else { Piece::Blank(name.trim()) };
        return Some((from + at, piece, end));
    }
}

/// One line of a few words; anything else between brackets is text.
fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= BLANK && !name.contains(['[', ']', '{', '}', '\n', '\r'])
}

/// The first blank of a text that nobody has filled. What stands between backticks is code, and sent as it stands.
pub fn open_blank(body: &str) -> Option<&str> {
    if !body.contains("[[") {
        return None;
    }
    let words = body.split('`').step_by(2);
    words.flat_map(pieces).find_map(|piece| match piece {
        Piece::Blank(name) => Some(name),
        Piece::Text(_) | Piece::Variable(_) => None,
    })
}

/// Refuses a text that has blanks left.
pub fn no_open_blank(body: &str) -> Result<(), Refused> {
    match open_blank(body) {
        Some(name) => Err(Refused::invalid(
            "body",
            format!("Fill in the blank first: {name}. Between backticks it is sent as it stands."),
        )),
        None => Ok(()),
    }
}

/// Fills in what is known; a variable without a value becomes a blank. A value is text: it opens no blank, no variable
/// and no markup.
pub fn fill(body: &str, value: impl Fn(Variable) -> Option<String>) -> Vec<Filled> {
    let filled = pieces(body).into_iter().map(|piece| match piece {
        Piece::Text(text) => Filled::Text(text.to_owned()),
        Piece::Blank(name) => Filled::Blank(name.to_owned()),
        Piece::Variable(name) => match name.parse().ok().and_then(&value).map(|value| harmless(&value)) {
            Some(value) if !value.is_empty() => Filled::Value(value),
            _ => Filled::Blank(name.replace(['.', '_'], " ")),
        },
    });
    filled.collect()
}

/// What stands in the draft.
pub fn draft(filled: &[Filled]) -> String {
    let piece = |piece: &Filled| match piece {
        Filled::Text(text) | Filled::Value(text) => text.clone(),
        Filled::Blank(name) => format!("[[{name}]]"),
    };
    filled.iter().map(piece).collect()
}

fn harmless(value: &str) -> String {
    let plain: String = value.chars().filter(|c| !"[]{}<>`*\\".contains(*c) && !c.is_control()).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name, a shortcut and a text as they may be stored.
pub fn checked(name: &str, shortcut: &str, body: &str) -> Result<(String, Option<String>, String), Refused> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > NAME {
        return Err(Refused::invalid("name", "Write a name of at most 80 characters."));
    }
    let shortcut = shortcut.trim().trim_start_matches('/').to_lowercase();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if shortcut.chars().count() > SHORTCUT || !shortcut.chars().all(plain) {
        return Err(Refused::invalid("shortcut", "Use at most 40 letters, digits and hyphens."));
    }
    let body = body.replace("\r\n", "\n").trim_end().to_owned();
    if body.trim().is_empty() {
        return Err(Refused::invalid("body", "Write what it says."));
    }
    if body.chars().count() > BODY {
        return Err(Refused::invalid("body", "Use at most 10,000 characters."));
    }
    for piece in pieces(&body) {
        match piece {
            Piece::Variable(name) if name.parse::<Variable>().is_err() => return Err(unknown(name)),
            Piece::Text(text) if text.contains("{{") => {
                return Err(Refused::invalid("body", "A variable is not closed. Write it like {{contact.name}}."));
            }
            Piece::Text(_) | Piece::Variable(_) | Piece::Blank(_) => {}
        }
    }
    Ok((name, Some(shortcut).filter(|shortcut| !shortcut.is_empty()), body))
}

fn unknown(name: &str) -> Refused {
    let known: Vec<String> = Variable::ALL.iter().map(|known| known.as_str().to_owned()).collect();
    Refused::invalid("body", format!("There is no variable {name}. There are {}.", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(variable: Variable) -> Option<String> {
        match variable {
            Variable::ContactFirstName => Some("Uma".to_owned()),
            Variable::OrganizationName => Some("[[x]] {{agent.name}} <b>*Acme*".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_filled_in_and_blanks_stay_open() {
        let filled = fill("Hi {{ contact.first_name }}, order [[order number]] of {{queue.name}}.", value);
        assert_eq!(draft(&filled), "Hi Uma, order [[order number]] of [[queue name]].");
        assert_eq!(open_blank(&draft(&filled)), Some("order number"));
        assert_eq!(open_blank("a [[]] [[\n]] [ [x]] [[[[ ]]"), None);
        assert_eq!(open_blank("run `[[ -f x ]]` then [[what]]"), Some("what"));
    }

    #[test]
    fn a_value_is_text_whatever_it_holds() {
        let filled = draft(&fill("{{organization.name}}", value));
        assert_eq!(filled, "x agent.name bAcme");
        assert_eq!(open_blank(&filled), None);
    }

    #[test]
    fn what_nobody_knows_is_refused_where_it_stands() {
        let refused = |body: &str| checked("Name", "", body).map_err(|r| (r.field().map(str::to_owned), r.to_string()));
        let (field, sentence) = refused("Hi {{contact.nme}}").unwrap_err();
        assert_eq!(field.as_deref(), Some("body"));
        assert!(sentence.starts_with("There is no variable contact.nme. There are contact.name, "), "{sentence}");
        assert!(refused("Hi {{contact.name}").unwrap_err().1.contains("not closed"));
        assert!(refused("Hi {{agent.name}}, see [[page]] and [1] {x}").is_ok());
    }
}
