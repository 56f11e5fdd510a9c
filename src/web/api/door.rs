//! The door of the API: whose token it is comes before everything else, and a repeat is answered before it is done.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, ResponseError};

use super::repeat;
use crate::desk::repeats::Once;
use crate::desk::sign_in::Holder;
use crate::desk::{self, Desk};
use crate::domain::{Agent, AgentId, Refused};
use crate::web::session::data;
use crate::web::{Caller, Error, Problem, work};

/// Stands in front of every route of the API.
pub async fn let_in(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let caller = match Caller::from_request(request.request(), &mut Payload::None).await {
        Ok(caller) => Rc::new(caller),
        Err(error) => {
            let mut refusal = error.error_response();
            refusal.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return Ok(request.into_response(refusal));
        }
    };
    request.extensions_mut().insert(caller.clone());
    repeat::guard(request, &caller, next).await
}

/// The desk, for whatever program is at the door.
#[derive(Clone)]
pub struct Visitor {
    pub caller: Rc<Caller>,
    pub desk: Arc<Desk>,
}

/// The agent whose program this is, at the desk.
pub struct Me {
    pub agent: Agent,
    desk: Arc<Desk>,
}

impl Visitor {
    fn of(request: &HttpRequest) -> Result<Self, Error> {
        let caller = request.extensions().get::<Rc<Caller>>().cloned().ok_or(Error::SignedOut)?;
        let desk = data::<Desk>(request)?;
        let desk = match request.extensions().get::<Arc<Once>>() {
            Some(once) => Arc::new(desk.once(once)),
            None => desk,
        };
        Ok(Visitor { caller, desk })
    }

    /// Does something at the desk, off the async threads.
    pub async fn does<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Desk) -> desk::Done<T> + Send + 'static,
    ) -> Result<T, Error> {
        let desk = self.desk.clone();
        work(move || verb(&desk).map_err(|refused| told(&desk, refused))).await
    }
}

impl Me {
    /// Does something at the desk as this agent, off the async threads.
    pub async fn does<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Desk, &Agent) -> desk::Done<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (desk, agent) = (self.desk.clone(), self.agent.clone());
        work(move || verb(&desk, &agent).map_err(|refused| told(&desk, refused))).await
    }

    /// Removing people and organizations is for managers and admins.
    pub fn leads(&self) -> Result<(), Error> {
        if self.agent.role.leads() {
            return Ok(());
        }
        Err(Error::Forbidden("A manager can remove this.".to_owned()))
    }

    /// Who is blocked is for managers and admins to say; agents block the sender of what they confirm to be spam.
    pub fn may_block(&self) -> Result<(), Error> {
        if self.agent.role.leads() {
            return Ok(());
        }
        Err(Error::Forbidden("A manager can block senders and free them.".to_owned()))
    }

    /// Which tags are offered is for managers and admins to say.
    pub fn names_tags(&self) -> Result<(), Error> {
        if self.agent.role.leads() {
            return Ok(());
        }
        Err(Error::Forbidden("A manager says which tags are offered.".to_owned()))
    }

    /// Set-up is for admins.
    pub fn sets_up(&self) -> Result<(), Error> {
        match self.agent.role {
            crate::domain::Role::Admin => Ok(()),
            _ => Err(Error::Forbidden("Only an admin can change the set-up.".to_owned())),
        }
    }
}

impl FromRequest for Visitor {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Visitor::of(request))
    }
}

impl FromRequest for Me {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Visitor::of(request).and_then(|visitor| match &visitor.caller.holder {
            Holder::Agent(agent) => Ok(Me { agent: agent.clone(), desk: Arc::new(visitor.desk.used_by(agent.id)) }),
            Holder::Channel { .. } => Err(Error::SignedOut),
            Holder::Kiosk { .. } | Holder::Telephony => {
                Err(Error::Forbidden("This token is for something else.".to_owned()))
            }
        }))
    }
}

/// A refusal that names an agent says who that is.
fn told(desk: &Desk, refused: desk::Error) -> Error {
    let (refused, agent) = match refused {
        desk::Error::Refused(Refused::AlreadyAssigned(agent)) => (Refused::AlreadyAssigned(agent), agent),
        desk::Error::Refused(Refused::NotAssignee(Some(agent))) => (Refused::NotAssignee(Some(agent)), agent),
        refused => return refused.into(),
    };
    Error::Told(Box::new(Problem::of(&refused).with("assigned_to", named(desk, agent))))
}

fn named(desk: &Desk, agent: AgentId) -> serde_json::Value {
    let directory = desk.directory().ok();
    let agent = directory.as_ref().and_then(|directory| directory.agent(agent));
    agent.map_or(
        serde_json::Value::Null,
        |agent| serde_json::json!({ "id": agent.id.0, "name": agent.name, "email": agent.email }),
    )
}
