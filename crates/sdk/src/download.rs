//! Fetching a video into a file.
//!
//! Guarantees: the file appears under its name whole or not at all; a broken transfer goes on
//! where it broke; a server that falls silent, in whatever part of its answer, is not waited for
//! longer than the client's limit; the API key is not sent along, since the link carries its own right.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderName, IF_RANGE, LOCATION, RANGE};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};
use url::Url;

use crate::client::{Client, random_key};
use crate::error::Error;
use crate::transport::{ANSWER_BYTES_MAX, read_whole, refusal};

/// Tries in a row that bring no byte.
const FRUITLESS_TRIES_MAX: u32 = 4;
/// Pause before a transfer goes on.
const PAUSE: Duration = Duration::from_millis(500);
/// Redirects that are followed.
const REDIRECTS_MAX: u32 = 5;
/// Largest file that is fetched, in bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downloaded {
    /// Bytes that are there.
    pub bytes: u64,
    /// Bytes in all, if the server says it.
    pub total: Option<u64>,
}

/// What a transfer has brought so far.
struct Transfer {
    url: Url,
    file: File,
    part: Part,
    bytes: u64,
    total: Option<u64>,
    /// Strong validator of the bytes that are there.
    etag: Option<String>,
}

/// The temporary file; removed unless it became the real one, also when the future is dropped.
struct Part {
    path: PathBuf,
}

impl Drop for Part {
    fn drop(&mut self) {
        // Gone after the rename; else there is nobody left to tell.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Client {
    /// Fetches `url` (a task's `result_url`) into the file `path`, replacing what is there.
    pub async fn download(
        &self,
        url: &str,
        path: &Path,
        mut progress: impl FnMut(Downloaded),
    ) -> Result<Downloaded, Error> {
        let mut transfer = Transfer::start(url, path).await?;
        let mut fruitless_tries = 0;
        loop {
            let bytes_before = transfer.bytes;
            match self.go_on(&mut transfer, &mut progress).await {
                Ok(()) => break,
                Err(error) if !error.is_passing() => return Err(error),
                Err(error) => {
                    let is_fruitful = transfer.bytes > bytes_before;
                    fruitless_tries = if is_fruitful { 0 } else { fruitless_tries + 1 };
                    if fruitless_tries >= FRUITLESS_TRIES_MAX {
                        return Err(error);
                    }
                    sleep(PAUSE).await;
                }
            }
        }
        transfer.finish(path).await
    }

    /// One request: from the first missing byte to the end.
    async fn go_on(
        &self,
        transfer: &mut Transfer,
        progress: &mut impl FnMut(Downloaded),
    ) -> Result<(), Error> {
        let response = self.open(transfer).await?;
        let mut response = transfer.accept(response, self.silence_max).await?;
        loop {
            let chunk = timeout(self.silence_max, response.chunk()).await;
            let chunk = chunk.map_err(|_| silence(&transfer.url))?;
            let chunk = chunk.map_err(|source| Error::from_transport(&source, &transfer.url))?;
            let Some(chunk) = chunk else { break };
            transfer.write(&chunk).await?;
            progress(Downloaded { bytes: transfer.bytes, total: transfer.total });
        }
        if transfer.total.is_some_and(|total| total != transfer.bytes) {
            return Err(Error::broken(&transfer.url, "the transfer ended early"));
        }
        Ok(())
    }

    /// Asks for what is missing, following redirects.
    async fn open(&self, transfer: &Transfer) -> Result<reqwest::Response, Error> {
        let mut url = transfer.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let mut request = self.http.get(url.clone());
            if let Some(etag) = transfer.etag.as_deref().filter(|_| transfer.bytes > 0) {
                request = request
                    .header(RANGE, format!("bytes={}-", transfer.bytes))
                    .header(IF_RANGE, etag);
            }
            let response = timeout(self.silence_max, request.send()).await;
            let response = response.map_err(|_| silence(&url))?;
            let response = response.map_err(|source| Error::from_transport(&source, &url))?;
            let target = text(response.headers(), &LOCATION);
            match target.filter(|_| response.status().is_redirection()) {
                None => return Ok(response),
                Some(target) => {
                    url = url
                        .join(target)
                        .map_err(|_| Error::Protocol("the video's link leads nowhere".into()))?;
                }
            }
        }
        Err(Error::Protocol("the video's link redirects in circles".into()))
    }
}

impl Transfer {
    async fn start(url: &str, path: &Path) -> Result<Self, Error> {
        let url = Url::parse(url)
            .map_err(|_| Error::Invalid(format!("\"{url}\" is not the address of a video")))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let name = format!(".rushes-{}.part", random_key().unwrap_or_default());
        let part = Part { path: folder.unwrap_or(Path::new(".")).join(name) };
        let file =
            File::create_new(&part.path).await.map_err(|source| Error::file(path, source))?;
        Ok(Self { url, file, part, bytes: 0, total: None, etag: None })
    }

    /// Checks that the answer fits what is there, or starts anew.
    async fn accept(
        &mut self,
        response: reqwest::Response,
        silence_max: Duration,
    ) -> Result<reqwest::Response, Error> {
        let status = response.status();
        match status {
            StatusCode::OK => self.restart().await?,
            StatusCode::PARTIAL_CONTENT
                if content_start(response.headers()) == Some(self.bytes) => {}
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                self.restart().await?;
                return Err(Error::broken(&self.url, "the server answered with another range"));
            }
            _ => {
                let headers = response.headers().clone();
                let reading = read_whole(response, &self.url, ANSWER_BYTES_MAX);
                // The status says enough if the words to it do not come.
                let body = match timeout(silence_max, reading).await {
                    Ok(Ok((_, body))) => body,
                    Ok(Err(_)) | Err(_) => Vec::new(),
                };
                return Err(refusal(status, &headers, body));
            }
        }
        self.total = response.content_length().map(|rest| self.bytes + rest);
        self.etag = text(response.headers(), &ETAG)
            .filter(|etag| !etag.starts_with("W/"))
            .map(str::to_owned);
        if self.total.is_some_and(|total| total > FILE_BYTES_MAX) {
            return Err(Error::Protocol("the file is larger than any video".into()));
        }
        Ok(response)
    }

    async fn restart(&mut self) -> Result<(), Error> {
        (self.bytes, self.total, self.etag) = (0, None, None);
        let outcome = async {
            self.file.set_len(0).await?;
            self.file.rewind().await
        };
        let outcome: std::io::Result<u64> = outcome.await;
        outcome.map(drop).map_err(|source| Error::file(&self.part.path, source))
    }

    async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let outcome = self.file.write_all(chunk).await;
        outcome.map_err(|source| Error::file(&self.part.path, source))?;
        self.bytes += chunk.len() as u64;
        if self.bytes > FILE_BYTES_MAX {
            return Err(Error::Protocol("the file is larger than any video".into()));
        }
        Ok(())
    }

    async fn finish(self, path: &Path) -> Result<Downloaded, Error> {
        let Self { mut file, part, bytes, .. } = self;
        let outcome = async {
            file.flush().await?;
            file.sync_all().await?;
            drop(file);
            tokio::fs::rename(&part.path, path).await
        };
        outcome.await.map_err(|source| Error::file(path, source))?;
        Ok(Downloaded { bytes, total: Some(bytes) })
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The first byte of `Content-Range: bytes 5-9/10`.
fn content_start(headers: &HeaderMap) -> Option<u64> {
    let range = text(headers, &CONTENT_RANGE)?.strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}

fn silence(url: &Url) -> Error {
    Error::broken(url, "no answer in time")
}
