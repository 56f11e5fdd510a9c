//! `switchboard serve`: the server, until it is told to stop.

use crate::channels::sender::{Outside, Sender};
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::publisher::Ear;
use crate::live::relay::{self, Heard};
use crate::store::{Access, Db, Listener, Notice};
use crate::web::server::{self, Running};
use crate::web::socket;
use actix_web::rt;
use anyhow::Context;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use tokio::signal::unix::{SignalKind, signal};

pub fn run(config: &Config) -> anyhow::Result<()> {
    let told_to_stop = told_to_stop()?;
    let house = House::open(config)?;
    if let Some(token) = house.desk.first_link()? {
        let base = config.public_url.clone().unwrap_or_else(|| format!("http://{}", house.running.addr));
        println!("Nobody works here yet. Make the admin at {base}/set-up/{token} (works once, for 24 hours)");
    }
    told_to_stop.recv()?;
    tracing::info!("stopping");
    house.close()
}

/// Everything that runs: the desk, the server in front of it, the sender behind it, and the ear for other nodes.
pub struct House {
    pub desk: Desk,
    pub running: Running,
    sender: Sender,
    listener: Option<Listener>,
}

impl House {
    /// Opens the database and starts everything.
    pub fn open(config: &Config) -> anyhow::Result<House> {
        let (db, committed) = Db::open(&config.database_url, Access::Server)?;
        let desk = Desk::new(db, Clock::system());
        let listener = hear_others(&desk, desk.publish_from(committed)?)?;
        let running = server::start(desk.clone(), config);
        let running = running.with_context(|| format!("cannot listen on {}", config.bind))?;
        let sender = Sender::start(desk.clone(), outside(&desk, config, &running)?)?;
        Ok(House { desk, running, sender, listener })
    }

    /// Sockets first, then what runs, then the rest. What is on its way to a provider ends meanwhile.
    pub fn close(self) -> anyhow::Result<()> {
        self.sender.rest();
        self.running.stop()?;
        drop(self.sender);
        drop(self.listener);
        Ok(())
    }
}

/// Where providers reach us.
fn outside(desk: &Desk, config: &Config, running: &Running) -> anyhow::Result<Outside> {
    let key = desk.key(config.secret.as_ref().map(|secret| secret.as_bytes()))?;
    let base = config.public_url.clone().unwrap_or_else(|| format!("http://{}", running.addr));
    Ok(Outside { base, is_public: config.public_url.is_some(), key })
}

/// Hears Ctrl-C, and whoever stops services, from now on.
pub fn told_to_stop() -> anyhow::Result<Receiver<()>> {
    let (ready, is_ready) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    let listen = async move {
        let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        let (mut interrupt, mut terminate) = match (interrupt, terminate) {
            (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
            (Err(error), _) | (_, Err(error)) => return drop(ready.send(Err(error))),
        };
        let _ = ready.send(Ok(()));
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            let _ = tell.send(());
        }
    };
    thread::Builder::new().name("signals".into()).spawn(move || rt::System::new().block_on(listen))?;
    is_ready.recv()??;
    Ok(told)
}

/// Listens to the other nodes on the database, if it is one that several can use.
fn hear_others(desk: &Desk, ear: Ear) -> anyhow::Result<Option<Listener>> {
    let (node, own) = (desk.db.node().to_owned(), desk.clone());
    let hear = move |notice| match notice {
        Notice::Missed => ear.hear(Heard::Missed),
        Notice::Said(words) => match relay::read(&words, &node) {
            None => {}
            Some(Heard::Access) => own.access_changed_elsewhere(),
            Some(Heard::Here(node, seen)) => socket::told_company(&own.hub, &node, &seen),
            Some(heard) => ear.hear(heard),
        },
    };
    let listener = Listener::start(desk.db.target(), hear)?;
    if listener.is_some() {
        desk.hub.presence().sightings().share();
    }
    Ok(listener)
}
