//! Every behaviour of the fake upstream with every provider: each task ends as it should, with the
//! right money, and no upstream ever has a second job of it that could cost twice.

use fake_upstream::Flavour;
use pretty_assertions::assert_eq;
use rushes_domain::Timestamp;
use rushes_server::clock::ManualClock;
use serde_json::json;

use super::{Hurry, add, end_of, fake, order, wait_with};
use crate::support::Options;
use crate::support::customers::{Customer, group_terms, make_group};

/// Places in [`SUBMITS`].
const NEVER: usize = 0;
const FEW: usize = 1;
const KEYED: usize = 2;

/// What is written into the prompt, how the task ends with each kind of repetition
/// (`Never`, `Few`, `Keyed`), and the most jobs that may have been taken of it.
const SUBMITS: &[(&str, [&str; 3], [usize; 3])] = &[
    ("", ["SUCCESS"; 3], [1, 1, 1]),
    ("<<submit: silence x1>>", AMBIGUOUS, TWICE),
    ("<<submit: headers_then_silence x1>>", AMBIGUOUS, TWICE),
    ("<<submit: drip x1>>", AMBIGUOUS, TWICE),
    ("<<submit: reset_headers x1>>", AMBIGUOUS, TWICE),
    ("<<submit: reset_body x1>>", AMBIGUOUS, TWICE),
    ("<<submit: too_long x1>>", AMBIGUOUS, TWICE),
    ("<<submit: endless x1>>", AMBIGUOUS, TWICE),
    ("<<submit: gzip_bomb x1>>", AMBIGUOUS, TWICE),
    ("<<submit: empty x1>>", AMBIGUOUS, TWICE),
    ("<<submit: html x1>>", AMBIGUOUS, TWICE),
    ("<<submit: invalid_utf8 x1>>", AMBIGUOUS, TWICE),
    ("<<submit: truncated_json x1>>", AMBIGUOUS, TWICE),
    ("<<submit: huge_json x1>>", AMBIGUOUS, TWICE),
    ("<<submit: wrong_types x1>>", AMBIGUOUS, TWICE),
    ("<<submit: lost_reply x1>>", AMBIGUOUS, TWICE),
    ("<<submit: 500 x1>>", AMBIGUOUS, [0, 1, 1]),
    ("<<submit: 502 x1>>", AMBIGUOUS, [0, 1, 1]),
    ("<<submit: 504 x1>>", AMBIGUOUS, [0, 1, 1]),
    ("<<submit: 400>>", ["invalid_for_upstream"; 3], [0, 0, 0]),
    ("<<submit: 401>>", ["upstream_unavailable"; 3], [0, 0, 0]),
    ("<<submit: 402>>", ["upstream_unavailable"; 3], [0, 0, 0]),
    ("<<submit: retry_after 0 x1>>", ["SUCCESS"; 3], [1, 1, 1]),
    ("<<submit: retry_after soon x1>>", ["SUCCESS"; 3], [1, 1, 1]),
    ("<<submit: 429 x1>>", ["SUCCESS"; 3], [1, 1, 1]),
    ("<<submit: retry_after 999999999 x1>>", ["SUCCESS"; 3], [1, 1, 1]),
    ("<<submit: retry_after Fri, 31 Dec 2027 23:59:59 GMT x1>>", ["SUCCESS"; 3], [1, 1, 1]),
    ("<<submit: 503 x1>>", AMBIGUOUS, [0, 1, 1]),
    // Gone for good: sent again where that costs little, and with a key for the same job.
    ("<<poll: 404>>", ["upstream_lost"; 3], [1, 3, 1]),
];

/// After an answer of which nobody knows what it means.
const AMBIGUOUS: [&str; 3] = ["upstream_submit_ambiguous", "SUCCESS", "SUCCESS"];
/// The jobs that are there then: the same one again for a keyed submit.
const TWICE: [usize; 3] = [1, 2, 1];

/// Of polls, results and ends: the task has one job in any case.
const POLLS: &[(&str, &str)] = &[
    ("<<poll: silence x1>>", "SUCCESS"),
    ("<<poll: headers_then_silence x1>>", "SUCCESS"),
    ("<<poll: drip x1>>", "SUCCESS"),
    ("<<poll: reset_headers x1>>", "SUCCESS"),
    ("<<poll: reset_body x1>>", "SUCCESS"),
    ("<<poll: too_long x1>>", "SUCCESS"),
    ("<<poll: endless x1>>", "SUCCESS"),
    ("<<poll: gzip_bomb x1>>", "SUCCESS"),
    ("<<poll: empty x1>>", "SUCCESS"),
    ("<<poll: html x1>>", "SUCCESS"),
    ("<<poll: invalid_utf8 x1>>", "SUCCESS"),
    ("<<poll: truncated_json x1>>", "SUCCESS"),
    ("<<poll: huge_json x1>>", "SUCCESS"),
    ("<<poll: 401 x1>>", "SUCCESS"),
    ("<<poll: 404 x1>>", "SUCCESS"),
    ("<<poll: 429 x1>>", "SUCCESS"),
    ("<<poll: retry_after 1 x1>>", "SUCCESS"),
    ("<<poll: retry_after 999999999 x1>>", "SUCCESS"),
    ("<<poll: 402 x1>>", "SUCCESS"),
    ("<<poll: 500 x1>> <<poll: 502 x1>>", "SUCCESS"),
    ("<<poll: 503 x1>>", "SUCCESS"),
    ("<<poll: unknown_status x2>>", "SUCCESS"),
    ("<<poll: back x3>>", "SUCCESS"),
    ("<<poll: progress 250 x1>> <<poll: progress -3 x1>>", "SUCCESS"),
    ("<<poll: progress \"NaN\" x1>> <<poll: progress 1e999 x1>>", "SUCCESS"),
    ("<<poll: fail>>", "upstream_error"),
    ("<<poll: moderated>>", "moderated"),
    ("<<poll: moderated_empty>>", "moderated"),
    ("<<poll: image_failed>>", "image_fetch_failed"),
    ("<<result: not_video>>", "result_invalid"),
    ("<<result: cut_short x1>>", "SUCCESS"),
    ("<<result: reset_body x1>>", "SUCCESS"),
    ("<<result: 404 x1>>", "SUCCESS"),
    ("<<result: 403 x1>>", "SUCCESS"),
    ("<<result: silence x1>>", "SUCCESS"),
    ("<<result: headers_then_silence x1>>", "SUCCESS"),
    ("<<result: drip x1>>", "SUCCESS"),
    ("<<result: too_long x1>>", "SUCCESS"),
    // More than a video may have is none, and is not asked for again.
    ("<<result: endless x1>>", "result_invalid"),
    ("<<result: empty x1>>", "SUCCESS"),
    ("<<result: html>>", "result_invalid"),
    ("<<result: 404>>", "result_invalid"),
    ("<<result: 500 x2>> <<result: reset_headers x1>>", "SUCCESS"),
    ("<<result: redirect http://169.254.169.254/x.mp4>>", "result_invalid"),
];

/// The polls that only make sense where the upstream names an address.
const ADDRESSES: &[(&str, &str)] = &[
    ("<<poll: no_url>>", "result_invalid"),
    ("<<poll: url http://169.254.169.254/latest/meta-data/>>", "result_invalid"),
    ("<<poll: url file:///etc/passwd>>", "result_invalid"),
    ("<<poll: url http://127.0.0.2:81/x.mp4>>", "result_invalid"),
];

/// One row: what is written into the prompt, how it ends, and the most jobs that it may cost.
struct Row {
    script: String,
    end: &'static str,
    jobs_max: usize,
}

fn rows(kind: usize, names_addresses: bool) -> Vec<Row> {
    let submits = SUBMITS.iter().map(|(script, ends, jobs)| Row {
        script: (*script).to_owned(),
        end: ends[kind],
        jobs_max: jobs[kind],
    });
    let polls = POLLS.iter().chain(if names_addresses { ADDRESSES } else { &[] });
    let polls = polls.map(|(script, end)| Row { script: (*script).to_owned(), end, jobs_max: 1 });
    submits.chain(polls).collect()
}

/// All rows at once. Each has a channel of its own, with a breaker of its own, for a group of its
/// own, so that none hears of another's.
async fn all_rows(provider: &str, flavour: Flavour, kind: usize, names_addresses: bool) {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(1_800_000_000));
    let app = Options::default().clock(&clock).start().await;
    let hurry = Hurry::begin(&clock);
    let upstream = fake(flavour).await;
    let mut tasks = Vec::new();
    let rows = rows(kind, names_addresses);
    for (number, row) in rows.iter().enumerate() {
        let name: &'static str = format!("row-{number}").leak();
        let group = make_group(&app, group_terms(name)).await;
        let customer = Customer { group, ..Customer::named(name) }.make(&app).await;
        add(&app, name, provider, &upstream, json!({ "groups": [name] })).await;
        let prompt = format!("{name} {}", row.script);
        let id = app.create_with(&customer.key, &order(&prompt)).await;
        tasks.push((customer.key, id, prompt));
    }
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    for (row, (key, id, prompt)) in rows.iter().zip(&tasks) {
        let (end, money) = end_of(&wait_with(&app, key, id).await);
        let jobs = upstream.jobs().iter().filter(|job| job.prompt == *prompt).count();
        let jobs = if jobs > row.jobs_max { format!("{jobs} jobs") } else { "few".to_owned() };
        found.push((row.script.clone(), end, money, jobs));
        let money = if row.end == "SUCCESS" { "posted" } else { "voided" };
        expected.push((row.script.clone(), row.end.into(), money.to_owned(), "few".to_owned()));
    }
    assert_eq!(found, expected, "{provider}");
    drop(hurry);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn xai() {
    all_rows("xai", Flavour::OpenAi, NEVER, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openai_videos() {
    all_rows("openai-videos", Flavour::OpenAi, NEVER, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vllm_omni() {
    all_rows("vllm-omni", Flavour::VllmOmni, FEW, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sglang() {
    all_rows("sglang", Flavour::Sglang, FEW, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways() {
    all_rows("gateway", Flavour::OpenAi, KEYED, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_api() {
    all_rows("new-api", Flavour::OpenAi, NEVER, true).await;
}
