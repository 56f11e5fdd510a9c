//! Records of contacts: the list, the record page, records made by hand.

pub mod contact;
pub mod list;
pub mod new;
pub mod page;
pub mod record;
pub mod typed;

use actix_web::web::{self, ServiceConfig};

/// Every address of an interaction.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/interactions").get(list::list).post(new::create))
        .service(web::resource("/interactions/new").get(new::form))
        .service(web::resource("/interactions/{n}").get(record::show).post(record::save))
        .service(web::resource("/interactions/{n}/contact").get(contact::form).post(contact::link));
}
