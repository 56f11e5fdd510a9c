//! The STAR dialogues of ../shared as a replay: 5,019 real service chats with their exact times in stage.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

/// One dialogue: what happens when, and what the stage machine must report at its end.
pub struct Dialogue {
    pub id: String,
    pub ended_at: String,
    pub expected: Value,
    lines: Vec<Value>,
}

/// Where the data lies, if this checkout has it beside it.
pub fn folder() -> Option<PathBuf> {
    let folder = Path::new("../shared/data/star_dialogues");
    folder.exists().then(|| folder.to_owned())
}

/// Every `nth` dialogue, in the order of their first messages: the order in which conversations get their numbers.
pub fn dialogues(nth: usize) -> Vec<Dialogue> {
    let folder = folder().expect("no ../shared/data");
    let reference: Value = serde_json::from_reader(unzipped(&folder.join("reference.shared.json.gz"))).unwrap();
    let lines = unzipped(&folder.join("shared.jsonl.gz")).lines().step_by(nth);
    let read = |line: std::io::Result<String>| {
        let dialogue: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let expected = reference["per_conversation"][dialogue["id"].as_str().unwrap()].clone();
        Dialogue::read(&dialogue, expected)
    };
    let mut all: Vec<Dialogue> = lines.map(read).collect();
    all.sort_by_key(|dialogue| dialogue.lines[0]["at"].as_str().unwrap().to_owned());
    all
}

impl Dialogue {
    fn read(dialogue: &Value, expected: Value) -> Dialogue {
        let text = |key: &str| dialogue[key].as_str().unwrap().to_owned();
        let (id, ended_at) = (text("id"), text("ended_at"));
        let agent = format!("{}@star.example", text("agent"));
        let first = format!("{id}-0");
        let mut lines = vec![];
        for (number, message) in dialogue["messages"].as_array().unwrap().iter().enumerate() {
            let (at, body) = (&message["at"], &message["text"]);
            lines.push(if message["from"] == "customer" {
                json!({ "at": at, "do": "inbound", "channel": "star", "from": id, "id": format!("{id}-{number}"), "body": body })
            } else {
                json!({ "at": at, "do": "reply", "ref": first, "agent": agent, "body": body })
            });
        }
        if dialogue["outcome"] == "complete" {
            lines.push(json!({ "at": ended_at, "do": "resolve", "ref": first, "agent": agent,
                "resolution": "Answered", "short_description": format!("Dialogue {id}") }));
        }
        Dialogue { id, ended_at, expected, lines }
    }
}

/// Writes the dialogues as one replay file in time order; how many lines it has.
pub fn write_replay(dialogues: &[Dialogue], file: &Path) -> usize {
    let mut by_moment: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for line in dialogues.iter().flat_map(|dialogue| &dialogue.lines) {
        by_moment.entry(line["at"].as_str().unwrap()).or_default().push(line);
    }
    let mut out = BufWriter::new(File::create(file).unwrap());
    let lines: Vec<&Value> = by_moment.into_values().flatten().collect();
    lines.iter().for_each(|line| writeln!(out, "{line}").unwrap());
    lines.len()
}

fn unzipped(file: &Path) -> BufReader<GzDecoder<File>> {
    BufReader::new(GzDecoder::new(File::open(file).unwrap()))
}
