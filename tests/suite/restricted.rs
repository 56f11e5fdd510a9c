//! A restricted queue is a boundary: what stands in it is there for its members, its assignee and the leads, and for
//! nobody else, by whatever way they look. Ben is the member; Ada is not.

use serde_json::{Value, json};
use switchboard::clock::Clock;
use switchboard::desk::Desk;
use switchboard::desk::setup::NewQueue;
use switchboard::store::{Access, Db};

use crate::support::app::Program;
use crate::support::cast::email;
use crate::support::database::Engine;
use crate::support::live::Socket;
use crate::support::world::{World, resolved};

both![
    no_page_and_no_list_shows_it_to_others,
    no_verb_and_no_form_opens_it_to_others,
    an_older_interaction_does_not_open_a_thread_that_moved_on,
    what_is_hidden_is_named_by_its_number_alone,
    a_restricted_queue_is_named_to_its_members_only,
    restricting_a_queue_reaches_open_pages,
    a_page_that_comes_back_is_not_told_what_was_said_before_it_moved,
    what_another_process_restricts_is_hidden_at_once,
    the_palette_finds_what_stands_behind_what_is_hidden,
    a_blocked_sender_is_no_news_of_a_hidden_queue,
];

/// The queue Vault, of which Ben is the member.
async fn vault(world: &World) {
    let vault = json!({ "slug": "vault", "name": "Vault", "restricted": true, "members": [email("ben")] });
    world.root.api.post("/queues", vault).await.expect(201);
}

async fn moves(world: &World, conversation: &str, queue: &str) {
    let path = format!("/interactions/{}/assignment", world.record_of(conversation).await);
    world.root.api.put(&path, json!({ "queue": queue })).await.expect(200);
}

/// A conversation of Uma's in Vault, titled by these words.
async fn hidden(world: &World, words: &str) -> String {
    vault(world).await;
    let number = world.uma.writes(words).await;
    moves(world, &number, "vault").await;
    number
}

async fn names(reader: &Program, path: &str) -> Value {
    reader.get(path).await.expect(200).json()
}

async fn no_page_and_no_list_shows_it_to_others(engine: Engine) {
    let world = World::open(engine).await;
    let number = hidden(&world, "Zanzibar papers").await;
    let record = world.interaction(&number).await;
    let interaction = record["number"].as_str().unwrap();
    let contact = record["opened_for"]["id"].as_i64().unwrap();
    let organization = world.conversation(&number).await["organization"]["id"].as_i64().unwrap();
    let pages = [
        "/inbox/open".to_owned(),
        "/inbox/unassigned".to_owned(),
        "/inbox/mine".to_owned(),
        "/interactions".to_owned(),
        "/suspended".to_owned(),
        "/reviews".to_owned(),
        format!("/contacts/{contact}"),
        format!("/organizations/{organization}"),
        "/palette?q=zanz".to_owned(),
        format!("/palette?q={number}"),
        format!("/palette?q={interaction}"),
    ];
    for path in &pages {
        let seen = world.ada.page.sees(path).await.words();
        for secret in ["Zanzibar", number.as_str(), interaction, "Vault"] {
            assert!(!seen.contains(secret), "{path} shows {secret}: {seen}");
        }
    }
    for path in [&pages[0], &pages[1], &pages[3], &pages[6], &pages[7], &pages[8], &pages[9], &pages[10]] {
        let seen = world.ben.page.sees(path).await.words();
        assert!(seen.contains("Zanzibar") || seen.contains(interaction), "Ben at {path}: {seen}");
    }
    let lists = [
        "/conversations".to_owned(),
        "/conversations?view=all".to_owned(),
        "/conversations?view=queue".to_owned(),
        format!("/conversations?contact={contact}"),
        format!("/conversations?organization={organization}"),
        "/interactions".to_owned(),
        format!("/interactions?conversation={number}"),
        format!("/interactions?opened_for={contact}"),
        "/events".to_owned(),
        "/queues".to_owned(),
        "/agents".to_owned(),
        "/channels".to_owned(),
    ];
    for path in &lists {
        let seen = world.ada.api.all_of_what_is_there(path).await;
        for secret in ["Zanzibar", number.as_str(), interaction, "Vault"] {
            assert!(!seen.contains(secret), "{path} shows {secret}: {seen}");
        }
    }
    let counts = async |who: &crate::support::world::Agent| who.page.sees("/nav").await.words();
    let before = (counts(&world.ada).await, counts(&world.ben).await);
    moves(&world, &number, "billing").await;
    moves(&world, &number, "vault").await;
    let other = world.stranger("sms").writes("Another").await;
    moves(&world, &other, "vault").await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(counts(&world.ada).await, before.0, "what is hidden is in no count");
    assert_ne!(counts(&world.ben).await, before.1, "and is in Ben's");
}

async fn no_verb_and_no_form_opens_it_to_others(engine: Engine) {
    let world = World::open(engine).await;
    let number = hidden(&world, "Zanzibar papers").await;
    let interaction = world.record_of(&number).await;
    let open = world.stranger("sms").writes("For all").await;
    let page = &world.ada.page;
    for form in ["", "/hold", "/resolution", "/reopening", "/needs-response", "/external-response", "/assignment"] {
        page.get(&format!("/conversations/{number}{form}")).await.expect(404);
    }
    for form in ["/tags", "/merge", "/dependencies/1"] {
        page.get(&format!("/conversations/{number}{form}")).await.expect(404);
    }
    for verb in ["replies", "notes", "draft", "take", "unhold", "release", "spam", "suspension", "archive", "hold"] {
        let answer = page.posts(&format!("/conversations/{number}/{verb}"), &[("body", "x"), ("kind", "reply")]).await;
        answer.expect(404);
    }
    for (verb, field) in [("resolution", "resolution"), ("assignment", "queue"), ("tags", "title"), ("merge", "into")] {
        // With a version of old: a conflict would tell what is newer.
        let fields = [("version", "0"), (field, "Answered")];
        let answer = page.posts(&format!("/conversations/{number}/{verb}"), &fields).await;
        assert!(!answer.body.contains("Zanzibar"), "{verb}: {}", answer.body);
        assert!([404, 422].contains(&answer.status.as_u16()), "{verb}: {}", answer.status);
    }
    for path in ["", "/contact"] {
        let path = format!("/interactions/{interaction}{path}");
        page.get(&path).await.expect(404);
        page.posts(&path, &[("version", "0"), ("name", "Zoe"), ("short_description", "x")]).await.expect(404);
    }
    let into = world.ada.api.put(&format!("/conversations/{open}/merge"), json!({ "into": number })).await;
    let nowhere = world.ada.api.put(&format!("/conversations/{open}/merge"), json!({ "into": "CONV-9999" })).await;
    assert_eq!((into.status, into.json()["message"].clone()), (nowhere.status, nowhere.json()["message"].clone()));
    let timeline = world.root.api.all(&format!("/conversations/{number}/timeline")).await;
    let ada = |fact: &&Value| fact["actor"]["email"] == email("ada");
    assert_eq!(timeline.iter().find(ada), None, "nothing of hers is in it");
    for topics in [
        format!("conversation:{number}"),
        format!("interaction:{interaction}"),
        "queue:vault".into(),
        "inbox&view=q/vault".into(),
    ] {
        assert!(Socket::of_page(page, &topics, None).await.is_err(), "{topics}");
        assert!(Socket::of_program(&world.ada.api, &topics, None).await.is_err(), "{topics}");
        assert!(Socket::of_page(&world.ben.page, &topics, None).await.is_ok(), "{topics}");
    }
}

async fn an_older_interaction_does_not_open_a_thread_that_moved_on(engine: Engine) {
    let world = World::open(engine).await;
    vault(&world).await;
    let number = world.uma.writes("Zanzibar papers").await;
    let older = world.record_of(&number).await;
    let contact = world.interaction(&number).await["opened_for"]["id"].as_i64().unwrap();
    let path = format!("/conversations/{number}");
    world.ada.api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await.expect(201);
    world.ada.api.put(&format!("{path}/resolution"), resolved()).await.expect(200);
    assert_eq!(world.uma.sends("Once more").await.expect(201).json()["conversation"], json!(number));
    let current = world.record_of(&number).await;
    assert_ne!(older, current, "the customer has reopened it");
    moves(&world, &number, "vault").await;
    let of = |interaction: &str, rest: &str| format!("/interactions/{interaction}{rest}");
    for (reader, status) in [(&world.ada, 404), (&world.ben, 200), (&world.max, 200)] {
        for rest in ["", "/work-segments", "/related-tasks"] {
            reader.api.get(&of(&older, rest)).await.expect(status);
        }
        reader.page.get(&of(&older, "")).await.expect(status);
        reader.page.get(&of(&older, "/contact")).await.expect(status);
        let topics = format!("interaction:{older}");
        assert_eq!(Socket::of_page(&reader.page, &topics, None).await.is_ok(), status == 200, "{}", reader.name);
        let listed = reader.api.all(&format!("/interactions?conversation={number}")).await.len();
        assert_eq!(listed, if status == 200 { 2 } else { 0 }, "{}", reader.name);
        for page in ["/interactions".to_owned(), format!("/contacts/{contact}"), format!("/palette?q={older}")] {
            let seen = reader.page.sees(&page).await.words();
            assert_eq!(seen.contains(&older), status == 200, "{} at {page}: {seen}", reader.name);
        }
        let facts = reader.api.all_of_what_is_there("/events").await;
        assert_eq!(facts.contains(&older), status == 200, "{}", reader.name);
    }
    let api = &world.ada.api;
    let note = json!({ "work_notes": "Let me in" });
    api.patch(&of(&older, ""), note.clone()).await.expect(404);
    api.put(&of(&older, "/assignment"), json!({ "queue": "support" })).await.expect(404);
    api.post(&of(&older, "/take"), json!({})).await.expect(404);
    let words = [("work_note", "Let me in"), ("was_work_note", ""), ("name", "Zoe")];
    for rest in ["", "/contact"] {
        world.ada.page.posts(&of(&older, rest), &words).await.expect(404);
    }
    let thread = world.root.api.all_of_what_is_there(&format!("{path}/messages")).await;
    assert!(!thread.contains("Let me in"), "{thread}");
    moves(&world, &number, "support").await;
    api.get(&of(&older, "")).await.expect(200);
    api.patch(&of(&older, ""), note).await.expect(200);
}

async fn what_is_hidden_is_named_by_its_number_alone(engine: Engine) {
    let world = World::open(engine).await;
    let earlier = hidden(&world, "Zanzibar papers").await;
    let path = format!("/conversations/{earlier}");
    world.ben.api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await.expect(201);
    world.ben.api.put(&format!("{path}/resolution"), resolved()).await.expect(200);
    world.ben.api.put(&format!("{path}/archive"), json!({})).await.expect(200);
    let later = world.uma.writes("Something else").await;
    assert_ne!(earlier, later);
    let source = world.conversation_in("needs_response").await;
    let target = world.stranger("chat").writes("Madagascar").await;
    moves(&world, &target, "vault").await;
    let zoe = json!({ "name": "Zoe", "emails": ["zoe@nowhere.example"] });
    let zoe = world.root.api.post("/contacts", zoe).await.expect(201).json()["id"].to_string();
    for one in [&source, &target] {
        let path = format!("/interactions/{}/contact", world.record_of(one).await);
        world.root.page.posts(&path, &[("contact", &zoe)]).await.expect(303);
    }
    world.root.api.put(&format!("/conversations/{source}/merge"), json!({ "into": target })).await.expect(200);
    for (reader, sees) in [(&world.ada, false), (&world.ben, true), (&world.max, true)] {
        let follows = names(&reader.api, &format!("/conversations/{later}")).await["follow_up_of"].clone();
        assert_eq!(follows["number"], json!(earlier));
        assert_eq!(follows["name"], if sees { "Zanzibar papers" } else { "" }, "{}", reader.name);
        let merged = names(&reader.api, &format!("/conversations/{source}")).await["merged_into"].clone();
        assert_eq!(
            (&merged["number"], &merged["name"]),
            (&json!(target), &json!(if sees { "Madagascar" } else { "" }))
        );
        let pages = reader.page.sees(&format!("/conversations/{later}")).await.words();
        assert!(!pages.contains("Zanzibar"), "{pages}");
        for list in ["/conversations?view=all", "/events"] {
            let seen = reader.api.all_of_what_is_there(list).await;
            assert_eq!(seen.contains("Zanzibar"), sees, "{} at {list}", reader.name);
            assert_eq!(seen.contains("Madagascar"), sees, "{} at {list}", reader.name);
        }
    }
}

async fn a_restricted_queue_is_named_to_its_members_only(engine: Engine) {
    let world = World::open(engine).await;
    let number = hidden(&world, "For all, after all").await;
    let interaction = world.record_of(&number).await;
    world.root.api.patch("/channels/chat", json!({ "queue": "vault" })).await.expect(200);
    world.root.api.post("/rules", json!({ "keywords": ["gold"], "queue": "vault" })).await.expect(201);
    moves(&world, &number, "support").await;
    for (reader, knows) in [(&world.ada, false), (&world.ben, true), (&world.max, true)] {
        for path in [format!("/conversations/{number}/timeline"), "/events".into(), "/agents".into(), "/rules".into()] {
            let seen = reader.api.all_of_what_is_there(&path).await;
            assert_eq!(seen.contains("Vault"), knows, "{} at {path}: {seen}", reader.name);
        }
        let channel = names(&reader.api, "/channels/chat").await;
        assert_eq!(channel["queue"]["name"], if knows { json!("Vault") } else { Value::Null }, "{}", reader.name);
        for path in [format!("/conversations/{number}"), format!("/interactions/{interaction}?tab=timeline")] {
            let page = reader.page.sees(&path).await;
            let history = page.text(if path.contains("tab") { "#timeline" } else { "#messages" });
            assert!(history.contains("put this in a restricted queue") && !history.contains("Vault"), "{history}");
        }
    }
}

async fn restricting_a_queue_reaches_open_pages(engine: Engine) {
    let world = World::open(engine).await;
    world.root.api.patch("/channels/chat", json!({ "queue": "billing" })).await.expect(200);
    let number = world.uma.writes("Hello").await;
    let topics = format!("inbox,conversation:{number}");
    let away = Socket::of_page(&world.ada.page, "inbox", None).await.unwrap();
    let (node, seen) = (away.node(), away.hello["seq"].as_u64().unwrap());
    drop(away);
    world.uma.sends("Said before").await.expect(201);
    let page = Socket::of_page(&world.ada.page, &topics, None).await.unwrap();
    let program = Socket::of_program(&world.ada.api, "inbox", None).await.unwrap();
    let mut member = Socket::of_page(&world.ben.page, &topics, None).await.unwrap();
    let restricted = json!({ "restricted": true, "members": [email("ben")] });
    world.root.api.patch("/queues/support", restricted).await.expect(200);
    assert_eq!(page.closed().await, Some(4401), "what she has open is not hers any more");
    assert_eq!(program.closed().await, Some(4401));
    world.uma.sends("A secret").await.expect(201);
    // Ben was a member before, too: nothing has changed for him.
    member.until("message.added").await;
    assert!(Socket::of_page(&world.ada.page, &topics, None).await.is_err());
    let mut back = Socket::of_page(&world.ada.page, "inbox", Some((&node, seen))).await.unwrap();
    let mut bens = Socket::of_page(&world.ben.page, &topics, None).await.unwrap();
    bens.says(&json!({ "typing": number }).to_string()).await;
    world.uma.sends("Another secret").await.expect(201);
    bens.until("message.added").await;
    let open = world.stranger("chat").writes("No secret").await;
    let told = back.all_until(|frame| frame["id"] == open.as_str()).await;
    for frame in &told {
        let text = frame.to_string();
        assert!(!text.contains(&number) && !text.contains("secret\"") && !text.contains("Said before"), "{text}");
    }
    world.ada.api.get(&format!("/conversations/{number}")).await.expect(404);
}

async fn a_page_that_comes_back_is_not_told_what_was_said_before_it_moved(engine: Engine) {
    let world = World::open(engine).await;
    vault(&world).await;
    let number = world.uma.writes("Hello").await;
    for topics in ["inbox", "queue:support"] {
        moves(&world, &number, "support").await;
        let mut page = Socket::of_page(&world.ada.page, topics, None).await.unwrap();
        world.uma.sends("A first word").await.expect(201);
        let mut frame = page.until("message.added").await;
        while frame["id"] != number.as_str() {
            frame = page.until("message.added").await;
        }
        let (node, seen) = (page.node(), frame["seq"].as_u64().unwrap());
        drop(page);
        world.uma.sends("Zanzibar").await.expect(201);
        moves(&world, &number, "vault").await;
        let mut back = Socket::of_page(&world.ada.page, topics, Some((&node, seen))).await.unwrap();
        let open = world.stranger("sms").writes("That was all").await;
        let told = back.all_until(|frame| frame["id"] == open.as_str()).await;
        for frame in &told {
            assert!(!frame.to_string().contains("Zanzibar"), "{topics}: {frame}");
        }
        let leaves = told.iter().filter(|frame| frame["id"] == number.as_str() && frame["op"] == "leave").count();
        assert_eq!(leaves, 1, "{topics}: that it is gone is told");
    }
}

async fn what_another_process_restricts_is_hidden_at_once(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Zanzibar papers").await;
    assert!(world.ada.page.sees("/inbox/open").await.words().contains("Zanzibar"));
    let page = Socket::of_page(&world.ada.page, "inbox", None).await.unwrap();
    let (db, _) = Db::open(&world.db.url.parse().unwrap(), Access::Tool).unwrap();
    let beside = Desk::new(db, Clock::system());
    let support = beside.directory().unwrap().queues.iter().find(|queue| queue.slug == "support").unwrap().clone();
    world.ada.page.sees("/inbox/open").await;
    let (members, slug, name) = (Some(vec![email("ben")]), support.slug.clone(), support.name.clone());
    let new = NewQueue { slug, name, restricted: true, members, ..NewQueue::default() };
    beside.change_queue(support.id, new, None).unwrap();
    for path in ["/inbox/open", "/interactions", "/palette?q=zanz"] {
        let seen = world.ada.page.sees(path).await.words();
        assert!(!seen.contains("Zanzibar") && !seen.contains(&number), "{path}: {seen}");
    }
    for list in ["/conversations", "/interactions", "/events"] {
        assert!(!world.ada.api.all_of_what_is_there(list).await.contains("Zanzibar"), "{list}");
    }
    world.ada.api.get(&format!("/conversations/{number}")).await.expect(404);
    world.ben.api.get(&format!("/conversations/{number}")).await.expect(200);
    assert_eq!(page.closed().await, Some(4401), "open pages follow within seconds");
}

async fn the_palette_finds_what_stands_behind_what_is_hidden(engine: Engine) {
    let world = World::open(engine).await;
    vault(&world).await;
    let open = world.stranger("sms").writes("Zanzibar for all").await;
    for secret in 0..8 {
        let number = world.stranger("sms").writes(&format!("Zanzibar secret {secret}")).await;
        moves(&world, &number, "vault").await;
    }
    let found = world.ada.page.sees("/palette?q=zanzibar").await.words();
    assert!(found.contains(&open) && !found.contains("secret"), "{found}");
    assert!(world.ben.page.sees("/palette?q=zanzibar").await.words().contains("secret"));
}

async fn a_blocked_sender_is_no_news_of_a_hidden_queue(engine: Engine) {
    let world = World::open(engine).await;
    hidden(&world, "Zanzibar papers").await;
    let block = async |identifier: &str| {
        let sender = json!({ "channel": "sms", "identifier": identifier });
        world.root.api.post("/blocked-senders", sender).await.expect(201).json()["id"].clone()
    };
    let (secret, open) = (block(&world.uma.from).await, block("+14155550199").await);
    for (reader, seen) in
        [(&world.ada, vec![&open]), (&world.ben, vec![&open, &secret]), (&world.max, vec![&open, &secret])]
    {
        let listed = reader.api.all("/blocked-senders").await;
        assert_eq!(listed.iter().map(|one| &one["id"]).collect::<Vec<_>>(), seen, "{}", reader.name);
    }
    let path = format!("/blocked-senders/{secret}");
    world.ada.api.delete(&path).await.expect(404);
    world.ben.api.delete(&path).await.expect(403);
    world.max.api.delete(&path).await.expect(200);
}
