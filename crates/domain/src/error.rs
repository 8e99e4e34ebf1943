//! The one error table: code → HTTP status → type → retryable → title.
//!
//! Guarantees: the enum, the error page and the bodies are made from [`ErrorCode`] alone, so a
//! code without a status or a sentence cannot exist. The body is readable by clients of both
//! common families (contract 2).

use serde::{Deserialize, Serialize};

macro_rules! error_codes {
    ($($(#[$meta:meta])* $variant:ident, $word:literal, $status:literal, $kind:literal, $retryable:literal, $title:literal;)*) => {
        /// A code that the API answers with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode { $($(#[$meta])* $variant,)* }

        impl ErrorCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in JSON and in the anchor of the error page.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The coarse family that SDKs switch on.
            pub const fn kind(self) -> &'static str {
                match self { $(Self::$variant => $kind,)* }
            }

            /// Whether the same request may succeed later without a change.
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retryable,)* }
            }

            /// A short title for the error page: what happened and what to do.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

error_codes! {
    /// Key missing, malformed, unknown, revoked or expired.
    InvalidApiKey, "invalid_api_key", 401, "authentication_error", false,
        "The API key is missing or not valid. Send `Authorization: Bearer sk-…`. The first start of a gateway writes two keys to `bootstrap.json`; its operator makes others with `rushes keys create`.";
    /// The key's own list of models does not hold this one.
    ModelNotAllowed, "model_not_allowed", 403, "permission_error", false,
        "This API key may not use the model. Choose one that `GET /v1/models` lists.";
    /// The group's list of models does not hold this one.
    GroupNotAllowed, "group_not_allowed", 403, "permission_error", false,
        "The account's group may not use the model. Choose one that `GET /v1/models` lists, or ask the operator.";
    /// The account's balance does not cover the price.
    InsufficientQuota, "insufficient_quota", 403, "insufficient_quota", false,
        "The balance does not cover the price. The message says what is needed and what is left.";
    /// The key's own budget does not cover the price.
    KeyBudgetExceeded, "key_budget_exceeded", 403, "insufficient_quota", false,
        "The API key's budget does not cover the price. Raise it, use another key, or wait: a monthly budget starts again with the month.";
    /// The caller's address is not on the key's list.
    IpNotAllowed, "ip_not_allowed", 403, "permission_error", false,
        "The API key may not be used from this address. Call from a network on the key's list, or change that list.";
    /// The account was disabled by an operator.
    AccountDisabled, "account_disabled", 403, "permission_error", false,
        "The account is disabled. Ask the operator of this gateway.";
    /// A browser says that another site made it send a request that changes something.
    CrossSiteRequest, "cross_site_request", 403, "permission_error", false,
        "The request comes from another website. Use this gateway's own pages, or an API key.";
    /// Neither a session nor a key came with a request that needs one of them.
    NotSignedIn, "not_signed_in", 401, "authentication_error", false,
        "Sign in, or send an API key with the scope `manage`.";
    /// Name or password is wrong, or the one-time link is used up.
    InvalidCredentials, "invalid_credentials", 401, "authentication_error", false,
        "Name or password is wrong, or the link was used or has expired.";
    /// The caller's role, or the key's scope, does not allow it.
    PermissionDenied, "permission_denied", 403, "permission_error", false,
        "The role of this account, or the scope of this API key, does not allow it. The message says what is needed: use such a key, or ask the operator.";
    /// The password was shown too long ago for this.
    ConfirmationRequired, "confirmation_required", 403, "permission_error", false,
        "Enter the password once more: `POST /api/session/confirm`, then repeat the request.";
    /// Nobody may sign up by themselves.
    RegistrationClosed, "registration_closed", 403, "permission_error", false,
        "Accounts are made by the operator of this gateway.";
    /// The operator keeps no copy of keys.
    KeyRevealOff, "key_reveal_off", 403, "permission_error", false,
        "Keys are shown once, when they are made. Roll the key to get a new one.";
    /// A name is taken, or the object was changed or is in use.
    Conflict, "conflict", 409, "invalid_request_error", false,
        "The name is taken, or the object is in use or in another state. The message says which: choose another name, or read the object anew before you change it.";
    /// No such redemption code, or not any more.
    CodeInvalid, "code_invalid", 400, "invalid_request_error", false,
        "The code is not known, was used or revoked, or has expired.";
    /// A field is missing, of the wrong type or out of range.
    InvalidRequest, "invalid_request", 400, "invalid_request_error", false,
        "The request is not valid. The message names the field and the allowed values.";
    /// No such model.
    ModelNotFound, "model_not_found", 400, "invalid_request_error", false,
        "The model does not exist. `GET /v1/models` lists yours.";
    /// The images do not fit the model or each other.
    InvalidReferenceImages, "invalid_reference_images", 400, "invalid_request_error", false,
        "The reference images do not fit the model or each other. The message says what to change.";
    /// An image is neither an http(s) URL nor a complete data URL.
    ImageUrlInvalid, "image_url_invalid", 400, "invalid_request_error", false,
        "An image is neither an http(s) URL nor a complete `data:image/…;base64,` URL.";
    /// An image URL points where the gateway does not go.
    ImageUrlBlocked, "image_url_blocked", 400, "invalid_request_error", false,
        "The image URL points to an address, scheme or port that is not allowed. Use a public http(s) address, or send the picture itself.";
    /// The bytes are no PNG, JPEG, WebP or GIF that can be decoded.
    ImageUnsupported, "image_unsupported", 400, "invalid_request_error", false,
        "The image cannot be read. PNG, JPEG, WebP and GIF are supported.";
    /// More than 20 MB or 40 megapixels.
    ImageTooLarge, "image_too_large", 400, "invalid_request_error", false,
        "The image is over 20 MB or 40 megapixels. Make it smaller, then send it again.";
    /// The link's hour is over.
    UrlExpired, "url_expired", 403, "permission_error", false,
        "The link has expired. Ask for the task again: it holds a fresh link.";
    /// The link was changed, or was never signed here.
    LinkSignatureInvalid, "link_signature_invalid", 403, "permission_error", false,
        "The link's signature is not valid. Use the link exactly as the task shows it.";
    /// The file's time is over.
    ResultExpired, "result_expired", 410, "invalid_request_error", false,
        "The video is no longer kept. Create it again, and download it before its `expires_at`.";
    /// No such task among the caller's.
    TaskNotExist, "task_not_exist", 404, "invalid_request_error", false,
        "There is no such task among yours. Check the id, and use a key of the account that created it.";
    /// No such route.
    NotFound, "not_found", 404, "invalid_request_error", false,
        "There is nothing at this address. Compare method and path with the API reference.";
    /// The route exists, the method does not.
    MethodNotAllowed, "method_not_allowed", 405, "invalid_request_error", false,
        "The address exists, but not with this method.";
    /// The task has already ended otherwise.
    TaskAlreadyTerminal, "task_already_terminal", 409, "invalid_request_error", false,
        "The task has already ended and cannot be cancelled.";
    /// The idempotency key was used with another body.
    IdempotencyKeyReused, "idempotency_key_reused", 422, "invalid_request_error", false,
        "The idempotency key was used before with another request. Use a new one for each video.";
    /// The body did not arrive in time.
    RequestTimeout, "request_timeout", 408, "invalid_request_error", true,
        "The request did not arrive in time. Send it again, with smaller pictures if the connection is slow.";
    /// The body is over its limit.
    RequestTooLarge, "request_too_large", 413, "invalid_request_error", false,
        "The request body is too large. Send smaller pictures, or their addresses.";
    /// The content type is not JSON.
    UnsupportedMediaType, "unsupported_media_type", 415, "invalid_request_error", false,
        "The content type is not supported. Send `Content-Type: application/json`.";
    /// Gateways that are each other's channels.
    LoopDetected, "loop_detected", 508, "api_error", false,
        "The request went round in a loop of gateways. Tell the operator: a channel leads back here.";
    /// Too many requests.
    RateLimited, "rate_limited", 429, "rate_limit_error", true,
        "Too many requests. `Retry-After` says when to come back.";
    /// Too many tasks are waiting.
    QueueFull, "queue_full", 429, "rate_limit_error", true,
        "Too many tasks are waiting. Let some finish first.";
    /// Nothing serves the model now.
    NoChannel, "no_channel", 503, "api_error", true,
        "Nothing serves this model at the moment. Try again later or choose another model; the operator sees why with `rushes channels list`.";
    /// The disk is nearly full.
    StorageFull, "storage_full", 503, "api_error", true,
        "The gateway's storage is nearly full; the operator has to make room.";
    /// The gateway is stopping.
    ShuttingDown, "shutting_down", 503, "api_error", true,
        "The gateway is stopping. Try again in a moment.";
    /// Our own fault.
    InternalError, "internal_error", 500, "api_error", true,
        "An internal error. The request id leads the operator to the log.";
}

/// A refusal, as the API says it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct ApiError {
    /// Which entry of the table.
    pub code: ErrorCode,
    /// What is wrong with this very request, and what to do about it.
    pub message: String,
    /// The field that is to blame, if one is.
    pub param: Option<String>,
    /// Seconds after which to try again (`Retry-After`), if that is known.
    pub retry_after_seconds: Option<u32>,
    /// The limit that was reached, for the `RateLimit` headers of a 429.
    pub limit: Option<Limit>,
}

/// A limit as the `RateLimit` headers tell it (draft-ietf-httpapi-ratelimit-headers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The policy's name.
    pub name: &'static str,
    /// How many.
    pub quota: u32,
    /// In how many seconds; `None` for so many at a time.
    pub window_seconds: Option<u32>,
}

impl Limit {
    /// So many at a time.
    pub fn at_once(name: &'static str, quota: usize) -> Self {
        Self { name, quota: u32::try_from(quota).unwrap_or(u32::MAX), window_seconds: None }
    }
}

impl ApiError {
    /// An error with a message of its own.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message, param: None, retry_after_seconds: None, limit: None }
    }

    /// An `invalid_request` that names the field to blame.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message).with_param(param)
    }

    /// The same error, blaming `param`.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The same error with a `Retry-After`.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The same error, naming the limit that was reached.
    #[must_use]
    pub fn with_limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The body of contract 2, its fields in that order; `public_url` has no slash at its end.
    pub fn body<'a>(&'a self, request_id: &'a str, public_url: &str) -> ErrorBody<'a> {
        let code = self.code.as_str();
        ErrorBody {
            code,
            message: &self.message,
            data: None,
            error: ErrorDetail {
                code,
                message: &self.message,
                kind: self.code.kind(),
                param: self.param.as_deref(),
                request_id,
                doc_url: format!("{public_url}/docs/errors#{code}"),
            },
        }
    }
}

/// An error as JSON: one half for clients of the native family, `error` for those of the `OpenAI`
/// family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorBody<'a> {
    code: &'static str,
    message: &'a str,
    /// Always null.
    data: Option<()>,
    error: ErrorDetail<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ErrorDetail<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<&'a str>,
    request_id: &'a str,
    doc_url: String,
}
