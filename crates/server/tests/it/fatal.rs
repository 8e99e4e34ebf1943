//! A database that cannot be written any more ends the process: half a gateway would take tasks
//! that nobody moves.

#![cfg(unix)]

use std::process::{Command, Stdio};

use rushes_server::data_dir::read_note;
use serde_json::json;

use crate::support::binary::{client, data_dir};
use crate::support::eventually;

/// Largest file that the gateway may write, in blocks of 512 bytes: room for the first start.
const FILE_BLOCKS_MAX: u32 = 1_200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_fails_ends_the_process_with_exit_code_1() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let data_dir = data_dir(folder.path());
    // The signal of the limit is ignored, so that the write itself fails, as on a broken disk.
    let script = format!("trap '' XFSZ; ulimit -f {FILE_BLOCKS_MAX}; exec \"$@\"");
    let mut child = Command::new("sh")
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_rushes")])
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(&data_dir)
        .env_clear()
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh starts");
    let note = eventually("the gateway answers", async || read_note(&data_dir)).await;
    let known = rushes_server::bootstrap::read(&data_dir).expect("readable").expect("there");
    let body = json!({
        "model": "grok-image-video", "prompt": format!("{} [[stall]]", "x".repeat(3_000)),
    });
    let client = client();
    let status = eventually("the gateway ends by itself", async || {
        let request = client
            .post(format!("{}/v1/video/generations", note.base_url))
            .bearer_auth(&known.test_api_key)
            .header("content-type", "application/json")
            .body(body.to_string());
        // Accepted, refused or cut off: what counts is that the end comes.
        let _ = request.send().await;
        child.try_wait().expect("the child can be asked")
    })
    .await;
    assert_eq!(status.code(), Some(1), "{status}");
}
