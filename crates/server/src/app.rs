//! Everything the handlers and the worker share, made once at the start.
//!
//! Guarantees: an [`App`] that exists holds its data directory's lock, has an owner account, and
//! has taken back all leases of a former process. Clock, ids and name resolution are passed in;
//! nothing below this module asks the machine for them.

use std::path::Path;
use std::sync::Arc;

use rushes_domain::{IdSource, Timestamp, webhook};
use rushes_providers::{Registry, RenderPool};
use rushes_store::{Store, StoreError, StoreOptions};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bootstrap::{self, Bootstrap, BootstrapError};
use crate::channels::{self, Channels};
use crate::clock::{AppClock, SystemClock};
use crate::config::{Config, ConfigError};
use crate::data_dir::{DataDir, DataDirError};
use crate::egress::{
    Egress, EgressError, EgressOptions, Resolve, SystemResolver, Trusted, TrustedOptions,
};
use crate::http::rate::CreateLimiter;
use crate::ids::{SystemIds, random_hex};
use crate::jump::JumpWatch;
use crate::keys::KeyCache;
use crate::links::LinkSigner;
use crate::metrics::Metrics;
use crate::passwords::Passwords;
use crate::prices::Prices;
use crate::render_pool::ThreadRenderPool;
use crate::sealing::Sealer;
use crate::secrets::{Purpose, Secret, SecretError};
use crate::settings::SettingsInForce;
use crate::storage::Storage;
use crate::throttle::LoginThrottle;
use crate::views::TaskViews;

/// Name of the database in the data directory.
pub const STORE_FILE: &str = "rushes.db";
/// Pictures decoded at the same time.
const PICTURES_AT_ONCE: usize = 2;
/// Random bytes of the token of a run.
const LOCAL_TOKEN_BYTES: usize = 32;
/// Threads that read the store.
const STORE_READERS: usize = 2;

/// What the app asks the machine for; tests pass their own.
pub struct Parts {
    /// The time.
    pub clock: Arc<dyn AppClock>,
    /// New ids and random bytes.
    pub ids: Arc<dyn IdSource>,
    /// Names to addresses.
    pub resolver: Arc<dyn Resolve>,
    /// Limits of the way out; what the configuration says is worked in.
    pub egress: EgressOptions,
    /// `RUSHES_SECRET_KEY`, 64 hex digits.
    pub secret_key_hex: Option<String>,
    /// `RUSHES_BOOTSTRAP_API_KEY`.
    pub bootstrap_api_key: Option<String>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl Parts {
    /// The machine's own clock, random numbers and resolver, and the secrets of the environment.
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            resolver: Arc::new(SystemResolver),
            egress: EgressOptions::default(),
            secret_key_hex: crate::config::read_variable("RUSHES_SECRET_KEY"),
            bootstrap_api_key: crate::config::read_variable("RUSHES_BOOTSTRAP_API_KEY"),
        }
    }
}

/// The gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The owner cannot be made.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Store(#[from] StoreError),
    /// Outgoing connections cannot be set up.
    #[error("outgoing connections cannot be set up: {0}")]
    Egress(#[from] EgressError),
    /// The address cannot be listened on, or the disk failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}

/// The shared parts of a running gateway.
pub struct App {
    /// The configuration in force, with the address that was bound.
    pub config: Config,
    /// The time.
    pub clock: Arc<dyn AppClock>,
    /// The time for whoever sets or minds a deadline: it notices when the clock is set.
    pub jump: JumpWatch,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// Durable state.
    pub store: Store,
    /// The models, and what they cost.
    pub prices: Prices,
    /// What an operator sets while the gateway runs.
    pub settings: SettingsInForce,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Seals keys.
    pub sealer: Sealer,
    /// How often somebody may try to sign in.
    pub login_throttle: LoginThrottle,
    /// How often somebody may try a redemption code.
    pub code_throttle: LoginThrottle,
    /// Signs links.
    pub links: LinkSigner,
    /// Files.
    pub storage: Storage,
    /// The one way out to addresses that a client named.
    pub egress: Egress,
    /// The one way out to addresses that an operator gave.
    pub trusted: Trusted,
    /// Seals the secrets of webhook endpoints.
    pub webhook_secrets: Sealer,
    /// Seals the credentials of channels.
    pub credentials: Sealer,
    /// The kinds of upstream.
    pub registry: Registry,
    /// The channels in force.
    pub channels: Arc<Channels>,
    /// The preview renderer's threads.
    pub pool: Arc<dyn RenderPool>,
    /// Tasks as last committed.
    pub views: Arc<TaskViews>,
    /// API keys as last committed.
    pub keys: Arc<KeyCache>,
    /// What the process counts about itself.
    pub metrics: Arc<Metrics>,
    /// The token buckets of creates.
    pub create_limiter: CreateLimiter,
    /// Places for decoding a client's pictures.
    pub picture_slots: Arc<Semaphore>,
    /// Wakes the worker's loop.
    pub worker_wake: Arc<Notify>,
    /// Every task that a clean stop waits for.
    pub tracker: TaskTracker,
    /// Cancelled when the gateway is to stop.
    pub stop: CancellationToken,
    /// Admin token of this run, for commands on this machine.
    pub local_token: String,
    /// What the first start made; `None` at later starts.
    pub first_start: Option<Bootstrap>,
    /// When the app was opened, on the monotonic clock, in milliseconds.
    pub started_at_monotonic_ms: i64,
    data_dir: DataDir,
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("App")
            .field("data_dir", &self.data_dir.path())
            .finish_non_exhaustive()
    }
}

impl App {
    /// Opens the data directory and makes everything ready; nothing runs yet but the store.
    pub fn open(config: Config, parts: Parts) -> Result<Arc<Self>, StartError> {
        let data_dir = DataDir::open(&config.data_dir)?;
        let secret = Secret::open(data_dir.path(), parts.secret_key_hex.as_deref(), &*parts.ids)?;
        let storage = Storage::open(data_dir.path())
            .map_err(|source| io_error("the data directory's folders cannot be made", source))?;
        let worker_wake = Arc::new(Notify::new());
        let keys = Arc::new(KeyCache::default());
        let metrics = Arc::new(Metrics::default());
        let (views, removed) =
            TaskViews::new(Arc::clone(&worker_wake), Arc::clone(&keys), Arc::clone(&metrics));
        let now = parts.clock.now();
        let started_at_monotonic_ms = parts.clock.monotonic_ms();
        let store = open_store(&config, now, Arc::clone(&views))?;
        let preset_key = parts.bootstrap_api_key.as_deref();
        let settings = SettingsInForce::load(&config, &store, now)?;
        let sealer = Sealer::new(&secret, Purpose::Keys);
        let credentials = Sealer::new(&secret, Purpose::Credentials);
        let revealing = settings.get().key_reveal.then_some(&sealer);
        let first_start = bootstrap::run(&config, &store, &*parts.ids, now, preset_key, revealing)?;
        take_limits_into_force(&config, &store, now)?;
        take_back_leases(&store, now)?;
        let pool: Arc<dyn RenderPool> =
            Arc::new(ThreadRenderPool::start(&config.render, Arc::clone(&worker_wake)));
        let (trusted, egress) = open_ways_out(&config, &parts)?;
        let registry = Registry::new(Arc::clone(&pool));
        let parts_of_channels = channels::Parts {
            registry: registry.clone(),
            trusted: trusted.clone(),
            sealer: credentials.clone(),
            preview: config.preview,
            clock: Arc::clone(&parts.clock),
        };
        let channels = open_channels(&config, parts_of_channels, &*parts.ids, &store, now)?;
        views.tell(&channels);
        let app = Arc::new(Self {
            prices: Prices::load(config.catalogue()?, &store, now)?,
            settings,
            passwords: Passwords::new(),
            login_throttle: LoginThrottle::new(Arc::clone(&parts.clock)),
            code_throttle: LoginThrottle::new(Arc::clone(&parts.clock)),
            sealer,
            links: LinkSigner::new(&secret, &config.public_url),
            create_limiter: CreateLimiter::new(Arc::clone(&parts.clock)),
            registry,
            trusted,
            webhook_secrets: Sealer::new(&secret, Purpose::Webhooks),
            credentials,
            channels,
            picture_slots: Arc::new(Semaphore::new(PICTURES_AT_ONCE)),
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            local_token: random_hex(&*parts.ids, LOCAL_TOKEN_BYTES),
            jump: JumpWatch::new(Arc::clone(&parts.clock), store.clone()),
            clock: parts.clock,
            ids: parts.ids,
            store,
            storage,
            egress,
            pool,
            views,
            keys,
            metrics,
            worker_wake,
            started_at_monotonic_ms,
            first_start,
            data_dir,
            config,
        });
        app.tracker.spawn(remove_unreferenced(app.storage.clone(), app.stop.clone(), removed));
        Ok(app)
    }

    /// The locked data directory.
    pub fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }
}

/// The two clients of the program.
fn open_ways_out(config: &Config, parts: &Parts) -> Result<(Trusted, Egress), StartError> {
    let trusted = Trusted::new(
        &TrustedOptions::default(),
        &parts.resolver,
        Arc::clone(&parts.clock),
        Arc::clone(&parts.ids),
    )?;
    let options = EgressOptions {
        allow: config.egress.allow.clone(),
        own_host: webhook::host_of(&config.public_url),
        ..parts.egress.clone()
    };
    Ok((trusted, Egress::new(options, Arc::clone(&parts.resolver))?))
}

/// The channels, after those of the configuration were taken into force.
fn open_channels(
    config: &Config,
    parts: channels::Parts,
    ids: &dyn IdSource,
    store: &Store,
    now: Timestamp,
) -> Result<Arc<Channels>, StartError> {
    let (registry, sealer) = (&parts.registry, &parts.sealer);
    channels::declared::take_into_force(config, registry, sealer, ids, store, now)?;
    Ok(Arc::new(Channels::new(parts)))
}

fn open_store(config: &Config, now: Timestamp, views: Arc<TaskViews>) -> Result<Store, StoreError> {
    let path = config.data_dir.join(Path::new(STORE_FILE));
    let options = StoreOptions { readers: STORE_READERS, opened_at: now };
    Store::open(&path, options, views)
}

/// Under the directory's lock no lease of a former process can still be in use.
fn take_back_leases(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let count = store.write_blocking(move |tx| rushes_store::void_all_leases(tx, now))?;
    if count > 0 {
        tracing::info!(count, "took unfinished tasks over from the last run");
    }
    Ok(())
}

/// The configuration's limits may be other ones than in the last run.
fn take_limits_into_force(
    config: &Config,
    store: &Store,
    now: Timestamp,
) -> Result<(), StoreError> {
    let defaults = config.account.limits();
    let count = store.write_blocking(move |tx| {
        let mut count = 0;
        for group in rushes_store::groups(tx)? {
            count += rushes_store::group_limits_changed(tx, group.id, defaults, now)?;
        }
        Ok(count)
    })?;
    if count > 0 {
        tracing::info!(count, "waiting tasks moved up by the configuration's limits");
    }
    Ok(())
}

/// Removes files whose rows let go of them; what it misses goes with the next orphan sweep.
async fn remove_unreferenced(
    storage: Storage,
    stop: CancellationToken,
    mut removed: mpsc::Receiver<Vec<String>>,
) {
    loop {
        let paths = tokio::select! {
            paths = removed.recv() => paths,
            () = stop.cancelled() => return,
        };
        let Some(paths) = paths else { return };
        for path in paths {
            if let Err(source) = storage.remove(&path).await {
                tracing::warn!(%path, error = %source, "a file cannot be removed");
            }
        }
    }
}

/// An I/O error with what was tried.
pub(crate) fn io_error(what: &str, source: std::io::Error) -> StartError {
    StartError::Io { what: what.to_owned(), source }
}
