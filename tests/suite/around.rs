//! What stands around conversations: contacts, what is held back, reviews, the palette, one's own settings.

use crate::support::app::Person;
use crate::support::database::Engine;
use crate::support::page::{Form, Page};
use crate::support::world::{World, on_ben};

both![
    an_unknown_sender_becomes_a_contact,
    a_contact_is_kept_and_found,
    two_people_change_one_contact,
    what_is_held_back_is_decided_one_by_one_and_together,
    a_review_is_done_where_it_is_asked,
    the_palette_finds_numbers_titles_and_people,
    presence_theme_and_home_are_one_s_own,
];

async fn an_unknown_sender_becomes_a_contact(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.stranger("sms").writes("Hello").await;
    let path = format!("/interactions/{}", world.record_of(&number).await);
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
    let form = ada.sees(&link).await.form(&format!("form[action='{link}']"));
    ada.submits(&form.with("called", "uma ortiz")).await.expect(303);
    assert_eq!(world.interaction(&number).await["opened_for"]["name"], "Uma Ortiz");
    let form = ada.sees("/interactions/new").await.form("form[action='/interactions']");
    let guest = ada.submits(&form.with("guest_name", "Zoe")).await.expect(303).location().to_owned();
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
    let interaction = world.record_of(&number).await;
    let found = async |words: &str| {
        let answer = world.ada.page.get(&format!("/palette?q={words}")).await.expect(200);
        Page::parse(&answer.body).attrs("a[role=option]", "href")
    };
    let conversation = format!("/conversations/{number}");
    assert_eq!(found(&number).await, std::slice::from_ref(&conversation));
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
