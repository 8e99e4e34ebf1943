//! No secret in a log line, whatever the level (reliability I11): not a key, right or wrong, not the
//! signature of a link, not the local token, no password, session, one-time link or redemption code.
//! And none in an answer but the one that makes or reveals it.

use std::fs::File;
use std::path::Path;

use rushes_server::data_dir::read_note;
use serde_json::{Value, json};

use crate::support::binary::{Binary, client, data_dir};

const WRONG_KEY: &str = "sk-0123456789abcdefghijABCDEFGHIJ0123456789wrongKEY";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_reaches_the_log() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let log = folder.path().join("log");
    let file = File::create(&log).expect("a log file");
    let level = [("RUSHES_LOG__LEVEL", "trace")];
    let binary = Binary::start_logging_to(folder.path(), &level, file.into()).await;
    let url = format!("{}/v1/video/generations", binary.base_url);
    let client = client();
    let mut secrets = vec![
        binary.api_key.clone(),
        binary.test_api_key.clone(),
        WRONG_KEY.to_owned(),
        read_note(&data_dir(folder.path())).expect("a note").token,
    ];

    let refused = client.get(&url).bearer_auth(WRONG_KEY).send().await.expect("an answer");
    assert_eq!(refused.status(), 401);
    let body = json!({
        "model": "grok-image-video", "prompt": "a fox", "seconds": 1, "resolution": "480p",
    });
    let created = client
        .post(&url)
        .bearer_auth(&binary.test_api_key)
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .expect("an answer");
    let created: Value = read(created).await;
    let poll = client
        .get(format!("{url}/{}", created["task_id"].as_str().expect("an id")))
        .bearer_auth(&binary.api_key)
        .header("prefer", "wait=60");
    let ended: Value = read(poll.send().await.expect("an answer")).await;
    let link = ended["data"]["result_url"].as_str().expect("a link").to_owned();
    let (_, signature) = link.rsplit_once("sig=").expect("a signature");
    secrets.push(signature.to_owned());
    for address in [link.clone(), link.replace("sig=", "sig=0")] {
        client.get(address).send().await.expect("an answer");
    }
    assert!(binary.terminate().await.success());

    let text = std::fs::read_to_string(&log).expect("a log");
    assert!(text.contains("/v1/video/generations"), "the log is empty: {text}");
    for secret in secrets {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(&secret)).collect();
        assert!(lines.is_empty(), "{secret} stands in the log: {lines:?}");
    }
}

/// What people and operators bring or get once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_of_the_json_api_reaches_a_log_or_another_answer() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let log = folder.path().join("log");
    let file = File::create(&log).expect("a log file");
    let level = [("RUSHES_LOG__LEVEL", "trace")];
    let binary = Binary::start_logging_to(folder.path(), &level, file.into()).await;
    let token = read_note(&data_dir(folder.path())).expect("a note").token;
    let mut canary = Canary { binary, token, secrets: Vec::new(), answers: Vec::new() };
    canary.secrets.push(canary.token.clone());
    let known = rushes_server::bootstrap::read(&data_dir(folder.path()));
    let known = known.expect("readable").expect("there");
    let (_, token) = known.console_login_url.split_once("#t=").expect("a token");
    canary.secrets.extend([token.to_owned(), known.admin_password]);
    canary.walk_through().await;
    let Canary { binary, secrets, answers, .. } = canary;
    assert!(binary.terminate().await.success());
    assert!(secrets.len() >= 12, "the canary is awake: {}", secrets.len());
    check(&log, &secrets, &answers);
}

/// A client that remembers each secret that went to and fro, and each answer that may hold none.
struct Canary {
    binary: Binary,
    token: String,
    secrets: Vec<String>,
    answers: Vec<(String, String)>,
}

impl Canary {
    /// A call whose answer may hold no secret.
    async fn call(&mut self, by: &str, method: &str, path: &str, body: Value) -> Value {
        let text = self.send(by, method, path, body).await;
        self.answers.push((path.to_owned(), text.clone()));
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A call whose answer gives a secret away: it is remembered, the answer is not.
    async fn secret(&mut self, by: &str, path: &str, body: Value, pointer: &str) -> Value {
        let text = self.send(by, "POST", path, body).await;
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let secret = value.pointer(pointer).and_then(Value::as_str);
        self.secrets.push(secret.expect(&text).to_owned());
        value
    }

    async fn send(&mut self, by: &str, method: &str, path: &str, body: Value) -> String {
        let url = format!("{}{path}", self.binary.base_url);
        let mut request = client().request(method.parse().expect("a method"), url);
        request = match by {
            "" => request,
            "local" => request.bearer_auth(&self.token),
            cookie => request.header("cookie", cookie),
        };
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.expect("an answer");
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text").split(';').next().unwrap_or("");
            let token = cookie.split_once('=').expect("a cookie").1;
            self.secrets.extend((!token.is_empty()).then(|| token.to_owned()));
        }
        answer.text().await.expect("a body")
    }

    async fn sign_in(&mut self, password: &str) -> String {
        let body = json!({ "name": "alice", "password": password });
        self.call("", "POST", "/api/login", body).await;
        format!("rushes_session={}", self.secrets.last().expect("a token"))
    }

    async fn walk_through(&mut self) {
        let passwords =
            ["canary-password-1", "canary-password-2", "canary-password-3", "canary-wrong"];
        self.secrets.extend(passwords.map(str::to_owned));
        let new = json!({ "name": "alice", "password": passwords[0], "credit": "5" });
        self.call("local", "POST", "/api/admin/accounts", new).await;
        self.sign_in(passwords[3]).await;
        let alice = self.sign_in(passwords[0]).await;
        let confirm = json!({ "password": passwords[0] });
        self.call(&alice, "POST", "/api/session/confirm", confirm).await;
        let key = self.secret(&alice, "/api/keys", json!({ "name": "k" }), "/key").await;
        let key = format!("/api/keys/{}", key["id"]);
        self.secret(&alice, &format!("{key}/reveal"), json!({}), "/key").await;
        self.secret(&alice, &format!("{key}/roll"), json!({ "grace_seconds": 60 }), "/key").await;
        let codes = "/api/admin/codes";
        let code = self.secret("local", codes, json!({ "amount": "1" }), "/data/0/code").await;
        let code = json!({ "code": code["data"][0]["code"] });
        self.call(&alice, "POST", "/api/redeem", code.clone()).await;
        self.call(&alice, "POST", "/api/redeem", code).await;
        let link = "/api/admin/accounts/alice/login-link";
        let link = self.secret("local", link, json!({}), "/token").await;
        self.call("", "POST", "/api/login", json!({ "token": link["token"] })).await;
        let alice = format!("rushes_session={}", self.secrets.last().expect("a token"));
        let change = json!({ "current": passwords[0], "new": passwords[1] });
        self.call(&alice, "POST", "/api/me/password", change).await;
        let reset = json!({ "password": passwords[2] });
        self.call("local", "POST", "/api/admin/accounts/alice/password", reset).await;
        let alice = self.sign_in(passwords[2]).await;
        for path in [
            "/api/me",
            "/api/session",
            "/api/sessions",
            "/api/keys",
            &key,
            "/api/ledger",
            "/api/ledger.csv",
            "/api/usage",
            &format!("{key}/addresses"),
        ] {
            self.call(&alice, "GET", path, Value::Null).await;
        }
        for path in [
            "/api/admin/accounts",
            "/api/admin/accounts/alice/keys",
            "/api/admin/audit",
            "/api/admin/audit.csv",
            "/api/admin/codes",
            "/api/admin/settings",
            "/api/admin/system",
            "/api/admin/prices",
            "/api/admin/models",
            "/api/admin/groups",
            "/metrics",
        ] {
            self.call("local", "GET", path, Value::Null).await;
        }
        // What is wrong is not repeated either.
        let wrong = json!({ "name": "alice", "password": passwords[2], "canary": 1 });
        self.call("", "POST", "/api/login", wrong).await;
        let wrong = json!({ "code": passwords[3] });
        self.call(&alice, "POST", "/api/redeem", wrong).await;
        self.call("", "POST", "/api/login", json!({ "token": passwords[3] })).await;
        self.wrong_kinds(&alice).await;
    }

    /// A secret of digits that somebody sent as a number is a secret as well.
    async fn wrong_kinds(&mut self, alice: &str) {
        let number = 471_100_471_100_u64;
        self.secrets.push(number.to_string());
        for (by, path, body) in [
            ("", "/api/login", json!({ "name": "alice", "password": number })),
            ("", "/api/login", json!({ "token": number })),
            ("", "/api/login", json!(number)),
            (alice, "/api/redeem", json!({ "code": number })),
            (alice, "/api/session/confirm", json!({ "password": [number] })),
            (alice, "/api/me/password", json!({ "current": number, "new": number })),
            (alice, "/api/keys", json!({ "name": number })),
        ] {
            let answer = self.call(by, "POST", path, body).await;
            assert_eq!(answer["error"]["code"], "invalid_request", "{path}: {answer}");
        }
    }
}

fn check(log: &Path, secrets: &[String], answers: &[(String, String)]) {
    let text = std::fs::read_to_string(log).expect("a log");
    assert!(text.contains("/api/login"), "the log is empty: {text}");
    for secret in secrets {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{secret} stands in the log: {lines:?}");
        for (path, answer) in answers {
            assert!(!answer.contains(secret), "{secret} stands in the answer of {path}: {answer}");
        }
    }
}

async fn read(answer: reqwest::Response) -> Value {
    assert_eq!(answer.status(), 200);
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
}
