//! The second door to the webhooks.
//!
//! Guarantees: what is documented of one's own is documented of an account's, with the account in
//! the path and other names, so that neither can be forgotten where the other changes.

use std::sync::Arc;

use utoipa::IntoParams as _;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::http::Http;
use crate::openapi::parameters::AccountPath;

/// Before what is one's own.
const OWN: &str = "/api/webhooks";
/// Before what is an account's.
const OF_ACCOUNT: &str = "/api/admin/accounts/{account}/webhooks";

/// The same handlers by the operators' door.
pub(super) fn of_account(
    (schemas, mut paths, methods): UtoipaMethodRouter<Arc<Http>>,
) -> UtoipaMethodRouter<Arc<Http>> {
    let turned = paths.paths.into_iter().map(|(path, mut item)| {
        let path = path.replacen(OWN, OF_ACCOUNT, 1);
        for operation in [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete] {
            *operation = operation.take().map(of_operators);
        }
        (path, item)
    });
    paths.paths = turned.collect();
    (schemas, paths, methods)
}

/// `listWebhooks`, "Lists your webhooks." becomes `listAccountWebhooks`, "Lists an account's
/// webhooks.".
fn of_operators(mut operation: Operation) -> Operation {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    operation.operation_id = Some(id.replacen("Webhook", "AccountWebhook", 1));
    let summary = operation.summary.as_deref().unwrap_or_default();
    operation.summary = Some(summary.replacen("your", "an account's", 1));
    operation.tags = Some(vec!["operators".to_owned()]);
    let account = AccountPath::into_params(|| Some(ParameterIn::Path));
    let own = operation.parameters.take().unwrap_or_default();
    operation.parameters = Some(account.into_iter().map(RefOr::T).chain(own).collect());
    operation
}
