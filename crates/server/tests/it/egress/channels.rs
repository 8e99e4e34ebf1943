//! A channel for a test, and what came of its requests.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rushes_domain::channel::{ChannelTerms, ChannelTimeouts, Resubmit};
use rushes_domain::{IdSource, TaskId, Timestamp};
use rushes_providers::{Http as _, HttpAnswer, HttpFault, HttpRequest, Operation};
use rushes_server::clock::ManualClock;
use rushes_server::egress::{
    ChannelHttp, Credential, ObserveRequests, RequestOutcome, Resolve, Trusted, TrustedOptions,
};

use super::support::{Names, Server, read_head};

/// The credential of every channel here; must be seen nowhere but on its own origin.
pub(super) const KEY: &str = "sk-very-secret";
/// The moment that the clock shows: 2026-06-01 00:00:00 UTC.
pub(super) const NOW: Timestamp = Timestamp::from_unix_seconds(1_780_272_000);

/// Limits in time that no test reaches by itself.
pub(super) const TIMES: ChannelTimeouts =
    ChannelTimeouts { submit_ms: 20_000, poll_ms: 20_000, download_ms: 20_000 };

/// Bytes that are always the same.
struct FixedIds;

impl IdSource for FixedIds {
    fn task_id(&self) -> TaskId {
        TaskId::new(1)
    }

    fn request_id(&self) -> String {
        "req_1".to_owned()
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0xab);
    }
}

/// Keeps what it is told.
#[derive(Default)]
pub(super) struct Seen(Mutex<Vec<(Operation, RequestOutcome, Duration)>>);

impl ObserveRequests for Seen {
    fn observed(&self, operation: Operation, outcome: RequestOutcome, took: Duration) {
        self.0.lock().expect("what was seen").push((operation, outcome, took));
    }
}

impl Seen {
    pub(super) fn all(&self) -> Vec<(Operation, RequestOutcome, Duration)> {
        self.0.lock().expect("what was seen").clone()
    }
}

/// What a channel of a test is made from.
pub(super) struct Plan {
    pub(super) base_url: String,
    pub(super) media_origins: Vec<String>,
    pub(super) key: Option<&'static str>,
    pub(super) timeouts: ChannelTimeouts,
    pub(super) options: TrustedOptions,
    pub(super) names: Names,
    pub(super) clock: ManualClock,
    pub(super) seen: Arc<Seen>,
}

impl Plan {
    /// A channel at this address, with a credential.
    pub(super) fn at(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            media_origins: Vec::new(),
            key: Some(KEY),
            timeouts: TIMES,
            options: TrustedOptions::default(),
            names: Names::default(),
            clock: ManualClock::new(NOW),
            seen: Arc::default(),
        }
    }

    /// What the operator says of the channel.
    pub(super) fn terms(&self) -> ChannelTerms {
        ChannelTerms {
            name: "test".to_owned(),
            preset: "openai-videos".to_owned(),
            provider: "openai_videos".to_owned(),
            base_url: self.base_url.clone(),
            models: Vec::new(),
            priority: 0,
            weight: 1,
            max_concurrency: 1,
            groups: None,
            costs: BTreeMap::new(),
            image_fit: rushes_domain::channel::ImageFit::Cover,
            images: rushes_domain::channel::ImageDelivery::Inline,
            media_origins: self.media_origins.clone(),
            result_links: rushes_domain::channel::ResultLinks::Own,
            timeouts: self.timeouts,
            poll_interval_ms: 1_000,
            resubmit: Resubmit::Never,
            enabled: true,
        }
    }

    /// The client.
    pub(super) fn trusted(&self) -> Trusted {
        let names: Arc<dyn Resolve> = Arc::new(self.names.clone());
        let clock = Arc::new(self.clock.clone());
        Trusted::new(&self.options, &names, clock, Arc::new(FixedIds)).expect("a client")
    }

    /// The channel.
    pub(super) fn build(&self) -> ChannelHttp {
        let credential = self.key.map(|key| Credential::new(key).expect("a credential"));
        let observer = Arc::clone(&self.seen);
        let channel = self.trusted().channel(&self.terms(), credential, observer);
        channel.expect("a channel")
    }

    /// Sends one request, and holds the outcome to what is promised of every one.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpFault> {
        let seen_before = self.seen.all().len();
        let outcome = self.build().send(request).await;
        if let Err(fault) = &outcome {
            let text = fault.to_string();
            for secret in [KEY, "query", "//", "/v1", "Bearer"] {
                assert!(!text.contains(secret), "{secret} in: {text}");
            }
        }
        let expected = match &outcome {
            Ok(answer) => RequestOutcome::Answered(answer.status),
            Err(HttpFault::NotSent(_)) => RequestOutcome::NotSent,
            Err(HttpFault::Broken(_)) => RequestOutcome::Broken,
        };
        assert_eq!(
            self.seen.all()[seen_before..].iter().map(|seen| seen.1).collect::<Vec<_>>(),
            [expected]
        );
        outcome
    }

    /// The words of a poll that proves that nothing was sent.
    pub(super) async fn not_sent(&self) -> String {
        let fault = self.send(poll()).await.expect_err("no answer");
        assert!(matches!(fault, HttpFault::NotSent(_)), "{fault:?}");
        fault.to_string()
    }

    /// The words of a poll whose answer is lost.
    pub(super) async fn broken(&self) -> String {
        let fault = self.send(poll()).await.expect_err("no answer");
        assert!(matches!(fault, HttpFault::Broken(_)), "{fault:?}");
        fault.to_string()
    }
}

/// A channel at a server of the test.
pub(super) fn plan(server: &Server) -> Plan {
    Plan::at(server.url(""))
}

/// A request without a body.
pub(super) fn poll() -> HttpRequest {
    HttpRequest::new(Operation::Poll, http::Method::GET, "/v1/videos/1?query=1")
}

/// One whole request with a length: its head and its body.
pub(super) fn read_request(stream: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let head = read_head(stream)?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((head, body))
}
