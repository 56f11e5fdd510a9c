//! `/settings/rules`: words that send a new conversation to an agent or a queue.

mod form;
mod page;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;

use super::{enter, may_enter};
use crate::desk::directory::Directory;
use crate::desk::rules::RuleEdit;
use crate::desk::{self, Done};
use crate::domain::routing::{Destination, Rule};
use crate::domain::{Refused, RuleId};
use crate::web::Error;
use crate::web::chrome::Toast;
use crate::web::conversations::forms::Problem;
use crate::web::page::{Answer, Page, goes_saying, number};
use form::Typed;
use page::{ListedRule, RulePage, RulesPage, To, Trial};

/// The key of the section.
const RULES: &str = "rules";
/// Rules on one page.
const AT_ONCE: usize = 200;

/// `?after=`: the rules after this position.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    after: i64,
}

/// Where a rule is moved.
#[derive(Deserialize)]
pub struct Moved {
    position: i64,
}

/// Addresses of the section.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/settings/rules").get(list))
        .service(web::resource("/settings/rules/new").get(new).post(add))
        .service(web::resource("/settings/rules/{id}").get(show).post(change))
        .service(web::resource("/settings/rules/{id}/position").post(put))
        .service(web::resource("/settings/rules/{id}/removal").post(remove));
}

async fn list(page: Page, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        let (chrome, sections) = enter(page, RULES)?;
        let (directory, rules) = (page.desk.directory()?, page.desk.rules()?);
        let of = rules.len();
        let shown = rules.into_iter().filter(|rule| rule.position > asked.after).take(AT_ONCE);
        let rules: Vec<ListedRule> = shown.map(|rule| listed(rule, &directory)).collect();
        let last = rules.last().map_or(0, |rule| rule.position);
        let more = usize::try_from(last).is_ok_and(|last| last > 0 && last < of).then_some(last);
        page.shows(&RulesPage { chrome, sections, of: i64::try_from(of).unwrap_or(i64::MAX), rules, more })
    })
    .await
}

fn listed(rule: Rule, directory: &Directory) -> ListedRule {
    let to = match rule.to {
        Destination::Agent(id) => To::Agent(directory.agent(id).map(|agent| agent.name.clone())),
        Destination::Queue(id) => To::Queue(directory.queue(id).map(|queue| queue.name.clone()).unwrap_or_default()),
    };
    ListedRule { id: rule.id, position: rule.position, keywords: rule.keywords, to }
}

async fn new(page: Page) -> Result<HttpResponse, Error> {
    page.answer(|page| {
        let position = page.desk.rules()?.len() + 1;
        let typed = Typed { position: position.to_string(), ..Typed::default() };
        render(page, None, typed, None, StatusCode::OK)
    })
    .await
}

async fn add(page: Page, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, RULES)?;
        let typed = form.into_inner();
        if typed.is_a_trial() {
            return render(page, None, typed, None, StatusCode::OK);
        }
        let made = typed.read().and_then(|new| page.desk.add_rule(&page.me, new));
        saved(page, None, typed, made, "is there")
    })
    .await
}

async fn show(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, RULES)?;
        let rule = page.desk.rule(RuleId(number(&id)?))?;
        let typed = Typed::of(&rule, &*page.desk.directory()?);
        render(page, Some(rule), typed, None, StatusCode::OK)
    })
    .await
}

async fn change(page: Page, id: web::Path<String>, form: web::Form<Typed>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, RULES)?;
        let rule = page.desk.rule(RuleId(number(&id)?))?;
        let typed = form.into_inner();
        if typed.is_a_trial() {
            return render(page, Some(rule), typed, None, StatusCode::OK);
        }
        let version = typed.version.trim().parse().ok();
        let changed = typed.read().and_then(|new| {
            let edit = RuleEdit { keywords: Some(new.keywords), to: Some(new.to), position: new.position };
            page.desk.change_rule(&page.me, rule.id, edit, version)
        });
        saved(page, Some(rule), typed, changed, "is saved")
    })
    .await
}

async fn put(page: Page, id: web::Path<String>, form: web::Form<Moved>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, RULES)?;
        let id = RuleId(number(&id)?);
        let edit = RuleEdit { position: Some(form.position), ..RuleEdit::default() };
        let rule = page.desk.change_rule(&page.me, id, edit, None)?;
        goes_saying(at(&rule), Toast::done(format!("This is rule {} now.", rule.position)))
    })
    .await
}

async fn remove(page: Page, id: web::Path<String>) -> Result<HttpResponse, Error> {
    page.answer(move |page| {
        may_enter(&page.me, RULES)?;
        let gone = page.desk.remove_rule(&page.me, RuleId(number(&id)?), None)?;
        goes_saying("/settings/rules", Toast::done(format!("Rule {} is removed.", gone.position)))
    })
    .await
}

/// The rule in the list.
fn at(rule: &Rule) -> String {
    let before = (rule.position - 1) / i64::try_from(AT_ONCE).unwrap_or(i64::MAX) * i64::try_from(AT_ONCE).unwrap_or(0);
    let page = if before > 0 { format!("?after={before}") } else { String::new() };
    format!("/settings/rules{page}#rule-{}", rule.id)
}

fn saved(page: &Page, known: Option<Rule>, typed: Typed, rule: Done<Rule>, what: &str) -> Result<Answer, Error> {
    match rule {
        Ok(rule) => goes_saying(at(&rule), Toast::done(format!("Rule {} {what}.", rule.position))),
        Err(desk::Error::Refused(refused)) => again(page, known, typed, &refused),
        Err(error) => Err(error.into()),
    }
}

fn again(page: &Page, known: Option<Rule>, typed: Typed, refused: &Refused) -> Result<Answer, Error> {
    let message = match refused {
        Refused::Stale => "Somebody changed this rule meanwhile. Save again to write over it.".to_owned(),
        refused => refused.to_string(),
    };
    let field = match refused.field() {
        Some("keywords") => "keywords",
        Some("queue" | "agent") => "to",
        Some("position") => "position",
        _ => "",
    };
    let status = crate::web::Problem::of(refused).status;
    let version = known.as_ref().map(|rule| rule.version.to_string()).unwrap_or_default();
    let problem = Problem { field, message, ..Problem::default() };
    render(page, known, Typed { version, ..typed }, Some(problem), status)
}

fn render(
    page: &Page,
    known: Option<Rule>,
    typed: Typed,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let (chrome, sections) = enter(page, RULES)?;
    let directory = page.desk.directory()?;
    let tried = page.desk.try_rule(&typed.keywords(), typed.place(), known.as_ref().map(|rule| rule.id));
    let (trial, problem) = match tried {
        Ok(trial) => (Some(Trial(trial)), problem),
        Err(desk::Error::Refused(refused)) if typed.is_a_trial() => {
            let message = refused.to_string();
            (None, problem.or(Some(Problem { field: "keywords", message, ..Problem::default() })))
        }
        Err(desk::Error::Refused(_)) => (None, problem),
        Err(error) => return Err(error.into()),
    };
    let rules = page.desk.rules()?.len() + usize::from(known.is_none());
    let queues = directory.queues.iter().map(|queue| (queue.slug.clone(), queue.name.clone())).collect();
    let agents = directory.agents.iter().map(|agent| (agent.email.clone(), agent.name.clone())).collect();
    page.shows_as(status, &RulePage { chrome, sections, known, fields: typed, rules, queues, agents, trial, problem })
}
