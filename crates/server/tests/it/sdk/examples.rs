//! The examples that make videos, run as their comments say.

use std::process::Output;

use tempfile::tempdir;

use crate::support::examples::example;
use crate::support::{TestApp, pictures};

/// Runs an example against the gateway in a folder.
fn run(app: &TestApp, folder: &std::path::Path, name: &str, arguments: &[&str]) -> Output {
    example(name)
        .env("RUSHES_BASE_URL", &app.base_url)
        .env("RUSHES_API_KEY", &app.test_api_key)
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("it runs")
}

#[track_caller]
fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}\n{errors}");
    (out, errors)
}

fn is_mp4(path: &std::path::Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.get(4..8) == Some(b"ftyp"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_is_made_from_a_prompt_with_its_progress() {
    let app = TestApp::start().await;
    let folder = tempdir().expect("a folder");
    let output = run(&app, folder.path(), "text_to_video", &["neon rain", "car.mp4"]);
    let (out, errors) = said(&output);
    assert!(out.starts_with("car.mp4: ") && out.ends_with(" bytes\n"), "{out}");
    assert!(errors.starts_with("task_") && errors.contains(" QUEUED 0%\n"), "{errors}");
    assert!(errors.ends_with(" SUCCESS 100%\n"), "{errors}");
    assert!(is_mp4(&folder.path().join("car.mp4")));

    let failed = run(&app, folder.path(), "text_to_video", &["[[fail: no film]]", "none.mp4"]);
    assert!(!failed.status.success() && !folder.path().join("none.mp4").exists());
    assert!(!run(&app, folder.path(), "text_to_video", &[]).status.success());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_is_made_from_a_picture() {
    let app = TestApp::start().await;
    let folder = tempdir().expect("a folder");
    let picture = pictures::png(320, 240, [200, 40, 40]);
    std::fs::write(folder.path().join("photo.png"), picture).expect("written");
    let arguments = ["photo.png", "slow dolly in", "film.mp4"];
    let (out, errors) = said(&run(&app, folder.path(), "image_to_video", &arguments));
    assert!(out.starts_with("film.mp4: "), "{out}");
    assert!(errors.contains("costs at most $"), "{errors}");
    assert!(is_mp4(&folder.path().join("film.mp4")));
    let tasks = app.get("/v1/video/generations").await.json();
    assert_eq!(tasks["data"][0]["status"], "SUCCESS", "{tasks}");
    app.finish().await;
}
