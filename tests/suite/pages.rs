//! Pages and their forms, as a browser without scripts uses them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::send;
use crate::support::cast::email;
use crate::support::database::Engine;
use crate::support::page::Form;
use crate::support::world::World;

both![
    the_inbox_shows_each_conversation_where_it_belongs,
    text_from_outside_stays_text_everywhere,
    a_reply_by_form_appears_on_the_page,
    a_double_click_sends_once,
    a_draft_that_arrives_after_its_reply_is_not_kept,
    on_a_colleagues_conversation_one_writes_notes,
    an_empty_reply_is_answered_with_the_form,
    a_reply_that_crossed_a_message_is_asked_about_and_kept,
    a_hold_by_form_needs_a_reason_and_keeps_what_was_typed,
    two_people_save_one_record_and_the_second_keeps_every_word,
    the_form_of_a_record_says_what_is_missing,
    an_interaction_is_made_by_hand,
    an_unknown_number_is_a_page_with_a_way_back,
    pages_are_small,
];

async fn the_inbox_shows_each_conversation_where_it_belongs(engine: Engine) {
    let world = World::open(engine).await;
    let mut rows = vec![];
    for stage in ["new", "waiting_on_user", "needs_response", "hold", "resolved", "suspended"] {
        rows.push((stage, world.conversation_in(stage).await));
    }
    let open = world.ada.page.sees("/inbox/open").await;
    for (stage, number) in &rows {
        let row = format!(".row[data-key={number}]");
        assert_eq!(open.has(&row), !matches!(*stage, "resolved" | "suspended"), "{stage}");
        let turn = format!("[data-group=ours] {row}, [data-group=yours] {row}, [data-group=your-turn] {row}");
        let reply = format!("{row} .row__reply");
        if open.has(&row) {
            assert_eq!(open.has(&reply), matches!(*stage, "new" | "needs_response"), "{stage}: {turn}");
        }
    }
    let mine = world.ada.page.sees("/inbox/mine").await;
    assert_eq!(mine.all("#rows .row").len(), 3);
    let unassigned = world.ada.page.sees("/inbox/unassigned").await;
    assert_eq!(unassigned.all("#rows .row").len(), 1);
    let suspended = world.ada.page.sees("/suspended").await;
    assert!(suspended.has(&format!("[href*={}]", rows[5].1)), "{}", suspended.words());
    for (view, count) in [("hold", 1), ("waiting", 1), ("resolved", 1)] {
        assert_eq!(world.ada.page.sees(&format!("/inbox/{view}")).await.all("#rows .row").len(), count, "{view}");
    }
}

async fn text_from_outside_stays_text_everywhere(engine: Engine) {
    let world = World::open(engine).await;
    let nasty = "<img src=x onerror=alert(1)><b>\"bold\"</b>' & {{7*7}} javascript:alert(1)";
    let number = world.uma.writes(nasty).await;
    let path = format!("/conversations/{number}");
    world.ada.api.post(&format!("{path}/notes"), json!({ "body": nasty })).await.expect(201);
    world.ada.api.put(&format!("{path}/tags/%3Cb%3Etag"), json!({ "value": nasty })).await;
    let contact = json!({ "name": nasty, "emails": ["x@nasty.example"], "phones": ["+14155550188"] });
    let contact = world.root.api.post("/contacts", contact).await.expect(201).json();
    let message = json!({ "provider_message_id": "x", "from": "+14155550188", "body": nasty });
    world.uma.delivers(message).await.expect(201);
    let interaction = world.record_of(&number).await;
    let record = json!({ "short_description": nasty });
    world.ada.api.patch(&format!("/interactions/{interaction}"), record).await.expect(200);
    for page in [
        "/inbox/open",
        &path,
        &format!("/interactions/{interaction}"),
        &format!("/contacts/{}", contact["id"]),
        &format!("/inbox/open?open={number}"),
        "/inbox/%3Cscript%3E",
        "/search?q=%3Cimg%20src%3Dx%3E",
    ] {
        let answer = world.ada.page.get(page).await;
        let page_of = answer.page();
        assert!(!page_of.has("img[src=x], [onerror], b"), "{page} turned text into markup");
        assert!(!answer.body.contains("49") || !answer.body.contains("{{49}}"), "{page}");
        let links = page_of.attrs("a[href]", "href");
        assert!(links.iter().all(|link| !link.trim().to_lowercase().starts_with("javascript:")), "{page}");
    }
}

async fn a_reply_by_form_appears_on_the_page(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    let form = page.form(&format!("form[action='/conversations/{number}/replies']"));
    let answer = world.ada.page.submits(&form.with("body", "Good morning")).await.expect(303);
    let page = world.ada.page.sees(answer.location()).await;
    assert!(page.text("#messages").contains("Good morning"));
    assert_eq!(world.stage(&number).await, "waiting_on_user");
    assert_eq!(world.conversation(&number).await["assignee"]["email"], email("ada"));
}

async fn a_double_click_sends_once(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    let form = page.form(&format!("form[action='/conversations/{number}/replies']")).with("body", "Once");
    let (one, two) = tokio::join!(world.ada.page.submits(&form), world.ada.page.submits(&form));
    assert!(one.status.as_u16() == 303 && two.status.as_u16() == 303, "{} {}", one.status, two.status);
    let messages = world.root.api.all(&format!("/conversations/{number}/messages")).await;
    assert_eq!(messages.iter().filter(|message| message["body"] == "Once").count(), 1);
}

async fn a_draft_that_arrives_after_its_reply_is_not_kept(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/conversations/{number}");
    for (kind, action) in [("reply", "replies"), ("note", "notes")] {
        let form = world.ada.page.sees(&path).await.form(&format!("form[action='{path}/replies']"));
        let form = form.with("body", "Once").with("kind", kind);
        world.ada.page.submits(&Form { action: format!("{path}/{action}"), ..form.clone() }).await.expect(303);
        world.ada.page.submits(&Form { action: format!("{path}/draft"), ..form.clone() }).await.expect(204);
        assert_eq!(world.ada.page.sees(&path).await.text("#reply"), "", "the {kind} is a draft again");
        world.ada.page.submits(&Form { action: format!("{path}/{action}"), ..form }).await.expect(303);
    }
    let messages = world.root.api.all(&format!("{path}/messages")).await;
    assert_eq!(messages.iter().filter(|message| message["body"] == "Once").count(), 2, "each was sent once");
}

async fn on_a_colleagues_conversation_one_writes_notes(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/conversations/{number}");
    world.ben.api.post(&format!("{path}/replies"), json!({ "body": "Yes?" })).await.expect(201);
    let page = world.ada.page.sees(&path).await;
    assert!(page.text(".composer__alert[data-tone=quiet]").contains("This is assigned to ben"));
    assert!(page.has("[name=kind][value=reply][disabled]") && page.has("[name=kind][value=note][checked]"));
    let form = page.form(&format!("form[action='{path}/replies']")).with("body", "I know her").with("kind", "note");
    world.ada.page.submits(&Form { action: format!("{path}/notes"), ..form }).await.expect(303);
    assert!(world.ada.page.sees(&path).await.text(".msg--note").contains("I know her"));
}

async fn an_empty_reply_is_answered_with_the_form(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    let form = page.form(&format!("form[action='/conversations/{number}/replies']"));
    let answer = world.ada.page.submits(&form.with("body", "  ")).await.expect(422).page();
    assert!(answer.words().contains("Message is empty."), "{}", answer.words());
    assert!(answer.has("textarea[name=body]"));
}

async fn a_reply_that_crossed_a_message_is_asked_about_and_kept(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    let form =
        page.form(&format!("form[action='/conversations/{number}/replies']")).with("body", "A long & careful answer");
    world.uma.sends("Never mind").await.expect(201);
    let answer = world.ada.page.submits(&form).await;
    if answer.status == 409 {
        assert_eq!(answer.page().text("textarea[name=body]"), "A long & careful answer");
        assert!(answer.page().words().contains("Never mind"), "what is newer is shown");
        assert_eq!(world.stage(&number).await, "new");
    } else {
        answer.expect(303);
        assert_eq!(world.stage(&number).await, "needs_response");
    }
}

async fn a_hold_by_form_needs_a_reason_and_keeps_what_was_typed(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let path = format!("/conversations/{number}/hold");
    let form = world.ada.page.sees(&path).await.form(&format!("form[action='{path}']"));
    let again = world.ada.page.submits(&form.clone().with("reply", "Bear with us")).await.expect(422).page();
    assert!(again.words().contains("Say what this is waiting for."), "{}", again.words());
    assert_eq!(again.text("textarea[name=reply]"), "Bear with us");
    assert_eq!(world.stage(&number).await, "needs_response");
    world.ada.page.submits(&form.with("review", email("ben")).with("as", "expert")).await.expect(303);
    assert_eq!(world.stage(&number).await, "hold");
}

async fn two_people_save_one_record_and_the_second_keeps_every_word(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let interaction = world.record_of(&number).await;
    let path = format!("/interactions/{interaction}");
    let form = async |person: &crate::support::app::Person| {
        let page = person.sees(&path).await;
        let forms = page.forms();
        forms.into_iter().find(|form| form.value("short_description").is_some()).expect("the record has its form")
    };
    let (ada, ben) = (form(&world.ada.page).await, form(&world.ben.page).await);
    world.ada.page.submits(&ada.with("short_description", "As Ada sees it")).await.expect(303);
    let typed = "As Ben sees it: \"long\" & <odd>";
    let conflict = world.ben.page.submits(&ben.with("short_description", typed)).await.expect(409).page();
    assert_eq!(conflict.attrs("[name=short_description]", "value"), [typed]);
    assert!(conflict.words().contains("As Ada sees it"), "what is newer is shown: {}", conflict.words());
    assert!(conflict.words().contains("Someone changed this record. Your text is kept."), "{}", conflict.words());
    let now = world.interaction(&number).await;
    assert_eq!(now["short_description"], "As Ada sees it");
    let again = conflict.forms().into_iter().find(|form| form.value("short_description").is_some()).unwrap();
    world.ben.page.submits(&again).await.expect(303);
    assert_eq!(world.interaction(&number).await["short_description"], typed);
}

async fn the_form_of_a_record_says_what_is_missing(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("needs_response").await;
    let interaction = world.record_of(&number).await;
    let page = world.ada.page.sees(&format!("/interactions/{interaction}")).await;
    let form = page.forms().into_iter().find(|form| form.value("short_description").is_some()).unwrap();
    let answer = world.ada.page.submits(&form.with("short_description", " ")).await.expect(422).page();
    assert!(
        answer.words().contains("Short description is required to save, close or link a task."),
        "{}",
        answer.words()
    );
    assert_eq!(answer.attrs("[name=short_description][aria-invalid]", "aria-invalid"), ["true"]);
}

async fn an_interaction_is_made_by_hand(engine: Engine) {
    let world = World::open(engine).await;
    let page = world.ada.page.sees("/interactions/new").await;
    let form = page
        .forms()
        .into_iter()
        .find(|form| form.value("type").is_some() || form.action.contains("interactions"))
        .unwrap();
    let answer = world.ada.page.submits(&form.with("type", "walk-up").with("guest_name", "Zoe")).await.expect(303);
    let record = world.ada.page.sees(answer.location()).await;
    assert!(record.words().contains("Zoe") && record.words().contains("IMS0000001"), "{}", record.words());
}

async fn an_unknown_number_is_a_page_with_a_way_back(engine: Engine) {
    let world = World::open(engine).await;
    for path in [
        "/conversations/CONV-999",
        "/conversations/x",
        "/interactions/IMS0000999",
        "/interactions/x",
        "/interactions/IMS0000999/contact",
        "/interactions/new?contact=999",
        "/contacts/999",
        "/contacts/x",
        "/contacts/999/edit",
        "/contacts/99999999999999999999",
        "/organizations/999",
        "/suspended?open=x",
        "/inbox/nowhere",
        "/nowhere",
    ] {
        let page = world.ada.page.get(path).await.expect(404).page();
        assert!(
            page.has("h1") && page.attrs("a[href]", "href").iter().any(|link| link.starts_with("/inbox")),
            "{path}"
        );
    }
    for path in
        ["/interactions/IMS0000999", "/interactions/x/contact", "/contacts/999/edit", "/reviews/999", "/reviews/x"]
    {
        world.ada.page.posts(path, &[("name", "x"), ("do", "save")]).await.expect(404);
    }
    let answer = send("a form posted as GET".to_owned(), world.ada.page.request(Method::GET, "/sign-out")).await;
    assert!([404, 405].contains(&answer.status.as_u16()), "{}", answer.status);
    world.ada.page.sees("/inbox").await;
}

async fn pages_are_small(engine: Engine) {
    let world = World::open(engine).await;
    let strangers: Vec<_> = (0..60).map(|_| world.stranger("sms")).collect();
    let long = "A sentence of quite some words that somebody wrote in a hurry. ".repeat(5);
    futures_util::future::join_all(strangers.iter().map(|stranger| stranger.writes(&long))).await;
    let number = world.uma.writes("Hello").await;
    let page = zipped(&world, &format!("/inbox/open?open={number}")).await;
    assert!(page < 60 * 1024, "the inbox is {page} bytes gzipped");
    let home = world.ada.page.sees("/inbox").await;
    let mut scripts = 0;
    for script in home
        .attrs("script[src], link[rel=modulepreload]", "src")
        .into_iter()
        .chain(home.attrs("link[rel=modulepreload]", "href"))
    {
        scripts += zipped(&world, &script).await;
        let answer = world.visitor().get(&script).await.expect(200);
        assert!(answer.header("cache-control").contains("immutable"), "{script}: {}", answer.header("cache-control"));
    }
    let counted = home.attrs("script[src]", "src").len() + home.attrs("link[rel=modulepreload]", "href").len();
    let kept = std::fs::read_dir("static/js").unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count();
    assert!(counted >= kept, "only {counted} of {kept} scripts are named");
    assert!(scripts < 30 * 1024, "all scripts are {scripts} bytes gzipped");
    let page: Value = json!(home.attrs("link[rel=stylesheet]", "href"));
    assert_ne!(page, json!([]));
}

async fn zipped(world: &World, path: &str) -> usize {
    let request = world.ada.page.request(Method::GET, path).header("Accept-Encoding", "gzip");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers().get("content-encoding").map(|value| value.to_str().unwrap()), Some("gzip"), "{path}");
    answer.bytes().await.unwrap().len()
}
