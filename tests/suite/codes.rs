//! The second step of signing in: set up by oneself or on the way in, codes that work once, spare codes, and the way out.

use chrono::TimeDelta;
use switchboard::clock::Clock;
use switchboard::desk::setup::AgentEdit;
use switchboard::desk::sign_in::Browser;
use switchboard::desk::sign_in::codes::Next;
use switchboard::desk::{Desk, Error};
use switchboard::domain::{Agent, Role};
use totp_rs::{Builder, Secret};

use crate::support::app::Person;
use crate::support::binary::{password, prints};
use crate::support::cast::email;
use crate::support::database::{Database, Engine};
use crate::support::page::Page;
use crate::support::probe::open;
use crate::support::world::World;

both![
    somebody_who_turns_codes_on_needs_one_from_then_on,
    a_role_that_needs_codes_sets_them_up_on_the_way_in,
    a_code_a_spare_code_and_a_pass_work_once,
    a_pass_lasts_minutes_and_a_code_half_of_one,
    a_pass_ends_with_the_password_and_a_session_with_a_role_that_needs_codes,
    lost_codes_are_reset_from_the_command_line,
    turning_codes_on_and_off_takes_the_password,
];

const GOOD: &str = "correct, and long enough";

/// The code that a phone with this secret shows, so many half minutes from now.
fn code(secret: &str, clock: &Clock, ahead: i64) -> String {
    let secret = Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let phone = Builder::new().with_secret(secret).build().unwrap();
    phone.generate(u64::try_from(clock.now().timestamp() + 30 * ahead).unwrap()).to_string()
}

/// Types what the phone shows for the secret of this page.
async fn confirms(person: &Person, page: &Page) -> (String, Vec<String>) {
    let secret = page.text(".codes__text");
    assert!(page.has(".codes__drawing svg path"), "it can be photographed");
    let form = page.form("form.signin__form").with("code", code(&secret, &Clock::system(), 0));
    let spare = person.submits(&form).await.expect(200).page().texts(".codes__spare li");
    (secret, spare)
}

/// Asks for codes on one's own page; gives the page of the secret.
async fn asks_for_codes(person: &Person, name: &str) -> Page {
    let mine = person.sees("/me/sessions").await;
    let form = mine.form("form[action='/me/codes']").with("current", password(&email(name)));
    assert_eq!(person.submits(&form).await.expect(303).location(), "/me/codes");
    person.sees("/me/codes").await
}

async fn somebody_who_turns_codes_on_needs_one_from_then_on(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let offer = asks_for_codes(ada, "ada").await;
    let wrong = ada.submits(&offer.form("form.signin__form").with("code", "000000")).await.expect(422).page();
    assert!(wrong.text("#problem").contains("not right"), "{}", wrong.words());
    let (secret, spare) = confirms(ada, &wrong).await;
    assert_eq!(spare.len(), 10);
    assert!(ada.sees("/me/sessions").await.words().contains("10 spare codes are left"));

    let elsewhere = world.visitor();
    let step = elsewhere.signs_in(&email("ada"), &password(&email("ada"))).await.expect(200).page();
    assert!(!elsewhere.is_signed_in().await, "a password alone opens nothing");
    let used = code(&secret, &Clock::system(), 0);
    let wrong = elsewhere.submits(&step.form("form.signin__form").with("code", &used)).await.expect(422).page();
    let right = wrong.form("form.signin__form").with("code", code(&secret, &Clock::system(), 1));
    elsewhere.submits(&right).await.expect(303);
    assert!(elsewhere.is_signed_in().await);

    let lost = world.visitor();
    let step = lost.signs_in(&email("ada"), &password(&email("ada"))).await.expect(200).page();
    let typed = spare[3].to_lowercase().replace(' ', "-");
    lost.submits(&step.form("form.signin__form").with("code", &typed)).await.expect(303);
    let again = world.visitor();
    let step = again.signs_in(&email("ada"), &password(&email("ada"))).await.expect(200).page();
    again.submits(&step.form("form.signin__form").with("code", &typed)).await.expect(422);
    again
        .submits(&step.form("form.signin__form").with("pass", "none of ours").with("code", &spare[4]))
        .await
        .expect(422);
    assert!(!again.is_signed_in().await);
}

async fn a_role_that_needs_codes_sets_them_up_on_the_way_in(engine: Engine) {
    let world = World::open(engine).await;
    let root = &world.root.page;
    world.ada.page.get("/settings/security").await.expect(403);
    let form = root.sees("/settings/security").await.form("form[action='/settings/security']");
    let refused = root.submits(&form.clone().with("roles", "admin")).await.expect(422).page();
    assert!(refused.words().contains("Turn codes on for yourself first"), "{}", refused.words());
    root.submits(&form.with("roles", "agent")).await.expect(303);
    assert!(!world.ada.page.is_signed_in().await, "whoever has no codes yet is signed out");
    assert!(world.max.page.is_signed_in().await && root.is_signed_in().await);
    assert!(root.sees("/settings/security").await.words().contains("second factor required"));

    let ada = world.visitor();
    let offer = ada.signs_in(&email("ada"), &password(&email("ada"))).await.expect(200).page();
    assert!(!ada.is_signed_in().await);
    confirms(&ada, &offer).await;
    assert!(ada.is_signed_in().await);
    // Also in the browser whose session has just ended, and whose cookie is still there.
    let ben = &world.ben.page;
    let offer = ben.signs_in(&email("ben"), &password(&email("ben"))).await.expect(200).page();
    confirms(ben, &offer).await;
    assert!(ben.is_signed_in().await);
    let mine = ada.sees("/me/sessions").await;
    assert!(!mine.has("form[action='/me/codes/removal']"));
    let csrf = mine.csrf().unwrap();
    let fields = [("csrf", csrf.as_str()), ("current", &password(&email("ada")))];
    let kept = ada.posts("/me/codes/removal", &fields).await.expect(409).page();
    assert!(kept.words().contains("Your role needs codes"));
}

fn desk(engine: Engine) -> (Database, Desk, Clock) {
    let db = Database::empty(engine);
    let clock = Clock::fixed("2026-11-20T09:00:00Z".parse().unwrap());
    let desk = Desk::new(open(&db), clock.clone());
    (db, desk, clock)
}

/// Somebody whose codes are on, their secret and their spare codes.
fn with_codes(desk: &Desk, clock: &Clock) -> (Agent, String, Vec<String>) {
    let ada = desk.add_agent("ada@desk.example", "Ada", Role::Agent, Some(GOOD)).unwrap();
    let secret = desk.offer_code(&ada).unwrap().text;
    let spare = desk.confirm_code(&ada, &code(&secret, clock, 0), None).unwrap();
    clock.advance(TimeDelta::minutes(5));
    (ada, secret, spare)
}

fn pass(desk: &Desk, agent: &Agent) -> String {
    match desk.after_password(agent).unwrap() {
        Next::Code { pass } => pass,
        next => panic!("{next:?}"),
    }
}

/// How many of four who come at once get in.
fn racing(passes: [String; 4], desk: &Desk, code: &str) -> usize {
    let racers = passes.map(|pass| {
        let (desk, code) = (desk.clone(), code.to_owned());
        std::thread::spawn(move || desk.enter_code(&pass, &code).is_ok())
    });
    racers.into_iter().filter_map(|racer| racer.join().ok()).filter(|entered| *entered).count()
}

async fn a_code_a_spare_code_and_a_pass_work_once(engine: Engine) {
    let (_db, desk, clock) = desk(engine);
    let (ada, secret, spare) = with_codes(&desk, &clock);
    let four = || [(); 4].map(|()| pass(&desk, &ada));
    assert_eq!(racing(four(), &desk, &code(&secret, &clock, 0)), 1, "one code, four passes");
    assert_eq!(racing(four(), &desk, &spare[0]), 1, "one spare code, four passes");
    clock.advance(TimeDelta::minutes(1));
    let one = pass(&desk, &ada);
    assert_eq!(racing([(); 4].map(|()| one.clone()), &desk, &code(&secret, &clock, 0)), 1, "one pass");
    assert_eq!(desk.second_factor(&ada).unwrap().spare_left, 9);
}

async fn a_pass_lasts_minutes_and_a_code_half_of_one(engine: Engine) {
    let (_db, desk, clock) = desk(engine);
    let (ada, secret, spare) = with_codes(&desk, &clock);
    let early = code(&secret, &clock, 0);
    clock.advance(TimeDelta::seconds(90));
    let one = pass(&desk, &ada);
    assert!(matches!(desk.enter_code(&one, &early), Err(Error::Refused(_))), "an old code");
    assert!(desk.between_steps(&one).unwrap().is_some(), "a wrong code costs no pass");
    clock.advance(TimeDelta::minutes(10));
    assert!(desk.between_steps(&one).unwrap().is_none());
    assert!(matches!(desk.enter_code(&one, &spare[0]), Err(Error::NotFound)));
    assert_eq!(desk.second_factor(&ada).unwrap().spare_left, 10, "nothing was used up");
}

async fn a_pass_ends_with_the_password_and_a_session_with_a_role_that_needs_codes(engine: Engine) {
    let (_db, desk, clock) = desk(engine);
    let (ada, secret, _) = with_codes(&desk, &clock);
    let stolen = pass(&desk, &ada);
    desk.set_password(&ada, "another, and long enough", None).unwrap();
    assert!(matches!(desk.enter_code(&stolen, &code(&secret, &clock, 0)), Err(Error::NotFound)));
    let root = desk.add_agent("root@desk.example", "Root", Role::Admin, Some(GOOD)).unwrap();
    let secret = desk.offer_code(&root).unwrap().text;
    desk.confirm_code(&root, &code(&secret, &clock, 0), None).unwrap();
    desk.require_second_factor(&root, &[Role::Admin]).unwrap();
    let ben = desk.add_agent("b:en@desk.example", "Ben", Role::Agent, Some(GOOD)).unwrap();
    let browser = Browser { address: "192.0.2.1".parse().unwrap(), name: "Firefox".into() };
    let cookie = desk.begin_session(ben.id, &browser).unwrap();
    let raised = AgentEdit { role: Some(Role::Admin), ..AgentEdit::default() };
    let ben = desk.change_agent(ben.id, raised).unwrap();
    assert!(desk.signed_in(&cookie).unwrap().is_none());
    assert!(matches!(desk.after_password(&ben).unwrap(), Next::SetUp { .. }));
    desk.offer_code(&ben).unwrap();
}

async fn lost_codes_are_reset_from_the_command_line(engine: Engine) {
    let world = World::open(engine).await;
    let offer = asks_for_codes(&world.ada.page, "ada").await;
    confirms(&world.ada.page, &offer).await;
    let told = prints(&world.db, &["user", "reset-codes", &email("ada")]);
    assert!(told.contains("password alone"), "{told}");
    assert!(!world.ada.page.is_signed_in().await);
    let ada = world.visitor();
    ada.signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
}

async fn turning_codes_on_and_off_takes_the_password(engine: Engine) {
    let world = World::open(engine).await;
    let ada = &world.ada.page;
    let form = ada.sees("/me/sessions").await.form("form[action='/me/codes']").with("current", "not mine");
    let refused = ada.submits(&form).await.expect(422).page();
    assert!(refused.has("#codes-current[aria-invalid]") && !refused.has("#current[aria-invalid]"));
    ada.get("/me/codes").await.expect(303);
    let offer = asks_for_codes(ada, "ada").await;
    confirms(ada, &offer).await;
    let form = ada.sees("/me/sessions").await.form("form[action='/me/codes/removal']");
    ada.submits(&form.clone().with("current", "not mine")).await.expect(422);
    ada.submits(&form.with("current", password(&email("ada")))).await.expect(303);
    assert!(ada.sees("/me/sessions").await.has("form[action='/me/codes']"));
    world.visitor().signs_in(&email("ada"), &password(&email("ada"))).await.expect(303);
}
