//! A typed client of the gateway's public API.
//!
//! Guarantees: the body that the server sent is kept beside what was read from it
//! ([`Response::body`]); a request is repeated only where repeating it cannot make a second video;
//! the API key is sent to the gateway alone, never to the address of a video. Every wait, size and
//! number of tries has a named limit.
//!
//! ```no_run
//! use std::path::Path;
//! use rushes_sdk::{Client, Error, GenerateRequest};
//!
//! # async fn run() -> Result<(), Error> {
//! let client = Client::new("http://127.0.0.1:8080", "sk-…")?;
//! let request = GenerateRequest::new("grok-image-video", "a red sports car in neon rain")
//!     .seconds(6)
//!     .resolution("720p");
//! let wait = client.generate(&request).wait().on_progress(|at| eprintln!("{}%", at.percent));
//! let task = wait.await?;
//! client.download(&task.result_url, Path::new("car.mp4"), |_| {}).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is repeated
//!
//! A call is tried [`attempts_max`](ClientBuilder::attempts_max) times at most. Between two tries
//! there is a pause that doubles, or what `Retry-After` says; one of more than 10 seconds is not
//! waited for, but given back ([`Error::Api`]).
//!
//! | call | nobody listens | the request did not leave | the gateway did nothing (408, 429, 503) | anything may have happened (answer lost, 500, 502, 504) |
//! |---|---|---|---|---|
//! | reads: models, a task, the list, `GET` of [`api`](Client::api) | no | yes | yes | yes: a read changes nothing |
//! | [`generate`](Client::generate) | no | yes | yes | yes, with the same `Idempotency-Key`: the server gives the task that it made, or makes it now |
//! | [`cancel`](Client::cancel) | no | yes | yes | yes: whoever cancels twice has cancelled |
//! | [`delete`](Client::delete) | no | yes | yes | no: the second answer would be that there is no such task |
//! | changes by [`api`](Client::api) | no | yes | yes | no, unless [`repeatable`](ApiRequest::repeatable) says that it does no harm |
//! | [`download`](Client::download) | no | yes | yes | yes: it goes on behind the last byte, as long as tries bring some |
//! | [`follow`](Client::follow) and waits | only if it was there before: for a minute | as left | as left | as left; the stream goes on behind the last event |
//!
//! Nothing else is repeated: a refusal (400 to 404, 422 …) means the same the second time, and a
//! task that failed was paid back; whether to order it again is for the caller to say
//! ([`TaskError::retryable`]).
//!
//! # Waiting
//!
//! A wait follows the task's events (server-sent events), opens the stream again where it breaks,
//! and asks every few seconds where a server has no such stream, has too many of them
//! open, or where something on the way holds it back. Dropping a future of this crate ends what the
//! client does; a task that was accepted goes on, and is found again under its id.

mod api;
mod client;
mod download;
mod error;
mod events;
mod follow;
mod generate;
mod image;
mod model;
mod progress;
mod sse;
mod task;
mod transport;
mod wait;
pub mod webhook;

pub use api::ApiRequest;
pub use client::{Client, ClientBuilder, Response};
pub use download::Downloaded;
pub use error::Error;
pub use follow::Follow;
pub use generate::{Created, Generate, GenerateRequest};
pub use image::{IMAGE_BYTES_MAX, Image};
pub use model::{Capabilities, ModeLimits, Model, Pricing};
pub use progress::{Progress, TaskEvent};
pub use task::{Cost, Deleted, ListQuery, Task, TaskError, TaskPage, TaskStatus};
pub use wait::Wait;

/// The blocks of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
