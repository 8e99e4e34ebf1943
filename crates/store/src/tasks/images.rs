//! The pictures of a request: where their bytes are while the task needs them.

use rushes_domain::TaskId;

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tasks::claim::Lease;
use crate::tasks::create::{NewImage, NewImageSource};
use crate::tasks::row::TaskRow;
use crate::tx::Tx;
use crate::value::{Column, FromColumn, Value};

/// Where an image of a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// With the request itself.
    Inline,
    /// From an address that the task fetches.
    Url,
}

impl ImageKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Url => "url",
        }
    }
}

impl From<ImageKind> for Value<'_> {
    fn from(kind: ImageKind) -> Self {
        kind.word().into()
    }
}

impl FromColumn for ImageKind {
    fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
        let word = String::from_column(column)?;
        [Self::Inline, Self::Url]
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| StoreError::corrupt("an image's source", &word))
    }
}

/// An image of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRow {
    /// Its place in the request, from 0.
    pub position: u32,
    /// Where it came from.
    pub source: ImageKind,
    /// Its address, if it came from one.
    pub url: Option<String>,
    /// Its file, relative to the data directory; none before it was fetched and after the task
    /// ended.
    pub path: Option<String>,
    /// Its media type, once known.
    pub mime: Option<String>,
    /// Its SHA-256 in hex, once known.
    pub sha256_hex: Option<String>,
    /// Its size, once known.
    pub bytes_len: Option<u64>,
}

/// An image that was fetched and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSnapshot {
    /// Which image of the task.
    pub position: u32,
    /// Its file, relative to the data directory.
    pub path: String,
    /// Its media type.
    pub mime: String,
    /// Its SHA-256 in hex.
    pub sha256_hex: String,
    /// Its size.
    pub bytes_len: u64,
}

pub(crate) const OF_TASK: &str = "SELECT position, source, url, path, mime, sha256, bytes
    FROM task_images WHERE task_id = $1 ORDER BY position";

/// A task's images in the order of the request.
pub fn images(tx: &mut Tx<'_>, id: TaskId) -> Result<Vec<ImageRow>, StoreError> {
    tx.rows(OF_TASK, params![id], |row| {
        Ok(ImageRow {
            position: row.take()?,
            source: row.take()?,
            url: row.take()?,
            path: row.take()?,
            mime: row.take()?,
            sha256_hex: row.take()?,
            bytes_len: row.take()?,
        })
    })
}

/// Writes the images of a new task.
pub(crate) fn insert(tx: &mut Tx<'_>, id: TaskId, images: &[NewImage]) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO task_images
        (task_id, position, source, url, path, mime, sha256, bytes)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    for (position, image) in images.iter().enumerate() {
        match &image.source {
            NewImageSource::Inline { path, sha256_hex, mime, bytes_len } => tx.exec(
                INSERT,
                params![
                    id,
                    position,
                    ImageKind::Inline,
                    Value::Null,
                    path,
                    mime,
                    sha256_hex,
                    *bytes_len
                ],
            )?,
            NewImageSource::Url(url) => tx.exec(
                INSERT,
                params![
                    id,
                    position,
                    ImageKind::Url,
                    url,
                    Value::Null,
                    Value::Null,
                    Value::Null,
                    Value::Null
                ],
            )?,
        };
    }
    Ok(())
}

pub(crate) const SET_SNAPSHOT: &str = "UPDATE task_images
    SET path = $4, mime = $5, sha256 = $6, bytes = $7
    WHERE task_id = $1 AND position = $3 AND EXISTS (
        SELECT 1 FROM tasks WHERE id = $1 AND lease_epoch = $2 AND finished_at IS NULL
    )";

/// Notes the file of a fetched image, if the caller still has the task.
pub fn set_image_snapshot(
    tx: &mut Tx<'_>,
    lease: &Lease,
    snapshot: &ImageSnapshot,
) -> Result<(), StoreError> {
    let touched = tx.exec(
        SET_SNAPSHOT,
        params![
            lease.task_id,
            lease.epoch,
            snapshot.position,
            &snapshot.path,
            &snapshot.mime,
            &snapshot.sha256_hex,
            snapshot.bytes_len
        ],
    )?;
    if touched == 1 { Ok(()) } else { Err(StoreError::Fenced) }
}

pub(crate) const RELEASE: &str = "UPDATE task_images SET path = NULL
    WHERE task_id = $1 AND path IS NOT NULL";

/// Lets go of an ended task's image files.
pub(crate) fn release(tx: &mut Tx<'_>, task: &TaskRow) -> Result<(), StoreError> {
    if task.image_count == 0 {
        return Ok(());
    }
    let paths: Vec<String> =
        images(tx, task.id)?.into_iter().filter_map(|image| image.path).collect();
    if !paths.is_empty() {
        tx.exec(RELEASE, params![task.id])?;
        tx.changed(Change::FilesUnreferenced(paths));
    }
    Ok(())
}
