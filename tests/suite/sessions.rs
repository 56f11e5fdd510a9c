//! Signing in, staying in, getting out, and who may do what.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{Person, Program, send};
use crate::support::binary::{output, password, prints};
use crate::support::cast::email;
use crate::support::database::Engine;
use crate::support::live::Socket;
use crate::support::world::World;

both![
    somebody_signs_in_and_sees_the_inbox,
    a_wrong_password_and_an_unknown_address_are_answered_alike,
    pages_send_those_who_are_not_signed_in_to_the_door_and_back,
    the_door_leads_back_to_our_own_pages_only,
    signing_out_ends_the_session_and_its_sockets,
    a_session_cookie_is_not_for_scripts_nor_for_other_sites,
    a_new_session_is_made_at_sign_in,
    a_form_without_its_token_changes_nothing,
    a_form_from_another_site_changes_nothing,
    many_wrong_guesses_are_slowed_but_nobody_else_is_shut_out,
    a_link_that_does_not_work_costs_no_hash_and_may_not_be_guessed_for_ever,
    changes_of_rights_and_accounts_are_noted_for_good,
    the_last_admin_stays_one,
    tokens_are_listed_and_revoked_and_their_sockets_go_with_them,
    somebody_revokes_a_program_of_their_own_and_of_nobody_else,
    a_token_is_for_the_api_and_a_cookie_for_the_pages,
    every_answer_carries_the_headers_of_a_careful_page,
];

async fn somebody_signs_in_and_sees_the_inbox(engine: Engine) {
    let world = World::open(engine).await;
    let ada = world.visitor();
    let answer = ada.signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
    assert!(answer.location().ends_with("/inbox") || answer.location() == "/", "{}", answer.location());
    assert!(ada.sees("/inbox").await.words().to_lowercase().contains("ada"));
    // E-mail addresses are read as people type them.
    let again = world.visitor();
    again.signs_in(" ADA@desk.example ", &password(&email("ada"))).await.expect(303);
}

async fn a_wrong_password_and_an_unknown_address_are_answered_alike(engine: Engine) {
    let world = World::open(engine).await;
    let mut told = vec![];
    for who in ["ada@desk.example", "nobody@desk.example"] {
        let page = world.visitor();
        let answer = page.signs_in(who, "not the password").await.expect(422);
        assert!(!answer.headers.contains_key("set-cookie") || !page.is_signed_in().await);
        assert_eq!(answer.page().attr("input[name=email]", "value"), who, "what was typed is kept");
        assert!(!answer.body.contains("not the password"));
        told.push(answer.page().words().replace(who, ""));
    }
    assert_eq!(told[0], told[1]);
}

async fn pages_send_those_who_are_not_signed_in_to_the_door_and_back(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let visitor = world.visitor();
    for path in
        ["/inbox/open", &format!("/conversations/{number}"), "/conversations/CONV-999", "/interactions/IMS0000001"]
    {
        let answer = visitor.get(path).await.expect(303);
        assert!(answer.location().contains("/sign-in"), "{path} leads to {}", answer.location());
    }
    let door = visitor.get(&format!("/conversations/{number}")).await;
    let form = visitor.sees(door.location()).await.form("form[method=post]");
    let inside =
        visitor.submits(&form.with("email", email("ada")).with("password", password(&email("ada")))).await.expect(303);
    assert!(inside.location().ends_with(&format!("/conversations/{number}")), "{}", inside.location());
}

async fn the_door_leads_back_to_our_own_pages_only(engine: Engine) {
    let world = World::open(engine).await;
    let field = {
        let door = world.visitor().get("/conversations/CONV-1").await;
        let query = door.location().split_once('?').expect("the door knows where one wanted to go").1.to_owned();
        query.split('=').next().unwrap().to_owned()
    };
    for elsewhere in
        ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/%5Cevil.example"]
    {
        let visitor = world.visitor();
        let encoded: String = elsewhere.bytes().map(|b| format!("%{b:02X}")).collect();
        let form = visitor.sees(&format!("/sign-in?{field}={encoded}")).await.form("form[method=post]");
        let form = form.with("email", email("ada")).with("password", password(&email("ada")));
        let answer = visitor.submits(&form).await.expect(303);
        let to = answer.location().trim_start_matches(&world.base);
        assert!(to.starts_with('/') && !to.starts_with("//") && !to.contains("evil"), "{elsewhere} leads to {to}");
    }
}

async fn signing_out_ends_the_session_and_its_sockets(engine: Engine) {
    let world = World::open(engine).await;
    let ada = world.visitor();
    ada.signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
    let kept = Person::with_cookies(&world.base, &ada.cookies());
    let socket = Socket::of_page(&ada, "inbox", None).await.unwrap();
    let out = ada.posts("/sign-out", &[]).await.expect(303);
    assert!(
        out.header("clear-site-data").contains("cache") || out.header("cache-control").contains("no-store"),
        "{:?}",
        out.headers
    );
    assert!(!kept.is_signed_in().await);
    let code = socket.closed().await;
    assert!(matches!(code, Some(4401 | 4403 | 1008)), "the socket closed with {code:?}");
}

async fn a_session_cookie_is_not_for_scripts_nor_for_other_sites(engine: Engine) {
    let world = World::open(engine).await;
    let answer = world.visitor().signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
    let cookies: Vec<String> =
        answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().to_lowercase()).collect();
    let session =
        cookies.iter().find(|cookie| cookie.starts_with("session=") || cookie.starts_with("__host-session=")).unwrap();
    for part in ["httponly", "samesite=lax", "path=/"] {
        assert!(session.contains(part), "{part} is missing in {session}");
    }
}

async fn a_new_session_is_made_at_sign_in(engine: Engine) {
    let world = World::open(engine).await;
    let ada = Person::with_cookies(&world.base, "session=planted-by-somebody-else");
    ada.signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
    assert!(!ada.cookies().contains("planted"), "{}", ada.cookies());
    let first = ada.cookies();
    ada.get("/sign-in").await;
    let again = world.visitor();
    again.signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
    assert_ne!(first, again.cookies());
}

async fn a_form_without_its_token_changes_nothing(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("new").await;
    let path = format!("/conversations/{number}/replies");
    let ben = world.ben.page.csrf().await;
    for token in ["", "nonsense", ben.as_str()] {
        let fields = [("body", "Hello"), ("csrf", token)];
        let request = world.ada.page.request(Method::POST, &path).header("Origin", &world.base).form(&fields);
        send(format!("POST {path}"), request).await.expect(403);
    }
    assert_eq!(world.stage(&number).await, "new");
}

async fn a_form_from_another_site_changes_nothing(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.conversation_in("new").await;
    let path = format!("/conversations/{number}/replies");
    let csrf = world.ada.page.csrf().await;
    for (name, value) in [("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")] {
        let fields = [("body", "Hello"), ("csrf", csrf.as_str())];
        let request = world.ada.page.request(Method::POST, &path).header(name, value).form(&fields);
        send(format!("POST {path} with {name}: {value}"), request).await.expect(403);
    }
    assert_eq!(world.stage(&number).await, "new");
    let headers = [("Cookie", world.ada.page.cookies()), ("Origin", "https://evil.example".to_owned())];
    assert!(
        Socket::connect(&world.base, "/live", "inbox", None, &headers).await.is_err(),
        "a socket from another site opened"
    );
}

async fn many_wrong_guesses_are_slowed_but_nobody_else_is_shut_out(engine: Engine) {
    let world = World::open(engine).await;
    let mut slowed = false;
    for guess in 0..40 {
        let answer = world.visitor().signs_in(&email("ada"), &format!("guess {guess}")).await;
        assert!([422, 429].contains(&answer.status.as_u16()), "{}", answer.status);
        if answer.status == 429 {
            assert!(!answer.header("retry-after").is_empty());
            slowed = true;
            break;
        }
    }
    assert!(slowed, "forty guesses and no limit");
    world.visitor().signs_in(&email("ben"), &password(&email("ben"))).await.expect(303);
    world.ada.page.sees("/inbox").await;
}

async fn a_link_that_does_not_work_costs_no_hash_and_may_not_be_guessed_for_ever(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = world.visitor();
    let guess = async |password: &str| {
        let fields = [("email", "me@desk.example"), ("name", "Me"), ("password", password)];
        let request = visitor.request(Method::POST, "/set-up/anything").header("Origin", &visitor.base).form(&fields);
        send("POST /set-up/anything".to_owned(), request).await
    };
    // Whatever is typed: the link is looked at first.
    guess("short").await.expect(404);
    guess("a long enough password").await.expect(404);
    let mut guesses = 2;
    while guess("short").await.status == 404 {
        guesses += 1;
        assert!(guesses < 130, "links may be guessed without end");
    }
    let slowed = guess("short").await.expect(429);
    assert!(slowed.headers.contains_key("retry-after"));
}

async fn changes_of_rights_and_accounts_are_noted_for_good(engine: Engine) {
    let world = World::open(engine).await;
    let root = &world.root.api;
    let queue = json!({ "slug": "vip", "restricted": true, "members": ["ada@desk.example"] });
    root.post("/queues", queue).await.expect(201);
    root.patch("/queues/vip", json!({ "members": [] })).await.expect(200);
    root.patch("/agents/ben@desk.example", json!({ "role": "manager", "password": "quite another one" }))
        .await
        .expect(200);
    let wendy = root.delete("/agents/wendy@desk.example").await.expect(200).json();
    world.ada.api.delete("/agents/ben@desk.example").await.expect(403);
    let mine = world.ada.page.sees("/me/sessions").await;
    world.ada.page.submits(&mine.form("form[action='/me/sessions/end']")).await.expect(303);
    let desk = &world.here().desk;
    let told: Vec<String> = desk
        .security_log(None, 7)
        .unwrap()
        .into_iter()
        .rev()
        .map(|line| format!("{} {}: {}", line.by.unwrap(), line.action, line.object))
        .collect();
    let (ben, wendy) = (desk.agent("ben@desk.example").unwrap().id.0, wendy["id"].clone());
    assert_eq!(
        told,
        [
            "root@desk.example queue made: vip: restricted, members ada@desk.example".to_owned(),
            "root@desk.example queue changed: vip: restricted, members ".to_owned(),
            format!("root@desk.example agent changed: agent {ben}: role manager"),
            "root@desk.example password set: ben@desk.example".to_owned(),
            format!("root@desk.example agent changed: agent {wendy}: access ended"),
            "root@desk.example sessions ended: wendy@desk.example".to_owned(),
            "ada@desk.example sessions ended: ada@desk.example".to_owned(),
        ]
    );
    for sql in ["DELETE FROM security_log", "UPDATE security_log SET object = 'nothing'"] {
        let done = desk.db.write(move |tx| {
            diesel::RunQueryDsl::execute(diesel::sql_query(sql), tx.conn)?;
            Ok::<_, switchboard::store::Error>(())
        });
        assert!(done.unwrap_err().to_string().contains("is not changed"), "{sql}");
    }
}

async fn the_last_admin_stays_one(engine: Engine) {
    let world = World::open(engine).await;
    let root = &world.root.api;
    let refused = root.patch("/agents/root@desk.example", json!({ "role": "agent" })).await.expect(422).json();
    assert_eq!(refused["field"], "role", "{refused}");
    root.patch("/agents/root@desk.example", json!({ "name": "Root", "role": "admin" })).await.expect(200);
    // Of two admins who demote each other at once, one stays.
    root.patch("/agents/ada@desk.example", json!({ "role": "admin" })).await.expect(200);
    let demoted = json!({ "role": "agent" });
    let (one, other) = tokio::join!(
        root.patch("/agents/ada@desk.example", demoted.clone()),
        world.ada.api.patch("/agents/root@desk.example", demoted),
    );
    let done = [&one, &other].into_iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1, "{} {}", one.body, other.body);
}

async fn tokens_are_listed_and_revoked_and_their_sockets_go_with_them(engine: Engine) {
    let world = World::apart(engine).await;
    let token = prints(&world.db, &["token", "create", "--user", "ada@desk.example"]);
    let program = Program::with(&world.base, &token);
    let socket = Socket::of_program(&program, "inbox", None).await.unwrap();
    let list = prints(&world.db, &["token", "list"]);
    assert!(list.lines().any(|line| line.contains("channel\tsms\t")), "{list}");
    let last = list.lines().last().unwrap();
    assert!(last.contains("\tagent\tada@desk.example\t") && !list.contains(&token), "{list}");
    prints(&world.db, &["token", "revoke", last.split('\t').next().unwrap()]);
    program.get("/me").await.expect(401);
    world.ada.api.get("/me").await.expect(200);
    assert_eq!(socket.closed().await, Some(4401), "its socket is told");
    assert!(!output(&world.db, &["token", "revoke", "999"]).status.success());
}

async fn somebody_revokes_a_program_of_their_own_and_of_nobody_else(engine: Engine) {
    let world = World::open(engine).await;
    let page = world.ada.page.sees("/me/sessions").await;
    let form = page.form("form[action^='/me/tokens/']");
    world.ben.page.posts(&form.action, &[]).await.expect(404);
    world.ada.api.get("/me").await.expect(200);
    world.ada.page.submits(&form).await.expect(303);
    world.ada.api.get("/me").await.expect(401);
    assert!(!world.ada.page.sees("/me/sessions").await.has("form[action^='/me/tokens/']"));
}

async fn a_token_is_for_the_api_and_a_cookie_for_the_pages(engine: Engine) {
    let world = World::open(engine).await;
    send(
        "GET /inbox with a token".to_owned(),
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap()
            .get(format!("{}/inbox/open", world.base))
            .bearer_auth(&world.ada.api.token),
    )
    .await
    .expect(303);
    for wrong in ["", "Bearer", "Bearer nonsense", "Basic YWRhOmFkYQ=="] {
        let request = world.visitor().request(Method::GET, "/api/v1/conversations").header("Authorization", wrong);
        let refusal = send(format!("GET /conversations as {wrong:?}"), request).await.expect(401);
        assert_eq!(refusal.json()["code"], json!("unauthorized"));
    }
}

async fn every_answer_carries_the_headers_of_a_careful_page(engine: Engine) {
    let world = World::open(engine).await;
    for path in ["/sign-in", "/inbox", "/conversations/CONV-999", "/no-such-page"] {
        let answer = world.ada.page.get(path).await;
        let csp = answer.header("content-security-policy");
        for part in ["default-src", "object-src 'none'", "base-uri 'none'", "frame-ancestors", "form-action"] {
            assert!(csp.contains(part), "{path}: {part} is missing in {csp:?}");
        }
        assert!(!csp.contains("unsafe-inline") && !csp.contains("unsafe-eval"), "{path}: {csp}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!answer.header("referrer-policy").is_empty(), "{path}");
        let kind = answer.header("content-type");
        assert!(answer.body.is_empty() || kind.contains("charset=utf-8"), "{path}: {kind}");
        assert!(answer.header("server").is_empty(), "{path}");
    }
}
