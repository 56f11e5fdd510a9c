//! Set-up: what admins, and where it is sensible managers, decide about the house. A section is a line of [`SECTIONS`]
//! and a file of its own.

mod blocked;
mod canned;
mod channels;
mod choices;
mod fields;
pub mod page;
mod rules;
mod security;
mod trying;

pub use trying::tried;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};

use super::Error;
use super::chrome::Chrome;
use super::page::{Page, Place, goes};
use crate::domain::{Agent, Role};

/// A part of the set-up: a line of the list at the side.
pub struct Section {
    /// What stands after `/settings/`.
    pub key: &'static str,
    pub label: &'static str,
    pub icon: &'static str,
    /// Who may.
    open_to: OpenTo,
}

/// Who may open a part of the set-up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenTo {
    Admins,
    /// And admins.
    Managers,
    Everybody,
}

/// The sections in their order.
const SECTIONS: &[Section] = &[
    Section { key: "channels", label: "Channels", icon: "message-square-text", open_to: OpenTo::Admins },
    Section { key: "rules", label: "Rules", icon: "split", open_to: OpenTo::Admins },
    Section { key: "fields", label: "Fields", icon: "list-filter", open_to: OpenTo::Admins },
    Section { key: "blocked", label: "Blocked senders", icon: "ban", open_to: OpenTo::Managers },
    Section { key: "canned", label: "Canned responses", icon: "zap", open_to: OpenTo::Everybody },
    Section { key: "tags", label: "Tags", icon: "tag", open_to: OpenTo::Managers },
    Section { key: "resolutions", label: "Resolutions", icon: "circle-check", open_to: OpenTo::Admins },
    Section { key: "security", label: "Security", icon: "shield-check", open_to: OpenTo::Admins },
];

/// The list at the side of a page of the set-up.
pub struct Sections {
    /// The key of the section that is open.
    pub current: &'static str,
    role: Role,
}

impl Sections {
    /// The sections this person may open.
    pub(in crate::web) fn shown(&self) -> impl Iterator<Item = &'static Section> {
        let role = self.role;
        SECTIONS.iter().filter(move |section| section.is_for(role))
    }
}

impl Section {
    fn is_for(&self, role: Role) -> bool {
        match self.open_to {
            OpenTo::Admins => role == Role::Admin,
            OpenTo::Managers => role.leads(),
            OpenTo::Everybody => true,
        }
    }
}

/// Lets an agent into a section: what stands around its pages.
pub(in crate::web) fn enter(page: &Page, section: &'static str) -> Result<(Chrome, Sections), Error> {
    may_enter(&page.me, section)?;
    let chrome = page.chrome(Place { current: "settings", ..Place::default() })?;
    Ok((chrome, Sections { current: section, role: page.me.role }))
}

/// Whether an agent may change a section; asked before anything else.
pub(in crate::web) fn may_enter(me: &Agent, section: &str) -> Result<(), Error> {
    let known = SECTIONS.iter().find(|one| one.key == section);
    match known.filter(|one| one.is_for(me.role)) {
        Some(_) => Ok(()),
        None => Err(Error::Forbidden("Only an admin can change the set-up.".to_owned())),
    }
}

/// Whether there is anything here for a role.
pub(in crate::web) fn is_open_to(role: Role) -> bool {
    SECTIONS.iter().any(|section| section.is_for(role))
}

/// Every address of the set-up.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/settings").get(first))
        .configure(channels::routes)
        .configure(rules::routes)
        .configure(fields::routes)
        .configure(blocked::routes)
        .configure(canned::routes)
        .configure(choices::routes)
        .configure(security::routes);
}

/// `GET /settings`: the first section this person may open.
async fn first(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| {
        let first = SECTIONS.iter().find(|section| section.is_for(page.me.role));
        match first {
            Some(section) => goes(format!("/settings/{}", section.key)),
            None => Err(Error::Forbidden("Only an admin can change the set-up.".to_owned())),
        }
    })
    .await
}
