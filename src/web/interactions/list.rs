//! `/interactions`: all records, newest first, with filters: where walk-ups are found again.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::{InteractionsPage, Line};
use crate::desk::directory::Directory;
use crate::desk::interactions::Wanted;
use crate::domain::interaction::Interaction;
use crate::domain::state::{ContactType, State};
use crate::domain::{AgentId, InteractionId};
use crate::web::Error;
use crate::web::page::{Page, Place};
use crate::web::shown;

/// Records on one page.
const LINES: i64 = 50;

/// `?type=&state=&queue=&mine=&before=`. What is none of the words filters nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(rename = "type")]
    pub kind: String,
    pub state: String,
    pub queue: String,
    pub mine: String,
    pub before: String,
}

/// `GET /interactions`
pub async fn list(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (kind, state) = (asked.kind.parse::<ContactType>().ok(), asked.state.parse::<State>().ok());
        let mine = !asked.mine.is_empty();
        let directory = page.desk.directory()?;
        let queue = directory.queues_of(&page.me).find(|queue| queue.slug == asked.queue);
        let (assignee, queue_id) = (mine.then_some(page.me.id), queue.map(|queue| queue.id));
        let wanted = Wanted { kind, state, assignee, queue: queue_id, ..Wanted::default() };
        let before: Option<InteractionId> = asked.before.parse().ok();
        let mut found = page.desk.interactions(&page.me, wanted, before, LINES + 1)?;
        let more = found.len() > usize::try_from(LINES).unwrap_or(usize::MAX);
        found.truncate(usize::try_from(LINES).unwrap_or(usize::MAX));
        let names = page.desk.names_of(&found)?;
        let lines = found.iter().zip(names).map(|(one, (who, title))| line(one, who, title, &directory));
        let slug = queue.map(|queue| queue.slug.clone()).unwrap_or_default();
        let queues = directory.queues_of(&page.me).map(|queue| (queue.slug.clone(), queue.name.clone()));
        let last = found.last().filter(|_| more).map(|last| last.id.to_string());
        page.shows(&InteractionsPage {
            chrome: page.chrome(Place { current: "interactions", ..Place::default() })?,
            lines: lines.collect(),
            kind,
            state,
            mine,
            more: last.map(|last| address(kind, state, &slug, mine, &last)),
            queues: queues.collect(),
            queue: slug,
        })
    })
    .await
}

fn line(one: &Interaction, who: String, title: String, directory: &Directory) -> Line {
    let named = |id: AgentId| shown::named(directory, id);
    Line {
        id: one.id,
        kind: one.kind,
        state: one.state,
        short_description: one.short_description.clone(),
        title,
        who,
        assignee: one.assignee.map(|assignee| named(assignee.id)),
        queue: one.queue.and_then(|id| directory.queue(id)).map(|queue| queue.name.clone()),
        at: one.opened_at,
    }
}

fn address(kind: Option<ContactType>, state: Option<State>, queue: &str, mine: bool, before: &str) -> String {
    let kind = kind.map_or("", ContactType::as_str);
    let state = state.map_or("", State::as_str);
    let mine = if mine { "yes" } else { "" };
    format!("?type={kind}&state={state}&queue={queue}&mine={mine}&before={before}")
}
