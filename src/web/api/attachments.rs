//! Files: sent here first, then named in a reply or a note; and read again.

use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{CustomizeResponder, FromRequest, HttpRequest, HttpResponse, Responder, get, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::BASE;
use super::body::plain;
use super::door::Me;
use crate::domain::Refused;
use crate::domain::attachment;
use crate::web::upload::Sent;
use crate::web::{Error, attachments};

/// A file of a message, or one that waits to be sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attachment {
    /// What `attachments` of a reply or a note takes.
    pub id: i64,
    /// What its sender called it.
    pub name: String,
    /// The media type its bytes have.
    #[serde(rename = "type")]
    pub kind: String,
    /// In bytes.
    pub size: i64,
    /// In pixels, of a picture.
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// Where its bytes are.
    pub url: String,
}

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form for the document")]
pub struct NewAttachment {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

impl From<attachment::Attachment> for Attachment {
    fn from(file: attachment::Attachment) -> Self {
        Attachment {
            id: file.id.0,
            url: format!("{BASE}/attachments/{}", file.name),
            name: file.file_name,
            kind: file.kind,
            size: file.size,
            width: file.pixels.map(|(width, _)| width),
            height: file.pixels.map(|(_, height)| height),
        }
    }
}

/// Takes a file in. It belongs to whoever sent it until a reply or a note names it; unsent ones go after a day.
#[utoipa::path(
    tag = "conversations",
    request_body(content = NewAttachment, content_type = "multipart/form-data"),
    responses((status = 201, body = Attachment))
)]
#[post("/attachments")]
pub async fn create(
    me: Me,
    request: HttpRequest,
    payload: actix_web::web::Payload,
) -> Result<CustomizeResponder<Json<Attachment>>, Error> {
    let sent = Sent::from_request(&request, &mut payload.into_inner()).await?;
    if let Some(refused) = sent.refused {
        return Err(refused.into());
    }
    if sent.files.len() != 1 {
        return Err(Refused::invalid("file", "Send one file, as multipart/form-data.").into());
    }
    let kept = me.does(move |desk, me| desk.upload(me, None, sent.files)).await?;
    let file = kept.into_iter().next().ok_or(Error::NotFound)?;
    Ok(Json(Attachment::from(file)).customize().with_status(StatusCode::CREATED))
}

/// The bytes of a file: of a message that I may see, or of my own that waits.
#[utoipa::path(tag = "conversations", responses((status = 200, content_type = "application/octet-stream")))]
#[get("/attachments/{name}")]
pub async fn show(me: Me, name: Path<String>) -> Result<HttpResponse, Error> {
    let name = plain(&name);
    let (file, bytes) = me.does(move |desk, me| desk.attachment_and_bytes(me, &name)).await?;
    Ok(attachments::answer(&file, bytes))
}
