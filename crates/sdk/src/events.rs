//! One connection to a task's stream of events.
//!
//! Guarantees: what is not a stream is told apart by its answer; a connection that stays silent for
//! too long counts as broken. Not here: when to connect again (`follow`).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Response, StatusCode};
use tokio::time::{Instant, Sleep, sleep, timeout};
use url::Url;

use crate::client::Client;
use crate::error::Error;
use crate::sse::{Message, Parser, TooLong};
use crate::transport::{ANSWER_BYTES_MAX, READ_TIMEOUT, read_whole, refusal};

/// The media type of server-sent events.
const EVENT_STREAM: &str = "text/event-stream";
/// Pause after which a stream is tried again when the server names none.
const BUSY_PAUSE_DEFAULT: Duration = Duration::from_secs(5);

/// Silence after which a new connection counts as broken: the server says something at once, and
/// whatever keeps that back on the way keeps all of it back.
const FIRST_SILENCE_MAX: Duration = Duration::from_secs(10);

/// A future that can be kept and dropped anywhere.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What a server answers to whoever wants events.
pub(crate) enum Opened {
    /// Here they come.
    Stream(Box<Reading>),
    /// The task has ended, and its end was told.
    Over,
    /// It has no such thing. The task may be unknown too, which a question tells.
    None,
    /// There are too many streams, or the answer does not come; another try after this.
    Busy(Duration),
}

/// An open stream.
pub(crate) struct Reading {
    chunks: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    /// What came and was not parsed yet.
    rest: Bytes,
    parser: Parser,
    silence: Pin<Box<Sleep>>,
    silence_max: Duration,
}

impl Reading {
    fn new(response: Response, silence_max: Duration) -> Self {
        Self {
            chunks: Box::pin(response.bytes_stream()),
            rest: Bytes::new(),
            parser: Parser::default(),
            silence: Box::pin(sleep(silence_max.min(FIRST_SILENCE_MAX))),
            silence_max,
        }
    }

    /// After which time the server wants the stream to be opened again.
    pub(crate) fn retry(&self) -> Option<Duration> {
        self.parser.retry()
    }

    /// What the next bytes bring, which may be no event; nothing once the stream is over, be it
    /// that it ended, broke or fell silent.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Vec<Message>>, TooLong>> {
        if !self.rest.is_empty() {
            return Poll::Ready(self.parse().map(Some));
        }
        match self.chunks.as_mut().poll_next(context) {
            Poll::Ready(Some(Ok(bytes))) => {
                self.silence.as_mut().reset(Instant::now() + self.silence_max);
                self.rest = bytes;
                Poll::Ready(self.parse().map(Some))
            }
            Poll::Ready(_) => Poll::Ready(Ok(None)),
            Poll::Pending => self.silence.as_mut().poll(context).map(|()| Ok(None)),
        }
    }

    fn parse(&mut self) -> Result<Vec<Message>, TooLong> {
        let mut messages = Vec::new();
        let bytes = self.parser.push(&self.rest, &mut messages)?;
        drop(self.rest.split_to(bytes));
        Ok(messages)
    }
}

impl Client {
    /// Asks for a task's events behind `last_event_id` (empty: from where it stands).
    pub(crate) fn open_events(
        &self,
        task_id: &str,
        last_event_id: &str,
        silence_max: Duration,
    ) -> BoxFuture<Result<Opened, Error>> {
        let url = match self.url(&["video", "generations", task_id, "events"]) {
            Ok(url) => url,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let mut request = self
            .http
            .get(url.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, EVENT_STREAM);
        if let Ok(id) = HeaderValue::from_str(last_event_id)
            && !id.is_empty()
        {
            request = request.header("last-event-id", id);
        }
        Box::pin(async move {
            let opened = timeout(READ_TIMEOUT, open(request, &url, silence_max)).await;
            // Something on the way may keep streams back and nothing else.
            opened.unwrap_or(Ok(Opened::Busy(BUSY_PAUSE_DEFAULT)))
        })
    }
}

async fn open(request: RequestBuilder, url: &Url, silence_max: Duration) -> Result<Opened, Error> {
    let response = request.send().await;
    let response = response.map_err(|source| Error::from_transport(&source, url))?;
    let status = response.status();
    match status {
        StatusCode::OK if is_event_stream(&response) => {
            return Ok(Opened::Stream(Box::new(Reading::new(response, silence_max))));
        }
        StatusCode::NO_CONTENT => return Ok(Opened::Over),
        StatusCode::NOT_FOUND
        | StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::NOT_ACCEPTABLE
        | StatusCode::NOT_IMPLEMENTED => return Ok(Opened::None),
        status if status.is_success() => return Ok(Opened::None),
        _ => {}
    }
    let (headers, body) = read_whole(response, url, ANSWER_BYTES_MAX).await?;
    let error = refusal(status, &headers, body);
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            Ok(Opened::Busy(error.retry_after().unwrap_or(BUSY_PAUSE_DEFAULT)))
        }
        _ => Err(error),
    }
}

fn is_event_stream(response: &Response) -> bool {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|text| text.split(';').next()).unwrap_or("");
    essence.trim().eq_ignore_ascii_case(EVENT_STREAM)
}
