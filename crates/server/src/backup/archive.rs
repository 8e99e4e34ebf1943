//! The tar file itself (POSIX.1-2017, pax, "ustar Interchange Format"), written entry by entry.
//!
//! Not compressed: videos do not get smaller.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write as _};
use std::path::Path;

use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::manifest::Entry;
use super::{BackupError, at};

/// Mode of every entry: its owner's alone.
const MODE: u32 = 0o600;
/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// A tar file that is being written.
pub(super) struct Archive {
    builder: Builder<BufWriter<File>>,
    modified_at: u64,
    pub(super) entries: Vec<Entry>,
    pub(super) bytes: u64,
}

impl Archive {
    /// Makes the file, which must not be there yet. `modified_at`, seconds since 1970, is every
    /// entry's.
    pub(super) fn create(path: &Path, modified_at: i64) -> Result<Self, BackupError> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, MODE);
        let file = options.open(path).map_err(at(path))?;
        Ok(Self {
            builder: Builder::new(BufWriter::with_capacity(BUFFER_BYTES, file)),
            modified_at: u64::try_from(modified_at).unwrap_or(0),
            entries: Vec::new(),
            bytes: 0,
        })
    }

    /// Adds a file under a name; false if there is none.
    pub(super) fn add(&mut self, name: &str, path: &Path) -> Result<bool, BackupError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(at(path)(source)),
        };
        let bytes = file.metadata().map_err(at(path))?.len();
        // Opened is ours: the file may lose its name meanwhile, and never changes.
        self.append(name, bytes, file).map_err(at(path))?;
        Ok(true)
    }

    /// Adds bytes under a name.
    pub(super) fn add_bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        let size = bytes.len() as u64;
        self.append(name, size, bytes).map_err(at(Path::new(name)))
    }

    fn append(&mut self, name: &str, bytes: u64, source: impl Read) -> io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(MODE);
        header.set_size(bytes);
        header.set_mtime(self.modified_at);
        let mut hashing = Hashing { source: source.take(bytes), hash: Sha256::new(), read: 0 };
        self.builder.append_data(&mut header, name, &mut hashing)?;
        if hashing.read != bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let sha256 = hex(&hashing.hash.finalize());
        self.entries.push(Entry { path: name.to_owned(), bytes, sha256 });
        self.bytes += bytes;
        Ok(())
    }

    /// Ends the file and syncs it.
    pub(super) fn finish(self) -> io::Result<()> {
        let mut buffered = self.builder.into_inner()?;
        buffered.flush()?;
        buffered.get_ref().sync_all()
    }
}

/// Reads on and hashes what went by.
pub(super) struct Hashing<R> {
    pub(super) source: R,
    pub(super) hash: Sha256,
    pub(super) read: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.read += count as u64;
        Ok(count)
    }
}

/// Bytes as lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).fold(String::new(), |mut text, digit| {
        text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        text
    })
}
