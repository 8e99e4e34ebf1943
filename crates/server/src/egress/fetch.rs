//! One fetch: requests, redirects, the body.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_ENCODING, LOCATION, TRANSFER_ENCODING};
use reqwest::{Response, StatusCode};
use url::Url;

use super::Egress;
use super::cause::causes_text;
use super::error::FetchError;

/// Room for a body before its first bytes are there; what a server announces costs nothing yet.
const BODY_CAPACITY_START_BYTES: usize = 64 * 1024;

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The whole body as it was sent; may be empty, and need not be a picture.
    pub bytes: Bytes,
}

impl Egress {
    /// Fetches `url` within all limits. One try: whether there is another is the caller's choice.
    pub async fn fetch_image(&self, url: &str) -> Result<Fetched, FetchError> {
        let limit = Duration::from_millis(self.options.total_timeout_ms);
        let outcome = match tokio::time::timeout(limit, self.follow(url)).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(FetchError::timed_out(&self.options)),
        };
        if let Err(error) = &outcome {
            let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
            if error.blocked {
                tracing::info!(host, "image not fetched: {error}");
            } else {
                tracing::debug!(host, "image not fetched: {error}");
            }
        }
        outcome
    }

    /// Asks for `url` and for what its redirects lead to.
    async fn follow(&self, url: &str) -> Result<Fetched, FetchError> {
        let mut target = self.guard.first(url)?;
        for _ in 0..=self.options.redirects_max {
            let response = self.get(&target).await?;
            match response.status() {
                StatusCode::OK => return self.body(response).await,
                status if is_redirect(status) => {
                    let location = location(&response).ok_or_else(|| {
                        FetchError::lasting("A redirect does not say where it leads.")
                    })?;
                    target = self.guard.next(&target, &location)?;
                }
                status => return Err(FetchError::status(status)),
            }
        }
        Err(FetchError::too_many_redirects(&self.options))
    }

    /// One request, up to the end of the answer's head.
    async fn get(&self, target: &Url) -> Result<Response, FetchError> {
        let response =
            self.client.get(target.clone()).send().await.map_err(|error| self.failed(&error))?;
        if self.is_vetted(target, &response) { Ok(response) } else { Err(FetchError::not_public()) }
    }

    /// Nothing gets here that was not vetted; should that ever fail, the bytes stay unread.
    pub(super) fn is_vetted(&self, target: &Url, response: &Response) -> bool {
        let is_vetted = response.remote_addr().is_none_or(|peer| self.guard.permits(peer.ip()));
        if !is_vetted {
            let host = target.host_str();
            tracing::error!(host, "an address was dialled without being vetted");
        }
        is_vetted
    }

    /// The body, if it is sent plainly and within its limit.
    async fn body(&self, mut response: Response) -> Result<Fetched, FetchError> {
        if is_encoded(&response) {
            return Err(FetchError::lasting(
                "The image's server sent compressed content, which was not asked for.",
            ));
        }
        let bytes_max = self.options.body_bytes_max;
        let announced = response.content_length().map_or(Some(0), |len| usize::try_from(len).ok());
        let announced = match announced {
            Some(announced) if announced <= bytes_max => announced,
            _ => return Err(FetchError::too_large(&self.options)),
        };
        let mut bytes = BytesMut::with_capacity(announced.min(BODY_CAPACITY_START_BYTES));
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(&error))? {
            if chunk.len() > bytes_max - bytes.len() {
                return Err(FetchError::too_large(&self.options));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched { bytes: bytes.freeze() })
    }

    /// The customer's words for a transport error, whose causes go to the log.
    fn failed(&self, error: &reqwest::Error) -> FetchError {
        let host = error.url().and_then(Url::host_str);
        tracing::debug!(host, causes = causes_text(error), "an image request failed");
        FetchError::transport(error, &self.options)
    }
}

/// The statuses that lead elsewhere; 300, 304 and 305 do not.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where the redirect leads, as the server wrote it, if it says so in text.
pub(super) fn location(response: &Response) -> Option<String> {
    let value = response.headers().get(LOCATION)?;
    std::str::from_utf8(value.as_bytes()).ok().map(str::to_owned)
}

/// Whether the body is anything but the plain bytes, possibly in chunks.
pub(super) fn is_encoded(response: &Response) -> bool {
    let says_other = |name, plain: &str| {
        response.headers().get_all(name).iter().any(|value| match value.to_str() {
            Ok(text) => !text.trim().is_empty() && !text.trim().eq_ignore_ascii_case(plain),
            Err(_not_text) => true,
        })
    };
    says_other(CONTENT_ENCODING, "identity") || says_other(TRANSFER_ENCODING, "chunked")
}
