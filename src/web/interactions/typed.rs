//! What the form of a record was sent with. Only what its writer changed is written: each field comes with what it held
//! when the page was made, so that a colleague's change of another field is not undone.

use serde::Deserialize;

use super::page::Fields;
use crate::desk::assignment::Target;
use crate::desk::interactions::Edit;
use crate::desk::saving::{Saving, Step};
use crate::domain::people::OpenedFor;
use crate::domain::state::CloseCode;
use crate::domain::{ContactId, InteractionId, Refused};

/// The fields of `POST /interactions/{n}`. A field that was not sent is left as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    #[serde(rename = "do")]
    verb: String,
    version: String,
    /// The tab the form stands on.
    pub tab: String,
    short_description: Option<String>,
    opened_for: Option<String>,
    assigned_to: Option<String>,
    queue: Option<String>,
    work_note: Option<String>,
    was_short_description: Option<String>,
    was_opened_for: Option<String>,
    was_assigned_to: Option<String>,
    was_queue: Option<String>,
    /// The last fact there was when the page was made.
    seen: String,
}

impl Typed {
    /// What the page was based on. One that is no number is older than everything.
    pub fn version(&self) -> Option<i64> {
        Some(self.version.trim()).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(0))
    }

    /// What is to be saved, beside what the record holds now.
    pub fn saving(&self, known: &Fields) -> Result<Saving, Refused> {
        let then = match self.verb.as_str() {
            "" | "save" => None,
            "take" | "start" => Some(Step::Take),
            "hold" => Some(Step::Hold),
            "resume" => Some(Step::Resume),
            "complete" => Some(Step::Close(CloseCode::Complete)),
            "abandon" => Some(Step::Close(CloseCode::Abandoned)),
            other => return Err(Refused::invalid("do", format!("“{}” cannot be done here.", excerpt(other)))),
        };
        let moves = matches!(then, Some(Step::Take | Step::Hold | Step::Resume));
        let edit = if moves && !self.writes(known) { None } else { Some(self.edit(known)?) };
        Ok(Saving { edit, to: self.targets(known), then })
    }

    /// Whether anything stands in the form that is not stored yet.
    fn writes(&self, known: &Fields) -> bool {
        let text = self.short_description.as_deref().unwrap_or_default().trim();
        text != known.short_description
            || self.work_note.as_deref().is_some_and(|note| !note.trim().is_empty())
            || changed(&self.opened_for, &self.was_opened_for, &known.opened_for).is_some()
    }

    fn edit(&self, known: &Fields) -> Result<Edit, Refused> {
        let opened_for = changed(&self.opened_for, &self.was_opened_for, &known.opened_for);
        let opened_for = match opened_for {
            None => None,
            Some("") => Some(OpenedFor::Nobody),
            Some(id) => {
                let id = id.parse().map_err(|_| Refused::invalid("opened_for", "No such contact."))?;
                Some(OpenedFor::Contact(ContactId(id)))
            }
        };
        Ok(Edit {
            short_description: self.short_description.clone(),
            opened_for,
            work_note: self.work_note.clone().filter(|note| !note.trim().is_empty()),
        })
    }

    /// A queue first, then the agent; nobody means back to its queue.
    fn targets(&self, known: &Fields) -> Vec<Target> {
        let agent = changed(&self.assigned_to, &self.was_assigned_to, &known.assigned_to);
        let queue = changed(&self.queue, &self.was_queue, &known.queue).filter(|queue| !queue.is_empty());
        let queue = match (queue, agent) {
            (Some(queue), _) => Some(queue),
            (None, Some("")) => Some(known.queue.as_str()),
            (None, _) => None,
        };
        let queue = queue.map(|queue| Target::Queue(queue.to_owned()));
        let agent = agent.filter(|agent| !agent.is_empty()).map(|agent| Target::Agent(agent.to_owned()));
        queue.into_iter().chain(agent).collect()
    }

    /// What stands in the fields of a form that comes back: what was typed, and what is newer where nothing was.
    pub fn over(&self, known: &Fields) -> Fields {
        let kept = |typed: &Option<String>, was: &Option<String>, now: &str| {
            changed(typed, was, now).unwrap_or(now).to_owned()
        };
        Fields {
            short_description: match (&self.short_description, &self.was_short_description) {
                (Some(typed), Some(was)) if typed == was => known.short_description.clone(),
                (Some(typed), _) => typed.clone(),
                (None, _) => known.short_description.clone(),
            },
            opened_for: kept(&self.opened_for, &self.was_opened_for, &known.opened_for),
            guest_name: known.guest_name.clone(),
            assigned_to: kept(&self.assigned_to, &self.was_assigned_to, &known.assigned_to),
            queue: kept(&self.queue, &self.was_queue, &known.queue),
            work_note: self.work_note.clone().unwrap_or_default(),
            seen: known.seen,
        }
    }

    /// The last fact its writer knew of.
    pub fn seen(&self) -> Option<i64> {
        self.seen.trim().parse().ok()
    }

    /// The fields that its writer and somebody else have both written, each with what it holds now.
    pub fn crossed<'a>(&self, known: &'a Fields) -> Vec<(&'static str, &'a str)> {
        let fields = [
            ("short_description", &self.short_description, &self.was_short_description, &known.short_description),
            ("opened_for", &self.opened_for, &self.was_opened_for, &known.opened_for),
            ("assigned_to", &self.assigned_to, &self.was_assigned_to, &known.assigned_to),
            ("queue", &self.queue, &self.was_queue, &known.queue),
        ];
        let both = fields.into_iter().filter(|(_, typed, was, now)| {
            let theirs = was.as_ref().is_some_and(|was| was.trim() != now.as_str());
            theirs && changed(typed, was, now).is_some()
        });
        both.map(|(field, _, _, now)| (field, now.as_str())).collect()
    }

    /// What the next page says.
    pub fn said(&self, id: InteractionId) -> String {
        match self.verb.as_str() {
            "take" | "start" => format!("You have {id}."),
            "hold" => format!("{id} is on hold."),
            "resume" => format!("{id} is in progress again."),
            "complete" => format!("{id} is closed as complete."),
            "abandon" => format!("{id} is closed as abandoned."),
            _ => format!("{id} is saved."),
        }
    }
}

/// What somebody put into a field: another value than it held when the page was made, and than it holds now.
fn changed<'a>(typed: &'a Option<String>, was: &Option<String>, now: &str) -> Option<&'a str> {
    let typed = typed.as_deref()?.trim();
    let untouched = was.as_ref().is_some_and(|was| was.trim() == typed);
    if untouched || typed == now { None } else { Some(typed) }
}

fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}
