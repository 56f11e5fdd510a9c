//! Where somebody goes on: the customer in their open conversation, an agent with the row they press Reply on; who sees whom.

use serde_json::json;

use crate::support::cast::email;
use crate::support::database::{Database, Engine};
use crate::support::live::Socket;
use crate::support::page::Page;
use crate::support::replayed::{Replayed, agent, inbound, line};
use crate::support::world::{World, resolved};

both![
    a_customer_goes_on_in_the_conversation_that_is_open,
    reply_on_a_row_takes_what_nobody_has,
    who_has_it_open_stands_on_the_row_and_on_the_record,
    who_may_not_move_it_is_told_so_before_where_it_would_go,
    a_replayed_verdict_blocks_the_sender,
    the_record_shows_every_field_and_what_else_is_open,
];

async fn a_customer_goes_on_in_the_conversation_that_is_open(engine: Engine) {
    let world = World::open(engine).await;
    let kim = world.stranger("sms");
    let first = kim.writes("My parcel is late").await;
    let body = json!({ "channel": "sms", "to": kim.from, "body": "About your invoice" });
    let second = world.ada.api.post("/conversations", body).await.expect(201).json()["number"].clone();
    let second = second.as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(kim.writes("Yes?").await, second, "the newest of those that are open");
    world.ada.api.put(&format!("/conversations/{second}/resolution"), resolved()).await.expect(200);
    assert_eq!(kim.writes("And my parcel?").await, first, "resolved is not open");
    world.ada.api.put(&format!("/conversations/{second}/archive"), json!({})).await.expect(200);
    assert_eq!(kim.writes("Hello?").await, first, "archived is not open");
    assert_eq!(world.stage(&second).await, "archived");
    world.ada.api.post(&format!("/conversations/{first}/replies"), json!({ "body": "It is there" })).await.expect(201);
    world.ada.api.put(&format!("/conversations/{first}/resolution"), resolved()).await.expect(200);
    let third = kim.writes("Thanks").await;
    assert_ne!(third, first, "the latest is archived: a new one");
    assert_eq!(world.conversation(&third).await["follow_up_of"]["number"], json!(second));
}

async fn reply_on_a_row_takes_what_nobody_has(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let (list, row) = ("/inbox/open?sort=newest", format!("#conversation-{}", &number[5..]));
    let press = async |agent: &crate::support::world::Agent, page: &Page| {
        let button = format!("{row} button.row__reply[form=claim]");
        let form = page.form("form#claim").with(&page.attr(&button, "name"), page.attr(&button, "value"));
        let request = agent.page.request(reqwest::Method::POST, &form.action);
        let request = request.header("Origin", &world.base).header("Referer", format!("{}{list}", world.base));
        crate::support::app::send("Reply".to_owned(), request.form(&form.fields)).await.expect(303)
    };
    let (of_ada, of_ben) = (world.ada.page.sees(list).await, world.ben.page.sees(list).await);
    let taken = press(&world.ada, &of_ada).await;
    assert_eq!(taken.location(), format!("/inbox/open?sort=newest&open={number}#reply"));
    assert_eq!(world.conversation(&number).await["assignee"]["email"], email("ada"));
    let late = press(&world.ben, &of_ben).await;
    let said = world.ben.page.sees(late.location()).await.text("[data-toast=error]");
    assert!(said.contains("ada has taken this already."), "{said}");
    assert_eq!(world.conversation(&number).await["assignee"]["email"], email("ada"));
    let now = world.ben.page.sees(list).await;
    assert!(!now.has(&format!("{row} button.row__reply")), "what a colleague has is opened, not taken");
    assert_eq!(now.attr(&format!("{row} a.row__reply"), "href"), format!("?open={number}#reply"));
    let none = world.ada.page.posts("/inbox/claim", &[("open", "CONV-999")]).await;
    assert_eq!(none.status, 404);
}

async fn who_has_it_open_stands_on_the_row_and_on_the_record(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let id = number[5..].to_owned();
    let record = format!("/interactions/{}", world.record_of(&number).await);
    let mut ada = Socket::of_page(&world.ada.page, "inbox", None).await.unwrap();
    let here = async |selector: &str, path: &str| world.ada.page.sees(path).await.texts(selector).join(" ");
    let (row, head) = (format!("#row-here-{id}"), format!("#record-here-{id}"));
    assert_eq!(here(&row, "/inbox/open").await + &here(&head, &record).await, "");

    let mut ben = Socket::of_page(&world.ben.page, &format!("conversation:{number}"), None).await.unwrap();
    let frame = ada.until("company.changed").await;
    assert_eq!(frame["id"], number);
    for (said, word) in [("", "viewing"), (number.as_str(), "writing")] {
        let frame = if said.is_empty() {
            frame.clone()
        } else {
            ben.says(&json!({ "typing": said }).to_string()).await;
            ada.until("company.changed").await
        };
        for (slot, path) in [(&row, "/inbox/open"), (&head, record.as_str())] {
            let ops = frame["ops"].as_array().unwrap();
            let pushed = ops.iter().find(|op| format!("#{}", op["id"].as_str().unwrap()) == **slot);
            let pushed = Page::parse(pushed.unwrap()["html"].as_str().unwrap()).text(slot);
            assert!(pushed.contains(&format!("ben is {word}")), "{pushed}");
            assert_eq!(here(slot, path).await, pushed, "the page after the push is the page after a reload");
        }
    }
    drop(ben);
    ada.until("company.changed").await;
    assert_eq!(here(&row, "/inbox/open").await + &here(&head, &record).await, "");
}

async fn who_may_not_move_it_is_told_so_before_where_it_would_go(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let record = world.record_of(&number).await;
    world.ben.api.post(&format!("/interactions/{record}/take"), json!({})).await.expect(200);
    let path = format!("/interactions/{record}/assignment");
    for body in [json!({ "agent": "nobody@desk.example" }), json!({ "queue": "nowhere" }), json!({})] {
        let refusal = world.ada.api.put(&path, body.clone()).await.expect(403).json();
        assert_eq!(refusal["code"], "forbidden", "{body}: {refusal}");
        world.max.api.put(&path, body).await.expect(422);
    }
    let old = json!({ "agent": email("ada"), "version": 0 });
    world.ada.api.put(&path, old.clone()).await.expect(403);
    world.max.api.put(&path, old).await.expect(409);
}

async fn a_replayed_verdict_blocks_the_sender(engine: Engine) {
    let db = Database::empty(engine);
    let lines = [
        inbound("09:00", "m1", "Buy now"),
        agent("09:01", "ben", "suspend", json!({})),
        agent("09:02", "ben", "spam", json!({ "block_sender": true })),
        inbound("09:10", "m2", "Buy still"),
        line("09:11", "tick", json!({})),
    ];
    let replayed = Replayed::from(&db, &lines);
    let held = replayed.root.get("/conversations/CONV-2").await.expect(200).json();
    assert_eq!(held["stage"], "suspended", "{held}");
    assert_eq!(held["spam"]["verdict"], "blocked", "{held}");
}

async fn the_record_shows_every_field_and_what_else_is_open(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let contact = world.interaction(&number).await["opened_for"]["id"].clone();
    let visit = json!({ "type": "walk-up", "opened_for": contact, "short_description": "A cable" });
    let visit = world.ada.api.post("/interactions", visit).await.expect(201).json()["number"].clone();
    let page = world.ada.page.sees(&format!("/interactions/{}", world.record_of(&number).await)).await;
    assert_eq!(page.attr("#direction", "value"), "Inbound");
    assert!(
        page.attr("#profile", "value").starts_with(crate::support::cast::UMA_PHONE),
        "{}",
        page.attr("#profile", "value")
    );
    let also = page.text("section[aria-labelledby=side-open]");
    assert!(also.contains("A cable") && also.contains(visit.as_str().unwrap()), "{also}");
    let page = world.ada.page.sees(&format!("/interactions/{}", visit.as_str().unwrap())).await;
    assert!(!page.has("#direction"), "a visit has no direction");
    assert!(page.text("section[aria-labelledby=side-open]").contains(&number));
}
