//! Who a sender is: said by hand, or found when somebody on record writes. What was said by hand before stays.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::live_page::LivePage;
use crate::support::world::{Customer, World};

both![
    whose_organization_it_is_stays_when_its_sender_gets_a_name,
    the_organization_of_a_contact_is_the_conversation_s_where_it_has_none,
    a_sender_who_is_on_record_by_now_is_known_when_they_write,
    what_is_closed_belongs_to_nobody_else_than_before,
    whoever_writes_while_they_are_named_is_named_everywhere,
];

/// Says on the record of a conversation who its sender is.
async fn names(world: &World, number: &str, field: &str, value: &str) {
    let path = format!("/interactions/{}/contact", world.record_of(number).await);
    world.ada.page.posts(&path, &[(field, value)]).await.expect(303);
}

async fn organization(world: &World, name: &str, existing: bool) -> Value {
    let new = json!({ "name": name, "existing": existing });
    world.root.api.post("/organizations", new).await.expect(201).json()["id"].clone()
}

async fn contact(world: &World, name: &str, organization: &Value) -> String {
    let new = json!({ "name": name, "organization": organization });
    world.root.api.post("/contacts", new).await.expect(201).json()["id"].to_string()
}

async fn facts(world: &World, number: &str, kind: &str) -> Vec<Value> {
    let all = world.root.api.all(&format!("/conversations/{number}/timeline")).await;
    all.into_iter().filter(|fact| fact["type"] == kind).collect()
}

async fn whose_organization_it_is_stays_when_its_sender_gets_a_name(engine: Engine) {
    let world = World::open(engine).await;
    let globex = organization(&world, "Globex", true).await;
    let initech = organization(&world, "Initech", false).await;
    let number = world.stranger("sms").writes("Hello").await;
    let path = format!("/conversations/{number}");
    world.ada.api.patch(&path, json!({ "organization": globex })).await.expect(200);
    assert_eq!(world.conversation(&number).await["priority_rank"], 1);
    let of_initech = contact(&world, "Milton", &initech).await;
    for (field, value) in [("name", "Zoe Marsh"), ("contact", &of_initech)] {
        names(&world, &number, field, value).await;
        let now = world.conversation(&number).await;
        assert_eq!((&now["organization"]["id"], &now["priority_rank"]), (&globex, &json!(1)), "{field}");
    }
    assert_eq!(world.interaction(&number).await["opened_for"]["name"], "Milton");
    assert_eq!(facts(&world, &number, "conversation.changed").await.len(), 1, "Ada's own");
    assert_eq!(facts(&world, &number, "contact.linked").await.len(), 2);
}

async fn the_organization_of_a_contact_is_the_conversation_s_where_it_has_none(engine: Engine) {
    let world = World::open(engine).await;
    let globex = organization(&world, "Globex", true).await;
    let zoe = contact(&world, "Zoe Marsh", &globex).await;
    let number = world.stranger("sms").writes("Hello").await;
    assert_eq!(world.conversation(&number).await["priority_rank"], 2);
    let version = world.conversation(&number).await["version"].as_i64().unwrap();
    let mut list = LivePage::open("ben", &world.ben.page, "/inbox/open").await;
    names(&world, &number, "contact", &zoe).await;
    let now = world.conversation(&number).await;
    assert_eq!((&now["organization"]["id"], &now["priority_rank"]), (&globex, &json!(1)));
    assert_eq!(now["version"], version + 1, "one change");
    let changed = facts(&world, &number, "conversation.changed").await;
    assert_eq!((&changed[0]["to"], &changed[0]["data"]["field"]), (&json!(globex.to_string()), &json!("organization")));
    assert_eq!(changed[0]["actor"]["email"], world.ada.email);
    list.sees_the_same_after_reload().await;
}

async fn a_sender_who_is_on_record_by_now_is_known_when_they_write(engine: Engine) {
    let world = World::open(engine).await;
    let globex = organization(&world, "Globex", true).await;
    let initech = organization(&world, "Initech", true).await;
    let (plain, by_hand) = (world.stranger("sms"), world.stranger("sms"));
    let (one, other) = (plain.writes("Hello").await, by_hand.writes("Hello").await);
    let path = format!("/conversations/{other}");
    world.ada.api.patch(&path, json!({ "organization": initech })).await.expect(200);
    for (customer, name) in [(&plain, "Zoe"), (&by_hand, "Milton")] {
        let new = json!({ "name": name, "phones": [customer.from], "organization": globex });
        world.root.api.post("/contacts", new).await.expect(201);
        customer.sends("It is me").await.expect(201);
    }
    let (one, other) = (world.conversation(&one).await, world.conversation(&other).await);
    assert_eq!((&one["organization"]["id"], &one["priority_rank"]), (&globex, &json!(1)));
    assert_eq!(other["organization"]["id"], initech, "said by hand");
    assert_eq!(world.interaction(other["number"].as_str().unwrap()).await["opened_for"]["name"], "Milton");
    assert_eq!(facts(&world, one["number"].as_str().unwrap(), "contact.linked").await.len(), 1);
}

async fn what_is_closed_belongs_to_nobody_else_than_before(engine: Engine) {
    let world = World::open(engine).await;
    let globex = organization(&world, "Globex", true).await;
    let zoe = contact(&world, "Zoe Marsh", &globex).await;
    let customer = world.stranger("sms");
    let closed = customer.writes("Hello").await;
    let path = format!("/conversations/{closed}");
    world.ada.api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await.expect(201);
    world.ada.api.put(&format!("{path}/resolution"), crate::support::world::resolved()).await.expect(200);
    world.ada.api.put(&format!("{path}/archive"), json!({})).await.expect(200);
    let open = customer.writes("Again").await;
    names(&world, &open, "contact", &zoe).await;
    assert_eq!(world.conversation(&closed).await["organization"], Value::Null);
    assert_eq!(world.conversation(&open).await["organization"]["id"], globex);
    let theirs = world.root.api.all(&format!("/conversations?view=all&contact={zoe}")).await;
    assert_eq!(theirs.len(), 2, "both are hers");
}

async fn whoever_writes_while_they_are_named_is_named_everywhere(engine: Engine) {
    let world = World::open(engine).await;
    let nothing = Value::Null;
    let strangers: Vec<Customer> = (0..12).map(|_| world.stranger("sms")).collect();
    let each = strangers.iter().map(async |stranger| {
        let number = stranger.writes("Hello").await;
        let path = format!("/conversations/{number}");
        world.ada.api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await.expect(201);
        world.ada.api.put(&format!("{path}/resolution"), crate::support::world::resolved()).await.expect(200);
        world.ada.api.put(&format!("{path}/archive"), json!({})).await.expect(200);
        (number, contact(&world, &stranger.from, &nothing).await)
    });
    let known = join_all(each).await;
    let again = strangers.iter().map(|stranger| stranger.writes("Again"));
    let named = known.iter().map(|(number, contact)| names(&world, number, "contact", contact));
    let (again, _) = tokio::join!(join_all(again), join_all(named));
    for (number, (_, contact)) in again.iter().zip(&known) {
        assert_eq!(world.interaction(number).await["opened_for"]["id"].to_string(), *contact, "{number}");
        let theirs = world.root.api.all(&format!("/conversations?view=all&contact={contact}")).await;
        assert_eq!(theirs.len(), 2, "{number}");
    }
}
