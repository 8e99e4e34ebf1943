//! What `cargo xtask bench` compares the gateway with: axum alone, answers of constant size.
//!
//! `bare_axum POLL_BYTES CREATE_BYTES` prints the address on which it listens.
#![expect(clippy::print_stdout, reason = "a command line program")]

use std::net::Ipv4Addr;

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};

/// A JSON object of so many bytes.
fn filler(bytes: usize) -> String {
    format!("{{\"filler\":\"{}\"}}", "x".repeat(bytes.saturating_sub(13)))
}

fn json(body: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], body)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut sizes = std::env::args().skip(1).map(|word| word.parse::<usize>());
    let mut next = || sizes.next().unwrap_or(Ok(500));
    let poll: &'static str = filler(next()?).leak();
    let create: &'static str = filler(next()?).leak();
    let app = Router::new()
        .route("/v1/video/generations/{id}", get(move || async move { json(poll) }))
        .route("/v1/video/generations", post(move |_: Bytes| async move { json(create) }));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
