//! A server that answers each connection with the next piece of its script, byte for byte.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use rushes_sdk::Client;

/// One connection's answer.
pub(crate) enum Reply {
    /// These bytes, then a clean close.
    Bytes(Vec<u8>),
    /// The request is read and the connection closed without a word.
    HangUp,
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

impl Server {
    pub(crate) fn start(script: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, seen) = channel();
        std::thread::spawn(move || {
            for reply in script {
                let Ok((mut stream, _)) = listener.accept() else { return };
                let request = read_request(&mut stream);
                let _ = sender.send(request);
                if let Reply::Bytes(bytes) = reply {
                    stream.write_all(&bytes).expect("written");
                }
                let _ = stream.shutdown(Shutdown::Write);
            }
        });
        Self { url, seen }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url, "sk-test-0123456789abcdef").expect("a client")
    }

    /// The requests so far, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.try_iter().collect()
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
