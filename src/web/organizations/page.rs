//! What the pages of organizations show.

use askama::Template;

use crate::desk::contacts::Listed;
use crate::desk::organizations::ListedOrganization;
use crate::domain::custom_field::FieldKind;
use crate::domain::row::NamedAgent;
use crate::domain::{ContactId, OrganizationId};
use crate::web::chrome::Chrome;
use crate::web::conversations::forms::Problem;
use crate::web::fields::{FieldInput, FieldLine};
use crate::web::interactions::page::AlsoOpen;
use crate::web::{assets, filters};

/// `/organizations?q=`: organizations by name.
#[derive(Template)]
#[template(path = "organizations/index.html")]
pub struct OrganizationsPage {
    pub chrome: Chrome,
    pub organizations: Vec<ListedOrganization>,
    /// The last name and its id, where more follow.
    pub next: Option<(String, OrganizationId)>,
    /// What was sought: part of a name, or the beginning of a domain.
    pub q: String,
}

/// `/organizations/{id}`.
#[derive(Template)]
#[template(path = "organizations/show.html")]
pub struct OrganizationPage {
    pub chrome: Chrome,
    pub id: i64,
    pub version: i64,
    pub name: String,
    /// Mail domains that are theirs.
    pub domains: Vec<String>,
    /// Known to us: its people come before strangers.
    pub existing: bool,
    pub owner: Option<NamedAgent>,
    pub fields: Vec<FieldLine>,
    pub people: Vec<Listed>,
    /// The last person and their id, where more follow.
    pub next: Option<(String, ContactId)>,
    pub conversations: Vec<AlsoOpen>,
    /// The latest that are over.
    pub closed: Vec<AlsoOpen>,
}

/// `/organizations/new` and `/organizations/{id}/edit`: fields `csrf`, `version`, `name`, `domains` (by commas),
/// `default_owner` (an e-mail address), `existing`.
#[derive(Template)]
#[template(path = "organizations/form.html")]
pub struct OrganizationFormPage {
    pub chrome: Chrome,
    /// Where the form goes.
    pub action: String,
    /// Where one goes who does not want to.
    pub back: String,
    pub heading: String,
    pub fields: super::card::Typed,
    /// Fields of the house's own.
    pub inputs: Vec<FieldInput>,
    /// Who may be the owner.
    pub agents: Vec<NamedAgent>,
    pub problem: Option<Problem>,
}
