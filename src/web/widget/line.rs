//! What a visitor is shown and told, in words and in JSON. Everything here is for their eyes; nothing else is.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::desk::intake::Receipt;
use crate::desk::visitors::{Kept, Line as Place, Thread};
use crate::domain::attachment::Attachment;
use crate::domain::conversation::excerpt;
use crate::domain::visitor::{Line, Speaker};
use crate::domain::wait_estimate::Range;

/// Characters of a conversation's first words that name it.
const SUBJECT: usize = 60;

/// A conversation of a list.
pub fn kept(kept: &Kept) -> Value {
    json!({
        "number": kept.id.to_string(),
        "subject": subject(kept),
        "stage": kept.stage.as_str(),
        "created_at": moment(kept.created_at),
        "last_message_at": moment(kept.last_message_at),
    })
}

/// A whole conversation.
pub fn thread(thread: &Thread, address: &dyn Fn(&Attachment) -> String) -> Value {
    let mut all = kept(&thread.conversation);
    let wait = |range: Range| json!({ "low": range.low, "high": range.high });
    let place = |line: Place| json!({ "place": line.place, "expected_wait": line.wait.map(wait) });
    if let Value::Object(fields) = &mut all {
        fields.insert("messages".into(), thread.lines.iter().map(|line| message(line, address)).collect());
        fields.insert("has_earlier".into(), thread.has_earlier.into());
        fields.insert("agent".into(), thread.helper.as_ref().map(|(_, name)| name.clone()).into());
        fields.insert("line".into(), thread.line.map(place).into());
        fields.insert("can_end".into(), thread.can_end.into());
        fields.insert("seen".into(), thread.seen.map(|id| id.0).into());
    }
    all
}

fn message(line: &Line, address: &dyn Fn(&Attachment) -> String) -> Value {
    let (kind, author) = match &line.by {
        Speaker::Visitor => ("customer", Some("You")),
        Speaker::Agent(_, name) => ("reply", Some(name.as_str())),
        Speaker::House => ("event", None),
    };
    let id = line.message.map(|id| id.0);
    let file = |file: &Attachment| json!({ "name": file.file_name, "type": file.kind, "size": file.size, "url": address(file) });
    let files: Vec<Value> = line.files.iter().map(file).collect();
    json!({ "id": id, "kind": kind, "author": author, "body": line.text, "at": moment(line.at), "files": files })
}

/// What became of a message; as intake tells it, with the stage that visitors may know.
pub fn receipt(receipt: &Receipt) -> Value {
    json!({
        "conversation": receipt.conversation.map(|id| id.to_string()),
        "interaction": receipt.interaction.map(|id| id.to_string()),
        "message": receipt.message.map(|id| id.0),
        "stage": receipt.stage.map(|stage| stage.as_str()),
        "duplicate": receipt.duplicate,
    })
}

/// The words by which a visitor knows a conversation again.
pub fn subject(kept: &Kept) -> String {
    match excerpt(&kept.words, SUBJECT) {
        words if words.is_empty() => "A message from us".to_owned(),
        words => words,
    }
}

/// "Usually answers in 3 min".
pub fn habit(usual: Option<TimeDelta>, staffed: bool) -> String {
    match (staffed, usual.map(|wait| wait.num_minutes())) {
        (false, _) => "Nobody is here just now. We answer when we are back.".to_owned(),
        (true, None) => "We are here".to_owned(),
        (true, Some(..1)) => "Usually answers within a minute".to_owned(),
        (true, Some(minutes @ 1..60)) => format!("Usually answers in {minutes}\u{a0}min"),
        (true, Some(minutes)) => format!("Usually answers in {}\u{a0}h", (minutes + 30) / 60),
    }
}

/// "You are next. This takes about 2 to 4 min."
pub fn place(line: Place) -> String {
    let place = match line.place {
        1 => "You are next.".to_owned(),
        place => format!("You are number {place} in line."),
    };
    match line.wait {
        None => format!("{place} We cannot say how long it takes; you may close this and come back."),
        Some(Range { low: 0, high: ..=1 }) => format!("{place} This takes about a minute."),
        Some(Range { low: 0, high }) => format!("{place} This takes less than {high}\u{a0}min."),
        Some(Range { low, high }) => format!("{place} This takes about {low} to {high}\u{a0}min."),
    }
}

/// RFC 3339 in UTC.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_as_a_range_and_never_as_a_promise_of_seconds() {
        let told = |place: i64, wait: Option<(i64, i64)>| {
            super::place(Place { place, wait: wait.map(|(low, high)| Range { low, high }) })
        };
        assert_eq!(told(1, Some((2, 4))), "You are next. This takes about 2 to 4\u{a0}min.");
        assert_eq!(told(3, Some((0, 1))), "You are number 3 in line. This takes about a minute.");
        assert_eq!(told(2, Some((0, 3))), "You are number 2 in line. This takes less than 3\u{a0}min.");
        assert!(told(2, None).starts_with("You are number 2 in line. We cannot say"));
        assert_eq!(habit(Some(TimeDelta::seconds(200)), true), "Usually answers in 3\u{a0}min");
        assert!(habit(Some(TimeDelta::seconds(200)), false).starts_with("Nobody is here"));
    }
}
