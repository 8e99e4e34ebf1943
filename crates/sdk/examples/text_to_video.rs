//! A video from a prompt, with its progress on the way.
//!
//! ```sh
//! export RUSHES_BASE_URL=http://127.0.0.1:8080 RUSHES_API_KEY=sk-…
//! cargo run -p rushes-sdk --example text_to_video -- "a red sports car in neon rain" car.mp4
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to a person")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use rushes_sdk::{Client, GenerateRequest};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [prompt, file] = &arguments[..] else {
        return Err("usage: text_to_video PROMPT FILE".into());
    };
    let client = Client::new(&variable("RUSHES_BASE_URL")?, &variable("RUSHES_API_KEY")?)?;

    let request = GenerateRequest::new("grok-image-video", prompt).seconds(4).resolution("480p");
    let task = client
        .generate(&request)
        .wait()
        .timeout(Duration::from_secs(600))
        .on_progress(|at| eprintln!("{} {} {}%", at.task_id, at.status.as_str(), at.percent))
        .await?;

    let video = client.download(&task.result_url, Path::new(file), |_| {}).await?;
    println!("{file}: {} bytes", video.bytes);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "where the gateway is, its user's shell knows")]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set"))
}
