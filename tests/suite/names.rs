//! Names are found however they are written, in every script, on both databases alike.

use serde_json::{Value, json};

use crate::support::app::Program;
use crate::support::cast;
use crate::support::database::{Database, Engine};
use crate::support::house::House;
use crate::support::world::World;

both![
    a_name_is_found_in_any_case_and_script,
    lists_of_people_are_in_the_same_order_everywhere,
    one_organization_is_not_made_twice_in_two_spellings,
    names_written_by_an_older_version_are_found_after_the_next_start,
];

/// As it is written, and as somebody types it.
const NAMES: [(&str, &str); 5] = [
    ("Änne Müller", "ÄNNE mÜ"),
    ("Élodie Brûlé", "élODIE"),
    ("ОЛЬГА Иванова", "ольга ива"),
    ("Οδυσσεύς Έλληνας", "ΟΔΥΣΣΕΎΣ"),
    ("100% Ünal_Öz", "100% ünal_ö"),
];

async fn a_name_is_found_in_any_case_and_script(engine: Engine) {
    let world = World::open(engine).await;
    for (name, typed) in NAMES {
        world.ada.api.post("/contacts", json!({ "name": name })).await.expect(201);
        let number = world.stranger("sms").writes(&format!("{name} asks")).await;
        let query = serde_urlencoded::to_string([("q", typed), ("name", typed)]).unwrap();
        let found = world.ada.api.all(&format!("/contacts?{query}")).await;
        assert_eq!(found.len(), 1, "{typed}: {found:?}");
        assert!(world.ada.page.sees(&format!("/contacts?{query}")).await.words().contains(name), "{typed}");
        let palette = world.ada.page.get(&format!("/palette?{query}")).await.expect(200).body;
        assert!(palette.contains(&number), "{typed} finds no title: {palette}");
        let record = world.record_of(&number).await;
        let path = format!("/interactions/{record}/contact");
        let linked = world.ada.page.posts(&path, &[("called", &name.to_uppercase())]).await;
        assert!(linked.status.is_redirection(), "{name}: {} {}", linked.status, linked.body);
        assert_eq!(world.interaction(&number).await["opened_for"]["name"], name);
    }
    assert!(world.ada.api.all("/contacts?name=%25%25").await.is_empty(), "a sign means itself");
}

async fn lists_of_people_are_in_the_same_order_everywhere(engine: Engine) {
    let world = World::open(engine).await;
    for name in ["zoe", "Adam", "adam b", "Zoltan", "Änne", "_x", "B"] {
        world.ada.api.post("/contacts", json!({ "name": name })).await.expect(201);
    }
    let page = world.ada.page.sees("/contacts").await.words();
    let places: Vec<usize> =
        ["Adam", "adam b", "zoe", "Zoltan", "Änne"].iter().map(|n| page.find(n).unwrap()).collect();
    assert!(places.is_sorted(), "{page}");
}

async fn one_organization_is_not_made_twice_in_two_spellings(engine: Engine) {
    let world = World::open(engine).await;
    let before = world.root.api.all("/organizations").await.len();
    for (name, organization) in [("One", "Müller Überland"), ("Two", "MÜLLER überland"), ("Three", " müller ÜBERLAND ")]
    {
        let form = world.ada.page.sees("/contacts/new").await.form("form[action='/contacts/new']");
        let form = form.with("name", name).with("organization", organization);
        let answer = world.ada.page.submits(&form).await;
        assert!(answer.status.is_redirection(), "{}", answer.body);
    }
    assert_eq!(world.root.api.all("/organizations").await.len(), before + 1);
}

async fn names_written_by_an_older_version_are_found_after_the_next_start(engine: Engine) {
    let db = Database::with_the_cast(engine);
    let keys = cast::keys(engine);
    let found = async |house: &House| -> Vec<Value> {
        Program::with(&house.base, &keys.tokens["ada"]).all("/contacts?name=%C3%84NNE").await
    };
    let house = House::open(&db);
    let ada = Program::with(&house.base, &keys.tokens["ada"]);
    ada.post("/contacts", json!({ "name": "Änne" })).await.expect(201);
    assert_eq!(found(&house).await.len(), 1);
    drop(house);
    for (table, form) in [("contacts", "folded"), ("organizations", "folded"), ("conversations", "title_folded")] {
        db.damage(&format!("UPDATE {table} SET {form} = NULL"));
    }
    let house = House::open(&db);
    assert_eq!(found(&house).await.len(), 1);
}
