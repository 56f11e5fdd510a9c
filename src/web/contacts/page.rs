//! What the contact page shows: `/contacts/{id}`, `/contacts/new`, and linking a channel profile to a person.

use askama::Template;

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
    /// "New contact", "Change Priya Raman".
    pub heading: String,
    pub name: String,
    pub emails: String,
    pub phones: String,
    pub organization: String,
    /// Names to choose from.
    pub organizations: Vec<String>,
    pub problem: Option<Problem>,
}

/// `/interactions/{n}/contact`: whose this channel profile is. Fields `csrf`, `contact` (an id), or `name` for a new one.
#[derive(Template)]
#[template(path = "contacts/link.html")]
pub struct LinkContactPage {
    pub chrome: Chrome,
    pub action: String,
    /// The address they write from.
    pub identifier: String,
    /// Candidates first: id, name, a word about them.
    pub contacts: Vec<(String, String, String)>,
    pub name: String,
    pub problem: Option<Problem>,
}
