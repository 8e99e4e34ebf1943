//! The channels in force: what the store says of them, the way to each, and what this process has
//! learnt of it.
//!
//! Guarantees: what is in force is what the last commit said; what was learnt (breaker, places)
//! survives a change of the terms unless the address or the credential changed. A credential is
//! opened here and given to the channel's client, nowhere else. Not here: which task goes where
//! (`domain::route`), and what an upstream's answer means (`providers`).

pub mod breaker;
pub mod declared;
pub mod health;
pub mod probe;
pub mod roster;
pub mod spec;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rushes_domain::account::KeyKind;
use rushes_domain::channel::ChannelProblem;
use rushes_domain::route::{Lane, Routes};
use rushes_domain::{ChannelId, GroupId, State, Timestamp};
use rushes_providers::{Preset, Provider, Registry, Upstream};
use rushes_store::{
    CHANNELS_SEEN_SETTING, ChannelRow, Store, StoreError, TaskRow, channels, setting,
};
use tokio::sync::Semaphore;

use self::breaker::Breaker;
use self::health::Health;
pub use self::roster::Roster;
use crate::clock::AppClock;
use crate::config::PreviewMode;
use crate::egress::{ChannelHttp, Credential, Trusted};
use crate::metrics::channels::ChannelMetrics;
use crate::sealing::Sealer;

/// Polls, downloads and cancels of one channel at the same time.
const DUE_STEPS_MAX: usize = 32;
/// Hand-overs to one channel at the same time; each holds its job's pictures in memory.
const SUBMIT_STEPS_MAX: usize = 16;

/// What this process has learnt of a channel, and what it spares for it.
#[derive(Debug)]
pub struct Runtime {
    breaker: Mutex<Breaker>,
    health: Mutex<Health>,
    /// Places for steps of tasks that it has.
    pub due_steps: Arc<Semaphore>,
    /// Places for hand-overs.
    pub submit_steps: Arc<Semaphore>,
    /// The place for a test that costs money.
    pub paid_test: Arc<Semaphore>,
    /// What is counted.
    pub metrics: Arc<ChannelMetrics>,
}

impl Runtime {
    fn new(now: Timestamp) -> Arc<Self> {
        Arc::new(Self {
            breaker: Mutex::default(),
            health: Mutex::new(Health::new(now)),
            due_steps: Arc::new(Semaphore::new(DUE_STEPS_MAX)),
            submit_steps: Arc::new(Semaphore::new(SUBMIT_STEPS_MAX)),
            paid_test: Arc::new(Semaphore::new(1)),
            metrics: Arc::default(),
        })
    }

    /// Looks at the breaker, or tells it something.
    pub fn breaker<T>(&self, work: impl FnOnce(&mut Breaker) -> T) -> T {
        work(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at what is remembered of it, or adds to that.
    pub fn health<T>(&self, work: impl FnOnce(&mut Health) -> T) -> T {
        work(&mut self.health.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A channel in force.
pub struct Channel {
    /// Its row.
    pub row: ChannelRow,
    /// The code that speaks to it.
    pub provider: Arc<dyn Provider>,
    /// What it was made from.
    pub preset: &'static Preset,
    /// The way to it.
    pub http: ChannelHttp,
    /// What is known of it.
    pub runtime: Arc<Runtime>,
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Channel")
            .field("name", &self.row.terms.name)
            .finish_non_exhaustive()
    }
}

impl Channel {
    /// Its id.
    pub fn id(&self) -> ChannelId {
        self.row.id
    }

    /// The upstream as its provider's calls take it.
    pub fn upstream(&self) -> Upstream<'_> {
        Upstream { http: &self.http, preset: self.preset }
    }
}

/// The channels.
pub struct Channels {
    roster: RwLock<Arc<Roster>>,
    /// What the last claim left room for.
    room: RwLock<Arc<Routes>>,
    /// Counts the commits that changed channels, and says which of them the roster holds.
    changes: AtomicU64,
    read_change: AtomicU64,
    reloading: tokio::sync::Mutex<()>,
    parts: Parts,
}

/// What channels are made of.
pub struct Parts {
    /// The kinds of upstream.
    pub registry: Registry,
    /// The client for addresses that an operator gave.
    pub trusted: Trusted,
    /// Opens credentials.
    pub sealer: Sealer,
    /// When live keys get previews.
    pub preview: PreviewMode,
    /// The time, for what is remembered of channels.
    pub clock: Arc<dyn AppClock>,
}

impl std::fmt::Debug for Channels {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Channels").field("roster", &self.known()).finish_non_exhaustive()
    }
}

impl Channels {
    /// Empty until the first [`Self::current`].
    pub fn new(parts: Parts) -> Self {
        Self {
            roster: RwLock::default(),
            room: RwLock::default(),
            changes: AtomicU64::new(1),
            read_change: AtomicU64::new(0),
            reloading: tokio::sync::Mutex::default(),
            parts,
        }
    }

    /// The store's channels are others now: the next look reads them.
    pub fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// The channels as last read.
    pub fn known(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes what a claim left room for.
    pub fn note_room(&self, routes: Routes) {
        *self.room.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
    }

    /// Whether a queued task is held back because no channel has room for it. By the last claim; a
    /// hint for people.
    pub fn holds_back(&self, task: &TaskRow, group_id: GroupId) -> bool {
        if task.state != State::Queued || task.lane == Lane::Preview {
            return false;
        }
        let room = self.room.read().unwrap_or_else(PoisonError::into_inner);
        room.choose(&task.lane, group_id, &[], 0).is_none()
    }

    /// The channels as last committed.
    pub async fn current(&self, store: &Store) -> Result<Arc<Roster>, StoreError> {
        if self.is_read() {
            return Ok(self.known());
        }
        let _one_at_a_time = self.reloading.lock().await;
        if self.is_read() {
            return Ok(self.known());
        }
        // What is committed from here on counts as another change, whether the read sees it or not.
        let change = self.changes.load(Ordering::Acquire);
        let read = store.read(|tx| {
            let is_seen = setting(tx, CHANNELS_SEEN_SETTING)?.is_some();
            Ok((channels(tx)?, is_seen))
        });
        let (rows, is_seen) = read.await?;
        let fresh = Arc::new(self.build(rows, is_seen));
        *self.roster.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
        self.read_change.store(change, Ordering::Release);
        Ok(fresh)
    }

    /// A channel that is not there, to be looked at before it is added. Nothing of it is kept.
    ///
    /// # Errors
    /// What of its terms cannot be used.
    pub fn draft(
        &self,
        row: ChannelRow,
        credential: Option<&str>,
    ) -> Result<Channel, ChannelProblem> {
        let problem = |field, text: &str| ChannelProblem { field, message: text.to_owned() };
        let (provider, preset) = self
            .parts
            .registry
            .find_preset(&row.terms.preset)
            .ok_or_else(|| problem("provider", "there is no such preset"))?;
        let credential = credential.map(Credential::new).transpose();
        let credential = credential.map_err(|_| problem("api_key", "no header can carry it"))?;
        let runtime = Runtime::new(self.parts.clock.now());
        let observer = Arc::clone(&runtime.metrics);
        let http = self.parts.trusted.channel(&row.terms, credential, observer)?;
        Ok(Channel { row, provider: Arc::clone(provider), preset, http, runtime })
    }

    /// Whether the roster holds the last change.
    fn is_read(&self) -> bool {
        self.read_change.load(Ordering::Acquire) == self.changes.load(Ordering::Acquire)
    }

    fn build(&self, rows: Vec<ChannelRow>, is_seen: bool) -> Roster {
        let before = self.known();
        let channels = rows.into_iter().filter_map(|row| self.channel(row, &before));
        Roster::new(channels.collect(), is_seen, self.parts.preview)
    }

    /// A channel whose preset this build does not know, or whose credential does not open, is not
    /// in force: its tasks wait, and the log says why.
    fn channel(&self, row: ChannelRow, before: &Roster) -> Option<Arc<Channel>> {
        let name = row.terms.name.as_str();
        let Some((provider, preset)) = self.parts.registry.find_preset(&row.terms.preset) else {
            tracing::error!(channel = name, preset = row.terms.preset, "there is no such preset");
            return None;
        };
        let provider = Arc::clone(provider);
        let credential = open_credential(&self.parts.sealer, &row);
        if credential.is_none() && row.sealed.is_some() {
            tracing::error!(
                channel = name,
                "its credential cannot be opened: it was sealed with another secret key, or left out \
                 of a backup; give it anew with `rushes channels set NAME --api-key-stdin`"
            );
            return None;
        }
        let earlier = before.find(row.id);
        let is_same_place = |earlier: &&Arc<Channel>| {
            earlier.row.terms.base_url == row.terms.base_url && earlier.row.sealed == row.sealed
        };
        let runtime = earlier
            .filter(is_same_place)
            .map_or_else(|| Runtime::new(self.parts.clock.now()), |it| Arc::clone(&it.runtime));
        let observer = Arc::clone(&runtime.metrics);
        match self.parts.trusted.channel(&row.terms, credential, observer) {
            Ok(http) => Some(Arc::new(Channel { row, provider, preset, http, runtime })),
            Err(problem) => {
                tracing::error!(channel = name, %problem, "a channel cannot be used");
                None
            }
        }
    }
}

/// What a sealed credential belongs to: another row's does not open.
pub fn credential_context(id: ChannelId) -> Vec<u8> {
    format!("channel {id}").into_bytes()
}

fn open_credential(sealer: &Sealer, row: &ChannelRow) -> Option<Credential> {
    let opened = sealer.open(row.sealed.as_deref()?, &credential_context(row.id)).ok()?;
    Credential::new(&String::from_utf8(opened).ok()?).ok()
}

/// The queue for a new task; none if nothing serves it.
pub fn lane_for(roster: &Roster, kind: KeyKind, model_id: &str, group_id: GroupId) -> Option<Lane> {
    if kind == KeyKind::Test || roster.live_keys_get_previews() {
        return Some(Lane::Preview);
    }
    roster.serves(model_id, group_id).then(|| Lane::Model(model_id.to_owned()))
}
