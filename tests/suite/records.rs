//! Records by their forms: the record page, records made by hand, contacts, what is held back, reviews, one's own settings.

use serde_json::json;

use crate::support::app::Person;
use crate::support::cast::email;
use crate::support::database::Engine;
use crate::support::page::{Form, Page};
use crate::support::world::{World, on_ben};

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
    an_unknown_sender_becomes_a_contact,
    a_contact_is_kept_and_found,
    two_people_change_one_contact,
    what_is_held_back_is_decided_one_by_one_and_together,
    a_review_is_done_where_it_is_asked,
    the_palette_finds_numbers_titles_and_people,
    presence_theme_and_home_are_one_s_own,
    what_is_not_there_is_a_page_with_a_way_back,
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
        assert!(page.text("#short-error").contains(NEEDED) && page.has("[data-error-summary]"), "{verb}");
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
    let path = format!("/interactions/{}", world.interaction(&number).await["number"].as_str().unwrap());
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
    let path = format!("/interactions/{}", world.interaction(&number).await["number"].as_str().unwrap());
    let bens = record_form(&world.ben.page.sees(&path).await).with("short_description", "As Ben sees it");
    let adas = record_form(&world.ada.page.sees(&path).await);
    let adas = adas.with("short_description", "As Ada sees it").with("queue", "billing");
    world.ada.page.submits(&adas).await.expect(303);
    let page = world.ben.page.submits(&bens).await.expect(409).page();
    let words = page.words();
    assert!(words.contains("As Ada sees it") && words.contains("billing"), "what is newer is shown: {words}");
    assert_eq!(record_form(&page).value("queue"), Some("billing"), "what Ben did not touch is as it is now");
    world.ben.page.submits(&record_form(&page)).await.expect(303);
    let saved = world.interaction(&number).await;
    assert_eq!((&saved["short_description"], &saved["queue"]["slug"]), (&json!("As Ben sees it"), &json!("billing")));
}

async fn the_second_of_two_who_take_is_told_who_has_it(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/interactions/{}", world.interaction(&number).await["number"].as_str().unwrap());
    let (ada, ben) = (world.ada.page.sees(&path).await, world.ben.page.sees(&path).await);
    world.ada.page.submits(&record_form(&ada).with("do", "take")).await.expect(303);
    let page = world.ben.page.submits(&record_form(&ben).with("do", "take")).await.expect(409).page();
    assert!(page.words().contains("ada has taken this already."), "{}", page.words());
    assert_eq!(world.conversation(&number).await["assignee"]["email"], email("ada"));
}

async fn a_closed_record_is_a_manager_s_to_correct(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("resolved").await;
    let path = format!("/interactions/{}", world.interaction(&number).await["number"].as_str().unwrap());
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
    let interaction = world.interaction(&first).await["number"].as_str().unwrap().to_owned();
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

async fn an_unknown_sender_becomes_a_contact(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Hello").await;
    let path = format!("/interactions/{}", world.interaction(&number).await["number"].as_str().unwrap());
    let ada = &world.ada.page;
    let page = ada.sees(&path).await;
    let link = page.attrs("a[href$='/contact']", "href").remove(0);
    let form = ada.sees(&link).await.form(&format!("form[action='{link}']"));
    let empty = ada.submits(&form).await.expect(422).page();
    assert!(empty.words().contains("Say who it is."));
    let nobody = ada.submits(&form.clone().with("called", "Nobody Known")).await.expect(422).page();
    assert!(nobody.words().contains("Nobody on record has this name or address."));
    assert_eq!(nobody.attr("[name=called]", "value"), "Nobody Known");
    ada.submits(&form.clone().with("name", "Zoe Marsh")).await.expect(303);
    assert!(ada.sees(&path).await.text(".rec__side").contains("Zoe Marsh"));
    assert_eq!(world.interaction(&number).await["opened_for"]["name"], "Zoe Marsh");
    ada.submits(&form.with("called", "uma ortiz")).await.expect(303);
    assert_eq!(world.interaction(&number).await["opened_for"]["name"], "Uma Ortiz");
    let guest = walk_up(&world, ada).await;
    let form = ada.sees(&format!("{guest}/contact")).await.form(&format!("form[action='{guest}/contact']"));
    ada.submits(&form.with("called", crate::support::cast::UMA_EMAIL)).await.expect(303);
    assert!(ada.sees(&guest).await.text(".rec__side").contains("Uma Ortiz"));
}

async fn a_contact_is_kept_and_found(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let form = ada.sees("/contacts/new").await.form("form[action='/contacts/new']");
    let typed =
        form.with("name", "Priya Raman").with("emails", "priya@raman.example").with("organization", "Raman & Co");
    let page = ada.submits(&typed.clone().with("phones", "12")).await.expect(422).page();
    assert!(page.words().contains("Not a phone number.") && page.has("[name=phones][aria-invalid]"));
    assert_eq!(page.attr("[name=name]", "value"), "Priya Raman");
    let made = ada.submits(&typed.with("phones", "+44 20 7946 0018")).await.expect(303);
    let page = ada.sees(made.location()).await;
    for words in ["Priya Raman", "priya@raman.example", "+442079460018", "Raman & Co"] {
        assert!(page.words().contains(words), "{words}: {}", page.words());
    }
    for (words, found) in [
        ("priya", true),
        ("RAMAN", true),
        ("+4420794", true),
        ("uma", false),
        ("%25", false),
        ("_", false),
        ("%00", true),
    ] {
        let list = ada.sees(&format!("/contacts?q={}", words.replace('+', "%2B"))).await;
        assert_eq!(list.words().contains("Priya Raman"), found, "{words}");
    }
    let organization = page.attrs("a[href^='/organizations/']", "href").remove(0);
    let page = ada.sees(&organization).await;
    assert!(page.words().contains("Raman & Co") && page.words().contains("Priya Raman"));
    let form = ada.sees(&format!("{}/edit", made.location())).await.form("form[action$='/edit']");
    assert_eq!(form.value("organization"), Some("Raman & Co"));
    ada.submits(&form.with("name", "Priya R").with("phones", "")).await.expect(303);
    let page = ada.sees(made.location()).await;
    assert!(page.words().contains("Priya R") && !page.words().contains("+442079460018"));
}

async fn two_people_change_one_contact(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/contacts/{}/edit", world.interaction(&number).await["opened_for"]["id"]);
    let form = async |person: &Person| person.sees(&path).await.form(&format!("form[action='{path}']"));
    let (ada, ben) = (form(&world.ada.page).await, form(&world.ben.page).await);
    world.ada.page.submits(&ada.with("name", "Uma O.")).await.expect(303);
    let page = world.ben.page.submits(&ben.with("name", "Ursula Ortiz")).await.expect(409).page();
    assert_eq!(page.attr("[name=name]", "value"), "Ursula Ortiz");
    assert!(page.words().contains("Name now: Uma O."), "{}", page.words());
    world.ben.page.submits(&page.form(&format!("form[action='{path}']"))).await.expect(303);
}

async fn what_is_held_back_is_decided_one_by_one_and_together(engine: Engine) {
    let world = World::open(engine).await;
    let mut held = vec![];
    for _ in 0..4 {
        held.push(world.conversation_in("suspended").await);
    }
    let ada = &world.ada.page;
    let page = ada.sees("/suspended").await;
    assert_eq!(page.all("#held .srow").len(), 4);
    assert!(page.text("#held").contains("Suspended by ada"));
    let open = ada.sees(&format!("/suspended?open={}", held[0])).await;
    assert!(open.text(".susp__pane").contains("Hello, is anybody there?"));
    let one = open.form(&format!("form[action='/conversations/{}/release']", held[0]));
    ada.submits(&one).await.expect(303);
    assert_eq!(world.stage(&held[0]).await, "new");
    let values = page.attrs("[name=held]", "value");
    let chosen: Vec<&String> = values.iter().filter(|value| !value.starts_with(&format!("{} ", held[3]))).collect();
    let mut form = page.form("form[action='/suspended']").with("do", "spam");
    form.fields.retain(|(name, _)| name != "held");
    form.fields.extend(chosen.into_iter().map(|value| ("held".to_owned(), value.clone())));
    let answer = ada.submits(&form).await.expect(303);
    let after = ada.sees(answer.location()).await;
    let said = after.text("[data-toast]");
    assert!(said.contains("2 archived as spam.") && said.contains(&held[0]), "{said}");
    assert_eq!(after.all("#held .srow").len(), 1);
    for (number, stage) in held.iter().zip(["new", "archived", "archived", "suspended"]) {
        assert_eq!(world.stage(number).await, stage);
    }
    let answer = ada.posts("/suspended", &[("do", "release")]).await.expect(303);
    assert!(ada.sees(answer.location()).await.text("[data-toast=error]").contains("Select some first."));
    ada.posts("/suspended", &[("held", "CONV-1 1")]).await.expect(422);
    ada.sees("/suspended?open=CONV-999").await;
}

async fn a_review_is_done_where_it_is_asked(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    world.ada.api.put(&format!("/conversations/{number}/hold"), on_ben()).await.expect(200);
    let page = world.ben.page.sees("/reviews").await;
    assert!(page.text("#reviews").contains(&number) && page.text("#nav-reviews").contains('1'));
    assert!(!world.ada.page.sees("/reviews").await.text("#reviews").contains(&number));
    let form = page.form("#reviews form");
    world
        .ada
        .page
        .submits(&Form { fields: vec![("csrf".into(), world.ada.page.csrf().await)], ..form.clone() })
        .await
        .expect(403);
    world.ben.page.submits(&form).await.expect(303);
    assert_eq!(world.stage(&number).await, "needs_response");
    assert!(world.ben.page.sees("/reviews").await.words().contains("Nobody waits for you"));
    world.ben.page.submits(&form).await.expect(303);
}

async fn the_palette_finds_numbers_titles_and_people(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Terminal shows E-41").await;
    let interaction = world.interaction(&number).await["number"].as_str().unwrap().to_owned();
    let found = async |words: &str| {
        let answer = world.ada.page.get(&format!("/palette?q={words}")).await.expect(200);
        Page::parse(&answer.body).attrs("a[role=option]", "href")
    };
    let conversation = format!("/conversations/{number}");
    assert_eq!(found(&number).await, [conversation.clone()]);
    assert_eq!(found(&interaction.to_lowercase()).await, [format!("/interactions/{interaction}")]);
    assert_eq!(found("1").await.first(), Some(&conversation));
    assert_eq!(found("shows").await, [conversation]);
    assert!(found("uma").await.iter().any(|url| url.starts_with("/contacts/")));
    for nothing in ["", "x", "zzzz", "%25%25", "%00", "99999999999999999999", "CONV-0"] {
        assert_eq!(found(nothing).await, [""; 0], "{nothing}");
    }
}

async fn presence_theme_and_home_are_one_s_own(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    assert_eq!(ada.get("/").await.expect(303).location(), "/inbox/mine");
    ada.posts("/me/presence", &[("state", "away")]).await.expect(303);
    assert!(ada.sees("/inbox/mine").await.text("#me-menu summary").contains("Away"));
    ada.posts("/me/presence", &[("state", "asleep")]).await.expect(422);
    ada.posts("/me/theme", &[("theme", "dark")]).await.expect(303);
    assert_eq!(ada.sees("/contacts").await.attr("html", "data-theme"), "dark");
    ada.posts("/me/theme", &[("theme", "")]).await.expect(303);
    assert!(!ada.sees("/contacts").await.has("html[data-theme]"));
    let rail = Page::parse(&ada.get("/nav?current=contacts").await.expect(200).body);
    assert_eq!(rail.attr("[aria-current=page]", "id"), "nav-contacts");
    ada.sees("/keys").await;
}

async fn what_is_not_there_is_a_page_with_a_way_back(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    for path in [
        "/interactions/IMS0000999",
        "/interactions/x",
        "/interactions/IMS0000999/contact",
        "/contacts/999",
        "/contacts/x",
        "/contacts/999/edit",
        "/contacts/99999999999999999999",
        "/organizations/999",
        "/interactions/new?contact=999",
        "/suspended?open=x",
    ] {
        let page = ada.get(path).await.expect(404).page();
        assert!(page.attrs("a[href]", "href").iter().any(|link| link.starts_with("/inbox")), "{path}");
    }
    for path in
        ["/interactions/IMS0000999", "/interactions/x/contact", "/contacts/999/edit", "/reviews/999", "/reviews/x"]
    {
        ada.posts(path, &[("name", "x"), ("do", "save")]).await.expect(404);
    }
}
