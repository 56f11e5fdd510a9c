//! Files on their way out. A verified picture is shown; everything else is saved, whatever its sender called it.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ETag, EntityTag, ExtendedValue, Header,
    IfNoneMatch,
};
use actix_web::{HttpRequest, HttpResponse, web};

use super::page::Page;
use super::{Error, work};
use crate::domain::attachment::Attachment;

/// What a browser may do with a file that it opens: nothing.
const POLICY: &str = "default-src 'none'; style-src 'none'; sandbox; frame-ancestors 'none'";

/// The addresses of files.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/attachments/{name}").get(show));
}

/// `GET /attachments/{name}`
async fn show(page: Page, request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Error> {
    let name = name.into_inner();
    if is_known(&request, &name) {
        let (desk, me) = (page.desk, page.me);
        let file = work(move || desk.attachment(&me, &name)).await?;
        return Ok(unchanged(&file));
    }
    let (desk, me) = (page.desk, page.me);
    let (file, bytes) = work(move || desk.attachment_and_bytes(&me, &name)).await?;
    Ok(answer(&file, bytes))
}

/// A file, as anybody who may have it gets it.
pub fn answer(file: &Attachment, bytes: Vec<u8>) -> HttpResponse {
    let shown = file.pixels.is_some();
    let kind = if shown { file.kind.as_str() } else { "application/octet-stream" };
    let disposition = if shown { DispositionType::Inline } else { DispositionType::Attachment };
    complete(HttpResponse::Ok(), file)
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header(named(disposition, &file.file_name))
        .body(bytes)
}

/// 304: the browser has it, and may still have it.
pub fn unchanged(file: &Attachment) -> HttpResponse {
    complete(HttpResponse::build(StatusCode::NOT_MODIFIED), file).finish()
}

/// Whether a browser has this file already. A file never changes under its name.
pub fn is_known(request: &HttpRequest, name: &str) -> bool {
    let Ok(IfNoneMatch::Items(known)) = IfNoneMatch::parse(request) else { return false };
    known.iter().any(|known| known.tag() == name)
}

fn complete(mut answer: actix_web::HttpResponseBuilder, file: &Attachment) -> actix_web::HttpResponseBuilder {
    answer
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        // Kept by the browser, but asked for every time: whether it may still be seen is decided here.
        .insert_header((header::CACHE_CONTROL, "private, no-cache"));
    // Names are ours: letters and digits that a tag may hold.
    answer.insert_header(ETag(EntityTag::new_strong(file.name.clone())));
    answer
}

/// The name for saving: in plain letters for old programs, whole for all others.
fn named(disposition: DispositionType, name: &str) -> ContentDisposition {
    let plain =
        |c: char| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%' | ';') || c == ' ' { c } else { '_' };
    let old = name.chars().map(plain).collect();
    let whole = ExtendedValue { charset: Charset::Ext("UTF-8".to_owned()), language_tag: None, value: name.into() };
    let parameters = vec![DispositionParam::Filename(old), DispositionParam::FilenameExt(whole)];
    ContentDisposition { disposition, parameters }
}
