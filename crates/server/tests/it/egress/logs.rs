//! What the log says about a fetch: hosts, and nothing else of a URL.

use std::io;
use std::sync::{Arc, Mutex};

use super::support::{Names, SERVER_ADDRESS, Server, egress_with, options, redirect, refusal};

/// Keeps what is written to it.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_host_alone() {
    let kept = Kept::default();
    let writer = kept.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let egress = egress_with(options(), &Names::one("images.example", &[SERVER_ADDRESS]));
    let answers = [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        b"HTTP/1.1 secret\r\n\r\n".to_vec(),
        b"".to_vec(),
        redirect(302, "http://10.0.0.1/secret?secret=secret#secret"),
        redirect(302, "http://secret:secret@images.example/"),
    ];
    for answer in answers {
        let server = Server::answering(answer);
        let url = server.url_by_name("images.example", "/secret/a.png?secret=secret#secret");
        refusal(&egress, &url).await;
    }
    refusal(&egress, "http://secret:secret@blocked.example/secret").await;

    let log = String::from_utf8(kept.0.lock().expect("the log").clone()).expect("text");
    assert!(log.contains("images.example") && log.contains("blocked.example"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}
