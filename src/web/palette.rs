//! `/palette?q=`: what the palette offers besides its commands.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::Error;
use super::chrome::{Found, FoundItem};
use super::page::Page;
use crate::desk::contacts::Listed;
use crate::domain::interaction::Interaction;
use crate::domain::row::Row;

/// `?q=`
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

/// `GET /palette`
pub async fn find(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let finds = page.desk.find(&page.me, &asked.q)?;
        let mut items: Vec<FoundItem> = finds.numbered.iter().map(|row| conversation(row, true)).collect();
        items.extend(finds.records.iter().map(record));
        items.extend(finds.titled.iter().map(|row| conversation(row, false)));
        items.extend(finds.people.iter().map(person));
        page.shows(&Found { items })
    })
    .await
}

fn conversation(row: &Row, exact: bool) -> FoundItem {
    let sub = format!("{} · {}", row.who, row.id);
    FoundItem {
        url: format!("/conversations/{}", row.id),
        mark: format!("stage-{}", row.stage.as_str()),
        text: row.title.clone(),
        sub,
        exact,
    }
}

fn record(one: &Interaction) -> FoundItem {
    let text = if one.short_description.is_empty() { "No short description yet" } else { &one.short_description };
    FoundItem {
        url: format!("/interactions/{}", one.id),
        mark: format!("state-{}", one.state.as_str()),
        text: text.to_owned(),
        sub: one.id.to_string(),
        exact: true,
    }
}

fn person(one: &Listed) -> FoundItem {
    FoundItem {
        url: format!("/contacts/{}", one.id),
        mark: String::new(),
        text: one.name.clone(),
        sub: one.organization.clone().unwrap_or_default(),
        exact: false,
    }
}
