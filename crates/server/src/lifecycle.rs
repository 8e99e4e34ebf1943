//! From start to stop: bind, open, run, and end without losing anything.
//!
//! Guarantees: the address is announced only when the gateway answers on it; a clean stop ends
//! within its grace, and what it could not finish is taken up by the next start. A crash and a
//! clean stop share one path: tasks are rows, and an interrupted step is simply due again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::{App, Parts, StartError, io_error};
use crate::bootstrap;
use crate::config::{Config, ConfigSources};
use crate::data_dir::ServerNote;

/// A gateway that answers requests.
#[derive(Debug)]
pub struct Running {
    app: Arc<App>,
    listener: JoinHandle<()>,
    worker: JoinHandle<()>,
}

impl Running {
    /// Binds, opens the data directory and starts everything.
    pub async fn start(mut config: Config, parts: Parts) -> Result<Self, StartError> {
        raise_file_limit();
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|source| io_error(&format!("cannot listen on {}", config.listen), source))?;
        let address =
            listener.local_addr().map_err(|source| io_error("no local address", source))?;
        config.bound_to(address);
        let app = tokio::task::spawn_blocking(move || App::open(config, parts)).await.map_err(
            |source| io_error("the start was interrupted", std::io::Error::other(source)),
        )??;
        if crate::http::is_in_the_open(&app.config.public_url) {
            tracing::warn!(
                public_url = %app.config.public_url,
                "passwords, sessions and keys travel in the open: public_url is plain http; put a \
                 proxy with TLS in front"
            );
        }
        let router = crate::http::router(Arc::clone(&app));
        // Before the first answer: whoever saw one finds the note. Until then connections wait.
        app.data_dir().announce(&ServerNote {
            address,
            base_url: local_url(address),
            token: app.local_token.clone(),
            pid: std::process::id(),
        })?;
        let worker =
            app.tracker.spawn(supervise("worker", &app, crate::worker::run(Arc::clone(&app))));
        let listener =
            app.tracker.spawn(crate::http::listener::run(Arc::clone(&app), listener, router));
        Ok(Self { app, listener, worker })
    }

    /// The shared parts.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Returns once the gateway has to end by itself: the database could not be written, or a
    /// part that everything depends on is gone.
    pub async fn failed(&self) {
        self.app.views.fatal().cancelled().await;
    }

    /// Stops cleanly: no new connections, answers to open requests, everything written; at most
    /// the configured grace.
    pub async fn stop(self) {
        let grace = Duration::from_millis(self.app.config.stop_grace_ms);
        self.app.stop.cancel();
        self.app.pool.stop();
        self.app.tracker.close();
        if tokio::time::timeout(grace, self.app.tracker.wait()).await.is_err() {
            tracing::warn!(
                grace_ms = self.app.config.stop_grace_ms,
                "the grace is over; what is unfinished goes on at the next start"
            );
        }
        self.listener.abort();
        self.worker.abort();
        if let Err(error) = self.app.keys.flush(&self.app.store).await {
            tracing::warn!(%error, "the latest uses of keys are not written down");
        }
        self.app.store.close().await;
        self.app.data_dir().withdraw();
    }
}

/// Runs a part that the gateway cannot do without. If it ends by itself, by a panic above all, the
/// whole gateway has to end: half a gateway would take tasks that nobody moves.
pub(crate) fn supervise(
    part: &'static str,
    app: &App,
    work: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let (stop, fatal) = (app.stop.clone(), app.views.fatal().clone());
    async move {
        let outcome = AssertUnwindSafe(work).catch_unwind().await;
        if !stop.is_cancelled() {
            tracing::error!(part, panicked = outcome.is_err(), "a part of the gateway ended");
            fatal.cancel();
        }
    }
}

/// A URL that reaches the address from this machine.
pub fn local_url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// Open files that the process may have: ten thousand connections, and room for the rest.
#[cfg(unix)]
const OPEN_FILES_WANTED: u64 = 65_536;

/// Takes as many open files as the system grants: the usual soft limit of 1,024 is below the
/// default of `limits.connections_max`.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(OPEN_FILES_WANTED).min(OPEN_FILES_WANTED);
    if limit.current.is_some_and(|current| current < most) {
        let wanted = Rlimit { current: Some(most), maximum: limit.maximum };
        if let Err(source) = setrlimit(Resource::Nofile, wanted) {
            tracing::warn!(error = %source, "the limit of open files cannot be raised");
        }
    }
}

/// Elsewhere there is no such limit to raise.
#[cfg(not(unix))]
const fn raise_file_limit() {}

/// Returns when the process is asked to stop: SIGTERM, or SIGINT (Ctrl-C).
pub async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// A gateway inside another command, for that command only.
#[derive(Debug)]
pub struct Embedded {
    running: Running,
    /// Base of its API, without `/v1`.
    pub base_url: String,
    /// The owner's live key, if `bootstrap.json` is still there.
    pub api_key: Option<String>,
    /// The token that opens its administration on this machine.
    pub local_token: String,
    temporary: Option<tempfile::TempDir>,
}

impl Embedded {
    /// Starts one on a free loopback port, in `data_dir` or in a temporary directory.
    pub async fn start(data_dir: Option<PathBuf>) -> Result<Self, StartError> {
        let temporary = match &data_dir {
            Some(_) => None,
            None => Some(
                tempfile::tempdir()
                    .map_err(|source| io_error("no temporary directory can be made", source))?,
            ),
        };
        let path = data_dir
            .or_else(|| temporary.as_ref().map(|folder| folder.path().to_owned()))
            .unwrap_or_default();
        let mut config =
            Config::load(&ConfigSources { environment: true, ..ConfigSources::default() })?;
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.public_url = String::new();
        config.data_dir = path;
        let running = Running::start(config, Parts::system()).await?;
        let app = running.app();
        let known = match &app.first_start {
            Some(made) => Some(made.clone()),
            None => bootstrap::read(&app.config.data_dir)?,
        };
        Ok(Self {
            base_url: app.config.public_url.clone(),
            api_key: known.map(|known| known.api_key),
            local_token: app.local_token.clone(),
            running,
            temporary,
        })
    }

    /// Stops it; a temporary directory goes with it.
    pub async fn stop(self) {
        self.running.stop().await;
        drop(self.temporary);
    }
}
