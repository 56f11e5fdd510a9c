//! The hub by itself: what is numbered, kept, handed out once, and to whom.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use chrono::DateTime;
use switchboard::domain::view::Eyes;
use switchboard::domain::{Actor, Agent, AgentId, ConversationId, Fact, FactKind, Presence, QueueId, Role};
use switchboard::live::hub::Owner;
use switchboard::live::{Ending, Hub, Push, Scope, Start, Topic, Update, Watch};

use crate::support::run;

fn agent(id: i64, role: Role, queues: &[i64]) -> Agent {
    Agent {
        id: AgentId(id),
        email: format!("{id}@desk.example"),
        name: format!("Agent {id}"),
        role,
        presence: Presence::Available,
        presence_since: DateTime::UNIX_EPOCH,
        queues: queues.iter().copied().map(QueueId).collect(),
    }
}

fn owner(id: i64, key: &str) -> Owner {
    let agent = agent(id, Role::Agent, &[]);
    Owner { eyes: Arc::new(Eyes::of(&agent, &[])), agent: Arc::new(agent), key: key.into() }
}

fn change(conversation: i64) -> Update {
    let id = ConversationId(conversation);
    let mut fact = Fact::new(FactKind::StageChanged, Actor::System, DateTime::UNIX_EPOCH);
    fact.conversation = Some(id);
    Update::new(fact, vec![Topic::Inbox, Topic::Conversation(id)], Scope::default())
}

fn seqs(start: &Start) -> Option<Vec<u64>> {
    match start {
        Start::Backlog(updates) => Some(updates.iter().map(|update| update.seq).collect()),
        Start::Refresh => None,
    }
}

async fn next(watch: &mut Watch) -> Result<u64, Ending> {
    match watch.next().await? {
        Push::Updates(updates) => Ok(updates.first().unwrap().seq),
        Push::Refresh(seq) => Ok(seq),
        Push::Notice(_) => Ok(0),
    }
}

#[test]
fn a_change_in_two_topics_of_one_socket_is_given_once() {
    run(async {
        let hub = Hub::new("a");
        let topics = vec![Topic::Inbox, Topic::Conversation(ConversationId(1))];
        let mut watch = hub.watch(owner(1, "k"), topics, None);
        hub.publish([change(1)]);
        hub.publish([change(2)]);
        assert_eq!((next(&mut watch).await, next(&mut watch).await), (Ok(1), Ok(2)));
        hub.close();
        assert_eq!(next(&mut watch).await, Err(Ending::Stopping));
    });
}

#[test]
fn changes_of_one_transaction_come_together() {
    run(async {
        let hub = Hub::new("a");
        let mut watch = hub.watch(owner(1, "k"), vec![Topic::Conversation(ConversationId(1))], None);
        hub.publish([change(1), change(2), change(1)]);
        let Ok(Push::Updates(updates)) = watch.next().await else { panic!("changes come") };
        assert_eq!(updates.iter().map(|update| update.seq).collect::<Vec<_>>(), [1, 2, 3]);
        hub.publish([]);
        hub.publish([change(2)]);
        hub.publish([change(1)]);
        assert_eq!(next(&mut watch).await, Ok(5), "only what has something for its topics");
    });
}

#[test]
fn a_page_that_comes_back_gets_what_it_missed_or_one_refresh() {
    let hub = Hub::new("a");
    let watch = |seen| hub.watch(owner(1, "k"), vec![Topic::Conversation(ConversationId(1))], seen);
    for conversation in [1, 2, 1] {
        hub.publish([change(conversation)]);
    }
    assert_eq!(seqs(&watch(None).start), Some(vec![]));
    assert_eq!(seqs(&watch(Some(("a", 0))).start), Some(vec![1, 3]));
    assert_eq!(seqs(&watch(Some(("a", 2))).start), Some(vec![3]));
    assert_eq!(seqs(&watch(Some(("a", 3))).start), Some(vec![]));
    assert_eq!(seqs(&watch(Some(("a", 4))).start), None, "a number that is still to come");
    assert_eq!(seqs(&watch(Some(("b", 3))).start), None, "another node");
    for _ in 0..1024 {
        hub.publish([change(2)]);
    }
    assert_eq!(seqs(&watch(Some(("a", 2))).start), None, "too long ago");
    assert_eq!(seqs(&watch(Some(("a", 3))).start), Some(vec![]), "all that came since is still there");
}

#[test]
fn after_something_was_missed_every_page_is_told_to_refresh() {
    run(async {
        let hub = Hub::new("a");
        hub.publish([change(1)]);
        let mut open = hub.watch(owner(1, "k"), vec![Topic::Inbox], None);
        hub.refresh_all();
        assert!(matches!(open.next().await, Ok(Push::Refresh(2))));
        assert_eq!(seqs(&hub.watch(owner(1, "k"), vec![Topic::Inbox], Some(("a", 1))).start), None);
        assert_eq!(seqs(&hub.watch(owner(1, "k"), vec![Topic::Inbox], Some(("a", 2))).start), Some(vec![]));
    });
}

#[test]
fn while_nobody_watches_changes_are_passed_over_and_whoever_comes_refreshes() {
    let hub = Hub::new("a");
    let now = Instant::now();
    assert!(hub.is_asleep(now));
    hub.pass_over();
    let open = hub.watch(owner(1, "k"), vec![Topic::Inbox], Some(("a", 0)));
    assert_eq!(seqs(&open.start), None);
    assert!(!hub.is_asleep(now));
    drop(open);
    assert!(!hub.is_asleep(Instant::now()), "a page that reloads finds what it missed");
    assert!(hub.is_asleep(Instant::now() + Duration::from_secs(61)));
}

#[test]
fn a_socket_that_does_not_read_is_dropped_and_nobody_waits_for_it() {
    run(async {
        let hub = Hub::new("a");
        let mut asleep = hub.watch(owner(1, "k"), vec![Topic::Inbox], None);
        let mut awake = hub.watch(owner(2, "l"), vec![Topic::Inbox], None);
        for seq in 1..=200 {
            hub.publish([change(1)]);
            assert_eq!(next(&mut awake).await, Ok(seq));
        }
        assert_eq!(next(&mut asleep).await, Err(Ending::TooSlow), "what waits for it is not handed out any more");
        assert_eq!(hub.sockets(), 1);
    });
}

#[test]
fn sockets_end_with_the_session_and_with_the_server() {
    run(async {
        let hub = Hub::new("a");
        let mut ended = hub.watch(owner(1, "k"), vec![Topic::Inbox], None);
        let mut other = hub.watch(owner(1, "l"), vec![Topic::Inbox], None);
        hub.publish([change(1)]);
        hub.revoke(|owner| &*owner.key == "k");
        assert_eq!(next(&mut ended).await, Err(Ending::Revoked), "not even what was on its way");
        assert_eq!(next(&mut other).await, Ok(1));
        hub.close();
        assert_eq!(next(&mut other).await, Err(Ending::Stopping));
        assert_eq!(hub.leaving(), 2, "both have still to say goodbye");
        drop((ended, other));
        assert_eq!(hub.leaving(), 0);
        assert_eq!(next(&mut hub.watch(owner(1, "m"), vec![], None)).await, Err(Ending::Stopping), "and none comes in");
    });
}

#[test]
fn nothing_falls_between_what_was_missed_and_what_comes() {
    let hub = Hub::new("a");
    thread::scope(|scope| {
        let writers: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..250).for_each(|_| hub.publish([change(1)])))).collect();
        let readers: Vec<_> = (0..8).map(|_| scope.spawn(|| read_in_pieces(&hub))).collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        readers.into_iter().for_each(|reader| assert_eq!(reader.join().unwrap(), (1..=1000).collect::<Vec<u64>>()));
    });
}

/// Reads all thousand changes, hanging up and coming back after each few.
fn read_in_pieces(hub: &Hub) -> Vec<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut seen = vec![];
        while seen.len() < 1000 {
            let last = seen.last().copied().unwrap_or(0);
            let mut watch = hub.watch(owner(1, "k"), vec![Topic::Inbox], Some(("a", last)));
            seen.extend(seqs(&watch.start).expect("all is still in the ring"));
            for _ in 0..10 {
                if seen.len() == 1000 {
                    break;
                }
                match next(&mut watch).await {
                    Ok(seq) => seen.push(seq),
                    Err(_) => break,
                }
            }
        }
        seen
    })
}

#[test]
fn a_restricted_queue_is_for_its_members_the_assignee_and_the_leads() {
    let scope = Scope { queue: Some(QueueId(7)), assignee: Some(AgentId(3)) };
    let eyes = |id, role, queues: &[i64]| Eyes::of(&agent(id, role, queues), &[QueueId(7), QueueId(9)]);
    assert!(!scope.visible_to(&eyes(1, Role::Agent, &[8])));
    assert!(scope.visible_to(&eyes(2, Role::Agent, &[7])));
    assert!(scope.visible_to(&eyes(3, Role::Agent, &[])));
    assert!(scope.visible_to(&eyes(4, Role::Manager, &[])));
    assert!(Scope { queue: Some(QueueId(8)), ..scope }.visible_to(&eyes(1, Role::Agent, &[])));
    assert!(!Scope { assignee: None, ..scope }.visible_to(&Eyes { agent: None, hidden: vec![QueueId(7)] }), "nobody");
}
