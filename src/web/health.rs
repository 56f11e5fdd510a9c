//! `/healthz`, `/readyz`, `/metrics`.
//!
//! The metrics say how busy the house is, which is not for everybody: they are given to whoever brings
//! `SWITCHBOARD_METRICS_TOKEN` as a bearer token, and to this machine (a request from a loopback address that no proxy
//! has passed on), but not where the settings tell of a proxy: not every proxy says that it has passed something on.

use std::sync::OnceLock;

use actix_web::{HttpRequest, HttpResponse, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use subtle::ConstantTimeEq;

use super::session::bearer;
use super::{Error, Site};
use crate::desk::Desk;

/// Where the time of a request may fall, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// `GET /healthz`: the process runs.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers.
pub async fn ready(desk: web::Data<Desk>) -> Result<&'static str, Error> {
    match super::work(move || Ok::<_, Error>(desk.db.alive())).await? {
        true => Ok("ok\n"),
        false => Err(Error::Unavailable("the database does not answer".into())),
    }
}

/// `GET /metrics`
pub async fn metrics(
    request: HttpRequest,
    site: web::Data<Site>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Error> {
    if !may_read(&request, &site) {
        return Err(Error::NotFound);
    }
    metrics::gauge!("live_sockets").set(desk.hub.sockets() as f64);
    metrics::gauge!("live_seq").set(desk.hub.seq() as f64);
    let text = recorder().map(PrometheusHandle::render).unwrap_or_default();
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}

/// Starts counting; once for the process.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS);
        builder.ok()?.install_recorder().ok()
    };
    RECORDER.get_or_init(install).as_ref()
}

fn may_read(request: &HttpRequest, site: &Site) -> bool {
    if let (Some(token), Some(given)) = (&site.metrics_token, bearer(request)) {
        return bool::from(token.as_bytes().ct_eq(given.as_bytes()));
    }
    if site.is_behind_a_proxy() {
        return false;
    }
    let here = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let passed_on = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    here && passed_on.iter().all(|name| !request.headers().contains_key(*name))
}
