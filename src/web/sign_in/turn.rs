//! Turns at making hashes, each of which takes a core for tens of milliseconds and twenty megabytes.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::web::Error;

/// How long an attempt waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// The threads that make hashes stay: each keeps the memory of its last hash for the next one. On the threads of all
/// other work, every one of them would come to hold as much.
const STAY: Duration = Duration::from_secs(24 * 60 * 60);

static HASHERS: LazyLock<Option<Hashers>> = LazyLock::new(|| Hashers::new().ok());

/// As many threads as there are cores but one, so that a flood of sign-ins leaves room for everybody who is inside.
struct Hashers {
    threads: Runtime,
    turns: Arc<Semaphore>,
}

impl Hashers {
    fn new() -> std::io::Result<Hashers> {
        let number = std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1);
        let threads = Builder::new_current_thread().max_blocking_threads(number).thread_keep_alive(STAY).build()?;
        Ok(Hashers { threads, turns: Arc::new(Semaphore::new(number)) })
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        match tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Error::Unavailable("too many sign-ins at once".into())),
        }
    }
}

/// Runs a verb that makes hashes, when it is its turn. The turn lasts as long as the verb: a peer that hangs up takes
/// its request with it, but not the work, which must go on counting.
pub async fn in_turn<T, E>(verb: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Error>
where
    T: Send + 'static,
    E: Into<Error> + Send + 'static,
{
    let Some(hashers) = HASHERS.as_ref() else { return Err(Error::Broken("no threads for hashes".into())) };
    let turn = hashers.turn().await?;
    let done = hashers.threads.spawn_blocking(move || {
        let _turn = turn;
        verb()
    });
    match done.await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(Error::Broken("a verb panicked, or the server stops".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[actix_web::test]
    async fn a_turn_lasts_until_its_work_is_done_also_when_nobody_waits_for_it_any_more() {
        let turns = &HASHERS.as_ref().unwrap().turns;
        let free = turns.available_permits();
        let (begun, has_begun) = mpsc::channel();
        let (end, may_end) = mpsc::channel::<()>();
        let verb = move || {
            let _ = begun.send(());
            let _ = may_end.recv();
            Ok::<_, Error>(())
        };
        let asked = tokio::time::timeout(Duration::from_millis(200), in_turn(verb)).await;
        assert!(asked.is_err(), "the peer hangs up while the work goes on");
        has_begun.recv().unwrap();
        assert_eq!(turns.available_permits(), free - 1, "the work still runs");
        end.send(()).unwrap();
        while turns.available_permits() < free {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
