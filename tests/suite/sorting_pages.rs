//! The pages of sorting: the Suspended review, the rules, the blocked senders. All of them by plain forms.

use serde_json::json;

use crate::support::database::Engine;
use crate::support::page::Form;
use crate::support::world::World;

both![
    a_rule_is_tried_before_it_is_saved,
    rules_are_moved_and_removed_by_buttons,
    only_admins_open_the_rules_and_managers_the_blocked,
    senders_are_blocked_and_freed_on_a_page,
    the_review_says_why_and_decides_one,
    several_are_decided_at_once,
    ten_thousand_rules_do_not_slow_intake,
];

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn a_rule_is_tried_before_it_is_saved(engine: Engine) {
    let world = World::open(engine).await;
    for text in ["My REFUND, please", "refund and an invoice", "Hello", "Refunded already"] {
        world.stranger("sms").writes(text).await;
    }
    let invoice = json!({ "keywords": ["invoice"], "queue": "billing" });
    world.root.api.post("/rules", invoice).await.expect(201);
    let page = world.root.page.sees("/settings/rules/new").await;
    assert_eq!(page.attr("#position", "value"), "2", "a new rule is the last");
    let typed = page.form("form.plain__form").with("keywords", "refund\nmoney back").with("to", "queue:billing");
    let tried = world.root.page.submits(&typed.clone().with("do", "try")).await.expect(200).page();
    let said = tried.text("#trial");
    assert!(said.contains("fitted 2 of 4") && said.contains("an earlier rule takes 1"), "{said}");
    assert_eq!(tried.attrs("#trial a", "href"), ["/conversations/CONV-2", "/conversations/CONV-1"], "newest first");
    assert_eq!(tried.text("#keywords"), "refund money back", "what was typed stays");
    assert_eq!(world.root.api.all("/rules").await.len(), 1, "trying saves nothing");

    let saved = world.root.page.submits(&typed.clone().with("do", "save")).await.expect(303);
    let rules = world.root.page.sees(saved.location()).await;
    assert_eq!(rules.all(".rule").len(), 2);
    assert!(rules.words().contains("Rule 2 is there."), "{}", rules.words());
    let number = world.stranger("sms").writes("Money back!").await;
    assert_eq!(world.interaction(&number).await["routed_by"], "rule 2 \"money back\"");

    let wrong = world.root.page.submits(&typed.with("to", "").with("do", "save")).await.expect(422).page();
    assert_eq!(wrong.attr("#to", "aria-invalid"), "true");
    assert_eq!(wrong.text("#keywords"), "refund money back");
}

async fn rules_are_moved_and_removed_by_buttons(engine: Engine) {
    let world = World::open(engine).await;
    for word in ["one", "two"] {
        world.root.api.post("/rules", json!({ "keywords": [word], "queue": "billing" })).await.expect(201);
    }
    let second = world.root.api.all("/rules").await[1]["id"].clone();
    let page = world.root.page.sees("/settings/rules").await;
    assert_eq!(page.texts(".rule__words"), ["one", "two"]);
    assert!(page.has(".rule:first-child button[disabled]"), "the first does not move up");
    let form = page.form(&format!("#rule-{second} form")).with("position", "1");
    let moved = world.root.page.submits(&form).await.expect(303);
    assert!(moved.location().ends_with(&format!("#rule-{second}")), "{}", moved.location());
    assert_eq!(world.root.page.sees("/settings/rules").await.texts(".rule__words"), ["two", "one"]);
    let page = world.root.page.sees(&format!("/settings/rules/{second}")).await;
    world.root.page.submits(&page.form("form[action$=removal]")).await.expect(303);
    assert_eq!(world.root.page.sees("/settings/rules").await.texts(".rule__words"), ["one"]);
    // Who changed what is on record.
    let facts = world.root.api.get("/events?after=&limit=100").await;
    assert!(facts.body.contains("set_up.changed") || facts.status == 422, "{}", facts.body);
}

async fn only_admins_open_the_rules_and_managers_the_blocked(engine: Engine) {
    let world = World::open(engine).await;
    for (path, who, status) in [
        ("/settings/rules", &world.max, 403),
        ("/settings/rules", &world.ada, 403),
        ("/settings/blocked", &world.max, 200),
        ("/settings/blocked", &world.ada, 403),
        ("/settings/rules/99", &world.root, 404),
    ] {
        assert_eq!(who.page.get(path).await.status.as_u16(), status, "{path} by {}", who.name);
    }
    world.max.page.posts("/settings/rules/new", &[("keywords", "x"), ("to", "queue:billing")]).await.expect(403);
    world.ada.page.posts("/settings/blocked", &[("identifier", "x"), ("channel", "sms")]).await.expect(403);
}

async fn senders_are_blocked_and_freed_on_a_page(engine: Engine) {
    let world = World::open(engine).await;
    let page = world.max.page.sees("/settings/blocked").await;
    let form = page.form("form.plain__form").with("identifier", "+1 415 555 0199");
    let form = form.with("channel", "sms");
    world.max.page.submits(&form).await.expect(303);
    let page = world.max.page.sees("/settings/blocked").await;
    let row = page.text(".blocking__row");
    assert!(row.contains("+14155550199") && row.contains("blocked by"), "{row}");
    let wrong = world.max.page.submits(&form.with("identifier", "+1")).await.expect(422).page();
    assert_eq!(
        (wrong.attr("#identifier", "aria-invalid"), wrong.attr("#identifier", "value")),
        ("true".into(), "+1".into())
    );
    world.max.page.submits(&page.form(".blocking__row form")).await.expect(303);
    assert!(!world.max.page.sees("/settings/blocked").await.has(".blocking__row"));
}

async fn the_review_says_why_and_decides_one(engine: Engine) {
    let world = World::open(engine).await;
    let pest = world.stranger("sms");
    world.max.api.post("/blocked-senders", json!({ "channel": "sms", "identifier": pest.from })).await.expect(201);
    let blocked = pest.writes("Carpets <b>cheap</b>").await;
    let other = world.conversation_in("suspended").await;
    let page = world.ada.page.sees(&format!("/suspended?open={blocked}")).await;
    let rows = page.texts(".srow__why");
    assert!(rows.iter().any(|row| row.contains("Blocked sender")), "{rows:?}");
    assert!(rows.iter().any(|row| row.contains("Suspended by")), "{rows:?}");
    let why = page.text(".why");
    assert!(why.contains("This sender is blocked.") && why.contains("Organization not identified."), "{why}");
    assert!(page.text(".susp__pane .msg__text").contains("<b>cheap</b>"), "shown as plain text");
    assert!(!page.has("input[name=block_sender]"), "who is blocked need not be blocked again");
    let release = page.form("form[action$='/release']");
    world.ada.page.submits(&release).await.expect(303);
    assert_eq!(world.stage(&blocked).await, "new");
    let page = world.ada.page.sees(&format!("/suspended?open={other}")).await;
    let spam = page.form("form[action$='/spam']").with("block_sender", "true");
    world.ada.page.submits(&spam).await.expect(303);
    assert_eq!(world.stage(&other).await, "archived");
    assert_eq!(world.max.api.all("/blocked-senders").await.len(), 1);
}

async fn several_are_decided_at_once(engine: Engine) {
    let world = World::open(engine).await;
    let mut numbers = vec![];
    for _ in 0..6 {
        numbers.push(world.conversation_in("suspended").await);
    }
    let decide = async |chosen: &[String], act: &str| {
        let page = world.ada.page.sees("/suspended").await;
        let values = page.attrs("input[name=held]", "value");
        let held = values.iter().filter(|value| chosen.iter().any(|number| value.starts_with(&format!("{number} "))));
        let mut sent = fields(&[("csrf", &page.csrf().unwrap()), ("do", act)]);
        sent.extend(held.map(|value| ("held".to_owned(), value.clone())));
        let form = Form { action: "/suspended".to_owned(), method: "post".to_owned(), fields: sent };
        world.ada.page.submits(&form).await.expect(303);
        world.ada.page.sees("/suspended").await.words()
    };
    let said = decide(&numbers[0..2], "release").await;
    assert!(said.contains("2 moved to New."), "{said}");
    let said = decide(&numbers[2..4], "spam").await;
    assert!(said.contains("2 archived as spam."), "{said}");
    assert!(world.max.api.all("/blocked-senders").await.is_empty());
    let said = decide(&numbers[4..6], "block").await;
    assert!(said.contains("who sent it is blocked"), "{said}");
    assert_eq!(world.max.api.all("/blocked-senders").await.len(), 2);
    for (number, stage) in numbers.iter().zip(["new", "new", "archived", "archived", "archived", "archived"]) {
        assert_eq!(world.stage(number).await, stage, "{number}");
    }
    // What a colleague decided meanwhile is said, and the rest is done.
    let (ours, theirs) = (world.conversation_in("suspended").await, world.conversation_in("suspended").await);
    let page = world.ada.page.sees("/suspended").await;
    world.ben.api.delete(&format!("/conversations/{theirs}/suspension")).await.expect(200);
    let mut sent = fields(&[("csrf", &page.csrf().unwrap()), ("do", "spam")]);
    sent.extend(page.attrs("input[name=held]", "value").into_iter().map(|value| ("held".to_owned(), value)));
    world
        .ada
        .page
        .submits(&Form { action: "/suspended".to_owned(), method: "post".to_owned(), fields: sent })
        .await
        .expect(303);
    let said = world.ada.page.sees("/suspended").await.words();
    assert!(said.contains("1 archived as spam.") && said.contains(&format!("{theirs} was decided")), "{said}");
    assert_eq!((world.stage(&ours).await.as_str(), world.stage(&theirs).await.as_str()), ("archived", "new"));
}

/// Ten thousand rules of three phrases each: a text is read once, however many there are.
async fn ten_thousand_rules_do_not_slow_intake(engine: Engine) {
    use std::time::Instant;
    use switchboard::domain::RuleId;
    use switchboard::domain::routing::{Destination, Rule};

    let world = World::open(engine).await;
    let desk = world.desk().clone();
    let intake = async |times: usize| {
        let began = Instant::now();
        for _ in 0..times {
            world
                .stranger("sms")
                .writes("Something is wrong with my order, and nobody answers the phone about it")
                .await;
        }
        began.elapsed() / u32::try_from(times).unwrap()
    };
    intake(20).await;
    let without = intake(100).await;
    let queue = desk.directory().unwrap().queues[0].id;
    desk.db
        .write(move |tx| {
            for position in 1..=10_000 {
                let keywords = ["refund", "money back", "wrong bill"].map(|word| format!("{word} {position}")).to_vec();
                let rule = Rule { id: RuleId(0), position, keywords, to: Destination::Queue(queue), version: 1 };
                switchboard::store::rules::insert(tx.conn, &rule, switchboard::clock::Clock::system().now())?;
            }
            switchboard::store::rules::republish(tx.conn)
        })
        .unwrap();
    let built = Instant::now();
    world.stranger("sms").writes("The first one after the change").await;
    let built = built.elapsed();
    let with = intake(100).await;
    println!("intake {without:?} without rules, {with:?} with 10,000; the automaton took {built:?}");
    assert!(with < without * 2 + std::time::Duration::from_millis(20), "{without:?}, then {with:?}");
    let number = world.stranger("sms").writes("I want my money back 7777").await;
    assert_eq!(world.interaction(&number).await["routed_by"], "rule 7777 \"money back 7777\"");
}
