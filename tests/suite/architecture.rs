//! The house rules of CONTRIBUTING.md that a machine can check.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What each floor may name of the others. `config` and `clock` are leaves that everybody may name.
const FLOORS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("store", &["domain", "config", "clock"]),
    ("live", &["domain", "config", "clock"]),
    ("desk", &["domain", "store", "live", "config", "clock"]),
    ("channels", &["domain", "store", "live", "desk", "config", "clock"]),
    ("web", &["domain", "live", "desk", "channels", "config", "clock"]),
    ("cli", &["domain", "store", "live", "desk", "channels", "web", "config", "clock"]),
    ("clock", &[]),
    ("config", &["store"]),
];

/// Which crates a floor must not name, by the start of the name.
const FOREIGN: &[(&str, &[&str])] = &[
    ("store", &["actix", "askama", "tokio", "reqwest"]),
    ("live", &["actix", "askama", "diesel"]),
    ("desk", &["actix", "askama"]),
    ("web", &["diesel", "r2d2"]),
];

#[test]
fn floors_name_only_what_is_below_them() {
    let mut wrong = vec![];
    for (floor, below) in FLOORS {
        for (file, code) in floor_of(floor) {
            let named = names_after("crate::", &code);
            for name in
                named.iter().filter(|name| *name != floor && is_a_floor(name) && !below.contains(&name.as_str()))
            {
                if *floor == "web" && name == "store" && only_the_error(&code) {
                    continue;
                }
                wrong.push(format!("{}: {floor} names {name}", file.display()));
            }
        }
    }
    none(wrong);
}

#[test]
fn the_domain_knows_nothing_but_std_and_chrono() {
    let mut wrong = vec![];
    for (file, code) in floor_of("domain") {
        for dependency in dependencies().iter().filter(|name| *name != "chrono") {
            if mentions(&code, dependency) {
                wrong.push(format!("{}: names {dependency}", file.display()));
            }
        }
    }
    none(wrong);
}

#[test]
fn web_types_stay_up_and_database_types_stay_down() {
    let mut wrong = vec![];
    for (floor, foreign) in FOREIGN {
        for (file, code) in floor_of(floor) {
            let named = dependencies().into_iter().filter(|name| foreign.iter().any(|start| name.starts_with(start)));
            wrong.extend(named.filter(|name| mentions(&code, name)).map(|name| format!("{}: {name}", file.display())));
        }
    }
    none(wrong);
}

#[test]
fn files_stay_short() {
    let limits = [
        ("src", "rs", 400),
        ("tests", "rs", 400),
        ("templates", "html", 90),
        ("static", "js", 120),
        ("static", "css", 200),
    ];
    let mut wrong = vec![];
    for (folder, ending, limit) in limits {
        for file in files(folder, ending) {
            let lines = read(&file).lines().count();
            if lines > limit {
                wrong.push(format!("{}: {lines} lines, at most {limit}", file.display()));
            }
        }
    }
    none(wrong);
}

#[test]
fn functions_stay_short() {
    let mut wrong = vec![];
    for file in files("src", "rs") {
        let code = read(&file);
        let lines: Vec<&str> = code.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| opens_a_function(line)) {
            let indent = &line[..line.len() - line.trim_start().len()];
            let length = lines[at..].iter().position(|l| l.strip_prefix(indent).is_some_and(|l| l == "}" || l == "};"));
            if let Some(length) = length.filter(|length| *length > 50) {
                wrong.push(format!("{}:{}: {length} lines, at most 50", file.display(), at + 1));
            }
        }
    }
    none(wrong);
}

#[test]
fn names_say_what_people_at_the_desk_say() {
    let files_never =
        ["util", "utils", "helper", "helpers", "common", "misc", "manager", "service", "processor", "data", "info"];
    let verbs_never = ["fn update_", "fn process_", "fn handle_", "fn do_"];
    let mut wrong = vec![];
    for file in files("src", "rs") {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        if files_never.contains(&stem.as_str()) {
            wrong.push(format!("{}: says nothing", file.display()));
        }
        let code = without_comments(&read(&file));
        wrong.extend(verbs_never.iter().filter(|v| code.contains(**v)).map(|v| format!("{}: {v}", file.display())));
    }
    none(wrong);
}

#[test]
fn public_items_of_the_inner_floors_are_documented() {
    let mut wrong = vec![];
    for (file, _) in ["domain", "desk", "live"].iter().flat_map(|floor| floor_of(floor)) {
        let code = read(&file);
        let mut documented = false;
        for (number, line) in code.lines().enumerate() {
            let line = line.trim_start();
            if line.starts_with("#[cfg(test)]") {
                break;
            }
            let public = ["fn", "struct", "enum", "trait", "const", "type", "async fn"];
            if !line.contains("$") && public.iter().any(|kind| line.starts_with(&format!("pub {kind} "))) && !documented
            {
                wrong.push(format!("{}:{}: {line}", file.display(), number + 1));
            }
            documented =
                line.starts_with("///") || (documented && !line.is_empty() && !line.ends_with(['{', '}', ';']));
            documented |=
                line.starts_with("#[") && code.lines().nth(number.wrapping_sub(1)).is_some_and(|l| l.contains("///"));
        }
    }
    none(wrong);
}

#[test]
fn only_the_clock_asks_what_time_it_is() {
    let wrong = files("src", "rs").into_iter().filter(|file| !file.ends_with("clock.rs"));
    let asks = |file: &PathBuf| {
        let code = without_comments(&read(file));
        code.contains("Utc::now()") || code.contains("SystemTime::now()")
    };
    none(wrong.filter(asks).map(|file| file.display().to_string()).collect());
}

#[test]
fn templates_escape_everything_and_hold_no_style_or_script() {
    let (mut safe, mut wrong) = (0, vec![]);
    for file in files("templates", "html") {
        let html = read(&file);
        let plain = html.replace(' ', "").replace("\r", "");
        safe += plain.matches("|safe").count();
        let inline =
            [" style=\"", "<style", "javascript:", " onclick=", " onsubmit=", " onchange=", " oninput=", " onload="];
        wrong.extend(inline.iter().filter(|s| html.contains(**s)).map(|s| format!("{}: {s}", file.display())));
        let scripts = html.split("<script").skip(1).map(|rest| rest.split('>').next().unwrap_or(""));
        let strange = scripts.filter(|tag| !tag.contains("src=") && !tag.contains("application/json"));
        wrong.extend(strange.map(|tag| format!("{}: <script{tag}>", file.display())));
    }
    assert_eq!(safe, 1, "|safe stands {safe} times in the templates; once is for the sanitised message body");
    none(wrong);
}

#[test]
fn styles_use_tokens_and_scripts_use_nothing_of_others() {
    let mut wrong = vec![];
    for file in files("static", "css") {
        let css = read(&file);
        let tokens = file.ends_with("tokens.css");
        for (number, line) in css.lines().enumerate() {
            let raw =
                ["rgb(", "rgba(", "hsl(", "oklch("].iter().any(|colour| line.contains(colour)) || has_hex_colour(line);
            if line.contains("!important") || (raw && !tokens) {
                wrong.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    for file in files("static", "js") {
        let js = read(&file);
        let mut never = vec!["eval(", "new Function", "document.write", "from \"http", "from 'http"];
        if !file.ends_with("kept.js") {
            never.push("localStorage");
        }
        wrong.extend(never.iter().filter(|s| js.contains(**s)).map(|s| format!("{}: {s}", file.display())));
    }
    none(wrong);
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |engine: &str| -> BTreeSet<String> {
        let folder = Path::new("migrations").join(engine);
        std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn the_readme_names_every_setting_and_every_limit() {
    let readme = read(Path::new("README.md"));
    let words = |file: &str, before: &str, until: &[char]| -> Vec<String> {
        let code = read(Path::new(file));
        code.split(before).skip(1).map(|rest| rest.split(until).next().unwrap().to_owned()).collect()
    };
    let settings = words("src/config.rs", "env = \"", &['"']);
    let limits = words("src/config/limits.rs", "pub const ", &[':']);
    assert!(settings.len() > 5 && limits.len() > 10);
    let missing = settings.into_iter().chain(limits).filter(|name| !readme.contains(&format!("`{name}`")));
    none(missing.map(|name| format!("README.md does not name {name}")).collect());
}

fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

fn is_a_floor(name: &str) -> bool {
    FLOORS.iter().any(|(floor, _)| *floor == name)
}

/// The files of a floor with their code, comments left out.
fn floor_of(floor: &str) -> Vec<(PathBuf, String)> {
    let mut files = files(&format!("src/{floor}"), "rs");
    files.push(PathBuf::from(format!("src/{floor}.rs")));
    let there = files.into_iter().filter(|file| file.exists());
    there.map(|file| (file.clone(), without_comments(&read(&file)))).collect()
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn without_comments(code: &str) -> String {
    code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line }).collect::<Vec<_>>().join("\n")
}

/// The first words after each `crate::`, also inside `crate::{..}`.
fn names_after(root: &str, code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in code.split(root).skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let end = group
                .find(|c| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    depth < 0
                })
                .unwrap_or(group.len());
            let mut depth = 0;
            let top: String = group[..end]
                .chars()
                .filter(|c| {
                    depth += i32::from(*c == '{') - i32::from(*c == '}');
                    depth == 0
                })
                .collect();
            names.extend(top.split(',').map(|part| first_word(part.trim())));
        } else {
            names.insert(first_word(rest));
        }
    }
    names
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Whether a floor above the desk names nothing of the store but its error.
fn only_the_error(code: &str) -> bool {
    let of_it = code.split("store::").skip(1).all(|rest| rest.starts_with("Error") || rest.starts_with("error"));
    of_it && code.split("crate::store").skip(1).all(|rest| rest.starts_with(';') || rest.starts_with("::"))
}

/// The crates of Cargo.toml, as code names them.
fn dependencies() -> Vec<String> {
    let manifest = read(Path::new("Cargo.toml"));
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap().to_owned();
    section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.trim().replace('-', "_")).collect()
}

/// Whether code names this crate: `name::` not after another word or path.
fn mentions(code: &str, name: &str) -> bool {
    let needle = format!("{name}::");
    code.match_indices(&needle).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

fn opens_a_function(line: &str) -> bool {
    let words = line.trim_start();
    let named = words.starts_with("fn ")
        || words.starts_with("pub fn ")
        || words.contains("async fn ")
        || words.starts_with("pub(");
    named && words.contains("fn ") && words.ends_with('{')
}

fn has_hex_colour(line: &str) -> bool {
    line.split('#').skip(1).any(|rest| {
        let word = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next().unwrap_or("");
        matches!(word.len(), 3 | 4 | 6 | 8) && word.chars().all(|c| c.is_ascii_hexdigit()) && line.contains(':')
    })
}
