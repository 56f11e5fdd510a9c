//! Tags, title, and what the system sends by itself.

use chrono::{DateTime, Utc};

use super::super::change::{AUTOMATIC, Change, Log, MessageKind, NewMessage};
use super::super::fact::FactKind;
use super::super::ids::OrganizationId;
use super::super::interaction::Interaction;
use super::super::people::{Actor, Agent};
use super::super::refused::{Refused, TEXT_LIMIT};
use super::super::stage::{Action, Stage};
use super::super::tag::{TAG_LIMIT, Tag, canonical, is_system};
use super::{Conversation, Trigger, written};

impl Conversation {
    /// Sets a tag. System tags are refused, but that a lead or agent may change the resolution of a resolved one is done
    /// by resolving.
    pub fn put_tag(self, by: &Agent, name: &str, value: Option<&str>, at: DateTime<Utc>) -> Result<Change, Refused> {
        let name = self.own_tag(by, name)?;
        let value = own_value(value)?;
        let mut change = self.changed_by(by, at);
        change.tag(Tag { name, value });
        Ok(change.done())
    }

    /// Removes a tag; one that is not there is no error.
    pub fn remove_tag(self, by: &Agent, name: &str, at: DateTime<Utc>) -> Result<Change, Refused> {
        let name = self.own_tag(by, name)?;
        let mut change = self.changed_by(by, at);
        change.untag(&name);
        Ok(change.done())
    }

    /// Gives it a title and exactly these tags besides the system's.
    pub fn file(
        self,
        by: &Agent,
        title: &str,
        tags: &[(String, Option<String>)],
        at: DateTime<Utc>,
    ) -> Result<Change, Refused> {
        let own = |(name, value): &(String, Option<String>)| {
            Ok(Tag { name: self.own_tag(by, name)?, value: own_value(value.as_deref())? })
        };
        let tags = tags.iter().map(own).collect::<Result<Vec<_>, Refused>>();
        let (mut change, tags) = Refused::both(self.rename(by, title, at), tags)?;
        let gone = change.conversation.tags.iter().filter(|tag| !is_system(&tag.name));
        let gone = gone.map(|tag| tag.name.clone());
        let gone: Vec<String> = gone.filter(|name| !tags.iter().any(|tag| tag.name == *name)).collect();
        gone.iter().for_each(|name| change.untag(name));
        tags.into_iter().for_each(|tag| change.tag(tag));
        Ok(change.done())
    }

    /// A tag people may set.
    fn own_tag(&self, by: &Agent, name: &str) -> Result<String, Refused> {
        if self.stage == Stage::Archived {
            self.step(Trigger::Note, Action::Note, by)?;
        }
        let name = canonical(written("name", name, "Name the tag.")?);
        if is_system(&name) {
            return Err(Refused::invalid("name", format!("{name} is set by the system.")));
        }
        if name.chars().count() > TAG_LIMIT {
            return Err(Refused::invalid("name", "Use at most 60 characters."));
        }
        Ok(name)
    }

    /// Gives it another title.
    pub fn rename(self, by: &Agent, title: &str, at: DateTime<Utc>) -> Result<Change, Refused> {
        self.step(Trigger::Note, Action::Note, by)?;
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        written("title", &title, "Write a title.")?;
        if title.chars().count() > TEXT_LIMIT {
            return Err(Refused::invalid("title", "Use at most 160 characters."));
        }
        let mut change = self.changed_by(by, at);
        if change.conversation.title != title {
            let fact = change.log.fact(FactKind::ConversationChanged);
            let fact = fact.change(Some(&change.conversation.title), Some(&title)).with("field", "title");
            change.log.push(fact);
            change.conversation.title = title;
        }
        Ok(change.done())
    }

    /// Says whose organization it is (and whether we know that one), or that it is unidentified. The rank follows.
    pub fn belong_to(
        self,
        by: &Agent,
        organization: Option<OrganizationId>,
        existing: bool,
        at: DateTime<Utc>,
    ) -> Result<Change, Refused> {
        self.step(Trigger::Note, Action::Note, by)?;
        let mut change = self.changed_by(by, at);
        change.belongs(organization, existing);
        Ok(change.done())
    }

    /// The record page was saved: its interaction as edited, with the facts of that, and perhaps a work note.
    pub fn edited(self, interaction: Interaction, log: Log, note: Option<&str>) -> Result<Change, Refused> {
        let mut change = self.change(log.actor, log.at);
        change.conversation.interaction = interaction;
        change.log = log;
        if let (Some(note), Actor::Agent(by)) = (note, change.log.actor) {
            let note = written("work_notes", note, "Write something first.")?;
            let Change { conversation, log, .. } = &mut change;
            if conversation.interaction.is_with(by) && !conversation.interaction.state.is_closed() {
                conversation.interaction.accept("first work note", log);
            }
            change.say(NewMessage::written(MessageKind::Note, by, note));
        }
        Ok(change.done())
    }

    /// The reminder of the silence limit: an automatic line, no answer.
    pub fn remind(self, text: &str, at: DateTime<Utc>) -> Change {
        let mut change = self.change(Actor::System, at);
        change.say(NewMessage {
            kind: MessageKind::Event,
            actor: Actor::System,
            body: text.to_owned(),
            sent_at: None,
            channel_key: None,
            class: AUTOMATIC,
            attachments: Vec::new(),
            about: None,
            delivery: None,
            mentions: Vec::new(),
        });
        change.conversation.reminded_at = Some(at);
        change.done()
    }
}

impl Change {
    /// Writes whose organization it is.
    pub(super) fn belongs(&mut self, organization: Option<OrganizationId>, existing: bool) {
        let Change { conversation, log, .. } = self;
        if conversation.organization != organization {
            let id = |organization: Option<OrganizationId>| organization.map(|id| id.to_string());
            let fact = log.fact(FactKind::ConversationChanged).with("field", "organization");
            log.push(fact.change(id(conversation.organization).as_deref(), id(organization).as_deref()));
            conversation.organization = organization;
        }
        conversation.existing = existing;
    }
}

fn own_value(value: Option<&str>) -> Result<Option<String>, Refused> {
    let value = value.map(str::trim).filter(|value| !value.is_empty());
    match value {
        Some(value) if value.chars().count() > TAG_LIMIT => {
            Err(Refused::invalid("value", "Use at most 60 characters."))
        }
        value => Ok(value.map(str::to_owned)),
    }
}
