//! The harness: a real gateway on a free loopback port, in its own data directory.
//!
//! Everything goes over HTTP; `TestApp::app` is there for looking at what a request left behind.
//! When a test is done it calls `finish`, which stops the gateway and checks the invariants.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rushes_domain::Timestamp;
use rushes_server::app::{App, Parts};
use rushes_server::clock::{AppClock, ManualClock, SystemClock};
use rushes_server::config::{Config, ConfigSources};
use rushes_server::egress::{EgressOptions, Resolve, SystemResolver};
use rushes_server::ids::SystemIds;
use rushes_server::lifecycle::Running;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) mod binary;
pub(crate) mod customers;
pub(crate) mod document;
pub(crate) mod examples;
pub(crate) mod forms;
pub(crate) mod pictures;
pub(crate) mod raw;
pub(crate) mod receiver;
pub(crate) mod relay;
pub(crate) mod still;

/// How long a condition may take to come true.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// What differs from the defaults.
#[derive(Default)]
pub(crate) struct Options {
    flags: Vec<(String, String)>,
    toml: String,
    clock: Option<ManualClock>,
    names: Option<receiver::Names>,
    webhook_timeout_ms: Option<u64>,
    resolver: Option<Arc<dyn Resolve>>,
}

impl Options {
    /// Names that mean what the test says, and receivers of webhooks that are trusted.
    pub(crate) fn names(mut self, names: &receiver::Names) -> Self {
        self.names = Some(names.clone());
        self
    }

    /// Another time-out of webhooks.
    pub(crate) fn webhook_timeout_ms(mut self, milliseconds: u64) -> Self {
        self.webhook_timeout_ms = Some(milliseconds);
        self
    }

    /// Text of a configuration file.
    pub(crate) fn toml(mut self, text: &str) -> Self {
        self.toml.push_str(text);
        self.toml.push('\n');
        self
    }

    /// A clock that the test moves.
    pub(crate) fn clock(mut self, clock: &ManualClock) -> Self {
        self.clock = Some(clock.clone());
        self
    }

    fn egress(&self) -> EgressOptions {
        let mut options = match self.names {
            Some(_) => receiver::egress(),
            None => EgressOptions::default(),
        };
        if let Some(milliseconds) = self.webhook_timeout_ms {
            options.webhook_timeout_ms = milliseconds;
        }
        options
    }

    /// What names mean.
    pub(crate) fn resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        self.resolver = Some(Arc::new(resolver));
        self
    }

    /// Starts a gateway in a new directory.
    pub(crate) async fn start(self) -> TestApp {
        let folder = tempfile::tempdir().expect("a temporary directory");
        self.start_in(Arc::new(folder)).await
    }

    /// Starts a gateway in a directory that another one used before.
    pub(crate) async fn start_in(mut self, folder: Arc<TempDir>) -> TestApp {
        let data_dir = folder.path().join("data");
        self.flags.push(("listen".into(), "127.0.0.1:0".into()));
        self.flags.push(("data_dir".into(), data_dir.to_string_lossy().into_owned()));
        let file = folder.path().join("rushes.toml");
        std::fs::write(&file, &self.toml).expect("the configuration file");
        let sources = ConfigSources {
            file: Some(file),
            environment: false,
            flags: std::mem::take(&mut self.flags).into_iter().collect(),
        };
        let config = Config::load(&sources).expect("a valid configuration");
        let clock: Arc<dyn AppClock> = match &self.clock {
            Some(clock) => Arc::new(clock.clone()),
            None => Arc::new(SystemClock),
        };
        let parts = Parts {
            clock,
            ids: Arc::new(SystemIds),
            resolver: match (&self.names, &self.resolver) {
                (Some(names), _) => Arc::new(names.clone()),
                (None, Some(resolver)) => Arc::clone(resolver),
                (None, None) => Arc::new(SystemResolver),
            },
            egress: self.egress(),
            secret_key_hex: None,
            bootstrap_api_key: None,
        };
        let running = Running::start(config, parts).await.expect("the gateway starts");
        TestApp::new(running, folder)
    }
}

/// A running gateway and a client of it.
pub(crate) struct TestApp {
    running: Running,
    folder: Arc<TempDir>,
    client: reqwest::Client,
    /// `http://127.0.0.1:port`.
    pub(crate) base_url: String,
    /// The owner's live key.
    pub(crate) api_key: String,
    /// The owner's test key.
    pub(crate) test_api_key: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: reqwest::header::HeaderMap,
    /// The body's bytes.
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.bytes);
        serde_json::from_str(&text).expect(&text)
    }

    /// A header as text; empty if absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or("(not text)"))
    }
}

impl TestApp {
    /// A gateway with the defaults.
    pub(crate) async fn start() -> Self {
        Options::default().start().await
    }

    fn new(running: Running, folder: Arc<TempDir>) -> Self {
        let data_dir = &running.app().config.data_dir;
        let known = rushes_server::bootstrap::read(data_dir).expect("readable").expect("there");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(DEADLINE)
            .build()
            .expect("a client");
        let base_url = running.app().config.public_url.clone();
        Self {
            running,
            folder,
            client,
            base_url,
            api_key: known.api_key,
            test_api_key: known.test_api_key,
        }
    }

    /// The gateway's inside.
    pub(crate) fn app(&self) -> &Arc<App> {
        self.running.app()
    }

    /// The directory that holds the data directory, for a second start in it.
    pub(crate) fn folder(&self) -> Arc<TempDir> {
        Arc::clone(&self.folder)
    }

    /// Where it answers on this machine, whatever `public_url` says.
    pub(crate) fn local_url(&self) -> String {
        rushes_server::lifecycle::local_url(self.app().config.listen)
    }

    /// The data directory.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.running.app().config.data_dir
    }

    /// The gateway's present.
    pub(crate) fn now(&self) -> Timestamp {
        self.app().clock.now()
    }

    /// A request to a path, with the live key.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.bare_request(method, path).bearer_auth(&self.api_key)
    }

    /// A request to a path or absolute URL, without any key.
    pub(crate) fn bare_request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base_url)
        };
        self.client.request(method.parse().expect("a method"), url)
    }

    /// Sends and reads the whole answer, which has to be one that the document tells of.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = request.build().expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.client.execute(request).await.expect("an answer");
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.expect("a body").to_vec();
        document::check(method.as_str(), &path, status, &headers, &bytes);
        Answer { status, headers, bytes }
    }

    /// `GET` with the live key.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// `POST` of a JSON value with the live key.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(&self.api_key, path, body).await
    }

    /// `POST` of a JSON value with any key.
    pub(crate) async fn post_with(&self, key: &str, path: &str, body: &Value) -> Answer {
        let request = self
            .bare_request("POST", path)
            .bearer_auth(key)
            .header("content-type", "application/json")
            .body(body.to_string());
        self.send(request).await
    }

    /// Creates a task with the live key and returns its id.
    pub(crate) async fn create(&self, body: &Value) -> String {
        self.create_with(&self.api_key, body).await
    }

    /// Creates a task with any key and returns its id.
    pub(crate) async fn create_with(&self, key: &str, body: &Value) -> String {
        let answer = self.post_with(key, "/v1/video/generations", body).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
        answer.json()["task_id"].as_str().expect("a task id").to_owned()
    }

    /// A test key of an account of its own, written straight into the store.
    pub(crate) async fn other_account(&self, letter: &str) -> String {
        let key = format!("sk-test-{}", letter.repeat(40));
        let (hash, now) = (rushes_domain::account::key_hash(&key), self.now());
        let name = format!("other-{letter}");
        let make = move |tx: &mut rushes_store::Tx<'_>| {
            let account = rushes_store::NewAccount {
                name: name.clone(),
                display_name: String::new(),
                role: rushes_domain::account::Role::User,
                group_id: rushes_store::DEFAULT_GROUP,
                password_hash: None,
                now,
            };
            let account_id = rushes_store::create_account(tx, &account)?.expect("a new name");
            let secret = rushes_store::KeySecret { hash, mask: "sk-test-…".into(), sealed: None };
            let kind = rushes_domain::account::KeyKind::Test;
            let terms = rushes_store::KeyTerms::named("other");
            rushes_store::create_key(
                tx,
                &rushes_store::NewKey { account_id, kind, secret, terms, now },
            )
        };
        self.app().store.write(make).await.expect("written");
        key
    }

    /// Polls until the task has ended; returns the poll's body.
    pub(crate) async fn wait(&self, id: &str) -> Value {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let request = self
                .request("GET", &format!("/v1/video/generations/{id}"))
                .header("prefer", "wait=10");
            let answer = self.send(request).await;
            assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
            let body = answer.json();
            if matches!(body["data"]["status"].as_str(), Some("SUCCESS" | "FAILURE")) {
                return body;
            }
            assert!(Instant::now() < deadline, "the task did not end: {body}");
        }
    }

    /// Stops cleanly and returns the invariants' violations.
    pub(crate) async fn finish(self) {
        let store = self.app().store.clone();
        let now = self.now();
        let violations = store
            .read(move |tx| rushes_store::doctor::check_invariants(tx, now))
            .await
            .expect("the invariants can be read");
        assert!(violations.is_empty(), "{violations:?}");
        self.running.stop().await;
    }

    /// Stops cleanly without a look at the invariants; the directory stays usable.
    pub(crate) async fn stop(self) -> Arc<TempDir> {
        let folder = self.folder();
        self.running.stop().await;
        folder
    }
}

/// Waits until the condition holds, looking again every few milliseconds.
pub(crate) async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
