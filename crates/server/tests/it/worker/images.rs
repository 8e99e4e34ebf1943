use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rushes_domain::image_url::check_image_url;
use serde_json::{Value, json};

use super::small;
use crate::support::{Options, TestApp, pictures};

/// Answers the n-th request with the n-th answer and the last one ever after.
pub(super) struct Pictures {
    pub(super) url: String,
    served: Arc<AtomicUsize>,
}

impl Pictures {
    pub(super) fn start(answers: Vec<Vec<u8>>) -> Self {
        let (listener, url) = listen();
        let served = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&served);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = [0_u8; 4096];
                let _ = stream.read(&mut head);
                let index = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
                let _ = stream.write_all(&answers[index]);
            }
        });
        Self { url, served }
    }

    fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }
}

/// Listens on a port that an image's URL may have: the system may well offer one that is not.
pub(super) fn listen() -> (TcpListener, String) {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/a.png", listener.local_addr().unwrap());
        if check_image_url(&url, &|_address| true).is_ok() {
            return (listener, url);
        }
    }
}

pub(super) fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len())
            .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

async fn start() -> TestApp {
    Options::default().toml("[egress]\nallow = [\"127.0.0.1/32\"]").start().await
}

async fn generate(app: &TestApp, pictures: &Pictures) -> Value {
    let mut body = small("a fox");
    body["image_urls"] = json!([pictures.url]);
    let id = app.create(&body).await;
    app.wait(&id).await["data"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_behind_an_address_becomes_a_video_and_leaves_no_file() {
    let app = start().await;
    let picture = pictures::png(64, 64, [200, 30, 30]);
    let server = Pictures::start(vec![answer("200 OK", &picture)]);
    let data = generate(&app, &server).await;
    assert_eq!(data["status"], "SUCCESS", "{data}");
    assert_eq!(server.served(), 1);
    crate::support::eventually("the snapshot is gone", async || {
        let left = std::fs::read_dir(app.data_dir().join("images")).unwrap().count();
        (left == 0).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passing_fault_is_tried_again_and_a_lasting_one_is_not() {
    let app = start().await;
    let picture = pictures::png(64, 64, [30, 200, 30]);
    let busy = answer("503 Service Unavailable", b"");
    let server = Pictures::start(vec![busy.clone(), busy.clone(), answer("200 OK", &picture)]);
    let data = generate(&app, &server).await;
    assert_eq!(data["status"], "SUCCESS", "{data}");
    assert_eq!(server.served(), 3);

    let server = Pictures::start(vec![busy]);
    let data = generate(&app, &server).await;
    assert_eq!(server.served(), 3);
    assert_eq!(
        data["fail_reason"],
        "Image URL could not be fetched: Fetching image failed with HTTP status 503 Service \
         Unavailable."
    );

    let server = Pictures::start(vec![answer("404 Not Found", b"")]);
    let data = generate(&app, &server).await;
    assert_eq!(server.served(), 1);
    assert_eq!(data["error"]["code"], "image_fetch_failed");
    assert_eq!(
        data["fail_reason"],
        "Image URL could not be fetched: Fetching image failed with HTTP status 404 Not Found."
    );
    assert_eq!(data["cost"]["state"], "voided");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_picture_ends_the_task() {
    let app = start().await;
    for body in [b"<html>".to_vec(), Vec::new(), b"\x89PNG\r\n\x1a\n".to_vec()] {
        let server = Pictures::start(vec![answer("200 OK", &body)]);
        let data = generate(&app, &server).await;
        assert_eq!(data["error"]["code"], "image_fetch_failed", "{data}");
        let reason = data["fail_reason"].as_str().unwrap();
        assert!(reason.starts_with("Image URL could not be fetched: The "), "{reason}");
    }
    app.finish().await;
}
