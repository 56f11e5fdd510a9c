//! Who writes: the person behind the channel profile of a conversation.

use chrono::{DateTime, Utc};

use super::super::change::Change;
use super::super::fact::FactKind;
use super::super::ids::{ContactId, OrganizationId};
use super::super::people::{Actor, OpenedFor};
use super::Conversation;

/// Whose a channel profile is from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whose {
    /// None: nobody on record.
    pub contact: Option<ContactId>,
    pub name: String,
    /// Their organization, and whether we know that one.
    pub organization: Option<(OrganizationId, bool)>,
    /// The organization that came with whoever it was before.
    pub before: Option<OrganizationId>,
}

impl Conversation {
    /// Its sender is this person, whatever its stage. An open one has its interaction opened for them, and their
    /// organization becomes its own where it has none, or only had that of whoever was meant before; the rank follows.
    pub fn is_from(self, actor: Actor, whose: &Whose, at: DateTime<Utc>) -> Change {
        let mut change = self.change(actor, at);
        let before = change.conversation.contact;
        let known =
            whose.contact.map(OpenedFor::Contact).is_none_or(|who| who == change.conversation.interaction.opened_for);
        if before != whose.contact || !known {
            change.linked(before, whose);
        }
        change.conversation.contact = whose.contact;
        if change.conversation.stage.is_closed() {
            return change.done();
        }
        let opened_for = &mut change.conversation.interaction.opened_for;
        match (whose.contact, before) {
            (Some(contact), _) => *opened_for = OpenedFor::Contact(contact),
            (None, Some(before)) if *opened_for == OpenedFor::Contact(before) => *opened_for = OpenedFor::Nobody,
            (None, _) => {}
        }
        change.goes_with(whose);
        change.done()
    }

    /// Its person is called otherwise now.
    pub fn person_renamed(self, actor: Actor, from: &str, to: &str, at: DateTime<Utc>) -> Change {
        let mut change = self.change(actor, at);
        let fact = change.log.fact(FactKind::ConversationChanged).change(Some(from), Some(to));
        change.log.push(fact.with("field", "who"));
        change.done()
    }

    /// Two records of one person became one: what was the one's is the other's.
    pub fn person_merged(self, actor: Actor, from: ContactId, into: &Whose, at: DateTime<Utc>) -> Change {
        let mut change = self.change(actor, at);
        let Some(contact) = into.contact else { return change.done() };
        change.linked(Some(from), into);
        if change.conversation.contact == Some(from) {
            change.conversation.contact = Some(contact);
            if !change.conversation.stage.is_closed() {
                change.goes_with(into);
            }
        }
        if change.conversation.interaction.opened_for == OpenedFor::Contact(from) {
            change.conversation.interaction.opened_for = OpenedFor::Contact(contact);
        }
        change.done()
    }
}

impl Change {
    /// Its sender was said to be nobody on record: an interaction that begins with it is opened for nobody.
    #[must_use]
    pub fn from_nobody(mut self) -> Self {
        let interaction = &mut self.conversation.interaction;
        let begins = self.log.facts.iter().any(|fact| fact.kind == FactKind::InteractionOpened);
        if begins && matches!(interaction.opened_for, OpenedFor::Contact(_)) {
            interaction.opened_for = OpenedFor::Nobody;
        }
        self
    }

    fn linked(&mut self, before: Option<ContactId>, whose: &Whose) {
        let id = |contact: Option<ContactId>| contact.map(|id| id.to_string());
        let fact = self.log.fact(FactKind::ContactLinked).with("name", whose.contact.map(|_| whose.name.clone()));
        self.log.push(fact.change(id(before).as_deref(), id(whose.contact).as_deref()));
    }

    fn goes_with(&mut self, whose: &Whose) {
        let own = self.conversation.organization;
        if own.is_none() || own == whose.before {
            let organization = whose.organization.map(|(id, _)| id);
            self.belongs(organization, whose.organization.is_some_and(|(_, existing)| existing));
        }
    }
}
