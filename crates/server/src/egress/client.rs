//! Building the `reqwest` clients: everything that is convenient is switched off.

use std::sync::Arc;
use std::time::Duration;

use reqwest::ClientBuilder;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue};
use rustls::pki_types::CertificateDer;

use super::EgressOptions;
use super::cause::causes_text;
use super::error::EgressError;
use super::resolver::{OpenResolver, Resolve, VettingResolver};
use super::trusted::TrustedOptions;

/// Most header lines in an answer.
const HEADER_LINES_MAX: usize = 100;
/// What servers see as the caller; some refuse requests without it.
const USER_AGENT: &str = concat!("Rushes/", env!("CARGO_PKG_VERSION"));
/// The formats that the picture check knows, so that a server that can choose chooses one of them.
const ACCEPT_PICTURES: &str = "image/png, image/jpeg, image/webp, image/gif, */*;q=0.1";

/// Builds the client for URLs that strangers chose.
pub(super) fn untrusted(
    options: &EgressOptions,
    resolver: &VettingResolver,
) -> Result<reqwest::Client, EgressError> {
    let mut headers = HeaderMap::with_capacity(2);
    headers.insert(ACCEPT, HeaderValue::from_static(ACCEPT_PICTURES));
    let builder = || {
        base(headers.clone(), options.connect_timeout_ms)
            .read_timeout(Duration::from_millis(options.idle_timeout_ms))
            // A kept connection would spare its next user the look at the address.
            .pool_max_idle_per_host(0)
            .dns_resolver(resolver.clone())
    };
    build(builder, &options.certificates_extra)
}

/// What a client for addresses that the operator chose is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Requests that must not be lost: on connections of their own, and as long as the channel's own
    /// limit allows. An engine may say nothing before it has taken a job in, and while the pictures of
    /// a job go out the server is silent too.
    Submit,
    /// Downloads, on connections of their own.
    Download,
    /// Requests that can be repeated, on connections that are kept for a while.
    Repeatable,
}

/// Builds a client for addresses that the operator chose.
pub(super) fn trusted(
    options: &TrustedOptions,
    resolver: Arc<dyn Resolve>,
    wanted: Use,
) -> Result<reqwest::Client, EgressError> {
    let resolver = OpenResolver::new(resolver);
    let builder = || {
        let builder = base(HeaderMap::with_capacity(1), options.connect_timeout_ms)
            .dns_resolver(resolver.clone());
        let builder = match wanted {
            Use::Submit => builder,
            Use::Download | Use::Repeatable => {
                builder.read_timeout(Duration::from_millis(options.idle_timeout_ms))
            }
        };
        match wanted {
            Use::Repeatable => {
                builder.pool_idle_timeout(Duration::from_millis(options.pool_idle_ms))
            }
            Use::Submit | Use::Download => builder.pool_max_idle_per_host(0),
        }
    };
    build(builder, &options.certificates_extra)
}

/// All settings that the clients share.
fn base(mut headers: HeaderMap, connect_timeout_ms: u64) -> ClientBuilder {
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
        .connect_timeout(Duration::from_millis(connect_timeout_ms))
}

/// Builds with the platform's certificate authorities, if there are any, and some more.
fn build(
    builder: impl Fn() -> ClientBuilder,
    certificates_extra: &[CertificateDer<'static>],
) -> Result<reqwest::Client, EgressError> {
    // An error means that another part of the process has installed a provider already.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let mut extra = Vec::with_capacity(certificates_extra.len());
    for certificate in certificates_extra {
        extra.push(reqwest::Certificate::from_der(certificate).map_err(EgressError::Certificate)?);
    }
    if !extra.is_empty() {
        return builder().tls_certs_merge(extra).build().map_err(EgressError::Client);
    }
    builder().build().or_else(|error| {
        tracing::warn!(
            error = %causes_text(&error),
            "no certificate authorities on this machine: nothing can be reached by https"
        );
        builder().tls_certs_only([]).build().map_err(EgressError::Client)
    })
}
