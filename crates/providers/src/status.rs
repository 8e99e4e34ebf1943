//! What an HTTP status proves about a job.
//!
//! Guarantees: one table for all upstreams; only a status that the HTTP standard or the preset
//! makes a refusal counts as one, everything else may have been accepted. A redirect is never
//! followed: it would repeat the job at an address that nobody configured. Not here: codes of one
//! upstream alone, which its provider looks at first.

use crate::words::{
    Said, is_about_a_model, is_about_an_empty_account, is_about_an_unknown_job,
    is_about_fetching_images, is_about_moderation, is_about_the_key, is_an_empty_accounts_code,
};
use crate::{Operation, Preset, UpstreamErrorKind as Kind};

/// What `status` means for an operation, with what was said along with it.
pub(crate) fn kind_of(status: u16, said: &Said<'_>, operation: Operation, preset: &Preset) -> Kind {
    let is_empty = match operation {
        // It may name an image, whose address only the submit knew.
        Operation::Poll => is_an_empty_accounts_code(said),
        Operation::Submit | Operation::Cancel | Operation::Check => is_about_an_empty_account(said),
    };
    if (400..=499).contains(&status) && is_empty {
        return Kind::Unauthorized;
    }
    match operation {
        Operation::Submit => submit_kind(status, said, preset),
        Operation::Poll => poll_kind(status, said),
        // What a cancel or a check says about the job or its parameters is nothing to act on.
        Operation::Cancel | Operation::Check => match poll_kind(status, said) {
            kind @ (Kind::Unauthorized | Kind::Busy) => kind,
            _ => Kind::Temporary,
        },
    }
}

fn submit_kind(status: u16, said: &Said<'_>, preset: &Preset) -> Kind {
    let text = said.text.as_str();
    match status {
        403 if is_about_moderation(text) => Kind::Moderated,
        404 if is_about_a_model(text) => Kind::Refused,
        // Not with our credential, or nothing takes jobs at this address (any more). As RFC 9110
        // 15.4 has it, a redirect was not processed here, so that the channel's address is wrong;
        // with a 303 on the other hand some tell what became of a request that they took.
        300..=302 | 307 | 308 | 401..=405 | 407 | 410 | 421 | 426 => Kind::Unauthorized,
        400 | 406 | 411..=417 | 422 | 428 | 431 | 451 => refused_kind(said),
        // Locked, RFC 8470's refusal to process what might be a replay, and too many requests.
        423 | 425 | 429 => Kind::Busy,
        503 if preset.refuses_with_503 => Kind::Busy,
        // 408, 409, 424 and 499 come from proxies and gateways whose own upstream may have the job.
        _ => Kind::Ambiguous,
    }
}

fn refused_kind(said: &Said<'_>) -> Kind {
    let text = said.text.as_str();
    if is_about_moderation(text) {
        Kind::Moderated
    } else if is_about_the_key(said) {
        Kind::Unauthorized
    } else if is_about_fetching_images(text) {
        Kind::ImageRefused
    } else {
        Kind::Refused
    }
}

fn poll_kind(status: u16, said: &Said<'_>) -> Kind {
    let text = said.text.as_str();
    match status {
        403 if is_about_moderation(text) => Kind::Moderated,
        300..=302 | 307 | 308 | 401..=403 | 407 => Kind::Unauthorized,
        404 | 410 => Kind::Lost,
        // A poll has no parameters to be refused: this is about the id, or how the job ended.
        400 | 422 => match refused_kind(said) {
            Kind::Refused if is_about_an_unknown_job(text) => Kind::Lost,
            Kind::Refused => Kind::Temporary,
            kind => kind,
        },
        429 => Kind::Busy,
        _ => Kind::Temporary,
    }
}
