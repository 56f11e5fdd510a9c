//! Names and titles as they are looked for.

/// The form in which two spellings of one name are equal, in every script: lower case, letter by letter, so that a part
/// of a name is a part of its form.
pub fn folded(text: &str) -> String {
    // A Greek word ends in another sigma than it has inside.
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}
