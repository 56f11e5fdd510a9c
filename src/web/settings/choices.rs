//! `/settings/tags` and `/settings/resolutions`: the words that forms offer, in their order.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{Sections, enter, may_enter};
use crate::desk;
use crate::desk::choices::{Choice, List, is_given};
use crate::web::chrome::{Chrome, Toast};
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, goes_saying};
use crate::web::{Error, assets, filters};

/// The sections: a list each.
const SECTIONS: [(&str, List); 2] = [("tags", List::Tags), ("resolutions", List::Resolutions)];

/// `GET /settings/tags`, `GET /settings/resolutions`. `POST` adds a `name`; `POST .../change` takes the `name` of one and `to`,
/// `POST .../position` its `position`, `POST .../removal` the name alone.
#[derive(Template)]
#[template(path = "settings/choices.html")]
struct ChoicesPage {
    chrome: Chrome,
    sections: Sections,
    key: &'static str,
    choices: Vec<Choice>,
    /// Tags that are used without being offered.
    besides: Vec<Choice>,
    typed: String,
    problem: Option<Problem>,
}

/// What these forms send.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
    to: String,
    position: usize,
}

/// Addresses of both sections.
pub fn routes(config: &mut ServiceConfig) {
    for (key, list) in SECTIONS {
        let at = |rest: &str| web::resource(format!("/settings/{key}{rest}")).app_data(web::Data::new((key, list)));
        config
            .service(at("").get(show).post(add))
            .service(at("/change").post(change))
            .service(at("/position").post(put))
            .service(at("/removal").post(remove));
    }
}

type Which = web::Data<(&'static str, List)>;

async fn show(page: Page, which: Which) -> Result<HttpResponse, Error> {
    page.answer(move |page| render(page, *which.get_ref(), String::new(), None, StatusCode::OK)).await
}

async fn add(page: Page, which: Which, form: web::Form<Named>) -> Result<HttpResponse, Error> {
    done(page, which, form, |desk, list, form| Ok(format!("{} is offered.", desk.add_choice(list, &form.name)?))).await
}

async fn change(page: Page, which: Which, form: web::Form<Named>) -> Result<HttpResponse, Error> {
    done(page, which, form, |desk, list, form| {
        let name = desk.rename_choice(list, &form.name, &form.to)?;
        Ok(format!("{} is called {name} now.", form.name))
    })
    .await
}

async fn put(page: Page, which: Which, form: web::Form<Named>) -> Result<HttpResponse, Error> {
    done(page, which, form, |desk, list, form| {
        desk.move_choice(list, &form.name, form.position)?;
        Ok(format!("{} is number {} now.", form.name, form.position.max(1)))
    })
    .await
}

async fn remove(page: Page, which: Which, form: web::Form<Named>) -> Result<HttpResponse, Error> {
    done(page, which, form, |desk, list, form| {
        desk.remove_choice(list, &form.name)?;
        Ok(format!("{} is not offered any more.", form.name))
    })
    .await
}

/// Does something with a word of a list and goes back to it; refused, the page says why.
async fn done(
    page: Page,
    which: Which,
    form: web::Form<Named>,
    verb: impl Fn(&desk::Desk, List, &Named) -> desk::Done<String> + Send + 'static,
) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (key, list) = *which.get_ref();
        may_enter(&page.me, key)?;
        match verb(&page.desk, list, &form) {
            Ok(said) => goes_saying(format!("/settings/{key}"), Toast::done(said)),
            Err(desk::Error::Refused(refused)) => {
                let problem = Problem::of(&refused, &[("name", "name")]);
                let typed = if form.to.is_empty() { form.name.clone() } else { form.to.clone() };
                render(page, (key, list), typed, Some(problem), crate::web::Problem::of(&refused).status)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn render(
    page: &Page,
    (key, list): (&'static str, List),
    typed: String,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (chrome, sections) = enter(page, key)?;
    let (choices, besides) = match list {
        List::Resolutions => (page.desk.resolutions()?, Vec::new()),
        List::Tags => page.desk.offered_tags()?,
    };
    page.shows_as(status, &ChoicesPage { chrome, sections, key, choices, besides, typed, problem })
}

impl ChoicesPage {
    fn is_given(&self, choice: &Choice) -> bool {
        self.key == "resolutions" && is_given(&choice.name)
    }
}
