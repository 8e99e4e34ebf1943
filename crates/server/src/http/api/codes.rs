//! Redemption codes: operators make them, whoever has one takes its worth, once.
//!
//! Guarantees: a code is shown in the answer that makes it and kept as its SHA-256; guessing is
//! throttled for the account and the address before anything is looked up.

mod shapes;

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::account::key_hash;
use rushes_domain::{ApiError, ErrorCode, IdSource};
use rushes_store::{
    CodeFilter, CodeRow, CodeState, NewCode, RedeemOutcome, RevokeOutcome, StoreError, Tx,
};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::shapes::{CodePath, New, Redeem, RedemptionCode, Wanted};
use super::actor::Actor;
use super::fields::{amount, future, text};
use super::{input, view};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::openapi::refusals;

/// Crockford's base 32: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Random characters of a code, five bits each.
const CODE_CHARS: usize = 20;
/// Characters between two hyphens.
const BLOCK_CHARS: usize = 4;
const PREFIX: &str = "RC";
/// Codes of one request, at most.
const COUNT_MAX: u32 = 1_000;
/// Most characters of a batch's name.
const BATCH_CHARS_MAX: usize = 64;
/// Longest text that is looked at as a code.
const INPUT_CHARS_MAX: usize = 100;
/// Codes on a page when nothing is said, and at most.
const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 200;

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(redeem))
        .routes(routes!(list, create))
        .routes(routes!(show, revoke))
}

/// A new code without its hyphens: prefix and random characters.
fn make_code(ids: &dyn IdSource) -> String {
    let mut bytes = [0; CODE_CHARS];
    ids.fill(&mut bytes);
    let letters = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    PREFIX.chars().chain(letters).collect()
}

/// `RC-XXXX-XXXX-…`.
fn with_hyphens(code: &str) -> String {
    let (prefix, rest) = code.split_at(PREFIX.len());
    let blocks = rest.as_bytes().chunks(BLOCK_CHARS).map(String::from_utf8_lossy);
    blocks.fold(prefix.to_owned(), |text, block| format!("{text}-{block}"))
}

/// A code as somebody typed it: any case, with or without hyphens and spaces, O for 0, I and L for
/// 1. `None` if it can be none.
fn read_code(typed: &str) -> Option<String> {
    if typed.len() > INPUT_CHARS_MAX {
        return None;
    }
    let plain: String = typed
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let rest = plain.strip_prefix(PREFIX)?;
    let letters: String = rest
        .chars()
        .map(|letter| match letter {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    let is_code = letters.len() == CODE_CHARS && letters.bytes().all(|it| ALPHABET.contains(&it));
    is_code.then(|| format!("{PREFIX}{letters}"))
}

fn mask(code: &str) -> String {
    format!("{PREFIX}-…{}", code.get(code.len() - BLOCK_CHARS..).unwrap_or_default())
}

/// Redeems a code: your account gets its worth.
#[utoipa::path(post, path = "/api/redeem", operation_id = "redeemCode", tag = "account",
    request_body = Redeem,
    responses((status = 200, body = view::Transfer), refusals::ApiRedeem))]
async fn redeem(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    let account_id = actor.own_account()?;
    let (parts, body) = request.into_parts();
    let wanted: Redeem = input::read(&parts.headers, body).await?;
    let app = &http.app;
    let throttled = format!("account:{account_id}");
    app.code_throttle.attempt(Some(&throttled), actor.address)?;
    let code = read_code(&wanted.code).ok_or_else(unknown)?;
    let (hash, by, now) = (key_hash(&code), actor.name(), app.clock.now());
    let object = mask(&code);
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        let outcome = rushes_store::redeem(tx, &hash, account_id, &by, now)?;
        if let RedeemOutcome::Redeemed(transfer) = &outcome {
            let values = (Value::Null, json!({ "amount": view::Money::from(transfer.amount) }));
            let entry = actor.entry(now, "code.redeem", object.clone(), Some(account_id), values);
            rushes_store::audit(tx, &entry)?;
        }
        Ok(outcome)
    };
    match http.change(&actor, change).await? {
        RedeemOutcome::Redeemed(transfer) => {
            app.code_throttle.succeeded(Some(&throttled), actor.address);
            view::ok(&view::Transfer::from(&*transfer))
        }
        RedeemOutcome::Unknown => Err(unknown().into()),
        RedeemOutcome::Refused(state) => {
            let what = match state {
                CodeState::Redeemed => "was redeemed before",
                CodeState::Expired => "has expired",
                CodeState::Revoked | CodeState::Open => "was revoked",
            };
            Err(code_invalid(format!("this code {what}")).into())
        }
        RedeemOutcome::OutOfRange => {
            Err(ApiError::new(ErrorCode::Conflict, "the account's sum would be out of range")
                .into())
        }
    }
}

fn unknown() -> ApiError {
    code_invalid("there is no such code; it looks like RC-XXXX-XXXX-XXXX-XXXX-XXXX")
}

fn code_invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::CodeInvalid, message).with_param("code")
}

/// Makes redemption codes. Their texts are in this answer and in no other.
#[utoipa::path(post, path = "/api/admin/codes", operation_id = "createCodes", tag = "operators",
    request_body = New,
    responses((status = 201, body = view::List<RedemptionCode>), refusals::ApiChange))]
async fn create(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: New = input::read(&parts.headers, body).await?;
    let app = &http.app;
    let now = app.clock.now();
    let count = wanted.count.unwrap_or(1);
    if !(1..=COUNT_MAX).contains(&count) {
        let message = format!("count must be from 1 to {COUNT_MAX}");
        return Err(ApiError::invalid("count", message).into());
    }
    let amount = amount("amount", &wanted.amount)?;
    let batch = text("batch", &wanted.batch, BATCH_CHARS_MAX)?;
    let expires_at =
        wanted.expires_at.map(|seconds| future("expires_at", seconds, now)).transpose()?;
    let texts: Vec<String> = (0..count).map(|_| make_code(&*app.ids)).collect();
    let new: Vec<NewCode> = texts
        .iter()
        .map(|code| NewCode {
            hash: key_hash(code),
            mask: mask(code),
            batch: batch.clone(),
            amount,
            expires_at,
            now,
        })
        .collect();
    let values = (
        Value::Null,
        json!({ "amount": view::Money::from(amount), "count": count, "batch": batch }),
    );
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        // A hundred random bits do not meet; if they did, another try would mend it.
        let ids = rushes_store::create_codes(tx, &new)?.ok_or(StoreError::Busy)?;
        let entry = actor.entry(now, "code.create", "codes", None, values.clone());
        rushes_store::audit(tx, &entry)?;
        ids.into_iter()
            .map(|id| rushes_store::codes::code(tx, id)?.ok_or(StoreError::NotFound))
            .collect::<Result<Vec<CodeRow>, StoreError>>()
    };
    let rows = http.change(&actor, change).await?;
    let data = rows
        .iter()
        .zip(&texts)
        .map(|(row, code)| RedemptionCode::of(row, now).with_text(with_hyphens(code)))
        .collect();
    view::answer(StatusCode::CREATED, &view::List::whole(data))
}

/// The redemption codes, newest first.
#[utoipa::path(get, path = "/api/admin/codes", operation_id = "listCodes", tag = "operators",
    params(Wanted),
    responses((status = 200, body = view::List<RedemptionCode>), refusals::ApiLook))]
async fn list(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let wanted: Wanted = input::query(query.as_deref())?;
    let state = match wanted.state.as_deref() {
        None => None,
        Some(word) => {
            let known = CodeState::ALL.into_iter().find(|state| state.as_str() == word);
            Some(known.ok_or_else(|| {
                ApiError::invalid("state", "state must be open, redeemed, revoked or expired")
            })?)
        }
    };
    let now = http.app.clock.now();
    let limit = wanted.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let filter =
        CodeFilter { batch: wanted.batch, state, before: wanted.after, limit: limit + 1, now };
    let mut rows = http.app.store.read(move |tx| rushes_store::list_codes(tx, &filter)).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| row.id.to_string());
    view::ok(&view::List::page(rows.iter().map(|row| RedemptionCode::of(row, now)).collect(), next))
}

fn no_such() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "there is no such code; codes are named by their id")
}

/// A redemption code, without its text.
#[utoipa::path(get, path = "/api/admin/codes/{id}", operation_id = "getCode", tag = "operators",
    params(CodePath), responses((status = 200, body = RedemptionCode), refusals::ApiLook))]
async fn show(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let id: i64 = id.parse().map_err(|_| no_such())?;
    let row = http.app.store.read(move |tx| rushes_store::codes::code(tx, id)).await?;
    view::ok(&RedemptionCode::of(&row.ok_or_else(no_such)?, http.app.clock.now()))
}

/// Revokes a redemption code that was not redeemed.
#[utoipa::path(delete, path = "/api/admin/codes/{id}", operation_id = "revokeCode",
    tag = "operators", params(CodePath),
    responses((status = 200, body = RedemptionCode), refusals::ApiDeed))]
async fn revoke(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(id): Segment,
) -> Result<Response, HttpError> {
    let id: i64 = id.parse().map_err(|_| no_such())?;
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let before = rushes_store::codes::code(tx, id)?.ok_or_else(no_such)?;
        match rushes_store::revoke_code(tx, id, now)? {
            RevokeOutcome::Revoked => {}
            RevokeOutcome::Redeemed => {
                let text = "the code was redeemed already";
                return Err(ApiError::new(ErrorCode::Conflict, text).into());
            }
            RevokeOutcome::NotFound => return Err(no_such().into()),
        }
        let after = rushes_store::codes::code(tx, id)?.ok_or_else(no_such)?;
        let shown = |row| view::value(&RedemptionCode::of(row, now));
        let values = (shown(&before), shown(&after));
        let object = format!("code {id}");
        rushes_store::audit(tx, &actor.entry(now, "code.revoke", object, None, values))?;
        Ok(after)
    };
    view::ok(&RedemptionCode::of(&http.change(&actor, change).await?, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = "RC0123456789ABCDEFGHJK";
        let shown = with_hyphens(code);
        assert_eq!(shown, "RC-0123-4567-89AB-CDEF-GHJK");
        for typed in
            [shown.as_str(), code, " rc-O123 4567 89ab cdef ghjk ", "RC-0I23456789ABCDEFGHJK"]
        {
            let expected = if typed.contains("0I") { "RC0123456789ABCDEFGHJK" } else { code };
            assert_eq!(read_code(typed).as_deref(), Some(expected), "{typed}");
        }
        for none in
            ["", "RC", "RC-0123", "XX-0123-4567-89AB-CDEF-GHJK", "RC-U123-4567-89AB-CDEF-GHJK"]
        {
            assert_eq!(read_code(none), None, "{none}");
        }
        assert_eq!(mask(code), "RC-…GHJK");
    }
}
