//! Servers over raw sockets, a listener that must stay untouched, and a resolver that says what a
//! test wants.
//!
//! A server of a test listens on 127.0.0.1, which its client may reach; canaries listen on
//! 127.0.0.2, which it may not.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rushes_domain::image_url::check_image_url;
use rushes_server::egress::{Egress, EgressOptions, FetchError, Resolve, Resolving};

/// Where the servers of the tests listen.
pub(crate) const SERVER_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Where nothing may arrive.
pub(crate) const CANARY_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The contract's limits, with the servers of the tests in reach.
pub(super) fn options() -> EgressOptions {
    let allow = vec!["127.0.0.1/32".parse().expect("a network")];
    EgressOptions { allow, ..EgressOptions::default() }
}

/// A client that never needs a resolver.
pub(super) fn egress(options: EgressOptions) -> Egress {
    egress_with(options, &Names::default())
}

/// A client for which names mean what `names` says.
pub(super) fn egress_with(options: EgressOptions, names: &Names) -> Egress {
    Egress::new(options, Arc::new(names.clone())).expect("a client")
}

/// Fetches what must not come, and holds the error to what every sentence promises.
pub(super) async fn refusal(egress: &Egress, url: &str) -> FetchError {
    let outcome = egress.fetch_image(url).await.map(|fetched| fetched.bytes.len());
    let error = outcome.expect_err(url);
    assert!(error.sentence.ends_with('.'), "no sentence: {}", error.sentence);
    assert!(!error.sentence.contains("//"), "a URL in: {}", error.sentence);
    assert!(!error.sentence.contains("127.0.0"), "an address in: {}", error.sentence);
    assert!(!(error.blocked && error.retryable), "blocked, but worth a try: {error:?}");
    error
}

/// A server with one behaviour, each connection on a thread of its own.
pub(crate) struct Server {
    /// Where it listens.
    pub(super) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Reads the request's head, then leaves the connection and the head to `behaviour`.
    pub(crate) fn start(
        behaviour: impl Fn(&mut TcpStream, &str) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        let raw = move |stream: &mut TcpStream| {
            let head = read_head(stream)?;
            kept.lock().expect("the heads").push(head.clone());
            behaviour(stream, &head)
        };
        Self { heads, ..Self::start_raw(raw) }
    }

    /// Leaves the connection to `behaviour` as it was accepted.
    pub(super) fn start_raw(
        behaviour: impl Fn(&mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = listener();
        let address = listener.local_addr().expect("an address");
        let behaviour = Arc::new(behaviour);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let behaviour = Arc::clone(&behaviour);
                // A client that goes away is an error here and what many of these tests want.
                std::thread::spawn(move || behaviour(&mut stream));
            }
        });
        Self { address, heads: Arc::default() }
    }

    /// Answers every request with these bytes and closes.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |stream, _head| stream.write_all(&answer))
    }

    /// The URL of `path` here.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The URL of `path` here, by way of a name.
    pub(super) fn url_by_name(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("the heads").clone()
    }
}

/// Listens on a port that a URL with a name may have: the system may well offer one that is not.
fn listener() -> TcpListener {
    loop {
        let listener = TcpListener::bind((SERVER_ADDRESS, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let url = format!("http://images.example:{port}/");
        if check_image_url(&url, &|_address| false).is_ok() {
            return listener;
        }
    }
}

/// An answer with status 200 and this body.
pub(crate) fn ok(body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    answer.push_str(&String::from_utf8_lossy(body));
    answer.into_bytes()
}

/// An answer that leads elsewhere.
pub(crate) fn redirect(status: u16, location: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Over there\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
        .into_bytes()
}

/// The path in a request's head.
pub(crate) fn path(head: &str) -> &str {
    head.split(' ').nth(1).expect("a path")
}

/// Waits until the client goes away.
pub(super) fn wait_for_close(stream: &mut TcpStream) -> io::Result<()> {
    while stream.read(&mut [0; 1024])? > 0 {}
    Ok(())
}

/// Reads up to the empty line.
pub(super) fn read_head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A listener that tells whether anybody connected. It never accepts before it is asked: the
/// system completes connections without it.
pub(crate) struct Canary(TcpListener);

impl Canary {
    /// Listens on [`CANARY_ADDRESS`].
    pub(crate) fn start() -> Self {
        Self::bind(SocketAddr::new(CANARY_ADDRESS, 0)).expect("a second loopback address")
    }

    /// Listens on `address`.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self(listener))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("an address")
    }

    pub(crate) fn is_touched(&self) -> bool {
        match self.0.accept() {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                false
            }
        }
    }
}

/// What names mean. Each look-up of a name takes its next answer; the last one stays.
#[derive(Clone, Default)]
pub(crate) struct Names {
    answers: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    lookups: Arc<AtomicUsize>,
}

impl Names {
    /// One name that always has these addresses.
    pub(crate) fn one(host: &'static str, addresses: &[IpAddr]) -> Self {
        Self::default().and(host, &[addresses])
    }

    /// With another name, and its answers in turn.
    pub(crate) fn and(mut self, host: &'static str, answers: &[&[IpAddr]]) -> Self {
        self.answers.insert(host, answers.iter().map(|answer| answer.to_vec()).collect());
        self
    }

    /// How often any name was looked up.
    pub(super) fn lookups(&self) -> usize {
        self.lookups.load(Ordering::SeqCst)
    }
}

impl Resolve for Names {
    fn resolve(&self, host: &str, port: u16) -> Resolving {
        let earlier = self.lookups.fetch_add(1, Ordering::SeqCst);
        let answer = self
            .answers
            .get(host)
            .and_then(|answers| answers.get(earlier).or_else(|| answers.last()))
            .map(|answer| answer.iter().map(|ip| SocketAddr::new(*ip, port)).collect())
            .ok_or_else(|| io::Error::other("no such name"));
        Box::pin(async move { answer })
    }
}
