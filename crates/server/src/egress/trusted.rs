//! The client for addresses that the operator chose: one for all channels.
//!
//! Guarantees: proxy variables of the environment are ignored, no redirect is followed, nothing is
//! sent twice, nothing is compressed; connecting and silence have limits in time, the head of an
//! answer one in lines and bytes. Sending the body of a request counts as silence of the server, so for submits
//! the channel's limit for the whole request is the only one.
//!
//! A connection that was kept from an earlier request may be closed by the other side in the very
//! moment that the next one is written to it, and then nobody knows whether it arrived. A submit
//! that is lost that way is lost for good, so submits, and downloads with them, always take a new
//! connection; only polls, cancels and checks, which can be repeated, use one that was kept, and
//! none is kept for long.
//!
//! **Not here, on purpose: the look at addresses.** An operator may put a channel on a private
//! network or on this machine, by name or by address, so this client goes wherever it is sent. It
//! must only ever get URLs on a channel's own origin or on one of its `media_origins`; all others
//! go by [`super::Egress`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use rushes_domain::IdSource;
use rushes_domain::channel::{ChannelProblem, ChannelTerms};
use rushes_providers::Operation;
use rustls::pki_types::CertificateDer;

use super::cause::Times;
use super::channel::ChannelHttp;
use super::client::{self, Use};
use super::credential::Credential;
use super::error::EgressError;
use super::resolver::Resolve;
use crate::clock::AppClock;

/// Longest time of a message to the operator, in milliseconds.
const POST_TIMEOUT_MS: u64 = 15_000;

/// The limits of the trusted client; [`Default`] holds those of production.
#[derive(Debug, Clone)]
pub struct TrustedOptions {
    /// Longest time for looking up a name, connecting and the TLS handshake together.
    pub connect_timeout_ms: u64,
    /// Longest silence of a server before and within its answer, submits apart.
    pub idle_timeout_ms: u64,
    /// How long a connection is kept for the next poll, cancel or check.
    pub pool_idle_ms: u64,
    /// Authorities that are trusted besides the platform's.
    pub certificates_extra: Vec<CertificateDer<'static>>,
}

impl Default for TrustedOptions {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 5_000,
            idle_timeout_ms: 30_000,
            pool_idle_ms: 3_000,
            certificates_extra: Vec::new(),
        }
    }
}

/// What came of a request to a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestOutcome {
    /// A whole answer, with this status.
    Answered(u16),
    /// The request provably did not leave.
    NotSent,
    /// It may have arrived, but no whole answer came.
    Broken,
}

/// Whoever counts a channel's requests. Called once for each that was not dropped on its way.
pub trait ObserveRequests: Send + Sync {
    /// A request is over.
    fn observed(&self, operation: Operation, outcome: RequestOutcome, took: Duration);
}

/// The client for addresses that the operator chose. Cloning it is cheap.
#[derive(Clone)]
pub struct Trusted {
    /// Keeps no connection, and lets the channel's own limit decide how long a server may be silent.
    pub(super) submits: reqwest::Client,
    /// Keeps no connection.
    pub(super) fresh: reqwest::Client,
    /// Keeps connections for a while; else the same.
    pub(super) kept: reqwest::Client,
    pub(super) times: Times,
    pub(super) clock: Arc<dyn AppClock>,
    pub(super) ids: Arc<dyn IdSource>,
}

impl fmt::Debug for Trusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Trusted").field("times", &self.times).finish_non_exhaustive()
    }
}

impl Trusted {
    /// Builds the client. The clock measures how long requests take and reads dates; the ids give
    /// the random bytes of form boundaries.
    pub fn new(
        options: &TrustedOptions,
        resolver: &Arc<dyn Resolve>,
        clock: Arc<dyn AppClock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, EgressError> {
        let build = |wanted| client::trusted(options, Arc::clone(resolver), wanted);
        let (submits, fresh) = (build(Use::Submit)?, build(Use::Download)?);
        let kept = build(Use::Repeatable)?;
        let times =
            Times { connect_ms: options.connect_timeout_ms, idle_ms: options.idle_timeout_ms };
        Ok(Self { submits, fresh, kept, times, clock, ids })
    }

    /// Posts JSON to an address of the operator's; the answer's body is not read.
    ///
    /// # Errors
    /// What went wrong, without the address.
    pub async fn post_json(&self, url: &str, body: String) -> Result<(), String> {
        let request = self
            .fresh
            .post(url)
            .timeout(Duration::from_millis(POST_TIMEOUT_MS))
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        match request.send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(format!("HTTP status {}", response.status())),
            Err(error) => Err(super::cause::Cause::of(&error).0.words(self.times)),
        }
    }

    /// The way to one channel.
    pub fn channel(
        &self,
        terms: &ChannelTerms,
        credential: Option<Credential>,
        observer: Arc<dyn ObserveRequests>,
    ) -> Result<ChannelHttp, ChannelProblem> {
        ChannelHttp::new(self.clone(), terms, credential, observer)
    }
}
