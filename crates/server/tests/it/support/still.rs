//! Lets threads of the store stand still, so that a test says what comes before what.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use rushes_store::{Store, StoreError, Tx};

use super::{TestApp, eventually};

/// Threads of a store that read, at most.
const READERS_MAX: u64 = 16;

/// They stand still until this is dropped.
pub(crate) struct Still(#[expect(dead_code, reason = "its end is what counts")] Sender<()>);

/// From now on nothing that is read is answered.
pub(crate) async fn readers(app: &TestApp) -> Still {
    let before = app.app().store.operations().reads;
    let (sender, stand) = standing();
    for _ in 0..READERS_MAX {
        let (store, stand) = (app.app().store.clone(), stand.clone());
        std::thread::spawn(move || store.read_blocking(stand));
    }
    eventually("all of them were asked", async || {
        (app.app().store.operations().reads >= before + READERS_MAX).then_some(())
    })
    .await;
    Still(sender)
}

/// From now on nothing that is written is committed.
pub(crate) async fn writer(app: &TestApp) -> Still {
    let before = app.app().store.operations().writes;
    let (sender, stand) = standing();
    let store: Store = app.app().store.clone();
    std::thread::spawn(move || store.write_blocking(stand));
    eventually("it was asked", async || {
        (app.app().store.operations().writes > before).then_some(())
    })
    .await;
    Still(sender)
}

/// An operation that lasts until the sender is gone.
fn standing()
-> (Sender<()>, impl Fn(&mut Tx<'_>) -> Result<(), StoreError> + Clone + Send + 'static) {
    let (sender, receiver) = channel();
    let receiver = Arc::new(Mutex::new(receiver));
    let stand = move |_: &mut Tx<'_>| {
        // An error is the sender's end.
        receiver.lock().expect("the receiver").recv().unwrap_or_default();
        Ok(())
    };
    (sender, stand)
}
