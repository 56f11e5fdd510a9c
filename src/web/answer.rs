//! Every answer on its way out: it gets a number, a body if it has none, its headers, a line in the log and a count.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Instant;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;

use super::error::Problem;
use super::session::{Caller, InSession};
use super::site::Site;
use super::{assets, filters};

/// The header that carries the number of an answer.
const NUMBER: HeaderName = HeaderName::from_static("x-request-id");

/// A page that says what went wrong and where to go from there.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    status: u16,
    message: &'a str,
    /// What to quote, if it was our fault.
    number: Option<&'a str>,
}

/// Stands around all routes.
pub async fn finish(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (started, number) = (Instant::now(), number());
    if request.method() == Method::HEAD {
        // Routed like GET; the connection knows that it sends no body.
        request.head_mut().method = Method::GET;
    }
    let site = request.app_data::<web::Data<Site>>().cloned();
    let programs = is_for_programs(request.request());
    let mut response = match unpanicked(next.call(request)).await {
        Ok(response) => explain(response?.map_into_boxed_body(), programs, &number),
        Err(panic) => {
            return Err(panicked(panic.as_ref(), site.as_ref().map(|site| site.get_ref()), programs, &number));
        }
    };
    complete(response.headers_mut(), site.as_ref().map(|site| site.get_ref()), &number);
    record(&response, &number, started);
    Ok(response)
}

fn complete(headers: &mut HeaderMap, site: Option<&Site>, number: &str) {
    if let Some(site) = site {
        site.headers.complete(headers);
    }
    if let Ok(value) = HeaderValue::from_str(number) {
        headers.insert(NUMBER, value);
    }
}

/// Numbers that are short enough to be read out on the phone, and differ between runs.
fn number() -> String {
    static START: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let start = START.get_or_init(|| getrandom::u32().unwrap_or_default());
    format!("{start:08x}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn unpanicked<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = Box::pin(future);
    std::future::poll_fn(move |cx| {
        let poll = AssertUnwindSafe(|| Pin::new(&mut future).poll(cx));
        match catch_unwind(poll) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

/// A handler panicked: a fault of ours like any other, except that the request is gone with it.
fn panicked(panic: &(dyn Any + Send), site: Option<&Site>, programs: bool, number: &str) -> Error {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(number, cause = said.unwrap_or("no words"), "a handler panicked");
    let mut response = body(&Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR), programs, number);
    complete(response.headers_mut(), site, number);
    InternalError::from_response("a handler panicked", response).into()
}

/// Makes a page or JSON of an answer that is a problem and says nothing yet.
fn explain(response: ServiceResponse, programs: bool, number: &str) -> ServiceResponse {
    let Some(problem) = problem(&response) else { return response };
    if problem.status.is_server_error() {
        let cause = problem.cause.as_deref().unwrap_or("no cause");
        let path = spoken(response.request());
        if problem.status == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(number, path, cause, "unavailable");
        } else {
            tracing::error!(number, path, cause, "broken");
        }
    }
    let (request, old) = response.into_parts();
    let mut new = match problem.status {
        StatusCode::UNAUTHORIZED if !programs => {
            HttpResponse::SeeOther().insert_header((header::LOCATION, sign_in(&request))).finish()
        }
        _ => body(&problem, programs, number),
    };
    for (name, value) in old.headers() {
        if !matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH) {
            new.headers_mut().append(name.clone(), value.clone());
        }
    }
    if old.head().connection_type() == actix_web::http::ConnectionType::Close {
        new.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    }
    ServiceResponse::new(request, new)
}

fn problem(response: &ServiceResponse) -> Option<Problem> {
    if let Some(problem) = response.response().extensions().get::<Problem>() {
        return Some(Problem { status: response.status(), ..problem.clone() });
    }
    let status = response.status();
    let empty = matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
    let failed = status.is_client_error() || status.is_server_error();
    let error = response.response().error();
    (failed && (empty || error.is_some())).then(|| {
        let cause = error.map(ToString::to_string);
        Problem { cause, ..Problem::of_status(status) }
    })
}

fn body(problem: &Problem, programs: bool, number: &str) -> HttpResponse {
    if programs {
        return HttpResponse::build(problem.status).json(problem.json(number));
    }
    let number = problem.status.is_server_error().then_some(number);
    let page = ErrorPage { status: problem.status.as_u16(), message: &problem.message, number };
    let html = page.render().unwrap_or_else(|_| problem.message.clone());
    HttpResponse::build(problem.status).content_type("text/html; charset=utf-8").body(html)
}

fn is_for_programs(request: &HttpRequest) -> bool {
    let asks = |kind: &str| {
        let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.contains(kind))
    };
    let path = request.path();
    let programs = ["/api/", "/channels/", "/hooks/", "/widget/"].iter().any(|start| path.starts_with(start));
    programs || matches!(path, "/live" | "/metrics" | "/healthz" | "/readyz") || asks("application/json")
}

/// Where to sign in, and back to what was asked for.
fn sign_in(request: &HttpRequest) -> String {
    let asked = request.uri().path_and_query().map_or("/", |asked| asked.as_str());
    if request.method() != Method::GET || asked == "/" {
        return "/sign-in".to_owned();
    }
    let query = serde_urlencoded::to_string([("return", asked)]).unwrap_or_default();
    format!("/sign-in?{query}")
}

fn record(response: &ServiceResponse, number: &str, started: Instant) {
    let (request, status) = (response.request(), response.status().as_u16());
    let route = request.match_pattern().unwrap_or_else(|| "(none)".to_owned());
    let took = started.elapsed();
    let (method, path) = (method(request.method()), spoken(request));
    metrics::counter!("http_requests_total", "method" => method, "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("http_request_seconds", "method" => method, "route" => route.clone()).record(took);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if status == StatusCode::FORBIDDEN {
        tracing::warn!(target: "audit", number, agent = asking(request), method, path, "denied");
    }
    tracing::info!(target: "access", number, method, path, status, micros);
}

/// The agent who asked, if one did.
fn asking(request: &HttpRequest) -> Option<i64> {
    let extensions = request.extensions();
    let in_session = extensions.get::<InSession>().map(|session| session.agent.id);
    let by_token = || extensions.get::<Rc<Caller>>().and_then(|caller| Some(caller.agent().ok()?.id));
    in_session.or_else(by_token).map(|agent| agent.0)
}

/// A path as the log may have it. It may hold a secret where the route says so; the query always may.
fn spoken(request: &HttpRequest) -> String {
    let route = request.match_pattern().filter(|route| route.contains("{token}") || route.contains("{key}"));
    route.unwrap_or_else(|| request.path().to_owned())
}

/// The methods we know, by name; a made-up one must not make a new row in the metrics.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, test};

    #[actix_web::test]
    async fn the_log_is_never_told_the_secret_of_a_path() {
        let says = async |request: HttpRequest| spoken(&request);
        let app = App::new().route("/set-up/{token}", web::get().to(says)).route("/inbox/{view}", web::get().to(says));
        let app = test::init_service(app).await;
        for (path, said) in [("/set-up/sesame?a=b", "/set-up/{token}"), ("/inbox/open?q=uma", "/inbox/open")] {
            let request = test::TestRequest::get().uri(path).to_request();
            assert_eq!(test::call_and_read_body(&app, request).await, said);
        }
    }
}
