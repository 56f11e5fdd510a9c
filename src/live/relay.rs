//! What other nodes on the same database have changed, as their notices say it.
//!
//! A notice is `NODE SEQ,SEQ,...`: which node wrote, and which facts. `NODE *` stands for more than fit, `NODE access`
//! for a change of who may watch, and `NODE here [...]` tells who looks at what there.

use std::sync::Arc;

use super::sightings::Sighting;

/// What a notice means to this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Another node committed these facts, in this order.
    Facts(Vec<i64>),
    /// A session, a role or the members of a queue have changed on another node.
    Access,
    /// Pages of another node that were opened, typed in or closed.
    Here(Arc<str>, Vec<Sighting>),
    /// Something passed unheard: every page must fetch its content again.
    Missed,
}

/// What others must be told when somebody's sessions, role or queues have changed.
pub fn access_notice(node: &str) -> String {
    format!("{node} access")
}

/// What others are told of who looks at what here.
pub fn here_notice(node: &str, seen: &[Sighting]) -> serde_json::Result<String> {
    Ok(format!("{node} here {}", serde_json::to_string(seen)?))
}

/// The meaning of a notice to `node`; none if it is its own. What cannot be read counts as missed.
pub fn read(notice: &str, node: &str) -> Option<Heard> {
    match notice.split_once(' ') {
        Some((from, _)) if from == node => None,
        Some((_, "access")) => Some(Heard::Access),
        Some((from, words)) if words.starts_with("here ") => {
            let seen = serde_json::from_str(words.trim_start_matches("here "));
            Some(seen.map_or(Heard::Missed, |seen| Heard::Here(from.into(), seen)))
        }
        Some((_, seqs)) => {
            let seqs = seqs.split(',').map(str::parse).collect::<Result<Vec<i64>, _>>();
            Some(seqs.map_or(Heard::Missed, Heard::Facts))
        }
        None => Some(Heard::Missed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_of_others_are_heard_and_our_own_are_not() {
        assert_eq!(read("b 7,8", "a"), Some(Heard::Facts(vec![7, 8])));
        assert_eq!(read("b *", "a"), Some(Heard::Missed));
        assert_eq!(read(&access_notice("b"), "a"), Some(Heard::Access));
        assert_eq!(read("a 7,8", "a"), None);
        assert_eq!(read("nonsense", "a"), Some(Heard::Missed));
    }
}
