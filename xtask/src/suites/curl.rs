//! Suite `seed-curl`: the commands of the published document, run by the real `curl`.
//!
//! `tests/clients/curl` has the commands as printed. What is substituted, and nothing else: the
//! base URL, the key, the task id of the poll, and the host of the image URLs (a picture server
//! on loopback, which the gateway is told to allow).

use std::fs;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::client::{folder, is_clean};
use super::shell::{Shell, word};
use super::{Context, SETTINGS};
use crate::gateway::Gateway;
use crate::mp4::Movie;
use crate::outcome::{Checks, Report};
use crate::picture_server::PictureServer;
use crate::tools::CURL;

/// What the document writes where a client has to put its own.
const BASE_URL: &str = "https://api.constreet.cc";
const API_KEY: &str = "<YOUR_API_KEY>";
const IMAGE_HOST: &str = "https://example.com";
const TASK_ID: &str = "task_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
/// The document's own failure example.
const FETCH_FAILURE: &str = "Image URL could not be fetched: Fetching image failed with HTTP \
                             status 400 Bad Request.";

/// File, and the video that must come of it: width, height, seconds.
const CREATES: [(&str, u32, u32, u64); 5] = [
    ("6.1-text.sh", 1280, 720, 6),
    ("6.2-one-image.sh", 720, 1280, 6),
    ("6.2-input-reference.sh", 720, 1280, 6),
    ("6.3-several-images.sh", 1280, 720, 10),
    ("6.4-grok-video-1.5.sh", 854, 480, 4),
];

/// One command's text.
pub(super) fn script(name: &str) -> anyhow::Result<String> {
    let path = folder().join("curl").join(name);
    fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Runs the suite.
pub(super) fn run(context: &Context, mut checks: Checks) -> Report {
    if let Err(why) = context.tools.get(CURL) {
        return checks.skip(&why);
    }
    if let Err(error) = run_all(context, &mut checks) {
        checks.failed("the suite ran to its end", &format!("{error:#}"));
    }
    checks.end()
}

fn run_all(context: &Context, checks: &mut Checks) -> anyhow::Result<()> {
    let pictures = PictureServer::start().context("no server for pictures")?;
    let gateway = Gateway::start(&context.binary, &SETTINGS)?;
    let shell = Shell::new(&gateway.base_url, &gateway.api_key)?;
    let fill = |text: &str, image_host: &str| {
        text.replace(BASE_URL, &gateway.base_url)
            .replace(API_KEY, &gateway.api_key)
            .replace(IMAGE_HOST, image_host)
    };
    let models = shell.request(&fill(&script("3-models.sh")?, ""));
    checks.check("3-models.sh lists both models", models.and_then(|it| both_models(&it.body)));
    for (name, width, height, seconds) in CREATES {
        let text = fill(&script(name)?, &pictures.base_url());
        let expected = Movie { width, height, duration_ms: seconds * 1000 };
        let outcome = create(&shell, &text).and_then(|id| film(&shell, &id, &expected));
        checks.check(&format!("{name} makes {width}x{height}, {seconds} s"), outcome);
    }
    let refused = fill(&script("6.2-one-image.sh")?, &format!("{}/refused", pictures.base_url()));
    let id = create(&shell, &refused)?;
    checks.check("an image host that refuses ends in the document's words", fails(&shell, &id));
    let poll = fill(&script("8-poll.sh")?, "").replace(TASK_ID, &id);
    let polled = shell.request(&poll).and_then(|it| five_fields(&it.body));
    checks.check("8-poll.sh has the five fields, all strings", polled);
    checks.check("the gateway stops cleanly", gateway.stop().and_then(is_clean));
    Ok(())
}

/// The seven fields of the document's section 7.
fn create(shell: &Shell, text: &str) -> anyhow::Result<String> {
    let answer = shell.request(text)?;
    let id = answer.task_id()?.to_owned();
    let body = &answer.body;
    ensure!(word(body, "id") == word(body, "task_id"), "id and task_id differ");
    ensure!(word(body, "object") == "video", "object is not \"video\"");
    ensure!(word(body, "status") == "queued", "status is \"{}\"", word(body, "status"));
    ensure!(body.get("progress").and_then(Value::as_i64) == Some(0), "progress is not 0");
    ensure!(body.get("created_at").is_some_and(Value::is_i64), "created_at is no whole number");
    let is_hex = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    let digits = id.strip_prefix("task_").unwrap_or_default();
    ensure!(digits.len() == 32 && digits.bytes().all(is_hex), "\"{id}\" is no task id");
    Ok(id)
}

fn film(shell: &Shell, id: &str, expected: &Movie) -> anyhow::Result<()> {
    let movie = shell.video(id)?;
    ensure!(movie == *expected, "{movie:?} instead of {expected:?}");
    Ok(())
}

fn fails(shell: &Shell, id: &str) -> anyhow::Result<()> {
    let data = shell.wait(id)?;
    ensure!(word(&data, "status") == "FAILURE", "status is \"{}\"", word(&data, "status"));
    let reason = word(&data, "fail_reason");
    ensure!(reason == FETCH_FAILURE, "fail_reason is \"{reason}\"");
    ensure!(word(&data, "progress") == "100%", "progress is not 100%");
    Ok(())
}

fn both_models(body: &Value) -> anyhow::Result<()> {
    let models = body.get("data").and_then(Value::as_array).context("data is no list")?;
    for name in ["grok-image-video", "grok-video-1.5"] {
        ensure!(models.iter().any(|model| word(model, "id") == name), "{name} is missing");
    }
    Ok(())
}

fn five_fields(body: &Value) -> anyhow::Result<()> {
    ensure!(word(body, "code") == "success", "code is \"{}\"", word(body, "code"));
    let data = body.get("data").context("data is missing")?;
    for name in ["task_id", "status", "progress", "result_url", "fail_reason"] {
        ensure!(data.get(name).is_some_and(Value::is_string), "data.{name} is no string");
    }
    Ok(())
}
