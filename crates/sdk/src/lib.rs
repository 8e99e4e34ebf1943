//! A typed client of the gateway's public API.
//!
//! Guarantees: the body that the server sent is kept beside what was read from it
//! ([`Response::body`]); a request is repeated only where repeating it cannot make a second video
//! (reads, and creates by their `Idempotency-Key`); the API key is sent to the gateway alone, never
//! to the address of a video. Every wait, size and number of tries has a named limit.
//! Not here: events and webhooks.
//!
//! ```no_run
//! use std::{path::Path, time::Duration};
//! use rushes_sdk::{Client, Error, GenerateRequest, WaitOptions};
//!
//! # async fn run() -> Result<(), Error> {
//! let client = Client::new("http://127.0.0.1:8080", "sk-…")?;
//! let request = GenerateRequest::new("grok-image-video", "a red sports car in neon rain")
//!     .seconds(6)
//!     .resolution("720p");
//! let created = client.generate(&request).await?.value;
//! let options = WaitOptions::new(Duration::from_secs(600));
//! let task = client.wait(&created.id, &options, |task| eprintln!("{}", task.progress)).await?.value;
//! client.download(&task.result_url, Path::new("car.mp4"), |_| {}).await?;
//! # Ok(())
//! # }
//! ```

mod api;
mod client;
mod download;
mod error;
mod generate;
mod image;
mod model;
mod task;
mod transport;
mod wait;

pub use api::ApiRequest;
pub use client::{Client, ClientBuilder, Response};
pub use download::Downloaded;
pub use error::Error;
pub use generate::{Created, GenerateRequest};
pub use image::{IMAGE_BYTES_MAX, Image};
pub use model::{Capabilities, ModeLimits, Model, Pricing};
pub use task::{Cost, ListQuery, Task, TaskError, TaskPage, TaskStatus};
pub use wait::WaitOptions;
