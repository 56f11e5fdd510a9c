//! The spam check: it learns from what people decide, holds what looks like spam, and never keeps anybody out when it
//! does not work.

use serde_json::{Value, json};

use crate::support::cast;
use crate::support::database::Engine;
use crate::support::world::World;

both![
    a_channel_holds_spam_once_it_has_learned_enough,
    each_channel_learns_for_itself,
    a_judgement_that_is_reversed_is_unlearned,
    one_judgement_teaches_once,
    a_blocked_sender_is_held_until_somebody_frees_them,
    anybody_may_be_blocked_by_their_address,
    whom_we_know_is_not_checked,
    a_check_that_fails_lets_the_message_through_and_says_so,
    what_is_held_is_in_no_count_and_no_sound,
    what_was_learned_survives_a_backup,
];

const SPAM: &str = "WINNER! Claim your free prize now, call 09061701461 or www.win-now.com";
const GENUINE: &str = "My parcel has not arrived yet, could you please look where it is?";

/// Teaches a channel twenty of each, by what people do.
async fn teach(world: &World, channel: &str) {
    for number in 0..20 {
        judge(world, channel, &format!("{SPAM} {number}"), true).await;
        judge(world, channel, &format!("{GENUINE} {number}"), false).await;
    }
}

pub async fn judge(world: &World, channel: &str, text: &str, spam: bool) -> String {
    let number = world.stranger(channel).writes(text).await;
    let path = format!("/conversations/{number}");
    if world.stage(&number).await != "suspended" {
        world.ada.api.put(&format!("{path}/suspension"), json!({})).await.expect(200);
    }
    if spam {
        world.ada.api.put(&format!("{path}/spam"), json!({})).await.expect(200);
    } else {
        world.ada.api.delete(&format!("{path}/suspension")).await.expect(200);
    }
    number
}

async fn a_channel_holds_spam_once_it_has_learned_enough(engine: Engine) {
    let world = World::open(engine).await;
    for number in 0..19 {
        judge(&world, "sms", &format!("{SPAM} {number}"), true).await;
        judge(&world, "sms", &format!("{GENUINE} {number}"), false).await;
    }
    let early = world.stranger("sms").writes(SPAM).await;
    assert_eq!(world.stage(&early).await, "new", "nineteen of each are not enough");
    judge(&world, "sms", &format!("{GENUINE} 20"), false).await;
    judge(&world, "sms", &format!("{SPAM} 20"), true).await;

    let held = world.stranger("sms").writes("You are a WINNER! Claim the free prize: call 09061709999").await;
    let conversation = world.conversation(&held).await;
    assert_eq!(conversation["stage"], "suspended", "{conversation}");
    let spam = &conversation["spam"];
    assert!(spam["score"].as_f64().is_some_and(|score| (0.9..=1.0).contains(&score)), "{spam}");
    let reasons = spam["reasons"].as_array().unwrap();
    assert!((3..=5).contains(&reasons.len()) && spam["reasons"].to_string().contains("claim"), "{spam}");
    assert_eq!(world.interaction(&held).await["state"], "new");

    let genuine = world.stranger("sms").writes("Could you please look for my parcel, order 4711?").await;
    let conversation = world.conversation(&genuine).await;
    assert_eq!(conversation["stage"], "new");
    assert!(conversation["spam"]["score"].as_f64().is_some_and(|score| score < 0.5), "{conversation}");
    // The timeline says why.
    let timeline = world.root.api.all(&format!("/conversations/{held}/timeline")).await;
    let first = timeline.iter().find(|fact| fact["type"] == "stage.changed").unwrap();
    assert_eq!((&first["to"], first["data"]["verdict"].as_str().is_some()), (&json!("suspended"), true), "{first}");
}

async fn each_channel_learns_for_itself(engine: Engine) {
    let world = World::open(engine).await;
    teach(&world, "sms").await;
    let chat = world.stranger("chat").writes(SPAM).await;
    let conversation = world.conversation(&chat).await;
    assert_eq!((&conversation["stage"], &conversation["spam"]), (&json!("new"), &Value::Null));
    let sms = world.stranger("sms").writes(SPAM).await;
    assert_eq!(world.stage(&sms).await, "suspended");
}

async fn a_judgement_that_is_reversed_is_unlearned(engine: Engine) {
    let world = World::open(engine).await;
    teach(&world, "sms").await;
    let text = "Voucher waiting, text ENJOY to 87121";
    for _ in 0..4 {
        judge(&world, "sms", text, true).await;
    }
    let number = world.stranger("sms").writes(text).await;
    let before = words(&world, number.as_str());
    let path = format!("/conversations/{number}/suspension");
    if world.stage(&number).await == "suspended" {
        world.ada.api.delete(&path).await.expect(200);
    }
    let genuine = words(&world, &number);
    assert_ne!(before, genuine);
    world.ada.api.put(&path, json!({})).await.expect(200);
    let spam = words(&world, &number);
    assert_eq!((spam.0 + spam.1, spam.0), (genuine.0 + genuine.1, genuine.0 + 1), "one lesson, now of the other kind");
    world.ada.api.delete(&path).await.expect(200);
    assert_eq!(words(&world, &number), genuine, "as if it had never been suspended");
}

/// In how many texts of the channel the word "voucher" stood: of spam, of genuine ones.
fn words(world: &World, _: &str) -> (i64, i64) {
    let desk = world.desk();
    let channel = desk.channel("sms").unwrap().id;
    let counts = desk.db.read(|conn| switchboard::store::spam::counts(conn, channel, &["voucher".to_owned()])).unwrap();
    counts.get("voucher").map_or((0, 0), |counts| (counts.spam, counts.genuine))
}

async fn one_judgement_teaches_once(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Voucher voucher VOUCHER").await;
    let path = format!("/conversations/{number}");
    world.ada.api.put(&format!("{path}/suspension"), json!({})).await.expect(200);
    assert_eq!(words(&world, &number), (1, 0));
    world.ada.api.put(&format!("{path}/spam"), json!({})).await.expect(200);
    assert_eq!(words(&world, &number), (1, 0), "suspended, then confirmed: one lesson");
    world.ada.api.put(&format!("{path}/spam"), json!({})).await.expect(409);
    assert_eq!(words(&world, &number), (1, 0));
}

async fn a_blocked_sender_is_held_until_somebody_frees_them(engine: Engine) {
    let world = World::open(engine).await;
    let pest = world.stranger("sms");
    let number = pest.writes("Buy my carpets").await;
    let path = format!("/conversations/{number}");
    world.ada.api.put(&format!("{path}/suspension"), json!({})).await.expect(200);
    let archived = world.ada.api.put(&format!("{path}/spam"), json!({ "block_sender": true })).await.expect(200).json();
    assert_eq!(archived["stage"], "archived");

    let again = pest.writes("My invoice is wrong").await;
    let conversation = world.conversation(&again).await;
    assert_eq!((&conversation["stage"], &conversation["spam"]["score"]), (&json!("suspended"), &json!(1.0)));
    assert_eq!(conversation["spam"]["reasons"], json!(["this sender is blocked"]));
    let blocked = world.max.api.all("/blocked-senders").await;
    assert_eq!(blocked.len(), 1);
    assert_eq!(
        (&blocked[0]["identifier"], &blocked[0]["blocked_by"]["email"]),
        (&json!(pest.from), &json!(world.ada.email))
    );

    let id = &blocked[0]["id"];
    world.ada.api.delete(&format!("/blocked-senders/{id}")).await.expect(403);
    world.max.api.delete(&format!("/blocked-senders/{id}")).await.expect(200);
    world.max.api.delete(&format!("/blocked-senders/{id}")).await.expect(404);
    world.ada.api.put(&format!("/conversations/{again}/spam"), json!({})).await.expect(200);
    assert_eq!(world.stage(&pest.writes("Hello?").await).await, "new");
}

async fn anybody_may_be_blocked_by_their_address(engine: Engine) {
    let world = World::open(engine).await;
    let blocked = json!({ "channel": "sms", "identifier": "+1 (415) 555-0100" });
    world.ada.api.post("/blocked-senders", blocked.clone()).await.expect(403);
    let made = world.max.api.post("/blocked-senders", blocked.clone()).await.expect(201).json();
    assert_eq!((&made["identifier"], &made["contact"]["name"]), (&json!(cast::UMA_PHONE), &json!("Uma Ortiz")));
    world.max.api.post("/blocked-senders", blocked).await.expect(201);
    assert_eq!(world.max.api.all("/blocked-senders").await.len(), 1);
    assert_eq!(world.stage(&world.uma.writes("Hello").await).await, "suspended", "a contact who is blocked is blocked");
    for (wrong, field) in [
        (json!({ "channel": "nowhere", "identifier": "+14155550101" }), "channel"),
        (json!({ "channel": "sms", "identifier": "+12" }), "identifier"),
        (json!({ "channel": "sms" }), "identifier"),
    ] {
        assert_eq!(world.max.api.post("/blocked-senders", wrong).await.expect(422).json()["field"], field);
    }
    // Whoever is released is blocked no more.
    world.ada.api.delete("/conversations/CONV-1/suspension").await.expect(200);
    assert!(world.max.api.all("/blocked-senders").await.is_empty());
}

async fn whom_we_know_is_not_checked(engine: Engine) {
    let world = World::open(engine).await;
    teach(&world, "sms").await;
    let conversation = world.conversation(&world.uma.writes(SPAM).await).await;
    assert_eq!((&conversation["stage"], &conversation["spam"]), (&json!("new"), &Value::Null));
}

async fn a_check_that_fails_lets_the_message_through_and_says_so(engine: Engine) {
    let world = World::open(engine).await;
    world.db.damage("ALTER TABLE spam_words RENAME TO gone");
    let number = world.stranger("sms").writes(SPAM).await;
    let conversation = world.conversation(&number).await;
    assert_eq!((&conversation["stage"], &conversation["queue"]["slug"]), (&json!("new"), &json!("support")));
    assert_eq!((&conversation["spam"]["verdict"], &conversation["spam"]["score"]), (&json!("unchecked"), &Value::Null));
    assert_eq!(conversation["spam"]["reasons"], json!(["the spam check did not run"]));
}

async fn what_is_held_is_in_no_count_and_no_sound(engine: Engine) {
    let world = World::open(engine).await;
    world.max.api.post("/blocked-senders", json!({ "channel": "sms", "identifier": "+14155560000" })).await.expect(201);
    let pest = world.stranger("sms");
    let mut socket = crate::support::live::Socket::of_program(&world.ada.api, "inbox,me", None).await.unwrap();
    let number = pest.writes("Carpets!").await;
    pest.sends("Cheap carpets!").await.expect(201);
    assert_eq!(world.stage(&number).await, "suspended");
    for view in ["mine", "queue", "missed"] {
        let rows = world.ada.api.all(&format!("/conversations?view={view}")).await;
        assert!(!rows.iter().any(|row| row["number"] == number.as_str()), "{view}");
    }
    assert!(world.ada.api.all("/conversations").await.is_empty());
    assert_eq!(world.ada.api.all("/conversations?stage=suspended").await.len(), 1);
    let said = world.uma.writes("Hello").await;
    let frames = socket.all_until(|frame| frame["id"] == said.as_str()).await;
    let told = frames.iter().filter(|frame| frame["id"] == number.as_str());
    assert!(told.clone().all(|frame| frame["ops"].to_string().find("\"say\"").is_none()), "{frames:?}");
    let page = world.ada.page.sees("/inbox/open").await;
    assert!(page.has("ul[data-group] .row") && !page.words().contains("carpets"), "{}", page.words());
    assert_eq!(world.interaction(&number).await["assigned_to"], Value::Null);
}

async fn what_was_learned_survives_a_backup(engine: Engine) {
    let world = World::apart(engine).await;
    teach(&world, "sms").await;
    world.root.api.post("/rules", json!({ "keywords": ["invoice"], "queue": "billing" })).await.expect(201);
    let copy = world.db.beside("sorting");
    crate::support::binary::prints(&world.db, &["backup", copy.to_str().unwrap()]);
    let other = crate::support::database::Database::nothing(engine);
    crate::support::binary::prints(&other, &["restore", copy.to_str().unwrap()]);
    crate::support::binary::prints(&other, &["verify"]);
    let server = crate::support::binary::Served::start(&other);
    let channel = crate::support::app::Program::with(&server.base, &world.keys.channels["sms"]);
    let stranger = crate::support::world::Customer::with("+14155569999", "sms", channel);
    let root = crate::support::app::Program::with(&server.base, &world.keys.tokens["root"]);
    let held = stranger.writes(SPAM).await;
    assert_eq!(root.get(&format!("/conversations/{held}")).await.expect(200).json()["stage"], "suspended");
    assert_eq!(root.all("/rules").await.len(), 1);
}
