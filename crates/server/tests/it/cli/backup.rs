//! `rushes backup` and `rushes restore`: under load, whole, and against hostile files.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::tempdir;
use tokio::task::JoinSet;

use super::{Ended, run, run_with_line};
use crate::support::binary::{Binary, client, data_dir};
use crate::support::eventually;
use crate::support::pictures::{data_url, png};

/// Room on the disk is not what these tests are about.
const SMALL: [(&str, &str); 1] = [("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "1")];

fn rushes(folder: &Path, arguments: &[&str]) -> Ended {
    run(folder, &SMALL, arguments)
}

/// Creates that the backups run beside.
const LOAD_MAX: usize = 200;

/// A directory `d` with one finished task in it, and `b.tar` of it.
fn backed_up(folder: &Path, flags: &[&str]) {
    let generate = ["generate", "rain", "--seconds", "4", "--resolution", "480p", "-o", "v.mp4"];
    rushes(folder, &[&generate[..], &["--data-dir", "d"]].concat()).expect(0);
    rushes(folder, &[&["backup", "b.tar", "--data-dir", "d"], flags].concat()).expect(0);
}

async fn create(base_url: &str, key: &str, prompt: &str) -> String {
    let body = json!({
        "model": "grok-image-video", "prompt": prompt, "seconds": 1, "resolution": "480p",
    });
    created(base_url, key, &body).await
}

async fn created(base_url: &str, key: &str, body: &Value) -> String {
    let request = client()
        .post(format!("{base_url}/v1/video/generations"))
        .bearer_auth(key)
        .header("content-type", "application/json")
        .body(body.to_string());
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let body: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
    body["task_id"].as_str().expect("an id").to_owned()
}

async fn task(base_url: &str, key: &str, id: &str) -> Value {
    let url = format!("{base_url}/v1/video/generations/{id}");
    let answer = client().get(url).bearer_auth(key).send().await.expect("an answer");
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
}

async fn succeeded(base_url: &str, key: &str, id: &str) -> Value {
    eventually("the task succeeds", async || {
        let body = task(base_url, key, id).await;
        (body["data"]["status"] == "SUCCESS").then_some(body)
    })
    .await
}

async fn video(url: &str) -> Vec<u8> {
    let answer = client().get(url).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{url}");
    answer.bytes().await.expect("a video").to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_restores_to_a_sound_store_that_goes_on() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let (base_url, key) = (gateway.base_url.clone(), gateway.test_api_key.clone());
    let first = create(&base_url, &key, "a fox").await;
    let done = succeeded(&base_url, &key, &first).await;
    let bytes = video(done["data"]["result_url"].as_str().expect("a link")).await;

    // Creates go on while the backups are made.
    let (stop, load) =
        (tokio_util::sync::CancellationToken::new(), (base_url.clone(), key.clone()));
    let stopped = stop.clone();
    let mut loading = JoinSet::new();
    loading.spawn(async move {
        let mut ids = Vec::new();
        // Fewer than the account's bucket holds.
        while !stopped.is_cancelled() && ids.len() < LOAD_MAX {
            ids.push(create(&load.0, &load.1, "load").await);
        }
        ids
    });
    let source = data_dir(folder.path());
    let place = folder.path().to_owned();
    let backups = tokio::task::spawn_blocking(move || {
        let source = source.to_str().expect("Unicode");
        (0..3)
            .map(|round| {
                let name = format!("b{round}.tar");
                rushes(&place, &["backup", &name, "--data-dir", source, "--json"]).expect(0).json()
            })
            .collect::<Vec<_>>()
    });
    let backups = backups.await.expect("the backups end");
    stop.cancel();
    let count = loading.join_all().await.iter().map(Vec::len).sum::<usize>();
    assert!(count > 3, "there was load");
    gateway.kill();

    for (round, saved) in backups.iter().enumerate() {
        let (name, place) = (format!("b{round}.tar"), format!("r{round}"));
        assert!(saved["tasks"].as_u64().is_some_and(|count| count >= 1), "{saved}");
        let restored = rushes(folder.path(), &["restore", &name, "--data-dir", &place, "--json"]);
        let restored = restored.expect(0).json();
        assert_eq!(restored["tasks"], saved["tasks"]);
        let report = rushes(folder.path(), &["doctor", "--data-dir", &place, "--json"]);
        let report = report.expect(0).json();
        let bad: Vec<&Value> = report["checks"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|check| check["check"] != "nasm")
            .filter(|check| check["verdict"] != "ok" && check["verdict"] != "skip")
            .collect();
        assert!(bad.is_empty(), "{bad:?}");
    }

    // The restored directory serves: same keys, same video, and unfinished tasks come to their end.
    let home = folder.path().join("again");
    fs::create_dir_all(data_dir(&home).parent().expect("a parent")).expect("made");
    fs::rename(folder.path().join("r2"), data_dir(&home)).expect("moved");
    let again = Binary::start(&home, &[]).await;
    assert_eq!(again.test_api_key, key);
    let body = task(&again.base_url, &key, &first).await;
    assert_eq!(video(body["data"]["result_url"].as_str().expect("a link")).await, bytes);
    let kept = backups[2]["tasks"].as_u64().expect("a number");
    eventually("all tasks end", async || {
        let url = format!("{}/v1/video/generations?limit=100", again.base_url);
        let answer = client().get(url).bearer_auth(&key).send().await.expect("an answer");
        let list: Value =
            serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        let data = list["data"].as_array().expect("a list");
        assert_eq!(data.len() as u64, kept.min(100));
        data.iter().all(|task| task["status"] == "SUCCESS").then_some(())
    })
    .await;
    assert!(again.terminate().await.success());
}

/// The sealed copies of keys, and credentials of channels, in a directory's database.
fn sealed_secrets(data_dir: &Path) -> Vec<Vec<u8>> {
    let store = rushes_store::Store::open_to_read(&data_dir.join("rushes.db")).expect("a store");
    let sql = "SELECT sealed FROM key_copies UNION ALL SELECT sealed FROM channel_credentials";
    let found = store.read_blocking(|tx| {
        tx.rows(sql, rushes_store::params![], |row| -> Result<Vec<u8>, _> { row.take() })
    });
    store.close_blocking();
    found.expect("readable")
}

#[test]
fn without_secrets_and_files_there_are_none() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    backed_up(folder, &[]);
    let add = ["channels", "add", "main", "--provider", "xai", "--api-key-stdin"];
    let added = [&add[..], &["--data-dir", "d"]].concat();
    run_with_line(folder, &SMALL, &added, "xai-a-key-that-nobody-may-see").expect(0);
    let without = ["backup", "b.tar", "--force", "--without-secrets", "--without-files"];
    rushes(folder, &[&without[..], &["--data-dir", "d"]].concat()).expect(0);
    let bytes = fs::read(folder.join("b.tar")).expect("a backup");
    let contains = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let bootstrap = fs::read(folder.join("d/bootstrap.json")).expect("the keys");
    let known: Value = serde_json::from_slice(&bootstrap).expect("JSON");
    for secret in [&known["api_key"], &known["test_api_key"]] {
        assert!(!contains(secret.as_str().expect("a key").as_bytes()));
    }
    assert!(!contains(&fs::read(folder.join("d/secret.key")).expect("the secret")));
    let store = fs::read(folder.join("d/rushes.db")).expect("the database");
    let secrets = sealed_secrets(&folder.join("d"));
    assert_eq!(secrets.len(), 3, "two keys and a channel");
    for sealed in secrets {
        assert!(
            store.windows(sealed.len()).any(|window| window == sealed),
            "it is in the original"
        );
        assert!(!contains(&sealed));
    }
    assert!(!contains(b"bootstrap.json") && !contains(b".mp4\0"));
    let ended = rushes(folder, &["restore", "b.tar", "--data-dir", "r"]).expect(0);
    assert!(ended.stderr.contains("without secrets"), "{}", ended.stderr);
    rushes(folder, &["doctor", "--data-dir", "r"]).expect(0);
    assert_eq!(
        sealed_secrets(&folder.join("r")),
        [Vec::<u8>::new()],
        "that a channel had one is known"
    );
    let key = known["api_key"].as_str().expect("a key");
    let list = run(
        folder,
        &[("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "1")],
        &["ledger", "--data-dir", "r", "--json"],
    );
    assert_eq!(list.expect(0).json()["data"].as_array().map(Vec::len), Some(3), "{key:.5}");
}

/// A task with a picture in its request.
async fn create_with_picture(base_url: &str, key: &str) -> String {
    let picture = data_url("image/png", &png(64, 64, [200, 30, 30]));
    let body = json!({
        "model": "grok-image-video", "prompt": "a fox", "seconds": 1,
        "resolution": "480p", "image_urls": [picture],
    });
    created(base_url, key, &body).await
}

/// A task ends, and its picture goes, after the snapshot was taken and before the picture is copied.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_goes_meanwhile_leaves_a_backup_that_agrees_with_itself() {
    let folder = tempdir().expect("a folder");
    // The first one takes the only place for ever, so that the second one waits with its picture.
    let one_place = [("RUSHES_ACCOUNT__IN_FLIGHT_MAX", "1")];
    let gateway = Binary::start(folder.path(), &one_place).await;
    let key = gateway.test_api_key.clone();
    create(&gateway.base_url, &key, "[[stall]]").await;
    let id = create_with_picture(&gateway.base_url, &key).await;
    let source = data_dir(folder.path());
    let place = folder.path().to_owned();
    let work = tokio::task::spawn_blocking(move || {
        let shown = source.to_str().expect("Unicode");
        rushes(&place, &["backup", "good.tar", "--data-dir", shown]).expect(0);
        let images = fs::read_dir(source.join("images")).expect("a folder");
        let paths: Vec<_> = images.map(|entry| entry.expect("an entry").path()).collect();
        assert_eq!(paths.len(), 1);
        fs::remove_file(&paths[0]).expect("removed");
        let ended = rushes(&place, &["backup", "b.tar", "--data-dir", shown]).expect(0);
        assert!(ended.stderr.contains("went while this backup was made"), "{}", ended.stderr);
        rushes(&place, &["restore", "b.tar", "--data-dir", "r"]).expect(0);
        rushes(&place, &["doctor", "--data-dir", "r"]).expect(0);

        // The same hole in the file itself is no hole that a backup has.
        let name = format!("images/{}", paths[0].file_name().expect("a name").to_string_lossy());
        fs::write(place.join("bad.tar"), without_entry(&place.join("good.tar"), &name)).unwrap();
        let ended = rushes(&place, &["restore", "bad.tar", "--data-dir", "n"]).expect(2);
        assert!(ended.stderr.contains(&format!("{name} is missing")), "{}", ended.stderr);
        rushes(&place, &["restore", "good.tar", "--data-dir", "g"]).expect(0);
        assert!(place.join("g").join(name).exists());
    });
    work.await.expect("no panic");
    gateway.kill();

    let home = folder.path().join("again");
    fs::create_dir_all(data_dir(&home).parent().expect("a parent")).expect("made");
    fs::rename(folder.path().join("r"), data_dir(&home)).expect("moved");
    // With the places of the default it moves up.
    let again = Binary::start(&home, &[]).await;
    let failed = eventually("the task ends", async || {
        let body = task(&again.base_url, &key, &id).await;
        (body["data"]["status"] == "FAILURE").then_some(body)
    });
    let reason = failed.await["data"]["fail_reason"].to_string();
    assert!(reason.contains("The image is no longer there."), "{reason}");
    assert!(again.terminate().await.success());
}

/// A backup without one of its files, and without a word of it in the manifest.
fn without_entry(path: &Path, name: &str) -> Vec<u8> {
    let mut archive = tar::Archive::new(fs::File::open(path).expect("a backup"));
    let mut builder = tar::Builder::new(Vec::new());
    for entry in archive.entries().expect("entries") {
        let mut entry = entry.expect("an entry");
        let its_name = String::from_utf8(entry.path_bytes().into_owned()).expect("a name");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("bytes");
        if its_name == name {
            continue;
        }
        if its_name == "manifest.json" {
            let mut manifest: Value = serde_json::from_slice(&bytes).expect("JSON");
            let entries = manifest["entries"].as_array_mut().expect("a list");
            entries.retain(|entry| entry["path"] != name);
            bytes = manifest.to_string().into_bytes();
        }
        let mut header = entry.header().clone();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, &bytes[..]).expect("appended");
    }
    builder.into_inner().expect("a tar")
}

#[cfg(unix)]
#[test]
fn a_backup_is_private_and_replaces_nothing_unasked() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    backed_up(folder, &[]);
    let mode = fs::metadata(folder.join("b.tar")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = rushes(folder, &["backup", "b.tar", "--data-dir", "d"]).expect(2);
    assert!(again.stderr.contains("--force"), "{}", again.stderr);
    rushes(folder, &["backup", "b.tar", "--data-dir", "d", "--force"]).expect(0);
    let inside = rushes(folder, &["backup", "d/b.tar", "--data-dir", "d"]).expect(2);
    assert!(inside.stderr.contains("inside"), "{}", inside.stderr);
    rushes(folder, &["backup", "c.tar", "--data-dir", "nowhere"]).expect(2);
    let remote = [("RUSHES_BASE_URL", "http://127.0.0.1:1"), ("RUSHES_API_KEY", "sk-x")];
    for command in [["backup", "c.tar"], ["restore", "b.tar"]] {
        let ended = run(folder, &remote, &command).expect(2);
        assert!(ended.stderr.contains("on this machine, not http://"), "{}", ended.stderr);
        assert!(ended.stderr.contains("--data-dir"), "{}", ended.stderr);
    }
    // A directory that the configuration names is named.
    fs::write(folder.join("c.toml"), "data_dir = \"d\"\n").expect("written");
    run(folder, &remote, &["backup", "c.tar", "--config", "c.toml"]).expect(0);
    fs::remove_file(folder.join("c.toml")).expect("removed");
    fs::remove_file(folder.join("c.tar")).expect("removed");
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["b.tar", "d", "v.mp4"], "no scraps");
}

#[test]
fn a_restore_refuses_what_it_would_write_over() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    backed_up(folder, &[]);
    let used = rushes(folder, &["restore", "b.tar", "--data-dir", "d"]).expect(2);
    assert!(used.stderr.contains("has a store already"), "{}", used.stderr);
    fs::create_dir_all(folder.join("k")).expect("made");
    fs::write(folder.join("k/secret.key"), [7; 32]).expect("written");
    let keyed = rushes(folder, &["restore", "b.tar", "--data-dir", "k"]).expect(2);
    assert!(keyed.stderr.contains("secret.key"), "{}", keyed.stderr);
    assert_eq!(fs::read(folder.join("k/secret.key")).expect("there"), [7; 32]);
    assert!(!folder.join("k/rushes.db").exists() && !folder.join("k/restore.part").exists());
    fs::create_dir_all(folder.join("l")).expect("made");
    let lock = fs::File::create(folder.join("l/lock")).expect("a lock");
    lock.lock().expect("locked");
    let held = rushes(folder, &["restore", "b.tar", "--data-dir", "l"]).expect(2);
    assert!(held.stderr.contains("in use"), "{}", held.stderr);
    rushes(folder, &["restore", "nothing.tar", "--data-dir", "n"]).expect(1);
    // A log whose database is gone would be played into the one that is restored.
    fs::create_dir_all(folder.join("w")).expect("made");
    fs::write(folder.join("w/rushes.db-wal"), "a log").expect("written");
    let logged = rushes(folder, &["restore", "b.tar", "--data-dir", "w"]).expect(2);
    assert!(logged.stderr.contains("rushes.db-wal"), "{}", logged.stderr);
}

/// Each file differs from a good one in one thing.
#[test]
fn a_restore_refuses_what_is_not_as_it_was_saved() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    backed_up(folder, &[]);
    let good = fs::read(folder.join("b.tar")).expect("a backup");
    let mut flipped = good.clone();
    // Deep within the first entry, the video.
    flipped[20_000] ^= 1;
    let evil = |change: fn(&mut tar::Builder<Vec<u8>>)| {
        let mut builder = tar::Builder::new(Vec::new());
        change(&mut builder);
        let mut bytes = builder.into_inner().expect("a tar");
        // Without the two empty blocks that would end it.
        bytes.truncate(bytes.len() - 1_024);
        [bytes, good.clone()].concat()
    };
    let cases = [
        ("a flipped bit", flipped, "not what was saved"),
        ("cut off", good[..good.len() / 2].to_vec(), "cannot be used"),
        ("no tar", b"this is no backup".repeat(100), "cannot be used"),
        ("empty", Vec::new(), "no manifest"),
        (
            "a path upwards",
            evil(|tar| raw(tar, b"../evil", tar::EntryType::Regular)),
            "belongs to no",
        ),
        (
            "an absolute path",
            evil(|tar| raw(tar, b"/tmp/evil", tar::EntryType::Regular)),
            "belongs to no",
        ),
        ("a link", evil(|tar| raw(tar, b"files/evil", tar::EntryType::Symlink)), "no plain file"),
        ("a device", evil(|tar| raw(tar, b"files/evil", tar::EntryType::Block)), "no plain file"),
        (
            "one more file",
            evil(|tar| raw(tar, b"files/evil.mp4", tar::EntryType::Regular)),
            "manifest",
        ),
        ("a file twice", evil(|tar| raw(tar, b"secret.key", tar::EntryType::Regular)), "twice"),
    ];
    for (line, bytes, word) in cases {
        fs::write(folder.join("bad.tar"), bytes).expect("written");
        let ended = rushes(folder, &["restore", "bad.tar", "--data-dir", "r"]).expect(2);
        assert!(ended.stderr.contains(word), "{line}: {}", ended.stderr);
        assert!(!folder.join("r").exists(), "{line} left something");
    }
    assert!(!folder.join("evil").exists());
    // A folder that was there before stays, with what is in it.
    fs::create_dir(folder.join("mine")).expect("made");
    fs::write(folder.join("mine/note"), "x").expect("written");
    rushes(folder, &["restore", "bad.tar", "--data-dir", "mine"]).expect(2);
    assert!(folder.join("mine/note").exists() && !folder.join("mine/rushes.db").exists());
    rushes(folder, &["restore", "b.tar", "--data-dir", "r"]).expect(0);
}

/// It is not lost with the backup too, but nobody takes it for whole.
#[test]
fn a_video_that_changed_on_the_disk_is_saved_with_a_warning() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    backed_up(folder, &[]);
    let files = fs::read_dir(folder.join("d/files")).expect("a folder");
    let mut paths = files.map(|entry| entry.expect("an entry").path());
    let video = paths.find(|path| path.extension().is_some_and(|it| it == "mp4")).expect("a video");
    let mut bytes = fs::read(&video).expect("a video");
    bytes[1_000] ^= 1;
    fs::write(&video, &bytes).expect("written");
    let backup = ["backup", "b.tar", "--force", "--data-dir", "d"];
    let ended = rushes(folder, &backup).expect(0);
    assert!(ended.stderr.contains("is not what was stored"), "{}", ended.stderr);
    rushes(folder, &["restore", "b.tar", "--data-dir", "r"]).expect(0);
    let name = video.file_name().expect("a name");
    assert_eq!(fs::read(folder.join("r/files").join(name)).expect("restored"), bytes);
    let doctor = rushes(folder, &["doctor", "--data-dir", "r"]).expect(1);
    assert!(doctor.stdout.contains("its SHA-256 is another"), "{}", doctor.stdout);
}

/// A backup that an older program wrote.
#[test]
fn a_restore_brings_an_older_schema_up_to_date() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let path = folder.join("old.db");
    let first_two = &rushes_store::embedded_migrations()[..2];
    let options = rushes_store::StoreOptions::default();
    let old = rushes_store::Store::open_with_migrations(
        &path,
        options,
        std::sync::Arc::new(()),
        first_two,
    )
    .expect("a store");
    old.close_blocking();
    let bytes = fs::read(&path).expect("a database");
    let sha256 = format!("{:x}", Sha256::digest(&bytes));
    let manifest = json!({
        "format": 1, "program": "0.0.1", "created_at": 0, "schema_version": 2, "accounts": 0,
        "tasks": 0, "unfinished_tasks": 0, "videos": 0, "secrets": false, "files": true,
        "entries": [{ "path": "rushes.db", "bytes": bytes.len(), "sha256": sha256 }],
    });
    let mut builder = tar::Builder::new(Vec::new());
    for (name, body) in [("rushes.db", bytes), ("manifest.json", manifest.to_string().into())] {
        let mut header = tar::Header::new_ustar();
        header.set_size(body.len() as u64);
        header.set_mode(0o600);
        builder.append_data(&mut header, name, &body[..]).expect("appended");
    }
    fs::write(folder.join("old.tar"), builder.into_inner().expect("a tar")).expect("written");
    rushes(folder, &["restore", "old.tar", "--data-dir", "r"]).expect(0);
    // Doctor and backup take the present schema alone.
    rushes(folder, &["doctor", "--data-dir", "r"]).expect(0);
    let saved =
        rushes(folder, &["backup", "new.tar", "--data-dir", "r", "--json"]).expect(0).json();
    assert!(saved["schema_version"].as_i64() > Some(2), "{saved}");
}

/// An entry with a name that no honest program would write.
fn raw(builder: &mut tar::Builder<Vec<u8>>, name: &[u8], kind: tar::EntryType) {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_mode(0o600);
    if kind == tar::EntryType::Symlink {
        header.set_link_name("/etc/passwd").expect("a short name");
    }
    let body: &[u8] = if kind == tar::EntryType::Regular { b"evil" } else { b"" };
    header.set_size(body.len() as u64);
    header.set_cksum();
    builder.append(&header, body).expect("appended");
}
