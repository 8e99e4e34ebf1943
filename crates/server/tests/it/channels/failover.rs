//! Which channel gets a task: priority, weight, groups, places, breakers.

use std::time::Duration;

use fake_upstream::script::{Behaviour, Phase};
use fake_upstream::{FakeUpstream, Flavour, Options as FakeOptions};
use pretty_assertions::assert_eq;
use serde_json::json;

use super::{add, admin, channel, end_of, fake, gateway, order, wait_with};
use crate::support::customers::{Customer, group_terms, make_group};
use crate::support::pictures::png_data_url;
use crate::support::{Options, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_highest_priority_is_asked_and_the_next_one_where_it_provably_took_nothing() {
    let app = gateway().await;
    let (first, second) = (fake(Flavour::OpenAi).await, fake(Flavour::OpenAi).await);
    add(&app, "first", "xai", &first, json!({ "priority": 10 })).await;
    add(&app, "second", "xai", &second, json!({})).await;
    let run = async |prompt: &str| end_of(&app.wait(&app.create(&order(prompt)).await).await).0;
    assert_eq!(run("a boat").await, "SUCCESS");
    assert_eq!((first.accepted(), second.accepted()), (1, 0));
    for (number, behaviour) in
        [Behaviour::Status(429), Behaviour::Status(401), Behaviour::Status(404)]
            .into_iter()
            .enumerate()
    {
        first.set(Phase::Submit, behaviour, Some(1));
        assert_eq!(run("a boat").await, "SUCCESS");
        assert_eq!((first.accepted(), second.accepted()), (1, number + 1));
        // A refused credential opens the breaker; a new key closes it.
        let key = json!({ "api_key": "fake-key" });
        admin(&app, "PATCH", "/api/admin/channels/first", &key).await;
    }
    first.stop_listening();
    assert_eq!(run("a boat").await, "SUCCESS", "nobody listens there");
    assert_eq!((first.accepted(), second.accepted()), (1, 4));
    first.listen_again().unwrap();
    first.set(Phase::Submit, Behaviour::LostReply, Some(1));
    assert_eq!(run("unknown").await, "upstream_submit_ambiguous", "it may have been taken");
    assert_eq!((first.accepted(), second.accepted()), (2, 4));
    let seen = channel(&app, "first").await;
    assert_eq!(seen["ambiguous_submits"], 1);
    assert_eq!(seen["lost"]["amount"], "0.20", "4 s at $0.05, for the operator to see");
    app.finish().await;
}

/// A job that one kind of upstream has no room for goes to another, and counts against neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_cannot_do_a_job_is_passed_over() {
    let app = gateway().await;
    let (one_image, many) = (fake(Flavour::OpenAi).await, fake(Flavour::OpenAi).await);
    add(&app, "one-image", "openai-videos", &one_image, json!({ "priority": 10 })).await;
    let pictures = [[200, 1, 1], [1, 200, 1]].map(png_data_url);
    let mut several = order("both of them");
    several["image_urls"] = json!(pictures);
    let alone = app.wait(&app.create(&several).await).await;
    assert_eq!(end_of(&alone), ("invalid_for_upstream".to_owned(), "voided".to_owned()));
    add(&app, "many", "xai", &many, json!({})).await;
    for _ in 0..6 {
        let body = app.wait(&app.create(&several).await).await;
        assert_eq!(end_of(&body), ("SUCCESS".to_owned(), "posted".to_owned()));
    }
    assert_eq!((one_image.accepted(), many.accepted()), (0, 6));
    assert_eq!(channel(&app, "one-image").await["breaker"], "closed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equals_share_by_their_weights_and_groups_have_their_own() {
    let app = gateway().await;
    let heavy = fake(Flavour::OpenAi).await;
    let light = fake(Flavour::OpenAi).await;
    let none = fake(Flavour::OpenAi).await;
    let partners = fake(Flavour::OpenAi).await;
    add(&app, "heavy", "xai", &heavy, json!({ "weight": 3 })).await;
    add(&app, "light", "xai", &light, json!({ "weight": 1 })).await;
    add(&app, "none", "xai", &none, json!({ "weight": 0 })).await;
    let group = make_group(&app, group_terms("partners")).await;
    let partner = Customer { group, ..Customer::named("partner") }.make(&app).await;
    let more = json!({ "groups": ["partners"], "priority": 5 });
    add(&app, "partners", "xai", &partners, more).await;
    let mut ids = Vec::new();
    for _ in 0..80 {
        ids.push(app.create(&order("a boat")).await);
    }
    for id in &ids {
        assert_eq!(end_of(&app.wait(id).await).0, "SUCCESS");
    }
    assert_eq!(heavy.accepted() + light.accepted(), 80);
    assert!((8..=36).contains(&light.accepted()), "{} of 80 for a quarter", light.accepted());
    assert_eq!((none.accepted(), partners.accepted()), (0, 0));
    let id = app.create_with(&partner.key, &order("a boat")).await;
    assert_eq!(end_of(&wait_with(&app, &partner.key, &id).await).0, "SUCCESS");
    assert_eq!(partners.accepted(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_never_has_more_jobs_than_its_limit_and_accounts_take_turns() {
    let options = FakeOptions { takes: Duration::from_secs(1), ..FakeOptions::default() };
    let upstream = FakeUpstream::start(options).await.unwrap();
    let app = gateway().await;
    add(&app, "small", "xai", &upstream, json!({ "max_concurrency": 2 })).await;
    let many = Customer { credit: "1000", ..Customer::named("many") }.make(&app).await;
    let one = Customer::named("one").make(&app).await;
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(app.create_with(&many.key, &order(&format!("many {number}"))).await);
    }
    let single = app.create_with(&one.key, &order("single")).await;
    let waiting = app.bare_request("GET", &format!("/v1/video/generations/{single}"));
    let waiting = app.send(waiting.bearer_auth(&one.key)).await.json();
    assert_eq!(waiting["data"]["status"], "NOT_START", "held back by the channel's limit");
    assert_eq!(end_of(&wait_with(&app, &one.key, &single).await).0, "SUCCESS");
    let before: usize = upstream.jobs().iter().take_while(|job| job.prompt != "single").count();
    assert!(before <= 5, "the other account had {before} jobs before it");
    for id in &ids {
        assert_eq!(end_of(&wait_with(&app, &many.key, id).await).0, "SUCCESS");
    }
    assert_eq!((upstream.accepted(), upstream.max_running()), (13, 2));
    // Two are sent at a time: which of them arrives first is the network's.
    let prompts = upstream.jobs().into_iter().map(|job| job.prompt);
    for (place, prompt) in prompts.filter(|prompt| prompt != "single").enumerate() {
        let number: usize = prompt.trim_start_matches("many ").parse().unwrap();
        assert!(number.abs_diff(place) <= 1, "{prompt} came in place {place}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_breaker_opens_and_is_probed_and_a_users_own_fault_does_not_count() {
    let (upstream, receiver) = (fake(Flavour::OpenAi).await, fake(Flavour::OpenAi).await);
    let settings = format!("[alerts]\nwebhook_url = \"{}/alert\"", receiver.base_url());
    let app = Options::default().toml(&settings).start().await;
    add(&app, "main", "xai", &upstream, json!({})).await;
    upstream.set(Phase::Submit, Behaviour::Status(400), Some(8));
    for _ in 0..8 {
        let id = app.create(&order("a boat")).await;
        assert_eq!(end_of(&app.wait(&id).await).0, "invalid_for_upstream");
    }
    assert_eq!(channel(&app, "main").await["breaker"], "closed");
    upstream.set(Phase::Submit, Behaviour::Status(500), Some(5));
    for _ in 0..5 {
        let id = app.create(&order("a boat")).await;
        assert_eq!(end_of(&app.wait(&id).await).0, "upstream_submit_ambiguous");
    }
    assert_eq!(channel(&app, "main").await["breaker"], "open");
    let told = ("POST".to_owned(), "/alert".to_owned());
    eventually("the operator is told", async || receiver.requests().contains(&told).then_some(()))
        .await;
    let submits = upstream.requests().iter().filter(|(method, _)| method == "POST").count();
    let id = app.create(&order("a boat")).await;
    let body = app.wait(&id).await;
    assert_eq!(end_of(&body).0, "SUCCESS", "the probe after ten seconds");
    let waited = body["data"]["finished_at"].as_i64().unwrap()
        - body["data"]["created_at"].as_i64().unwrap();
    assert!(waited >= 8, "it went after {waited} s");
    let after = upstream.requests().iter().filter(|(method, _)| method == "POST").count();
    assert_eq!(after, submits + 1);
    assert_eq!(channel(&app, "main").await["breaker"], "closed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_reaches_an_upstream_that_knows_one() {
    let app = gateway().await;
    let upstream = fake(Flavour::VllmOmni).await;
    add(&app, "engine", "vllm-omni", &upstream, json!({})).await;
    let id = app.create(&order("a boat <<takes: 60s>>")).await;
    eventually("it was taken", async || (upstream.accepted() == 1).then_some(())).await;
    let cancel = app.post(&format!("/v1/video/generations/{id}/cancel"), &json!({})).await;
    assert_eq!(cancel.status, 202);
    assert_eq!(end_of(&app.wait(&id).await), ("cancelled".to_owned(), "voided".to_owned()));
    assert!(upstream.jobs()[0].is_cancelled);
    app.finish().await;
}
