//! The words that forms offer: tags, and resolutions.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, Responder, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::Body;
use super::door::Me;
use super::list::List;
use super::patch::read;
use crate::desk::choices::{Choice, List as Of, is_given};
use crate::desk::{Desk, Done, Error as Refusal};
use crate::web::Error;

/// A word that is offered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Word {
    pub name: String,
    /// 1 for the first.
    pub position: usize,
    /// How many conversations carry it.
    pub used: i64,
    /// Switchboard itself gives it: it can be moved, and nothing else.
    pub given: bool,
}

/// A word to offer, or what to change of one. What carries it keeps the word it has.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WordFields {
    pub name: Option<String>,
    /// 1 for the first; a new word without one is the last.
    pub position: Option<usize>,
}

fn all(desk: &Desk, of: Of) -> Done<Vec<Word>> {
    let choices: Vec<Choice> = match of {
        Of::Resolutions => desk.resolutions()?,
        Of::Tags => desk.offered_tags()?.0,
    };
    let word = |(at, choice): (usize, Choice)| Word {
        given: of == Of::Resolutions && is_given(&choice.name),
        name: choice.name,
        position: at + 1,
        used: choice.used,
    };
    Ok(choices.into_iter().enumerate().map(word).collect())
}

fn one(desk: &Desk, of: Of, name: &str) -> Done<Word> {
    all(desk, of)?.into_iter().find(|word| word.name == name).ok_or(Refusal::NotFound)
}

fn added(desk: &Desk, of: Of, fields: WordFields) -> Done<Word> {
    let name = desk.add_choice(of, &fields.name.unwrap_or_default())?;
    placed(desk, of, name, fields.position)
}

fn changed(desk: &Desk, of: Of, name: &str, fields: WordFields) -> Done<Word> {
    let known = one(desk, of, name)?.name;
    let name = match fields.name.filter(|to| *to != known) {
        Some(to) => desk.rename_choice(of, &known, &to)?,
        None => known,
    };
    placed(desk, of, name, fields.position)
}

fn placed(desk: &Desk, of: Of, name: String, position: Option<usize>) -> Done<Word> {
    if let Some(position) = position {
        desk.move_choice(of, &name, position)?;
    }
    one(desk, of, &name)
}

fn removed(desk: &Desk, of: Of, name: &str) -> Done<Word> {
    let gone = one(desk, of, name)?;
    desk.remove_choice(of, name)?;
    Ok(gone)
}

/// Lists the resolutions one may choose, in their order.
#[utoipa::path(tag = "set-up", responses((status = 200, body = List<Word>)))]
#[get("/resolutions")]
pub async fn resolutions(me: Me) -> Result<Json<List<Word>>, Error> {
    Ok(Json(List::whole(me.does(|desk, _| all(desk, Of::Resolutions)).await?)))
}

/// Adds a resolution.
#[utoipa::path(tag = "set-up", request_body = WordFields, responses((status = 201, body = Word)))]
#[post("/resolutions")]
pub async fn add_resolution(me: Me, body: Body<WordFields>) -> Result<CustomizeResponder<Json<Word>>, Error> {
    me.sets_up()?;
    let fields = body.0?;
    let made = me.does(move |desk, _| added(desk, Of::Resolutions, fields)).await?;
    Ok(Json(made).customize().with_status(StatusCode::CREATED))
}

/// Renames or moves a resolution.
#[utoipa::path(tag = "set-up", request_body = WordFields, responses((status = 200, body = Word)))]
#[patch("/resolutions/{name}")]
pub async fn change_resolution(
    me: Me,
    path: Path<String>,
    body: Body<Map<String, Value>>,
) -> Result<Json<Word>, Error> {
    let name = path.into_inner();
    let known = name.clone();
    me.does(move |desk, _| one(desk, Of::Resolutions, &known)).await?;
    me.sets_up()?;
    let fields = read::<WordFields, Word>(body.0?, &[])?;
    Ok(Json(me.does(move |desk, _| changed(desk, Of::Resolutions, &name, fields)).await?))
}

/// Takes a resolution away.
#[utoipa::path(tag = "set-up", responses((status = 200, body = Word)))]
#[delete("/resolutions/{name}")]
pub async fn remove_resolution(me: Me, path: Path<String>) -> Result<Json<Word>, Error> {
    let name = path.into_inner();
    let known = name.clone();
    me.does(move |desk, _| one(desk, Of::Resolutions, &known)).await?;
    me.sets_up()?;
    Ok(Json(me.does(move |desk, _| removed(desk, Of::Resolutions, &name)).await?))
}

/// Lists the tags that are offered, in their order.
#[utoipa::path(tag = "set-up", responses((status = 200, body = List<Word>)))]
#[get("/tags")]
pub async fn tags(me: Me) -> Result<Json<List<Word>>, Error> {
    Ok(Json(List::whole(me.does(|desk, _| all(desk, Of::Tags)).await?)))
}

/// Offers a tag.
#[utoipa::path(tag = "set-up", request_body = WordFields, responses((status = 201, body = Word)))]
#[post("/tags")]
pub async fn add_tag(me: Me, body: Body<WordFields>) -> Result<CustomizeResponder<Json<Word>>, Error> {
    me.names_tags()?;
    let fields = body.0?;
    let made = me.does(move |desk, _| added(desk, Of::Tags, fields)).await?;
    Ok(Json(made).customize().with_status(StatusCode::CREATED))
}

/// Renames or moves an offered tag.
#[utoipa::path(tag = "set-up", request_body = WordFields, responses((status = 200, body = Word)))]
#[patch("/tags/{name}")]
pub async fn change_tag(me: Me, path: Path<String>, body: Body<Map<String, Value>>) -> Result<Json<Word>, Error> {
    let name = path.into_inner();
    let known = name.clone();
    me.does(move |desk, _| one(desk, Of::Tags, &known)).await?;
    me.names_tags()?;
    let fields = read::<WordFields, Word>(body.0?, &[])?;
    Ok(Json(me.does(move |desk, _| changed(desk, Of::Tags, &name, fields)).await?))
}

/// Offers a tag no more.
#[utoipa::path(tag = "set-up", responses((status = 200, body = Word)))]
#[delete("/tags/{name}")]
pub async fn remove_tag(me: Me, path: Path<String>) -> Result<Json<Word>, Error> {
    let name = path.into_inner();
    let known = name.clone();
    me.does(move |desk, _| one(desk, Of::Tags, &known)).await?;
    me.names_tags()?;
    Ok(Json(me.does(move |desk, _| removed(desk, Of::Tags, &name)).await?))
}
