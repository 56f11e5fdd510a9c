//! Signing in, and the first admin.

use askama::Template;

use crate::desk::sign_in::codes::Offer;

use crate::web::{assets, filters};

/// `/sign-in`: fields `email`, `password`, `next` (a path of ours).
#[derive(Template)]
#[template(path = "sign_in/new.html")]
pub struct SignInPage {
    pub workspace: String,
    pub email: String,
    /// Where to go after.
    pub next: String,
    /// "This e-mail and password do not match.", "Too many tries. Wait a minute."
    pub problem: Option<String>,
    /// "You have signed out."
    pub notice: Option<String>,
    /// Nobody works here yet: the link of the first start makes the admin.
    pub is_first: bool,
}

/// A link of the first start that has made its admin.
#[derive(Template)]
#[template(path = "sign_in/used.html")]
pub struct UsedLinkPage;

/// The one-time link of the first start, `/set-up/{secret}`: fields `name`, `email`, `password`.
#[derive(Template)]
#[template(path = "sign_in/set_up.html")]
pub struct SetUpPage {
    /// The address the form goes to: the link itself.
    pub action: String,
    pub name: String,
    pub email: String,
    /// Field and sentence.
    pub problem: Option<(&'static str, String)>,
}

/// The second step: fields `pass`, `next`, `code`.
#[derive(Template)]
#[template(path = "sign_in/code.html")]
pub struct CodePage {
    pub pass: String,
    pub next: String,
    pub problem: Option<String>,
}

/// A secret for the phone, and the first code it makes: fields `code`, and `pass` and `next` on the way in, `csrf` inside.
#[derive(Template)]
#[template(path = "sign_in/offer.html")]
pub struct OfferPage {
    pub offer: Offer,
    /// Where the form goes to.
    pub action: &'static str,
    /// Hidden fields: names and values.
    pub hidden: Vec<(&'static str, String)>,
    /// Their role needs it: they cannot come in without.
    pub on_the_way_in: bool,
    pub problem: Option<String>,
}

/// The spare codes, which are shown once.
#[derive(Template)]
#[template(path = "sign_in/spare.html")]
pub struct SparePage {
    pub codes: Vec<String>,
    /// Where to go after.
    pub next: String,
}
