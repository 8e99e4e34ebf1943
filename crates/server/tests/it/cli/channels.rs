//! `rushes channels` over a running gateway, with the fake upstream behind it.

use std::path::Path;
use std::time::Duration;

use fake_upstream::{FakeUpstream, Options};
use tempfile::tempdir;

use super::{Ended, is_mp4, run, run_with_line};
use crate::support::binary::Binary;

const KEY: &str = "xai-a-key-that-nobody-may-see";

/// A command over the directory of the running server.
fn local(folder: &Path, arguments: &[&str]) -> Ended {
    run(folder, &[], &[arguments, &["--data-dir", "data"]].concat())
}

/// The same with a line on standard input.
fn with_line(folder: &Path, arguments: &[&str], line: &str) -> Ended {
    run_with_line(folder, &[], &[arguments, &["--data-dir", "data"]].concat(), line)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_added_tested_used_and_removed_by_command() {
    let options = Options {
        api_key: Some(KEY.to_owned()),
        takes: Duration::from_millis(100),
        ..Options::default()
    };
    let upstream = FakeUpstream::start(options).await.expect("a fake upstream");
    let base_url = upstream.base_url().to_owned();
    let folder = tempdir().expect("a folder");
    let server = Binary::start(folder.path(), &[]).await;
    let work = tokio::task::spawn_blocking(move || {
        let folder = folder.path();
        let empty = local(folder, &["channels", "list"]).expect(0);
        assert!(empty.stderr.contains("none"), "{}", empty.stderr);
        let presets = local(folder, &["channels", "presets"]).expect(0);
        for preset in ["xai", "openai-videos", "vllm-omni", "sglang", "gateway", "new-api"] {
            assert!(presets.stdout.contains(preset), "{}", presets.stdout);
        }
        let base = format!("{base_url}/v1");
        let add = ["channels", "add", "main", "--provider", "xai", "--base-url", &base];
        let without = local(folder, &add).expect(2);
        assert!(without.stderr.contains("api_key is required"), "{}", without.stderr);
        let added = with_line(
            folder,
            &[&add[..], &["--api-key-stdin", "--poll-interval-ms", "50"]].concat(),
            KEY,
        )
        .expect(0);
        assert!(added.stdout.contains("…-see"), "its last four: {}", added.stdout);
        assert!(!added.stdout.contains(KEY) && !added.stderr.contains(KEY));
        let tested = local(folder, &["channels", "test", "main", "--spend"]).expect(0);
        assert_eq!(tested.stdout.lines().count(), 2, "{}", tested.stdout);
        assert!(tested.stdout.contains("has all models"), "{}", tested.stdout);
        let film = ["generate", "a boat", "--seconds", "4", "-o", "film.mp4", "--data-dir", "data"];
        run(folder, &[], &film).expect(0);
        assert!(is_mp4(&folder.join("film.mp4")));
        let theirs = ["channels", "set", "main", "--result-links", "upstream"];
        let theirs = local(folder, &theirs).expect(0);
        assert!(theirs.stdout.contains("upstream"), "{}", theirs.stdout);
        let film = ["generate", "a boat", "--seconds", "4", "-o", "2.mp4", "--data-dir", "data"];
        run(folder, &[], &film).expect(0);
        assert!(is_mp4(&folder.join("2.mp4")), "fetched from the upstream itself");
        with_line(folder, &["channels", "set", "main", "--api-key-stdin"], "another-key").expect(0);
        let tested = local(folder, &["channels", "test", "main"]).expect(1);
        assert!(tested.stderr.contains("does not accept the key"), "{}", tested.stderr);
        let off = local(folder, &["channels", "disable", "main", "--json"]).expect(0).json();
        assert_eq!(off["enabled"], false);
        local(folder, &["channels", "remove", "main"]).expect(0);
        let videos = ["channels", "add", "videos", "--provider", "openai-videos", "--base-url"];
        let sora = [&base, "--api-key-stdin", "--model", "grok-image-video=sora-2"];
        with_line(folder, &[&videos[..], &sora].concat(), KEY).expect(0);
        let tested = local(folder, &["channels", "test", "videos"]).expect(0);
        assert!(tested.stdout.contains("has all models"), "{}", tested.stdout);
        let gone = local(folder, &["channels", "show", "main"]).expect(2);
        assert!(gone.stderr.contains("there is no channel"), "{}", gone.stderr);
        let wrong = local(folder, &["channels", "add", "x", "--provider", "nope"]).expect(2);
        assert!(wrong.stderr.contains("provider must be one of xai"), "{}", wrong.stderr);
    });
    work.await.expect("the commands ran");
    drop(server);
    assert_eq!(upstream.accepted(), 3);
}
