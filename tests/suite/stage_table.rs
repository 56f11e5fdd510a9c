//! The verbs of a conversation against the table of stages, and what guards each: pure, without a database.

use chrono::{DateTime, TimeDelta, Utc};
use switchboard::domain::conversation::{Ending, Inbound, InboundKind, Reply, StartedBy, Written};
use switchboard::domain::dependency::{Awaited, DependencyState};
use switchboard::domain::interaction::Interaction;
use switchboard::domain::stage::{Step, Trigger};
use switchboard::domain::state::{CloseCode, ContactType, Direction, State, project};
use switchboard::domain::tag::{BLOCKED, RESOLUTION};
use switchboard::domain::{
    Action, Actor, Agent, AgentId, Change, ChannelId, Conversation, ConversationId, DependencyId, FactKind, MessageId,
    Presence, ProfileId, Refused, Role, Stage,
};

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(9)
}

fn agent(id: i64, role: Role) -> Agent {
    let (name, queues) = (format!("agent {id}"), vec![]);
    let presence_since = DateTime::UNIX_EPOCH;
    Agent { id: AgentId(id), email: name.clone(), name, role, presence: Presence::Available, presence_since, queues }
}

fn ada() -> Agent {
    agent(1, Role::Agent)
}

fn max() -> Agent {
    agent(2, Role::Manager)
}

fn inbound(kind: InboundKind) -> Inbound {
    let (body, key) = ("And now?".to_owned(), "m".to_owned());
    Inbound { kind, profile: ProfileId(1), body, sent_at: None, key, attachments: vec![], about: None }
}

fn writes(conversation: Conversation, kind: InboundKind) -> Change {
    match conversation.customer_writes(&inbound(kind), now()) {
        Written::Changed(change) => *change,
        Written::Anew => panic!("it begins anew"),
    }
}

fn later() -> Awaited {
    Awaited::Until(now() + TimeDelta::days(1))
}

fn answer(conversation: Conversation, by: &Agent, reply: &Reply) -> Result<Change, Refused> {
    conversation.reply(by, &Reply { body: "Yes".to_owned(), ..reply.clone() }, now())
}

fn ending() -> Ending {
    Ending { resolution: "Answered".to_owned(), short_description: Some("Asked".to_owned()) }
}

/// As the store would: what waits has an id.
fn stored(change: Change) -> Conversation {
    let mut conversation = change.conversation;
    for (n, dependency) in (1..).zip(&mut conversation.dependencies) {
        dependency.id = DependencyId(n);
    }
    conversation
}

/// A conversation that came to this stage in the ordinary way.
fn in_stage(stage: Stage, kind: ContactType) -> Conversation {
    let mut interaction = Interaction::open(kind, Direction::Inbound, now());
    interaction.profile = Some(ProfileId(1));
    let mut conversation = Conversation::begin(ChannelId(1), StartedBy::Customer, "Hello", interaction);
    conversation.id = ConversationId(1);
    let begun = stored(conversation.created(inbound(InboundKind::Content).message(), Stage::New, now()));
    let answered = |begun| stored(answer(begun, &ada(), &Reply::default()).unwrap());
    let owed = |begun| stored(writes(answered(begun), InboundKind::Content));
    let resolved = |begun| stored(answered(begun).resolve(&ada(), &ending(), now()).unwrap());
    match stage {
        Stage::New => begun,
        Stage::Suspended => stored(begun.suspend(&ada(), now()).unwrap()),
        Stage::WaitingOnUser => answered(begun),
        Stage::NeedsResponse => owed(begun),
        Stage::Hold => stored(owed(begun).hold(&ada(), &[later()], now()).unwrap()),
        Stage::Resolved => resolved(begun),
        Stage::Archived => stored(resolved(begun).archive(&ada(), now()).unwrap()),
    }
}

/// What a trigger does: a change, a refusal (or nothing), or a conversation of its own.
enum Outcome {
    Changed(Box<Change>),
    Nothing,
    Anew,
}

impl<E> From<Result<Change, E>> for Outcome {
    fn from(result: Result<Change, E>) -> Self {
        result.ok().into()
    }
}

impl From<Option<Change>> for Outcome {
    fn from(change: Option<Change>) -> Self {
        change.map_or(Outcome::Nothing, |change| Outcome::Changed(Box::new(change)))
    }
}

/// Pulls a trigger by its verb, as a manager; none where the verb has no such trigger in this stage.
fn pull(trigger: Trigger, it: Conversation) -> Option<Outcome> {
    let (by, text) = (max(), "So be it");
    let keeps = Reply { keep_hold: true, ..Reply::default() };
    let waits = Reply { wait: true, ..Reply::default() };
    Some(match trigger {
        Trigger::CustomerWrites => match it.customer_writes(&inbound(InboundKind::Content), now()) {
            Written::Changed(change) => Outcome::Changed(change),
            Written::Anew => Outcome::Anew,
        },
        Trigger::Reply => answer(it, &by, &Reply::default()).into(),
        Trigger::ReplyKeepHold if it.stage == Stage::Hold => answer(it, &by, &keeps).into(),
        Trigger::ReplyAndWait if it.stage == Stage::Resolved => answer(it, &by, &waits).into(),
        // Elsewhere the two are ignored: it is a reply like any other.
        Trigger::ReplyKeepHold | Trigger::ReplyAndWait => return None,
        Trigger::ExternalResponse => it.external_response(&by, text, now()).into(),
        Trigger::Note => it.note(&by, text, &[], now()).into(),
        Trigger::Hold => it.hold(&by, &[later()], now()).into(),
        Trigger::Unhold => it.unhold(&by, now()).into(),
        Trigger::Resolve => it.resolve(&by, &ending(), now()).into(),
        Trigger::Reopen => it.reopen(&by, text, now()).into(),
        Trigger::Suspend => it.suspend(&by, now()).into(),
        Trigger::Release => it.release(&by, now()).into(),
        Trigger::ConfirmSpam => it.confirm_spam(&by, text, now()).into(),
        Trigger::Archive => it.archive(&by, now()).into(),
        Trigger::NeedsResponse => it.mark_needs_response(&by, text, now()).into(),
        Trigger::Merge => {
            let other = Conversation { id: ConversationId(2), ..in_stage(Stage::NeedsResponse, it.interaction.kind) };
            it.merge(other, &by, text, now()).map(|(gone, _)| gone).into()
        }
        Trigger::SilenceLimit => it.fall_silent(text, now()).into(),
        Trigger::LastDependencyDone => ends_one_of(it, 1)?.into(),
        Trigger::DependencyDone => ends_one_of(it, 2)?.into(),
        // Comes with work items.
        Trigger::DependencyReopened => return None,
        Trigger::CustomerEndsChat => it.customer_leaves(inbound(InboundKind::End).farewell(), text, now()).into(),
        Trigger::VisitorDisconnects => it.stays_away(text, now()).into(),
    })
}

/// It waits for so many things, and one of them ends. Only where something may be added, or stands already.
fn ends_one_of(it: Conversation, many: usize) -> Option<Option<Change>> {
    let mut it = it;
    while it.open_dependencies().count() < many {
        it = stored(it.add_dependencies(&max(), &[later()], now()).ok()?);
    }
    let id = it.open_dependencies().next()?.id;
    Some(it.end_dependency(Actor::System, id, DependencyState::Completed, now()))
}

/// What holds after every change, whatever it was.
fn holds_together(change: &Change, what: &str) {
    let it = &change.conversation;
    let tagged = |name: &str| it.tags.iter().any(|tag| tag.is(name));
    assert_eq!(tagged(BLOCKED), it.stage == Stage::Hold, "{what}: Blocked");
    assert_eq!(tagged(RESOLUTION), it.stage.is_closed(), "{what}: Resolution");
    let record = &it.interaction;
    let kind = record.close_code.map(CloseCode::kind);
    let told = project(it.stage, record.kind, record.accepted_at.is_some(), kind);
    assert_eq!((record.state, record.reason), told, "{what}: the projection");
    assert_eq!(record.closed_at.is_some(), it.stage.is_closed(), "{what}: the record is closed with it");
    let closed_without_words = it.stage.is_closed() && record.short_description.trim().is_empty();
    assert!(!closed_without_words, "{what}: a closed record says what it was");
}

fn moves(change: &Change) -> Vec<(Stage, Stage, i64)> {
    let of_stage = change.log.facts.iter().filter(|fact| fact.kind == FactKind::StageChanged);
    let stage = |text: &Option<String>| text.as_deref().unwrap().parse().unwrap();
    of_stage.map(|fact| (stage(&fact.from), stage(&fact.to), fact.number("row").unwrap())).collect()
}

#[test]
fn every_verb_does_in_every_stage_what_the_table_says() {
    let mut tried = 0;
    for &trigger in Trigger::ALL {
        for &stage in Stage::ALL {
            let what = format!("{trigger} in {stage}");
            let Some(outcome) = pull(trigger, in_stage(stage, ContactType::Chat)) else { continue };
            tried += 1;
            match (stage.on(trigger), outcome) {
                (Step::To(next, _, row), Outcome::Changed(change)) => {
                    assert_eq!(change.conversation.stage, next, "{what}");
                    assert_eq!(moves(&change), [(stage, next, i64::from(row))], "{what}: one fact, of its row");
                    holds_together(&change, &what);
                }
                (Step::Stay(_), Outcome::Changed(change)) => {
                    assert_eq!((change.conversation.stage, moves(&change)), (stage, vec![]), "{what}");
                    holds_together(&change, &what);
                }
                // What is waited for may still end where the table is silent: it is told, and moves nothing.
                (Step::Refused, Outcome::Changed(change)) if trigger.as_str().ends_with("dependency_done") => {
                    assert_eq!((change.conversation.stage, moves(&change)), (stage, vec![]), "{what}");
                }
                (Step::Stay(45), Outcome::Nothing)
                | (Step::Refused, Outcome::Nothing)
                | (Step::BeginAnew(_), Outcome::Anew) => {}
                (step, _) => panic!("{what}: the table says {step:?}"),
            }
        }
    }
    assert!(tried > 110, "only {tried} cells");
}

#[test]
fn what_a_stage_refuses_names_the_stage_and_the_action() {
    let refusal = in_stage(Stage::New, ContactType::Messaging).hold(&max(), &[later()], now()).unwrap_err();
    assert_eq!(refusal, Refused::IllegalTransition { from: Stage::New, action: Action::Hold });
    let refusal = answer(in_stage(Stage::Suspended, ContactType::Messaging), &max(), &Reply::default()).unwrap_err();
    assert_eq!(refusal, Refused::IllegalTransition { from: Stage::Suspended, action: Action::Reply });
}

#[test]
fn who_may_do_it_is_asked_after_whether_the_stage_allows_it() {
    let with_ada = |stage| in_stage(stage, ContactType::Messaging);
    let ben = agent(3, Role::Agent);
    for stage in [Stage::WaitingOnUser, Stage::NeedsResponse] {
        assert!(matches!(with_ada(stage).suspend(&ada(), now()), Err(Refused::Forbidden(_))), "row 26 is for leads");
        assert_eq!(with_ada(stage).suspend(&max(), now()).unwrap().conversation.stage, Stage::Suspended);
    }
    for stage in [Stage::WaitingOnUser, Stage::NeedsResponse, Stage::Hold] {
        let refused = answer(with_ada(stage), &ben, &Reply::default()).unwrap_err();
        assert_eq!(refused, Refused::NotAssignee(Some(AgentId(1))), "{stage}");
        assert!(answer(with_ada(stage), &max(), &Reply::default()).is_ok(), "a lead may, on any");
    }
    let refused = with_ada(Stage::NeedsResponse).external_response(&ben, "By phone", now()).unwrap_err();
    assert_eq!(refused, Refused::NotAssignee(Some(AgentId(1))));
    // Row 5 after an answer: New again, but it was answered.
    let again = stored(with_ada(Stage::WaitingOnUser).suspend(&max(), now()).unwrap());
    let again = stored(again.release(&ada(), now()).unwrap());
    assert!(matches!(again.suspend(&ada(), now()), Err(Refused::Forbidden(_))));
}

#[test]
fn what_must_be_written_is_asked_for() {
    let it = |stage| in_stage(stage, ContactType::Messaging);
    let field = |refused: Refused| match refused {
        Refused::Invalid { field, .. } => field,
        other => panic!("{other:?}"),
    };
    let blank = Reply { body: " \n".to_owned(), ..Reply::default() };
    assert_eq!(field(it(Stage::New).reply(&ada(), &blank, now()).unwrap_err()), "body");
    assert_eq!(field(it(Stage::New).external_response(&ada(), " ", now()).unwrap_err()), "body");
    assert_eq!(field(it(Stage::WaitingOnUser).mark_needs_response(&ada(), "", now()).unwrap_err()), "note");
    assert_eq!(field(it(Stage::Resolved).reopen(&ada(), "", now()).unwrap_err()), "note");
    assert_eq!(field(it(Stage::NeedsResponse).hold(&ada(), &[], now()).unwrap_err()), "dependencies");
    for stage in [Stage::New, Stage::WaitingOnUser, Stage::NeedsResponse, Stage::Hold] {
        let silent = Ending { short_description: None, ..ending() };
        assert_eq!(field(it(stage).resolve(&ada(), &silent, now()).unwrap_err()), "short_description", "{stage}");
        let blank = Ending { short_description: Some("  ".to_owned()), ..ending() };
        assert_eq!(field(it(stage).resolve(&ada(), &blank, now()).unwrap_err()), "short_description", "{stage}");
    }
    // Row 40: not past what was said since it was resolved.
    let late = Reply { body: "One more thing".to_owned(), ..Reply::default() };
    let spoken = stored(it(Stage::Resolved).reply(&ada(), &late, now() + TimeDelta::minutes(1)).unwrap());
    assert_eq!(spoken.stage, Stage::Resolved);
    assert!(spoken.archive(&ada(), now() + TimeDelta::minutes(2)).is_err());
    // Rows 15 and 34: what is open already is enough to wait for.
    let off = stored(it(Stage::Hold).unhold(&ada(), now()).unwrap());
    assert_eq!(off.hold(&ada(), &[], now()).unwrap().conversation.stage, Stage::Hold);
}

#[test]
fn only_content_moves_a_stage() {
    for kind in [InboundKind::AutoReply, InboundKind::Reaction, InboundKind::Receipt, InboundKind::Edit] {
        for &stage in Stage::ALL {
            let before = in_stage(stage, ContactType::Messaging);
            let (record, owed) = (before.interaction.clone(), before.unanswered_since);
            let change = writes(before, kind);
            assert_eq!((change.conversation.stage, moves(&change)), (stage, vec![]), "{kind} in {stage}");
            assert_eq!((&change.conversation.interaction, change.conversation.unanswered_since), (&record, owed));
        }
    }
    // Row 13: what somebody held writes is stored, and nothing else happens.
    let change = writes(in_stage(Stage::Suspended, ContactType::Messaging), InboundKind::Content);
    assert_eq!((change.messages.len(), change.conversation.stage), (1, Stage::Suspended));
    assert_eq!(change.conversation.interaction.state, State::New);
}

#[test]
fn a_reply_that_crosses_a_message_ends_where_an_answer_is_owed() {
    let mut it = in_stage(Stage::NeedsResponse, ContactType::Messaging);
    it.last_customer_message = Some(MessageId(7));
    let seen = |id| Reply { seen: switchboard::domain::change::Seen(Some(MessageId(id))), ..Reply::default() };
    let crossed = answer(it.clone(), &ada(), &seen(6)).unwrap();
    let expected = [(Stage::NeedsResponse, Stage::WaitingOnUser, 22), (Stage::WaitingOnUser, Stage::NeedsResponse, 22)];
    assert_eq!(moves(&crossed), expected);
    assert!(crossed.conversation.unanswered_since.is_some());
    assert_eq!(answer(it, &ada(), &seen(7)).unwrap().conversation.stage, Stage::WaitingOnUser);
}

#[test]
fn what_was_waited_for_may_end_after_the_hold_and_moves_nothing() {
    let end = |it: Conversation| it.end_dependency(Actor::System, DependencyId(1), DependencyState::Completed, now());
    // Row 33: resolved while something was open; it stays related, and its end is told.
    let resolved = stored(in_stage(Stage::Hold, ContactType::Messaging).resolve(&ada(), &ending(), now()).unwrap());
    assert_eq!((resolved.stage, resolved.open_dependencies().count()), (Stage::Resolved, 1));
    let done = end(resolved).unwrap();
    assert_eq!((done.conversation.stage, moves(&done)), (Stage::Resolved, vec![]));
    assert!(done.log.facts.iter().any(|fact| fact.kind == FactKind::DependencyCompleted));
    assert_eq!(done.conversation.interaction.state, State::ClosedComplete);
    assert!(end(stored(done)).is_none(), "it ends once");
    // Rows 30 and 32: the same after an answer, and after a message.
    let answered = stored(answer(in_stage(Stage::Hold, ContactType::Messaging), &ada(), &Reply::default()).unwrap());
    let woken = stored(writes(in_stage(Stage::Hold, ContactType::Messaging), InboundKind::Content));
    for (it, stage) in [(answered, Stage::WaitingOnUser), (woken, Stage::NeedsResponse)] {
        let done = end(it).unwrap();
        assert_eq!((done.conversation.stage, moves(&done)), (stage, vec![]));
    }
}

#[test]
fn of_two_merged_one_is_over_and_the_other_owes_what_was_owed() {
    let it = |id, stage| Conversation { id: ConversationId(id), ..in_stage(stage, ContactType::Messaging) };
    for source in [Stage::New, Stage::WaitingOnUser, Stage::NeedsResponse, Stage::Hold, Stage::Resolved] {
        for into in [Stage::New, Stage::WaitingOnUser, Stage::NeedsResponse, Stage::Hold] {
            let what = format!("{source} into {into}");
            let (gone, kept) = it(1, source).merge(it(2, into), &ada(), "Hello", now()).expect(&what);
            assert_eq!(moves(&gone), [(source, Stage::Archived, 43)], "{what}");
            assert_eq!(gone.conversation.merged_into, Some(ConversationId(2)));
            assert_eq!(gone.conversation.interaction.state, State::ClosedComplete, "{what}");
            let wakes = source.owes_reply() && matches!(into, Stage::WaitingOnUser | Stage::Hold);
            let expected = if wakes { vec![(into, Stage::NeedsResponse, 43)] } else { vec![] };
            assert_eq!(moves(&kept), expected, "{what}");
            let waited = it(2, into).unanswered_since;
            let owed = waited.or(it(1, source).unanswered_since.filter(|_| source.owes_reply()));
            assert_eq!(kept.conversation.unanswered_since, owed, "{what}");
            holds_together(&gone, &what);
            holds_together(&kept, &what);
        }
        for into in [Stage::Suspended, Stage::Resolved, Stage::Archived] {
            assert!(it(1, source).merge(it(2, into), &ada(), "Hello", now()).is_err(), "{source} into {into}");
        }
    }
    let stranger = Conversation { profile: Some(ProfileId(9)), ..it(2, Stage::New) };
    assert!(it(1, Stage::New).merge(stranger, &ada(), "Hello", now()).is_err(), "of somebody else");
    assert!(it(1, Stage::New).merge(it(1, Stage::New), &ada(), "Hello", now()).is_err(), "into itself");
}

#[test]
fn a_chat_that_its_customer_ends_was_answered_or_abandoned() {
    let leaves =
        |stage, kind| in_stage(stage, kind).customer_leaves(inbound(InboundKind::End).farewell(), "Hello", now());
    let expected = [
        (Stage::New, CloseCode::Abandoned, "Abandoned", State::ClosedAbandoned),
        (Stage::WaitingOnUser, CloseCode::Complete, "Ended by customer", State::ClosedComplete),
        (Stage::NeedsResponse, CloseCode::Complete, "Ended by customer", State::ClosedComplete),
        (Stage::Hold, CloseCode::Complete, "Ended by customer", State::ClosedComplete),
    ];
    for (stage, code, resolution, state) in expected {
        let it = leaves(stage, ContactType::Chat).unwrap().conversation;
        let record = &it.interaction;
        assert_eq!((it.stage, record.close_code, it.resolution()), (Stage::Resolved, Some(code), Some(resolution)));
        assert_eq!((record.state, record.short_description_auto), (state, true), "{stage}");
        assert!(leaves(stage, ContactType::Messaging).is_err(), "nobody ends a text message");
    }
    assert!(leaves(Stage::Resolved, ContactType::Chat).is_err());
    // Row 45: who was answered is not missed when the page goes away.
    assert!(in_stage(Stage::New, ContactType::Messaging).stays_away("Hello", now()).is_none());
}
