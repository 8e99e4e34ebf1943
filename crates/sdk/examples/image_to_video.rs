//! A video from a picture, with whichever model takes one, followed event by event.
//!
//! ```sh
//! export RUSHES_BASE_URL=http://127.0.0.1:8080 RUSHES_API_KEY=sk-…
//! cargo run -p rushes-sdk --example image_to_video -- photo.jpg "slow dolly in" film.mp4
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to a person")]

use std::error::Error;
use std::path::Path;

use rushes_sdk::{Client, GenerateRequest, Image, TaskEvent};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [picture, prompt, file] = &arguments[..] else {
        return Err("usage: image_to_video PICTURE PROMPT FILE".into());
    };
    let client = Client::new(&variable("RUSHES_BASE_URL")?, &variable("RUSHES_API_KEY")?)?;

    let models = client.models().await?;
    let model = models.iter().find(|model| model.capabilities.image_to_video.is_some());
    let model = model.ok_or("no model of this gateway takes a picture")?;
    let request = GenerateRequest::new(&model.id, prompt)
        .image(Image::file(picture).await?)
        .resolution("480p");
    let created = client.generate(&request).await?;
    if let Some(cost) = &created.cost {
        eprintln!("{} costs at most ${}", created.id, cost.amount);
    }

    let mut follow = client.follow(&created.id);
    while let Some(event) = follow.next().await? {
        match event {
            TaskEvent::Status(at) => eprintln!("{}", at.status.as_str()),
            TaskEvent::Progress(at) => eprintln!("{}%", at.percent),
            TaskEvent::End(task) if task.is_success() => {
                let video = client.download(&task.result_url, Path::new(file), |_| {}).await?;
                println!("{file}: {} bytes", video.bytes);
            }
            TaskEvent::End(task) => return Err(task.fail_reason.into()),
            _ => {}
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "where the gateway is, its user's shell knows")]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set"))
}
