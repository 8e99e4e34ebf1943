//! The handle that the rest of the program holds.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use rushes_domain::Timestamp;
use tokio::sync::oneshot;

use crate::change::CommitObserver;
use crate::error::StoreError;
use crate::job::{Call, Reply};
use crate::migrate::{self, Migration};
use crate::queue::Queue;
use crate::tx::Tx;
use crate::writer::Jobs;
use crate::{reader, sqlite, writer};

/// Write operations that wait for the writer, at most; further callers wait for a place.
const WRITES_WAITING_MAX: usize = 4_096;
/// Read operations that wait for a reader, at most; further callers wait for a place.
const READS_WAITING_MAX: usize = 4_096;
/// Reader threads, at most.
const READERS_MAX: usize = 16;

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// Threads that read, 1 to 16.
    pub readers: usize,
    /// The moment that migrations are recorded with.
    pub opened_at: Timestamp,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { readers: 2, opened_at: Timestamp(0) }
    }
}

/// Operations that were asked of a store since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Operations {
    /// Those that only read.
    pub reads: u64,
    /// Those that write.
    pub writes: u64,
}

/// An open database with its threads. Clones share them; the last one to go stops them.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    writes: Arc<Jobs>,
    reads: Arc<Jobs>,
    writes_asked: AtomicU64,
    reads_asked: AtomicU64,
    threads: Mutex<Threads>,
}

#[derive(Debug)]
struct Threads {
    writer: Option<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
}

impl Store {
    /// Opens, or makes, the database file and brings its schema up to date.
    pub fn open(
        path: &Path,
        options: StoreOptions,
        observer: Arc<dyn CommitObserver>,
    ) -> Result<Self, StoreError> {
        Self::open_with_migrations(path, options, observer, migrate::embedded_migrations())
    }

    /// As [`Store::open`], with another list of migrations. For tests of migrations.
    #[doc(hidden)]
    pub fn open_with_migrations(
        path: &Path,
        options: StoreOptions,
        observer: Arc<dyn CommitObserver>,
        migrations: &[Migration],
    ) -> Result<Self, StoreError> {
        let connection = sqlite::open_writer(path)?;
        migrate::apply(&connection, migrations, options.opened_at)?;
        let writes = Arc::new(Queue::new(WRITES_WAITING_MAX));
        let (reads, readers) = spawn_readers(path, options.readers)?;
        let jobs = Arc::clone(&writes);
        let writing = spawn("store-writer", move || writer::serve(&connection, &jobs, &observer))?;
        let threads = Mutex::new(Threads { writer: Some(writing), readers });
        Ok(Self::of(path, writes, reads, threads))
    }

    /// Opens an existing database for reading alone, beside a server that may be running: nothing
    /// is migrated, and a database of another schema is refused. Writes answer
    /// [`StoreError::Closed`].
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        migrate::check_up_to_date(&sqlite::open_reader(path)?, migrate::embedded_migrations())?;
        let writes = Arc::new(Queue::new(WRITES_WAITING_MAX));
        writes.close();
        let (reads, readers) = spawn_readers(path, 1)?;
        let threads = Mutex::new(Threads { writer: None, readers });
        Ok(Self::of(path, writes, reads, threads))
    }

    fn of(path: &Path, writes: Arc<Jobs>, reads: Arc<Jobs>, threads: Mutex<Threads>) -> Self {
        let (writes_asked, reads_asked) = (AtomicU64::new(0), AtomicU64::new(0));
        let path = path.to_owned();
        let inner = Inner { path, writes, reads, writes_asked, reads_asked, threads };
        Self { inner: Arc::new(inner) }
    }

    /// How much was asked of it so far, by all its clones.
    #[must_use]
    pub fn operations(&self) -> Operations {
        Operations {
            reads: self.inner.reads_asked.load(Ordering::Relaxed),
            writes: self.inner.writes_asked.load(Ordering::Relaxed),
        }
    }

    /// Runs an operation that writes; `Ok` means that it is on the disk. An operation that was
    /// handed over is applied even if the caller goes away. It may run more than once, so ids and
    /// answers are made before it.
    pub async fn write<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        call(self.inner.writes(), operation).await
    }

    /// Runs an operation that only reads, on one snapshot.
    pub async fn read<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        call(self.inner.reads(), operation).await
    }

    /// As [`Store::write`], for threads that may stand still.
    pub fn write_blocking<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        call_blocking(self.inner.writes(), operation)
    }

    /// As [`Store::read`], for threads that may stand still.
    pub fn read_blocking<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        call_blocking(self.inner.reads(), operation)
    }

    /// Copies the database, as of now, into a new file, and syncs it. Writers go on meanwhile.
    pub fn backup_blocking(&self, target: &Path) -> Result<(), StoreError> {
        let name = target
            .to_str()
            .ok_or_else(|| StoreError::Io("the backup's path is not UTF-8".to_owned()))?;
        let describe =
            |error: std::io::Error| StoreError::Io(format!("{}: {error}", target.display()));
        // Made by us, so that it is private and an existing file is never written over.
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(target).map_err(describe)?;
        let connection = sqlite::open_backup(&self.inner.path)?;
        let copied = connection
            .execute("VACUUM INTO ?1", [name])
            .map_err(StoreError::from)
            .and_then(|_| file.sync_all().map_err(describe));
        if copied.is_err() {
            // Half a backup must not be taken for one.
            drop(std::fs::remove_file(target));
        }
        copied
    }

    /// Refuses new operations, finishes those that wait, folds the log into the file.
    pub async fn close(&self) {
        let store = self.clone();
        if tokio::task::spawn_blocking(move || store.close_blocking()).await.is_err() {
            tracing::error!("closing the store panicked");
        }
    }

    /// As [`Store::close`], for threads that may stand still. Never from the observer.
    pub fn close_blocking(&self) {
        self.inner.stop();
        let mut threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
        // Readers first: a snapshot that is still held keeps the log from being folded in.
        let readers = std::mem::take(&mut threads.readers);
        for thread in readers.into_iter().chain(threads.writer.take()) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}

impl Inner {
    /// Where a write is handed over; counts it.
    fn writes(&self) -> &Jobs {
        self.writes_asked.fetch_add(1, Ordering::Relaxed);
        &self.writes
    }

    /// The same for a read.
    fn reads(&self) -> &Jobs {
        self.reads_asked.fetch_add(1, Ordering::Relaxed);
        &self.reads
    }

    fn stop(&self) {
        self.reads.close();
        self.writes.close();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

type Readers = (Arc<Jobs>, Vec<JoinHandle<()>>);

fn spawn_readers(path: &Path, count: usize) -> Result<Readers, StoreError> {
    let reads = Arc::new(Queue::new(READS_WAITING_MAX));
    let mut readers = Vec::new();
    for _ in 0..count.clamp(1, READERS_MAX) {
        let connection = sqlite::open_reader(path)?;
        let jobs = Arc::clone(&reads);
        readers.push(spawn("store-reader", move || reader::serve(&connection, &jobs))?);
    }
    Ok((reads, readers))
}

fn spawn(name: &str, serve: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(serve).map_err(|error| StoreError::Io(format!("no thread: {error}")))
}

async fn call<T, F>(jobs: &Jobs, operation: F) -> Result<T, StoreError>
where
    F: Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    jobs.push(Box::new(Call::new(operation, Reply::Async(reply)))).await?;
    answer.await.map_err(|_| StoreError::Closed)?
}

fn call_blocking<T, F>(jobs: &Jobs, operation: F) -> Result<T, StoreError>
where
    F: Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    let (reply, answer) = mpsc::sync_channel(1);
    jobs.push_blocking(Box::new(Call::new(operation, Reply::Blocking(reply))))?;
    answer.recv().map_err(|_| StoreError::Closed)?
}
