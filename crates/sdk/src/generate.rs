//! Creating a task.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{Client, Response, random_key};
use crate::error::Error;
use crate::events::BoxFuture;
use crate::image::Image;
use crate::task::Cost;
use crate::transport::Call;

/// What to make. Whatever is not set is the server's default.
///
/// ```
/// use rushes_sdk::{GenerateRequest, Image};
/// let request = GenerateRequest::new("grok-image-video", "a slow camera around the product")
///     .seconds(6)
///     .aspect_ratio("9:16")
///     .image(Image::url("https://example.com/product.png"))
///     .metadata("order", "4711");
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct GenerateRequest {
    model: String,
    prompt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aspect_ratio: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    image_urls: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    #[serde(flatten)]
    parameters: BTreeMap<String, Value>,
    #[serde(skip)]
    pub(crate) idempotency_key: Option<String>,
}

impl GenerateRequest {
    /// A video of this model from this prompt.
    pub fn new(model: impl Into<String>, prompt: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            prompt: prompt.into(),
            seconds: None,
            aspect_ratio: None,
            resolution: None,
            image_urls: Vec::new(),
            metadata: BTreeMap::new(),
            callback_url: None,
            parameters: BTreeMap::new(),
            idempotency_key: None,
        }
    }

    /// Length in seconds.
    #[must_use]
    pub const fn seconds(mut self, seconds: u32) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// For example `16:9`.
    #[must_use]
    pub fn aspect_ratio(mut self, aspect_ratio: impl Into<String>) -> Self {
        self.aspect_ratio = Some(aspect_ratio.into());
        self
    }

    /// For example `720p`.
    #[must_use]
    pub fn resolution(mut self, resolution: impl Into<String>) -> Self {
        self.resolution = Some(resolution.into());
        self
    }

    /// One more image, in the order in which they count.
    #[must_use]
    pub fn image(mut self, image: Image) -> Self {
        self.image_urls.push(image.into_url());
        self
    }

    /// A pair of the caller's own, echoed with the task.
    #[must_use]
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }

    /// A URL that is told what happens to this task alone; its host has to be that of one of the
    /// account's webhooks, whose secret signs it ([`webhook`](crate::webhook)).
    #[must_use]
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback_url = Some(url.into());
        self
    }

    /// A field that only some upstreams know, e.g. `seed` or `negative_prompt`. One that has a
    /// method here is set by that. Those that nobody knows are named in the answer's header
    /// `Rushes-Ignored-Fields`.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// The same key twice gives the same task. Without one, each call of
    /// [`Client::generate`](crate::Client::generate) makes up its own.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }
}

/// A create that is on its way to be sent; made by [`Client::generate`].
///
/// Awaited, it gives the accepted task; [`Generate::wait`] gives the finished one.
#[must_use = "nothing is sent before it is awaited"]
pub struct Generate {
    pub(crate) client: Client,
    call: Result<Call, Error>,
}

/// Shows where to, not what.
impl std::fmt::Debug for Generate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Generate").field("client", &self.client).finish_non_exhaustive()
    }
}

impl Client {
    /// Creates a task: `generate(&request).await` gives it once it is on the server's disk,
    /// `generate(&request).wait().await` once it has its video.
    ///
    /// Sends an `Idempotency-Key`, the request's or a random one, so that a repetition after a
    /// broken connection gives the same task and not a second one. A task that was accepted goes on
    /// whatever becomes of the future; if that is dropped before it is done, only a key of the
    /// caller's own tells whether there is a task.
    ///
    /// ```no_run
    /// # async fn run(client: rushes_sdk::Client) -> Result<(), rushes_sdk::Error> {
    /// use rushes_sdk::GenerateRequest;
    ///
    /// let request = GenerateRequest::new("grok-image-video", "rain on a window").seconds(4);
    /// let created = client.generate(&request).await?;
    /// println!("{} costs at most ${}", created.id, created.cost.as_ref().map_or("", |it| &it.amount));
    /// # Ok(())
    /// # }
    /// ```
    pub fn generate(&self, request: &GenerateRequest) -> Generate {
        let body = serde_json::to_vec(request)
            .map_err(|source| Error::Invalid(format!("the request is no JSON: {source}")));
        let call = body.map(|body| Call {
            idempotency_key: request.idempotency_key.clone().or_else(random_key),
            ..Call::post(self.url(&["video", "generations"]), Some(body.into()))
        });
        Generate { client: self.clone(), call }
    }
}

impl IntoFuture for Generate {
    type Output = Result<Response<Created>, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let answer = self.client.call(&self.call?).await?;
            self.client.read(answer)
        })
    }
}

/// A task that was accepted: it is on disk and will be worked on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Created {
    /// What to ask with.
    pub id: String,
    /// The model as the request named it.
    #[serde(default)]
    pub model: String,
    /// `queued`.
    #[serde(default)]
    pub status: String,
    /// Seconds since the epoch.
    #[serde(default)]
    pub created_at: i64,
    /// Length that will be made; cut to the model's limit with several images.
    #[serde(default)]
    pub seconds: Option<u32>,
    /// For example `16:9`.
    #[serde(default)]
    pub aspect_ratio: Option<String>,
    /// For example `720p`.
    #[serde(default)]
    pub resolution: Option<String>,
    /// What is set aside for it.
    #[serde(default)]
    pub cost: Option<Cost>,
}
