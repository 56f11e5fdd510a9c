//! A view is one question with two answers that must agree: the list from the database, and `View::includes` of a row.
//! And every list is read through an index, on both databases.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use switchboard::domain::view::{Eyes, View, ViewName};
use switchboard::domain::{Agent, ConversationId, Stage};
use switchboard::store::inbox::{self, Filter, Order};
use switchboard::store::{self, Conn, agents};

use crate::support::cast::email;
use crate::support::database::{Database, Engine};
use crate::support::house::House;
use crate::support::world::{Host, World};

both![every_view_shows_what_it_includes, lists_are_read_through_an_index];

fn house(world: &World) -> &House {
    match &world.host {
        Host::Here(house) => house,
        Host::Apart(_) => unreachable!(),
    }
}

async fn every_view_shows_what_it_includes(engine: Engine) {
    let world = World::open(engine).await;
    let secret = json!({ "slug": "secret", "name": "Secret", "members": [email("ben")], "restricted": true, "assign_by": "manual" });
    world.root.api.post("/queues", secret).await.expect(201);
    let stages = ["new", "suspended", "waiting_on_user", "needs_response", "hold", "resolved", "archived"];
    for stage in stages.iter().chain(&stages).chain(&stages[..5]) {
        let number = world.conversation_in(stage).await;
        let interaction = world.record_of(&number).await;
        let path = format!("/interactions/{interaction}/assignment");
        let to = ["", "ada", "ben", "secret", "billing"][fastrand::usize(..5)];
        match to {
            "" => continue,
            "ada" | "ben" => world.max.api.put(&path, json!({ "agent": email(to) })).await,
            queue => world.max.api.put(&path, json!({ "queue": queue })).await,
        };
    }
    let desk = &house(&world).desk;
    let read = |conn: &mut Conn| -> Result<_, store::Error> {
        let ids: Vec<i64> = store::schema::conversations::table.select(store::schema::conversations::id).load(conn)?;
        Ok((inbox::rows(conn, &ids)?, agents::all(conn)?))
    };
    let (rows, everybody): (Vec<_>, Vec<Agent>) = desk.db.read(read).unwrap();
    assert_eq!(rows.len(), 19);
    let queues = desk.directory().unwrap().queues.iter().map(|queue| View::Queue(queue.id)).collect::<Vec<_>>();
    let views = ViewName::ALL.iter().map(|name| View::Named(*name)).chain(queues);
    for view in views {
        for viewer in &everybody {
            let listing = desk.listing(viewer, view, 100).unwrap();
            let listed: BTreeSet<ConversationId> =
                listing.ours.rows.iter().chain(&listing.theirs.rows).map(|row| row.id).collect();
            let eyes = desk.eyes(viewer).unwrap();
            let included: BTreeSet<ConversationId> =
                rows.iter().filter(|row| view.includes(row, &eyes)).map(|row| row.id).collect();
            assert_eq!(listed, included, "{view:?} for {}", viewer.email);
        }
    }
}

async fn lists_are_read_through_an_index(engine: Engine) {
    let db = Database::with_the_cast(engine);
    let house = House::open(&db);
    let everybody: Vec<Agent> = house.desk.db.read(agents::all).unwrap();
    let viewer = &everybody[0];
    let queue = house.desk.directory().unwrap().queues[0].id;
    let mut conn = watched(&db);
    let views = ViewName::ALL.iter().map(|name| View::Named(*name)).chain([View::Queue(queue)]);
    let filters = views.flat_map(|view| {
        let filter = Filter::of(view, viewer);
        [Order::Urgent, Order::Longest, Order::Newest]
            .map(|order| (format!("{view:?} {order:?}"), Filter { order, ..filter.clone() }))
    });
    let more =
        Stage::ALL.iter().map(|stage| (format!("{stage:?}"), Filter { stages: vec![*stage], ..Filter::default() }));
    let (mut wrong, mut looked_at) = (vec![], 0);
    for (name, filter) in filters.chain(more) {
        let eyes = Eyes::of(viewer, &[]);
        conn.statements.lock().unwrap().clear();
        inbox::page(&mut conn.conn, &filter, &eyes, None, 50).unwrap();
        let statements = conn.statements.lock().unwrap().clone();
        for statement in statements.iter().filter(|sql| sql.contains("ORDER BY")) {
            let plan = conn.plan(statement);
            looked_at += 1;
            if let Some(line) = plan.iter().find(|line| {
                line.contains("Seq Scan on conversations")
                    || line.contains("SCAN conversations") && !line.contains("USING")
                    || line.contains("TEMP B-TREE")
                    || line.trim_start().starts_with("Sort")
            }) {
                wrong.push(format!("{name}: {line}\n  {statement}\n  {}", plan.join("\n  ")));
            }
        }
    }
    conn.statements.lock().unwrap().clear();
    store::conversations::latest_of_profile(&mut conn.conn, switchboard::domain::ProfileId(1)).unwrap();
    let going_on = conn.statements.lock().unwrap().first().cloned().unwrap();
    let plan = conn.plan(&going_on).join("\n");
    let reads = plan.contains("conversations_going_on") || plan.contains("conversations_profile");
    assert!(reads && !plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "where somebody goes on: {plan}");
    assert!(looked_at > 50, "only {looked_at} statements were looked at");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A connection that writes down every statement.
struct Watched {
    conn: Conn,
    statements: Arc<Mutex<Vec<String>>>,
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
    Watched { conn, statements }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Watched {
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
