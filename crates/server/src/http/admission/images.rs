//! The images that came inside a create request: measured, decoded once for proof, written.
//!
//! Guarantees: a picture is decoded in its turn ([`super::decoding`]); what was written for a
//! request that is then refused is removed again.

use bytes::Bytes;
use rushes_domain::job::ImageSource;
use rushes_domain::{ApiError, ErrorCode, TaskId};
use rushes_render::PictureError;
use rushes_store::{NewImage, NewImageSource};
use sha2::{Digest as _, Sha256};

use super::decoding::{Decoding, Ticket};
use crate::app::App;
use crate::http::error::HttpError;
use crate::storage::{Storage, image_path};

/// An image of a request: measured, not yet written.
#[derive(Debug)]
pub(super) enum Incoming {
    /// Its bytes were in the request.
    Inline {
        /// The picture file.
        bytes: Bytes,
        /// Its media type by content.
        mime: &'static str,
        /// Its size as its header says.
        pixels: u64,
    },
    /// The task fetches it.
    Url(String),
}

/// Looks at the headers of all pictures.
pub(super) fn probe_all(images: Vec<ImageSource>) -> Result<Vec<Incoming>, ApiError> {
    let probe = |(position, image)| match image {
        ImageSource::Url(url) => Ok(Incoming::Url(url)),
        ImageSource::Inline(bytes) => {
            let probe = rushes_render::probe(&bytes).map_err(|error| refusal(position, &error))?;
            let pixels = u64::from(probe.width) * u64::from(probe.height);
            Ok(Incoming::Inline { bytes: bytes.into(), mime: probe.format.mime(), pixels })
        }
    };
    images.into_iter().enumerate().map(probe).collect()
}

/// Decodes all pictures to the end, each in its turn.
pub(super) async fn decode_all(
    decoding: &Decoding,
    ticket: &Ticket,
    images: &[Incoming],
) -> Result<(), HttpError> {
    for (position, image) in images.iter().enumerate() {
        let Incoming::Inline { bytes, pixels, .. } = image else { continue };
        let place = decoding.turn(ticket, *pixels).await?;
        let bytes = bytes.clone();
        let decoded = tokio::task::spawn_blocking(move || {
            let decoded = rushes_render::decode(&bytes).map(drop);
            drop(place);
            decoded
        });
        decoded
            .await
            .map_err(|source| HttpError::internal(&source))?
            .map_err(|error| refusal(position, &error))?;
    }
    Ok(())
}

fn refusal(position: usize, error: &PictureError) -> ApiError {
    let code = match error {
        PictureError::Unsupported(_) => ErrorCode::ImageUnsupported,
        PictureError::TooLarge(_) => ErrorCode::ImageTooLarge,
    };
    ApiError::new(code, format!("image {}: {error}", position + 1))
        .with_param(format!("image_urls[{position}]"))
}

/// The files that were written for a task that is not there yet.
#[derive(Debug)]
pub(super) struct Written {
    storage: Storage,
    paths: Vec<String>,
    /// What the task's rows will say.
    pub(super) images: Vec<NewImage>,
}

impl Written {
    /// Writes and syncs all pictures; on an error nothing is left.
    pub(super) async fn write(
        app: &App,
        id: TaskId,
        images: Vec<Incoming>,
    ) -> Result<Self, HttpError> {
        let mut written =
            Self { storage: app.storage.clone(), paths: Vec::new(), images: Vec::new() };
        for (position, image) in images.into_iter().enumerate() {
            let source = match image {
                Incoming::Url(url) => NewImageSource::Url(url),
                Incoming::Inline { bytes, mime, .. } => {
                    match written.write_one(id, position, bytes, mime).await {
                        Ok(source) => source,
                        Err(error) => {
                            written.remove().await;
                            return Err(error);
                        }
                    }
                }
            };
            written.images.push(NewImage { source });
        }
        Ok(written)
    }

    async fn write_one(
        &mut self,
        id: TaskId,
        position: usize,
        bytes: Bytes,
        mime: &str,
    ) -> Result<NewImageSource, HttpError> {
        let path = image_path(id, position);
        let bytes_len = bytes.len() as u64;
        let hashed = bytes.clone();
        let sha256_hex =
            tokio::task::spawn_blocking(move || format!("{:x}", Sha256::digest(&hashed)))
                .await
                .map_err(|source| HttpError::internal(&source))?;
        self.paths.push(path.clone());
        self.storage.write(&path, bytes).await.map_err(|source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                crate::http::error::storage_full().into()
            }
            _ => HttpError::internal(&source),
        })?;
        Ok(NewImageSource::Inline { path, sha256_hex, mime: mime.to_owned(), bytes_len })
    }

    /// Takes the files back: the task was refused.
    pub(super) async fn remove(self) {
        for path in &self.paths {
            if let Err(source) = self.storage.remove(path).await {
                // The orphan sweep will find it.
                tracing::warn!(%path, error = %source, "a refused request's image stays behind");
            }
        }
    }
}
