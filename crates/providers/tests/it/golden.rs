//! Recorded exchanges, replayed: what is sent, and what is understood.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pretty_assertions::assert_eq;
use rushes_domain::directive::Directives;
use rushes_providers::{HttpRequest, JobHandle, Preset, Provider, Registry, UpstreamId};
use serde_json::{Value, json};

use crate::fixture::{self, Call, Fixture};
use crate::support::{FakeHttp, FakePool, handle};

/// Rewrites what the files expect, instead of comparing: look at the difference before you commit.
const BLESS: &str = "RUSHES_BLESS";
/// The outcomes that each preset must have a file for, as [`outcome_of`] names them; one of those in
/// a line.
const REQUIRED: [&[&str]; 13] = [
    &["submit id"],
    &["submit Refused"],
    &["submit Busy"],
    &["submit Ambiguous"],
    &["submit Unauthorized"],
    &["poll pending"],
    &["poll done"],
    &["poll failed"],
    &["poll moderated"],
    &["poll Lost"],
    &["poll Temporary"],
    &["cancel asked"],
    // Not every upstream has a list.
    &["check models", "check no_list"],
];
/// Longest message of an error, in bytes.
const MESSAGE_BYTES_MAX: usize = 1_200;

fn registry() -> Registry {
    Registry::new(Arc::new(FakePool::default()))
}

/// Runs an exchange against the real provider.
async fn replay(fixture: &Fixture, provider: &dyn Provider, preset: &'static Preset) -> Value {
    let http = FakeHttp::answering(fixture.answers.iter().map(fixture::Answer::to_http));
    let upstream = http.upstream(preset);
    let changes = fixture.handle.clone().unwrap_or_default();
    let id = UpstreamId::new(changes.upstream_id.unwrap_or_else(|| "job-1".into()));
    let none = Directives::default();
    let prompt = changes.prompt.unwrap_or_default();
    let handle = JobHandle {
        prompt: &prompt,
        cancel_requested: changes.cancel_requested,
        ..handle(&id, &none, 60_000)
    };
    let outcome = match fixture.call {
        Call::Submit => {
            let outcome = provider.submit(upstream, &fixture.job()).await;
            fixture::outcome(outcome, fixture::submitted)
        }
        Call::Poll => fixture::outcome(provider.poll(upstream, &handle).await, fixture::progress),
        Call::Cancel => {
            fixture::outcome(provider.cancel(upstream, &handle).await, |&()| json!("asked"))
        }
        Call::Check => fixture::outcome(provider.check(upstream).await, fixture::checked),
    };
    let requests = http.requests.lock().unwrap();
    check_requests(&requests, fixture);
    let requests: Vec<Value> = requests.iter().map(fixture::request).collect();
    json!({ "requests": requests, "outcome": outcome })
}

/// What holds for every request, whatever a file expects.
fn check_requests(requests: &[HttpRequest], fixture: &Fixture) {
    assert_eq!(requests.len(), fixture.answers.len(), "requests and answers");
    for request in requests {
        assert!(request.path.starts_with("/v1/"), "{}", request.path);
        assert!(!request.path.contains(".."), "{}", request.path);
        for (name, _) in &request.headers {
            assert_eq!(name.to_ascii_lowercase(), *name);
            assert!(!["authorization", "x-api-key", "cookie"].contains(name), "a credential");
        }
    }
}

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood_as_its_file_says() {
    let is_blessing = std::env::var_os(BLESS).is_some();
    let registry = registry();
    for (folder, path, fixture) in fixture::all() {
        let shown = path.display();
        assert!(!fixture.preset.names().is_empty(), "{shown} names no preset");
        for name in fixture.preset.names() {
            let (provider, preset) = registry.find_preset(name).unwrap();
            assert_eq!(provider.descriptor().name, folder, "{shown} lies in another's folder");
            let happened = replay(&fixture, &**provider, preset).await;
            if let Some(message) = happened.pointer("/outcome/error/message") {
                let length = message.as_str().unwrap().len();
                assert!((1..=MESSAGE_BYTES_MAX).contains(&length), "{shown}: {length} bytes");
            }
            if is_blessing && name == fixture.preset.names()[0] {
                // What the other presets of the file do is compared the next time.
                fixture::write(&path, &Fixture { expect: Some(happened), ..fixture.clone() });
                break;
            }
            let expected = fixture.expect.as_ref();
            let expected = expected.unwrap_or_else(|| panic!("{shown} expects nothing yet"));
            assert_eq!(happened, *expected, "{shown} with {name}");
        }
    }
}

/// What a file shows: the call and the kind of its outcome.
fn outcome_of(fixture: &Fixture) -> String {
    let call = match fixture.call {
        Call::Submit => "submit",
        Call::Poll => "poll",
        Call::Cancel => "cancel",
        Call::Check => "check",
    };
    let Some(expect) = &fixture.expect else { return format!("{call} nothing") };
    let outcome = &expect["outcome"];
    let kind = match outcome {
        Value::String(word) => word.clone(),
        outcome if outcome.get("error").is_some() => {
            outcome["error"]["kind"].as_str().unwrap().to_owned()
        }
        outcome if outcome.pointer("/failed/code") == Some(&json!("moderated")) => {
            "moderated".into()
        }
        outcome => outcome.as_object().unwrap().keys().next().unwrap().clone(),
    };
    format!("{call} {kind}")
}

#[test]
fn every_preset_has_a_file_for_each_outcome_that_its_users_will_meet() {
    if std::env::var_os(BLESS).is_some() {
        // The files are being rewritten at this moment.
        return;
    }
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, _, fixture) in fixture::all() {
        for name in fixture.preset.names() {
            shown.entry(name.to_owned()).or_default().insert(outcome_of(&fixture));
        }
    }
    let mut missing = Vec::new();
    for (_, preset) in registry().presets() {
        let has = shown.remove(preset.name).unwrap_or_default();
        let is_lacking = |any: &&[&str]| !any.iter().any(|outcome| has.contains(*outcome));
        let lacks = REQUIRED.into_iter().filter(is_lacking);
        missing.extend(lacks.map(|any| format!("{}: {}", preset.name, any.join(" or "))));
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(shown.is_empty(), "files for presets that do not exist: {shown:?}");
}
