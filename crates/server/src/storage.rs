//! Files below the data directory: videos, posters, image snapshots.
//!
//! Guarantees: a file under its final name is whole and on the disk (temporary name, fsync,
//! rename, fsync of the folder), also if several are written under it at once: the last rename
//! counts, and the bytes of two are never mixed. A name can never leave the data directory. Not
//! here: which row names which file, and when a file may go; the store and the worker decide that.

mod part;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use rushes_domain::TaskId;

pub use part::{Part, PartWriter, write_durably};

/// Folder of videos and posters.
pub const FILES_FOLDER: &str = "files";
/// Folder of image snapshots.
pub const IMAGES_FOLDER: &str = "images";
/// Ending of a file that is still being written.
const TEMPORARY_ENDING: &str = ".part";

/// Relative path of a task's video.
pub fn video_path(id: TaskId) -> String {
    format!("{FILES_FOLDER}/{}.mp4", id.hex())
}

/// Relative path of a task's poster.
pub fn poster_path(id: TaskId) -> String {
    format!("{FILES_FOLDER}/{}.jpg", id.hex())
}

/// Relative path of a task's image number `position`, counted from 0.
pub fn image_path(id: TaskId, position: usize) -> String {
    format!("{IMAGES_FOLDER}/{}-{position}", id.hex())
}

/// The data directory's files.
#[derive(Debug, Clone)]
pub struct Storage {
    root: Arc<Path>,
}

impl Storage {
    /// Opens the data directory and makes its folders; leftovers of unfinished writes go.
    pub fn open(root: &Path) -> io::Result<Self> {
        for folder in [FILES_FOLDER, IMAGES_FOLDER] {
            let path = root.join(folder);
            fs::create_dir_all(&path)?;
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().ends_with(TEMPORARY_ENDING) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        Ok(Self { root: Arc::from(root) })
    }

    /// Writes a whole file durably; when this returns, it survives a power cut.
    pub async fn write(&self, relative: &str, bytes: Bytes) -> io::Result<()> {
        let path = self.resolve(relative)?;
        blocking(move || write_durably(&path, &bytes)).await
    }

    /// Writes a whole file durably under a temporary name. It goes unless it is published.
    pub async fn write_part(&self, relative: &str, bytes: Bytes) -> io::Result<Part> {
        let path = self.resolve(relative)?;
        blocking(move || Part::write(&path, &bytes)).await
    }

    /// Begins a file whose bytes come piece by piece, under a temporary name. It goes unless it is
    /// finished and published.
    pub async fn part_writer(&self, relative: &str) -> io::Result<PartWriter> {
        let path = self.resolve(relative)?;
        blocking(move || PartWriter::create(&path)).await
    }

    /// Reads a whole file.
    pub async fn read(&self, relative: &str) -> io::Result<Bytes> {
        let path = self.resolve(relative)?;
        blocking(move || fs::read(path).map(Bytes::from)).await
    }

    /// Opens a file for streaming.
    pub async fn open_file(&self, relative: &str) -> io::Result<tokio::fs::File> {
        tokio::fs::File::open(self.resolve(relative)?).await
    }

    /// Removes a file; one that is not there is no error.
    pub async fn remove(&self, relative: &str) -> io::Result<()> {
        let path = self.resolve(relative)?;
        blocking(move || match fs::remove_file(path) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        })
        .await
    }

    /// Free disk below the data directory, in bytes.
    pub fn free_bytes(&self) -> io::Result<u64> {
        fs4::available_space(&self.root)
    }

    /// Relative paths of all files in a folder, unfinished writes left out.
    pub async fn list(&self, folder: &'static str) -> io::Result<Vec<String>> {
        let path = self.root.join(folder);
        blocking(move || {
            let mut paths = Vec::new();
            for entry in fs::read_dir(path)? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if !name.ends_with(TEMPORARY_ENDING) {
                    paths.push(format!("{folder}/{name}"));
                }
            }
            Ok(paths)
        })
        .await
    }

    /// When a file was last written, as the file system says.
    pub async fn modified(&self, relative: &str) -> io::Result<std::time::SystemTime> {
        let path = self.resolve(relative)?;
        blocking(move || fs::metadata(path)?.modified()).await
    }

    /// The absolute path behind a relative one that the store gave out.
    fn resolve(&self, relative: &str) -> io::Result<PathBuf> {
        let is_plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        };
        let mut parts = relative.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(FILES_FOLDER | IMAGES_FOLDER), Some(name), None) if is_plain(name) => {
                Ok(self.root.join(relative))
            }
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("not a path of the storage: {relative:?}"),
            )),
        }
    }
}

async fn blocking<T, F>(work: F) -> io::Result<T>
where
    F: FnOnce() -> io::Result<T> + Send + 'static,
    T: Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
