//! A view is one question with two answers that must agree: the list from the database, and `View::includes` of a row.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::json;
use switchboard::domain::view::{View, ViewName};
use switchboard::domain::{Agent, ConversationId};
use switchboard::store::{self, Conn, agents, inbox};

use crate::support::cast::email;
use crate::support::database::Engine;
use crate::support::house::House;
use crate::support::world::{Host, World};

both![every_view_shows_what_it_includes];

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
