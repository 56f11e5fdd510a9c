//! Visitors of the chat widget: what they write, what they see, and how it is known that they are gone. A visitor reaches
//! the conversations of their own channel profile and no others.

mod line;
mod staying;
mod threads;
mod words;

use super::{Desk, Done, Error};
use crate::domain::{Channel, Refused};
use crate::store::people::Profile;
use crate::store::visitors::identifier;
use crate::store::{Conn, people};

pub use crate::store::visitors::Kept;
pub use line::Line;
pub use threads::Thread;
pub use words::{Place, Words};

/// What the names we give begin with; nobody may sign such a one.
const GIVEN: &str = "visitor ";

/// Somebody at the widget of a channel.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub channel: Channel,
    pub who: Who,
}

/// How a visitor is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By a secret of ours, as its hash.
    Holder(String),
    /// By the site, which signed who they are.
    Named(String),
}

impl Who {
    /// Somebody the site has signed, by the normal form of their id.
    pub fn named(id: &str) -> Result<Who, Refused> {
        let identifier = super::people::identify(id)?;
        if identifier.to_lowercase().starts_with(GIVEN) {
            return Err(Refused::BadIdentifier(identifier.chars().take(80).collect()));
        }
        Ok(Who::Named(identifier))
    }
}

/// The profile under which a visitor writes; None as long as they have written nothing.
fn profile(conn: &mut Conn, visitor: &Visitor) -> Done<Option<Profile>> {
    let named = match &visitor.who {
        Who::Named(identifier) => Some(identifier.clone()),
        Who::Holder(hash) => identifier(conn, visitor.channel.id, hash)?,
    };
    match named {
        Some(identifier) => Ok(people::profile(conn, visitor.channel.id, &identifier)?),
        None => Ok(None),
    }
}

/// The same, where there is nothing to do without one.
fn own_profile(conn: &mut Conn, visitor: &Visitor) -> Done<Profile> {
    profile(conn, visitor)?.ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_can_sign_the_name_of_another_visitor() {
        assert!(Who::named("Visitor 12AB34CD56").is_err());
        assert!(Who::named("VISITOR 12AB34CD56").is_err());
        assert!(Who::named("").is_err());
        assert_eq!(Who::named("Ann@Acme.example"), Ok(Who::Named("ann@acme.example".to_owned())));
    }
}
