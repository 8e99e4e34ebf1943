//! Against a running gateway: each verb, each exit code.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use tempfile::tempdir;

use super::{is_mp4, run, rushes, videos};
use crate::support::binary::{Binary, data_dir};

/// The cheapest video there is.
const SMALL: [&str; 4] = ["--seconds", "4", "--resolution", "480p"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generate_makes_a_file_and_prints_its_path_alone() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let environment =
        [("RUSHES_BASE_URL", &*gateway.base_url), ("RUSHES_API_KEY", &*gateway.test_api_key)];

    let arguments = [&["generate", "Neon rain, 雨夜!"][..], &SMALL].concat();
    let ended = run(folder.path(), &environment, &arguments).expect(0);
    let path = ended.stdout.trim_end();
    assert!(path.starts_with("neon-rain-雨夜-"), "{path}");
    assert!(is_mp4(&folder.path().join(path)));
    assert!(ended.stderr.contains("task_") && ended.stderr.contains("done 100%"));
    assert!(ended.stderr.contains("not an AI video"), "{}", ended.stderr);

    // The same task once more takes a new name; nothing is overwritten.
    let start = ended.stderr.find("task_").expect("an id");
    let id = &ended.stderr[start..start + 37];
    let ended = run(folder.path(), &environment, &["wait", id]).expect(0);
    let again = run(folder.path(), &environment, &["wait", id]).expect(0);
    assert_ne!(ended.stdout, again.stdout);
    assert_eq!(videos(folder.path()).len(), 3);
    let named = run(folder.path(), &environment, &["wait", id, "-o", path]).expect(0);
    assert!(named.stderr.contains("replacing"), "{}", named.stderr);
    assert_eq!(videos(folder.path()).len(), 3);
    assert!(gateway.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_json_standard_output_is_the_apis_own_body() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let environment =
        [("RUSHES_BASE_URL", &*gateway.base_url), ("RUSHES_API_KEY", &*gateway.test_api_key)];

    let arguments = [&["generate", "rain", "--json", "-o", "v.mp4"][..], &SMALL].concat();
    let json = run(folder.path(), &environment, &arguments).expect(0).json();
    assert_eq!(json["code"], "success");
    assert_eq!(json["data"]["status"], "SUCCESS");
    assert!(is_mp4(&folder.path().join("v.mp4")));

    let models = run(folder.path(), &environment, &["--json", "models"]).expect(0).json();
    assert_eq!(models["data"][0]["id"], "grok-image-video");
    let tasks = run(folder.path(), &environment, &["tasks", "--json"]).expect(0).json();
    assert_eq!(tasks["object"], "list");
    assert_eq!(tasks["data"].as_array().map(Vec::len), Some(1));

    let refused = ["generate", "rain", "--seconds", "99", "--json"];
    let ended = run(folder.path(), &environment, &refused).expect(2);
    assert_eq!(ended.json()["error"]["code"], "invalid_request");
    assert!(ended.json()["error"]["doc_url"].is_string());
    let failed = ["generate", "[[fail: out of film]]", "--json"];
    let json = run(folder.path(), &environment, &failed).expect(1).json();
    assert_eq!(json["data"]["status"], "FAILURE");
    assert_eq!(videos(folder.path()), ["v.mp4"]);
    assert!(gateway.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_takes_too_long_is_left_and_found_again() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let environment =
        [("RUSHES_BASE_URL", &*gateway.base_url), ("RUSHES_API_KEY", &*gateway.test_api_key)];

    let arguments = ["generate", "[[stall]]", "--timeout", "1s"];
    let ended = run(folder.path(), &environment, &arguments).expect(3);
    let start = ended.stderr.find("rushes wait task_").expect("how to go on") + 12;
    let id = &ended.stderr[start..start + 37];
    let json = run(folder.path(), &environment, &["wait", id, "--timeout", "0", "--json"])
        .expect(3)
        .json();
    assert_eq!(json["data"]["task_id"], id);

    run(folder.path(), &environment, &["cancel", id]).expect(0);
    let ended = run(folder.path(), &environment, &["wait", id]).expect(1);
    assert!(ended.stderr.contains("failed:"), "{}", ended.stderr);
    let unknown = "task_00000000000070008000000000000000";
    run(folder.path(), &environment, &["cancel", unknown]).expect(2);
    run(folder.path(), &environment, &["wait", unknown]).expect(2);
    let stranger = [environment[0], ("RUSHES_API_KEY", "sk-0123456789012345678901234567")];
    let ended = run(folder.path(), &stranger, &["tasks"]).expect(2);
    assert!(ended.stderr.contains("RUSHES_API_KEY"), "{}", ended.stderr);
    assert!(gateway.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_task_is_out_of_sight_and_another_delete_says_so() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let environment =
        [("RUSHES_BASE_URL", &*gateway.base_url), ("RUSHES_API_KEY", &*gateway.test_api_key)];
    let create = |prompt: &str| {
        let arguments = ["generate", prompt, "--timeout", "0", "--json"];
        let json = run(folder.path(), &environment, &arguments).expect(3).json();
        json["data"]["task_id"].as_str().expect("an id").to_owned()
    };
    let (first, second) = (create("[[stall]] one"), create("[[stall]] two"));

    let ended = run(folder.path(), &environment, &["delete", &first]).expect(0);
    assert_eq!(ended.stdout.trim_end(), format!("{first}: deleted"));
    let ended = run(folder.path(), &environment, &["delete", &first]).expect(2);
    assert!(ended.stderr.contains("error: "), "{}", ended.stderr);
    run(folder.path(), &environment, &["wait", &first]).expect(2);

    let json = run(folder.path(), &environment, &["delete", &second, "--json"]).expect(0).json();
    assert_eq!((&json["object"], &json["deleted"]), (&"video.deleted".into(), &true.into()));
    let again = run(folder.path(), &environment, &["delete", &second, "--json"]).expect(2);
    assert_eq!(again.json()["error"]["code"], "task_not_exist");
    let tasks = run(folder.path(), &environment, &["tasks", "--json"]).expect(0).json();
    assert_eq!(tasks["data"].as_array().map(Vec::len), Some(0));
    run(folder.path(), &environment, &["delete"]).expect(2);
    for no_id in ["", ".", ".."] {
        for verb in ["delete", "cancel", "wait"] {
            let ended = run(folder.path(), &environment, &[verb, no_id]).expect(2);
            assert!(ended.stderr.contains("is no id"), "{verb}: {}", ended.stderr);
        }
    }
    assert!(gateway.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_says_how_to_go_on() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let environment =
        [("RUSHES_BASE_URL", &*gateway.base_url), ("RUSHES_API_KEY", &*gateway.test_api_key)];
    let mut child = rushes(folder.path(), &environment, &["generate", "[[stall]]"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    // The summary, then the first state: by then it waits.
    for _ in 0..2 {
        stderr.read_line(&mut said).expect("a line");
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    stderr.read_to_string(&mut said).expect("the rest");

    assert_eq!(child.wait().expect("reaped").code(), Some(130), "{said}");
    assert!(said.contains("go on with: rushes wait task_"), "{said}");
    assert!(gateway.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_directory_leads_to_its_running_server() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let data_dir = data_dir(folder.path());
    let data_dir = data_dir.to_str().expect("Unicode");

    // The flag wins over the environment.
    let elsewhere = [("RUSHES_BASE_URL", "http://127.0.0.1:1"), ("RUSHES_API_KEY", "sk-x")];
    let ended = run(folder.path(), &elsewhere, &["models", "--data-dir", data_dir]).expect(0);
    assert!(ended.stdout.starts_with("MODEL"), "{}", ended.stdout);
    assert!(ended.stdout.contains("grok-video-1.5"), "{}", ended.stdout);
    let as_variable = [("RUSHES_DATA_DIR", data_dir)];
    let ended = run(folder.path(), &as_variable, &["tasks"]).expect(0);
    assert!(ended.stderr.contains("no tasks"), "{}", ended.stderr);

    // What a killed server left behind leads nowhere: an embedded one is started instead.
    gateway.kill();
    run(folder.path(), &[], &["tasks", "--data-dir", data_dir]).expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_goes_away_is_no_error() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let environment =
        [("RUSHES_BASE_URL", &*gateway.base_url), ("RUSHES_API_KEY", &*gateway.api_key)];
    for arguments in [&["models"][..], &["config", "default"], &["completions", "bash"]] {
        let mut child = rushes(folder.path(), &environment, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut said).expect("UTF-8");
        assert!(child.wait().expect("reaped").success(), "{said}");
        assert_eq!(said, "", "{arguments:?}");
    }
    assert!(gateway.terminate().await.success());
}
