//! Requests that HTTP libraries refuse to send.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{DEADLINE, TestApp};

/// A connection of bare bytes.
pub(crate) struct Raw(TcpStream);

impl Raw {
    /// Connects.
    pub(crate) async fn connect(app: &TestApp) -> Self {
        let address = app.app().config.listen;
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    /// Sends bytes; a gateway that has closed already is no failure.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// All that comes until the gateway closes the connection.
    pub(crate) async fn read_to_end(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(DEADLINE, self.0.read_to_end(&mut bytes)).await;
        // A reset after the answer is as good as an end.
        drop(read.expect("the connection ends"));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// All that comes until the text is in it.
    pub(crate) async fn read_until(&mut self, text: &str) -> String {
        let mut bytes = Vec::new();
        let reading = async {
            loop {
                let mut chunk = [0; 4096];
                let count = self.0.read(&mut chunk).await.expect("readable");
                bytes.extend_from_slice(&chunk[..count]);
                let so_far = String::from_utf8_lossy(&bytes).into_owned();
                if so_far.contains(text) || count == 0 {
                    return so_far;
                }
            }
        };
        tokio::time::timeout(DEADLINE, reading).await.expect("the text comes")
    }
}

/// The status of an answer.
pub(crate) fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or("")
}

/// A create as bytes, but for its last `held_back` ones.
pub(crate) fn create_bytes(key: &str, body: &str, held_back: usize) -> (String, String) {
    let whole = format!(
        "POST /v1/video/generations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (now, later) = whole.split_at(whole.len() - held_back);
    (now.to_owned(), later.to_owned())
}
