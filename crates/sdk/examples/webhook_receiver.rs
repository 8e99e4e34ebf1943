//! Receives webhooks: checks each call, and says what happened, once.
//!
//! Speaks plain HTTP; a proxy with TLS stands in front, since a gateway calls https alone.
//!
//! ```sh
//! export WEBHOOK_SECRET=whsec_…
//! cargo run -p rushes-sdk --example webhook_receiver -- 127.0.0.1:9000
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to a person")]

use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{Router, post};
use rushes_sdk::webhook::{Happened, Verifier};
use tokio::net::TcpListener;

/// Most bytes of a call; a gateway sends 20 KiB at most.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Events that are remembered. A program with a database keeps their ids there, in the transaction
/// that does what the event asks for.
const EVENTS_MAX: usize = 10_000;

struct Receiver {
    verifier: Verifier,
    /// Ids of the events that were dealt with, oldest first. Two copies of one that arrive at the same
    /// moment are both dealt with; a transaction of a database leaves one of them.
    seen: Mutex<VecDeque<String>>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen = std::env::args().nth(1).ok_or("usage: webhook_receiver ADDRESS:PORT")?;
    let verifier = Verifier::new(&variable("WEBHOOK_SECRET")?)?;
    let receiver = Arc::new(Receiver { verifier, seen: Mutex::default() });
    let app = Router::new()
        .route("/hook", post(receive))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(receiver);
    let listener = TcpListener::bind(listen).await?;
    println!("listening on http://{}/hook", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

/// Any 2xx says that the event was taken; everything else brings it again, later.
async fn receive(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let header = |name| headers.get(name)?.to_str().ok();
    let event = match receiver.verifier.verify(header, &body) {
        Ok(event) => event,
        Err(rejected) => {
            eprintln!("refused a call: {rejected}");
            return StatusCode::UNAUTHORIZED;
        }
    };
    if receiver.has_seen(&event.id) {
        return StatusCode::NO_CONTENT;
    }
    match &event.happened {
        Happened::Completed(task) => println!("{} is ready: {}", task.id, task.result_url),
        Happened::Failed(task) => println!("{} failed: {}", task.id, task.fail_reason),
        Happened::Test { message, .. } => println!("{message}"),
        // Started, called off, expired, or of a later version.
        _ => {}
    }
    // Not before the work is done: if that fails, answer 500, and the event comes again.
    receiver.remember(event.id);
    StatusCode::NO_CONTENT
}

impl Receiver {
    /// True if the event was dealt with already: a delivery can arrive twice.
    fn has_seen(&self, event_id: &str) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().any(|id| id == event_id)
    }

    fn remember(&self, event_id: String) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() == EVENTS_MAX {
            seen.pop_front();
        }
        seen.push_back(event_id);
    }
}

#[expect(clippy::disallowed_methods, reason = "a secret does not belong among the arguments")]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set"))
}
