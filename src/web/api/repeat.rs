//! Idempotency-Key: a repeat of a POST gets the status and the body of the first one and does nothing; parallel repeats
//! wait for it. The key is taken in the transaction of the verb, so that no crash can make it happen twice.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpResponse, ResponseError};
use chrono::TimeDelta;
use futures_util::stream;
use sha2::{Digest, Sha256};

use super::conversations::answer::said;
use crate::desk::Desk;
use crate::desk::repeats::{Claim, Earlier, Once};
use crate::desk::sign_in::Holder;
use crate::web::session::data;
use crate::web::{Caller, Error, Problem, work};

/// How often, and how many times, is looked for the answer of a first request that is not done yet.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: u32 = 250;
/// After so many looks it is not at work any more, but was killed after its commit.
const AT_WORK: u32 = 10;
/// What answers with the message it wrote.
const WRITING: [&str; 3] = ["/replies", "/notes", "/external-responses"];
/// A first request that took this long will not be answered any more.
const LOST: TimeDelta = TimeDelta::minutes(1);
/// The longest key, and the longest address that is kept as it is.
const LONGEST: usize = 200;

/// Stands in front of every route: lets what carries no key pass.
pub async fn guard(
    mut request: ServiceRequest,
    caller: &Caller,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let key = request.headers().get("Idempotency-Key").cloned();
    let Some(key) = key.filter(|_| *request.method() == Method::POST) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let claim = match claim(&mut request, caller, key.to_str().unwrap_or_default()).await {
        Ok(claim) => claim,
        Err(error) => return Ok(request.into_response(error.error_response())),
    };
    let desk = data::<Desk>(request.request())?;
    match earlier(&desk, &claim).await {
        Ok(None) => {}
        Ok(Some(first)) => return Ok(request.into_response(again(&desk, caller, &claim, first).await)),
        Err(error) => return Ok(request.into_response(error.error_response())),
    }
    let once = Arc::new(Once::new(claim));
    request.extensions_mut().insert(once.clone());
    let response = next.call(request).await?.map_into_boxed_body();
    finished(&desk, caller, &once, response).await
}

/// Keeps the answer; or, if another request was faster, gives that one's.
async fn finished(
    desk: &Arc<Desk>,
    caller: &Caller,
    once: &Once,
    response: ServiceResponse<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let claim = once.claim.clone();
    if once.is_repeat() && !once.is_ours() {
        return Ok(match earlier(desk, &claim).await {
            Ok(Some(first)) => {
                let answer = again(desk, caller, &claim, first).await;
                response.into_response(answer)
            }
            // It is gone again: what this request was told stands.
            Ok(None) | Err(_) => response,
        });
    }
    let (request, response) = response.into_parts();
    let status = response.status();
    let problem = response.extensions().get::<Problem>().cloned();
    let (response, body) = response.into_parts();
    let bytes = to_bytes(body).await.unwrap_or_default();
    let kept = match problem {
        Some(problem) => problem.json("").to_string(),
        None => String::from_utf8_lossy(&bytes).into_owned(),
    };
    if !status.is_server_error() && (once.is_ours() || status.is_client_error()) {
        let desk = desk.clone();
        if let Err(error) = work(move || desk.keep_answer(claim, status.as_u16(), kept)).await {
            tracing::warn!(%error, "the answer under a key could not be kept");
        }
    }
    Ok(ServiceResponse::new(request, response.set_body(bytes).map_into_boxed_body()))
}

async fn claim(request: &mut ServiceRequest, caller: &Caller, key: &str) -> Result<Claim, Error> {
    if key.is_empty() || key.len() > LONGEST {
        let sentence = "An Idempotency-Key has 1 to 200 plain characters.".to_owned();
        return Err(Error::Malformed(StatusCode::UNPROCESSABLE_ENTITY, sentence));
    }
    let body = request.extract::<Bytes>().await.map_err(|error| super::body::unread(&error))?;
    let kind = request.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes().to_vec());
    let mut hash = Sha256::new();
    hash.update(kind.unwrap_or_default());
    hash.update([0]);
    hash.update(&body);
    request.set_payload(Payload::Stream { payload: Box::pin(stream::iter([Ok(body)])) });
    let path = kept(request.uri().path_and_query().map_or(request.path(), |path| path.as_str()));
    let at = data::<Desk>(request.request())?.clock.now();
    Ok(Claim { owner: caller.key.to_string(), path, key: key.to_owned(), request: hex::encode(hash.finalize()), at })
}

/// An address as it is kept: a long one by its hash, because an index takes no key of any length.
fn kept(path: &str) -> String {
    if path.len() <= LONGEST { path.to_owned() } else { hex::encode(Sha256::digest(path)) }
}

async fn earlier(desk: &Arc<Desk>, claim: &Claim) -> Result<Option<Earlier>, Error> {
    let (desk, claim) = (desk.clone(), claim.clone());
    work(move || desk.earlier(&claim)).await
}

/// The answer of the first request, waiting for it if it is still at work.
async fn again(desk: &Arc<Desk>, caller: &Caller, claim: &Claim, mut first: Earlier) -> HttpResponse {
    if first.request != claim.request {
        let sentence = "This Idempotency-Key was used for another request.";
        return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key_reused", sentence).into_response();
    }
    for look in 0..LOOKS {
        if let Some((status, body)) = first.answer {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            return HttpResponse::build(status).content_type("application/json").body(body);
        }
        if look == AT_WORK
            && let Some(answer) = told_anew(desk, caller, claim, &first).await
        {
            return answer;
        }
        if claim.at - first.at > LOST {
            break;
        }
        tokio::time::sleep(LOOK).await;
        first = match earlier(desk, claim).await {
            Ok(Some(first)) => first,
            Ok(None) => break,
            Err(error) => return error.error_response(),
        };
    }
    let sentence = "This was done already, but its answer was lost. Look at the record before you send it anew.";
    Problem::new(StatusCode::CONFLICT, "answer_lost", sentence).into_response()
}

/// The answer of a request that was killed before it gave one: the message it wrote is there to be told of.
async fn told_anew(desk: &Arc<Desk>, caller: &Caller, claim: &Claim, first: &Earlier) -> Option<HttpResponse> {
    let path = claim.path.split('?').next().unwrap_or_default();
    let writing = path.contains("/conversations/") && WRITING.iter().any(|end| path.ends_with(end));
    let Holder::Agent(agent) = &caller.holder else { return None };
    let (desk, agent, message) = (desk.clone(), agent.clone(), first.message.filter(|_| writing)?);
    let said = work(move || Ok::<_, Error>(said(&desk, &agent, Some(&message))?)).await;
    said.ok().map(|said| HttpResponse::Created().json(said))
}
