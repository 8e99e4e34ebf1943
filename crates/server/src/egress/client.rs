//! Building the untrusted `reqwest` client: everything that is convenient is switched off.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue};

use super::EgressOptions;
use super::error::{EgressError, causes_text};
use super::guard::Guard;
use super::resolver::{Resolve, VettingResolver};

/// Most header lines in an answer.
const HEADER_LINES_MAX: usize = 100;
/// What servers see as the caller; some refuse requests without it.
const USER_AGENT: &str = concat!("Rushes/", env!("CARGO_PKG_VERSION"));
/// The formats that the picture check knows, so that a server that can choose chooses one of them.
const ACCEPT_PICTURES: &str = "image/png, image/jpeg, image/webp, image/gif, */*;q=0.1";

/// Builds the client, with the platform's certificate authorities if there are any.
pub(super) fn build(
    options: &EgressOptions,
    guard: &Arc<Guard>,
    resolver: Arc<dyn Resolve>,
) -> Result<reqwest::Client, EgressError> {
    // An error means that another part of the process has installed a provider already.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let mut extra = Vec::with_capacity(options.certificates_extra.len());
    for certificate in &options.certificates_extra {
        extra.push(reqwest::Certificate::from_der(certificate).map_err(EgressError::Certificate)?);
    }
    let resolver = VettingResolver::new(Arc::clone(guard), resolver);
    let builder = || base(options).dns_resolver(resolver.clone());
    if !extra.is_empty() {
        return builder().tls_certs_merge(extra).build().map_err(EgressError::Client);
    }
    builder().build().or_else(|error| {
        tracing::warn!(
            error = %causes_text(&error),
            "no certificate authorities on this machine: https images cannot be fetched"
        );
        builder().tls_certs_only([]).build().map_err(EgressError::Client)
    })
}

/// All settings that depend neither on names nor on certificates.
fn base(options: &EgressOptions) -> reqwest::ClientBuilder {
    let mut headers = HeaderMap::with_capacity(2);
    headers.insert(ACCEPT, HeaderValue::from_static(ACCEPT_PICTURES));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(USER_AGENT)
        .default_headers(headers)
        .http1_only()
        .http1_max_headers(HEADER_LINES_MAX)
        // A kept connection would spare its next user the look at the address.
        .pool_max_idle_per_host(0)
        .connect_timeout(Duration::from_millis(options.connect_timeout_ms))
        .read_timeout(Duration::from_millis(options.idle_timeout_ms))
}
