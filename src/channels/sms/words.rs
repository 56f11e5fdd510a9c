//! The words that carriers give a meaning to.

use crate::domain::Channel;

/// What somebody wishes by one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Stop,
    Start,
    Help,
}

const STOP: [&str; 9] = ["stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"];
const START: [&str; 3] = ["start", "unstop", "yes"];
const HELP: [&str; 2] = ["help", "info"];

impl Wish {
    /// The wish of a whole message; a word within a sentence is a word. YES counts only for who has said STOP.
    pub fn of(body: &str, has_stopped: bool) -> Option<Wish> {
        let word = body.trim().trim_end_matches(['.', '!']).to_lowercase();
        let is = |words: &[&str]| words.contains(&word.as_str());
        match () {
            () if is(&STOP) => Some(Wish::Stop),
            () if word == "yes" && !has_stopped => None,
            () if is(&START) => Some(Wish::Start),
            () if is(&HELP) => Some(Wish::Help),
            () => None,
        }
    }

    /// What is answered, once.
    pub fn answer(self, channel: &Channel) -> String {
        let name = &channel.name;
        match (self, channel.settings.help_text.as_str()) {
            (Wish::Stop, _) => {
                format!("{name}: you will get no more messages from this number. Reply START to get them again.")
            }
            (Wish::Start, _) => {
                format!("{name}: you get messages from this number again. Reply HELP for help, STOP to end them.")
            }
            (Wish::Help, "") => {
                format!("{name}: write here what you need, and somebody answers. Reply STOP to get no more messages.")
            }
            (Wish::Help, text) => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_message_is_a_wish() {
        for body in ["STOP", " stop ", "Stop.", "UNSUBSCRIBE", "Stop all"] {
            assert_eq!(Wish::of(body, false), Some(Wish::Stop), "{body}");
        }
        for body in ["Please stop the printer", "How do I start it?", "help me", "", "yes"] {
            assert_eq!(Wish::of(body, false), None, "{body}");
        }
        assert_eq!((Wish::of("yes", true), Wish::of("START", false)), (Some(Wish::Start), Some(Wish::Start)));
        assert_eq!(Wish::of("Help", false), Some(Wish::Help));
    }
}
