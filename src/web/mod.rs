//! Floor 3: pages, forms, the JSON twin, the socket, and the files they need.

pub mod answer;
pub mod api;
pub mod assets;
pub mod chrome;
pub mod contacts;
pub mod conversations;
pub mod csrf;
pub mod error;
pub mod filters;
pub mod flash;
pub mod hardening;
pub mod headers;
pub mod health;
pub mod inbox;
pub mod interactions;
pub mod limits;
pub mod marks;
pub mod page;
pub mod patch;
pub mod peer;
pub mod routes;
pub mod server;
pub mod session;
pub mod shown;
pub mod sign_in;
pub mod site;
pub mod socket;
pub mod suspended;
pub mod text;
pub mod work;

pub use error::{Error, Problem};
pub use page::{Answer, Page, Place};
pub use session::{Caller, Csrf, InSession, Signed};
pub use site::Site;
pub use work::work;
