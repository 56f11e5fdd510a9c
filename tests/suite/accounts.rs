//! Accounts on their pages: the first link, one's own sessions, one's password.

use crate::support::app::{Person, send};
use crate::support::binary::{Served, password};
use crate::support::cast::email;
use crate::support::database::{Database, Engine};
use crate::support::house::House;
use crate::support::live::Socket;
use crate::support::page::Form;
use crate::support::world::World;

both![
    the_first_link_leads_in_once,
    a_known_browser_gets_in_while_its_account_is_attacked,
    somebody_ends_a_session_they_do_not_know,
    a_new_password_is_asked_for_the_old_one,
    errors_are_pages_for_people_and_json_for_programs,
    metrics_are_for_this_machine_alone,
    metrics_take_a_token_where_a_proxy_may_stand_in_front,
];

async fn the_first_link_leads_in_once(engine: Engine) {
    let db = Database::empty(engine);
    let house = House::open(&db);
    let link = format!("/set-up/{}", house.desk.first_link().unwrap().unwrap());
    let person = Person::at(&house.base);
    person.get("/set-up/nonsense").await.expect(404);
    assert!(person.get("/sign-in").await.expect(200).page().text(".banner").contains("/set-up/"));
    let form =
        person.sees(&link).await.form("form[method=post]").with("name", "Root").with("email", "root@desk.example");
    let refused = person.submits(&form.clone().with("password", "short")).await.expect(422).page();
    assert_eq!(refused.attr("input[name=email]", "value"), "root@desk.example", "what was typed is kept");
    person.submits(&form.clone().with("password", "long enough for a root")).await.expect(303);
    assert!(person.is_signed_in().await);
    let steps = person.sees("/inbox/mine").await.attrs(".empty__steps input", "value");
    assert!(steps[0].contains("token create --user root@desk.example") && steps[1].contains("/api/v1/queues"));
    let late = Person::at(&house.base);
    let used = late.get(&link).await.expect(410).page();
    assert!(used.text("h1") == "This link was used" && used.has("a[href='/sign-in']"));
    late.submits(&form.with("password", "long enough for a root")).await.expect(404);
}

async fn a_known_browser_gets_in_while_its_account_is_attacked(engine: Engine) {
    let world = World::open(engine).await;
    let ada = world.visitor();
    ada.signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
    ada.posts("/sign-out", &[]).await.expect(303);
    while world.visitor().signs_in(&email("ada"), "a guess").await.status != 429 {}
    let stranger = world.visitor().signs_in(&email("ada"), &password(&email("ada"))).await;
    assert_eq!(stranger.status, 429, "a right guess is stopped like a wrong one");
    ada.signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
    let forged = Person::with_cookies(&world.base, "browser=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(forged.signs_in(&email("ada"), &password(&email("ada"))).await.status, 429);
}

async fn somebody_ends_a_session_they_do_not_know(engine: Engine) {
    let world = World::open(engine).await;
    let (here, there) = (world.visitor(), world.visitor());
    for browser in [&here, &there] {
        browser.signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
    }
    let socket = Socket::of_page(&there, "inbox", None).await.unwrap();
    let forms = here.sees("/me/sessions").await.forms();
    let others = |form: &&Form| form.action.ends_with("/end") && form.action != "/me/sessions/end";
    let form = forms.iter().find(others).expect("another session can be ended").clone();
    world.ben.page.submits(&form).await.expect(403);
    let csrf = world.ben.page.csrf().await;
    world.ben.page.submits(&form.with("csrf", csrf)).await.expect(404);
    here.posts("/me/sessions/end", &[]).await.expect(303);
    assert!(here.is_signed_in().await && !there.is_signed_in().await && !world.ada.page.is_signed_in().await);
    assert_eq!(socket.closed().await, Some(4401));
    assert!(
        !here
            .sees("/me/sessions")
            .await
            .has("form[action^='/me/sessions/'][action$='/end']:not([action='/me/sessions/end'])")
    );
}

async fn a_new_password_is_asked_for_the_old_one(engine: Engine) {
    let world = World::open(engine).await;
    let ada = world.visitor();
    ada.signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
    let form = ada.sees("/me/sessions").await.form("form[action='/me/password']");
    let change = |current: &str, new: &str| form.clone().with("current", current).with("password", new);
    ada.submits(&change("not it", "a better one of mine")).await.expect(422);
    ada.submits(&change(&password(&email("ada")), "password1")).await.expect(422);
    ada.submits(&change(&password(&email("ada")), "a better one of mine")).await.expect(303);
    assert!(ada.is_signed_in().await && !world.ada.page.is_signed_in().await);
    world.visitor().signs_in(&email("ada"), "a better one of mine").await.expect(303);
}

async fn errors_are_pages_for_people_and_json_for_programs(engine: Engine) {
    let world = World::open(engine).await;
    let page = world.ada.page.get("/nowhere").await.expect(404).page();
    assert!(page.has("a[href='/inbox']"), "a way back");
    let json = world.ada.api.get("/nowhere").await.expect(404).json();
    assert_eq!(json["code"], "not_found");
    let request = world.visitor().request(reqwest::Method::HEAD, "/healthz");
    assert!(send("HEAD /healthz".to_owned(), request).await.expect(200).body.is_empty());
    let request = world.ada.page.request(reqwest::Method::DELETE, "/me/sessions");
    let csrf = world.ada.page.csrf().await;
    let answer = send("DELETE /me/sessions".to_owned(), request.header("x-csrf", csrf)).await.expect(405);
    assert!(answer.header("content-type").starts_with("text/html"));
}

async fn metrics_are_for_this_machine_alone(engine: Engine) {
    let world = World::open(engine).await;
    let metrics = world.visitor().get("/metrics").await.expect(200);
    assert!(metrics.body.contains("http_requests_total") && metrics.body.contains("live_sockets"), "{}", metrics.body);
    let request = world.visitor().request(reqwest::Method::GET, "/metrics").header("X-Forwarded-For", "192.0.2.1");
    send("GET /metrics by a proxy".to_owned(), request).await.expect(404);
}

async fn metrics_take_a_token_where_a_proxy_may_stand_in_front(engine: Engine) {
    let db = Database::empty(engine);
    let token = "a token for the program that reads the metrics";
    for proxy in [("SWITCHBOARD_PUBLIC_URL", "http://desk.example"), ("SWITCHBOARD_TRUSTED_PROXIES", "10.0.0.0/8")] {
        let server = Served::start_with(&db, &[proxy, ("SWITCHBOARD_METRICS_TOKEN", token)]);
        // nginx passes a request on without a word, unless it is told to say so.
        let visitor = server.visitor();
        visitor.get("/metrics").await.expect(404);
        let request = visitor.request(reqwest::Method::GET, "/metrics").bearer_auth(token);
        send("GET /metrics with the token".to_owned(), request).await.expect(200);
    }
}
