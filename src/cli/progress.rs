//! A bar for work that takes longer than a breath. Nothing is drawn where nobody watches.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for things of this name, of a number that may not be known yet.
pub fn bar(things: &str) -> ProgressBar {
    let look = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} {msg}, {eta} to go");
    let bar = ProgressBar::new(0).with_message(things.to_string());
    match look {
        Ok(look) => bar.with_style(look),
        Err(_) => bar,
    }
}
