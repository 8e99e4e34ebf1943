//! How anything is changed: in one transaction that asks once more who changes it.
//!
//! Guarantees: an actor whose key, session or account ended while its request was on the way changes
//! nothing; what is changed is read in the same transaction, so that two changes at a time both
//! hold; a change that was refused left nothing. What has to follow a commit follows it, also when
//! the client has hung up.

use std::future::Future;

use rushes_store::{StoreError, Tx};
use tracing::Instrument as _;

use super::actor::Actor;
use crate::http::Http;
use crate::http::error::HttpError;

impl Http {
    /// Runs a change in one transaction, for the actor as it is then. A rule that says no inside is
    /// an `ApiError`, which undoes all of it.
    pub(in crate::http) async fn change<T, F>(
        &self,
        actor: &Actor,
        change: F,
    ) -> Result<T, HttpError>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (actor, now) = (actor.clone(), self.app.clock.now());
        let write = move |tx: &mut Tx<'_>| {
            let actor = actor.refreshed(tx, now)?;
            change(tx, &actor)
        };
        Ok(self.app.store.write(write).await?)
    }

    /// Does work to its end, whether or not somebody still waits for it: a handler is dropped when
    /// its client hangs up, and with it what it had still to do.
    pub(in crate::http) async fn to_its_end<T, W>(&self, work: W) -> Result<T, HttpError>
    where
        W: Future<Output = Result<T, HttpError>> + Send + 'static,
        T: Send + 'static,
    {
        let done = self.app.tracker.spawn(work.in_current_span()).await;
        done.map_err(|error| HttpError::internal(&error))?
    }
}
