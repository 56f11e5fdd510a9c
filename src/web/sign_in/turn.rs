//! Turns at making hashes, each of which takes a core for tens of milliseconds.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::web::Error;
use crate::web::work::work;

/// How long an attempt waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// As many at once as there are cores but one, so that a flood of sign-ins leaves room for everybody who is inside.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new(cores.saturating_sub(1).max(1)))
});

/// Runs a verb that makes hashes, when it is its turn. The turn lasts as long as the verb: a peer that hangs up takes
/// its request with it, but not the work, which must go on counting.
pub async fn in_turn<T, E>(verb: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Error>
where
    T: Send + 'static,
    E: Into<Error> + Send + 'static,
{
    let turn = turn().await?;
    work(move || {
        let _turn = turn;
        verb()
    })
    .await
}

async fn turn() -> Result<OwnedSemaphorePermit, Error> {
    match tokio::time::timeout(PATIENCE, TURNS.clone().acquire_owned()).await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(Error::Unavailable("too many sign-ins at once".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[actix_web::test]
    async fn a_turn_lasts_until_its_work_is_done_also_when_nobody_waits_for_it_any_more() {
        let free = TURNS.available_permits();
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
        assert_eq!(TURNS.available_permits(), free - 1, "the work still runs");
        end.send(()).unwrap();
        while TURNS.available_permits() < free {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
