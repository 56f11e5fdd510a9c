//! Eyes: an answer of the server, and its HTML by selector.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub asked: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn from(asked: String, response: reqwest::Response) -> Answer {
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { asked, status, headers, body: response.text().await.unwrap() }
    }

    /// This answer, if its status is as expected; else the test ends with the body shown.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        let start: String = self.body.chars().take(2000).collect();
        assert_eq!(self.status.as_u16(), status, "{} answered {}:\n{start}", self.asked, self.status);
        self
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{} is not JSON ({e}): {}", self.asked, self.body))
    }

    pub fn page(&self) -> Page {
        Page { html: Html::parse_document(&self.body), asked: self.asked.clone() }
    }
}

/// A page, read by CSS selectors.
pub struct Page {
    pub html: Html,
    asked: String,
}

impl Page {
    pub fn parse(html: &str) -> Page {
        Page { html: Html::parse_document(html), asked: "a page".to_owned() }
    }

    pub fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        self.html.select(&parsed(selector)).collect()
    }

    /// The one element of this selector.
    #[track_caller]
    pub fn one(&self, selector: &str) -> ElementRef<'_> {
        let all = self.all(selector);
        assert_eq!(all.len(), 1, "{selector} on {}: found {} elements", self.asked, all.len());
        all[0]
    }

    pub fn has(&self, selector: &str) -> bool {
        !self.all(selector).is_empty()
    }

    /// The words of the one element, blanks folded.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        words(self.one(selector))
    }

    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.all(selector).into_iter().map(words).collect()
    }

    #[track_caller]
    pub fn attr(&self, selector: &str, name: &str) -> String {
        let element = self.one(selector);
        element.value().attr(name).unwrap_or_else(|| panic!("{selector} has no {name}")).to_owned()
    }

    pub fn attrs(&self, selector: &str, name: &str) -> Vec<String> {
        self.all(selector).iter().filter_map(|e| e.value().attr(name)).map(str::to_owned).collect()
    }

    /// Everything a reader sees, blanks folded.
    pub fn words(&self) -> String {
        words(self.one("body"))
    }

    /// The form of this selector as the browser would send it, untouched.
    #[track_caller]
    pub fn form(&self, selector: &str) -> Form {
        Form::of(self.one(selector))
    }

    /// The forms that post, each with its action: what a fuzzer walks over.
    pub fn forms(&self) -> Vec<Form> {
        self.all("form[method=post]").into_iter().map(Form::of).collect()
    }

    /// The token that every form of a signed-in page carries.
    pub fn csrf(&self) -> Option<String> {
        self.attrs("input[name=csrf]", "value").into_iter().next()
    }
}

/// A form with the values it would be sent with.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub method: String,
    pub fields: Vec<(String, String)>,
}

impl Form {
    fn of(form: ElementRef<'_>) -> Form {
        let attr = |name: &str| form.value().attr(name).unwrap_or("").to_owned();
        let controls = parsed("input, textarea, select");
        let fields = form.select(&controls).filter_map(field).collect();
        Form { action: attr("action"), method: attr("method"), fields }
    }

    /// The same form with one field filled in.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Form {
        let value = value.into();
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.fields.push((name.to_owned(), value)),
        }
        self
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The name and value that one control adds to its form; none if it is off, disabled or a button.
fn field(control: ElementRef<'_>) -> Option<(String, String)> {
    let element = control.value();
    let name = element.attr("name")?.to_owned();
    if element.attr("disabled").is_some() {
        return None;
    }
    let value = match element.name() {
        "textarea" => control.text().collect::<String>().trim_start_matches('\n').to_owned(),
        "select" => chosen(control),
        _ => match element.attr("type").unwrap_or("text") {
            "submit" | "button" | "reset" | "image" => return None,
            "checkbox" | "radio" if element.attr("checked").is_none() => return None,
            "checkbox" | "radio" => element.attr("value").unwrap_or("on").to_owned(),
            _ => element.attr("value").unwrap_or("").to_owned(),
        },
    };
    Some((name, value))
}

fn chosen(select: ElementRef<'_>) -> String {
    let options: Vec<_> = select.select(&parsed("option")).collect();
    let option = options.iter().find(|o| o.value().attr("selected").is_some()).or(options.first());
    option.map_or_else(String::new, |o| o.value().attr("value").map_or_else(|| words(*o), str::to_owned))
}

pub fn words(element: ElementRef<'_>) -> String {
    element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

fn parsed(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"))
}
