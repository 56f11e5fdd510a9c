//! Organizations: their domains, who gets what their people begin, and whether we know them.

use serde_json::{Value, json};

use crate::support::app::Person;
use crate::support::database::Engine;
use crate::support::live_page::LivePage;
use crate::support::world::World;

both![
    an_organization_is_set_up_on_its_page,
    what_is_wrong_with_a_domain_is_said_at_its_field,
    the_default_owner_gets_what_its_people_begin,
    whether_it_is_known_ranks_what_is_open_at_once,
    two_people_change_one_organization,
    who_writes_from_its_domain_belongs_to_it,
];

async fn acme(world: &World) -> String {
    world.root.api.all("/organizations").await[0]["id"].to_string()
}

async fn an_organization_is_set_up_on_its_page(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let mut list = LivePage::open("ben", &world.ben.page, "/organizations").await;
    let form = ada.sees("/organizations/new").await.form("form[action='/organizations/new']");
    let empty = ada.submits(&form.clone()).await.expect(422).page();
    assert!(empty.has("#name[aria-invalid]") && empty.words().contains("Write a name."));
    let typed = form.with("name", "Globex").with("domains", "globex.example, @globex.test");
    let made =
        ada.submits(&typed.with("default_owner", world.ben.email.clone()).with("existing", "true")).await.expect(303);
    list.sees_the_same_after_reload().await;
    let page = ada.sees(made.location()).await;
    for words in ["Globex", "globex.example, globex.test", "Existing: before strangers", "ben"] {
        assert!(page.words().contains(words), "{words}: {}", page.words());
    }
    let mut open = LivePage::open("max", &world.max.page, made.location()).await;
    let path = format!("{}/edit", made.location());
    let form = ada.sees(&path).await.form(&format!("form[action='{path}']"));
    assert_eq!((form.value("default_owner"), form.value("existing")), (Some(world.ben.email.as_str()), Some("true")));
    ada.submits(&form.with("default_owner", "").with("domains", "globex.example")).await.expect(303);
    open.sees_the_same_after_reload().await;
    let id = made.location().trim_start_matches("/organizations/").to_owned();
    let now = world.ada.api.get(&format!("/organizations/{id}")).await.expect(200).json();
    assert_eq!((&now["default_owner"], &now["domains"]), (&Value::Null, &json!(["globex.example"])));
    for (words, found) in [("glob", true), ("globex.ex", true), ("acme", false), ("%25", false)] {
        let words_found = ada.sees(&format!("/organizations?q={words}")).await.text("#organizations");
        assert_eq!(words_found.contains("Globex"), found, "{words}");
    }
}

async fn what_is_wrong_with_a_domain_is_said_at_its_field(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let form = ada.sees("/organizations/new").await.form("form[action='/organizations/new']").with("name", "Globex");
    for (domains, sentence) in [
        ("globex", "“globex” is not a domain, as in example.com."),
        ("ok.example, gmail.com", "Everybody can have an address at gmail.com. Leave it out."),
        ("ACME.example", "acme.example belongs to Acme already."),
    ] {
        let page = ada.submits(&form.clone().with("domains", domains)).await.expect(422).page();
        assert!(page.words().contains(sentence), "{domains}: {}", page.words());
        assert!(page.has("#domains[aria-invalid]"));
        assert_eq!(page.attr("#domains", "value"), domains, "kept as typed");
        let domains: Vec<&str> = domains.split(", ").collect();
        let new = json!({ "name": "Globex", "domains": domains });
        let refused = world.ada.api.post("/organizations", new).await.expect(422).json();
        assert_eq!((&refused["field"], &refused["message"]), (&json!("domains"), &json!(sentence)));
    }
    let both = json!({ "name": "Globex", "domains": ["acme.example"], "default_owner": "nobody@desk.example" });
    let refused = world.ada.api.post("/organizations", both).await.expect(422).json();
    assert!(refused.to_string().contains("No such agent.") && refused.to_string().contains("belongs to Acme already."));
}

async fn the_default_owner_gets_what_its_people_begin(engine: Engine) {
    let world = World::open(engine).await;
    let path = format!("/organizations/{}", acme(&world).await);
    let owner = json!({ "default_owner": world.ben.email });
    let set = world.ada.api.patch(&path, owner).await.expect(200).json();
    assert_eq!(set["default_owner"]["email"], world.ben.email);
    let number = world.uma.writes("Hello").await;
    let now = world.interaction(&number).await;
    assert_eq!(
        (&now["assigned_to"]["email"], &now["routed_by"]),
        (&json!(world.ben.email), &json!("default owner of Acme"))
    );
    assert_eq!(now["accepted_at"], Value::Null, "assigned, not accepted");
    let kept = world.ada.api.patch(&path, json!({ "name": "Acme Inc" })).await.expect(200).json();
    assert_eq!(kept["default_owner"]["email"], world.ben.email, "what is absent stays");
    let none = world.ada.api.patch(&path, json!({ "default_owner": null })).await.expect(200).json();
    assert_eq!(none["default_owner"], Value::Null);
}

async fn whether_it_is_known_ranks_what_is_open_at_once(engine: Engine) {
    let world = World::open(engine).await;
    let path = format!("/organizations/{}", acme(&world).await);
    let stranger = world.stranger("sms").writes("First of all").await;
    let number = world.uma.writes("Hello").await;
    let order = async |person: &Person| person.sees("/inbox/open").await.attrs(".row", "data-key");
    assert_eq!(order(&world.ada.page).await, [number.clone(), stranger.clone()]);
    let mut list = LivePage::open("ben", &world.ben.page, "/inbox/open").await;
    let mut page = LivePage::open("max", &world.max.page, &path).await;
    let mark = world.ada.page.sees(&path).await.form("form[action$='/existing']").with("existing", "false");
    let answer = world.ada.page.submits(&mark).await.expect(303);
    assert!(world.ada.page.sees(answer.location()).await.text("[data-toast]").contains("Acme is a new organization."));
    assert_eq!(world.conversation(&number).await["priority_rank"], 2);
    assert_eq!(order(&world.ada.page).await, [stranger.clone(), number.clone()]);
    list.sees_the_same_after_reload().await;
    page.sees_the_same_after_reload().await;
    world.ada.api.patch(&path, json!({ "existing": true })).await.expect(200);
    assert_eq!(order(&world.ada.page).await, [number.clone(), stranger]);
    list.sees_the_same_after_reload().await;
    let late = world.ada.page.submits(&mark).await.expect(303);
    assert!(world.ada.page.sees(late.location()).await.text("[data-toast=error]").contains("Someone changed this"));
    crate::support::binary::prints(&world.db, &["verify"]);
}

async fn two_people_change_one_organization(engine: Engine) {
    let world = World::open(engine).await;
    let path = format!("/organizations/{}/edit", acme(&world).await);
    let form = async |person: &Person| person.sees(&path).await.form(&format!("form[action='{path}']"));
    let (ada, ben) = (form(&world.ada.page).await, form(&world.ben.page).await);
    world.ada.page.submits(&ada.with("name", "Acme Inc")).await.expect(303);
    let page = world.ben.page.submits(&ben.with("name", "ACME")).await.expect(409).page();
    assert_eq!(page.attr("#name", "value"), "ACME");
    assert!(page.words().contains("Name now: Acme Inc"), "{}", page.words());
    world.ben.page.submits(&page.form(&format!("form[action='{path}']"))).await.expect(303);
}

async fn who_writes_from_its_domain_belongs_to_it(engine: Engine) {
    let world = World::open(engine).await;
    for (from, organization) in
        [("zoe@acme.example", json!("Acme")), ("zoe@gmail.com", Value::Null), ("zoe@elsewhere.example", Value::Null)]
    {
        let number = world.customer(from, "chat").writes("Hello").await;
        assert_eq!(world.conversation(&number).await["organization"]["name"], organization, "{from}");
    }
}
