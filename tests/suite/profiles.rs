//! Channel profiles: whose they are, said by hand. What was said is remembered, and not guessed again.

use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::live_page::LivePage;
use crate::support::world::{World, resolved};

both![
    of_two_people_with_one_number_the_agent_picks_and_the_choice_is_remembered,
    a_profile_that_is_nobody_s_stays_so_and_is_not_matched_again,
    a_profile_that_goes_to_somebody_else_takes_their_organization_along,
    an_address_is_linked_on_the_page_of_its_contact,
    who_is_put_on_record_is_known_in_what_is_open_already,
    who_reopens_is_who_they_are_by_now,
    two_who_say_whose_it_is_do_not_overwrite_each_other,
    what_a_restricted_queue_hides_has_no_profile_either,
];

/// Somebody with these phone numbers; the id.
async fn person(world: &World, name: &str, phones: &[&str], organization: Value) -> i64 {
    let new = json!({ "name": name, "phones": phones, "organization": organization });
    world.root.api.post("/contacts", new).await.expect(201).json()["id"].as_i64().unwrap()
}

/// The channel profile of a conversation.
async fn profile(world: &World, number: &str) -> Value {
    let id = world.interaction(number).await["channel_profile"]["id"].clone();
    world.ada.api.get(&format!("/channel-profiles/{id}")).await.expect(200).json()
}

async fn opened_for(world: &World, number: &str) -> Value {
    world.interaction(number).await["opened_for"]["name"].clone()
}

async fn of_two_people_with_one_number_the_agent_picks_and_the_choice_is_remembered(engine: Engine) {
    let world = World::open(engine).await;
    let customer = world.stranger("sms");
    let acme = world.root.api.all("/organizations").await[0]["id"].clone();
    person(&world, "Zoe Marsh", &[&customer.from], acme).await;
    let milton = person(&world, "Milton Marsh", &[&customer.from, "+442079460018"], Value::Null).await;
    let number = customer.writes("Hello").await;
    let known = world.interaction(&number).await;
    assert_eq!(
        (&known["opened_for"], known["channel_profile"]["candidates"].as_array().unwrap().len()),
        (&Value::Null, 2)
    );
    assert_eq!(profile(&world, &number).await["ambiguous"], true);
    let path = format!("/interactions/{}", known["number"].as_str().unwrap());
    let page = world.ada.page.sees(&path).await;
    assert!(page.text(".rec__side").contains("May be Zoe Marsh or Milton Marsh"), "{}", page.words());
    let chooser = page.attrs("a[href$='/contact']", "href").remove(0);
    let page = world.ada.page.sees(&chooser).await;
    let words = page.text("form[data-dialog-form=contact]");
    for said in ["2 people have this address.", "Acme", "+442079460018", "Nobody on record"] {
        assert!(words.contains(said), "{said}: {words}");
    }
    let mut thread = LivePage::open("ben", &world.ben.page, &format!("/conversations/{number}")).await;
    let form = page.form(&format!("form[action='{chooser}']")).with("contact", milton.to_string());
    world.ada.page.submits(&form).await.expect(303);
    assert_eq!(opened_for(&world, &number).await, "Milton Marsh");
    thread.sees_the_same_after_reload().await;
    let linked = profile(&world, &number).await;
    assert_eq!((&linked["contact"]["id"], &linked["ambiguous"]), (&json!(milton), &json!(false)));
    assert_eq!(linked["linked_by"]["email"], world.ada.email);
    for step in ["replies", "resolution", "archive"] {
        let path = format!("/conversations/{number}/{step}");
        match step {
            "replies" => world.ada.api.post(&path, json!({ "body": "Yes" })).await.expect(201),
            "resolution" => world.ada.api.put(&path, resolved()).await.expect(200),
            _ => world.ada.api.put(&path, json!({})).await.expect(200),
        };
    }
    let next = customer.writes("Me again").await;
    assert_ne!(next, number);
    assert_eq!(opened_for(&world, &next).await, "Milton Marsh", "remembered");
}

async fn a_profile_that_is_nobody_s_stays_so_and_is_not_matched_again(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let uma = world.interaction(&number).await["opened_for"]["id"].clone();
    let contact = format!("/contacts/{uma}");
    let mut page = LivePage::open("ben", &world.ben.page, &contact).await;
    let shown = world.ada.page.sees(&contact).await;
    assert!(shown.text("#profiles").contains("matched by its address"));
    let unlink = shown.form("form[action$='/unlinking']");
    let answer = world.ada.page.submits(&unlink).await.expect(303);
    let after = world.ada.page.sees(answer.location()).await;
    assert!(
        after.text("[data-toast]").contains("is nobody’s now.") && after.text("#profiles").contains("Nowhere yet.")
    );
    page.sees_the_same_after_reload().await;
    let now = world.interaction(&number).await;
    assert_eq!((&now["opened_for"], &now["channel_profile"]["contact"]), (&Value::Null, &Value::Null));
    world.uma.sends("It is me").await.expect(201);
    assert_eq!(opened_for(&world, &number).await, Value::Null, "not guessed again");
    let conversation = world.conversation(&number).await;
    assert_eq!((&conversation["organization"], &conversation["priority_rank"]), (&Value::Null, &json!(2)));
    let undo = after.form("[data-toast] form");
    world.ada.page.submits(&undo).await.expect(303);
    assert_eq!(opened_for(&world, &number).await, "Uma Ortiz");
    assert_eq!(world.conversation(&number).await["organization"]["name"], "Acme");
    let path = format!("/channel-profiles/{}/contact", profile(&world, &number).await["id"]);
    let gone = world.ada.api.delete(&path).await.expect(200).json();
    assert_eq!((&gone["contact"], &gone["linked_by"]["email"]), (&Value::Null, &json!(world.ada.email)));
}

async fn a_profile_that_goes_to_somebody_else_takes_their_organization_along(engine: Engine) {
    let world = World::open(engine).await;
    let globex = json!({ "name": "Globex", "existing": false });
    let globex = world.root.api.post("/organizations", globex).await.expect(201).json()["id"].clone();
    let zoe = person(&world, "Zoe Marsh", &[], globex.clone()).await;
    let number = world.uma.writes("Hello").await;
    assert_eq!(world.conversation(&number).await["priority_rank"], 1);
    let mut list = LivePage::open("ben", &world.ben.page, "/inbox/open").await;
    let id = profile(&world, &number).await["id"].clone();
    let path = format!("/channel-profiles/{id}/contact");
    let refused = world.ada.api.put(&path, json!({ "contact": 999 })).await.expect(422).json();
    assert_eq!((&refused["field"], &refused["message"]), (&json!("contact"), &json!("No such contact.")));
    world.ada.api.put(&path, json!({})).await.expect(422);
    world.ada.api.put("/channel-profiles/999/contact", json!({ "contact": zoe })).await.expect(404);
    world.ada.api.put(&path, json!({ "contact": zoe })).await.expect(200);
    let now = world.conversation(&number).await;
    assert_eq!((&now["organization"]["id"], &now["priority_rank"]), (&globex, &json!(2)));
    assert_eq!(opened_for(&world, &number).await, "Zoe Marsh");
    list.sees_the_same_after_reload().await;
    let hers = world.ada.api.all(&format!("/channel-profiles?contact={zoe}")).await;
    assert_eq!(hers.iter().map(|one| &one["id"]).collect::<Vec<_>>(), [&id]);
    let page = world.ben.page.sees(&format!("/conversations/{number}")).await;
    assert!(page.text("#messages").contains("linked this to Zoe Marsh"));
}

async fn an_address_is_linked_on_the_page_of_its_contact(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let zoe = person(&world, "Zoe Marsh", &[], Value::Null).await;
    let path = format!("/contacts/{zoe}");
    let form = ada.sees(&path).await.form("form[action$='/profiles']").with("channel", "sms");
    let wrong = ada.submits(&form.clone().with("identifier", "+12")).await.expect(422).page();
    assert!(wrong.has("#identifier[aria-invalid]") && wrong.words().contains("no address that could write to us"));
    assert_eq!(wrong.attr("#identifier", "value"), "+12");
    let taken = world.uma.writes("Hello").await;
    let theirs = ada.submits(&form.clone().with("identifier", world.uma.from.clone())).await.expect(422).page();
    assert!(theirs.words().contains("This is Uma Ortiz’s. Unlink it there first."), "{}", theirs.words());
    assert_eq!(opened_for(&world, &taken).await, "Uma Ortiz");
    ada.submits(&form.with("identifier", "+1 (415) 555-7777")).await.expect(303);
    assert!(ada.sees(&path).await.text("#profiles").contains("+14155557777"));
    let customer = world.customer("+14155557777", "sms");
    let number = customer.writes("First time here").await;
    assert_eq!(opened_for(&world, &number).await, "Zoe Marsh");
    let new = json!({ "channel": "chat", "identifier": "zoe-17", "contact": zoe });
    let made = world.ada.api.post("/channel-profiles", new.clone()).await.expect(201).json();
    assert_eq!((&made["identifier"], &made["contact"]["name"]), (&json!("zoe-17"), &json!("Zoe Marsh")));
    for (field, value) in [("channel", json!("none")), ("contact", json!(999)), ("identifier", json!(""))] {
        let mut wrong = new.clone();
        wrong[field] = value;
        assert_eq!(world.ada.api.post("/channel-profiles", wrong).await.expect(422).json()["field"], field);
    }
}

async fn who_is_put_on_record_is_known_in_what_is_open_already(engine: Engine) {
    let world = World::open(engine).await;
    let customer = world.stranger("sms");
    let number = customer.writes("Hello").await;
    let mut thread = LivePage::open("ben", &world.ben.page, &format!("/conversations/{number}")).await;
    person(&world, "Zoe Marsh", &[&customer.from], Value::Null).await;
    assert_eq!(opened_for(&world, &number).await, "Zoe Marsh");
    assert_eq!(profile(&world, &number).await["linked_by"], Value::Null, "matched, not said");
    thread.sees_the_same_after_reload().await;
    let other = world.stranger("sms");
    let open = other.writes("Hello").await;
    for name in ["One", "Two"] {
        let first = person(&world, name, &["+442079460018"], Value::Null).await;
        let both = json!({ "phones": ["+442079460018", other.from] });
        if name == "Two" {
            assert_eq!(opened_for(&world, &open).await, "One", "the only one so far");
            world.ada.api.patch(&format!("/contacts/{first}"), both).await.expect(200);
        } else {
            world.ada.api.patch(&format!("/contacts/{first}"), both).await.expect(200);
        }
    }
    assert_eq!(opened_for(&world, &open).await, "One", "whose it is already is not guessed anew");
}

async fn who_reopens_is_who_they_are_by_now(engine: Engine) {
    let world = World::open(engine).await;
    let zoe = person(&world, "Zoe Marsh", &[], Value::Null).await;
    for (said, then) in [(Some(zoe), json!("Zoe Marsh")), (None, Value::Null)] {
        let customer = world.stranger("sms");
        let number = customer.writes("Hello").await;
        let path = format!("/conversations/{number}");
        let claim = format!("/channel-profiles/{}/contact", profile(&world, &number).await["id"]);
        if said.is_none() {
            world.ada.api.put(&claim, json!({ "contact": zoe })).await.expect(200);
        }
        world.ada.api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await.expect(201);
        world.ada.api.put(&format!("{path}/resolution"), resolved()).await.expect(200);
        let closed = world.interaction(&number).await;
        match said {
            Some(contact) => world.ada.api.put(&claim, json!({ "contact": contact })).await.expect(200),
            None => world.ada.api.delete(&claim).await.expect(200),
        };
        assert_eq!(world.interaction(&number).await["opened_for"], closed["opened_for"], "what is closed stays");
        customer.sends("Not quite").await.expect(201);
        assert_eq!(opened_for(&world, &number).await, then);
    }
}

async fn two_who_say_whose_it_is_do_not_overwrite_each_other(engine: Engine) {
    let world = World::open(engine).await;
    let customer = world.stranger("sms");
    let number = customer.writes("Hello").await;
    let link = format!("/interactions/{}/contact", world.record_of(&number).await);
    let (ada, ben) = (world.ada.page.sees(&link).await, world.ben.page.sees(&link).await);
    let form = |page: &crate::support::page::Page| page.form(&format!("form[action='{link}']"));
    world.ada.page.submits(&form(&ada).with("name", "Zoe Marsh")).await.expect(303);
    let late = world.ben.page.submits(&form(&ben).with("name", "Milton")).await.expect(409).page();
    assert!(late.words().contains("Somebody said who this is meanwhile.") && late.words().contains("Now: Zoe Marsh"));
    assert_eq!(late.attr("#name", "value"), "Milton");
    assert_eq!(opened_for(&world, &number).await, "Zoe Marsh");
    world.ben.page.submits(&form(&late)).await.expect(303);
    assert_eq!(opened_for(&world, &number).await, "Milton");
    let known = profile(&world, &number).await;
    let path = format!("/channel-profiles/{}/contact", known["id"]);
    let old = json!({ "contact": 1, "version": known["version"].as_i64().unwrap() - 1 });
    assert_eq!(world.ada.api.put(&path, old).await.expect(409).json()["code"], "stale");
}

async fn what_a_restricted_queue_hides_has_no_profile_either(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Hello").await;
    let id = profile(&world, &number).await["id"].clone();
    let queue = json!({ "slug": "vault", "name": "Vault", "restricted": true, "members": [world.ben.email] });
    world.root.api.post("/queues", queue).await.expect(201);
    let record = world.record_of(&number).await;
    world.root.api.put(&format!("/interactions/{record}/assignment"), json!({ "queue": "vault" })).await.expect(200);
    world.ada.api.get(&format!("/channel-profiles/{id}")).await.expect(404);
    world.ada.api.put(&format!("/channel-profiles/{id}/contact"), json!({ "contact": 1 })).await.expect(404);
    world.ada.page.get(&format!("/profiles/{id}/contact")).await.expect(404);
    let of = |all: Vec<Value>| all.iter().any(|one| one["id"] == id);
    assert!(!of(world.ada.api.all("/channel-profiles?contact=none").await));
    assert!(of(world.ben.api.all("/channel-profiles?contact=none").await));
    // On record it is still theirs alone, and so is the address itself.
    let known = world.ben.api.get(&format!("/channel-profiles/{id}")).await.expect(200).json();
    let person = person(&world, "Vera Quill", &[], Value::Null).await;
    world.ben.api.put(&format!("/channel-profiles/{id}/contact"), json!({ "contact": person })).await.expect(200);
    let path = format!("/channel-profiles?contact={person}");
    assert!(!of(world.ada.api.all(&path).await) && of(world.ben.api.all(&path).await));
    let number = known["identifier"].as_str().unwrap();
    assert!(!world.ada.page.sees(&format!("/contacts/{person}")).await.words().contains(number));
    assert!(world.ben.page.sees(&format!("/contacts/{person}")).await.words().contains(number));
    let link = json!({ "channel": "sms", "identifier": number, "contact": 1 });
    let refused = world.ada.api.post("/channel-profiles", link).await.expect(422).body;
    assert!(refused.contains("cannot be linked") && !refused.contains("Vera"), "{refused}");
}
