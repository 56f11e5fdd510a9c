//! Organizations that people belong to.

pub mod card;
pub mod page;
pub mod show;

use actix_web::web::{self, ServiceConfig};

/// Every address of organizations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/organizations").get(show::list))
        .service(web::resource("/organizations/new").get(card::new).post(card::add))
        .service(web::resource("/organizations/{id}").get(show::organization))
        .service(web::resource("/organizations/{id}/edit").get(card::edit).post(card::change))
        .service(web::resource("/organizations/{id}/existing").post(card::mark));
}
