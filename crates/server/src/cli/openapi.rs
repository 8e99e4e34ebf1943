//! `rushes openapi`.

use super::failure::{Exit, Failure};
use super::output::print;
use crate::config::public_url;
use crate::http::openapi::document;

/// For which gateway.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The URL under which clients reach the gateway: the document's server.
    #[arg(long, value_name = "URL", env = "RUSHES_PUBLIC_URL")]
    #[arg(default_value = "http://127.0.0.1:8080")]
    public_url: String,
}

/// Prints the document, which needs no gateway: it comes from the routes of this program.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let server = public_url("--public-url (RUSHES_PUBLIC_URL)", &arguments.public_url)
        .map_err(Failure::usage)?;
    let document = document(&server);
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::new(Exit::TaskFailed, error.to_string()))?;
    print(text.as_bytes())
}
