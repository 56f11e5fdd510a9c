//! What comes at the same moment, two hundred times each, with threads of their own: of every race there is one outcome that
//! is right, or two, and never half of each.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use switchboard::desk::conversations::Answer;
use switchboard::desk::intake::{Arrival, Receipt};
use switchboard::desk::rules::NewRule;
use switchboard::desk::{Desk, Error, assignment::Target};
use switchboard::domain::conversation::{Ending, InboundKind, Reply};
use switchboard::domain::{Agent, Channel, ConversationId, MessageId, Refused, Stage};

use crate::support::binary;
use crate::support::database::Engine;
use crate::support::world::World;

both![
    one_message_delivered_many_times_at_once_is_stored_once,
    two_first_messages_at_once_begin_one_conversation_where_a_rule_sends_it,
    messages_out_of_order_at_once_wake_the_conversation_and_are_shown_in_their_order,
    a_message_against_a_resolve_is_never_lost,
    a_message_against_an_archive_has_one_of_two_ends,
    a_message_against_the_system_s_archive_has_one_of_two_ends,
    an_answer_that_is_lost_is_given_again,
    of_two_agents_who_take_one_the_second_is_told_who_has_it,
    of_release_and_confirm_spam_one_wins,
    a_suspension_against_a_reply_leaves_one_of_two_orders,
    a_change_of_the_rules_against_intake_is_seen_whole,
];

const ROUNDS: usize = 200;

/// A desk with its people, and senders nobody has met.
struct Scene {
    world: World,
    desk: Desk,
    channel: Channel,
    ada: Agent,
    ben: Agent,
}

impl Scene {
    async fn open(engine: Engine) -> Scene {
        Scene::of(World::open(engine).await)
    }

    fn of(world: World) -> Scene {
        let desk = world.desk().clone();
        let (ada, ben) = (desk.agent(&world.ada.email).unwrap(), desk.agent(&world.ben.email).unwrap());
        let channel = desk.channel("sms").unwrap();
        Scene { world, desk, channel, ada, ben }
    }

    fn delivers(&self, from: usize, id: &str, body: &str) -> Result<Receipt, Error> {
        self.desk.receive(&self.channel, arrival(from, id, body, None))
    }

    /// A conversation a stranger began this round.
    fn begun(&self, round: usize) -> ConversationId {
        self.delivers(round, &format!("first-{round}"), "Hello").unwrap().conversation.unwrap()
    }

    fn answered(&self, round: usize) -> ConversationId {
        let id = self.begun(round);
        self.reply(id).unwrap();
        id
    }

    fn resolved(&self, round: usize) -> ConversationId {
        let id = self.answered(round);
        self.desk.resolve(&self.ada, id, ending(), None).unwrap();
        id
    }

    fn reply(&self, id: ConversationId) -> Result<MessageId, Error> {
        let reply = Reply { body: "Yes".to_owned(), ..Reply::default() };
        let saved = self.desk.reply(&self.ada, id, Answer { reply, ..Answer::default() })?;
        Ok(saved.messages[0])
    }

    fn late(&self, round: usize) -> Receipt {
        self.delivers(round, &format!("late-{round}"), "Not quite").unwrap()
    }

    /// Whether a message found a conversation archived, and began another that follows it; else it opened that one again.
    fn began_anew(&self, id: ConversationId, message: &Receipt, round: usize) -> bool {
        let to = self.desk.conversation(&self.ada, message.conversation.unwrap()).unwrap();
        let (stage, anew) = (self.stage(id), to.id != id);
        match anew {
            true => assert_eq!((stage, to.stage, to.follow_up_of), (Stage::Archived, Stage::New, Some(id)), "{round}"),
            false => assert_eq!(stage, Stage::NeedsResponse, "round {round}"),
        }
        anew
    }

    fn stage(&self, id: ConversationId) -> Stage {
        self.desk.conversation(&self.ada, id).unwrap().stage
    }

    /// How many messages of customers a conversation has.
    async fn messages(&self, id: ConversationId) -> usize {
        let all = self.world.root.api.all(&format!("/conversations/{id}/messages?limit=100")).await;
        all.iter().filter(|message| message["kind"] == "customer").count()
    }

    /// Everything stored is what the facts say.
    fn holds_together(self) {
        binary::prints(&self.world.db, &["verify"]);
    }
}

fn arrival(from: usize, id: &str, body: &str, sent_at: Option<DateTime<Utc>>) -> Arrival {
    Arrival {
        provider_id: Some(id.to_owned()),
        from: format!("+1415556{from:04}"),
        body: body.to_owned(),
        sent_at,
        kind: InboundKind::Content,
        about: None,
        thread: None,
        files: Vec::new(),
    }
}

fn ending() -> Ending {
    Ending { resolution: "Answered".to_owned(), short_description: Some("Asked and answered".to_owned()) }
}

/// Does two things at the same moment, give or take what lets now the one and now the other be first.
fn at_once<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    let start = Barrier::new(2);
    let late = [fastrand::bool(), fastrand::bool()].map(|late| u64::from(late) * fastrand::u64(0..2000));
    let sets_off = |late: u64| {
        start.wait();
        thread::sleep(Duration::from_micros(late));
    };
    thread::scope(|scope| {
        let one = scope.spawn(|| {
            sets_off(late[0]);
            one()
        });
        sets_off(late[1]);
        let other = other();
        (one.join().unwrap(), other)
    })
}

/// A race of which one outcome never comes is no race.
fn both_came(one: (&str, i64), other: (&str, i64)) {
    println!("{} {} times, {} {} times", one.0, one.1, other.0, other.1);
    assert!(one.1 > 0 && other.1 > 0, "{one:?}, {other:?}");
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> Refused {
    match result {
        Err(Error::Refused(refused)) => refused,
        other => panic!("refused was expected, but it was {other:?}"),
    }
}

async fn one_message_delivered_many_times_at_once_is_stored_once(engine: Engine) {
    let scene = Scene::open(engine).await;
    for round in 0..ROUNDS {
        let (id, start) = (format!("same-{round}"), Barrier::new(6));
        let receipts: Vec<Receipt> = thread::scope(|scope| {
            let deliver = || {
                start.wait();
                scene.delivers(round, &id, "Once").unwrap()
            };
            let all: Vec<_> = (0..6).map(|_| scope.spawn(deliver)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(receipts.iter().filter(|receipt| !receipt.duplicate).count(), 1, "round {round}: {receipts:?}");
        let first = (receipts[0].message, receipts[0].conversation);
        assert!(receipts.iter().all(|receipt| (receipt.message, receipt.conversation) == first), "{receipts:?}");
    }
    assert_eq!(scene.world.root.api.all("/conversations?limit=100").await.len(), ROUNDS);
    scene.holds_together();
}

async fn two_first_messages_at_once_begin_one_conversation_where_a_rule_sends_it(engine: Engine) {
    let scene = Scene::open(engine).await;
    let root = scene.desk.agent(&scene.world.root.email).unwrap();
    let keywords = vec!["refund".to_owned()];
    scene.desk.add_rule(&root, NewRule { keywords, to: Target::Queue("billing".to_owned()), position: None }).unwrap();
    for round in 0..ROUNDS {
        let (one, two) = at_once(
            || scene.delivers(round, &format!("one-{round}"), "A refund, please").unwrap(),
            || scene.delivers(round, &format!("two-{round}"), "My refund!").unwrap(),
        );
        assert_eq!((one.conversation, one.interaction), (two.conversation, two.interaction), "round {round}");
        assert_ne!(one.message, two.message, "round {round}");
    }
    let all = scene.world.root.api.all("/interactions?limit=100").await;
    assert_eq!(all.len(), ROUNDS);
    assert!(all.iter().all(|one| one["queue"]["slug"] == "billing" && one["routed_by"] == "rule 1 \"refund\""));
    let profiles: BTreeSet<String> = all.iter().map(|i| i["channel_profile"]["id"].to_string()).collect();
    assert_eq!(profiles.len(), ROUNDS, "one profile each");
    scene.holds_together();
}

async fn messages_out_of_order_at_once_wake_the_conversation_and_are_shown_in_their_order(engine: Engine) {
    let scene = Scene::open(engine).await;
    let mut overtaken = 0;
    for round in 0..ROUNDS {
        let id = scene.answered(round);
        let now = scene.desk.clock.now();
        let send = |id: &str, body: &str, ago: i64| {
            let sent = Some(now - TimeDelta::seconds(ago));
            scene.desk.receive(&scene.channel, arrival(round, id, body, sent)).unwrap()
        };
        let (late, early) =
            at_once(|| send(&format!("b-{round}"), "second", 5), || send(&format!("a-{round}"), "first", 500));
        assert_eq!((late.conversation, early.conversation), (Some(id), Some(id)), "round {round}");
        assert_eq!(scene.stage(id), Stage::NeedsResponse, "round {round}");
        let page = scene.world.ada.page.sees(&format!("/conversations/{id}")).await;
        let texts: Vec<String> = page.texts("#messages .msg__text");
        let place = |text: &str| texts.iter().position(|one| one.contains(text)).unwrap();
        assert!(place("first") < place("second"), "round {round}: {texts:?}");
        overtaken += i64::from(late.message < early.message);
    }
    both_came(("the later one came first", overtaken), ("second", i64::try_from(ROUNDS).unwrap() - overtaken));
    scene.holds_together();
}

async fn a_message_against_a_resolve_is_never_lost(engine: Engine) {
    let scene = Scene::open(engine).await;
    let (mut stale, mut reopened) = (0, 0);
    for round in 0..ROUNDS {
        let id = scene.answered(round);
        let version = scene.desk.conversation(&scene.ada, id).unwrap().version;
        let (resolve, message) = at_once(
            || scene.desk.resolve(&scene.ada, id, ending(), Some(version)),
            || scene.delivers(round, &format!("late-{round}"), "One more thing").unwrap(),
        );
        let after = scene.desk.conversation(&scene.ada, id).unwrap();
        match resolve {
            Ok(_) => {
                reopened += 1;
                assert_eq!((after.reopen_count, message.interaction), (1, Some(after.interaction.id)), "round {round}");
            }
            resolve => {
                stale += 1;
                assert_eq!((refused(resolve), after.reopen_count), (Refused::Stale, 0), "round {round}");
            }
        }
        assert_eq!(after.stage, Stage::NeedsResponse, "round {round}");
    }
    both_came(("the message won", stale), ("the resolve", reopened));
    scene.holds_together();
}

async fn a_message_against_an_archive_has_one_of_two_ends(engine: Engine) {
    let scene = Scene::open(engine).await;
    let mut anew = 0;
    for round in 0..ROUNDS {
        let id = scene.resolved(round);
        let (archive, message) = at_once(|| scene.desk.archive(&scene.ada, id, None), || scene.late(round));
        let archived = archive.is_ok();
        assert_eq!(scene.began_anew(id, &message, round), archived, "round {round}");
        anew += i64::from(archived);
        assert!(archived || matches!(refused(archive), Refused::IllegalTransition { .. }), "round {round}");
    }
    both_came(("archived and begun anew", anew), ("reopened", i64::try_from(ROUNDS).unwrap() - anew));
    scene.holds_together();
}

/// Row 40 of the table by itself, after fourteen days, at the moment at which the customer writes again.
async fn a_message_against_the_system_s_archive_has_one_of_two_ends(engine: Engine) {
    let scene = Scene::of(World::standing(engine).await);
    let mut anew = 0;
    for round in 0..ROUNDS {
        let id = scene.resolved(round);
        scene.world.here().clock.advance(TimeDelta::days(14) + TimeDelta::seconds(1));
        let (tick, message) = at_once(|| scene.desk.tick(scene.desk.clock.now()), || scene.late(round));
        tick.unwrap();
        anew += i64::from(scene.began_anew(id, &message, round));
    }
    both_came(("archived and begun anew", anew), ("reopened", i64::try_from(ROUNDS).unwrap() - anew));
    scene.holds_together();
}

/// The provider heard nothing, because we were gone after the commit: it sends again, perhaps while the first is under way.
async fn an_answer_that_is_lost_is_given_again(engine: Engine) {
    let scene = Scene::open(engine).await;
    for round in 0..ROUNDS {
        let id = format!("lost-{round}");
        at_once(|| drop(scene.delivers(round, &id, "Hello")), || drop(scene.delivers(round, &id, "Hello")));
        let again = scene.delivers(round, &id, "Hello").unwrap();
        assert!(
            again.duplicate && again.message.is_some() && again.stage == Some(Stage::New),
            "round {round}: {again:?}"
        );
        assert_eq!(scene.messages(again.conversation.unwrap()).await, 1, "round {round}");
    }
    scene.holds_together();
}

async fn of_two_agents_who_take_one_the_second_is_told_who_has_it(engine: Engine) {
    let scene = Scene::open(engine).await;
    let (mut adas, mut bens) = (0, 0);
    for round in 0..ROUNDS {
        let id = scene.begun(round);
        let record = scene.desk.conversation(&scene.ada, id).unwrap().interaction.id;
        let (ada, ben) = at_once(|| scene.desk.take(&scene.ada, record), || scene.desk.take(&scene.ben, record));
        *(if ada.is_ok() { &mut adas } else { &mut bens }) += 1;
        let (winner, loser) = if ada.is_ok() { (&scene.ada, ben) } else { (&scene.ben, ada) };
        assert_eq!(refused(loser), Refused::AlreadyAssigned(winner.id), "round {round}");
        assert!(scene.desk.conversation(&scene.ada, id).unwrap().interaction.is_with(winner.id), "round {round}");
    }
    both_came(("Ada took it", adas), ("Ben", bens));
    scene.holds_together();
}

async fn of_release_and_confirm_spam_one_wins(engine: Engine) {
    let scene = Scene::open(engine).await;
    let (mut released, mut archived) = (0, 0);
    for round in 0..ROUNDS {
        let id = scene.begun(round);
        let version = scene.desk.suspend(&scene.ada, id, None).unwrap().conversation.version;
        // Every other round without a version, as a program may: the stage alone decides then.
        let version = Some(version).filter(|_| round % 2 == 0);
        let (release, spam) = at_once(
            || scene.desk.release(&scene.ada, id, version),
            || scene.desk.confirm_spam_and_block(&scene.ben, id, version),
        );
        let stage = scene.stage(id);
        match (release, spam) {
            (Ok(_), lost) => {
                released += 1;
                assert_eq!(stage, Stage::New, "round {round}");
                assert!(matches!(refused(lost), Refused::IllegalTransition { .. }), "round {round}");
            }
            (lost, Ok(_)) => {
                archived += 1;
                assert_eq!(stage, Stage::Archived, "round {round}");
                assert!(matches!(refused(lost), Refused::IllegalTransition { .. }), "round {round}");
            }
            both => panic!("round {round}: {both:?}"),
        }
    }
    both_came(("released", released), ("archived", archived));
    let learned = scene.desk.db.read(|conn| switchboard::store::spam::texts(conn, scene.channel.id)).unwrap();
    assert_eq!((learned.genuine, learned.spam), (released, archived), "each was learned once, as what it became");
    assert_eq!(scene.desk.blocked(&scene.ada, None, 500).unwrap().len(), usize::try_from(archived).unwrap());
    scene.holds_together();
}

async fn a_suspension_against_a_reply_leaves_one_of_two_orders(engine: Engine) {
    let scene = Scene::open(engine).await;
    let (mut held, mut answered) = (0, 0);
    for round in 0..ROUNDS {
        let id = scene.begun(round);
        let (suspend, reply) = at_once(|| scene.desk.suspend(&scene.ben, id, None), || scene.reply(id));
        match (suspend, reply) {
            (Ok(_), reply) => {
                held += 1;
                assert!(matches!(refused(reply), Refused::IllegalTransition { from: Stage::Suspended, .. }));
                assert_eq!(scene.stage(id), Stage::Suspended, "round {round}");
            }
            (suspend, Ok(_)) => {
                answered += 1;
                assert!(matches!(refused(suspend), Refused::Forbidden(_)), "round {round}");
                assert_eq!(scene.stage(id), Stage::WaitingOnUser, "round {round}");
            }
            neither => panic!("round {round}: {neither:?}"),
        }
    }
    both_came(("suspended", held), ("answered", answered));
    scene.holds_together();
}

/// Two rules change places while messages come: each message is routed by the one order or by the other.
async fn a_change_of_the_rules_against_intake_is_seen_whole(engine: Engine) {
    let scene = Scene::open(engine).await;
    let root = scene.desk.agent(&scene.world.root.email).unwrap();
    let words = |queue: &str| vec!["refund".to_owned(), queue.to_owned()];
    let rule = |queue: &str| NewRule { keywords: words(queue), to: Target::Queue(queue.to_owned()), position: None };
    scene.desk.add_rule(&root, rule("billing")).unwrap();
    let second = scene.desk.add_rule(&root, rule("support")).unwrap().id;
    for round in 0..ROUNDS {
        let edit =
            switchboard::desk::rules::RuleEdit { position: Some(1 + i64::from(round % 2 == 1)), ..Default::default() };
        let (changed, receipt) = at_once(
            || scene.desk.change_rule(&root, second, edit, None),
            || scene.delivers(round, &format!("rule-{round}"), "refund").unwrap(),
        );
        changed.unwrap();
        let placed = scene.desk.conversation(&scene.ada, receipt.conversation.unwrap()).unwrap().interaction;
        assert_eq!(placed.routed_by, "rule 1 \"refund\"", "round {round}");
    }
    let rules = scene.world.root.api.all("/rules").await;
    assert_eq!(rules.iter().map(|rule| rule["position"].clone()).collect::<Vec<_>>(), [json!(1), json!(2)]);
    scene.holds_together();
}
