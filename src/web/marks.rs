//! The small pieces every template draws with: icons, stage badges, avatars, clocks. Each is a template of its own that is
//! already safe HTML; templates reach them through `filters`.

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::ids::AgentId;

use super::assets;

/// A Lucide icon of 24 units. Hidden from screen readers unless it has a label.
#[derive(Template)]
#[template(path = "marks/icon.html")]
pub struct Icon<'a> {
    pub name: &'a str,
    pub class: &'a str,
    pub label: &'a str,
}

/// One of our own marks of 16 units: `stage-new`, `state-on_hold`, `rank-escalated`, `brand`.
#[derive(Template)]
#[template(path = "marks/glyph.html")]
pub struct Glyph<'a> {
    pub family: &'a str,
    pub name: &'a str,
    pub class: &'a str,
    pub label: &'a str,
}

/// A stage or a state with its word: `family` is `stage` or `state`.
#[derive(Template)]
#[template(path = "marks/badge.html")]
pub struct Badge {
    pub family: &'static str,
    pub name: &'static str,
    pub label: &'static str,
    pub class: &'static str,
}

/// Initials on a hue that belongs to the name.
#[derive(Template)]
#[template(path = "marks/avatar.html")]
pub struct Avatar<'a> {
    pub name: &'a str,
    pub class: &'a str,
    pub presence: &'a str,
}

/// A name that reads "You" on that agent's own pages (one rule of CSS; the markup is the same for everybody).
#[derive(Template)]
#[template(path = "marks/who.html")]
pub struct Who<'a> {
    pub name: &'a str,
    pub agent: Option<AgentId>,
}

/// A moment, shown in the reader's own zone. `format`: empty, `clock`, `day` or `full` (static/js/local-time.js).
#[derive(Template)]
#[template(path = "marks/moment.html")]
pub struct Moment {
    pub at: DateTime<Utc>,
    pub format: &'static str,
}

/// An amount of time that is over.
#[derive(Template)]
#[template(path = "marks/amount.html")]
pub struct Amount {
    pub seconds: i64,
    pub full: bool,
}

/// An amount of time that runs in the browser; its HTML depends on no clock, so a push and a reload are the same.
#[derive(Template)]
#[template(path = "marks/clock.html")]
pub struct Clock {
    pub since: DateTime<Utc>,
    /// Seconds that were there before `since`.
    pub base: i64,
    /// The agreed wait in seconds; draws the ring.
    pub target: Option<i64>,
    /// Said before the amount: "Waiting", "In this stage for".
    pub prefix: &'static str,
    pub full: bool,
}

/// What a field says of itself in its tag: that it is wrong, and where that and its hint stand.
#[derive(Template)]
#[template(path = "marks/field.html")]
pub struct Field<'a> {
    pub id: &'a str,
    /// Id of what describes it anyway; may be empty.
    pub hint: &'a str,
    pub wrong: bool,
}

/// Why a field is wrong, below it.
#[derive(Template)]
#[template(path = "marks/wrong.html")]
pub struct Wrong<'a> {
    pub id: &'a str,
    pub why: Option<&'a str>,
}

/// Text with its addresses as links, everything escaped.
#[derive(Template)]
#[template(path = "marks/linked.html")]
pub struct Linked<'a> {
    pub parts: Vec<Part<'a>>,
}

/// A piece of a text.
pub enum Part<'a> {
    Text(&'a str),
    Link(&'a str),
}

/// A drawing that we made ourselves, as SVG.
pub struct Drawing<'a>(pub &'a str);

impl std::fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl HtmlSafe for Drawing<'_> {}
impl HtmlSafe for Icon<'_> {}
impl HtmlSafe for Glyph<'_> {}
impl HtmlSafe for Badge {}
impl HtmlSafe for Avatar<'_> {}
impl HtmlSafe for Who<'_> {}
impl HtmlSafe for Moment {}
impl HtmlSafe for Amount {}
impl HtmlSafe for Clock {}
impl HtmlSafe for Linked<'_> {}
impl HtmlSafe for Field<'_> {}
impl HtmlSafe for Wrong<'_> {}

/// A clock of an interaction: it runs, it is over, or there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Runs since a moment, with what was there before.
    Running { since: DateTime<Utc>, before: TimeDelta },
    /// Final.
    Fixed(TimeDelta),
    /// Never applied: a wait of a record we started, or one closed unanswered.
    Absent,
}

impl Avatar<'_> {
    fn initials(&self) -> String {
        let words: Vec<&str> = self.name.split_whitespace().filter(|w| w.chars().all(|c| !c.is_numeric())).collect();
        let first = |word: Option<&&str>| word.and_then(|w| w.chars().find(|c| c.is_alphabetic()));
        let last = if words.len() > 1 { first(words.last()) } else { None };
        first(words.first()).into_iter().chain(last).flat_map(char::to_uppercase).collect()
    }

    fn is_known(&self) -> bool {
        self.name.chars().next().is_some_and(char::is_alphabetic) && !self.initials().is_empty()
    }

    fn hue(&self) -> u32 {
        let weighed = self.name.chars().zip(3u32..);
        weighed.fold(0u32, |sum, (c, weight)| sum.wrapping_add(u32::from(c).wrapping_mul(weight))).wrapping_mul(7) % 12
    }
}

impl Amount {
    fn iso(&self) -> String {
        let s = self.seconds.max(0);
        format!("PT{}H{}M{}S", s / 3600, s % 3600 / 60, s % 60)
    }
    fn short(&self) -> String {
        short(self.seconds, self.full)
    }
    fn spoken(&self) -> String {
        spoken(self.seconds)
    }
}

impl<'a> Linked<'a> {
    /// Finds `http://` and `https://` addresses. What closes a sentence or a bracket after one is not part of it.
    pub fn new(text: &'a str) -> Self {
        let mut parts = vec![];
        let mut rest = text;
        while let Some(at) = next_link(rest) {
            let (before, link) = rest.split_at(at);
            let end = link.find(|c: char| c.is_whitespace() || "<>\"".contains(c)).unwrap_or(link.len());
            let (link, after) = link.split_at(end);
            let kept = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']).len();
            let (link, tail) = link.split_at(kept);
            parts.extend([Part::Text(before), Part::Link(link), Part::Text(tail)]);
            rest = after;
        }
        parts.push(Part::Text(rest));
        Linked { parts }
    }
}

fn next_link(text: &str) -> Option<usize> {
    [text.find("https://"), text.find("http://")].into_iter().flatten().min()
}

const NB: char = '\u{a0}';

/// "3 m 12 s", as the table of DESIGN section 8 and static/js/duration.js. `full` keeps the seconds up to an hour.
pub fn short(seconds: i64, full: bool) -> String {
    let s = seconds.max(0);
    let (d, h, m) = (s / 86400, s % 86400 / 3600, s % 3600 / 60);
    match s {
        0..60 => format!("{s}{NB}s"),
        _ if s < if full { 3600 } else { 600 } => format!("{m}{NB}m{NB}{:02}{NB}s", s % 60),
        60..3600 => format!("{m}{NB}m"),
        3600..86400 => format!("{h}{NB}h{NB}{m:02}{NB}m"),
        _ => format!("{d}{NB}d{NB}{h}{NB}h"),
    }
}

/// "3 minutes 12 seconds".
pub fn spoken(seconds: i64) -> String {
    let s = seconds.max(0);
    let mut parts = vec![(s / 86400, "day"), (s % 86400 / 3600, "hour"), (s % 3600 / 60, "minute")];
    parts.retain(|(n, _)| *n > 0);
    if s < 600 && (s % 60 > 0 || parts.is_empty()) {
        parts.push((s % 60, "second"));
    }
    let words = parts.into_iter().take(2).map(|(n, word)| format!("{n} {word}{}", if n == 1 { "" } else { "s" }));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_the_design_says() {
        let rows = [
            (0, "0 s", "0 s", "0 seconds"),
            (47, "47 s", "47 s", "47 seconds"),
            (60, "1 m 00 s", "1 m 00 s", "1 minute"),
            (192, "3 m 12 s", "3 m 12 s", "3 minutes 12 seconds"),
            (599, "9 m 59 s", "9 m 59 s", "9 minutes 59 seconds"),
            (600, "10 m", "10 m 00 s", "10 minutes"),
            (1086, "18 m", "18 m 06 s", "18 minutes"),
            (3600, "1 h 00 m", "1 h 00 m", "1 hour"),
            (7920, "2 h 12 m", "2 h 12 m", "2 hours 12 minutes"),
            (97320, "1 d 3 h", "1 d 3 h", "1 day 3 hours"),
        ];
        for (seconds, row, full, said) in rows {
            assert_eq!(short(seconds, false).replace(NB, " "), row);
            assert_eq!(short(seconds, true).replace(NB, " "), full);
            assert_eq!(spoken(seconds), said);
        }
    }

    #[test]
    fn addresses_become_links_and_everything_is_escaped() {
        let html = Linked::new("see (https://a.example/x?a=1&b=2). <b>").to_string();
        assert_eq!(
            html,
            "see (<a href=\"https://a.example/x?a=1&#38;b=2\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">\
             https://a.example/x?a=1&#38;b=2</a>). &#60;b&#62;"
        );
    }
}
