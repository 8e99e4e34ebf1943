//! `rushes generate`.
//!
//! Guarantees: what can be refused is refused before a gateway is started or a task is paid.

use rushes_sdk::{Client, Created, GenerateRequest, Image, Model};

use super::Global;
use super::failure::{Exit, Failure};
use super::output::{Output, note};
use super::target::{Purpose, Target};
use super::text::{escape, slug};
use super::video::Delivery;

/// What to make.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What the video shows.
    prompt: String,
    /// An image, as a file or a URL; may be given several times.
    #[arg(long = "image", value_name = "PATH|URL")]
    images: Vec<String>,
    /// The model [default: the first that takes so many images].
    #[arg(long)]
    model: Option<String>,
    /// Length in seconds [default: the server's].
    #[arg(long, value_name = "N")]
    seconds: Option<u32>,
    /// For example 16:9 [default: the server's].
    #[arg(long, value_name = "R")]
    aspect_ratio: Option<String>,
    /// For example 720p [default: the server's].
    #[arg(long, value_name = "R")]
    resolution: Option<String>,
    #[command(flatten)]
    delivery: Delivery,
}

pub(super) async fn run(
    global: &Global,
    arguments: Arguments,
    output: &Output,
) -> Result<(), Failure> {
    arguments.delivery.check()?;
    let mut images = Vec::new();
    for image in &arguments.images {
        images.push(read_image(image).await?);
    }
    Target::with(global, Purpose::Generate, async |target| {
        generate(target, &arguments, images, output).await
    })
    .await
}

async fn read_image(image: &str) -> Result<Image, Failure> {
    let scheme = image.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https" | "data") => Ok(Image::url(image)),
        _ => Ok(Image::file(image).await?),
    }
}

async fn generate(
    target: &Target,
    arguments: &Arguments,
    images: Vec<Image>,
    output: &Output,
) -> Result<(), Failure> {
    let model = match &arguments.model {
        Some(model) => model.clone(),
        None => choose_model(&target.client, images.len()).await?,
    };
    let mut request = GenerateRequest::new(model, arguments.prompt.as_str());
    if let Some(seconds) = arguments.seconds {
        request = request.seconds(seconds);
    }
    if let Some(aspect_ratio) = &arguments.aspect_ratio {
        request = request.aspect_ratio(aspect_ratio.as_str());
    }
    if let Some(resolution) = &arguments.resolution {
        request = request.resolution(resolution.as_str());
    }
    request = images.into_iter().fold(request, GenerateRequest::image);
    let created = target.client.generate(&request).await?;
    note(&summary(&created.value, target.is_temporary()));
    let name = slug(&arguments.prompt);
    let outcome = arguments.delivery.deliver(target, &created.id, &name, output).await;
    outcome.map_err(|failure| match failure.exit {
        // Nothing newer than the answer to the create is known.
        Exit::Interrupted => failure.or_body(&created.body),
        _ => failure,
    })
}

/// The first model whose modes take so many images; the server has the last word.
async fn choose_model(client: &Client, image_count: usize) -> Result<String, Failure> {
    let fits = |model: &&Model| match image_count {
        0 => model.capabilities.text_to_video.is_some(),
        1 => model.capabilities.image_to_video.is_some(),
        _ => model.capabilities.reference_to_video.is_some(),
    };
    let models = client.models().await?.value;
    if models.is_empty() {
        let why = "this gateway serves no model at the moment";
        let hint = "its operator sees why with `rushes channels list`: none is there, or in force";
        return Err(Failure::new(Exit::Refused, why).with_hint(hint));
    }
    models.iter().find(fits).map(|model| model.id.clone()).ok_or_else(|| {
        Failure::usage("no model of this gateway takes so many images; see `rushes models`")
    })
}

/// The task in one line: id, what it will be, what it costs.
fn summary(created: &Created, is_free: bool) -> String {
    let mut parts = vec![escape(&created.id).into_owned(), escape(&created.model).into_owned()];
    parts.extend(created.seconds.map(|seconds| format!("{seconds}s")));
    let words = [&created.aspect_ratio, &created.resolution];
    parts.extend(words.into_iter().flatten().map(|word| escape(word).into_owned()));
    if let Some(cost) = created.cost.as_ref().filter(|_| !is_free) {
        parts.push(format!("${}", escape(&cost.amount)));
    }
    parts.join(" · ")
}
