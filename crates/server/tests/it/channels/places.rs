//! Tasks that find a channel's places taken: none is lost, left alone, or given up unsent.

#![expect(clippy::disallowed_methods, reason = "a test's own servers, beside the gateway's")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::admin;
use crate::support::customers::Customer;
use crate::support::pictures::png;
use crate::support::{Options, TestApp, eventually};

/// The prompts that an upstream was handed.
type Prompts = Arc<Mutex<BTreeSet<String>>>;

/// A server on loopback: `answer` gets the head and the body of each request and gives back the type
/// and the bytes of the answer.
async fn serve<F, A>(answer: F) -> String
where
    F: Fn(String, Vec<u8>) -> A + Clone + Send + 'static,
    A: Future<Output = (&'static str, Vec<u8>)> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let Some((head, body)) = read(&mut stream).await else { return };
                let (kind, bytes) = answer(head, body).await;
                let length = bytes.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
                     connection: close\r\n\r\n"
                );
                // Whoever has gone needs no answer.
                let _ = stream.write_all(&[head.as_bytes(), &bytes].concat()).await;
            });
        }
    });
    url
}

async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 65_536];
    loop {
        let count = stream.read(&mut chunk).await.ok().filter(|&count| count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |text| text.trim().parse().unwrap());
        if bytes.len() >= end + 4 + length {
            return Some((head, bytes.split_off(end + 4)));
        }
    }
}

/// An upstream in xAI's dialect that takes each job after a while, and whose jobs never end.
async fn upstream(takes: Duration) -> (String, Prompts) {
    let prompts = Prompts::default();
    let seen = Arc::clone(&prompts);
    let url = serve(move |head, body| {
        let seen = Arc::clone(&seen);
        async move {
            if !head.starts_with("post") {
                return ("application/json", br#"{"status":"pending"}"#.to_vec());
            }
            let job: Value = serde_json::from_slice(&body).unwrap();
            let prompt = job["prompt"].as_str().unwrap().to_owned();
            let id = prompt.replace(' ', "-");
            assert!(seen.lock().unwrap().insert(prompt), "{id} was handed over twice");
            tokio::time::sleep(takes).await;
            ("application/json", json!({ "request_id": id }).to_string().into_bytes())
        }
    })
    .await;
    (url, prompts)
}

/// A picture that comes when the gate is open.
async fn picture(gate: watch::Receiver<bool>) -> String {
    let url = serve(move |_head, _body| {
        let mut gate = gate.clone();
        async move {
            gate.wait_for(|is_open| *is_open).await.unwrap();
            ("image/png", png(64, 36, [1, 2, 3]))
        }
    })
    .await;
    format!("{url}/picture.png")
}

async fn gateway(upstream: &str) -> TestApp {
    let settings = "[account]\nin_flight_max = 1000\nfirst_credit = \"100000\"\n\
                    [egress]\nallow = [\"127.0.0.1/32\"]";
    let app = Options::default().toml(settings).start().await;
    let body = json!({
        "name": "main", "provider": "xai", "base_url": upstream, "api_key": "fake-key",
        "models": { "grok-image-video": "grok-imagine-video" }, "max_concurrency": 1000,
        "poll_interval_ms": 300_000,
    });
    assert_eq!(admin(&app, "POST", "/api/admin/channels", &body).await.status, 201);
    app
}

fn order(prompt: &str, picture: Option<&str>) -> Value {
    json!({
        "model": "grok-image-video", "prompt": prompt, "seconds": 4, "resolution": "480p",
        "image_urls": picture.into_iter().collect::<Vec<_>>(),
    })
}

/// Orders with pictures take places from those without in the moment between claim and hand-over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_claimed_and_finds_no_place_is_sent_all_the_same() {
    const EACH: usize = 60;
    let (_gate, is_open) = watch::channel(true);
    let picture = picture(is_open).await;
    let (url, prompts) = upstream(Duration::from_millis(60)).await;
    let app = gateway(&url).await;
    let mut count = 0;
    let mut customers = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        customers.push(Customer { credit: "1000", ..Customer::named(name) }.make(&app).await);
    }
    for number in 0..EACH {
        for (index, customer) in customers.iter().enumerate() {
            let with_picture = (index % 2 == 0).then_some(&*picture);
            app.create_with(&customer.key, &order(&format!("{index} {number}"), with_picture))
                .await;
            count += 1;
        }
    }
    // A lease would end after more than a minute, and its task as one of unknown fate.
    eventually("all are handed over", async || {
        (prompts.lock().unwrap().len() == count).then_some(())
    })
    .await;
    app.finish().await;
}

/// More tasks than stand in line for their pictures.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_late_for_the_line_of_fetches_comes_back_soon() {
    const COUNT: usize = 300;
    let (gate, is_open) = watch::channel(false);
    let picture = picture(is_open).await;
    let (url, prompts) = upstream(Duration::ZERO).await;
    let app = gateway(&url).await;
    for number in 0..COUNT {
        app.create(&order(&format!("film {number}"), Some(&picture))).await;
    }
    gate.send(true).unwrap();
    eventually("all are handed over", async || {
        (prompts.lock().unwrap().len() == COUNT).then_some(())
    })
    .await;
    app.finish().await;
}
