//! People who ask, and their organizations.

pub mod card;
pub mod page;
pub mod profiles;
pub mod show;
pub mod whose;

use actix_web::web::{self, ServiceConfig};

/// Every address of contacts and organizations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/contacts").get(show::list))
        .service(web::resource("/contacts/new").get(card::new).post(card::add))
        .service(web::resource("/contacts/{id}").get(show::contact))
        .service(web::resource("/contacts/{id}/edit").get(card::edit).post(card::change))
        .service(web::resource("/contacts/{id}/profiles").post(profiles::add))
        .service(web::resource("/profiles/{id}/contact").get(profiles::form).post(profiles::link))
        .service(web::resource("/profiles/{id}/unlinking").post(profiles::unlink))
        .service(web::resource("/organizations/{id}").get(show::organization));
}
