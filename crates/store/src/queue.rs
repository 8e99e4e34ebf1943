//! A bounded queue from async callers to plain threads.
//!
//! Guarantees: an async caller waits while the queue is full and leaves no trace if it is dropped
//! then; what was pushed is popped by some thread, also after [`Queue::close`]. A blocking caller
//! is not counted: it stands still until it is answered, so threads bound it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::StoreError;

#[derive(Debug)]
pub(crate) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    arrived: Condvar,
    places: Arc<Semaphore>,
}

#[derive(Debug)]
struct Waiting<T> {
    items: VecDeque<(T, Option<OwnedSemaphorePermit>)>,
    closed: bool,
}

impl<T> Queue<T> {
    /// A queue in which at most `places` items of async callers wait.
    pub(crate) fn new(places: usize) -> Self {
        Self {
            waiting: Mutex::new(Waiting { items: VecDeque::new(), closed: false }),
            arrived: Condvar::new(),
            places: Arc::new(Semaphore::new(places)),
        }
    }

    /// Waits for a place and queues the item.
    pub(crate) async fn push(&self, item: T) -> Result<(), StoreError> {
        let place =
            Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        self.push_now(item, Some(place))
    }

    /// Queues the item of a caller that will stand still until it is answered.
    pub(crate) fn push_blocking(&self, item: T) -> Result<(), StoreError> {
        self.push_now(item, None)
    }

    fn push_now(&self, item: T, place: Option<OwnedSemaphorePermit>) -> Result<(), StoreError> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(StoreError::Closed);
        }
        waiting.items.push_back((item, place));
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for an item and takes it with up to `count_max - 1` that are there too. Nothing is
    /// taken once the queue is closed and empty.
    pub(crate) fn pop(&self, count_max: usize) -> Vec<T> {
        let mut waiting = self.lock();
        while waiting.items.is_empty() && !waiting.closed {
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let count = waiting.items.len().min(count_max);
        waiting.items.drain(..count).map(|(item, _place)| item).collect()
    }

    /// Refuses new items; threads that wait in [`Queue::pop`] come back when it is empty.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.places.close();
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
