//! Forms with files. The body is read as it arrives, each file up to its limit and no further; what all uploads hold in
//! memory together has a limit as well.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::StreamExt;

use super::{Error, Problem};
use crate::config::limits::{ATTACHMENT_BYTES, ATTACHMENTS, FORM_BYTES, UPLOADING_BYTES};
use crate::desk::attachments::{too_large, too_many};
use crate::domain::attachment::{Upload, file_name};

/// Parts of a body: more is nothing a form of ours sends.
const PARTS: usize = 64;

/// What all uploads hold at this moment.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// A form as it was sent, with its files; also one without any.
#[derive(Default)]
pub struct Sent {
    /// In the order they were sent; a name may stand there more than once.
    pub fields: Vec<(String, String)>,
    pub files: Vec<Upload>,
    /// A file that cannot be taken; the rest of the form is here all the same, so that nothing typed is lost.
    pub refused: Option<crate::domain::Refused>,
    _held: Held,
}

impl FromRequest for Sent {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if request.content_type() == "multipart/form-data" {
            let parts = Multipart::from_request(request, payload).into_inner();
            return Box::pin(async move { read(parts.map_err(|_| malformed())?).await });
        }
        if request.content_type() != "application/x-www-form-urlencoded" {
            return Box::pin(async { Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE)) });
        }
        let body = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let body = body.await.map_err(|error| refused(error.as_response_error().status_code()))?;
            let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).map_err(|_| malformed())?;
            let fields = fields.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect();
            Ok(Sent { fields, ..Sent::default() })
        })
    }
}

impl Sent {
    /// The first value of a field.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The fields read as a form.
    pub fn form<T: serde::de::DeserializeOwned>(&self) -> Result<T, Error> {
        let again = serde_urlencoded::to_string(&self.fields).map_err(|_| malformed())?;
        serde_urlencoded::from_str(&again).map_err(|_| refused(StatusCode::UNPROCESSABLE_ENTITY))
    }
}

async fn read(mut parts: Multipart) -> Result<Sent, Error> {
    let (mut sent, mut held, mut text) = (Sent::default(), Held::default(), 0);
    for _ in 0..PARTS {
        let Some(part) = parts.next().await else { return Ok(Sent { _held: held, ..sent }) };
        let mut part = part.map_err(|error| unread(&error))?;
        let name = part.name().unwrap_or_default().to_owned();
        let given = part.content_disposition().and_then(|of| of.get_filename().map(str::to_owned));
        let Some(given) = given else {
            let (bytes, over) = bytes(&mut part, FORM_BYTES - text, &mut held).await?;
            if over {
                return Err(refused(StatusCode::PAYLOAD_TOO_LARGE));
            }
            text += bytes.len();
            let value = String::from_utf8(bytes).map_err(|_| malformed())?;
            sent.fields.push((name, value.replace("\r\n", "\n")));
            continue;
        };
        let (bytes, over) = match sent.files.len() < ATTACHMENTS && sent.refused.is_none() {
            true => bytes(&mut part, ATTACHMENT_BYTES, &mut held).await?,
            false => bytes(&mut part, 0, &mut held).await?,
        };
        // A browser sends a file without a name and without bytes where none was chosen.
        if given.is_empty() && bytes.is_empty() && !over {
            continue;
        }
        match Upload::of(&given, bytes) {
            _ if sent.refused.is_some() => {}
            _ if sent.files.len() >= ATTACHMENTS => sent.refused = Some(too_many()),
            _ if over => sent.refused = Some(too_large(&file_name(&given))),
            Ok(file) => sent.files.push(file),
            Err(refused) => sent.refused = Some(refused),
        }
    }
    Err(malformed())
}

/// A part up to a limit, and whether there was more: the rest is read and dropped, so that the form can be answered.
async fn bytes(part: &mut Field, limit: usize, held: &mut Held) -> Result<(Vec<u8>, bool), Error> {
    let (mut bytes, mut dropped) = (Vec::new(), 0_usize);
    while let Some(piece) = part.next().await {
        let piece = piece.map_err(|error| unread(&error))?;
        if dropped > 0 || bytes.len() + piece.len() > limit {
            dropped += piece.len();
            bytes = Vec::new();
            if dropped > limit.max(ATTACHMENT_BYTES) {
                return Err(refused(StatusCode::PAYLOAD_TOO_LARGE));
            }
            continue;
        }
        held.take(piece.len())?;
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, dropped > 0))
}

/// What one upload holds; given back when it ends.
#[derive(Default)]
struct Held(usize);

impl Held {
    fn take(&mut self, bytes: usize) -> Result<(), Error> {
        self.0 += bytes;
        if HELD.fetch_add(bytes, Ordering::Relaxed) + bytes > UPLOADING_BYTES {
            return Err(Error::Unavailable("too many uploads at once".to_owned()));
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.fetch_sub(self.0, Ordering::Relaxed);
    }
}

fn unread(error: &MultipartError) -> Error {
    refused(actix_web::ResponseError::status_code(error))
}

fn malformed() -> Error {
    refused(StatusCode::BAD_REQUEST)
}

fn refused(status: StatusCode) -> Error {
    Error::Malformed(status, Problem::of_status(status).message)
}
