//! What `cargo xtask bench --streams` listens with: thousands of event streams in one process.
//!
//! `listeners ADDRESS KEY` reads commands from its standard input and answers each with a line:
//! `open TASK_ID COUNT`: `opened MICROSECONDS`, when each stream has had its first event;
//! `report`: `report EVENTS COMMENTS BROKEN`, so far; a stream is broken if it ends without an end;
//! `await TASK_ID`: `ended` and when each stream of the task heard its end, in microseconds of Unix
//! time, smallest first. It ends with its input.
#![expect(clippy::print_stdout, reason = "a command line program")]

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

/// Connections that are being made at the same time: fewer than wait in a usual listening queue.
const OPENING_MAX: usize = 256;
/// Bytes of a line that are kept to be read.
const BUFFER_BYTES: usize = 2 * 1024;
/// Files that are open besides the connections.
const FILES_MORE: u64 = 64;

/// What was heard.
#[derive(Default)]
struct Heard {
    events: AtomicU64,
    comments: AtomicU64,
    broken: AtomicU64,
    /// Streams that have not had their first event.
    unopened: AtomicUsize,
    /// Streams of each task, and when those of them that had their end heard it.
    tasks: Mutex<HashMap<String, (usize, Vec<u64>)>>,
    news: Notify,
}

impl Heard {
    /// Waits until something holds; looks again at each piece of news.
    async fn until<T>(&self, mut holds: impl FnMut() -> Option<T>) -> T {
        loop {
            let news = self.news.notified();
            if let Some(found) = holds() {
                return found;
            }
            news.await;
        }
    }

    /// When the streams of a task ended, once all have, or so many are broken that not all will.
    fn ended(&self, id: &str) -> Option<Vec<u64>> {
        let broken = usize::try_from(self.broken.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, ends) = tasks.get(id)?;
        if ends.len().saturating_add(broken) < *count {
            return None;
        }
        let mut sorted = ends.clone();
        sorted.sort_unstable();
        Some(sorted)
    }
}

#[expect(clippy::disallowed_methods, reason = "two processes compare their moments")]
fn unix_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// One stream, from its request to its end.
async fn listen(heard: &Heard, address: SocketAddr, key: &str, id: &str, opening: &Semaphore) {
    match follow(heard, address, key, id, opening).await {
        Ok(true) => {}
        _ => {
            heard.broken.fetch_add(1, Ordering::Relaxed);
        }
    }
    heard.news.notify_waiters();
}

/// True if the end was told.
async fn follow(
    heard: &Heard,
    address: SocketAddr,
    key: &str,
    id: &str,
    opening: &Semaphore,
) -> io::Result<bool> {
    let mut place = Some(opening.acquire().await.map_err(io::Error::other)?);
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /v1/video/generations/{id}/events HTTP/1.1\r\nHost: {address}\r\n\
         Authorization: Bearer {key}\r\nAccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut lines = BufReader::with_capacity(BUFFER_BYTES, stream).lines();
    // The sizes of chunks stand on lines of their own and look like nothing that is looked for.
    while let Some(line) = lines.next_line().await? {
        if line.starts_with(": ") {
            heard.comments.fetch_add(1, Ordering::Relaxed);
        } else if let Some(name) = line.strip_prefix("event: ") {
            if place.take().is_some() && heard.unopened.fetch_sub(1, Ordering::Relaxed) == 1 {
                heard.news.notify_waiters();
            }
            heard.events.fetch_add(1, Ordering::Relaxed);
            if name == "end" {
                let mut tasks = heard.tasks.lock().unwrap_or_else(PoisonError::into_inner);
                tasks.entry(id.to_owned()).or_default().1.push(unix_us());
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Takes as many open files as are needed, or says what is missing.
#[cfg(unix)]
fn want_files(count: u64) -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = count + FILES_MORE;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let new = Rlimit { current: Some(wanted), maximum: limit.maximum };
    setrlimit(Resource::Nofile, new)
        .map_err(|error| format!("{wanted} open files are needed (ulimit -Hn {wanted}): {error}"))
}

#[cfg(not(unix))]
fn want_files(_count: u64) -> Result<(), String> {
    Ok(())
}

/// All streams of this process.
struct Listeners {
    runtime: Runtime,
    address: SocketAddr,
    key: Arc<str>,
    heard: Arc<Heard>,
    opening: Arc<Semaphore>,
    streams: JoinSet<()>,
}

impl Listeners {
    /// Opens streams of a task; returns when each of them has had an event, or one is broken.
    fn open(&mut self, id: &str, count: usize) -> Result<(), Box<dyn Error>> {
        want_files(u64::try_from(self.streams.len() + count)?)?;
        let mut tasks = self.heard.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.entry(id.to_owned()).or_default().0 += count;
        drop(tasks);
        self.heard.unopened.fetch_add(count, Ordering::Relaxed);
        for _ in 0..count {
            let (heard, opening) = (Arc::clone(&self.heard), Arc::clone(&self.opening));
            let (address, key, id) = (self.address, Arc::clone(&self.key), id.to_owned());
            let work = async move { listen(&heard, address, &key, &id, &opening).await };
            self.streams.spawn_on(work, self.runtime.handle());
        }
        let heard = &self.heard;
        let is_over = || {
            let is_open = heard.unopened.load(Ordering::Relaxed) == 0;
            (is_open || heard.broken.load(Ordering::Relaxed) > 0).then_some(())
        };
        self.runtime.block_on(heard.until(is_over));
        Ok(())
    }

    /// Answers one command.
    fn answer(&mut self, command: &str) -> Result<String, Box<dyn Error>> {
        match command.split(' ').collect::<Vec<_>>().as_slice() {
            ["open", id, count] => {
                let started = Instant::now();
                self.open(id, count.parse()?)?;
                Ok(format!("opened {}", started.elapsed().as_micros()))
            }
            ["report"] => {
                let heard = &self.heard;
                let [events, comments, broken] = [&heard.events, &heard.comments, &heard.broken]
                    .map(|count| count.load(Ordering::Relaxed));
                Ok(format!("report {events} {comments} {broken}"))
            }
            ["await", id] => {
                let heard = &self.heard;
                let ends = self.runtime.block_on(heard.until(|| heard.ended(id)));
                let ends: Vec<String> = ends.iter().map(ToString::to_string).collect();
                Ok(format!("ended {}", ends.join(" ")))
            }
            _ => Err(format!("unknown command: {command}").into()),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let address: SocketAddr = words.next().ok_or("an address is missing")?.parse()?;
    if !address.ip().is_loopback() {
        return Err(format!("{address} is not on this machine").into());
    }
    let mut listeners = Listeners {
        runtime: tokio::runtime::Builder::new_multi_thread().enable_all().build()?,
        address,
        key: words.next().ok_or("a key is missing")?.into(),
        heard: Arc::default(),
        opening: Arc::new(Semaphore::new(OPENING_MAX)),
        streams: JoinSet::new(),
    };
    for line in io::stdin().lines() {
        println!("{}", listeners.answer(&line?)?);
    }
    Ok(())
}
