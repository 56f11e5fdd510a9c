//! Fields of the house's own on contacts and organizations.

use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::live_page::LivePage;
use crate::support::world::World;

both![
    fields_are_set_up_in_their_order,
    what_stands_in_a_field_is_checked_at_the_field,
    fields_of_an_organization_are_its_own,
    a_choice_that_stands_somewhere_stays_and_a_field_goes_with_its_values,
    two_records_that_become_one_keep_what_either_said,
    set_up_is_for_admins,
];

async fn field(world: &World, subject: &str, name: &str, kind: &str, choices: &[&str]) -> Value {
    let new = json!({ "subject": subject, "name": name, "kind": kind, "choices": choices });
    world.root.api.post("/custom-fields", new).await.expect(201).json()
}

async fn fields_are_set_up_in_their_order(engine: Engine) {
    let world = World::open(engine).await;
    let root = &world.root.page;
    let form = root.sees("/settings/fields/new").await.form("form[action='/settings/fields/new']");
    let typed = form.with("kind", "choice").with("choices", "Gold\n Silver \n\nGold");
    let empty = root.submits(&typed.clone().with("choices", "One")).await.expect(422).page();
    assert!(empty.has("#name[aria-invalid]") && empty.has("#choices[aria-invalid]"), "both at once");
    assert!(empty.words().contains("Write two choices at least.") && empty.words().contains("Write a name."));
    root.submits(&typed.clone().with("name", "Tier of service")).await.expect(303);
    let taken = root.submits(&typed.with("name", "tier  of Service")).await.expect(422).page();
    assert!(taken.words().contains("There is a field of this name already."));
    field(&world, "contact", "Renewal", "date", &[]).await;
    let first = json!({ "subject": "contact", "name": "Größe", "kind": "number", "position": 1 });
    world.root.api.post("/custom-fields", first).await.expect(201);
    let all = world.ada.api.all("/custom-fields").await;
    let named: Vec<_> =
        all.iter().map(|one| (one["slug"].as_str().unwrap(), one["position"].as_i64().unwrap())).collect();
    assert_eq!(named, [("grosse", 1), ("tier_of_service", 2), ("renewal", 3)]);
    assert_eq!(all[1]["choices"], json!(["Gold", "Silver"]));
    let page = root.sees("/settings/fields").await;
    assert_eq!(page.texts(".mini__title"), ["Größe", "Tier of service", "Renewal"]);
    let path = format!("/settings/fields/{}", all[2]["id"]);
    let form = root.sees(&path).await.form(&format!("form[action='{path}']"));
    world
        .root
        .api
        .patch(&format!("/custom-fields/{}", all[2]["id"]), json!({ "name": "Renewal on" }))
        .await
        .expect(200);
    let stale = root.submits(&form.with("position", "1")).await.expect(409).page();
    assert!(stale.words().contains("Save again to write over it."));
    root.submits(&stale.form(&format!("form[action='{path}']"))).await.expect(303);
    assert_eq!(root.sees("/settings/fields").await.texts(".mini__title"), ["Renewal", "Größe", "Tier of service"]);
    for (fixed, value) in [("kind", "text"), ("slug", "x"), ("subject", "organization")] {
        let path = format!("/custom-fields/{}", all[0]["id"]);
        let refused = world.root.api.patch(&path, json!({ fixed: value })).await.expect(422).json();
        assert_eq!((&refused["code"], &refused["field"]), (&json!("read_only"), &json!(fixed)));
    }
}

async fn what_stands_in_a_field_is_checked_at_the_field(engine: Engine) {
    let world = World::open(engine).await;
    for (name, kind, choices) in [
        ("Nickname", "text", &[][..]),
        ("Seats", "number", &[]),
        ("Renewal", "date", &[]),
        ("Tier", "choice", &["Gold", "Silver"]),
    ] {
        field(&world, "contact", name, kind, choices).await;
    }
    let ada = &world.ada.page;
    let uma = world.root.api.all("/contacts").await[0]["id"].clone();
    let path = format!("/contacts/{uma}/edit");
    let form = ada.sees(&path).await.form(&format!("form[action='{path}']"));
    let typed = form.with("field-nickname", "Umi").with("field-seats", "many").with("field-renewal", "tomorrow");
    let wrong = ada.submits(&typed.clone().with("name", "")).await.expect(422).page();
    for (id, sentence) in [
        ("field-seats", "Seats: write a number, as in 12 or 3.5."),
        ("field-renewal", "Renewal: write a date, as in 2026-11-30."),
    ] {
        assert!(wrong.text(&format!("#{id}-error")).contains(sentence), "{}", wrong.words());
        assert!(wrong.has(&format!("#{id}[aria-invalid]")));
    }
    assert!(wrong.has("#name[aria-invalid]"), "all at once");
    assert_eq!(
        (wrong.attr("#field-seats", "value"), wrong.attr("#field-nickname", "value")),
        ("many".into(), "Umi".into())
    );
    let contact = format!("/contacts/{uma}");
    let mut open = LivePage::open("ben", &world.ben.page, &contact).await;
    let fine = typed.with("field-seats", "012.50").with("field-renewal", "2027-01-31").with("field-tier", "Gold");
    ada.submits(&fine).await.expect(303);
    open.sees_the_same_after_reload().await;
    let shown = ada.sees(&contact).await.text("#contact-fields");
    assert_eq!(shown, "Nickname Umi Seats 12.5 Renewal 2027-01-31 Tier Gold");
    let fields = json!({ "nickname": "Umi", "seats": 12.5, "renewal": "2027-01-31", "tier": "Gold" });
    assert_eq!(world.ada.api.get(&contact).await.expect(200).json()["fields"], fields);
    let some = json!({ "fields": { "tier": "silver", "seats": null, "nickname": 7 } });
    let now = world.ada.api.patch(&contact, some).await.expect(200).json();
    let expected = json!({ "nickname": "7", "seats": null, "renewal": "2027-01-31", "tier": "Silver" });
    assert_eq!(now["fields"], expected, "what is absent stays");
    for (slug, value) in
        [("tier", json!("Bronze")), ("seats", json!("1e9")), ("unknown", json!("x")), ("seats", json!([1]))]
    {
        let refused = world.ada.api.patch(&contact, json!({ "fields": { slug: value } })).await.expect(422).json();
        assert_eq!((&refused["code"], &refused["field"]), (&json!("invalid"), &json!(slug)), "{refused}");
    }
    let new = json!({ "name": "Zoe", "fields": { "seats": 3 } });
    assert_eq!(world.ada.api.post("/contacts", new).await.expect(201).json()["fields"]["seats"], 3);
}

async fn fields_of_an_organization_are_its_own(engine: Engine) {
    let world = World::open(engine).await;
    field(&world, "contact", "Tier", "text", &[]).await;
    field(&world, "organization", "Tier", "choice", &["Gold", "Silver"]).await;
    let id = world.root.api.all("/organizations").await[0]["id"].clone();
    let path = format!("/organizations/{id}");
    let edit = format!("{path}/edit");
    let form = world.ada.page.sees(&edit).await.form(&format!("form[action='{edit}']"));
    assert_eq!(form.value("existing"), Some("true"));
    let wrong = form.clone().with("field-tier", "Tin");
    let wrong = world.ada.page.submits(&wrong).await.expect(422).page();
    assert!(wrong.text("#field-tier-error").contains("Tier: choose one of Gold, Silver."));
    world.ada.page.submits(&form.with("field-tier", "Gold")).await.expect(303);
    assert!(world.ada.page.sees(&path).await.text("#organization-facts").contains("Tier Gold"));
    let now = world.ada.api.get(&path).await.expect(200).json();
    assert_eq!((&now["fields"], &now["existing"]), (&json!({ "tier": "Gold" }), &json!(true)));
    let made = world.ada.api.post("/organizations", json!({ "name": "Globex", "fields": { "tier": "silver" } })).await;
    let made = made.expect(201).json();
    assert_eq!(made["fields"]["tier"], "Silver");
    world.root.api.delete(&format!("/organizations/{}", made["id"])).await.expect(200);
}

async fn a_choice_that_stands_somewhere_stays_and_a_field_goes_with_its_values(engine: Engine) {
    let world = World::open(engine).await;
    let tier = field(&world, "contact", "Tier", "choice", &["Gold", "Silver"]).await;
    let uma = world.root.api.all("/contacts").await[0]["id"].clone();
    world.ada.api.patch(&format!("/contacts/{uma}"), json!({ "fields": { "tier": "Gold" } })).await.expect(200);
    let path = format!("/custom-fields/{}", tier["id"]);
    let fewer = json!({ "choices": ["Silver", "Tin"] });
    let refused = world.root.api.patch(&path, fewer).await.expect(422).json();
    assert_eq!(refused["message"], "“Gold” stands in 1 records. Leave it, or change those first.");
    world.root.api.patch(&path, json!({ "choices": ["Gold", "Tin"] })).await.expect(200);
    let page = format!("/settings/fields/{}", tier["id"]);
    let removal = world.root.page.sees(&page).await.form("form[action$='/removal']");
    let asked = world.root.page.submits(&removal).await.expect(303);
    assert!(
        world.root.page.sees(asked.location()).await.text("[data-toast=error]").contains("Say that it may go too.")
    );
    world.root.page.submits(&removal.with("with_values", "true")).await.expect(303);
    assert!(world.ada.api.all("/custom-fields").await.is_empty());
    assert_eq!(world.ada.api.get(&format!("/contacts/{uma}")).await.expect(200).json()["fields"], json!({}));
}

async fn two_records_that_become_one_keep_what_either_said(engine: Engine) {
    let world = World::open(engine).await;
    for name in ["Seats", "Floor"] {
        field(&world, "contact", name, "number", &[]).await;
    }
    let person = async |fields: Value| {
        let new = json!({ "name": "Zoe", "fields": fields });
        world.ada.api.post("/contacts", new).await.expect(201).json()["id"].clone()
    };
    let (gone, left) = (person(json!({ "seats": 1, "floor": 2 })).await, person(json!({ "seats": 7 })).await);
    let merged =
        world.ada.api.put(&format!("/contacts/{gone}/merge"), json!({ "into": left })).await.expect(200).json();
    assert_eq!(merged["fields"], json!({ "seats": 7, "floor": 2 }));
}

async fn set_up_is_for_admins(engine: Engine) {
    let world = World::open(engine).await;
    let tier = field(&world, "contact", "Tier", "text", &[]).await;
    let path = format!("/custom-fields/{}", tier["id"]);
    for agent in [&world.ada, &world.max] {
        agent.page.get("/settings/fields").await.expect(403);
        agent.page.get("/settings/fields/new").await.expect(403);
        agent.api.post("/custom-fields", json!({})).await.expect(403);
        agent.api.patch(&path, json!({ "name": "x" })).await.expect(403);
        agent.api.delete(&path).await.expect(403);
        agent.api.get(&path).await.expect(200);
    }
}
