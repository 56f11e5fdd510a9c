//! Records by their forms: the record page, and records made by hand.

use serde_json::json;

use crate::support::app::Person;
use crate::support::cast::email;
use crate::support::database::Engine;
use crate::support::page::{Form, Page};
use crate::support::world::World;

both![
    a_walk_up_is_kept_from_start_to_end_by_its_form,
    closing_without_a_short_description_keeps_what_was_typed,
    phone_is_not_offered_and_is_refused,
    an_agent_writes_first,
    one_save_writes_fields_note_and_assignment,
    a_save_does_not_undo_what_a_colleague_changed_elsewhere,
    the_second_of_two_who_take_is_told_who_has_it,
    a_closed_record_is_a_manager_s_to_correct,
    the_record_shows_its_person_s_other_interactions_and_its_timeline,
    a_restricted_record_is_not_there_for_others,
];

const NEEDED: &str = "Short description is required to save, close or link a task.";

/// The form of the record on this page.
fn record_form(page: &Page) -> Form {
    page.forms().into_iter().find(|form| form.value("was_short_description").is_some()).expect("the record has a form")
}

/// The record page of a new walk-up of Zoe's.
async fn walk_up(world: &World, person: &Person) -> String {
    let form = person.sees("/interactions/new").await.form("form[action='/interactions']");
    let made = person.submits(&form.with("guest_name", "Zoe")).await.expect(303);
    assert_eq!(world.root.api.get(&format!("/interactions{}", &made.location()[13..])).await.status, 200);
    made.location().to_owned()
}

async fn a_walk_up_is_kept_from_start_to_end_by_its_form(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let path = walk_up(&world, ada).await;
    let page = ada.sees(&path).await;
    assert!(page.words().contains("Zoe") && page.has("[data-toast=done]"), "{}", page.words());
    assert!(!ada.sees(&path).await.has("[data-toast]"), "a toast is shown once");
    assert!(page.has("button[value=hold]") && !page.has("button[value=start]"), "whoever makes it has started");
    for (verb, state) in [("hold", "On Hold"), ("resume", "Work in Progress")] {
        let form = record_form(&ada.sees(&path).await);
        ada.submits(&form.with("do", verb)).await.expect(303);
        assert!(ada.sees(&path).await.text(".readonly .stage").contains(state), "{verb}");
    }
    let form = record_form(&ada.sees(&path).await).with("short_description", "Lost a card").with("do", "complete");
    ada.submits(&form).await.expect(303);
    let page = ada.sees(&path).await;
    assert!(page.text(".readonly .stage").contains("Closed Complete"));
    assert!(!page.has("button[name=do]"), "closed is final");
    let again = ada.submits(&form.with("do", "resume")).await.expect(409).page();
    assert!(again.words().contains("closed"), "{}", again.words());
    let list = ada.sees("/interactions?type=walk-up").await;
    assert!(list.words().contains("Lost a card") && list.words().contains("Zoe"));
}

async fn closing_without_a_short_description_keeps_what_was_typed(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let path = walk_up(&world, ada).await;
    for verb in ["save", "complete", "abandon"] {
        let form = record_form(&ada.sees(&path).await);
        let form = form.with("short_description", "  ").with("work_note", "She comes back on Monday").with("do", verb);
        let page = ada.submits(&form).await.expect(422).page();
        assert!(page.text("#short_description-error").contains(NEEDED) && page.has("[data-error-summary]"), "{verb}");
        assert_eq!(page.text("textarea[name=work_note]"), "She comes back on Monday");
    }
    let page = ada.sees(&path).await;
    assert!(!page.words().contains("Monday"), "nothing was stored");
    let form = record_form(&page).with("short_description", "x".repeat(161));
    let page = ada.submits(&form).await.expect(422).page();
    assert!(page.words().contains("Use at most 160 characters."));
}

async fn phone_is_not_offered_and_is_refused(engine: Engine) {
    let world = World::open(engine).await;
    let page = world.ada.page.sees("/interactions/new?type=phone").await;
    assert!(!page.text(".seg").contains("Phone"));
    let form = page.form("form[action='/interactions']").with("guest_name", "Zoe");
    let answer = world.ada.page.submits(&form.clone().with("type", "phone")).await.expect(422).page();
    let words = answer.words();
    assert!(words.contains("Phone is not available: the telephony plug-in is not active."), "{words}");
    assert_eq!(answer.attr("[name=guest_name]", "value"), "Zoe");
    world.ada.page.submits(&form.with("type", "pigeon")).await.expect(422);
}

async fn an_agent_writes_first(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let form = ada.sees("/interactions/new?type=messaging").await.form("form[action='/interactions']");
    let typed = form.with("to", "+1 415 555 0123").with("title", "Your card");
    let page = ada.submits(&typed.clone().with("body", " ")).await.expect(422).page();
    assert!(page.words().contains("Message is empty."));
    assert_eq!(page.attr("[name=title]", "value"), "Your card");
    let bad = ada.submits(&typed.clone().with("to", "+12").with("body", "Hello")).await.expect(422).page();
    assert!(bad.has("[name=to][aria-invalid]"));
    let made = ada.submits(&typed.with("body", "It is ready")).await.expect(303);
    let number = made.location().rsplit('/').next().unwrap().to_owned();
    assert_eq!(world.stage(&number).await, "waiting_on_user");
    assert!(ada.sees(made.location()).await.text("#messages").contains("It is ready"));
}

async fn one_save_writes_fields_note_and_assignment(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/interactions/{}", world.record_of(&number).await);
    let form = record_form(&world.ada.page.sees(&path).await)
        .with("short_description", "A greeting")
        .with("queue", "billing")
        .with("assigned_to", email("ben"))
        .with("work_note", "She said hello");
    world.ada.page.submits(&form).await.expect(303);
    let saved = world.interaction(&number).await;
    assert_eq!(saved["short_description"], "A greeting");
    assert_eq!((&saved["queue"]["slug"], &saved["assigned_to"]["email"]), (&json!("billing"), &json!(email("ben"))));
    let page = world.ben.page.sees(&path).await;
    assert!(page.text(".notes").contains("She said hello"));
    let form = record_form(&page).with("assigned_to", "nobody@desk.example").with("work_note", "Not kept");
    let page = world.ben.page.submits(&form).await.expect(422).page();
    assert!(page.has("[name=assigned_to][aria-invalid]") && !page.text(".notes").contains("Not kept"));
    let form = record_form(&world.ben.page.sees(&path).await).with("assigned_to", "");
    world.ben.page.submits(&form).await.expect(303);
    let saved = world.interaction(&number).await;
    assert_eq!(
        (&saved["queue"]["slug"], &saved["assigned_to"]),
        (&json!("billing"), &json!(null)),
        "back in its queue"
    );
}

async fn a_save_does_not_undo_what_a_colleague_changed_elsewhere(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/interactions/{}", world.record_of(&number).await);
    let bens = record_form(&world.ben.page.sees(&path).await).with("short_description", "As Ben sees it");
    let adas = record_form(&world.ada.page.sees(&path).await);
    let adas = adas.with("short_description", "As Ada sees it").with("queue", "billing");
    world.ada.page.submits(&adas).await.expect(303);
    let page = world.ben.page.submits(&bens).await.expect(409).page();
    let words = page.words();
    assert!(words.contains("As Ada sees it") && words.contains("Billing"), "what is newer is shown: {words}");
    assert_eq!(record_form(&page).value("queue"), Some("billing"), "what Ben did not touch is as it is now");
    world.ben.page.submits(&record_form(&page)).await.expect(303);
    let saved = world.interaction(&number).await;
    assert_eq!((&saved["short_description"], &saved["queue"]["slug"]), (&json!("As Ben sees it"), &json!("billing")));
}

async fn the_second_of_two_who_take_is_told_who_has_it(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/interactions/{}", world.record_of(&number).await);
    let (ada, ben) = (world.ada.page.sees(&path).await, world.ben.page.sees(&path).await);
    world.ada.page.submits(&record_form(&ada).with("do", "take")).await.expect(303);
    let page = world.ben.page.submits(&record_form(&ben).with("do", "take")).await.expect(409).page();
    assert!(page.words().contains("ada has taken this already."), "{}", page.words());
    assert_eq!(world.conversation(&number).await["assignee"]["email"], email("ada"));
}

async fn a_closed_record_is_a_manager_s_to_correct(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("resolved").await;
    let path = format!("/interactions/{}", world.record_of(&number).await);
    let page = world.ada.page.sees(&path).await;
    assert!(!page.has("input[name=short_description]") && !page.has("button[value=save]"));
    let form = record_form(&world.max.page.sees(&path).await).with("short_description", "Corrected");
    let refused = world.ada.page.posts(&path, &[("short_description", "Mine")]).await.expect(403).page();
    assert!(refused.words().contains("A manager can correct it."), "{}", refused.words());
    world.max.page.submits(&form).await.expect(303);
    assert_eq!(world.interaction(&number).await["short_description"], "Corrected");
}

async fn the_record_shows_its_person_s_other_interactions_and_its_timeline(engine: Engine) {
    let world = World::open(engine).await;
    let first = world.uma.writes("Hello").await;
    let interaction = world.record_of(&first).await;
    let contact = world.interaction(&first).await["opened_for"]["id"].clone();
    let new = json!({ "type": "walk-up", "opened_for": contact, "short_description": "Came by" });
    let other = world.ben.api.post("/interactions", new).await.expect(201).json();
    walk_up(&world, &world.ada.page).await;
    let page = world.ada.page.sees(&format!("/interactions/{interaction}?tab=history")).await;
    let words = page.text(".rec__panel");
    assert!(words.contains(other["number"].as_str().unwrap()) && words.contains("Came by"), "{words}");
    assert_eq!(page.all(".rec__panel .task").len(), 2, "Zoe's is not among Uma's");
    world.ada.api.post(&format!("/conversations/{first}/replies"), json!({ "body": "Good morning" })).await.expect(201);
    let timeline = world.ada.page.sees(&format!("/interactions/{interaction}?tab=timeline")).await;
    let words = timeline.text("#timeline");
    for line in ["first response after", "New to Waiting on user", "replied", "opened this interaction"] {
        assert!(words.to_lowercase().contains(&line.to_lowercase()), "{line}: {words}");
    }
    let thread = world.ada.page.sees(&format!("/interactions/{interaction}?tab=conversation")).await;
    assert!(thread.text("#messages").contains("Good morning"));
    world.ada.page.sees(&format!("/interactions/{interaction}?tab=nonsense")).await;
}

async fn a_restricted_record_is_not_there_for_others(engine: Engine) {
    let world = World::open(engine).await;
    let vault = json!({ "slug": "vault", "name": "Vault", "restricted": true, "members": [email("ada")] });
    world.root.api.post("/queues", vault).await.expect(201);
    let secret = json!({ "type": "walk-up", "guest_name": "Zoe", "queue": "vault", "short_description": "A secret" });
    let made = world.ada.api.post("/interactions", secret).await.expect(201).json();
    let path = format!("/interactions/{}", made["number"].as_str().unwrap());
    world.ada.page.sees(&path).await;
    for path in [path.clone(), format!("{path}/contact")] {
        world.ben.page.get(&path).await.expect(404);
    }
    world.ben.page.posts(&path, &[("short_description", "Mine")]).await.expect(404);
    assert!(!world.ben.page.sees("/interactions").await.words().contains("A secret"));
    assert!(world.ada.page.sees("/interactions").await.words().contains("A secret"));
    assert!(!world.ben.page.sees("/interactions/new").await.text("select[name=queue]").contains("Vault"));
    let found = world.ben.page.get(&format!("/palette?q={}", made["number"].as_str().unwrap())).await.expect(200);
    assert!(!found.body.contains("secret"));
}
