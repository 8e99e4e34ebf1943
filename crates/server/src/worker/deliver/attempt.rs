//! One attempt: the body, the signature, the call, and what follows.
//!
//! Guarantees: only 2xx counts; 410 gives the delivery up and disables the endpoint; everything
//! else is tried again by the schedule, later if the receiver's `Retry-After` asks for it; what is
//! kept of an answer is bounded, and holds neither what acts on a terminal nor a signature that we
//! sent.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue};
use rushes_domain::Timestamp;
use rushes_domain::webhook::{EventType, retry_delay_ms};
use rushes_store::{
    AttemptOutcome, EndpointRow, Outgoing, Reason, StoreError, Verdict, finish_attempt,
};

use crate::app::App;
use crate::dialects::{native, view};
use crate::egress::{WebhookAnswer, WebhookError};
use crate::metrics::webhooks::Sent;
use crate::signing;

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// How long a stop waits for a call that is under way, in milliseconds. Its delivery is due again
/// at the next start.
const STOP_WAIT_MS: u64 = 3_000;
/// The status that says that nobody wants to hear here any more.
const GONE: u16 = 410;

/// Makes an attempt and writes down what it met. Whatever interrupts it leaves the delivery to its
/// lease.
pub(super) async fn run(app: &App, sent: Outgoing) {
    let at = app.clock.now();
    let began_ms = app.clock.monotonic_ms();
    let stopped = async {
        app.stop.cancelled().await;
        tokio::time::sleep(Duration::from_millis(STOP_WAIT_MS)).await;
    };
    let met = tokio::select! {
        met = AssertUnwindSafe(send(app, &sent, at)).catch_unwind() => met,
        () = stopped => return,
    };
    let met = met.unwrap_or_else(|_| Met::error("the gateway failed"));
    let took_ms = app.clock.monotonic_ms().saturating_sub(began_ms).unsigned_abs();
    let verdict = judge(app, &sent, &met);
    app.metrics.webhooks.attempt(met.kind());
    let outcome = AttemptOutcome {
        at,
        took_ms,
        response_status: met.status,
        response_body: met.body,
        error: met.error,
        verdict,
    };
    let now = app.clock.now();
    let (id, endpoint_id) = (sent.delivery.id.clone(), sent.endpoint.id);
    let write = app.store.write(move |tx| finish_attempt(tx, &sent, &outcome, now)).await;
    match write {
        Ok(disabled) => {
            app.metrics.webhooks.ended(verdict);
            if let Some(by) = disabled {
                app.metrics.webhooks.disabled(by);
                tracing::warn!(webhook = %endpoint_id, by = by.as_str(), "a webhook was disabled");
            }
        }
        // The task was deleted meanwhile, or the lease was over: whoever has it now writes.
        Err(StoreError::Closed | StoreError::Fenced) => {}
        Err(error) => {
            tracing::error!(delivery = %id, %error, "an attempt cannot be written down");
        }
    }
}

/// What an attempt met.
#[derive(Debug, Default)]
struct Met {
    status: Option<u16>,
    body: Option<String>,
    retry_after_ms: Option<i64>,
    /// Why it does not count.
    error: Option<String>,
    blocked: bool,
    secret_lost: bool,
}

impl Met {
    fn error(message: impl Into<String>) -> Self {
        Self { error: Some(message.into()), ..Self::default() }
    }

    const fn kind(&self) -> Sent {
        match self.error {
            None => Sent::Delivered,
            Some(_) if self.blocked => Sent::Blocked,
            Some(_) => Sent::Failed,
        }
    }
}

async fn send(app: &App, sent: &Outgoing, at: Timestamp) -> Met {
    let Some(secrets) = open_secrets(app, &sent.endpoint, at) else {
        let error = "the secret cannot be opened any more; rotate it";
        return Met { secret_lost: true, ..Met::error(error) };
    };
    let Some(body) = body_of(app, sent, at) else {
        return Met::error("the event cannot be written as JSON");
    };
    let event_id = &sent.delivery.event_id;
    let secrets = secrets.iter().map(String::as_str);
    let Some(signature) = signing::sign(secrets, event_id, at.unix_seconds(), &body) else {
        let error = "the secret cannot be used; rotate it";
        return Met { secret_lost: true, ..Met::error(error) };
    };
    let Some(headers) = headers(event_id, at, &signature) else {
        return Met::error("the event's headers cannot be written");
    };
    let answered = app.egress.post_webhook(sent.url(), headers, Bytes::from(body), at).await;
    match answered {
        Ok(answer) => read(answer, &signature),
        Err(WebhookError { message, blocked }) => Met { blocked, ..Met::error(message) },
    }
}

/// The secrets that are valid now, the newest first.
fn open_secrets(app: &App, endpoint: &EndpointRow, now: Timestamp) -> Option<Vec<String>> {
    let context = format!("webhook {}", endpoint.id);
    let open = |sealed: &[u8]| {
        let opened = app.webhook_secrets.open(sealed, context.as_bytes()).ok()?;
        String::from_utf8(opened).ok()
    };
    let mut secrets = vec![open(endpoint.sealed.as_deref()?)?];
    let old = endpoint.old.as_ref().filter(|(_, until)| *until > now);
    // An old one that is lost is none; the new one signs.
    secrets.extend(old.and_then(|(sealed, _)| open(sealed)));
    Some(secrets)
}

fn body_of(app: &App, sent: &Outgoing, now: Timestamp) -> Option<Vec<u8>> {
    let delivery = &sent.delivery;
    let event = native::event::Event {
        kind: delivery.event_type,
        sequence: delivery.sequence,
        happened_at: delivery.happened_at,
    };
    let written = match &sent.task {
        Some(row) => {
            let links = &app.links;
            let view = view::View { row, links, now, queue_position: None, is_held_back: false };
            native::event::body(&event, &view)
        }
        None => native::event::test_body(&event, sent.endpoint.id),
    };
    written.ok()
}

fn headers(event_id: &str, at: Timestamp, signature: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(5);
    headers.insert(WEBHOOK_ID, HeaderValue::from_str(event_id).ok()?);
    headers.insert(WEBHOOK_TIMESTAMP, HeaderValue::from(at.unix_seconds()));
    let mut signature = HeaderValue::from_str(signature).ok()?;
    signature.set_sensitive(true);
    headers.insert(WEBHOOK_SIGNATURE, signature);
    Some(headers)
}

/// What an answer says.
fn read(answer: WebhookAnswer, signature: &str) -> Met {
    let WebhookAnswer { status, body, retry_after_ms } = answer;
    let error = match status {
        200..=299 => None,
        300..=399 => Some(format!("answered with status {status}; redirects are not followed")),
        GONE => Some("answered with status 410: nobody wants to hear here any more".to_owned()),
        _ => Some(format!("answered with status {status}")),
    };
    Met {
        status: Some(status),
        body: Some(clean(&body, signature)),
        retry_after_ms: retry_after_ms.map(|wait| i64::try_from(wait).unwrap_or(i64::MAX)),
        error,
        ..Met::default()
    }
}

/// The beginning of a receiver's body as it is kept. Some receivers repeat what they were sent:
/// signatures, of ours and of links, are taken out.
fn clean(body: &[u8], signature: &str) -> String {
    let text: String = String::from_utf8_lossy(body)
        .chars()
        .map(|it| if it.is_control() && !matches!(it, '\n' | '\t') { ' ' } else { it })
        .collect();
    let mut text = without_link_signatures(&text);
    for part in signature.split(' ') {
        let bare = part.strip_prefix("v1,").unwrap_or(part);
        text = text.replace(bare, "…");
    }
    text
}

fn without_link_signatures(text: &str) -> String {
    let mut parts = text.split("sig=");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str("sig=…");
        kept.push_str(part.trim_start_matches(|it: char| it.is_ascii_hexdigit()));
    }
    kept
}

/// What follows from an attempt.
fn judge(app: &App, sent: &Outgoing, met: &Met) -> Verdict {
    if met.error.is_none() {
        return Verdict::Delivered;
    }
    if met.secret_lost {
        return Verdict::GivenUp(Reason::SecretLost);
    }
    if met.status == Some(GONE) {
        return Verdict::GivenUp(Reason::Gone);
    }
    let mut draw = [0_u8; 4];
    app.ids.fill(&mut draw);
    let draw = u32::from_le_bytes(draw);
    let delay = retry_delay_ms(sent.step, draw, met.retry_after_ms).filter(|_| !sent.is_last());
    match delay {
        Some(delay_ms) => Verdict::Again(app.clock.now().plus_ms(delay_ms)),
        None if sent.delivery.event_type == EventType::Test => Verdict::GivenUp(Reason::TestFailed),
        None => Verdict::GivenUp(Reason::Exhausted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_answer_acts_on_nothing_and_repeats_no_signature() {
        let body = b"\x1b[31mno\r\nv1,abc= a?exp=1&sig=00ffee\" b \xff sig=";
        let kept = clean(body, "v1,abc= v1,def=");
        assert_eq!(kept, " [31mno \nv1,… a?exp=1&sig=…\" b \u{fffd} sig=…");
    }

    #[test]
    fn only_2xx_counts() {
        for status in [200, 201, 204, 299] {
            let answer = WebhookAnswer { status, body: Bytes::new(), retry_after_ms: None };
            assert!(read(answer, "").error.is_none(), "{status}");
        }
        for status in [100, 199, 301, 307, 400, 404, 410, 429, 500, 503] {
            let answer = WebhookAnswer { status, body: Bytes::new(), retry_after_ms: None };
            assert!(read(answer, "").error.is_some(), "{status}");
        }
    }
}
