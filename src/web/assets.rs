//! The files under `static/`, kept in the program and served under addresses that carry a hash of their content, so that a
//! browser keeps them for ever and never shows an old one. All style sheets are one file, in the order of their layers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::http::header::{self, CacheControl, CacheDirective, HeaderValue};
use actix_web::{HttpResponse, Resource, web};
use bytestring::ByteString;
use rust_embed::Embed;
use sha2::{Digest, Sha256};

use crate::domain::ids::AgentId;

#[derive(Embed)]
#[folder = "static/"]
struct Files;

const CSS_FIRST: &str = "@layer reset, base, layout, components, utilities;\n";
/// Modules that only some pages need: `main.js` fetches them where `data-script` names them.
const LATER: &str = "later/";
const FOR_EVER: u32 = 60 * 60 * 24 * 365;

/// Everything that can be asked for under `/static/`, by the part of its address after that.
#[derive(Default)]
struct Shelf {
    files: BTreeMap<String, (ByteString, &'static str)>,
    urls: BTreeMap<&'static str, String>,
    modules: Vec<String>,
    widget_modules: Vec<String>,
    widget_button: ByteString,
}

static SHELF: LazyLock<Shelf> = LazyLock::new(Shelf::fill);

/// Address of `app.css`, `icons.svg`, `favicon.svg` or `main.js`. An unknown name answers an address that is not found.
pub fn url(name: &str) -> &'static str {
    SHELF.urls.get(name).map_or("/static/missing", String::as_str)
}

/// Addresses of every script module that every page uses, for `<link rel="modulepreload">`.
pub fn modules() -> &'static [String] {
    &SHELF.modules
}

/// Addresses of the script modules of the widget's frame but `frame.js`.
pub fn widget_modules() -> &'static [String] {
    &SHELF.widget_modules
}

/// What a site's page loads to have the chat.
pub fn widget_button() -> ByteString {
    SHELF.widget_button.clone()
}

/// Address of the style sheet that shows "You" instead of the agent's own name.
pub fn me_url(agent: &AgentId) -> String {
    format!("/static/me.{}.{}.css", agent.0, hash([me_css(agent.0).as_str()]))
}

/// `GET /static/{path}`.
pub fn resource() -> Resource {
    web::resource("/static/{path:.*}").route(web::get().to(show))
}

async fn show(path: web::Path<String>) -> HttpResponse {
    if let Some(agent) = own_name(&path) {
        return answer(me_css(agent).into(), "text/css; charset=utf-8");
    }
    match SHELF.files.get(path.as_str()) {
        Some((body, kind)) => answer(body.clone(), kind),
        None => HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body("No such file."),
    }
}

fn answer(body: ByteString, kind: &'static str) -> HttpResponse {
    let keep = CacheControl(vec![
        CacheDirective::Public,
        CacheDirective::MaxAge(FOR_EVER),
        CacheDirective::Extension("immutable".into(), None),
    ]);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(kind)))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header(keep)
        .body(body)
}

fn own_name(path: &str) -> Option<i64> {
    path.strip_prefix("me.")?.strip_suffix(".css")?.split('.').next()?.parse().ok()
}

fn me_css(agent: i64) -> String {
    format!(
        "@layer utilities {{ [data-agent=\"{agent}\"] > .who__name {{ display: none; }} \
         [data-agent=\"{agent}\"] > .who__you {{ display: inline; }} \
         .msg[data-author=\"{agent}\"] .msg__more {{ display: inline-grid; }} \
         .row__agent[data-agent=\"{agent}\"], [data-agent-here=\"{agent}\"] {{ display: none; }} }}\n"
    )
}

impl Shelf {
    fn fill() -> Shelf {
        let mut shelf = Shelf::default();
        shelf.put("app.css", "app", "css", style_sheet(), "text/css; charset=utf-8");
        shelf.put("icons.svg", "icons", "svg", text("icons.svg"), "image/svg+xml");
        shelf.put("favicon.svg", "favicon", "svg", text("favicon.svg"), "image/svg+xml");
        shelf.put_scripts();
        shelf.put_widget();
        shelf
    }

    fn put(&mut self, name: &'static str, stem: &str, ending: &str, body: String, kind: &'static str) {
        let file = format!("{stem}.{}.{ending}", hash([body.as_str()]));
        self.urls.insert(name, format!("/static/{file}"));
        self.files.insert(file, (body.into(), kind));
    }

    /// The widget's own few files: nothing of the workspace is loaded into a visitor's frame.
    fn put_widget(&mut self) {
        let sheet = pressed(&text("widget/tokens.css")) + &pressed(&text("widget/frame.css"));
        self.put("widget.css", "widget", "css", sheet, "text/css; charset=utf-8");
        let scripts = ["frame.js", "kept.js", "live.js", "page.js", "parcel.js", "words.js"]
            .map(|name| (name, lean(&text(&format!("widget/{name}")))));
        let folder = format!("chat.{}", hash(scripts.iter().map(|(_, body)| body.as_str())));
        self.urls.insert("frame.js", format!("/static/{folder}/frame.js"));
        for (name, body) in scripts {
            if name != "frame.js" {
                self.widget_modules.push(format!("/static/{folder}/{name}"));
            }
            self.files.insert(format!("{folder}/{name}"), (body.into(), "text/javascript; charset=utf-8"));
        }
        self.widget_button = lean(&text("widget/button.js")).into();
    }

    /// Modules name each other by relative paths, so they share one folder named after all of them.
    fn put_scripts(&mut self) {
        let scripts: Vec<(String, String)> = named("js/")
            .into_iter()
            .map(|path| (path.trim_start_matches("js/").to_owned(), lean(&text(&path))))
            .collect();
        let folder = format!("js.{}", hash(scripts.iter().map(|(_, body)| body.as_str())));
        self.urls.insert("main.js", format!("/static/{folder}/main.js"));
        for (name, body) in scripts {
            if name != "main.js" && !name.starts_with(LATER) {
                self.modules.push(format!("/static/{folder}/{name}"));
            }
            self.files.insert(format!("{folder}/{name}"), (body.into(), "text/javascript; charset=utf-8"));
        }
    }
}

fn pressed(sheet: &str) -> String {
    let lines = sheet.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("/*"));
    lines.fold(String::new(), |all, line| all + line)
}

fn style_sheet() -> String {
    let parts = ["css/tokens.css", "css/reset.css", "css/base.css", "css/layout.css"].map(str::to_owned);
    let last = ["css/utilities.css", "css/print.css"].map(str::to_owned);
    let order = parts.into_iter().chain(named("css/components/")).chain(last);
    order.fold(CSS_FIRST.to_owned(), |sheet, path| sheet + &text(&path))
}

fn named(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = Files::iter().map(Cow::into_owned).filter(|path| path.starts_with(folder)).collect();
    names.sort();
    names
}

fn text(path: &str) -> String {
    Files::get(path).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
}

/// A module without indentation and without the lines that are comments. No literal in our modules spans lines, but a
/// style sheet.
fn lean(module: &str) -> String {
    let lines = module.lines().map(str::trim_start);
    lines
        .filter(|line| !line.starts_with("//") && !line.starts_with("/**"))
        .fold(String::new(), |all, line| all + line + "\n")
}

fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let digest = parts.into_iter().fold(Sha256::new(), |all, part| all.chain_update(part)).finalize();
    hex::encode(digest.iter().copied().take(6).collect::<Vec<u8>>())
}
