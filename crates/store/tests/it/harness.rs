//! A store in a folder of its own, with an owner, tasks to put into it and a check at the end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rushes_domain::account::KeyKind;
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_domain::route::{Lane, Routes};
use rushes_domain::{
    AccountId, ChannelId, Failure, FailureCode, KeyId, State, TaskId, Ticks, Timestamp,
};
use rushes_store::{
    AccountLimits, Advance, Change, Claimed, CommitObserver, CreateOutcome, Fence, Happening,
    KeySecret, Lease, NewIdempotency, NewImage, NewImageSource, NewOwner, NewTask, OwnerOutcome,
    Route, Store, StoreError, StoreOptions, StoredResult, TaskRow, Tx, advance, check_invariants,
    claim_due, claim_queued, create_owner, create_task, find_key,
};
use tempfile::TempDir;

/// 2026-01-01T00:00:00Z.
const START_SECONDS: i64 = 1_767_225_600;
pub(crate) const PRICE: Ticks = Ticks(5_400_000_000);
pub(crate) const CREDIT: Ticks = Ticks(1_000_000_000_000);
pub(crate) const LIVE_HASH: [u8; 32] = [1; 32];
pub(crate) const TEST_HASH: [u8; 32] = [2; 32];
pub(crate) const LEASE_SECONDS: i64 = 60;

/// A moment, in seconds after the start of the test's time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(START_SECONDS + seconds)
}

/// The id of the test's n-th task; ids of a later moment are larger.
pub(crate) fn task_id(number: u64) -> TaskId {
    let milliseconds = u128::try_from(START_SECONDS * 1_000).unwrap();
    TaskId::new((milliseconds << 80) + (7 << 76) + u128::from(number))
}

/// Remembers every change of every commit.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) changes: Mutex<Vec<Change>>,
    pub(crate) fatal: AtomicBool,
}

impl CommitObserver for Recorder {
    fn committed(&self, changes: &[Change]) {
        self.changes.lock().unwrap().extend_from_slice(changes);
    }

    fn fatal(&self, _error: &StoreError) {
        self.fatal.store(true, Ordering::SeqCst);
    }
}

pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) folder: TempDir,
    pub(crate) observer: Arc<Recorder>,
    pub(crate) account: AccountId,
    pub(crate) live_key: KeyId,
    pub(crate) test_key: KeyId,
    /// The moment that the final check is made at.
    pub(crate) checked_at: Mutex<Option<Timestamp>>,
}

pub(crate) const NO_LIMITS: AccountLimits =
    AccountLimits { in_flight_max: 100_000, waiting_max: 100_000 };

impl TestStore {
    pub(crate) fn new() -> Self {
        Self::with_credit(CREDIT)
    }

    pub(crate) fn with_credit(credit: Ticks) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let observer = Arc::new(Recorder::default());
        let path = folder.path().join("rushes.db");
        let store = Store::open(&path, StoreOptions::default(), observer.clone()).unwrap();
        let (account, live_key, test_key) =
            store.write_blocking(move |tx| make_owner(tx, credit)).unwrap();
        let checked_at = Mutex::new(Some(at(0)));
        Self { store, folder, observer, account, live_key, test_key, checked_at }
    }

    /// A second account with its own money; gives back what a task of it needs.
    pub(crate) fn another_account(&self, number: u8) -> (AccountId, KeyId) {
        self.write(move |tx| {
            let new = rushes_store::NewAccount {
                name: format!("account-{number}"),
                display_name: String::new(),
                role: rushes_domain::account::Role::User,
                group_id: rushes_store::DEFAULT_GROUP,
                password_hash: None,
                now: at(0),
            };
            let id = rushes_store::create_account(tx, &new)?.unwrap();
            rushes_store::add_credit(tx, id, "first", CREDIT, at(0))?;
            let key = rushes_store::NewKey {
                account_id: id,
                kind: KeyKind::Live,
                secret: key_secret(std::array::from_fn(
                    |place| if place == 0 { number } else { 100 },
                )),
                terms: rushes_store::KeyTerms::named("key"),
                now: at(0),
            };
            let key = rushes_store::create_key(tx, &key)?.unwrap();
            Ok((id, key))
        })
    }

    pub(crate) fn write<T: Send + 'static>(
        &self,
        operation: impl Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.store.write_blocking(operation).unwrap()
    }

    pub(crate) fn read<T: Send + 'static>(
        &self,
        operation: impl Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.store.read_blocking(operation).unwrap()
    }

    pub(crate) fn new_task(&self, number: u64) -> NewTask {
        new_task(self.account, self.live_key, number)
    }

    pub(crate) fn create(&self, new: NewTask) -> CreateOutcome {
        self.write(move |tx| create_task(tx, &new))
    }

    /// Makes the n-th task.
    pub(crate) fn created(&self, number: u64) -> TaskRow {
        created(self.create(self.new_task(number)))
    }

    pub(crate) fn claim_queued(&self, seconds: i64, slots: usize) -> Vec<Claimed> {
        self.write(move |tx| claim_previews(tx, seconds, slots))
    }

    pub(crate) fn claim_due(&self, seconds: i64, limit: usize) -> Vec<Claimed> {
        self.write(move |tx| {
            claim_due(tx, at(seconds), at(seconds + LEASE_SECONDS), ChannelId::PREVIEW, limit)
        })
    }

    pub(crate) fn step(
        &self,
        lease: Lease,
        event: Happening,
        seconds: i64,
    ) -> Result<TaskRow, StoreError> {
        let change = Advance::new(event, at(seconds));
        self.store.write_blocking(move |tx| advance(tx, Fence::Lease(&lease), &change))
    }

    pub(crate) fn outside(
        &self,
        id: TaskId,
        event: Happening,
        seconds: i64,
    ) -> Result<TaskRow, StoreError> {
        let change = Advance::new(event, at(seconds));
        self.store.write_blocking(move |tx| advance(tx, Fence::Outside(id), &change))
    }

    /// Makes the n-th task and takes it to a state by a worker's way.
    pub(crate) fn brought_to(&self, number: u64, state: State) -> (TaskRow, Lease) {
        let id = self.created(number).id;
        let claimed = self.claim_queued(0, 1).pop().unwrap();
        assert_eq!(claimed.task.id, id, "an older task was waiting");
        let mut task = claimed.task;
        for event in way_to(state) {
            task = self.step(claimed.lease, event, 0).unwrap();
        }
        assert_eq!(task.state, state);
        (task, claimed.lease)
    }

    pub(crate) fn task(&self, id: TaskId) -> TaskRow {
        self.read(move |tx| rushes_store::task(tx, id)).unwrap()
    }

    pub(crate) fn balance(&self) -> rushes_store::Balance {
        let account = self.account;
        self.read(move |tx| rushes_store::balance(tx, account))
    }

    pub(crate) fn violations(&self, seconds: i64) -> Vec<rushes_store::Violation> {
        self.read(move |tx| check_invariants(tx, at(seconds)))
    }

    #[track_caller]
    pub(crate) fn assert_sound(&self) {
        assert_eq!(self.violations(0), []);
    }

    /// For tests that break the database on purpose, or close it.
    pub(crate) fn without_final_check(&self) {
        *self.checked_at.lock().unwrap() = None;
    }

    /// The changes since the last look, as short words.
    pub(crate) fn heard(&self) -> Vec<String> {
        let changes = std::mem::take(&mut *self.observer.changes.lock().unwrap());
        changes
            .into_iter()
            .map(|change| match change {
                Change::Task(task) => format!("{} v{}", task.state.as_str(), task.version),
                Change::TaskHidden(task) => format!("hidden v{}", task.version),
                Change::WorkDue => "work".to_owned(),
                Change::FilesUnreferenced(paths) => format!("files {}", paths.join(" ")),
                Change::KeysChanged => "keys".to_owned(),
                Change::DeliveriesDue => "deliveries".to_owned(),
                Change::ChannelsChanged => "channels".to_owned(),
                Change::SecretErased => "erased".to_owned(),
            })
            .collect()
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        let checked_at = *self.checked_at.lock().unwrap();
        if let Some(now) = checked_at.filter(|_| !std::thread::panicking()) {
            let violations = self.store.read_blocking(move |tx| check_invariants(tx, now)).unwrap();
            assert_eq!(violations, [], "invariants at the end of the test");
        }
        self.store.close_blocking();
    }
}

fn make_owner(tx: &mut Tx<'_>, credit: Ticks) -> Result<(AccountId, KeyId, KeyId), StoreError> {
    let outcome = create_owner(tx, &new_owner(credit))?;
    let OwnerOutcome::Created(account) = outcome else {
        panic!("there is an owner already");
    };
    let live = find_key(tx, &LIVE_HASH)?.unwrap().id;
    let test = find_key(tx, &TEST_HASH)?.unwrap().id;
    Ok((account, live, test))
}

pub(crate) fn new_owner(credit: Ticks) -> NewOwner {
    NewOwner {
        name: "owner".to_owned(),
        credit,
        live_key: key_secret(LIVE_HASH),
        test_key: key_secret(TEST_HASH),
        password_hash: None,
        now: at(0),
    }
}

pub(crate) fn key_secret(hash: [u8; 32]) -> KeySecret {
    KeySecret { hash, mask: "sk-…1111".to_owned(), sealed: None }
}

pub(crate) fn new_task(account_id: AccountId, key_id: KeyId, number: u64) -> NewTask {
    NewTask {
        id: task_id(number),
        account_id,
        key_id,
        shown: None,
        key_kind: KeyKind::Live,
        model_id: "grok-image-video".to_owned(),
        model_name: "grok-imagine-video".to_owned(),
        prompt: "a paper boat".to_owned(),
        mode: Mode::TextToVideo,
        seconds: 6,
        seconds_requested: 6,
        aspect_ratio: "16:9".to_owned(),
        resolution: "720p".to_owned(),
        width: 1280,
        height: 720,
        images: Vec::new(),
        metadata: vec![("b".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())],
        ignored_fields: vec!["wat".to_owned()],
        directives: Directives::default(),
        options: EngineOptions::default(),
        hops: 0,
        price: PRICE,
        price_version: 1,
        door: "api",
        dialect: rushes_domain::Dialect::Native,
        client_address: Some("192.0.2.1".to_owned()),
        user_agent: None,
        request_id: "req_000000000000000000000001".to_owned(),
        callback_url: None,
        run_timeout_ms: 1_800_000,
        queue_timeout_ms: 21_600_000,
        now: at(0),
        limits: NO_LIMITS,
        idempotency: None,
        lane: Lane::Preview,
    }
}

/// Claims from the preview's lane, without bounds.
pub(crate) fn claim_previews(
    tx: &mut Tx<'_>,
    seconds: i64,
    slots: usize,
) -> Result<Vec<Claimed>, StoreError> {
    let until = at(seconds + LEASE_SECONDS);
    let mut routes = Routes::new(u32::MAX, Vec::new());
    let found = claim_queued(tx, at(seconds), until, slots, &mut routes)?;
    Ok(found.into_iter().map(|found| found.claimed).collect())
}

pub(crate) fn inline_image(id: TaskId, position: u32) -> NewImage {
    NewImage {
        source: NewImageSource::Inline {
            path: format!("images/{}-{position}", id.hex()),
            sha256_hex: "ab".repeat(32),
            mime: "image/png".to_owned(),
            bytes_len: 1_234,
        },
    }
}

pub(crate) fn idempotency(key: &str, fingerprint: u8) -> NewIdempotency {
    NewIdempotency {
        key: key.to_owned(),
        fingerprint: [fingerprint; 32],
        route: "POST /v1/video/generations",
        response_status: 200,
        response_body: b"{\"first\":true}".to_vec(),
    }
}

#[track_caller]
pub(crate) fn created(outcome: CreateOutcome) -> TaskRow {
    match outcome {
        CreateOutcome::Created(task) => *task,
        other => panic!("not created: {other:?}"),
    }
}

pub(crate) fn stored(id: TaskId) -> StoredResult {
    StoredResult {
        path: format!("files/{}.mp4", id.hex()),
        poster_path: Some(format!("files/{}.jpg", id.hex())),
        bytes: 4_567,
        sha256_hex: "cd".repeat(32),
        width: 1280,
        height: 720,
        duration_ms: 6_000,
        expires_at: at(86_400),
    }
}

pub(crate) fn failure(code: FailureCode) -> Failure {
    Failure::new(code, "the upstream's words")
}

/// The events that take a claimed queued task to a state.
pub(crate) fn way_to(state: State) -> Vec<Happening> {
    let way = vec![
        (State::Submitting, Happening::SubmitStarted(Route::preview())),
        (State::Running, Happening::SubmitAccepted { upstream_id: "job-1".to_owned() }),
        (State::Finalizing, Happening::UpstreamDone { upstream_cost: Some(Ticks(7)), media: None }),
    ];
    let end = way.iter().position(|(reached, _)| *reached == state).unwrap_or(way.len() - 1);
    way.into_iter().take(end + 1).map(|(_, event)| event).collect()
}
