//! The one place of the server where a URL that a stranger chose is dialled.
//!
//! Guarantees, for the first URL and again for every redirect:
//! - Only `http` and `https`, only the contract's ports, no credentials in the URL
//!   ([`rushes_domain::image_url`] decides), and no way back from `https` to `http`.
//! - A name is resolved once, and refused if **any** of its addresses is neither public, after
//!   unwrapping IPv4 in IPv6, nor in the operator's [`EgressOptions::allow`]. The addresses that
//!   were vetted are the ones that are dialled; a literal address, which no resolver sees, is
//!   vetted by the same rule. No connection is kept for a later fetch.
//! - Proxy variables of the environment are ignored; cookies, `Referer`, `Authorization` are never
//!   sent; redirects are followed by hand, at most [`EgressOptions::redirects_max`].
//! - Connecting, silence and the whole fetch each have a limit in time. No compression is asked
//!   for or accepted, and never more than [`EgressOptions::body_bytes_max`] of a body is kept,
//!   whatever the server says about its length.
//! - A [`FetchError`]'s sentence never holds a URL, and log lines hold the host alone.
//!
//! An address of `allow` is allowed in exactly the form it is written in: a net of IPv4 addresses
//! says nothing about the same addresses wrapped into IPv6.
//!
//! Results of upstreams that are neither on a channel's own origin nor on one that its operator
//! named are fetched by the same rules ([`Egress::download`]).
//!
//! Webhooks are sent by the same rules, to https and to names alone, and without redirects
//! ([`Egress::post_webhook`]).
//!
//! All else that the server dials is a channel's, which the operator chose and which may well be
//! private: [`Trusted`] and [`ChannelHttp`], the second and last client of the program.
//!
//! Not here: whether the bytes are a picture (`rushes_render::picture`) or a whole video
//! (`rushes_render::inspect`), how often a fetch is tried (the worker) and how many run at once (the
//! worker; a fetch holds one body in memory, a download does not).

mod cause;
mod channel;
mod client;
mod credential;
mod download;
mod error;
mod fetch;
mod guard;
mod multipart;
mod resolver;
mod retry_after;
mod trusted;
mod webhook;

use std::sync::Arc;

use ipnet::IpNet;
use rushes_domain::ApiError;
use rustls::pki_types::CertificateDer;

pub use channel::ChannelHttp;
pub use credential::{CREDENTIAL_BYTES_MAX, Credential, InvalidCredential};
pub use download::{DownloadError, DownloadSource};
pub use error::{EgressError, FetchError};
pub use fetch::Fetched;
pub use resolver::{Resolve, Resolving, SystemResolver};
pub use trusted::{ObserveRequests, RequestOutcome, Trusted, TrustedOptions};
pub use webhook::{ANSWER_BYTES_MAX, WebhookAnswer, WebhookError};

use guard::Guard;
use resolver::VettingResolver;

/// The limits of the untrusted client; [`Default`] holds the contract's.
#[derive(Debug, Clone)]
pub struct EgressOptions {
    /// Networks that may be reached although they are not public (`egress.allow`).
    pub allow: Vec<IpNet>,
    /// Longest time for looking up a name, connecting and the TLS handshake together.
    pub connect_timeout_ms: u64,
    /// Longest silence of a server before and within its answer.
    pub idle_timeout_ms: u64,
    /// Longest time for a fetch with all its redirects.
    pub total_timeout_ms: u64,
    /// Most redirects that are followed.
    pub redirects_max: u32,
    /// Largest picture that is read.
    pub body_bytes_max: usize,
    /// Largest video that is read.
    pub video_bytes_max: u64,
    /// Longest time for a webhook, up to the last byte of its answer that is read.
    pub webhook_timeout_ms: u64,
    /// The gateway's own host, which no webhook may name.
    pub own_host: Option<String>,
    /// Authorities that are trusted besides the platform's, for servers in `allow` that have a
    /// certificate of the operator's own.
    pub certificates_extra: Vec<CertificateDer<'static>>,
}

impl Default for EgressOptions {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            connect_timeout_ms: 5_000,
            idle_timeout_ms: 15_000,
            total_timeout_ms: 30_000,
            redirects_max: 5,
            body_bytes_max: 20_000_000,
            video_bytes_max: 512 * 1024 * 1024,
            webhook_timeout_ms: 15_000,
            own_host: None,
            certificates_extra: Vec::new(),
        }
    }
}

/// The client for URLs that strangers chose. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Egress {
    client: reqwest::Client,
    resolver: VettingResolver,
    guard: Arc<Guard>,
    options: Arc<EgressOptions>,
}

impl Egress {
    /// Builds the client; `resolver` is asked for every name, once for each connection.
    ///
    /// On a machine without any certificate authorities the client still works for `http`, with a
    /// warning in the log, so that a bare container starts.
    pub fn new(options: EgressOptions, resolver: Arc<dyn Resolve>) -> Result<Self, EgressError> {
        let guard = Arc::new(Guard::new(options.allow.clone()));
        let resolver = VettingResolver::new(Arc::clone(&guard), resolver);
        let client = client::untrusted(&options, &resolver)?;
        Ok(Self { client, resolver, guard, options: Arc::new(options) })
    }

    /// What a look at the text alone shows: `image_url_invalid` or `image_url_blocked`.
    pub fn check(&self, url: &str) -> Result<(), ApiError> {
        self.guard.check_image(url).map(drop)
    }
}
