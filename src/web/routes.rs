//! Every address of the house on one page.

use actix_web::{HttpResponse, web};

use super::{
    Error, api, assets, attachments, contacts, conversations, health, inbox, interactions, me, organizations, outbox,
    settings, sign_in, socket, suspended, twilio, widget,
};

/// Pages, forms, fragments, the API and the files.
pub fn all(config: &mut web::ServiceConfig) {
    config
        .service(assets::resource())
        .service(web::resource("/healthz").get(health::alive))
        .service(web::resource("/readyz").get(health::ready))
        .service(web::resource("/metrics").get(health::metrics))
        .service(web::resource("/live").get(socket::open))
        .service(web::resource("/api/v1/live").get(socket::open))
        .configure(api::routes)
        .configure(sign_in::routes)
        .configure(inbox::routes)
        .configure(conversations::routes)
        .configure(interactions::routes)
        .configure(contacts::routes)
        .configure(organizations::routes)
        .configure(attachments::routes)
        .configure(suspended::routes)
        .configure(outbox::routes)
        .configure(settings::routes)
        .configure(me::routes)
        .configure(widget::routes)
        .configure(twilio::routes)
        .default_service(web::to(nowhere));
}

async fn nowhere() -> Result<HttpResponse, Error> {
    Err(Error::NotFound)
}
