//! `/widget/{key}/files/{name}`: a file in a visitor's thread, by an address that was sealed for them.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::visit::{Visit, widget};
use crate::channels::widget::link;
use crate::desk::Desk;
use crate::desk::visitors::Thread;
use crate::domain::ProfileId;
use crate::domain::attachment::Attachment;
use crate::web::session::data;
use crate::web::work::work;
use crate::web::{Error, Site, attachments};

/// What an address carries.
#[derive(Deserialize)]
pub struct Sealed {
    of: i64,
    day: i64,
    seal: String,
}

/// `GET /widget/{key}/files/{name}?of=..&day=..&seal=..`
pub async fn show(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    sealed: web::Query<Sealed>,
) -> Result<HttpResponse, Error> {
    let (desk, site) = (data::<Desk>(&request)?, data::<Site>(&request)?);
    site.visitor_limits.look(site.address(&request))?;
    let (key, name) = path.into_inner();
    let channel = widget(&desk, &key).await?;
    let profile = ProfileId(sealed.of);
    let now = desk.clock.now();
    if !link::opens(&site.key, &channel.key, (profile, &name), (sealed.day, &sealed.seal), now) {
        return Err(Error::NotFound);
    }
    let (file, bytes) = work(move || desk.attachment_of(profile, &name)).await?;
    Ok(attachments::answer(&file, bytes))
}

/// The address of a file in a thread of this visit.
pub fn address(visit: &Visit, thread: &Thread, file: &Attachment) -> String {
    let (key, day) = (&visit.channel.key, link::day(visit.desk.clock.now()));
    let seal = link::seal(&visit.site.key, key, thread.profile, &file.name, day).unwrap_or_default();
    format!("/widget/{key}/files/{}?of={}&day={day}&seal={seal}", file.name, thread.profile)
}
