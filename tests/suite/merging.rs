//! Two records of one person become one: everything moves, and who was merged leads to who is left.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};
use switchboard::desk::intake::Arrival;
use switchboard::desk::people::NewContact;
use switchboard::domain::conversation::InboundKind;
use switchboard::domain::people::OpenedFor;
use switchboard::domain::{ContactId, Refused};

use crate::support::binary;
use crate::support::database::Engine;
use crate::support::live_page::LivePage;
use crate::support::world::{World, resolved};

both![
    what_was_the_one_s_is_the_other_s,
    the_page_offers_who_may_be_the_same_and_refuses_in_words,
    whoever_was_ambiguous_between_the_two_is_known,
    a_merge_against_a_first_message_leaves_nothing_with_who_is_gone,
    of_two_merges_into_each_other_one_wins,
];

const ROUNDS: usize = 200;

async fn person(world: &World, fields: Value) -> i64 {
    world.root.api.post("/contacts", fields).await.expect(201).json()["id"].as_i64().unwrap()
}

async fn what_was_the_one_s_is_the_other_s(engine: Engine) {
    let world = World::open(engine).await;
    let (one, two) = (world.stranger("sms"), world.stranger("chat"));
    let gone = person(&world, json!({ "name": "Z. Marsh", "phones": [one.from], "vip": true })).await;
    let acme = world.root.api.all("/organizations").await[0]["id"].clone();
    let left =
        person(&world, json!({ "name": "Zoe Marsh", "emails": ["zoe@marsh.example"], "organization": acme })).await;
    let over = one.writes("An old one").await;
    let path = format!("/conversations/{over}");
    world.ada.api.post(&format!("{path}/notes"), json!({ "body": "Knows the porter" })).await.expect(201);
    world.ada.api.put(&format!("{path}/tags/Lift"), json!({})).await.expect(200);
    world.ada.api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await.expect(201);
    world.ada.api.put(&format!("{path}/resolution"), resolved()).await.expect(200);
    world.ada.api.put(&format!("{path}/archive"), json!({})).await.expect(200);
    let open = one.writes("A new one").await;
    let new = json!({ "type": "walk-up", "opened_for": gone, "short_description": "Came by" });
    let walk_in = world.ada.api.post("/interactions", new).await.expect(201).json()["number"].clone();
    let mut list = LivePage::open("ben", &world.ben.page, "/inbox/open").await;
    let mut card = LivePage::open("max", &world.max.page, &format!("/contacts/{gone}")).await;
    let merged =
        world.ada.api.put(&format!("/contacts/{gone}/merge"), json!({ "into": left })).await.expect(200).json();
    assert_eq!(
        (&merged["id"], &merged["vip"], &merged["organization"]["name"]),
        (&json!(left), &json!(true), &json!("Acme"))
    );
    assert_eq!((&merged["phones"], &merged["emails"]), (&json!([one.from]), &json!(["zoe@marsh.example"])));
    list.sees_the_same_after_reload().await;
    card.sees_the_same_after_reload().await;
    for number in [&over, &open] {
        assert_eq!(world.interaction(number).await["opened_for"]["id"], left, "{number}");
    }
    let alone = format!("/interactions/{}", walk_in.as_str().unwrap());
    assert_eq!(world.ada.api.get(&alone).await.expect(200).json()["opened_for"]["id"], left);
    let theirs = world.root.api.all(&format!("/conversations?view=all&contact={left}")).await;
    assert_eq!(theirs.len(), 2);
    assert_eq!(world.conversation(&open).await["priority_rank"], 1, "of Acme by now");
    let profiles = world.ada.api.all(&format!("/channel-profiles?contact={left}")).await;
    assert_eq!(profiles.iter().map(|one| &one["identifier"]).collect::<Vec<_>>(), [&json!(one.from)]);
    let page = world.ada.page.get(&format!("/contacts/{gone}")).await.expect(303);
    assert_eq!(page.location(), format!("/contacts/{left}"));
    let page = world.ada.page.sees(page.location()).await;
    assert!(page.text("#merged").contains("Z. Marsh") && page.text("#merged").contains("ada"), "{}", page.words());
    assert_eq!(world.ada.api.get(&format!("/contacts/{gone}")).await.expect(200).json()["id"], left);
    assert!(!world.ada.page.sees("/contacts?q=marsh").await.words().contains("Z. Marsh"));
    assert_eq!(world.ada.api.all("/contacts?name=marsh").await.len(), 1);
    let lately = world.root.api.all_of_what_is_there("/events").await;
    assert!(lately.contains("contact.merged") && lately.contains("Z. Marsh"));
    world.root.api.delete(&format!("/contacts/{gone}")).await.expect(404);
    let next = world.customer(&one.from, "chat").writes("From elsewhere").await;
    assert_eq!(world.interaction(&next).await["opened_for"]["id"], left, "their number is the other's");
    drop(two);
    binary::prints(&world.db, &["verify"]);
}

async fn the_page_offers_who_may_be_the_same_and_refuses_in_words(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let gone = person(&world, json!({ "name": "Zoe Marsh" })).await;
    let left = person(&world, json!({ "name": "zoe marsh", "emails": ["zoe@marsh.example"] })).await;
    let other = person(&world, json!({ "name": "Milton" })).await;
    let path = format!("/contacts/{gone}/merge");
    let page = ada.sees(&path).await;
    let form = page.form(&format!("form[action='{path}']"));
    assert_eq!(form.value("into"), Some(left.to_string().as_str()), "the only one who may be the same");
    assert!(page.text("fieldset").contains("zoe@marsh.example"));
    let found = ada.submits(&form.clone().with("called", "milt").with("do", "find")).await.expect(200).page();
    assert_eq!(found.attrs("[name=into]", "value"), [left.to_string(), other.to_string()]);
    for (into, words) in [
        ("", "Choose the contact that is left."),
        ("999", "No such contact."),
        (gone.to_string().as_str(), "Choose another contact."),
    ] {
        let refused = ada.submits(&form.clone().with("into", into)).await.expect(422).page();
        assert!(refused.words().contains(words) && refused.has("#called[aria-invalid]"), "{}", refused.words());
    }
    world.ben.api.patch(&format!("/contacts/{gone}"), json!({ "name": "Zoe M" })).await.expect(200);
    let stale = ada.submits(&form).await.expect(409).page();
    assert!(stale.words().contains("Look again before you merge."));
    let again = ada.submits(&stale.form(&format!("form[action='{path}']"))).await.expect(303);
    assert_eq!(again.location(), format!("/contacts/{left}"));
    for (path, status) in [(path.as_str(), 409), ("/contacts/999/merge", 404)] {
        world.ada.api.put(path, json!({ "into": other })).await.expect(status);
    }
    world.ada.api.put(&format!("/contacts/{other}/merge"), json!({})).await.expect(422);
    let into_gone = json!({ "into": gone });
    let merged = world.ada.api.put(&format!("/contacts/{other}/merge"), into_gone).await.expect(200).json();
    assert_eq!(merged["id"], left, "into who is left");
}

async fn whoever_was_ambiguous_between_the_two_is_known(engine: Engine) {
    let world = World::open(engine).await;
    let customer = world.stranger("sms");
    let one = person(&world, json!({ "name": "Zoe Marsh", "phones": [customer.from] })).await;
    let two = person(&world, json!({ "name": "Z. Marsh", "phones": [customer.from] })).await;
    let number = customer.writes("Hello").await;
    assert_eq!(world.interaction(&number).await["opened_for"], Value::Null);
    world.ada.api.put(&format!("/contacts/{two}/merge"), json!({ "into": one })).await.expect(200);
    let known = world.interaction(&number).await;
    assert_eq!((&known["opened_for"]["id"], &known["channel_profile"]["candidates"]), (&json!(one), &json!([])));
}

async fn a_merge_against_a_first_message_leaves_nothing_with_who_is_gone(engine: Engine) {
    let world = World::open(engine).await;
    let desk = world.desk().clone();
    let (ada, channel) = (desk.agent(&world.ada.email).unwrap(), desk.channel("sms").unwrap());
    for round in 0..ROUNDS {
        let from = format!("+1415556{round:04}");
        let card =
            |name: &str, phones: Vec<String>| NewContact { name: name.to_owned(), phones, ..NewContact::default() };
        let gone = desk.add_contact(card("Gone", vec![from.clone()])).unwrap().id;
        let left = desk.add_contact(card("Left", Vec::new())).unwrap().id;
        let write = |id: &str| {
            let arrival = Arrival {
                provider_id: Some(format!("{id}-{round}")),
                from: from.clone(),
                body: "Hello".to_owned(),
                sent_at: None,
                kind: InboundKind::Content,
                about: None,
                thread: None,
                files: Vec::new(),
            };
            desk.receive(&channel, arrival).unwrap().conversation.unwrap()
        };
        let start = Barrier::new(3);
        let numbers = thread::scope(|scope| {
            let both: Vec<_> = ["one", "two"]
                .map(|id| {
                    let (start, write) = (&start, &write);
                    scope.spawn(move || {
                        start.wait();
                        write(id)
                    })
                })
                .into_iter()
                .collect();
            start.wait();
            desk.merge_contacts(&ada, gone, left, None).unwrap();
            both.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(numbers[0], numbers[1], "round {round}");
        let conversation = desk.conversation(&ada, numbers[0]).unwrap();
        let expected = (Some(left), OpenedFor::Contact(left));
        assert_eq!((conversation.contact, conversation.interaction.opened_for), expected, "round {round}");
        let (card, profiles, _) = desk.open_contact(&ada, gone).unwrap();
        assert_eq!((card.id, card.phones, profiles.len()), (left, vec![from.clone()], 1), "round {round}");
    }
    binary::prints(&world.db, &["verify"]);
}

async fn of_two_merges_into_each_other_one_wins(engine: Engine) {
    let world = World::open(engine).await;
    let desk = world.desk().clone();
    let (ada, ben) = (desk.agent(&world.ada.email).unwrap(), desk.agent(&world.ben.email).unwrap());
    for round in 0..ROUNDS {
        let card = |name: &str| NewContact { name: name.to_owned(), ..NewContact::default() };
        let (one, two) = (desk.add_contact(card("One")).unwrap().id, desk.add_contact(card("Two")).unwrap().id);
        let start = Barrier::new(2);
        let merge = |by, id: ContactId, into: ContactId| {
            start.wait();
            desk.merge_contacts(by, id, into, None)
        };
        let (first, second) = thread::scope(|scope| {
            let first = scope.spawn(|| merge(&ada, one, two));
            let second = merge(&ben, two, one);
            (first.join().unwrap(), second)
        });
        let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
        let left = won.unwrap().id;
        match lost {
            Err(switchboard::desk::Error::Refused(Refused::Stale | Refused::Invalid { .. })) => {}
            lost => panic!("round {round}: {lost:?}"),
        }
        assert_eq!((desk.contact(one).unwrap().id, desk.contact(two).unwrap().id), (left, left), "round {round}");
    }
}
