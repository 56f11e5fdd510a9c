//! The doors for Twilio: what it posts, signed with the token of the channel, and the files it fetches from us.

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::{Error, Site, attachments, work};
use crate::channels::sms::{self, Posted, Wrong, media};
use crate::desk::Desk;
use crate::domain::MessageId;

/// The addresses of both.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/channels/{slug}/twilio").post(receive))
        .service(web::resource("/channels/{slug}/twilio/status").post(receive))
        .service(web::resource("/channels/{slug}/media/{name}/{until}/{proof}").get(file));
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Unsigned => Error::Forbidden("The signature is not right.".to_owned()),
            Wrong::Desk(error) => error.into(),
        }
    }
}

/// `POST /channels/{slug}/twilio`: a message; `POST /channels/{slug}/twilio/status`: how far one of ours is. What is
/// posted says itself which of the two it is.
async fn receive(
    desk: Data<Desk>,
    site: Data<Site>,
    request: HttpRequest,
    slug: web::Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let place = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let signature = request.headers().get("x-twilio-signature").and_then(|value| value.to_str().ok());
    let posted = Posted {
        url: format!("{}{place}", site.base(&request)),
        about: about(request.query_string()),
        signature: signature.unwrap_or_default().to_owned(),
        body: body.to_vec(),
        allowed: site.outgoing_allow.clone(),
    };
    let (slug, from) = (slug.into_inner(), site.address(&request));
    let desk = desk.into_inner();
    let answer = work(move || {
        let answer = sms::receive(&desk, &slug, &posted);
        if matches!(answer, Err(Wrong::Unsigned)) {
            tracing::warn!(channel = slug, %from, "refused what was posted as Twilio's: its signature is not right");
        }
        answer
    });
    Ok(HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(answer.await?))
}

/// The message that our own address named.
fn about(query: &str) -> Option<MessageId> {
    let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
    let (_, id) = fields.into_iter().find(|(name, _)| name == "message")?;
    id.parse().ok().map(MessageId)
}

/// `GET /channels/{slug}/media/{name}/{until}/{proof}`: a file for whoever was given its address.
async fn file(
    desk: Data<Desk>,
    site: Data<Site>,
    path: web::Path<(String, String, i64, String)>,
) -> Result<HttpResponse, Error> {
    let (slug, name, until, proof) = path.into_inner();
    if !media::is_ours(&site.key, &slug, &name, until, &proof, desk.clock.now()) {
        return Err(Error::NotFound);
    }
    let desk = desk.into_inner();
    let (file, bytes) = work(move || desk.attachment_sent(desk.channel(&slug)?.id, &name)).await?;
    Ok(attachments::answer(&file, bytes))
}
