//! The refusals of each kind of operation, made from the domain's table of errors.
//!
//! Guarantees: a refusal in the document has the status of its code and the one body that all
//! refusals have; a code that the table does not know does not compile. What operations answer in
//! tests is held against these lists (`tests/it/support/document.rs`).

use std::collections::BTreeMap;

use rushes_domain::ErrorCode;
use utoipa::IntoResponses;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// What can happen to any request that needs the store.
const ANY: &[ErrorCode] =
    &[ErrorCode::InternalError, ErrorCode::StorageFull, ErrorCode::ShuttingDown];
/// What can be wrong with an API key.
const KEY: &[ErrorCode] = &[
    ErrorCode::InvalidApiKey,
    ErrorCode::AccountDisabled,
    ErrorCode::IpNotAllowed,
    ErrorCode::PermissionDenied,
];
/// What can be wrong with a body.
const BODY: &[ErrorCode] = &[
    ErrorCode::InvalidRequest,
    ErrorCode::RequestTimeout,
    ErrorCode::RequestTooLarge,
    ErrorCode::UnsupportedMediaType,
    ErrorCode::RateLimited,
];
/// What can be wrong with a request for a video.
const VIDEO: &[ErrorCode] = &[
    ErrorCode::ModelNotFound,
    ErrorCode::InvalidReferenceImages,
    ErrorCode::ImageUrlInvalid,
    ErrorCode::ImageUrlBlocked,
    ErrorCode::ImageUnsupported,
    ErrorCode::ImageTooLarge,
    ErrorCode::ModelNotAllowed,
    ErrorCode::GroupNotAllowed,
    ErrorCode::LoopDetected,
];
/// What keeps a video from being taken now.
const PLACE: &[ErrorCode] = &[
    ErrorCode::InsufficientQuota,
    ErrorCode::KeyBudgetExceeded,
    ErrorCode::IdempotencyKeyReused,
    ErrorCode::QueueFull,
    ErrorCode::NoChannel,
];
/// What can be wrong with who acts on the JSON API.
const ACTOR: &[ErrorCode] = &[
    ErrorCode::NotSignedIn,
    ErrorCode::InvalidApiKey,
    ErrorCode::AccountDisabled,
    ErrorCode::IpNotAllowed,
    ErrorCode::PermissionDenied,
    ErrorCode::CrossSiteRequest,
];

/// An operation's refusals: one response for each status, which names its codes.
fn responses(lists: &[&[ErrorCode]]) -> BTreeMap<String, RefOr<Response>> {
    let mut codes_of: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in lists.iter().copied().flatten() {
        let codes = codes_of.entry(code.status()).or_default();
        if !codes.contains(&code.as_str()) {
            codes.push(code.as_str());
        }
    }
    let response =
        |(status, codes): (u16, Vec<&str>)| (status.to_string(), RefOr::T(refusal(status, &codes)));
    codes_of.into_iter().map(response).collect()
}

fn refusal(status: u16, codes: &[&str]) -> Response {
    let description = codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
    let response =
        ResponseBuilder::new().description(description).content("application/json", content);
    if !matches!(status, 429 | 503) {
        return response.build();
    }
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let header = HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("Seconds after which to try again."))
        .build();
    response.header("Retry-After", header).build()
}

/// The task is not there, or somebody else's.
const TASK: &[ErrorCode] = &[ErrorCode::TaskNotExist, ErrorCode::NotFound];
/// A query or header is wrong.
const QUERY: &[ErrorCode] = &[ErrorCode::InvalidRequest];
/// Something is asked for too often.
const OFTEN: &[ErrorCode] = &[ErrorCode::RateLimited];
/// The file is not there, or not any more.
const FILE: &[ErrorCode] =
    &[ErrorCode::NotFound, ErrorCode::TaskNotExist, ErrorCode::ResultExpired];
/// The redemption code is worth nothing.
const CODE: &[ErrorCode] = &[ErrorCode::CodeInvalid];
/// Another site sent it.
const CROSS_SITE: &[ErrorCode] = &[ErrorCode::CrossSiteRequest];
/// What keeps somebody out who comes without a session.
const COMING: &[ErrorCode] = &[ErrorCode::CrossSiteRequest, ErrorCode::AccountDisabled];
/// Name, password or link is wrong.
const CREDENTIALS: &[ErrorCode] = &[ErrorCode::InvalidCredentials];
/// Nobody signs up by themselves.
const CLOSED: &[ErrorCode] = &[ErrorCode::RegistrationClosed];
/// What keeps a key's secret from being shown.
const REVEAL: &[ErrorCode] = &[ErrorCode::ConfirmationRequired, ErrorCode::KeyRevealOff];
/// A link is not valid.
const LINK: &[ErrorCode] = &[ErrorCode::UrlExpired, ErrorCode::LinkSignatureInvalid];
/// There is no such thing.
const ABSENT: &[ErrorCode] = &[ErrorCode::NotFound];
/// The task has ended.
const ENDED: &[ErrorCode] = &[ErrorCode::TaskAlreadyTerminal];
/// The thing is in another state.
const CONFLICT: &[ErrorCode] = &[ErrorCode::Conflict];

macro_rules! refusals {
    ($($(#[doc = $text:literal])+ $name:ident: $($list:expr),+;)*) => {$(
        $(#[doc = $text])+
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                responses(&[$($list),+])
            }
        }
    )*};
}

refusals! {
    /// Of a request that makes a video.
    Create: KEY, BODY, VIDEO, PLACE, ANY;
    /// Of a question for a price.
    Estimate: KEY, BODY, VIDEO, ANY;
    /// Of a look at what a key may see.
    Look: KEY, ANY;
    /// Of a list of tasks.
    List: KEY, QUERY, OFTEN, ANY;
    /// Of a look at one model.
    LookAtModel: KEY, ABSENT, ANY;
    /// Of a look at one task.
    LookAtTask: KEY, QUERY, TASK, ANY;
    /// Of following one task.
    Follow: KEY, TASK, OFTEN, ANY;
    /// Of calling a task off.
    Cancel: KEY, TASK, ENDED, ANY;
    /// Of a removal of a task.
    Delete: KEY, TASK, ANY;
    /// Of a task's file by its key.
    Content: KEY, QUERY, FILE, ANY;
    /// Of a file by its link.
    File: LINK, FILE, ANY;
    /// Of a question whether the gateway can serve.
    Ready: ANY;
    /// Of an operator's figures.
    Scrape: KEY, ANY;
    /// Of a correction of an account's money.
    ApiAdjust: ACTOR, BODY, TASK, CONFLICT, ANY;
    /// Of redeeming a code.
    ApiRedeem: ACTOR, BODY, CODE, CONFLICT, ANY;
    /// Of signing in.
    SignIn: COMING, BODY, CREDENTIALS, ANY;
    /// Of signing up.
    SignUp: COMING, BODY, CLOSED, CONFLICT, ANY;
    /// Of signing out.
    SignOut: CROSS_SITE, ANY;
    /// Of what needs the password.
    ApiPassword: ACTOR, BODY, CREDENTIALS, ANY;
    /// Of showing a key's secret again.
    ApiReveal: ACTOR, OFTEN, ABSENT, CONFLICT, REVEAL, ANY;
    /// Of a look by the JSON API.
    ApiLook: ACTOR, QUERY, ABSENT, ANY;
    /// Of a request that makes a video by the JSON API.
    ApiCreate: ACTOR, BODY, VIDEO, PLACE, ANY;
    /// Of a question for a price by the JSON API.
    ApiEstimate: ACTOR, BODY, VIDEO, ANY;
    /// Of a list of tasks by the JSON API.
    ApiTasks: ACTOR, QUERY, OFTEN, ANY;
    /// Of a list of all accounts' tasks.
    ApiAllTasks: ACTOR, QUERY, OFTEN, ABSENT, ANY;
    /// Of following all tasks by the JSON API.
    ApiFollow: ACTOR, OFTEN, ANY;
    /// Of a look at one task by the JSON API.
    ApiTask: ACTOR, TASK, ANY;
    /// Of calling a task off by the JSON API.
    ApiCancel: ACTOR, OFTEN, TASK, ENDED, ANY;
    /// Of a removal of a task by the JSON API.
    ApiRemove: ACTOR, OFTEN, TASK, ANY;
    /// Of a change by the JSON API.
    ApiChange: ACTOR, BODY, ABSENT, CONFLICT, ANY;
    /// Of a deed by the JSON API that needs no body.
    ApiDeed: ACTOR, OFTEN, ABSENT, CONFLICT, ANY;
}
