//! The SDK against the gateway: what it follows and survives, and its examples as programs. Its
//! check of webhooks is tried in `webhooks/sdk`.

mod examples;
mod follow;

use rushes_sdk::{Client, GenerateRequest};

use crate::support::TestApp;

/// A client with the owner's test key.
fn client(app: &TestApp) -> Client {
    client_at(&app.base_url, app)
}

/// The same by way of another address.
fn client_at(url: &str, app: &TestApp) -> Client {
    Client::new(url, &app.test_api_key).expect("a client")
}

/// A request that no renderer works on for long.
fn small(prompt: &str) -> GenerateRequest {
    GenerateRequest::new("grok-image-video", prompt).seconds(1).resolution("480p")
}
