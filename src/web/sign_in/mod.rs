//! Signing in and out, the first admin, and one's own sessions.

mod browser;
mod codes;
mod door;
mod mine;
mod pages;
mod second_step;
mod set_up;
mod turn;

use actix_web::cookie::{Cookie, time};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use self::turn::in_turn;
use super::limits::Attempt;
use super::session::data;
use super::work::work;
use super::{Error, Site, csrf};
use crate::config::limits::SESSION_TOTAL;
use crate::desk::Desk;
use crate::desk::sign_in::Browser;
use crate::domain::{Actor, Agent, Presence};

/// `/sign-in`, `/sign-out`, `/set-up/{token}`, `/me/sessions`, `/me/password`, `/me/codes`, `/me/keys`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/sign-in").get(door::show).post(door::sign_in))
        .service(web::resource("/sign-in/code").get(second_step::again).post(second_step::enter_code))
        .service(web::resource("/sign-in/set-up").get(second_step::again).post(second_step::set_up))
        .service(web::resource("/sign-out").post(door::sign_out))
        .service(web::resource("/set-up/{token}").get(set_up::show).post(set_up::make_admin))
        .service(web::resource("/me/sessions").get(mine::show))
        .service(web::resource("/me/sessions/end").post(mine::end_others))
        .service(web::resource("/me/sessions/{id}/end").post(mine::end))
        .service(web::resource("/me/tokens/{id}/revoke").post(mine::revoke))
        .service(web::resource("/me/keys").post(mine::choose_keys))
        .service(web::resource("/me/password").post(mine::change_password))
        .service(web::resource("/me/codes").get(codes::show).post(codes::offer))
        .service(web::resource("/me/codes/confirmation").post(codes::confirm))
        .service(web::resource("/me/codes/removal").post(codes::turn_off));
}

/// A browser is known to an account for so long.
const KNOWN: time::Duration = time::Duration::days(180);
/// Pages one may be sent back to after signing in, by the first part of their path.
const PLACES: [&str; 15] = [
    "inbox",
    "conversations",
    "interactions",
    "contacts",
    "organizations",
    "work-items",
    "desk",
    "board",
    "reports",
    "suspended",
    "settings",
    "me",
    "reviews",
    "search",
    "keys",
];

fn browser(request: &HttpRequest, site: &Site) -> Browser {
    let name = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Browser { address: site.address(request), name: name.unwrap_or_default().to_owned() }
}

/// Begins a session and leads to where the person wanted to go.
async fn enter(request: &HttpRequest, agent: &Agent, wanted: Option<&str>) -> Result<HttpResponse, Error> {
    let [session, known] = begin(request, agent).await?;
    let to = (header::LOCATION, place(wanted));
    Ok(HttpResponse::SeeOther().cookie(session).cookie(known).insert_header(to).finish())
}

/// Begins a session; gives its cookie, and the one by which the browser is known next time.
async fn begin(request: &HttpRequest, agent: &Agent) -> Result<[Cookie<'static>; 2], Error> {
    let (desk, site) = (data::<Desk>(request)?, data::<Site>(request)?);
    let (id, browser) = (agent.id, browser(request, &site));
    // Whoever comes in is there: their work clocks run, and they may be given more.
    let away = agent.presence == Presence::Offline;
    let session = work(move || {
        if away {
            desk.set_presence(id, Presence::Available, Actor::Agent(id))?;
        }
        desk.begin_session(id, &browser)
    });
    let session = session.await?;
    let lasts = time::Duration::try_from(SESSION_TOTAL).unwrap_or(time::Duration::DAY);
    let known = csrf::token(&site.key, &known_browser(&agent.email));
    tracing::info!(target: "audit", agent = %agent.id, address = %site.address(request), "signed in");
    let session = site.cookie(site.cookie_name(), session, lasts);
    Ok([session, site.cookie(site.browser_cookie_name(), known, KNOWN)])
}

/// A try at an account's secrets, as the limits count it.
fn attempt(request: &HttpRequest, site: &Site, email: &str) -> Attempt {
    let account = email.chars().take(254).collect();
    Attempt { account, address: site.address(request), known_browser: proof(request, site, email) }
}

/// What the cookie of a known browser signs.
fn known_browser(email: &str) -> String {
    format!("browser of {}", email.trim().to_lowercase())
}

/// The browser's own proof that it has signed in to this account before; the same text each time it is shown.
fn proof(request: &HttpRequest, site: &Site, email: &str) -> Option<String> {
    let cookie = request.cookie(site.browser_cookie_name())?;
    csrf::is_token(&site.key, &known_browser(email), cookie.value()).then(|| cookie.value().to_owned())
}

/// A path of ours to go to, or the inbox.
fn place(wanted: Option<&str>) -> String {
    let ours = wanted.filter(|path| {
        let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let first = path.strip_prefix('/').and_then(|rest| rest.split(['/', '?', '#']).next());
        plain && first.is_some_and(|first| PLACES.contains(&first))
    });
    ours.unwrap_or("/inbox").to_owned()
}

/// A page of these words.
fn page(status: StatusCode, page: &impl Template) -> Result<HttpResponse, Error> {
    let html = page.render().map_err(|error| Error::Broken(error.to_string()))?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html))
}

fn gone(name: &'static str, site: &Site) -> Cookie<'static> {
    let mut cookie = site.cookie(name, String::new(), time::Duration::ZERO);
    cookie.make_removal();
    cookie
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn the_way_back_leads_to_our_own_pages_only() {
        assert_eq!(place(Some("/conversations/CONV-1?tab=tasks")), "/conversations/CONV-1?tab=tasks");
        for elsewhere in
            ["//evil.example", "/\\evil", "https://evil.example", "/%5Cevil", "/inbox\r\nX: y", "inbox", ""]
        {
            assert_eq!(place(Some(elsewhere)), "/inbox", "{elsewhere}");
        }
    }
}
