//! Merge: row 43.

use chrono::{DateTime, Utc};

use super::super::change::Change;
use super::super::fact::FactKind;
use super::super::people::Agent;
use super::super::refused::Refused;
use super::super::stage::{Action, Stage, Trigger};
use super::super::state::CloseCode;
use super::Conversation;

impl Conversation {
    /// Merges this conversation into another of the same person. Both change: (this one, the other).
    pub fn merge(
        self,
        into: Conversation,
        by: &Agent,
        first: &str,
        at: DateTime<Utc>,
    ) -> Result<(Change, Change), Refused> {
        let step = self.step(Trigger::Merge, Action::Merge, by)?;
        let same = (self.contact.is_some() && self.contact == into.contact)
            || (self.profile.is_some() && self.profile == into.profile);
        if self.id == into.id || !same {
            return Err(Refused::invalid("into", "Choose another conversation of the same person."));
        }
        if into.stage.is_closed() || into.stage == Stage::Suspended {
            return Err(Refused::invalid("into", "Choose a conversation that is open."));
        }
        let (owed, since) = (self.stage.owes_reply(), self.unanswered_since);
        let (source, target) = (self.id, into.id);

        let mut gone = self.changed_by(by, at);
        gone.close_by_system(CloseCode::Merged, "Merged", first);
        gone.follow(step);
        gone.conversation.merged_into = Some(target);
        gone.conversation.unanswered_since = None;
        gone.log.push(gone.log.fact(FactKind::Merged).change(Some(&source.to_string()), Some(&target.to_string())));

        let mut kept = into.changed_by(by, at);
        kept.log.push(kept.log.fact(FactKind::Merged).change(Some(&source.to_string()), Some(&target.to_string())));
        if owed {
            if matches!(kept.conversation.stage, Stage::WaitingOnUser | Stage::Hold) {
                kept.go(Stage::NeedsResponse, 43);
            }
            let oldest = [kept.conversation.unanswered_since, since].into_iter().flatten().min();
            kept.conversation.unanswered_since = oldest;
        }
        Ok((gone.done(), kept.done()))
    }
}
