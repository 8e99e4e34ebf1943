//! A file on its way to its name.
//!
//! Guarantees: a [`Part`] is whole and on the disk; neither it nor a [`PartWriter`] leaves anything
//! behind when it is dropped, apart from a crash, after which [`super::Storage::open`] cleans up.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};

use super::{TEMPORARY_ENDING, blocking};

/// Bytes that are gathered before they go to the disk, so that a slow sender does not cost a
/// system call for each of its packets.
const GATHERED_BYTES: usize = 256 * 1024;

/// Writes to a temporary name, syncs, renames, syncs the folder.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    Part::write(path, bytes)?.rename()
}

/// A file that is on the disk as a whole, but not yet under its name. Removed when dropped.
#[derive(Debug)]
pub struct Part {
    temporary: PathBuf,
    path: PathBuf,
}

impl Part {
    pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let (part, mut file) = Self::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(part)
    }

    /// The file without a byte; not yet what the type promises.
    fn create(path: &Path) -> io::Result<(Self, File)> {
        let part = Self { temporary: temporary_path(path), path: path.to_owned() };
        let file = File::create_new(&part.temporary)?;
        Ok((part, file))
    }

    /// Gives the file its name, durably; what had it before is gone.
    pub async fn publish(self) -> io::Result<()> {
        blocking(move || self.rename()).await
    }

    fn rename(self) -> io::Result<()> {
        let folder = self.path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::rename(&self.temporary, &self.path)?;
        File::open(folder)?.sync_all()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After the rename there is nothing to remove; a leftover goes at the next start.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// A name beside `path` that no other write has, of this process or of another.
fn temporary_path(path: &Path) -> PathBuf {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let number = WRITES.fetch_add(1, Ordering::Relaxed);
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}-{number}{TEMPORARY_ENDING}", std::process::id()));
    PathBuf::from(temporary)
}

/// Writes a file piece by piece.
#[derive(Debug)]
pub struct PartWriter {
    part: Part,
    /// Away while a write is under way: after one that failed or was dropped nobody knows what the
    /// file holds, and no more is written.
    file: Option<File>,
    gathered: BytesMut,
    bytes_len: u64,
}

impl PartWriter {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let (part, file) = Part::create(path)?;
        Ok(Self { part, file: Some(file), gathered: BytesMut::new(), bytes_len: 0 })
    }

    /// Appends bytes.
    pub async fn write(&mut self, bytes: &Bytes) -> io::Result<()> {
        self.bytes_len += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.gathered.len() + bytes.len() <= GATHERED_BYTES {
            self.gathered.extend_from_slice(bytes);
            return Ok(());
        }
        let gathered = self.gathered.split().freeze();
        let bytes = bytes.clone();
        self.with_file(move |file| {
            file.write_all(&gathered)?;
            file.write_all(&bytes)
        })
        .await
    }

    /// How many bytes were given so far.
    pub const fn bytes_len(&self) -> u64 {
        self.bytes_len
    }

    /// Brings all of it to the disk.
    pub async fn finish(mut self) -> io::Result<Part> {
        let gathered = self.gathered.split().freeze();
        self.with_file(move |file| {
            file.write_all(&gathered)?;
            file.sync_all()
        })
        .await?;
        Ok(self.part)
    }

    async fn with_file(
        &mut self,
        work: impl FnOnce(&mut File) -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        let unfinished = || io::Error::other("an earlier write to this file did not end well");
        let mut file = self.file.take().ok_or_else(unfinished)?;
        let written = blocking(move || work(&mut file).map(|()| file)).await?;
        self.file = Some(written);
        Ok(())
    }
}
