//! A server that answers each connection with the next piece of its script, byte for byte.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rushes_sdk::Client;

/// One connection's answer.
pub(crate) enum Reply {
    /// These bytes, then a clean close.
    Bytes(Vec<u8>),
    /// The request is read and the connection closed without a word.
    HangUp,
    /// These bytes, and nothing more; the connection stays open.
    Silent(Vec<u8>),
    /// No answer: for so long nobody listens at the address.
    Away(Duration),
}

/// A request as it came.
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn first_line(&self) -> &str {
        self.head.lines().next().unwrap_or("")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

pub(crate) struct Server {
    pub(crate) url: String,
    seen: Receiver<Seen>,
}

/// Each server has a loopback address of its own, so that nobody takes its port while it is away.
static NEXT_HOST: AtomicU8 = AtomicU8::new(2);

impl Server {
    pub(crate) fn start(script: Vec<Reply>) -> Self {
        let host = NEXT_HOST.fetch_add(1, Ordering::Relaxed);
        // Elsewhere only the first loopback address is there without asking.
        let host = if cfg!(target_os = "linux") { host } else { 1 };
        let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, host), 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, seen) = channel();
        std::thread::spawn(move || play(script, listener, address, &sender));
        Self { url: format!("http://{address}"), seen }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url, "sk-test-0123456789abcdef").expect("a client")
    }

    /// The requests so far, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.try_iter().collect()
    }
}

fn play(script: Vec<Reply>, mut listener: TcpListener, address: SocketAddr, sender: &Sender<Seen>) {
    let mut kept = Vec::new();
    for reply in script {
        if let Reply::Away(time) = reply {
            drop(listener);
            // Not a wait for anything: this is the outage.
            std::thread::sleep(time);
            listener = TcpListener::bind(address).expect("the same port");
            continue;
        }
        let Ok((mut stream, _)) = listener.accept() else { return };
        let _ = sender.send(read_request(&mut stream));
        // A client that goes away in the middle is what some of the tests want.
        match reply {
            Reply::Bytes(bytes) => drop(stream.write_all(&bytes)),
            Reply::Silent(bytes) => {
                drop(stream.write_all(&bytes));
                kept.push(stream);
                continue;
            }
            Reply::HangUp | Reply::Away(_) => {}
        }
        let _ = stream.shutdown(Shutdown::Write);
    }
}

fn read_request(stream: &mut TcpStream) -> Seen {
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let seen = Seen { head: head.to_owned(), body: body.to_owned() };
            let length =
                seen.header("content-length").map_or(0, |text| text.parse().expect("a number"));
            if body.len() >= length {
                return seen;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return Seen { head: text, body: String::new() },
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// An answer with a JSON body; `headers` are whole lines.
pub(crate) fn json(status: &str, headers: &[&str], body: &str) -> Reply {
    let mut text = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\nx-request-id: req_1\r\n",
        body.len()
    );
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    Reply::Bytes(text.into_bytes())
}

/// The head of a stream of events that lasts as long as its connection.
pub(crate) const EVENTS: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/// A stream of these events, and then the end of the connection.
pub(crate) fn events(text: &str) -> Reply {
    Reply::Bytes(format!("{EVENTS}{text}").into_bytes())
}

/// One event of a stream.
pub(crate) fn event(id: u32, name: &str, status: &str, percent: u32) -> String {
    format!(
        "id: {id}\nevent: {name}\ndata: {{\"task_id\":\"task_1\",\"status\":\"{status}\",\"progress\":\"{percent}%\"}}\n\n"
    )
}

/// A server without streams of events.
pub(crate) fn no_events() -> Reply {
    refusal("404 Not Found", &[], "not_found", "there is nothing here")
}

/// The error body of the contract.
pub(crate) fn refusal(status: &str, headers: &[&str], code: &str, message: &str) -> Reply {
    let body = format!(
        r#"{{"code":"{code}","message":"{message}","data":null,"error":{{"code":"{code}","message":"{message}","type":"t","param":"prompt","request_id":"req_2","doc_url":"x"}}}}"#
    );
    json(status, headers, &body)
}

/// The envelope of a task, as in the seed document.
pub(crate) fn task(status: &str, progress: &str, url: &str, reason: &str) -> String {
    format!(
        r#"{{"code":"success","message":"","data":{{"task_id":"task_1","status":"{status}","progress":"{progress}","result_url":"{url}","fail_reason":"{reason}"}}}}"#
    )
}
