//! What the contact page shows: `/contacts/{id}`, `/contacts/new`, and linking a channel profile to a person.

use askama::Template;

use crate::desk::contacts::Listed;
use crate::domain::ids::ContactId;
use crate::web::chrome::Chrome;
use crate::web::conversations::forms::Problem;
use crate::web::conversations::page::{PastInteraction, Person};
use crate::web::interactions::page::AlsoOpen;
use crate::web::{assets, filters};

/// `/contacts/{id}`.
#[derive(Template)]
#[template(path = "contacts/show.html")]
pub struct ContactPage {
    pub chrome: Chrome,
    pub id: i64,
    pub person: Person,
    pub conversations: Vec<AlsoOpen>,
    /// Newest first.
    pub interactions: Vec<PastInteraction>,
}

/// `/contacts/new` and `/contacts/{id}/edit`: fields `csrf`, `name`, `emails`, `phones` (by commas), `organization` (a name).
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
    pub organization: String,
    /// Names to choose from.
    pub organizations: Vec<String>,
    pub problem: Option<Problem>,
}

/// `/interactions/{n}/contact`: whose this channel profile is. Fields `csrf`, `contact` (an id), or `called` (a name or
/// address of somebody on record), or `name` for a new one; `do=find` only looks; `back` is where one came from.
#[derive(Template)]
#[template(path = "contacts/link.html")]
pub struct LinkContactPage {
    pub chrome: Chrome,
    pub action: String,
    /// Where one goes who does not want to.
    pub back: String,
    /// The address they write from, or what they are called.
    pub identifier: String,
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

/// `/organizations/{id}`.
#[derive(Template)]
#[template(path = "contacts/organization.html")]
pub struct OrganizationPage {
    pub chrome: Chrome,
    pub name: String,
    /// Mail domains that are theirs.
    pub domains: Vec<String>,
    pub people: Vec<Listed>,
    pub conversations: Vec<AlsoOpen>,
}
