//! Colleagues named in notes: set off where they stand, found in their list, and offered while one writes.

use serde_json::json;

use crate::support::database::Engine;
use crate::support::world::World;

both![
    who_is_named_in_a_note_finds_it_in_their_list,
    nobody_is_named_who_cannot_see_it,
    the_picker_offers_those_who_can_see_it,
    an_edit_names_others_and_a_removal_nobody,
];

async fn who_is_named_in_a_note_finds_it_in_their_list(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello @ben").await;
    let path = format!("/conversations/{number}");
    let count = || async { world.ben.page.sees("/inbox/mentions").await.text("#nav-mentions") };
    assert!(!world.ben.page.sees("/inbox/mentions").await.has(".row"), "what a customer writes names nobody");
    let note = world.ada.api.post(&format!("{path}/notes"), json!({ "body": "@ben, and @nobody: please look" })).await;
    let note = note.expect(201).json();
    assert_eq!(note["mentions"][0]["email"], world.ben.email.as_str());
    let list = world.ben.page.sees(&format!("/inbox/mentions?open={number}")).await;
    assert_eq!(list.attrs("#rows .row", "data-key"), [number.as_str()]);
    assert!(count().await.contains('1'), "{}", count().await);
    assert_eq!(list.text(".mention"), "@ben");
    assert!(!world.max.page.sees("/inbox/mentions").await.has("#rows .row"));
    let listed = world.ben.api.get("/conversations?view=mentions").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    // A reply names nobody.
    let other = world.stranger("sms").writes("Hi").await;
    world
        .ada
        .api
        .post(&format!("/conversations/{other}/replies"), json!({ "body": "@ben will call" }))
        .await
        .expect(201);
    assert_eq!(world.ben.page.sees("/inbox/mentions").await.all("#rows .row").len(), 1);
    // What is over is not in the list any more.
    world.ada.api.put(&format!("{path}/resolution"), crate::support::world::resolved()).await.expect(200);
    assert!(!world.ben.page.sees("/inbox/mentions").await.has("#rows .row"));
    assert!(!count().await.contains('1'), "{}", count().await);
}

async fn nobody_is_named_who_cannot_see_it(engine: Engine) {
    let world = World::open(engine).await;
    world
        .root
        .api
        .post("/queues", json!({ "slug": "vault", "restricted": true, "members": [world.ada.email] }))
        .await
        .expect(201);
    let number = world.uma.writes("Hello").await;
    let path = format!("/conversations/{number}");
    world.ada.api.post(&format!("{path}/notes"), json!({ "body": "@ben" })).await.expect(201);
    let record = world.record_of(&number).await;
    world.max.api.put(&format!("/interactions/{record}/assignment"), json!({ "queue": "vault" })).await.expect(200);
    let refused =
        world.ada.api.post(&format!("{path}/notes"), json!({ "body": "@ben again" })).await.expect(422).json();
    assert!(refused["message"].as_str().unwrap().starts_with("ben cannot see this conversation."), "{refused}");
    let form = world.ada.page.sees(&path).await.form("form.composer").with("kind", "note").with("body", "@ben again");
    let page = world.ada.page.submits(&form).await.expect(422).page();
    assert!(
        page.text("[data-alert]").contains("ben cannot see this conversation.") && page.text("#reply") == "@ben again"
    );
    let list = world.ben.page.sees("/inbox/mentions").await;
    assert!(
        !list.has("#rows .row") && !list.text("#nav-mentions").contains('1'),
        "a restricted queue hides it from the count too"
    );
    world.ben.page.get(&format!("{path}/offers?q=@")).await.expect(404);
}

async fn the_picker_offers_those_who_can_see_it(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let offers = |typed: &str| format!("/conversations/{number}/offers?q={typed}");
    let page = world.ada.page.get(&offers("@")).await.expect(200).page();
    let all = page.attrs("[role=option]", "data-text");
    assert!(all.contains(&"@ben ".to_owned()) && !all.contains(&"@ada ".to_owned()), "{all:?}");
    let page = world.ada.page.get(&offers("@BE")).await.expect(200).page();
    assert_eq!(page.attrs("[role=option]", "data-text"), ["@ben "]);
    world
        .root
        .api
        .post("/queues", json!({ "slug": "vault", "restricted": true, "members": [world.ada.email] }))
        .await
        .expect(201);
    let record = world.record_of(&number).await;
    world.max.api.put(&format!("/interactions/{record}/assignment"), json!({ "queue": "vault" })).await.expect(200);
    let page = world.ada.page.get(&offers("@b")).await.expect(200).page();
    assert!(!page.has("[role=option]"));
}

async fn an_edit_names_others_and_a_removal_nobody(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let note = world
        .ada
        .api
        .post(&format!("/conversations/{number}/notes"), json!({ "body": "@ben" }))
        .await
        .expect(201)
        .json();
    let path = format!("/messages/{}", note["id"]);
    let edited = world.ada.api.patch(&path, json!({ "body": "@max" })).await.expect(200).json();
    assert_eq!(edited["mentions"][0]["email"], world.max.email.as_str());
    assert!(!world.ben.page.sees("/inbox/mentions").await.has("#rows .row"));
    assert!(world.max.page.sees("/inbox/mentions").await.has("#rows .row"));
    world.ada.api.delete(&format!("{path}/body")).await.expect(200);
    assert!(!world.max.page.sees("/inbox/mentions").await.has("#rows .row"));
}
