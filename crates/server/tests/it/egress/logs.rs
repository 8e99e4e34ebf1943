//! What the log says about requests: hosts, and nothing else of a URL; no credential.

use std::io;
use std::sync::{Arc, Mutex};

use rushes_providers::{HttpRequest, Operation};
use rushes_server::egress::DownloadSource;
use rushes_server::storage::Storage;
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

use super::channels::Plan;
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

impl Kept {
    /// Keeps what is logged on this thread from now on, until what it gives is dropped.
    fn start(&self) -> (DefaultGuard, Dispatch) {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        // While there is but one, a line that another test's thread is the first to reach counts
        // as wanted by nobody from then on: that thread has no subscriber.
        let second = Dispatch::new(tracing_subscriber::registry());
        (tracing::subscriber::set_default(subscriber), second)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("the log").clone()).expect("text")
    }
}

/// Answers that each are another trouble.
fn answers() -> [Vec<u8>; 5] {
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        b"HTTP/1.1 secret\r\n\r\n".to_vec(),
        b"".to_vec(),
        redirect(302, "http://10.0.0.1/secret?secret=secret#secret"),
        redirect(302, "http://secret:secret@images.example/"),
    ]
}

#[tokio::test]
async fn the_log_names_the_host_alone() {
    let kept = Kept::default();
    let _guard = kept.start();
    let egress = egress_with(options(), &Names::one("images.example", &[SERVER_ADDRESS]));
    for answer in answers() {
        let server = Server::answering(answer);
        let url = server.url_by_name("images.example", "/secret/a.png?secret=secret#secret");
        refusal(&egress, &url).await;
    }
    refusal(&egress, "http://secret:secret@blocked.example/secret").await;

    let log = kept.text();
    assert!(log.contains("images.example") && log.contains("blocked.example"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}

#[tokio::test]
async fn the_log_of_a_channel_names_the_host_alone() {
    let kept = Kept::default();
    let _guard = kept.start();
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(folder.path()).expect("a storage");
    let names =
        Names::one("images.example", &[SERVER_ADDRESS]).and("engine.example", &[&[SERVER_ADDRESS]]);
    let egress = egress_with(options(), &names);
    for answer in answers() {
        let server = Server::answering(answer);
        let base = server.url_by_name("engine.example", "/secret-tenant");
        let plan = Plan { names: names.clone(), ..Plan::at(base) };
        let path = "/secret/1?secret=secret";
        let request = HttpRequest::new(Operation::Poll, http::Method::GET, path);
        let _answer = plan.send(request).await;
        let (own, stranger) = (
            server.url_by_name("engine.example", path),
            server.url_by_name("images.example", path),
        );
        for source in
            [DownloadSource::Path(path), DownloadSource::Url(&own), DownloadSource::Url(&stranger)]
        {
            let mut sink = storage.part_writer("files/1.mp4").await.expect("a file");
            let error = egress.download(&plan.build(), source, &mut sink).await;
            error.expect_err("no film");
        }
    }
    let log = kept.text();
    assert!(log.contains("images.example") && log.contains("engine.example"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}
