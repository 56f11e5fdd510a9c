//! The chat widget, for a site's visitors: `/widget.js` puts a button on the site's pages; on the first click it makes a
//! frame of `/widget/{key}`, which is a page of ours like any other: it works without scripts, and a script keeps it true.
//!
//! Only the site's pages may frame it, and only the frame talks to us: no other origin gets an answer, so there is no CORS.

mod calls;
mod files;
mod frame;
mod limits;
mod line;
mod live;
mod visit;

use actix_web::{HttpResponse, guard, web};

use super::assets;
use crate::config::limits::VISITOR_BYTES;

pub use limits::VisitorLimits;
pub use visit::{Navigation, Visit};

/// Everything a visitor reaches.
pub fn routes(config: &mut web::ServiceConfig) {
    let form = |kind: &'static str| {
        guard::fn_guard(move |asked| {
            let given = asked.head().headers().get("content-type").and_then(|given| given.to_str().ok());
            given.is_some_and(|given| given.starts_with(kind))
        })
    };
    let forms = move || guard::Any(form("application/x-www-form-urlencoded")).or(form("multipart/form-data"));
    let widget = web::scope("/widget/{key}")
        .app_data(web::PayloadConfig::new(VISITOR_BYTES))
        .service(web::resource("").get(frame::show))
        .service(
            web::resource("/messages")
                .app_data(web::FormConfig::default().limit(VISITOR_BYTES))
                .route(
                    web::post()
                        .guard(guard::Header("accept", "application/json"))
                        .guard(forms())
                        .to(calls::write_with_files),
                )
                .route(web::post().guard(forms()).to(frame::write))
                .route(web::post().to(calls::write)),
        )
        .service(web::resource("/end").route(web::post().guard(forms()).to(frame::end)).post(calls::end))
        .service(web::resource("/visitor").post(calls::visitor))
        .service(web::resource("/conversations").get(calls::list))
        .service(web::resource("/conversations/{n}").get(calls::show))
        .service(web::resource("/files/{name}").get(files::show))
        .service(web::resource("/live").get(live::open));
    config.service(web::resource("/widget.js").get(button)).service(widget);
}

/// `GET /widget.js`: what a site's page loads. Kept for ten minutes: its address stays the same when it changes.
async fn button() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header(("cache-control", "public, max-age=600"))
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .body(assets::widget_button())
}
