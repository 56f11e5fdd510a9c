//! Floor 0: the rules.

/// Something that happened, as it is recorded. (The first outline; the domain fills it in.)
#[derive(Debug, Clone)]
pub struct Fact {
    /// Its place in the order of facts.
    pub seq: i64,
}
