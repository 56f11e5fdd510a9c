//! Floor 3: pages, forms, the JSON twin, the socket, and the files they need.

pub mod answer;
pub mod assets;
pub mod csrf;
pub mod error;
pub mod hardening;
pub mod headers;
pub mod limits;
pub mod peer;
pub mod site;

pub use error::{Error, Problem};
pub use site::Site;
