//! Records of contacts: the list, the record page, records made by hand.

pub mod page;
pub mod record;
pub mod typed;

use actix_web::web::{self, ServiceConfig};

/// Every address of an interaction.
pub fn routes(config: &mut ServiceConfig) {
    config.service(web::resource("/interactions/{n}").get(record::show).post(record::save));
}
