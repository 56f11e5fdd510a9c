//! Reply on a row that nobody has: it becomes theirs, and is opened where one writes.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::desk;
use crate::domain::{ConversationId, Refused};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::page::{Page, came_from, goes, goes_saying, number};
use crate::web::text::agent_name;

/// The row.
#[derive(Deserialize)]
pub struct Claimed {
    open: String,
}

/// `POST /inbox/claim`
pub async fn claim(page: Page, request: HttpRequest, form: web::Form<Claimed>) -> Result<HttpResponse, Error> {
    let id: ConversationId = number(&form.open)?;
    let beside = beside(came_from(&request), id);
    page.answer(move |page| {
        let interaction = page.desk.conversation(&page.me, id)?.interaction.id;
        match page.desk.take(&page.me, interaction) {
            Ok(_) => goes(format!("{beside}#reply")),
            Err(desk::Error::Refused(Refused::AlreadyAssigned(agent))) => {
                let name = agent_name(page.desk.directory()?.as_ref(), agent);
                goes_saying(beside, Toast::refused(format!("{name} has taken this already.")))
            }
            Err(desk::Error::Refused(refused)) => goes_saying(beside, Toast::refused(refused.to_string())),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// It is opened beside the list it stood in, as that was ordered and narrowed.
fn beside(list: Option<String>, id: ConversationId) -> String {
    let Some(list) = list.filter(|list| list.starts_with("/inbox/")) else { return format!("/conversations/{id}") };
    let (path, query) = list.split_once('?').unwrap_or((&list, ""));
    let kept: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let kept = kept.into_iter().filter(|(name, _)| matches!(name.as_str(), "sort" | "tag"));
    let query: Vec<(String, String)> = kept.chain([("open".to_owned(), id.to_string())]).collect();
    format!("{path}?{}", serde_urlencoded::to_string(query).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_opened_beside_its_list() {
        let beside = |list: &str| beside(Some(list.to_owned()), ConversationId(7));
        assert_eq!(beside("/inbox/mine"), "/inbox/mine?open=CONV-7");
        assert_eq!(
            beside("/inbox/q/a?sort=newest&open=CONV-1&tag=A%20b&after=x"),
            "/inbox/q/a?sort=newest&tag=A+b&open=CONV-7"
        );
        assert_eq!(beside("/contacts/1"), "/conversations/CONV-7");
    }
}
