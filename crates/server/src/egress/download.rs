//! A finished video on its way from an upstream to the disk.
//!
//! Guarantees: who is asked, and with what, depends on where the video is.
//! - On the channel's own origin: the trusted client, with the credential, and no redirect at all.
//! - On one of its `media_origins`: the trusted client, without the credential, and no redirect to
//!   another origin.
//! - Anywhere else: the client for strangers' URLs, by the rules for pictures at every hop.
//!
//! Only a 200 counts, its first bytes must be those of a film, and never more than
//! [`super::EgressOptions::video_bytes_max`] of it are taken; the whole download and each silence
//! have limits in time. No message and no log line holds a path or a query: they are signatures
//! more often than not.
//!
//! Not here: whether the film is whole and plays (`rushes_render::inspect`; a body that ends with
//! its connection cannot be seen to be cut), and how often a download is tried.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Response, StatusCode};
use rushes_domain::image_url::{UrlProblem, parse_url};
use rushes_render::inspect::{START_BYTES, may_be_video};
use url::Url;

use super::Egress;
use super::cause::{Cause, Times, causes_text, duration_words, status_words};
use super::channel::ChannelHttp;
use super::fetch::{is_encoded, is_redirect, location};
use super::guard::Refusal;
use crate::storage::PartWriter;

/// What is asked for; an engine that has several forms of a film chooses by it.
const ACCEPT_VIDEO: HeaderValue = HeaderValue::from_static("video/mp4, */*;q=0.1");

/// Where a finished video is. Cannot be printed: addresses of videos are often signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum DownloadSource<'a> {
    /// At an address that the upstream gave.
    Url(&'a str),
    /// At a path below the channel's address.
    Path(&'a str),
}

/// Why a video is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DownloadError {
    /// A clause for operators, without any URL.
    pub message: String,
    /// Whether another try would meet the same.
    pub is_lasting: bool,
    /// Whether the URL, or a redirect, leads where the gateway does not go.
    pub blocked: bool,
}

impl DownloadError {
    fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_lasting: false, blocked: false }
    }

    fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_lasting: true, blocked: false }
    }

    fn blocked(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_lasting: true, blocked: true }
    }
}

impl From<Refusal> for DownloadError {
    fn from(refusal: Refusal) -> Self {
        let words = refusal.words("video");
        if refusal.is_blocked() { Self::blocked(words) } else { Self::lasting(words) }
    }
}

/// A URL, and who may be sent there.
#[derive(Clone)]
enum Hop {
    /// The channel's own origin.
    Own(Url),
    /// One of its further origins.
    Media(Url),
    /// Anywhere else; vetted.
    Stranger(Url),
}

impl Hop {
    const fn url(&self) -> &Url {
        match self {
            Self::Own(url) | Self::Media(url) | Self::Stranger(url) => url,
        }
    }
}

impl Egress {
    /// Fetches a finished video into `sink`, within all limits. One try; after an error the sink
    /// holds anything, and is of no use any more.
    pub async fn download(
        &self,
        channel: &ChannelHttp,
        source: DownloadSource<'_>,
        sink: &mut PartWriter,
    ) -> Result<(), DownloadError> {
        let limit_ms = channel.timeouts().download_ms;
        let download = Download { egress: self, channel };
        let limit = Duration::from_millis(limit_ms);
        let outcome = match tokio::time::timeout(limit, download.run(source, sink)).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => {
                let limit = duration_words(limit_ms);
                Err(DownloadError::passing(format!("the download was not over after {limit}")))
            }
        };
        if let Err(error) = &outcome {
            let host = match source {
                DownloadSource::Url(text) => Url::parse(text).ok(),
                DownloadSource::Path(path) => channel.url(path),
            };
            let host = host.as_ref().and_then(Url::host_str);
            tracing::info!(host, blocked = error.blocked, "video not fetched: {error}");
        }
        outcome
    }
}

impl Egress {
    /// The address of a video as a customer may be given it instead of a video of ours, if that can
    /// be: on the channel's own origin or one of its further ones, or anywhere else over https if
    /// its text passes as it would have to for a download; and without the channel's key in it.
    pub fn given_out(&self, channel: &ChannelHttp, text: &str) -> Option<Url> {
        let url = match (Download { egress: self, channel }.first(DownloadSource::Url(text))) {
            Ok(Hop::Own(url) | Hop::Media(url)) => url,
            Ok(Hop::Stranger(url)) if url.scheme() == "https" => url,
            _ => return None,
        };
        Some(url).filter(|url| !channel.is_secret_in(text) && !channel.is_secret_in(url.as_str()))
    }
}

/// One try.
struct Download<'a> {
    egress: &'a Egress,
    channel: &'a ChannelHttp,
}

impl Download<'_> {
    async fn run(
        &self,
        source: DownloadSource<'_>,
        sink: &mut PartWriter,
    ) -> Result<(), DownloadError> {
        let mut hop = self.first(source)?;
        let redirects_max = self.egress.options.redirects_max;
        for _ in 0..=redirects_max {
            let response = self.ask(&hop).await?;
            match response.status() {
                StatusCode::OK => return self.pour(&hop, response, sink).await,
                status if is_redirect(status) => hop = self.next(&hop, &response)?,
                status => {
                    let words = status_words(status);
                    return Err(DownloadError::passing(format!(
                        "the server answered with HTTP status {words}"
                    )));
                }
            }
        }
        Err(DownloadError::lasting(format!("there are more than {redirects_max} redirects")))
    }

    /// Where the video is said to be.
    fn first(&self, source: DownloadSource<'_>) -> Result<Hop, DownloadError> {
        let (guard, channel) = (&self.egress.guard, self.channel);
        let text = match source {
            DownloadSource::Url(text) => text,
            DownloadSource::Path(path) => {
                let outside =
                    || DownloadError::lasting("the video's path is none of the channel's");
                return channel.url(path).map(Hop::Own).ok_or_else(outside);
            }
        };
        let url = parse_url(text).map_err(|problem| match problem {
            UrlProblem::Invalid(_) => Refusal::Invalid,
            UrlProblem::Blocked(_) => Refusal::Blocked,
        })?;
        if channel.is_own_origin(&url) {
            return Ok(Hop::Own(url));
        }
        if channel.is_media_origin(&url) {
            return Ok(Hop::Media(url));
        }
        Ok(Hop::Stranger(guard.first(text)?))
    }

    /// Where a redirect leads, if it is followed.
    fn next(&self, hop: &Hop, response: &Response) -> Result<Hop, DownloadError> {
        let location = || {
            let nowhere = || DownloadError::lasting("a redirect does not say where it leads");
            location(response).ok_or_else(nowhere)
        };
        match hop {
            Hop::Own(_) => Err(DownloadError::blocked(
                "the channel's own server answered with a redirect, and none is followed there",
            )),
            Hop::Media(current) => {
                let target = current.join(&location()?).map_err(|_| Refusal::RedirectInvalid)?;
                let target = parse_url(target.as_str()).map_err(|problem| match problem {
                    UrlProblem::Invalid(_) => Refusal::RedirectInvalid,
                    UrlProblem::Blocked(_) => Refusal::RedirectBlocked,
                })?;
                if target.origin() != current.origin() {
                    let message = "a redirect leads away from the channel's media origin";
                    return Err(DownloadError::blocked(message));
                }
                Ok(Hop::Media(target))
            }
            Hop::Stranger(current) => {
                Ok(Hop::Stranger(self.egress.guard.next(current, &location()?)?))
            }
        }
    }

    /// One request, up to the end of the answer's head.
    async fn ask(&self, hop: &Hop) -> Result<Response, DownloadError> {
        let client = match hop {
            Hop::Own(_) | Hop::Media(_) => &self.channel.trusted().fresh,
            Hop::Stranger(_) => &self.egress.client,
        };
        let mut request = client.get(hop.url().clone()).header(ACCEPT, ACCEPT_VIDEO);
        if let (Hop::Own(_), Some(authorization)) = (hop, self.channel.authorization()) {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = self.soon(hop, request.send()).await?;
        if let Hop::Stranger(url) = hop
            && !self.egress.is_vetted(url, &response)
        {
            return Err(Refusal::NotPublic.into());
        }
        Ok(response)
    }

    /// The body, into the sink.
    async fn pour(
        &self,
        hop: &Hop,
        mut response: Response,
        sink: &mut PartWriter,
    ) -> Result<(), DownloadError> {
        if is_encoded(&response) {
            let message = "the server sent a compressed video, which was not asked for";
            return Err(DownloadError::lasting(message));
        }
        let most = self.egress.options.video_bytes_max;
        let too_long = || DownloadError::lasting(format!("the video is longer than {most} bytes"));
        if response.content_length().is_some_and(|announced| announced > most) {
            return Err(too_long());
        }
        let mut start = Vec::with_capacity(START_BYTES);
        let mut left = most;
        while let Some(chunk) = self.soon(hop, response.chunk()).await? {
            let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            left = left.checked_sub(length).ok_or_else(too_long)?;
            check_start(&mut start, &chunk)?;
            sink.write(&chunk)
                .await
                .map_err(|source| DownloadError::passing(format!("the disk failed: {source}")))?;
        }
        match start.len() {
            0 => Err(DownloadError::passing("the server sent an empty video")),
            START_BYTES => Ok(()),
            _ => Err(no_video()),
        }
    }

    /// What a request or a body gives next, if the server is not silent for too long.
    async fn soon<T>(
        &self,
        hop: &Hop,
        next: impl Future<Output = reqwest::Result<T>>,
    ) -> Result<T, DownloadError> {
        let options = &self.egress.options;
        let connect_ms = match hop {
            Hop::Own(_) | Hop::Media(_) => self.channel.trusted().times.connect_ms,
            Hop::Stranger(_) => options.connect_timeout_ms,
        };
        let times = Times { connect_ms, idle_ms: options.idle_timeout_ms };
        let limit = Duration::from_millis(options.idle_timeout_ms);
        let Ok(outcome) = tokio::time::timeout(limit, next).await else {
            return Err(DownloadError::passing(Cause::Silent.words(times)));
        };
        outcome.map_err(|error| {
            let host = hop.url().host_str();
            tracing::debug!(host, causes = causes_text(&error), "a download failed");
            match Cause::of(&error) {
                (Cause::NotPublic, _) => Refusal::NotPublic.into(),
                (cause, _) => DownloadError::passing(cause.words(times)),
            }
        })
    }
}

/// Looks at the first bytes once they are there.
fn check_start(start: &mut Vec<u8>, chunk: &Bytes) -> Result<(), DownloadError> {
    let missing = START_BYTES - start.len();
    if missing == 0 {
        return Ok(());
    }
    start.extend(chunk.iter().take(missing));
    if start.len() == START_BYTES && !may_be_video(start) { Err(no_video()) } else { Ok(()) }
}

fn no_video() -> DownloadError {
    DownloadError::lasting("what the server sent is no MP4 video")
}
