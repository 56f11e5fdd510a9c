//! Every list is read through an index, on both databases: the first page and the next, with every filter, for those who
//! see everything and for those who do not.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::Text;
use switchboard::domain::state::{ContactType, State};
use switchboard::domain::view::{Eyes, View, ViewName};
use switchboard::domain::{
    Agent, AgentId, ContactId, ConversationId, Fact, InteractionId, MessageId, OrganizationId, ProfileId, QueueId,
    Stage,
};
use switchboard::store::contact_list::{self, Sought};
use switchboard::store::inbox::{self, Cursor, Filter, Order};
use switchboard::store::interactions::{self, Wanted};
use switchboard::store::{
    Conn, agents, blocked, conversations, facts, feed, finding, late, mentions, messages, outbox, people, queues,
    rules, security_log, visitors,
};

use crate::support::database::{Database, Engine};
use crate::support::house::House;

both![the_inbox_is_read_through_an_index, records_people_letters_and_facts_are_read_through_an_index];

/// A moment: which one does not matter to how a list is read.
fn then() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

/// Eyes that see everything, and eyes from which two queues are hidden.
fn everybodys() -> [Eyes; 2] {
    let agent = Some(AgentId(1));
    [Eyes { agent, hidden: vec![] }, Eyes { agent, hidden: vec![QueueId(1), QueueId(2)] }]
}

async fn the_inbox_is_read_through_an_index(engine: Engine) {
    let db = Database::with_the_cast(engine);
    let house = House::open(&db);
    let everybody: Vec<Agent> = house.desk.db.read(agents::all).unwrap();
    let queue = house.desk.directory().unwrap().queues[0].id;
    let mut watched = watched(&db);
    let views = ViewName::ALL.iter().map(|name| View::Named(*name)).chain([View::Queue(queue)]);
    let mut filters: Vec<(String, Filter)> =
        views.map(|view| (format!("{view:?}"), Filter::of(view, &everybody[0]))).collect();
    for stage in Stage::ALL {
        filters.push((format!("{stage:?}"), Filter { stages: vec![*stage], ..Filter::default() }));
    }
    for stages in [vec![], vec![Stage::NeedsResponse], vec![Stage::Resolved, Stage::Archived]] {
        let of = || Filter { stages: stages.clone(), ..Filter::default() };
        let more = [
            ("tag", Filter { tag: Some("Colour".to_owned()), ..of() }),
            ("contact", Filter { contact: Some(ContactId(1)), ..of() }),
            ("profile", Filter { profile: Some(ProfileId(1)), ..of() }),
            ("organization", Filter { organization: Some(OrganizationId(1)), ..of() }),
            ("mentioned", Filter { mentioned: Some(AgentId(1)), ..of() }),
            ("queue and assignee", Filter { queue: Some(queue), assignee: Some(Some(AgentId(1))), ..of() }),
        ];
        filters.extend(more.map(|(name, filter)| (format!("{name} in {stages:?}"), filter)));
    }
    let next = Cursor { rank: 1, at: then(), id: ConversationId(9) };
    for (name, filter) in filters {
        for order in [Order::Urgent, Order::Longest, Order::Newest] {
            for after in [None, Some(next)] {
                for eyes in everybodys() {
                    let filter = Filter { order, ..filter.clone() };
                    let name = format!("inbox: {name}, {order:?}, after {}, {eyes:?}", after.is_some());
                    watched.looks(&name, |conn| inbox::page(conn, &filter, &eyes, after, 50).unwrap());
                }
            }
        }
    }
    for eyes in everybodys() {
        watched.looks("mentions", |conn| mentions::open_of(conn, AgentId(1), &eyes).unwrap());
    }
    watched.looks("the rows", |conn| inbox::rows_with_mentions(conn, &[1, 2, 3]).unwrap());
    watched.ends(300);
}

async fn records_people_letters_and_facts_are_read_through_an_index(engine: Engine) {
    let db = Database::with_the_cast(engine);
    let mut watched = watched(&db);
    records(&mut watched);
    someone(&mut watched);
    threads(&mut watched);
    house(&mut watched);
    watched.ends(80);
}

fn records(watched: &mut Watched) {
    let wanted = [
        ("all", Wanted::default()),
        ("kind", Wanted { kind: Some(ContactType::WalkUp), ..Wanted::default() }),
        ("state", Wanted { state: Some(State::New), ..Wanted::default() }),
        ("queue_id", Wanted { queue: Some(QueueId(1)), ..Wanted::default() }),
        ("assignee_id", Wanted { assignee: Some(AgentId(1)), ..Wanted::default() }),
        ("conversation_id", Wanted { conversation: Some(ConversationId(1)), ..Wanted::default() }),
        ("opened_for_id", Wanted { opened_for: Some(ContactId(1)), ..Wanted::default() }),
        ("profile_id", Wanted { profile: Some(ProfileId(1)), ..Wanted::default() }),
    ];
    for (column, wanted) in wanted {
        for before in [None, Some(InteractionId(9))] {
            for eyes in everybodys() {
                let name = format!("interactions by {column}, before {}, {eyes:?}", before.is_some());
                watched.looks(&name, |conn| interactions::page(conn, &wanted, &eyes, before, 50).unwrap());
                // Whatever else is asked, the walk is over those alone: not over all records until enough are found.
                let ours = watched.plans.iter().any(|plan| {
                    column == "all" || plan.contains(&format!("{column} =")) || plan.contains(&format!("{column}="))
                });
                assert!(ours, "{name}: {:?}", watched.plans);
            }
        }
    }
    watched.looks("of an agent", |conn| interactions::open_of(conn, AgentId(1)).unwrap());
    watched.looks("in use", |conn| interactions::in_use(conn, AgentId(1)).unwrap());
    watched.looks("one", |conn| interactions::find(conn, InteractionId(1)).err());
    watched.looks("those", |conn| interactions::many(conn, vec![1, 2, 3]).unwrap());
}

fn someone(watched: &mut Watched) {
    for after in [None, Some(("uma".to_owned(), ContactId(1)))] {
        for organization in [None, Some(OrganizationId(1))] {
            let sought = Sought { organization, after: after.clone(), words: None };
            let name = format!("people, {sought:?}");
            watched.looks(&name, |conn| contact_list::people(conn, &sought, 50).unwrap());
        }
        let sought = Sought { words: Some("um".to_owned()), after: after.clone(), organization: None };
        watched.looks("people by words", |conn| contact_list::people(conn, &sought, 50).unwrap());
        let after = after.map(|(name, id)| (name, OrganizationId(id.0)));
        for words in [None, Some("ac")] {
            watched.looks("organizations", |conn| {
                contact_list::organizations(conn, words, after.as_ref(), 50).unwrap().len()
            });
        }
    }
    watched.looks("named", |conn| contact_list::named(conn, "Uma").unwrap());
    for eyes in everybodys() {
        for contact in [None, Some(None), Some(Some(ContactId(1)))] {
            let name = format!("profiles of {contact:?}");
            watched.looks(&name, |conn| people::profiles_page(conn, contact, &eyes, ProfileId(0), 50).unwrap());
        }
    }
    watched.looks("profiles", |conn| people::profiles_of(conn, ContactId(1)).unwrap());
    watched.looks("nobody's", |conn| people::unclaimed(conn, &["+1".to_owned()]).unwrap());
    for eyes in everybodys() {
        watched.looks("the blocked", |conn| blocked::page(conn, &eyes, Some(ProfileId(9)), 50).unwrap().len());
    }
    watched.looks("by identifier", |conn| people::matching(conn, "phone", "+1").unwrap());
}

fn threads(watched: &mut Watched) {
    let (id, message) = (ConversationId(1), MessageId(1));
    watched.looks("messages", |conn| messages::after(conn, id, message, 50).unwrap().len());
    watched.looks("the latest", |conn| messages::latest(conn, id, None, 50).unwrap().len());
    watched.looks("before", |conn| messages::latest(conn, id, Some(message), 50).unwrap().len());
    watched.looks("notes", |conn| messages::notes_of(conn, InteractionId(1)).unwrap().len());
    watched.looks("first words", |conn| messages::first_words(conn, InteractionId(1)).unwrap());
    watched.looks("opening", |conn| messages::opening(conn, id).unwrap());
    watched.looks("replies", |conn| messages::reply_of_others(conn, id, AgentId(1), message).unwrap().is_some());
    watched.looks("timeline", |conn| facts::of_conversation(conn, id, 5, 50).unwrap().len());
    watched.looks("stages", |conn| facts::of_stages(conn, id).unwrap().len());
    watched.looks("entering", |conn| facts::entering(conn, id, Stage::Hold).unwrap().is_some());
    watched.looks("of a record", |conn| facts::of_interaction(conn, InteractionId(1), 50).unwrap().len());
    watched.looks("work", |conn| facts::of_work(conn, InteractionId(1)).unwrap().len());
    for (from, until) in [(None, None), (Some(then()), None), (None, Some(then()))] {
        watched.looks("between", |conn| facts::between(conn, id, from, until, 50).unwrap().len());
    }
    let whole = watched.read(|conn| feed::after(conn, None, 1).unwrap());
    let (place, fact): (_, Fact) = whole.facts.into_iter().next().unwrap();
    for after in [None, Some(&place)] {
        watched.looks("events", |conn| feed::after(conn, after, 50).unwrap().facts.len());
    }
    let fact = Fact { conversation: Some(id), interaction: Some(InteractionId(1)), ..fact };
    let alone = Fact { conversation: None, ..fact.clone() };
    for eyes in everybodys() {
        watched.looks("events that are seen", |conn| feed::seen(conn, &[&fact, &alone], &eyes).unwrap());
    }
    watched.looks("where they go on", |conn| conversations::latest_of_profile(conn, ProfileId(1)).unwrap());
    watched.looks_at_few("of a visitor", |conn| visitors::conversations(conn, ProfileId(1)).unwrap().len());
}

fn house(watched: &mut Watched) {
    for eyes in everybodys() {
        watched.looks_at_few("outbox", |conn| outbox::open(conn, &eyes, MessageId(5), 50).unwrap().len());
        watched.looks("outbox, counted", |conn| outbox::count_open(conn, &eyes).unwrap());
        watched.looks_at_few("finding", |conn| finding::open_titled(conn, "pri", &eyes, 5).unwrap());
    }
    watched.looks_at_few("what is due", |conn| conversations::due(conn, then(), 50).unwrap());
    watched.looks("reviews", |conn| conversations::open_reviews(conn, AgentId(1)).unwrap().len());
    watched.looks_at_few("open of", |conn| {
        conversations::open_of(conn, OrganizationId(1), ConversationId(0), 50).unwrap()
    });
    watched.looks("counts", |conn| inbox::counts(conn).unwrap().len());
    let mut all = watched.read(|conn| queues::all(conn).unwrap());
    all.iter_mut().for_each(|queue| queue.target = Some(chrono::TimeDelta::minutes(5)));
    watched.looks("late", |conn| late::late(conn, &all, then()).unwrap().0.len());
    watched.looks("the log of security", |conn| security_log::latest(conn, Some(9), 50).unwrap().len());
    watched.looks("openings", |conn| rules::openings(conn, ConversationId(9), then(), 50).unwrap().0.len());
}

/// A connection that writes down every statement.
struct Watched {
    conn: Conn,
    statements: Arc<Mutex<Vec<String>>>,
    /// How the statements of the last look are read.
    plans: Vec<String>,
    wrong: Vec<String>,
    looked_at: usize,
}

fn watched(db: &Database) -> Watched {
    let mut conn = match db.engine {
        Engine::Sqlite => Conn::Sqlite(SqliteConnection::establish(db.file().unwrap().to_str().unwrap()).unwrap()),
        Engine::Postgres => Conn::Pg(PgConnection::establish(&db.url).unwrap()),
    };
    if db.is_postgres() {
        conn.batch_execute(
            "SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan",
        )
        .unwrap();
    }
    let statements = Arc::new(Mutex::new(vec![]));
    let kept = statements.clone();
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            kept.lock().unwrap().push(text.split(" -- binds").next().unwrap().to_owned());
        }
    });
    Watched { conn, statements, plans: vec![], wrong: vec![], looked_at: 0 }
}

fn step(line: &str) -> &str {
    line.trim_start().trim_start_matches("->").trim_start()
}

/// Whether a line of a plan goes through a whole table. A page of all records by their number is a walk over the table
/// itself, in its order.
fn scans(line: &str, statement: &str) -> bool {
    let line = step(line);
    let named = |table: &str| line.split_whitespace().any(|word| word.trim_matches('"') == table);
    let never = statement.contains("(1=0)");
    let page_of_all = line == "SCAN interactions" && statement.ends_with("ORDER BY `interactions`.`id` DESC LIMIT ?");
    let whole = line.starts_with("SCAN ") && !line.contains("USING") || line.contains("Seq Scan on");
    whole && !never && !page_of_all && !SMALL.iter().any(|table| named(table))
}

/// Whether a line sorts what an index could give in order.
fn sorts(line: &str, statement: &str) -> bool {
    let line = step(line);
    let sorted = ["Sort", "Incremental Sort"].iter().any(|word| line.starts_with(word));
    statement.contains("LIMIT") && (sorted || line.contains("TEMP B-TREE FOR ORDER BY"))
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Tables of the house itself, of a handful of rows each.
const SMALL: &[&str] = &["agents", "queues", "channels", "resolutions", "rules", "json_each"];

impl Watched {
    fn read<T>(&mut self, ask: impl FnOnce(&mut Conn) -> T) -> T {
        ask(&mut self.conn)
    }

    /// Looks at a list, and then at how each of its statements is read.
    fn looks<T>(&mut self, name: &str, ask: impl FnOnce(&mut Conn) -> T) {
        self.looks_at(name, false, ask);
    }

    /// The same of what is few by its nature (of one person, not sent yet, due now): found by an index, then put in order.
    fn looks_at_few<T>(&mut self, name: &str, ask: impl FnOnce(&mut Conn) -> T) {
        self.looks_at(name, true, ask);
    }

    fn looks_at<T>(&mut self, name: &str, may_sort: bool, ask: impl FnOnce(&mut Conn) -> T) {
        self.statements.lock().unwrap().clear();
        ask(&mut self.conn);
        let statements = std::mem::take(&mut *self.statements.lock().unwrap());
        self.plans.clear();
        for statement in statements.iter().filter(|sql| sql.starts_with("SELECT") && sql.contains(" FROM ")) {
            let plan = self.plan(statement);
            self.looked_at += 1;
            if let Some(line) = plan.iter().find(|l| scans(l, statement) || !may_sort && sorts(l, statement)) {
                self.wrong.push(format!("{name}: {line}\n  {statement}\n  {}", plan.join("\n  ")));
            }
            self.plans.push(plan.join("\n"));
        }
    }

    fn ends(self, at_least: usize) {
        assert!(self.looked_at > at_least, "only {} statements were looked at", self.looked_at);
        let (all, shown) = (self.wrong.len(), self.wrong.into_iter().take(20).collect::<Vec<_>>());
        assert!(shown.is_empty(), "{all} of {}:\n{}", self.looked_at, shown.join("\n"));
    }

    /// How the database would read this statement, whatever is bound.
    fn plan(&mut self, statement: &str) -> Vec<String> {
        match &mut self.conn {
            Conn::Sqlite(conn) => sqlite_plan(conn, statement),
            Conn::Pg(conn) => postgres_plan(conn, statement),
        }
    }
}

fn sqlite_plan(conn: &mut SqliteConnection, statement: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let plan = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load::<Step>(conn);
    plan.unwrap().into_iter().map(|step| step.detail).collect()
}

fn postgres_plan(conn: &mut PgConnection, statement: &str) -> Vec<String> {
    let binds = (1..50).take_while(|n| statement.contains(&format!("${n}"))).count();
    let nulls = vec!["NULL"; binds].join(", ");
    let arguments = if binds == 0 { String::new() } else { format!("({nulls})") };
    let _ = conn.batch_execute("DEALLOCATE asked");
    conn.batch_execute(&format!("PREPARE asked AS {statement}")).unwrap();
    // EXPLAIN has a column of its own name; a cursor through a function gives it ours.
    let explain = format!(
        "CREATE OR REPLACE FUNCTION pg_temp.plan() RETURNS SETOF text AS $f$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN EXECUTE asked{arguments}'; END $f$ LANGUAGE plpgsql"
    );
    conn.batch_execute(&explain).unwrap();
    let lines = diesel::sql_query("SELECT plan AS line FROM pg_temp.plan() AS plan").load::<Line>(conn);
    lines.unwrap().into_iter().map(|line| line.line).collect()
}
