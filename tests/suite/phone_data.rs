//! Every number of ../shared/data/phones through intake: each has one profile, however it is written. Runs where that folder
//! is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;
use switchboard::desk::channels::NewChannel;
use switchboard::desk::intake::Arrival;
use switchboard::desk::people::{identify, phone};
use switchboard::desk::{Desk, Error};
use switchboard::domain::conversation::InboundKind;
use switchboard::domain::{Actor, Channel, Refused};

use crate::support::database::Engine;
use crate::support::world::World;

both![every_number_has_one_profile_however_it_is_written];

/// A line: how it is written, what it is, and whether it can be one at all.
struct Number {
    input: String,
    /// The country it is written in; empty where it says so itself.
    country: String,
    /// Empty where it is none at all.
    e164: String,
    possible: bool,
}

fn numbers() -> Option<Vec<Number>> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/phones/phones.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("{} is not there: skipped", file.display());
        return None;
    };
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        Number {
            input: text("input"),
            country: text("default_region"),
            e164: text("e164"),
            possible: line["possible"] == true,
        }
    };
    Some(text.lines().map(read).collect())
}

/// As a provider hands it in: the number begins with a plus, perhaps after `tel:`.
fn is_international(number: &Number) -> bool {
    let input = number.input.trim_start();
    input.strip_prefix("tel:").unwrap_or(input).starts_with('+')
}

fn arrival(from: &str, id: usize) -> Arrival {
    Arrival {
        provider_id: Some(format!("number-{id}")),
        from: from.to_owned(),
        body: "Hello".to_owned(),
        sent_at: None,
        kind: InboundKind::Content,
        about: None,
        thread: None,
        files: Vec::new(),
    }
}

#[test]
fn every_number_is_read_as_the_same_however_it_is_written() {
    let Some(numbers) = numbers() else { return };
    let (mut read, mut refused) = (0, 0);
    for number in numbers.iter().filter(|number| is_international(number)) {
        match (identify(&number.input), number.possible) {
            (Ok(e164), _) => {
                assert_eq!(e164, number.e164, "{}", number.input);
                assert_eq!(phone(&number.input).as_ref(), Some(&e164), "{} on a contact", number.input);
                read += 1;
            }
            (Err(_), false) => refused += 1,
            (Err(_), true) => panic!("{} can be a number ({}), but was not read", number.input, number.e164),
        }
        let bare = number.input.trim().trim_start_matches("tel:");
        assert_eq!(identify(&format!("whatsapp:{bare}")).ok(), identify(bare).ok());
    }
    println!("{read} read, {refused} refused, of {}", numbers.len());
    assert!(read > 1_000, "only {read}");
}

async fn every_number_has_one_profile_however_it_is_written(engine: Engine) {
    let Some(mut numbers) = numbers() else { return };
    numbers.sort_by(|a, b| a.country.cmp(&b.country));
    let world = World::open(engine).await;
    let desk = world.desk().clone();
    let mut expected: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    let (mut refused, mut kept) = (0, BTreeSet::new());
    for (id, number) in numbers.iter().enumerate() {
        let channel = written_in(&desk, &number.country);
        match profile_of(&desk, &channel, &number.input, id) {
            Ok(profile) if number.possible => {
                expected.entry(number.e164.clone()).or_default().insert(profile);
            }
            // What can be no number there stays what it is: a short code, an id.
            Ok(_) => drop(kept.insert(number.input.trim().to_owned())),
            Err(Error::Refused(Refused::BadIdentifier(_))) if !number.possible => refused += 1,
            Err(error) => panic!("{} in {:?}: {error}", number.input, number.country),
        }
    }
    for (number, profiles) in &expected {
        assert_eq!(profiles.len(), 1, "{number} has {profiles:?}");
    }
    let all: BTreeSet<&i64> = expected.values().flatten().collect();
    assert_eq!(all.len(), expected.len(), "never two numbers in one");
    let stored = world.root.api.all("/channel-profiles?limit=100").await;
    assert_eq!(stored.len(), expected.len() + kept.len());
    let known = |text: &str| expected.contains_key(text) || kept.contains(text);
    assert!(stored.iter().all(|one| known(one["identifier"].as_str().unwrap())));
    println!("{} profiles of {} numbers, {} kept as they are, {refused} refused", all.len(), numbers.len(), kept.len());
}

/// The channel, in a country.
fn written_in(desk: &Desk, country: &str) -> Channel {
    let known = desk.channel("sms").unwrap();
    if known.settings.country == country {
        return known;
    }
    let queue = desk.directory().unwrap().queue(known.queue).map(|queue| queue.slug.clone());
    let country = Some(country.to_owned());
    let new =
        NewChannel { name: known.name, contact_type: known.contact_type, queue, country, ..NewChannel::default() };
    desk.change_channel(Actor::System, known.id, new, None).unwrap()
}

fn profile_of(desk: &Desk, channel: &Channel, from: &str, id: usize) -> Result<i64, Error> {
    let receipt = desk.receive(channel, arrival(from, id))?;
    let root = desk.agent(&crate::support::cast::email("root"))?;
    let conversation = desk.conversation(&root, receipt.conversation.unwrap())?;
    Ok(conversation.profile.unwrap().0)
}
