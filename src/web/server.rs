//! The server: what stands around the routes, how it starts and how it stops.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use actix_web::dev::{Server, ServerHandle};
use actix_web::error::JsonPayloadError;
use actix_web::http::StatusCode;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, rt, web};
use tokio::time::MissedTickBehavior;

use super::{Error, Site, answer, csrf, hardening, health, routes, socket};
use crate::config::Config;
use crate::config::limits::{FORM_BYTES, MESSAGE_BYTES, SHUTDOWN};
use crate::desk::{self, Desk};

/// Threads of one worker on which verbs wait for the database. More than there are connections: on SQLite many
/// writers that wait together share one commit.
const BLOCKING: usize = 64;
/// Time for the sockets' close frames to leave.
const FAREWELL: Duration = Duration::from_millis(250);
/// How often is looked for those who stopped viewing or typing.
const PULSE: Duration = Duration::from_secs(1);
/// How often is looked for sessions that another process has ended.
const RECHECK: u32 = 5;
/// How often is looked for files that were never sent.
const SWEEP: u32 = 60;
/// How often is noted which visitors are there; and after how long who left before a restart is not waited for.
const VISITORS: u32 = 30;
const RETURN: u32 = 150;

/// A running server. Dropping it stops it.
pub struct Running {
    pub addr: SocketAddr,
    handle: ServerHandle,
    desk: Desk,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// Starts a server on a thread of its own.
pub fn start(desk: Desk, config: &Config) -> io::Result<Running> {
    let key = desk.key(config.secret.as_ref().map(|secret| secret.as_bytes())).map_err(io::Error::other)?;
    let site = web::Data::new(Site::new(config, key));
    health::recorder();
    let (bind, shared) = (config.bind, desk.clone());
    let (tell, told) = mpsc::channel();
    let run = move || {
        rt::System::new().block_on(async move {
            let (server, addr) = match listen(shared.clone(), site, bind) {
                Ok(listening) => listening,
                Err(error) => return tell.send(Err(error)).map_err(io::Error::other),
            };
            rt::spawn(pulse(shared));
            tell.send(Ok((addr, server.handle()))).map_err(io::Error::other)?;
            server.await
        })
    };
    let thread = thread::Builder::new().name("server".into()).spawn(run)?;
    let (addr, handle) = told.recv().map_err(io::Error::other)??;
    tracing::info!(%addr, "listening");
    Ok(Running { addr, handle, desk, thread: Some(thread) })
}

impl Running {
    /// Stops: no new connections, sockets closed first, then running requests finished. Blocks until all is done.
    pub fn stop(mut self) -> io::Result<()> {
        self.finish()
    }

    fn finish(&mut self) -> io::Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.desk.hub.close();
        let until = Instant::now() + FAREWELL;
        while self.desk.hub.leaving() > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        // The future of a stop does its work when it is made; the thread's end is what there is to wait for.
        drop(self.handle.stop(true));
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the server's thread panicked")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}

fn listen(desk: Desk, site: web::Data<Site>, bind: SocketAddr) -> io::Result<(Server, SocketAddr)> {
    let desk = web::Data::new(desk);
    let app = move || {
        App::new()
            .wrap(from_fn(csrf::guard))
            .wrap(from_fn(hardening::guard))
            .wrap(from_fn(answer::finish))
            .wrap(Compress::default())
            .wrap(from_fn(hardening::hold))
            .app_data(desk.clone())
            .app_data(site.clone())
            .configure(limits)
            .configure(routes::all)
    };
    let server = HttpServer::new(app)
        .worker_max_blocking_threads(BLOCKING)
        .shutdown_timeout(SHUTDOWN.as_secs())
        .disable_signals()
        .on_connect(hardening::on_connect)
        .bind(bind)?;
    let addr = server.addrs().first().copied().unwrap_or(bind);
    Ok((server.run(), addr))
}

/// How long bodies may be, and how ours answers to those that cannot be read.
fn limits(config: &mut web::ServiceConfig) {
    let json = web::JsonConfig::default().limit(MESSAGE_BYTES).error_handler(|error, _| {
        let status = match &error {
            JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            JsonPayloadError::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            JsonPayloadError::Deserialize(error) if error.is_data() => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::BAD_REQUEST,
        };
        let sentence = match &error {
            JsonPayloadError::Deserialize(error) => format!("This JSON is not what is expected here: {error}."),
            _ => super::Problem::of_status(status).message,
        };
        Error::Malformed(status, sentence).into()
    });
    let form = web::FormConfig::default().limit(FORM_BYTES).error_handler(|error, _| {
        use actix_web::ResponseError;
        let status = error.status_code();
        Error::Malformed(status, super::Problem::of_status(status).message).into()
    });
    let query = web::QueryConfig::default().error_handler(|_, _| {
        Error::Malformed(StatusCode::UNPROCESSABLE_ENTITY, "Something after the ? of this address is wrong.".into())
            .into()
    });
    let path = web::PathConfig::default().error_handler(|_, _| Error::NotFound.into());
    config.app_data(json).app_data(form).app_data(query).app_data(path);
    config.app_data(web::PayloadConfig::new(FORM_BYTES));
}

/// What happens by itself: what is due, people who stopped viewing or typing, sockets of sessions that have ended
/// elsewhere, and the names that frames are told with.
async fn pulse(desk: Desk) {
    let mut tick = tokio::time::interval(PULSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut fails = false;
    for beat in 1_u32.. {
        tick.tick().await;
        socket::tell_company(&desk.hub, desk.hub.presence().expire(Instant::now()), None);
        let desk = desk.clone();
        match super::work(move || beaten(&desk, beat)).await {
            Ok(()) => fails = false,
            // Said once, not every second.
            Err(_) if fails => {}
            Err(error) => {
                tracing::warn!(%error, "what happens by itself did not; it is tried every second");
                fails = true;
            }
        }
    }
}

/// One beat. That something due fails keeps no socket open whose session has ended.
fn beaten(desk: &Desk, beat: u32) -> Result<(), desk::Error> {
    let due = desk.tick(desk.clock.now());
    let swept = if beat.is_multiple_of(SWEEP) { desk.sweep_uploads(desk.clock.now()).map(drop) } else { Ok(()) };
    let watched = watched(desk, beat);
    let visited = visited(desk, beat);
    due.map(drop).and(swept).and(watched).and(visited).and(desk.tell_who_is_here())
}

/// Who is at the widget, and who did not come back to it.
fn visited(desk: &Desk, beat: u32) -> Result<(), desk::Error> {
    if beat.is_multiple_of(VISITORS) {
        desk.visitors_here(&desk.hub.visitors().present())?;
    }
    if beat > RETURN {
        desk.visitors_gone(desk.clock.now())?;
    }
    Ok(())
}

fn watched(desk: &Desk, beat: u32) -> Result<(), desk::Error> {
    if desk.hub.sockets() > 0 {
        desk.directory()?;
        if beat.is_multiple_of(RECHECK) {
            desk.close_ended_sockets()?;
        }
    }
    Ok(())
}
