//! A web server on loopback that has pictures, in the place of the documentation's image host.
//!
//! `GET /product.png` and the like is a PNG; anything below `/refused/` is 400 Bad Request.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::picture::png;

/// Time for one read or write of a connection.
const IO_TIMEOUT: Duration = Duration::from_secs(10);
/// Most header lines of a request that are read.
const HEADER_LINES_MAX: usize = 100;

/// A running server; it ends when the value is dropped.
#[derive(Debug)]
pub(crate) struct PictureServer {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PictureServer {
    /// Starts it on a free port.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Acquire) {
                    return;
                }
                std::thread::spawn(move || {
                    // A client that goes away is its own business.
                    let _ = answer(&stream);
                });
            }
        });
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// Its base URL, without a slash at the end.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for PictureServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // The connection wakes the listener, so that it sees the flag.
        let woken = TcpStream::connect(self.address).is_ok();
        if let (true, Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

fn answer(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(IO_TIMEOUT))?;
    stream.set_write_timeout(Some(IO_TIMEOUT))?;
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines.take(HEADER_LINES_MAX) {
        if line?.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, kind, body) = if path.starts_with("/refused/") {
        ("400 Bad Request", "text/plain", b"no".to_vec())
    } else if Path::new(path).extension().is_some_and(|ending| ending == "png") {
        // Another name, another colour.
        let hue = path.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        ("200 OK", "image/png", png(640, 480, hue))
    } else {
        ("404 Not Found", "text/plain", b"no".to_vec())
    };
    let mut out = stream;
    let length = body.len();
    write!(
        out,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    )?;
    out.write_all(&body)
}
