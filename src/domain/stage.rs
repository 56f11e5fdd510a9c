//! The stage machine of a conversation: one table, seven stages by every trigger. Pure.
//!
//! The numbers are the rows of the specification, section 3.

use super::words::words;

words!(
    /// Where a conversation stands. Stage lives only here.
    Stage {
        New = "new" / "New",
        Suspended = "suspended" / "Suspended",
        WaitingOnUser = "waiting_on_user" / "Waiting on user",
        NeedsResponse = "needs_response" / "Needs response",
        Hold = "hold" / "Hold",
        Resolved = "resolved" / "Resolved",
        Archived = "archived" / "Archived",
    }
);

words!(
    /// The three groups of stages.
    Group { Open = "open" / "Open", InProgress = "in_progress" / "In progress", Closed = "closed" / "Closed" }
);

words!(
    /// Everything that may move a stage, or be refused by it.
    Trigger {
        CustomerWrites = "customer_writes" / "customer writes",
        Reply = "reply" / "reply",
        ReplyKeepHold = "reply_keep_hold" / "reply, keep on hold",
        ReplyAndWait = "reply_and_wait" / "reply, then wait",
        ExternalResponse = "external_response" / "log a response given elsewhere",
        Note = "note" / "note",
        Hold = "hold" / "hold",
        Unhold = "unhold" / "take off hold",
        Resolve = "resolve" / "resolve",
        Reopen = "reopen" / "reopen",
        Suspend = "suspend" / "suspend",
        Release = "release" / "release",
        ConfirmSpam = "confirm_spam" / "confirm spam",
        Archive = "archive" / "archive",
        NeedsResponse = "needs_response" / "mark needs response",
        Merge = "merge" / "merge",
        SilenceLimit = "silence_limit" / "silence limit",
        LastDependencyDone = "last_dependency_done" / "last dependency done",
        DependencyDone = "dependency_done" / "one of several done",
        DependencyReopened = "dependency_reopened" / "dependency reopened",
        CustomerEndsChat = "customer_ends_chat" / "customer ends the chat",
        VisitorDisconnects = "visitor_disconnects" / "visitor disconnects",
    }
);

words!(
    /// What an agent may ask of a conversation, by the names of the API.
    Action {
        Archive = "archive" / "archive",
        ConfirmSpam = "confirm_spam" / "confirm spam",
        ExternalResponse = "external_response" / "log a response",
        Hold = "hold" / "hold",
        Merge = "merge" / "merge",
        NeedsResponse = "needs_response" / "mark as needing a response",
        Note = "note" / "write a note",
        Release = "release" / "release",
        Reopen = "reopen" / "reopen",
        Reply = "reply" / "reply",
        Resolve = "resolve" / "resolve",
        Suspend = "suspend" / "suspend",
        Unhold = "unhold" / "take off hold",
    }
);

/// Who may pull a trigger in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Any agent who may work the queue.
    Agent,
    /// A manager or an admin.
    Lead,
}

/// One cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The stage changes.
    To(Stage, Who, u8),
    /// Accepted; the stage stays.
    Stay(u8),
    /// Accepted; a conversation of its own begins (row 42).
    BeginAnew(u8),
    /// 409 illegal_transition, no effect.
    Refused,
}

use Stage::{Archived, Hold, NeedsResponse, New, Resolved, Suspended, WaitingOnUser};
use Step::{BeginAnew, Refused, Stay};
use Who::{Agent, Lead};

const fn to(stage: Stage, row: u8) -> Step {
    Step::To(stage, Agent, row)
}

/// The rows of the specification that have no number of their own: notes change no stage.
const NOTE: Step = Stay(0);

/// THE TABLE. Columns: New, Suspended, Waiting on user, Needs response, Hold, Resolved, Archived.
const fn cells(trigger: Trigger) -> [Step; 7] {
    let no = Refused;
    match trigger {
        Trigger::CustomerWrites => [
            Stay(8),
            Stay(13),
            to(NeedsResponse, 17),
            Stay(25),
            to(NeedsResponse, 32),
            to(NeedsResponse, 37),
            BeginAnew(42),
        ],
        Trigger::Reply => {
            [to(WaitingOnUser, 6), no, Stay(18), to(WaitingOnUser, 22), to(WaitingOnUser, 30), Stay(39), no]
        }
        Trigger::ReplyKeepHold => [no, no, no, no, Stay(31), no, no],
        Trigger::ReplyAndWait => [no, no, no, no, no, to(WaitingOnUser, 39), no],
        Trigger::ExternalResponse => [to(WaitingOnUser, 7), no, no, to(WaitingOnUser, 23), no, no, no],
        Trigger::Note => [NOTE, NOTE, NOTE, NOTE, NOTE, NOTE, no],
        Trigger::Hold => [no, no, to(Hold, 16), to(Hold, 15), no, no, no],
        Trigger::Unhold => [no, no, no, no, to(NeedsResponse, 29), no, no],
        Trigger::Resolve => [to(Resolved, 9), no, to(Resolved, 20), to(Resolved, 24), to(Resolved, 33), no, no],
        Trigger::Reopen => [no, no, no, no, no, to(NeedsResponse, 38), no],
        Trigger::Suspend => {
            [to(Suspended, 5), no, Step::To(Suspended, Lead, 26), Step::To(Suspended, Lead, 26), no, no, no]
        }
        Trigger::Release => [no, to(New, 11), no, no, no, no, no],
        Trigger::ConfirmSpam => [no, to(Archived, 12), no, no, no, no, no],
        Trigger::Archive => [no, no, no, no, no, to(Archived, 40), no],
        Trigger::NeedsResponse => [no, no, to(NeedsResponse, 19), no, no, no, no],
        Trigger::Merge => {
            [to(Archived, 43), no, to(Archived, 43), to(Archived, 43), to(Archived, 43), to(Archived, 43), no]
        }
        Trigger::SilenceLimit => [no, no, to(Resolved, 21), no, no, no, no],
        Trigger::LastDependencyDone => [Stay(35), no, Stay(35), Stay(35), to(NeedsResponse, 27), no, no],
        Trigger::DependencyDone => [Stay(35), no, Stay(35), Stay(35), Stay(28), no, no],
        Trigger::DependencyReopened => [no, no, Stay(36), Stay(36), no, no, no],
        Trigger::CustomerEndsChat => {
            [to(Resolved, 44), no, to(Resolved, 44), to(Resolved, 44), to(Resolved, 44), no, no]
        }
        Trigger::VisitorDisconnects => [to(Resolved, 45), no, Stay(45), Stay(45), Stay(45), no, no],
    }
}

impl Stage {
    /// What the table says of this stage and a trigger.
    pub const fn on(self, trigger: Trigger) -> Step {
        let [new, suspended, waiting, needs, hold, resolved, archived] = cells(trigger);
        match self {
            New => new,
            Suspended => suspended,
            WaitingOnUser => waiting,
            NeedsResponse => needs,
            Hold => hold,
            Resolved => resolved,
            Archived => archived,
        }
    }

    /// Open, In progress or Closed.
    pub const fn group(self) -> Group {
        match self {
            New | Suspended => Group::Open,
            WaitingOnUser | NeedsResponse | Hold => Group::InProgress,
            Resolved | Archived => Group::Closed,
        }
    }

    /// The Reply button shows exactly on New and Needs response: an answer is owed.
    pub const fn owes_reply(self) -> bool {
        matches!(self, New | NeedsResponse)
    }

    /// Resolved or Archived.
    pub const fn is_closed(self) -> bool {
        matches!(self, Resolved | Archived)
    }

    /// What the stage allows to any role, sorted by name.
    pub fn allowed(self) -> Vec<Action> {
        Action::ALL.iter().copied().filter(|action| self.on(action.trigger()) != Refused).collect()
    }

    /// Whether the stage allows an action to anybody.
    pub fn allows(self, action: Action) -> bool {
        self.on(action.trigger()) != Refused
    }
}

impl Action {
    /// The trigger an action pulls when nothing else is said.
    pub const fn trigger(self) -> Trigger {
        match self {
            Action::Archive => Trigger::Archive,
            Action::ConfirmSpam => Trigger::ConfirmSpam,
            Action::ExternalResponse => Trigger::ExternalResponse,
            Action::Hold => Trigger::Hold,
            Action::Merge => Trigger::Merge,
            Action::NeedsResponse => Trigger::NeedsResponse,
            Action::Note => Trigger::Note,
            Action::Release => Trigger::Release,
            Action::Reopen => Trigger::Reopen,
            Action::Reply => Trigger::Reply,
            Action::Resolve => Trigger::Resolve,
            Action::Suspend => Trigger::Suspend,
            Action::Unhold => Trigger::Unhold,
        }
    }
}

/// The whole table as text, for the snapshot that guards it.
pub fn table() -> String {
    let mut text = String::new();
    for &trigger in Trigger::ALL {
        for &stage in Stage::ALL {
            let cell = match stage.on(trigger) {
                Step::To(next, Agent, row) => format!("{next} (row {row})"),
                Step::To(next, Lead, row) => format!("{next}, lead only (row {row})"),
                Stay(0) => "stays".to_owned(),
                Stay(row) => format!("stays (row {row})"),
                BeginAnew(row) => format!("a new conversation (row {row})"),
                Refused => "refused".to_owned(),
            };
            text.push_str(&format!("{trigger:>20} | {stage:<15} | {cell}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_that_was_agreed() {
        let agreed = include_str!("stage.table.txt");
        assert!(table() == agreed, "the stage table changed; if that is meant, store this:\n{}", table());
    }

    #[test]
    fn archived_accepts_nothing_from_an_agent() {
        assert_eq!(Stage::Archived.allowed(), vec![]);
        assert_eq!(Stage::Suspended.allowed(), vec![Action::ConfirmSpam, Action::Note, Action::Release]);
    }

    #[test]
    fn words_are_read_in_any_spelling() {
        assert_eq!("Waiting on user".parse(), Ok(Stage::WaitingOnUser));
        assert_eq!("NEEDS_RESPONSE".parse(), Ok(Stage::NeedsResponse));
        assert_eq!("needsresponse".parse(), Ok(Stage::NeedsResponse));
        assert_eq!("x".parse::<Stage>(), Err(crate::domain::words::Unknown));
    }
}
