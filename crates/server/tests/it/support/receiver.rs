//! A receiver of webhooks: https on loopback, with a certificate of an authority of the tests
//! alone, and a plan of what to answer. And a resolver that says what names mean.
//!
//! Apple's verifier refuses certificates that live as long as these.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rushes_server::egress::{EgressOptions, Resolve, Resolving};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use super::document;

/// Valid until 2126, as is the server's, which is for `hooks.example`, `other.example`,
/// `slow.example` and `localhost`. Its key protects nothing.
const AUTHORITY: &[u8] = include_bytes!("tls/authority.der");
const CERTIFICATE: &[u8] = include_bytes!("tls/server.der");
const KEY: &[u8] = include_bytes!("tls/server.key.der");

/// That authority as a file for `SSL_CERT_FILE`.
pub(crate) fn authority_file(folder: &Path) -> String {
    let text = STANDARD.encode(AUTHORITY);
    let path = folder.join("authority.pem");
    let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    std::fs::write(&path, pem).expect("written");
    path.to_string_lossy().into_owned()
}

/// A public address that no test dials.
pub(crate) const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8));

/// The limits of the way out, with the receivers' authority trusted.
pub(crate) fn egress() -> EgressOptions {
    EgressOptions {
        certificates_extra: vec![CertificateDer::from(AUTHORITY)],
        ..EgressOptions::default()
    }
}

/// What names mean; can be changed while a gateway runs.
#[derive(Clone)]
pub(crate) struct Names(Arc<Mutex<HashMap<String, Vec<IpAddr>>>>);

impl Names {
    /// The names of the receivers' certificate, all on loopback.
    pub(crate) fn loopback() -> Self {
        let names = Self(Arc::default());
        for host in ["hooks.example", "other.example", "slow.example"] {
            names.set(host, &[IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        }
        names
    }

    /// From now on a name means these addresses.
    pub(crate) fn set(&self, host: &str, addresses: &[IpAddr]) {
        self.0.lock().expect("the names").insert(host.to_owned(), addresses.to_vec());
    }
}

impl Resolve for Names {
    fn resolve(&self, host: &str, port: u16) -> Resolving {
        let known = self.0.lock().expect("the names").get(host).cloned();
        let found = known
            .map(|all| all.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
            .ok_or_else(|| io::Error::other("no such name"));
        Box::pin(async move { found })
    }
}

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The path with its query.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    /// The body's bytes.
    pub(crate) body: Vec<u8>,
}

impl Call {
    /// A header's value; empty without it.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// What a receiver does with a call.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Answers with these bytes and closes.
    Bytes(Vec<u8>),
    /// Says nothing until the caller goes away.
    Hang,
    /// Says 200, and then sends a body without an end.
    Endless,
}

impl Reply {
    /// A status with a body.
    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self::with(status, "", body)
    }

    /// The same with more header lines, each with its end.
    pub(crate) fn with(status: u16, lines: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!("HTTP/1.1 {status} So\r\nContent-Length: {length}\r\n{lines}\r\n{body}");
        Self::Bytes(text.into_bytes())
    }
}

type Plan = dyn Fn(&Call) -> Reply + Send + Sync;

/// A receiver that remembers what it was told.
pub(crate) struct Receiver {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
    plan: Arc<Mutex<Arc<Plan>>>,
}

impl Receiver {
    /// One that takes everything.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let take: Arc<Plan> = Arc::new(|_: &Call| Reply::status(200, "taken"));
        let plan = Arc::new(Mutex::new(take));
        let config = server_config(CERTIFICATE, KEY);
        let (heard, planned) = (Arc::clone(&calls), Arc::clone(&plan));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, heard) = (Arc::clone(&config), Arc::clone(&heard));
                let planned = Arc::clone(&planned);
                // A caller that goes away is an error here and what some of the tests want.
                std::thread::spawn(move || serve(config, stream, &heard, &planned));
            }
        });
        Self { address, calls, plan }
    }

    /// From now on calls are answered so.
    pub(crate) fn answer(&self, plan: impl Fn(&Call) -> Reply + Send + Sync + 'static) {
        *self.plan.lock().expect("the plan") = Arc::new(plan);
    }

    /// The URL of a path here, by way of a name.
    pub(crate) fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }

    /// All calls so far; those of webhooks have to be such as the document tells of.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let calls = self.calls.lock().expect("the calls").clone();
        for call in calls.iter().filter(|call| !call.header("webhook-id").is_empty()) {
            document::check_event(&call.json());
        }
        calls
    }
}

/// What a server shows with this certificate and its key.
pub(crate) fn server_config(certificate: &'static [u8], key: &'static [u8]) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(certificate)],
            PrivatePkcs8KeyDer::from(key).into(),
        );
    Arc::new(config.expect("a certificate and its key"))
}

fn serve(
    config: Arc<ServerConfig>,
    stream: TcpStream,
    heard: &Mutex<Vec<Call>>,
    planned: &Mutex<Arc<Plan>>,
) -> io::Result<()> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let call = read_call(&mut stream)?;
    let plan = Arc::clone(&planned.lock().expect("the plan"));
    let reply = plan(&call);
    heard.lock().expect("the calls").push(call);
    match reply {
        Reply::Bytes(bytes) => stream.write_all(&bytes)?,
        Reply::Hang => while stream.read(&mut [0; 1024])? > 0 {},
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")?;
            loop {
                stream.write_all(&[b'a'; 16 * 1024])?;
            }
        }
    }
    stream.conn.send_close_notify();
    stream.flush()
}

fn read_call(stream: &mut impl Read) -> io::Result<Call> {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.split("\r\n");
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or("").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut call = Call { path, headers, body: Vec::new() };
    let length: usize = call.header("content-length").parse().unwrap_or(0);
    call.body.resize(length, 0);
    stream.read_exact(&mut call.body)?;
    Ok(call)
}
