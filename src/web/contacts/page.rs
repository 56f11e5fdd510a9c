//! What the contact page shows: `/contacts/{id}`, `/contacts/new`, and linking a channel profile to a person.

use askama::Template;
use chrono::{DateTime, Utc};

use super::profiles::Address;
use crate::desk::contacts::Listed;
use crate::domain::custom_field::FieldKind;
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::row::NamedAgent;
use crate::web::chrome::Chrome;
use crate::web::conversations::forms::Problem;
use crate::web::conversations::page::{PastInteraction, Person};
use crate::web::fields::{FieldInput, FieldLine};
use crate::web::interactions::page::AlsoOpen;
use crate::web::{assets, filters};

/// `/contacts/{id}`.
#[derive(Template)]
#[template(path = "contacts/show.html")]
pub struct ContactPage {
    pub chrome: Chrome,
    pub id: i64,
    pub version: i64,
    pub person: Person,
    pub fields: Vec<FieldLine>,
    /// Where they write from.
    pub profiles: Vec<LinkedProfile>,
    /// Slug and name of each channel.
    pub channels: Vec<(String, String)>,
    /// The address that is to be linked, as it was typed.
    pub address: Address,
    pub problem: Option<Problem>,
    pub conversations: Vec<AlsoOpen>,
    /// The latest that are over.
    pub closed: Vec<AlsoOpen>,
    /// Newest first.
    pub interactions: Vec<PastInteraction>,
    /// The page of earlier ones goes on before this one.
    pub earlier: Option<InteractionId>,
    /// Who was merged into them, when and by whom.
    pub merged: Vec<MergedContact>,
}

/// Another record of the same person, that was.
pub struct MergedContact {
    pub name: String,
    pub at: DateTime<Utc>,
    pub by: Option<NamedAgent>,
}

/// `/contacts/{id}/merge`: fields `csrf`, `version`, `into` (an id); `do=find` only looks who answers to `called`.
#[derive(Template)]
#[template(path = "contacts/merge.html")]
pub struct MergeContactsPage {
    pub chrome: Chrome,
    pub id: i64,
    pub version: i64,
    /// Who is merged.
    pub name: String,
    /// Who may be the same person.
    pub choices: Vec<Choice>,
    /// The one that was chosen.
    pub into: String,
    pub called: String,
    pub problem: Option<Problem>,
}

/// A channel profile of a contact.
pub struct LinkedProfile {
    pub id: i64,
    pub version: i64,
    pub icon: &'static str,
    pub identifier: String,
    pub channel: String,
    /// Who said so; none where it was matched by its address.
    pub by: Option<NamedAgent>,
    pub blocked: bool,
}

/// `/contacts/new` and `/contacts/{id}/edit`: fields `csrf`, `name`, `emails`, `phones` (by commas), `badge`, `organization` (a name).
#[derive(Template)]
#[template(path = "contacts/form.html")]
pub struct ContactFormPage {
    pub chrome: Chrome,
    /// Where the form goes.
    pub action: String,
    /// Where one goes who does not want to.
    pub back: String,
    /// "New contact", "Change Priya Raman".
    pub heading: String,
    /// What a change is based on; empty for a new one.
    pub version: String,
    pub name: String,
    pub emails: String,
    pub phones: String,
    pub badge: String,
    pub organization: String,
    /// Names to choose from.
    pub organizations: Vec<String>,
    /// Fields of the house's own.
    pub inputs: Vec<FieldInput>,
    pub problem: Option<Problem>,
}

/// `/interactions/{n}/contact` and `/profiles/{id}/contact`: whose this channel profile is. Fields `csrf`, `version` (of the
/// profile), `contact` (an id, or `nobody`), or `called` (a name or address of somebody on record), or `name` for a new one;
/// `do=find` only looks; `back` is where one came from.
#[derive(Template)]
#[template(path = "contacts/link.html")]
pub struct LinkContactPage {
    pub chrome: Chrome,
    pub action: String,
    /// Where one goes who does not want to.
    pub back: String,
    /// The address they write from, or what they are called.
    pub identifier: String,
    pub version: String,
    /// So many have this address, and nobody has said which one it is.
    pub several: usize,
    /// It can be said that it is nobody on record.
    pub may_be_nobody: bool,
    /// Who it may be.
    pub contacts: Vec<Choice>,
    /// The one that was chosen.
    pub contact: String,
    /// A name, an e-mail address or a phone number of somebody on record.
    pub called: String,
    pub name: String,
    pub problem: Option<Problem>,
}

/// Somebody on record whom it may be: id, name, a word about them.
pub struct Choice {
    pub id: String,
    pub name: String,
    pub word: String,
}

/// `/contacts?q=`: people by name.
#[derive(Template)]
#[template(path = "contacts/index.html")]
pub struct ContactsPage {
    pub chrome: Chrome,
    pub people: Vec<Listed>,
    /// The last name and its id, where more follow.
    pub next: Option<(String, ContactId)>,
    /// What was sought: part of a name, or the beginning of an address.
    pub q: String,
}
