//! Real dialogues, replayed: the stages and clocks agree with an independent reference, conversation by conversation.

use serde_json::{Value, json};

use crate::support::app::Program;
use crate::support::binary;
use crate::support::database::{Database, Engine};
use crate::support::replayed::Replayed;
use crate::support::{scratch, star};

both![dialogues_spend_the_time_in_each_stage_that_the_reference_says];

/// Every dialogue when STAR=all; else every tenth, so that the gate stays short.
fn nth() -> usize {
    if std::env::var("STAR").is_ok_and(|wish| wish == "all") { 1 } else { 10 }
}

async fn dialogues_spend_the_time_in_each_stage_that_the_reference_says(engine: Engine) {
    let db = Database::empty(engine);
    if star::folder().is_none() {
        println!("left out: ../shared/data is absent");
        return;
    }
    let dialogues = star::dialogues(nth());
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    let file = folder.path().join("star.jsonl");
    star::write_replay(&dialogues, &file);
    binary::prints(&db, &["replay", file.to_str().unwrap()]);
    let replayed = Replayed::serve(&db, "2020-05-27T01:00:00Z");
    let mut wrong = vec![];
    for (number, dialogue) in dialogues.iter().enumerate() {
        let got = measured(&replayed.root, number + 1, &dialogue.ended_at).await;
        let mut expected = dialogue.expected.clone();
        expected["in_stage_s"] = without_zeros(&expected["in_stage_s"]);
        if got != expected {
            wrong.push(format!("{}: {got} instead of {expected}", dialogue.id));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ, first:\n{}",
        wrong.len(),
        dialogues.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
}

/// What the product says of one conversation, in the words of the reference.
async fn measured(root: &Program, number: usize, at: &str) -> Value {
    let path = format!("/conversations/CONV-{number}");
    let metrics = root.get(&format!("{path}/metrics?at={at}")).await.expect(200).json();
    let stage = root.get(&path).await.expect(200).json()["stage"].clone();
    let timeline = root.all(&format!("{path}/timeline")).await;
    let moves = timeline.iter().filter(|fact| fact["type"] == "stage.changed");
    let moves = moves.filter(|fact| !fact["from"].is_null() && fact["to"] != "archived").count();
    let mut stays = metrics["time_in_stage"].as_object().unwrap().clone();
    stays.retain(|stage, _| stage != "resolved" && stage != "archived");
    json!({
        "first_response_s": metrics["initial_response_1"],
        "final": if stage == "archived" { json!("resolved") } else { stage },
        "transitions": moves,
        "in_stage_s": without_zeros(&Value::Object(stays)),
    })
}

/// The reference names some stages of no length, the product may name all or none of them.
fn without_zeros(stays: &Value) -> Value {
    let stays = stays.as_object().unwrap().iter().filter(|(_, seconds)| **seconds != 0);
    stays.map(|(stage, seconds)| (stage.clone(), seconds.clone())).collect()
}
