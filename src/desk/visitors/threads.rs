//! What a visitor sees: their conversations, and one of them whole.

use std::collections::HashSet;

use chrono::TimeDelta;

use super::line::{self, Line};
use super::{Desk, Done, Error, Kept, Visitor, own_profile, profile};
use crate::domain::state::ContactType;
use crate::domain::visitor::{Line as Said, Speaker, first_name, happened, said, shows, shows_seen, told};
use crate::domain::{AgentId, Conversation, ConversationId, Fact, FactKind, MessageId, ProfileId, Stage};
use crate::store::{Conn, conversations, facts, visitors};

/// Entries of a thread that are shown at once.
const SHOWN: i64 = 100;
/// What happened between those, as far as it is looked at.
const LINES: i64 = 1_000;

/// A conversation as its visitor sees it.
#[derive(Debug, Clone)]
pub struct Thread {
    pub conversation: Kept,
    /// What was said and what became of it, oldest first.
    pub lines: Vec<Said>,
    /// There is more before these lines.
    pub has_earlier: bool,
    /// Who has it, by first name.
    pub helper: Option<(AgentId, String)>,
    /// Where they stand in line, while they wait for the first answer.
    pub line: Option<Line>,
    /// It is a chat that can be ended.
    pub can_end: bool,
    /// Whose it is.
    pub profile: ProfileId,
    /// The last of their messages that an agent has seen, as far as that shows.
    pub seen: Option<MessageId>,
}

impl Desk {
    /// The conversations a visitor may see, the last used first.
    pub fn visitor_conversations(&self, visitor: &Visitor) -> Done<Vec<Kept>> {
        self.db.read(|conn| match profile(conn, visitor)? {
            Some(profile) => {
                let mut all = visitors::conversations(conn, profile.id)?;
                all.iter_mut().for_each(|kept| kept.stage = told(kept.stage));
                Ok(all)
            }
            None => Ok(Vec::new()),
        })
    }

    /// The profile of a visitor and the numbers of their conversations: for their socket.
    pub fn visitor_watches(&self, visitor: &Visitor) -> Done<Option<(ProfileId, Vec<ConversationId>)>> {
        self.db.read(|conn| match profile(conn, visitor)? {
            Some(profile) => Ok(Some((profile.id, watched(conn, profile.id)?))),
            None => Ok(None),
        })
    }

    /// The numbers of a profile's conversations that its visitor may hear of.
    pub fn conversations_of(&self, profile: ProfileId) -> Done<Vec<ConversationId>> {
        self.db.read(|conn| watched(conn, profile))
    }

    /// One conversation of a visitor; `before` pages back. What is not theirs is not there, and neither is what they may
    /// not see any more.
    pub fn visitor_thread(&self, visitor: &Visitor, id: ConversationId, before: Option<MessageId>) -> Done<Thread> {
        let directory = self.directory()?;
        let name = |id: AgentId| directory.agent(id).map_or("Somebody", |agent| agent.name.as_str()).to_owned();
        let now = self.clock.now();
        self.db.read(|conn| {
            let (profile, conversation) = own(conn, visitor, id)?;
            let threads = visitors::threads(conn, conversation.id, profile)?;
            let mut messages = visitors::messages_of(conn, &threads, before, SHOWN + 1)?;
            let has_earlier = messages.len() > usize::try_from(SHOWN).unwrap_or(usize::MAX);
            if has_earlier {
                messages.remove(0);
            }
            let mut lines: Vec<Said> = messages.iter().filter_map(|message| said(message, profile)).collect();
            let (from, to) = (messages.first().map(|m| m.at), before.and(messages.last().map(|m| m.at)));
            let from = from.filter(|_| has_earlier);
            let all = facts::between(conn, conversation.id, from, to.map(|to| to + TimeDelta::microseconds(1)), LINES)?;
            lines.extend(all.iter().filter_map(|fact| happened(fact, name, helper_after(&all, fact))));
            lines.sort_by_key(|line| (line.at, line.message.is_none(), line.message, line.seq));
            let looked = all.iter().filter(|fact| shows_seen(fact)).map(|fact| fact.at).max();
            let theirs =
                lines.iter().filter(|line| line.by == Speaker::Visitor && looked.is_some_and(|at| line.at <= at));
            let seen = theirs.filter_map(|line| line.message).max();
            let helper = conversation.interaction.assignee.filter(|_| !conversation.stage.is_closed());
            let mut words = visitors::first_words(conn, profile, &[conversation.id.0])?;
            Ok(Thread {
                profile,
                seen,
                line: line::of(conn, &directory, &conversation, now)?,
                can_end: conversation.interaction.kind == ContactType::Chat && !conversation.stage.is_closed(),
                helper: helper.map(|assignee| (assignee.id, first_name(&name(assignee.id)).to_owned())),
                conversation: Kept {
                    id: conversation.id,
                    stage: told(conversation.stage),
                    created_at: conversation.created_at,
                    last_message_at: conversation.last_message_at,
                    words: words.remove(&conversation.id.0).unwrap_or_default(),
                },
                lines,
                has_earlier,
            })
        })
    }
}

/// One under review is not shown, but may be soon.
fn watched(conn: &mut Conn, profile: ProfileId) -> Done<Vec<ConversationId>> {
    let mut ids: Vec<_> = visitors::conversations(conn, profile)?.into_iter().map(|kept| kept.id).collect();
    let open = visitors::latest_open(conn, profile)?.filter(|open| !ids.contains(open));
    ids.extend(open);
    Ok(ids)
}

/// A conversation of the visitor's own that they may see, merges followed.
pub(super) fn own(conn: &mut Conn, visitor: &Visitor, id: ConversationId) -> Done<(ProfileId, Conversation)> {
    let profile = own_profile(conn, visitor)?.id;
    let asked = conversations::find(conn, id)?;
    if asked.profile != Some(profile) {
        return Err(Error::NotFound);
    }
    let conversation = match asked.merged_into {
        Some(survivor) => conversations::find(conn, survivor)?,
        None => asked,
    };
    // What was merged into somebody else's is theirs from then on.
    if conversation.profile != Some(profile) || !shows(conversation.stage) {
        return Err(Error::NotFound);
    }
    Ok((profile, conversation))
}

/// Who had the conversation right after it was reopened: whoever was told.
fn helper_after(all: &[Fact], fact: &Fact) -> Option<AgentId> {
    if fact.from.as_deref() != Some(Stage::Resolved.as_str()) {
        return None;
    }
    let assigned: HashSet<i64> = all
        .iter()
        .filter(|other| other.kind == FactKind::AssignmentChanged && other.at == fact.at)
        .filter_map(|other| other.to.as_deref()?.parse().ok())
        .collect();
    assigned.into_iter().next().map(AgentId)
}
