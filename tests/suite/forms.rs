//! What forms say when something is wrong, or late, and what they do not offer.

use serde_json::json;

use crate::support::cast::UMA_PHONE;
use crate::support::database::Engine;
use crate::support::page::Page;
use crate::support::world::World;

both![
    a_text_message_goes_to_a_phone_number_and_nowhere_else,
    a_form_says_all_that_is_wrong_and_each_at_its_field,
    a_contact_is_picked_from_those_who_may_be_meant,
    a_form_that_comes_late_says_what_others_did,
    a_field_that_two_have_written_shows_theirs_and_keeps_mine,
    what_is_archived_offers_nothing_that_it_refuses,
    what_is_held_back_is_shown_as_text_and_why,
    a_merge_offers_what_there_is_or_asks_for_a_number,
    an_empty_list_says_what_is_empty,
    the_title_counts_what_waits_for_me,
    a_title_is_the_first_sixty_characters,
];

/// That a field says why it is wrong, to eyes and to ears.
#[track_caller]
fn wrong(page: &Page, field: &str, sentence: &str) {
    let error = format!("{field}-error");
    assert!(page.text(&format!("#{error}")).contains(sentence), "{field}: {}", page.words());
    assert_eq!(page.attr(&format!("#{field}"), "aria-invalid"), "true", "{field}");
    assert!(page.attr(&format!("#{field}"), "aria-describedby").contains(&error), "{field}");
    assert!(page.has(&format!("[data-error-summary] a[href='#{field}']")), "{field} is named above");
}

async fn a_text_message_goes_to_a_phone_number_and_nowhere_else(engine: Engine) {
    let world = World::open(engine).await;
    let channel = json!({ "slug": "texts", "name": "Texts", "kind": "sms", "type": "messaging", "queue": "support" });
    world.root.api.post("/channels", channel).await.expect(201);
    let ada = &world.ada.page;
    let form = ada.sees("/interactions/new?type=messaging").await.form("form[action='/interactions']");
    let typed = form.with("channel", "texts").with("title", "Your card");
    let page = ada.submits(&typed.clone().with("to", "not a phone").with("body", "Hello")).await.expect(422).page();
    wrong(&page, "to", "Not a phone number.");
    for (field, value) in [("to", "not a phone"), ("title", "Your card")] {
        assert_eq!(page.attr(&format!("[name={field}]"), "value"), value);
    }
    assert_eq!(page.text("[name=body]"), "Hello");
    assert!(page.text("#to-hint").contains("phone number"), "the hint speaks of the chosen channel");
    let both = ada.submits(&typed.with("to", "uma@acme.example").with("body", " ")).await.expect(422).page();
    wrong(&both, "to", "Not a phone number.");
    wrong(&both, "body", "Message is empty.");
    assert!(world.root.api.all("/conversations").await.is_empty(), "nothing was begun");
}

async fn a_form_says_all_that_is_wrong_and_each_at_its_field(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let number = world.uma.writes("Hello").await;
    let form = async |verb: &str| {
        let path = format!("/conversations/{number}/{verb}");
        ada.sees(&path).await.form(&format!("form[action='{path}']"))
    };
    let past = form("hold").await.with("until", "2020-01-01T10:00").with("review", "nobody@desk.example");
    let page = ada.submits(&past).await.expect(422).page();
    wrong(&page, "until", "Choose a moment that is still to come.");
    wrong(&page, "review", "Nobody here has the address");
    wrong(&page, "hold-reply", "Message is empty.");
    assert_eq!(page.attr("#until", "value"), "2020-01-01T10:00");
    let page = ada.submits(&form("resolution").await).await.expect(422).page();
    wrong(&page, "short_description", "Short description is required");
    wrong(&page, "resolution", "Choose a resolution.");
    let page =
        ada.submits(&form("tags").await.with("title", " ").with("tags", "x".repeat(61))).await.expect(422).page();
    wrong(&page, "title", "Write a title.");
    wrong(&page, "tags", "Use at most 60 characters.");
    let card = ada.sees("/contacts/new").await.form("form[action='/contacts/new']");
    let page = ada.submits(&card.with("emails", "at home").with("phones", "12")).await.expect(422).page();
    wrong(&page, "name", "Write a name.");
    wrong(&page, "emails", "is not an e-mail address.");
    wrong(&page, "phones", "Not a phone number.");
}

async fn a_contact_is_picked_from_those_who_may_be_meant(engine: Engine) {
    let world = World::open(engine).await;
    world.root.api.post("/contacts", json!({ "name": "Uma Thorne" })).await.expect(201);
    let number = world.stranger("sms").writes("Hello").await;
    let (ada, from) = (&world.ada.page, format!("/inbox/open?open={number}"));
    let link = format!("/interactions/{}/contact", world.record_of(&number).await);
    let opened = ada.request(reqwest::Method::GET, &link).header("Referer", format!("{}{from}", world.base));
    let opened = crate::support::app::send("the form".to_owned(), opened).await.expect(200).page();
    let form = opened.form(&format!("form[action='{link}']")).with("called", "uma");
    let found = ada.submits(&form.clone().with("do", "find")).await.expect(200).page();
    assert_eq!(found.texts(".choice__name"), ["Uma Ortiz", "Uma Thorne"]);
    let asked = ada.submits(&form.with("do", "")).await.expect(422).page();
    wrong(&asked, "called", "Pick who it is.");
    assert_eq!(asked.texts(".choice__sub"), ["Acme", "organization not identified"]);
    let chosen = asked.attrs(".choice input", "value").remove(0);
    let picked = asked.form(&format!("form[action='{link}']")).with("do", "").with("contact", chosen);
    let done = ada.submits(&picked).await.expect(303);
    assert_eq!(done.location(), from, "back where one was");
    assert_eq!(world.interaction(&number).await["opened_for"]["name"], "Uma Ortiz");
    for away in ["//evil.example/inbox/", "https://evil.example", "/inbox/../x\r\ny", "/conversations/CONV-1/spam"] {
        let done = ada.submits(&picked.clone().with("back", away)).await.expect(303);
        assert!(done.location().starts_with("/interactions/IMS"), "{away}: {}", done.location());
    }
}

async fn a_form_that_comes_late_says_what_others_did(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let kim = world.stranger("sms");
    let number = kim.writes("Hello").await;
    let path = format!("/conversations/{number}");
    world.ada.api.post(&format!("{path}/replies"), json!({ "body": "Yes?" })).await.expect(201);
    let form = ada.sees(&format!("{path}/resolution")).await.form("form[data-dialog-form=resolve]");
    let form = form.with("resolution", "Answered").with("short_description", "A greeting");
    world.ada.api.post(&format!("{path}/notes"), json!({ "body": "A thought of my own" })).await.expect(201);
    kim.sends("Wait, one more thing").await.expect(201);
    let late = ada.submits(&form).await.expect(409).page();
    let news = late.texts(".errsum__news li");
    assert_eq!(news[0], format!("{} wrote: Wait, one more thing", kim.from));
    assert!(!late.text(".errsum").contains("thought of my own"), "one's own acts are no news: {news:?}");
    assert!(!late.text(".errsum").contains("Yes?") && !late.text(".errsum").contains("Hello"), "{news:?}");
    assert_eq!(late.attr("#short_description", "value"), "A greeting");
    ada.submits(&late.form("form[data-dialog-form=resolve]")).await.expect(303);
}

async fn a_field_that_two_have_written_shows_theirs_and_keeps_mine(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/interactions/{}", world.record_of(&number).await);
    let form = async |person: &crate::support::app::Person| person.sees(&path).await.form(".rec__form");
    let bens = form(&world.ben.page).await.with("short_description", "As Ben sees it").with("queue", "billing");
    let adas = form(&world.ada.page).await.with("short_description", "As Ada sees it").with("work_note", "Hm");
    world.ada.page.submits(&adas).await.expect(303);
    let page = world.ben.page.submits(&bens).await.expect(409).page();
    wrong(&page, "short_description", "ada made this “As Ada sees it”. Yours is kept here: Save replaces theirs.");
    assert_eq!(page.attr("#short_description", "value"), "As Ben sees it");
    assert!(!page.has("#queue[aria-invalid]"), "nobody else wrote the queue");
    let saved = page.form(".rec__form");
    assert_eq!(saved.value("queue"), Some("billing"));
    assert!(
        page.texts(".errsum__news li").iter().any(|line| line == "ada wrote an internal note: Hm"),
        "{}",
        page.words()
    );
    world.ben.page.submits(&saved).await.expect(303);
    assert_eq!(world.interaction(&number).await["short_description"], "As Ben sees it");
}

async fn what_is_archived_offers_nothing_that_it_refuses(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("hold").await;
    let offered = world.ada.page.sees(&format!("/conversations/{number}")).await;
    let links = ["/assignment", "/tags", "/dependencies/"].map(|end| format!("a[href*='{number}{end}']"));
    assert!(links.iter().all(|link| offered.has(link)), "they are there while it is open");
    assert!(!offered.has(&format!("a[href$='{number}/hold']")), "what is on hold is not held again");
    let path = format!("/conversations/{number}");
    world.ada.api.put(&format!("{path}/resolution"), crate::support::world::resolved()).await.expect(200);
    assert!(!world.ada.page.sees(&path).await.has(&links[0]), "what is resolved is nobody's to be given");
    world.ada.api.put(&format!("{path}/archive"), json!({})).await.expect(200);
    let archived = world.ada.page.sees(&path).await;
    for link in links.iter().chain([&format!("a[href$='{number}/hold']")]) {
        assert!(!archived.has(link), "{link}");
    }
}

async fn what_is_held_back_is_shown_as_text_and_why(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Win at https://prize.example now").await;
    world.ben.api.put(&format!("/conversations/{number}/suspension"), json!({})).await.expect(200);
    for path in [format!("/conversations/{number}"), format!("/inbox/open?open={number}")] {
        let page = world.ada.page.sees(&path).await;
        assert!(
            page.text("#messages").contains("https://prize.example") && !page.has("#messages .msg a[href^='http']"),
            "{path}"
        );
        assert!(page.text(".why").contains("Suspended by ben"), "{path}: {}", page.words());
        assert!(!page.has("form[action$='/take']") && !page.has("a[href$='/assignment']"), "{path}");
    }
    world.ada.api.delete(&format!("/conversations/{number}/suspension")).await.expect(200);
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    assert!(page.has("#messages .msg a[href='https://prize.example']") && !page.has(".why"));
}

async fn a_merge_offers_what_there_is_or_asks_for_a_number(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let number = world.uma.writes("Hello").await;
    let alone = ada.sees(&format!("/conversations/{number}/merge")).await;
    assert!(!alone.has("[name=into]") && alone.has("[name=number]") && !alone.has(".dialog__foot .btn--primary"));
    let form = alone.form("form[data-dialog-form=merge]");
    wrong(&ada.submits(&form).await.expect(422).page(), "into", "CONV-42");
    wrong(&ada.submits(&form.with("number", "conv-999")).await.expect(422).page(), "into", "No such conversation.");
    let start = json!({ "channel": "chat", "to": UMA_PHONE, "body": "Your parcel is here" });
    let other = world.ada.api.post("/conversations", start).await.expect(201).json();
    let page = ada.sees(&format!("/conversations/{number}/merge")).await;
    assert_eq!(page.attr("[name=into][checked]", "value"), other["number"].as_str().unwrap(), "the only one is chosen");
    ada.submits(&page.form("form[data-dialog-form=merge]")).await.expect(303);
}

async fn an_empty_list_says_what_is_empty(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let number = world.conversation_in("resolved").await;
    world.uma.writes("Nobody has this").await;
    world.conversation_in("new").await;
    assert_eq!(ada.sees("/inbox/q/billing").await.text("#empty-title"), "Nothing in Billing.");
    assert_eq!(ada.sees("/inbox/hold").await.text("#empty-title"), "Nothing in Hold.");
    let mine = ada.sees("/inbox/mine").await;
    assert_eq!(mine.text("#empty-title"), "You have answered everyone");
    assert!(
        mine.text(".list__group").contains("Resolved by you today 1") && mine.has(&format!(".row[data-key={number}]"))
    );
    let counted = mine.text("#nav-unassigned .count").replace(" open", "");
    assert!(mine.text(".empty__text").contains(&format!("{counted} conversations have no owner yet")));
    assert!(!world.ben.page.sees("/inbox/mine").await.has(".row"), "what a colleague resolved is theirs");
}

async fn the_title_counts_what_waits_for_me(engine: Engine) {
    let world = World::open(engine).await;
    for stage in ["waiting_on_user", "needs_response", "hold", "new"] {
        world.conversation_in(stage).await;
    }
    let page = world.ada.page.sees("/inbox/mine").await;
    assert!(page.text("title").starts_with("(1) "), "{}", page.text("title"));
    assert_eq!(page.text(".tabbar__count"), "1 your turn");
    assert_eq!(page.text("#nav-mine .count"), "3 open");
    assert!(page.has(".tabbar a[href='/inbox/q/billing']") && page.has(".tabbar [data-set-theme=dark]"));
    assert!(page.has("#tab-me [name=everywhere]") && page.has("#tab-me a[href='/me/sessions']"));
    assert!(world.ada.page.sees("/inbox/hold").await.has("#tab-views[data-current]"));
}

async fn a_title_is_the_first_sixty_characters(engine: Engine) {
    let world = World::open(engine).await;
    let title = async |text: &str| {
        let number = world.stranger("sms").writes(text).await;
        world.conversation(&number).await["title"].as_str().unwrap().to_owned()
    };
    let long = "The card terminal at our second counter shows the same error since the update of Monday morning";
    assert_eq!(title(long).await, &long[..60]);
    assert_eq!(title(&long[..60]).await, &long[..60]);
}
