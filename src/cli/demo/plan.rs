//! The last four weeks of the demo, planned: who wrote when, how far each story has come, who was there. The same seed
//! plans the same weeks before any moment.

use super::content::{Shop, Step, Story, email, shops, stories, team};
use super::plot::{Person, Plot};
use crate::desk::replay::Line;
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use fastrand::Rng;
use std::collections::HashSet;
use std::sync::Arc;

/// How far a story has come by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    New,
    NeedsResponse,
    WaitingOnUser,
    Hold,
    Resolved,
    Archived,
}

/// How many of each; what nobody asked for comes on top.
const FATES: [(Fate, usize); 6] = [
    (Fate::New, 15),
    (Fate::NeedsResponse, 26),
    (Fate::WaitingOnUser, 44),
    (Fate::Hold, 15),
    (Fate::Resolved, 142),
    (Fate::Archived, 52),
];
const DAYS: [&str; 5] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];

/// A conversation that goes on: its next step.
#[derive(Debug, Clone)]
pub struct Unfinished {
    pub plot: Plot,
    pub next: usize,
}

/// Draws stories and casts.
pub struct Planner {
    pub random: Rng,
    now: DateTime<Utc>,
    stories: Vec<Arc<Story>>,
    shops: Vec<Shop>,
    /// Channel and address: a person has one conversation on a channel.
    taken: HashSet<(String, String)>,
    drawn: u32,
}

impl Planner {
    pub fn new(now: DateTime<Utc>, seed: u64) -> Self {
        let stories = stories().into_iter().map(Arc::new).collect();
        Planner { random: Rng::with_seed(seed), now, stories, shops: shops(), taken: HashSet::new(), drawn: 0 }
    }

    /// Every conversation as lines, and those that are not at their end.
    pub fn conversations(&mut self) -> (Vec<Line>, Vec<Unfinished>) {
        let (mut lines, mut unfinished) = (Vec::new(), Vec::new());
        for (fate, number) in FATES {
            for _ in 0..number {
                let Some((plot, last)) = self.draw(fate) else { continue };
                lines.extend(self.told(&plot, last, fate));
                if last + 1 < plot.story.steps.len() {
                    unfinished.push(Unfinished { plot, next: last + 1 });
                }
            }
        }
        (lines, unfinished)
    }

    /// A story that is only beginning.
    pub fn fresh(&mut self) -> Option<Unfinished> {
        let (plot, _) = self.draw(Fate::New)?;
        Some(Unfinished { plot, next: 0 })
    }

    /// When people work, day by day.
    pub fn presence(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        let midnight = self.now - TimeDelta::seconds(i64::from(self.now.num_seconds_from_midnight()));
        for colleague in team() {
            let mut here = |at: DateTime<Utc>, state: &str| {
                let (agent, state) = (Some(email(colleague.key)), Some(state.to_owned()));
                lines.push(Line { at, act: "presence".to_owned(), agent, state, ..Line::default() });
            };
            for day in (1..=28).rev() {
                let morning = midnight - TimeDelta::days(day) + TimeDelta::minutes(465);
                here(morning + TimeDelta::seconds(self.random.i64(0..1500)), "available");
                here(morning + TimeDelta::minutes(630) + TimeDelta::seconds(self.random.i64(0..1500)), "offline");
            }
            let since = (self.now - TimeDelta::hours(2)).min(midnight + TimeDelta::minutes(470));
            here(since.max(midnight - TimeDelta::hours(4)) + TimeDelta::seconds(self.random.i64(0..900)), "available");
            match colleague.key {
                "ines" => here(self.now - TimeDelta::minutes(11), "away"),
                "hamish" => here(self.now - TimeDelta::minutes(34), "offline"),
                _ => {}
            }
        }
        lines
    }

    /// A moment in the working hours of some days ago.
    pub fn office_hours(&mut self, days: std::ops::Range<i64>) -> DateTime<Utc> {
        let midnight = self.now - TimeDelta::seconds(i64::from(self.now.num_seconds_from_midnight()));
        let at =
            midnight - TimeDelta::days(self.random.i64(days)) + TimeDelta::seconds(self.random.i64(30_000..62_000));
        if at > self.now - TimeDelta::minutes(20) { at - TimeDelta::days(1) } else { at }
    }

    /// A story with its cast, and the last step that has happened.
    fn draw(&mut self, fate: Fate) -> Option<(Plot, usize)> {
        let ends: Vec<(usize, usize)> = self.stories.iter().enumerate().flat_map(|(n, s)| ends(n, s, fate)).collect();
        let (story, last) = *ends.get(self.random.usize(..ends.len().max(1)))?;
        let story = self.stories.get(story)?.clone();
        let queue = story.queue.or_else(|| super::content::CHANNELS.iter().find(|c| c.0 == story.channel).map(|c| c.4));
        let crew: Vec<_> = team().into_iter().filter(|c| c.role == "agent").collect();
        let crew: Vec<_> = crew.iter().filter(|c| queue.is_some_and(|queue| c.queues.contains(&queue))).collect();
        let agent = crew.get(self.random.usize(..crew.len().max(1)))?;
        self.drawn += 1;
        let plot = Plot {
            key: format!("demo-{}", self.drawn),
            person: self.person(story.channel),
            agent: (agent.key, agent.name.split(' ').next().unwrap_or_default()),
            number: self.random.u32(1000..9999),
            pence: self.random.u32(600..64_000),
            day: self.random.choice(DAYS).unwrap_or_default(),
            story,
        };
        Some((plot, last))
    }

    /// Somebody who has not written on this channel yet: from a shop we know, or nobody knows where from.
    fn person(&mut self, channel: &str) -> Person {
        for _ in 0..6 {
            let Some(shop) = self.shops.get(self.random.usize(..self.shops.len().max(1))) else { break };
            let Some(name) = shop.people.get(self.random.usize(..shop.people.len().max(1))) else { break };
            let address = address(channel, name, shop.name);
            if self.taken.insert((channel.to_owned(), address.clone())) {
                let first = name.split(' ').next().unwrap_or_default().to_owned();
                return Person { first, shop: shop.name.to_owned(), address };
            }
        }
        self.drawn += 1;
        let address = match channel {
            "sms" | "whatsapp" => format!("+4477009{:05}", 10_000 + self.drawn),
            "email" => format!("hello{}@corner-shop.example", self.drawn),
            _ => format!("visitor-{}", 2000 + self.drawn),
        };
        Person { first: "there".to_owned(), shop: "your shop".to_owned(), address }
    }

    /// The lines of a story up to a step, at moments that suit its fate.
    fn told(&mut self, plot: &Plot, last: usize, fate: Fate) -> Vec<Line> {
        let mut lines: Vec<(TimeDelta, Line)> = Vec::new();
        let mut at = TimeDelta::zero();
        let mut answered = false;
        for (number, step) in plot.story.steps.iter().enumerate().take(last + 1) {
            if number > 0 {
                at += self.gap(plot.is_chat(), *step);
            }
            if !answered && !matches!(step, Step::Customer(_)) {
                lines.push((at * 2 / 3, plot.accept()));
                answered = true;
            }
            lines.extend(plot.lines(number).into_iter().map(|line| (at, line)));
            if number == 0 {
                lines.extend(plot.triage().map(|line| (TimeDelta::seconds(4), line)));
            }
            if matches!(step, Step::Agent(_)) && number < 4 {
                lines.extend(plot.tags().map(|line| (at + TimeDelta::seconds(3), line)));
            }
        }
        let length = lines.iter().map(|(at, _)| *at).max().unwrap_or_default();
        let start = self.end(plot.is_chat(), fate) - length;
        lines.sort_by_key(|(at, _)| *at);
        lines.into_iter().map(|(at, line)| Line { at: start + at, ..line }).collect()
    }

    /// How long it takes until a step. A chat that is silent for six minutes is over.
    fn gap(&mut self, chat: bool, step: Step) -> TimeDelta {
        TimeDelta::seconds(match (step, chat) {
            (Step::Reviewed, _) => self.random.i64(1200..16_000),
            (Step::Note(_), _) => self.random.i64(20..110),
            (Step::Customer(_) | Step::Resolve { .. }, true) => self.random.i64(15..160),
            (Step::Agent(_) | Step::Hold { .. }, true) => self.random.i64(20..130),
            (Step::Customer(_), false) => self.random.i64(90..3600),
            (Step::Agent(_) | Step::Hold { .. }, false) => self.random.i64(60..1500),
            (Step::Resolve { .. }, false) => self.random.i64(60..900),
        })
    }

    /// When the last thing happened.
    fn end(&mut self, chat: bool, fate: Fate) -> DateTime<Utc> {
        let ago = match (fate, chat) {
            (Fate::New, true) => self.random.i64(15..800),
            (Fate::New, false) => self.random.i64(40..4500),
            (Fate::NeedsResponse, true) => self.random.i64(10..900),
            (Fate::NeedsResponse, false) => self.random.i64(60..14_000),
            (Fate::WaitingOnUser, true) => self.random.i64(5..150),
            (Fate::WaitingOnUser, false) => self.random.i64(120..200_000),
            (Fate::Hold, _) => self.random.i64(1800..250_000),
            (Fate::Resolved, _) => return self.office_hours(0..11),
            (Fate::Archived, _) => return self.office_hours(16..25),
        };
        self.now - TimeDelta::seconds(ago)
    }
}

/// The steps of a story after which it stands as the fate wants.
fn ends(number: usize, story: &Story, fate: Fate) -> Vec<(usize, usize)> {
    let chat = super::content::is_chat(story.channel);
    let suits = |(n, step): (usize, &Step)| match (fate, step) {
        (Fate::New, Step::Customer(_)) => n == 0,
        (Fate::NeedsResponse, Step::Customer(_)) => n > 0,
        (Fate::WaitingOnUser, Step::Agent(_)) => !chat || number.is_multiple_of(5),
        (Fate::Hold, Step::Hold { .. }) => true,
        (Fate::Resolved | Fate::Archived, Step::Resolve { .. }) => true,
        _ => false,
    };
    let steps = story.steps.iter().enumerate().filter(|step| suits(*step));
    steps.map(|(step, _)| (number, step)).collect()
}

/// Where a person of a shop writes from.
pub fn address(channel: &str, name: &str, shop: &str) -> String {
    match channel {
        "sms" | "whatsapp" => phone(name, shop),
        _ => mail(name, shop),
    }
}

/// A number of the range that is kept for stories.
pub fn phone(name: &str, shop: &str) -> String {
    let sum = format!("{name}{shop}").bytes().fold(7u32, |sum, byte| (sum * 31 + u32::from(byte)) % 9973);
    format!("+4477009{:05}", sum)
}

pub fn mail(name: &str, shop: &str) -> String {
    let first = name.split(' ').next().unwrap_or_default();
    format!("{}@{}", slug(first), domain(shop))
}

/// The mail domain of a shop.
pub fn domain(shop: &str) -> String {
    format!("{}.example", slug(shop))
}

fn slug(text: &str) -> String {
    let plain = |c: char| match c {
        'á' | 'à' => Some('a'),
        'é' | 'è' => Some('e'),
        'ń' => Some('n'),
        c if c.is_ascii_alphanumeric() => Some(c.to_ascii_lowercase()),
        ' ' => Some('-'),
        _ => None,
    };
    let text: String = text.chars().filter_map(plain).collect();
    text.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}
