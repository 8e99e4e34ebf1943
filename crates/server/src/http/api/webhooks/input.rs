//! What a request says about an endpoint, checked.

use rushes_domain::ApiError;
use rushes_domain::webhook::{EventType, host_of};
use rushes_store::{DisabledBy, EndpointTerms};
use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use crate::app::App;
use crate::http::api::fields;
use crate::openapi::new::needing;
use crate::openapi::words::EventWord;

/// Most characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 200;

/// A webhook's fields; absent ones stay as they are.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookChange)]
pub(super) struct WebhookInput {
    /// Where events are posted. Its host is a name that leads to public addresses alone.
    #[schema(max_length = 2_048, pattern = "^https://[^#]+$", format = "uri")]
    #[schema(examples("https://shop.example.com/rushes"))]
    url: Option<String>,
    /// For people; without line breaks.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", examples("the shop"))]
    description: Option<String>,
    /// Which events are sent; all of them for a new webhook that names none.
    #[schema(inline, value_type = Option<Vec<EventWord>>, min_items = 1)]
    event_types: Option<Vec<String>>,
    /// Whether anything is sent. What an operator disabled, an operator alone enables.
    pub(super) enabled: Option<bool>,
}

/// A new webhook.
pub(super) struct NewWebhook;

impl ToSchema for NewWebhook {}

impl PartialSchema for NewWebhook {
    fn schema() -> RefOr<Schema> {
        needing::<WebhookInput>("A new webhook.", &["url"])
    }
}

impl WebhookInput {
    /// Looks at the URL, if there is one, and at what its name means now.
    pub(super) async fn vet(&self, app: &App) -> Result<(), ApiError> {
        match &self.url {
            Some(url) => app.egress.vet_webhook("url", url).await.map(drop),
            None => Ok(()),
        }
    }

    /// The terms of a new endpoint: everything is told unless something is named.
    pub(super) fn first_terms(&self) -> Result<EndpointTerms, ApiError> {
        if self.url.is_none() {
            return Err(ApiError::invalid("url", "url is required"));
        }
        let nothing = EndpointTerms {
            url: String::new(),
            host: String::new(),
            description: String::new(),
            event_types: EventType::ALL.to_vec(),
            disabled_by: None,
        };
        self.terms(&nothing, DisabledBy::Owner)
    }

    /// The terms after this request, by whoever disables.
    pub(super) fn terms(
        &self,
        before: &EndpointTerms,
        by: DisabledBy,
    ) -> Result<EndpointTerms, ApiError> {
        let mut terms = before.clone();
        if let Some(url) = &self.url {
            terms.host = host_of(url).unwrap_or_default();
            terms.url.clone_from(url);
        }
        if let Some(given) = &self.description {
            terms.description = fields::text("description", given, DESCRIPTION_CHARS_MAX)?;
        }
        if let Some(names) = &self.event_types {
            terms.event_types = event_types(names)?;
        }
        match self.enabled {
            Some(true) => terms.disabled_by = None,
            // An operator's word stays an operator's, and what the gateway did is not rewritten.
            Some(false) if by == DisabledBy::Operator => terms.disabled_by = Some(by),
            Some(false) => terms.disabled_by = terms.disabled_by.or(Some(by)),
            None => {}
        }
        Ok(terms)
    }
}

fn event_types(names: &[String]) -> Result<Vec<EventType>, ApiError> {
    let refuse = || {
        let known: Vec<&str> = EventType::ALL.iter().map(|each| each.as_str()).collect();
        let text = format!("event_types must be some of: {}", known.join(", "));
        ApiError::invalid("event_types", text)
    };
    // In the order in which they happen, each once.
    let wanted = |each: &EventType| names.iter().any(|name| name == each.as_str());
    let known = |name: &String| EventType::ALL.iter().any(|each| each.as_str() == name);
    if names.is_empty() || !names.iter().all(known) {
        return Err(refuse());
    }
    Ok(EventType::ALL.into_iter().filter(wanted).collect())
}
