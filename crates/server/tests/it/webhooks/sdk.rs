//! The SDK's check of webhooks against what the gateway sends, and its example of a receiver.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver as Lines, channel};

use pretty_assertions::assert_eq;
use rushes_sdk::webhook::{Event, Happened, Rejected, Verifier};
use serde_json::{Value, json};

use super::{call, endpoint, failing_task, must, options};
use crate::support::examples::example;
use crate::support::receiver::{Call, Names, Receiver, Reply};
use crate::support::{DEADLINE, TestApp, eventually};

/// What the SDK makes of a call.
fn verified(verifier: &Verifier, call: &Call) -> Result<Event, Rejected> {
    verifier.verify(|name| Some(call.header(name)), &call.body)
}

async fn calls(receiver: &Receiver, count: usize) -> Vec<Call> {
    eventually("the calls arrive", async || {
        let calls = receiver.calls();
        (calls.len() >= count).then_some(calls)
    })
    .await
}

/// A task of the test key; gives its id.
async fn task(app: &TestApp, prompt: &str, metadata: &Value) -> String {
    let body = json!({
        "model": "grok-image-video", "prompt": prompt, "seconds": 1, "resolution": "480p",
        "metadata": metadata,
    });
    app.create_with(&app.test_api_key, &body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_of_the_gateway_is_taken_and_read() {
    let names = Names::loopback();
    let app = options(&names).start().await;
    let receiver = Receiver::start();
    let (path, secret) = endpoint(&app, &receiver, &json!({})).await;
    let verifier = Verifier::new(&secret).expect("a secret");

    let made = task(&app, "a fox", &json!({ "order": "7" })).await;
    let shown = app.wait(&made).await;
    let mut told: Vec<Event> =
        calls(&receiver, 2).await.iter().map(|it| verified(&verifier, it).unwrap()).collect();
    told.sort_by_key(|event| event.sequence);
    let Happened::Started(started) = &told[0].happened else { panic!("{told:?}") };
    let Happened::Completed(completed) = &told[1].happened else { panic!("{told:?}") };
    assert_eq!((&started.id, &completed.id), (&made, &made));
    assert_eq!(completed.result_url, shown["data"]["result_url"].as_str().unwrap_or(""));
    assert_eq!(completed.metadata["order"], "7");
    assert!(told[1].id.ends_with("_2") && told[1].happened_at.ends_with('Z'), "{told:?}");

    let failed = failing_task(&app).await;
    app.wait(&failed).await;
    // As long as is allowed: what does not fit is left out, and what is left is still a task.
    let pairs: serde_json::Map<_, _> =
        (0..16).map(|number| (format!("n{number}"), "\u{1F3AC}".repeat(512).into())).collect();
    let long = task(&app, "[[fail: x]]", &pairs.into()).await;
    app.wait(&long).await;
    for id in [&failed, &long] {
        let event = eventually("the failure is told", async || {
            let events = receiver.calls();
            let events = events.iter().map(|it| verified(&verifier, it).unwrap());
            events
                .into_iter()
                .find(|event| matches!(&event.happened, Happened::Failed(task) if task.id == **id))
        })
        .await;
        assert!(!event.happened.task().expect("a task").fail_reason.is_empty(), "{event:?}");
    }

    let before = receiver.calls().len();
    must(&call(&app, "POST", &format!("{path}/test"), &Value::Null).await, 202);
    let test = calls(&receiver, before + 1).await;
    let is_test =
        |call: &&Call| matches!(verified(&verifier, call).unwrap().happened, Happened::Test { .. });
    assert_eq!(test.iter().filter(is_test).count(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_is_lived_through_and_forgeries_are_not_taken() {
    let names = Names::loopback();
    let app = options(&names).start().await;
    let receiver = Receiver::start();
    let (path, first) = endpoint(&app, &receiver, &json!({})).await;
    let rotated = must(&call(&app, "POST", &format!("{path}/rotate"), &Value::Null).await, 200);
    let second = rotated["secret"].as_str().expect("a secret").to_owned();
    must(&call(&app, "POST", &format!("{path}/test"), &Value::Null).await, 202);
    let told = calls(&receiver, 1).await.remove(0);
    for secret in [&first, &second] {
        let event = verified(&Verifier::new(secret).unwrap(), &told).expect("it fits");
        assert!(matches!(event.happened, Happened::Test { .. }), "{event:?}");
    }

    let other = endpoint(&app, &receiver, &json!({})).await.1;
    let stranger = Verifier::new(&other).unwrap();
    assert!(matches!(verified(&stranger, &told), Err(Rejected::Signature)));
    let mut forged = told.clone();
    forged.body.push(b' ');
    let verifier = Verifier::new(&second).unwrap();
    assert!(matches!(verified(&verifier, &forged), Err(Rejected::Signature)));
    let later = app.now().unix_seconds() + 400;
    let later = std::time::UNIX_EPOCH + std::time::Duration::from_secs(later.try_into().unwrap());
    let replayed = verifier.verify_at(later, |name| Some(told.header(name)), &told.body);
    assert!(matches!(replayed, Err(Rejected::Time { .. })), "{replayed:?}");
    app.finish().await;
}

/// The example as a process, and what it prints.
struct Program {
    child: Child,
    lines: Lines<String>,
    address: String,
}

impl Program {
    fn start(secret: &str) -> Self {
        let mut child = example("webhook_receiver")
            .env("WEBHOOK_SECRET", secret)
            .arg("127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let first = lines.recv_timeout(DEADLINE).expect("a first line");
        let rest = first.strip_prefix("listening on http://").expect("an address");
        let address = rest.strip_suffix("/hook").expect("a path").to_owned();
        Self { child, lines, address }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("a line")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands a call on, as a proxy with TLS does; gives the answer as it came.
fn hand_on(address: &str, call: &Call) -> Vec<u8> {
    let names = ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers = names.map(|name| format!("{name}: {}\r\n", call.header(name))).concat();
    let head = format!(
        "POST /hook HTTP/1.1\r\nhost: hooks.example\r\nconnection: close\r\n{headers}\
         content-length: {}\r\n\r\n",
        call.body.len()
    );
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(&[head.as_bytes(), &call.body].concat()).expect("written");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_receiver_takes_what_is_real_once_and_nothing_else() {
    let names = Names::loopback();
    let app = options(&names).start().await;
    let receiver = Receiver::start();
    let (path, secret) = endpoint(&app, &receiver, &json!({})).await;
    let program = Program::start(&secret);
    let address = program.address.clone();
    receiver.answer(move |call| Reply::Bytes(hand_on(&address, call)));

    let id = task(&app, "a fox", &json!({})).await;
    let said = program.line();
    assert!(said.starts_with(&format!("{id} is ready: http")), "{said}");

    // The same call once more is taken and not dealt with again; a changed one is refused.
    let told = calls(&receiver, 2).await;
    let end = told.iter().find(|it| it.json()["type"] == "video.completed").expect("the end");
    assert!(hand_on(&program.address, end).starts_with(b"HTTP/1.1 204 "));
    let mut forged = end.clone();
    forged.body.push(b' ');
    assert!(hand_on(&program.address, &forged).starts_with(b"HTTP/1.1 401 "));
    must(&call(&app, "POST", &format!("{path}/test"), &Value::Null).await, 202);
    let said = program.line();
    assert!(said.starts_with("This is a test of webhook"), "{said}");

    eventually("the gateway notes that all was taken", async || {
        let list = must(&call(&app, "GET", &format!("{path}/deliveries"), &Value::Null).await, 200);
        let rows = list["data"].as_array().expect("a list").clone();
        rows.iter().all(|row| row["status"] == "delivered").then_some(())
    })
    .await;
    app.finish().await;
}
