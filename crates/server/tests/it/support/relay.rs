//! A relay of connections to wherever the gateway is now: an address that stays while a gateway is
//! stopped and another one started over its directory.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A relay that runs as long as the test.
pub(crate) struct Relay {
    /// Where it listens.
    pub(crate) url: String,
    target: Arc<Mutex<Option<SocketAddr>>>,
    refused: Arc<AtomicUsize>,
}

impl Relay {
    /// One that leads nowhere yet.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let target: Arc<Mutex<Option<SocketAddr>>> = Arc::default();
        let refused: Arc<AtomicUsize> = Arc::default();
        let (known, counted) = (Arc::clone(&target), Arc::clone(&refused));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let target = *known.lock().expect("the target");
                if target.is_none_or(|target| pass(&stream, target).is_err()) {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self { url, target, refused }
    }

    /// From now on new connections lead there; with nothing they are closed at once.
    pub(crate) fn lead_to(&self, target: Option<SocketAddr>) {
        *self.target.lock().expect("the target") = target;
    }

    /// How many connections led nowhere.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }
}

/// Passes bytes on both ways until both have ended.
fn pass(client: &TcpStream, target: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    for (mut from, mut to) in
        [(client.try_clone()?, server.try_clone()?), (server.try_clone()?, client.try_clone()?)]
    {
        std::thread::spawn(move || {
            // Either side may go away: that is what the tests are about.
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    Ok(())
}
