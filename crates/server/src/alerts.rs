//! Telling the operator at once that a channel does not work.
//!
//! Guarantees: nobody waits for it, and it never fails anything: a message that cannot be delivered
//! in [`TRIES_MAX`] tries is in the log alone. A message holds the channel's name and what happened
//! in the upstream's words, never a credential. Not here: the customers' webhooks.

use std::sync::Arc;

use rushes_providers::{UpstreamError, UpstreamErrorKind};
use serde_json::json;

use crate::app::App;
use crate::channels::Channel;
use crate::metrics::channels::kind_word;

/// Tries of one message.
const TRIES_MAX: usize = 3;
/// Waits between them, in milliseconds.
const RETRIES_MS: [i64; TRIES_MAX - 1] = [1_000, 10_000];

/// A channel's breaker has just opened.
pub fn breaker_opened(app: &App, channel: &Arc<Channel>, error: Option<&UpstreamError>) {
    let name = channel.row.terms.name.as_str();
    let kind = error.map(|error| kind_word(error.kind));
    let message = error.map(|error| error.message.as_str());
    channel.runtime.metrics.opened();
    tracing::warn!(channel = name, kind, message, "a channel's breaker has opened");
    let is_credential = error.is_some_and(|it| it.kind == UpstreamErrorKind::Unauthorized);
    let event = if is_credential { "channel.credential_refused" } else { "channel.breaker_opened" };
    let body = json!({
        "type": event,
        "timestamp": app.clock.now().unix_seconds(),
        "data": { "channel": name, "error": { "kind": kind, "message": message } },
    });
    send(app, body.to_string());
}

/// Sends a message to the operator's address, if there is one.
fn send(app: &App, body: String) {
    let url = app.config.alerts.webhook_url.clone();
    if url.is_empty() {
        return;
    }
    let (trusted, clock, stop) = (app.trusted.clone(), Arc::clone(&app.clock), app.stop.clone());
    app.tracker.spawn(async move {
        let deliver = async {
            let mut retries_ms = RETRIES_MS.into_iter();
            loop {
                let Err(problem) = trusted.post_json(&url, body.clone()).await else { return };
                let Some(wait_ms) = retries_ms.next() else {
                    tracing::error!(problem, "an alert could not be delivered");
                    return;
                };
                clock.sleep_until(clock.now().plus_ms(wait_ms)).await;
            }
        };
        tokio::select! {
            () = deliver => {}
            () = stop.cancelled() => {}
        }
    });
}
