//! A task's row and pictures as the job that its provider is handed.
//!
//! Guarantees: pictures are fitted as the channel wants them, off the async threads and on the app's
//! bounded places for that; a picture that cannot be read or fitted is an error before anything is
//! sent. Not here: fetching pictures.

use bytes::Bytes;
use rushes_domain::channel::{ImageDelivery, ImageFit};
use rushes_domain::directive::without_directives;
use rushes_providers::{JobImage, ProviderJob, UpstreamError, UpstreamErrorKind};
use rushes_render::{Fit, PictureFormat, fit};
use rushes_store::{Claimed, ImageRow, TaskRow};

use super::finalize::join;
use super::submit::seed_of;
use super::target::Target;
use crate::app::App;

/// The formats that upstreams take; a GIF is sent as one of these.
const FORMATS: [PictureFormat; 3] = [PictureFormat::Png, PictureFormat::Jpeg, PictureFormat::Webp];

/// Everything that the provider has to know.
pub(super) async fn of(
    app: &App,
    target: &Target,
    claimed: &Claimed,
) -> Result<ProviderJob, UpstreamError> {
    let task = &claimed.task;
    let mut images = Vec::with_capacity(claimed.images.len());
    for image in &claimed.images {
        images.push(picture(app, target, task, image).await?);
    }
    let model = match &target.channel {
        Some(channel) => channel.row.terms.upstream_model(&task.model_id).ok_or_else(|| {
            let text = format!("the channel does not serve model {} any more", task.model_id);
            UpstreamError::new(UpstreamErrorKind::NotSent, text)
        })?,
        None => &task.model_id,
    };
    Ok(ProviderJob {
        task_id: task.id,
        account_id: task.account_id,
        model: model.to_owned(),
        prompt: if task.directives.is_empty() {
            task.prompt.clone()
        } else {
            without_directives(&task.prompt)
        },
        mode: task.mode,
        seconds: task.seconds,
        width: task.width,
        height: task.height,
        aspect_ratio: task.aspect_ratio.clone(),
        resolution: task.resolution.clone(),
        images,
        options: task.options.clone(),
        hops: task.hops.saturating_add(1),
        directives: task.directives.clone(),
        seed: seed_of(task.id),
        caption: app.config.preview_caption,
    })
}

async fn picture(
    app: &App,
    target: &Target,
    task: &TaskRow,
    image: &ImageRow,
) -> Result<JobImage, UpstreamError> {
    let passes_urls = target.channel.as_ref().is_some_and(|channel| {
        channel.row.terms.images == ImageDelivery::PassThrough && channel.preset.takes_image_urls
    });
    if let Some(url) = image.url.as_ref().filter(|_| passes_urls) {
        return Ok(JobImage::Url(url.clone()));
    }
    let not_sent = |text: String| UpstreamError::new(UpstreamErrorKind::NotSent, text);
    let path = image.path.as_deref().ok_or_else(|| not_sent("an image is not here".to_owned()))?;
    let read = app.storage.read(path).await;
    let bytes =
        read.map_err(|source| not_sent(format!("the image {path} cannot be read: {source}")))?;
    let mime = image.mime.clone().unwrap_or_default();
    match &target.channel {
        // The renderer fits pictures itself, by moving over them.
        None => Ok(JobImage::Bytes { mime, bytes }),
        Some(channel) => fitted(app, task, channel.row.terms.image_fit, mime, bytes).await,
    }
}

/// The picture in the ratio that was asked for, without what it says of places and people.
async fn fitted(
    app: &App,
    task: &TaskRow,
    wanted: ImageFit,
    mime: String,
    bytes: Bytes,
) -> Result<JobImage, UpstreamError> {
    let wanted = match wanted {
        ImageFit::Cover => Fit::Cover,
        ImageFit::Contain => Fit::Contain,
        ImageFit::AsIs => Fit::AsIs,
    };
    let not_sent = |text: String| UpstreamError::new(UpstreamErrorKind::NotSent, text);
    let place = app.picture_slots.acquire().await;
    let place = place.map_err(|closed| not_sent(closed.to_string()))?;
    let (width, height, original) = (task.width, task.height, bytes.clone());
    let work = tokio::task::spawn_blocking(move || fit(&bytes, width, height, wanted, &FORMATS));
    let outcome = join(work).await.map_err(|source| not_sent(source.to_string()))?;
    drop(place);
    match outcome {
        Ok(None) => Ok(JobImage::Bytes { mime, bytes: original }),
        Ok(Some(fitted)) => {
            Ok(JobImage::Bytes { mime: fitted.mime.to_owned(), bytes: fitted.bytes.into() })
        }
        Err(error) => Err(UpstreamError::new(UpstreamErrorKind::ImageRefused, error.to_string())),
    }
}
