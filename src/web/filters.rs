//! What templates say with `|`: `{{ "check"|icon }}`, `{{ stage|badge }}`, `{{ at|clock_time }}`. No filter decides anything.

use askama::{Result, Values, filter_fn};
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::ids::AgentId;
use crate::domain::people::Presence;
use crate::domain::row::NamedAgent;
use crate::domain::stage::Stage;
use crate::domain::state::{ContactType, State};

use super::conversations::forms::Problem;
use super::marks::{Amount, Avatar, Badge, Clock, Drawing, Field, Glyph, Icon, Linked, Moment, Who, Wrong};

/// `{{ "check"|icon }}`, 16 px.
#[filter_fn]
pub fn icon<'a>(name: &'a str, _: &dyn Values) -> Result<Icon<'a>> {
    Ok(Icon { name, class: "", label: "" })
}

/// `{{ offer.drawing|drawing }}`: a drawing of our own making.
#[filter_fn]
pub fn drawing<'a>(svg: &'a str, _: &dyn Values) -> Result<Drawing<'a>> {
    Ok(Drawing(svg))
}

/// `{{ "check"|small_icon }}`, 14 px.
#[filter_fn]
pub fn small_icon<'a>(name: &'a str, _: &dyn Values) -> Result<Icon<'a>> {
    Ok(Icon { name, class: " i--sm", label: "" })
}

/// `{{ "check"|large_icon }}`, 20 px.
#[filter_fn]
pub fn large_icon<'a>(name: &'a str, _: &dyn Values) -> Result<Icon<'a>> {
    Ok(Icon { name, class: " i--lg", label: "" })
}

/// The mark of Switchboard.
#[filter_fn]
pub fn brand<'a>(name: &'a str, _: &dyn Values) -> Result<Glyph<'a>> {
    Ok(Glyph { family: "", name, class: "", label: "" })
}

/// A stage with its word.
#[filter_fn]
pub fn badge(stage: &Stage, _: &dyn Values) -> Result<Badge> {
    Ok(Badge { family: "stage", name: stage.as_str(), label: stage.label(), class: "" })
}

/// A stage as a mark alone, named for screen readers.
#[filter_fn]
pub fn stage_mark(stage: &Stage, _: &dyn Values) -> Result<Glyph<'static>> {
    Ok(Glyph { family: "stage-", name: stage.as_str(), class: " glyph--sm stage-mark", label: stage.label() })
}

/// A stage as a mark beside its word.
#[filter_fn]
pub fn stage_glyph(stage: &Stage, _: &dyn Values) -> Result<Glyph<'static>> {
    Ok(Glyph { family: "stage-", name: stage.as_str(), class: " glyph--sm stage-mark", label: "" })
}

/// A state with its word.
#[filter_fn]
pub fn state_badge(state: &State, _: &dyn Values) -> Result<Badge> {
    Ok(Badge { family: "state", name: state.as_str(), label: state.label(), class: "" })
}

/// A state as a mark alone.
#[filter_fn]
pub fn state_mark(state: &State, _: &dyn Values) -> Result<Glyph<'static>> {
    Ok(Glyph { family: "state-", name: state.as_str(), class: " glyph--sm stage-mark", label: state.label() })
}

/// How a contact reached us, named for screen readers.
#[filter_fn]
pub fn type_icon(kind: &ContactType, _: &dyn Values) -> Result<Icon<'static>> {
    Ok(Icon { name: type_name(*kind), class: "", label: kind.label() })
}

/// How a contact reached us, beside its word.
#[filter_fn]
pub fn type_mark(kind: &ContactType, _: &dyn Values) -> Result<Icon<'static>> {
    Ok(Icon { name: type_name(*kind), class: " i--sm", label: "" })
}

/// The mark of an escalated row.
#[filter_fn]
pub fn rank_mark(_rank: &i16, _: &dyn Values) -> Result<Glyph<'static>> {
    Ok(Glyph { family: "rank-", name: "escalated", class: " glyph--sm", label: "Escalated" })
}

/// Initials, 28 px; `size` is `xs` (20), `sm` (24), `md` (28) or `lg` (40).
#[filter_fn]
pub fn avatar<'a>(name: &'a str, _: &dyn Values, size: &'a str) -> Result<Avatar<'a>> {
    Ok(Avatar { name, class: size, presence: "" })
}

/// Initials with a presence dot.
#[filter_fn]
pub fn avatar_present<'a>(name: &'a str, _: &dyn Values, presence: &Presence) -> Result<Avatar<'a>> {
    Ok(Avatar { name, class: "md", presence: presence.as_str() })
}

/// A name that reads "You" on that agent's own pages.
#[filter_fn]
pub fn who<'a>(name: &'a str, _: &dyn Values, agent: &Option<AgentId>) -> Result<Who<'a>> {
    Ok(Who { name, agent: *agent })
}

/// An agent by name.
#[filter_fn]
pub fn agent_name<'a>(agent: &'a NamedAgent, _: &dyn Values) -> Result<Who<'a>> {
    Ok(Who { name: &agent.name, agent: Some(agent.id) })
}

/// 09:58 today, else the day.
#[filter_fn]
pub fn moment(at: &DateTime<Utc>, _: &dyn Values) -> Result<Moment> {
    Ok(Moment { at: *at, format: "" })
}

/// Always 09:58.
#[filter_fn]
pub fn clock_time(at: &DateTime<Utc>, _: &dyn Values) -> Result<Moment> {
    Ok(Moment { at: *at, format: "clock" })
}

/// Today, Tuesday, 6 Nov.
#[filter_fn]
pub fn day(at: &DateTime<Utc>, _: &dyn Values) -> Result<Moment> {
    Ok(Moment { at: *at, format: "day" })
}

/// Tuesday 09:58.
#[filter_fn]
pub fn day_time(at: &DateTime<Utc>, _: &dyn Values) -> Result<Moment> {
    Ok(Moment { at: *at, format: "full" })
}

/// An amount of time that is over, with its seconds.
#[filter_fn]
pub fn amount(time: &TimeDelta, _: &dyn Values) -> Result<Amount> {
    Ok(Amount { seconds: time.num_seconds(), full: true })
}

/// An amount of time in short: rows, legends.
#[filter_fn]
pub fn short_amount(time: &TimeDelta, _: &dyn Values) -> Result<Amount> {
    Ok(Amount { seconds: time.num_seconds(), full: false })
}

/// A running clock with its seconds, on top of what was there before.
#[filter_fn]
pub fn running(since: &DateTime<Utc>, _: &dyn Values, before: &TimeDelta) -> Result<Clock> {
    Ok(Clock { since: *since, base: before.num_seconds(), target: None, prefix: "", full: true })
}

/// A running clock in short, on top of what was there before.
#[filter_fn]
pub fn running_short(since: &DateTime<Utc>, _: &dyn Values, before: &TimeDelta) -> Result<Clock> {
    Ok(Clock { since: *since, base: before.num_seconds(), target: None, prefix: "", full: false })
}

/// A row's clock: the wait, with the ring of its target.
#[filter_fn]
pub fn waiting(since: &DateTime<Utc>, _: &dyn Values, target: Option<TimeDelta>) -> Result<Clock> {
    let target = target.map(|t| t.num_seconds()).filter(|seconds| *seconds > 0);
    Ok(Clock { since: *since, base: 0, target, prefix: "Waiting", full: false })
}

/// A row's clock where it is not our turn: the time in this stage.
#[filter_fn]
pub fn staying(since: &DateTime<Utc>, _: &dyn Values) -> Result<Clock> {
    Ok(Clock { since: *since, base: 0, target: None, prefix: "In this stage for", full: false })
}

/// `{{ problem|field("title", "title-hint") }}` in the tag of a field: whether it is wrong, and what describes it.
#[filter_fn]
pub fn field<'a>(problem: &'a Option<Problem>, _: &dyn Values, id: &'a str, hint: &'a str) -> Result<Field<'a>> {
    let wrong = problem.as_ref().is_some_and(|problem| problem.at(id).is_some());
    Ok(Field { id, hint, wrong })
}

/// `{{ problem|wrong("title") }}` below a field: why it is wrong.
#[filter_fn]
pub fn wrong<'a>(problem: &'a Option<Problem>, _: &dyn Values, id: &'a str) -> Result<Wrong<'a>> {
    Ok(Wrong { id, why: problem.as_ref().and_then(|problem| problem.at(id)) })
}

/// Text with its addresses as links.
#[filter_fn]
pub fn linked<'a>(text: &'a str, _: &dyn Values) -> Result<Linked<'a>> {
    Ok(Linked::new(text))
}

/// Two letters for a queue in the narrow rail.
#[filter_fn]
pub fn code(name: &str, _: &dyn Values) -> Result<String> {
    Ok(name.chars().filter(|c| c.is_alphanumeric()).take(2).flat_map(char::to_uppercase).collect())
}

/// 412 bytes, 38 KB, 1.4 MB.
#[filter_fn]
pub fn file_size(bytes: &i64, _: &dyn Values) -> Result<String> {
    Ok(match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{} KB", bytes / 1000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    })
}

fn type_name(kind: ContactType) -> &'static str {
    match kind {
        ContactType::Chat => "message-circle",
        ContactType::Messaging => "message-square-text",
        ContactType::Phone => "phone",
        ContactType::WalkUp => "footprints",
    }
}
