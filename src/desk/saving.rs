//! The record page saves all it shows in one transaction: fields, who has it, and the step that was pressed.

use super::assignment::{Edition, Target, send, take};
use super::interactions::{Edit, alone, write};
use super::{Desk, Done, seen_interaction};
use crate::domain::state::CloseCode;
use crate::domain::{Agent, Interaction, InteractionId};

/// What the page was sent with.
#[derive(Debug, Clone, Default)]
pub struct Saving {
    /// The fields, where they are to be written.
    pub edit: Option<Edit>,
    /// Where it goes, one after the other.
    pub to: Vec<Target>,
    pub then: Option<Step>,
}

/// What a person does with a record besides writing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Takes it, and starts.
    Take,
    /// On hold; only without a conversation, like all that follow.
    Hold,
    Resume,
    Close(CloseCode),
}

impl Desk {
    /// Saves a record whole or not at all. `version` is what the page was based on.
    pub fn save_record(
        &self,
        by: &Agent,
        id: InteractionId,
        saving: Saving,
        version: Option<i64>,
    ) -> Done<Interaction> {
        let (by, clock, limits) = (by.clone(), self.clock.clone(), self.limits);
        self.db.write(move |tx| {
            let mut edition = Edition { by: &by, id, version, now: clock.now(), limits: &limits };
            let mut saved = None;
            if let Some(edit) = &saving.edit {
                saved = Some(write(tx, &edition, edit)?);
                edition.version = None;
            }
            for target in &saving.to {
                saved = Some(send(tx, &edition, target)?);
                edition.version = None;
            }
            match saving.then {
                // Taking is never stale: the second of two is told who has it.
                Some(Step::Take) => saved = Some(take(tx, &Edition { version: None, ..edition })?),
                Some(Step::Hold) => saved = Some(alone(tx, &edition, &|one, _, log| one.hold_alone(log))?),
                Some(Step::Resume) => saved = Some(alone(tx, &edition, &|one, _, log| one.unhold_alone(log))?),
                Some(Step::Close(code)) => {
                    saved = Some(alone(tx, &edition, &|one, by, log| one.close_alone(by, None, code, log))?);
                }
                None => {}
            }
            saved.map_or_else(|| seen_interaction(tx.conn, &by, id), Ok)
        })
    }
}
