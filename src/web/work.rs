//! Verbs block; the server's own threads must not.

use actix_web::web;

use super::Error;

/// Runs a verb of the desk on a thread that may block.
pub async fn work<T, E>(verb: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Error>
where
    T: Send + 'static,
    E: Into<Error> + Send + 'static,
{
    match web::block(verb).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(Error::Broken("a verb panicked, or the server stops".into())),
    }
}
