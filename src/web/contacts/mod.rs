//! People who ask.

pub mod card;
pub mod merge;
pub mod page;
pub mod profiles;
pub mod show;
pub mod whose;

use actix_web::web::{self, ServiceConfig};

/// Every address of contacts.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/contacts").get(show::list))
        .service(web::resource("/contacts/new").get(card::new).post(card::add))
        .service(web::resource("/contacts/{id}").get(show::contact))
        .service(web::resource("/contacts/{id}/edit").get(card::edit).post(card::change))
        .service(web::resource("/contacts/{id}/merge").get(merge::form).post(merge::merge))
        .service(web::resource("/contacts/{id}/profiles").post(profiles::add))
        .service(web::resource("/profiles/{id}/contact").get(profiles::form).post(profiles::link))
        .service(web::resource("/profiles/{id}/unlinking").post(profiles::unlink));
}
