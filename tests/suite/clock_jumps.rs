//! The machine's clock is set back, or far ahead: nothing is reordered, and nobody is thrown out.

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

use crate::support::app::{Person, Program};
use crate::support::binary;
use crate::support::cast;
use crate::support::database::{Database, Engine};
use crate::support::house::House;
use crate::support::live::Socket;
use crate::support::world::Customer;

both![a_clock_that_is_set_back_reorders_nothing, a_clock_that_is_set_ahead_signs_nobody_out];

async fn a_clock_that_is_set_back_reorders_nothing(engine: Engine) {
    let db = Database::with_the_cast(engine);
    let keys = cast::keys(engine);
    let now = switchboard::clock::Clock::system().now();
    let house = House::standing_at(&db, now);
    let ada = Program::with(&house.base, &keys.tokens["ada"]);
    let page = Person::with_cookies(&house.base, &keys.sessions["ada"]);
    let uma = Customer::with(cast::UMA_PHONE, "sms", Program::with(&house.base, &keys.channels["sms"]));
    let number = uma.writes("One").await;
    house.clock.set(now - TimeDelta::minutes(90));
    ada.post(&format!("/conversations/{number}/replies"), json!({ "body": "Two" })).await.expect(201);
    uma.sends("Three").await.expect(201);
    page.sees("/inbox").await;
    house.clock.set(now + TimeDelta::minutes(110));
    uma.sends("Four").await.expect(201);
    page.sees("/inbox").await;

    let facts = ada.all(&format!("/conversations/{number}/timeline")).await;
    let at = |fact: &Value| fact["at"].as_str().unwrap().parse::<DateTime<chrono::Utc>>().unwrap();
    assert!(facts.iter().map(at).is_sorted(), "{facts:#?}");
    let metrics = ada.get(&format!("/conversations/{number}/metrics")).await.expect(200).json();
    let stays = metrics["time_in_stage"].as_object().unwrap();
    assert!(stays.values().all(|seconds| seconds.as_i64().unwrap() >= 0), "{stays:?}");
    drop(house);
    binary::prints(&db, &["verify"]);
}

async fn a_clock_that_is_set_ahead_signs_nobody_out(engine: Engine) {
    let db = Database::with_the_cast(engine);
    let keys = cast::keys(engine);
    let now = switchboard::clock::Clock::system().now();
    let house = House::standing_at(&db, now);
    let ada = Person::with_cookies(&house.base, &keys.sessions["ada"]);
    let ben = Person::with_cookies(&house.base, &keys.sessions["ben"]);
    let socket = Socket::of_page(&ada, "inbox", None).await.unwrap();
    ada.sees("/inbox").await;
    house.clock.set(now + TimeDelta::hours(13));
    assert!(ada.is_signed_in().await && ben.is_signed_in().await);
    house.desk.close_ended_sockets().unwrap();
    // Somebody signs in meanwhile: that is when sessions are swept.
    let wendy = Person::at(&house.base);
    wendy.signs_in(&cast::email("wendy"), &binary::password(&cast::email("wendy"))).await.expect(303);
    house.clock.set(now + TimeDelta::days(365));
    let max = Person::at(&house.base);
    max.signs_in(&cast::email("max"), &binary::password(&cast::email("max"))).await.expect(303);
    house.clock.set(now);
    for person in [&ada, &ben, &wendy, &max] {
        assert!(person.is_signed_in().await);
    }
    assert_eq!(house.desk.hub.sockets(), 1);
    drop(socket);

    // What passes in truth counts.
    house.clock.advance(TimeDelta::hours(13));
    assert!(!ada.is_signed_in().await && !max.is_signed_in().await);
}
