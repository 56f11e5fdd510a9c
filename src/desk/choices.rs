//! The words that forms offer: resolutions, and tags.

use super::{Desk, Done, Error};
use crate::domain::Refused;
use crate::domain::tag::{TAG_LIMIT, is_system};
use crate::store::choices as stored;
pub use crate::store::choices::{Choice, List};

/// Resolutions that the house itself gives.
const GIVEN: [&str; 5] = ["Merged", "No response", "Abandoned", "Ended by customer", "Spam"];

impl Desk {
    /// The resolutions in their order, with how often each was given.
    pub fn resolutions(&self) -> Done<Vec<Choice>> {
        self.db.read(|conn| Ok(stored::resolutions(conn)?))
    }

    /// The tags that are offered, and those that are used besides.
    pub fn offered_tags(&self) -> Done<(Vec<Choice>, Vec<Choice>)> {
        let (offered, mut besides) = self.db.read(|conn| Ok::<_, Error>(stored::tags(conn)?))?;
        besides.retain(|tag| !is_system(&tag.name));
        Ok((offered, besides))
    }

    /// Adds a word at the end.
    pub fn add_choice(&self, list: List, name: &str) -> Done<String> {
        let name = word(list, name)?;
        let kept = name.clone();
        let added = self.noted(list.added(), name.clone(), move |tx| {
            stored::add(tx.conn, list, &kept).map_err(|error| taken(list, error))
        });
        self.directory_changed();
        added.map(|()| name)
    }

    /// Gives a word another name. What carries the old one keeps it.
    pub fn rename_choice(&self, list: List, name: &str, to: &str) -> Done<String> {
        let to = word(list, to)?;
        given(list, name)?;
        let (name, kept) = (name.to_owned(), to.clone());
        let renamed = self.noted(list.renamed(), format!("{name} to {to}"), move |tx| {
            stored::rename(tx.conn, list, &name, &kept).map_err(|error| taken(list, error))
        });
        self.directory_changed();
        renamed.map(|()| to)
    }

    /// Moves a word to a place, the first being 1.
    pub fn move_choice(&self, list: List, name: &str, place: usize) -> Done<()> {
        let name = name.to_owned();
        let moved = self.db.write(move |tx| {
            let mut names: Vec<String> = match list {
                List::Resolutions => stored::resolutions(tx.conn)?.into_iter().map(|choice| choice.name).collect(),
                List::Tags => stored::offered(tx.conn)?,
            };
            let at = names.iter().position(|known| *known == name).ok_or(Error::NotFound)?;
            let word = names.remove(at);
            names.insert(place.saturating_sub(1).min(names.len()), word);
            Ok::<_, Error>(stored::order(tx.conn, list, &names)?)
        });
        self.directory_changed();
        moved
    }

    /// Takes a word away. What carries it keeps it.
    pub fn remove_choice(&self, list: List, name: &str) -> Done<()> {
        given(list, name)?;
        let gone = name.to_owned();
        let removed = self.noted(list.removed(), name, move |tx| Ok(stored::remove(tx.conn, list, &gone)?));
        self.directory_changed();
        removed
    }
}

/// Whether the house itself gives this resolution: it stays as it is.
pub fn is_given(name: &str) -> bool {
    GIVEN.contains(&name)
}

fn given(list: List, name: &str) -> Result<(), Refused> {
    match list {
        List::Resolutions if is_given(name) => Err(Refused::InUse("Switchboard itself gives this resolution.")),
        List::Resolutions | List::Tags => Ok(()),
    }
}

fn word(list: List, name: &str) -> Result<String, Refused> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > TAG_LIMIT {
        return Err(Refused::invalid("name", "Write a name of at most 60 characters."));
    }
    if list == List::Tags && is_system(&name) {
        return Err(Refused::invalid("name", format!("{name} is set by the system.")));
    }
    Ok(name)
}

fn taken(list: List, error: crate::store::Error) -> Error {
    if !error.is_unique_violation() {
        return error.into();
    }
    let what = match list {
        List::Resolutions => "There is such a resolution already.",
        List::Tags => "This tag is offered already.",
    };
    Refused::invalid("name", what).into()
}

impl List {
    const fn added(self) -> &'static str {
        match self {
            List::Resolutions => "resolution added",
            List::Tags => "tag offered",
        }
    }

    const fn renamed(self) -> &'static str {
        match self {
            List::Resolutions => "resolution renamed",
            List::Tags => "offered tag renamed",
        }
    }

    const fn removed(self) -> &'static str {
        match self {
            List::Resolutions => "resolution removed",
            List::Tags => "tag no longer offered",
        }
    }
}
