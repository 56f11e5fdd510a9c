//! Pages, fragments and the files they need.

pub mod assets;
