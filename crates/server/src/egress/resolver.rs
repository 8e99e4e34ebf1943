//! Names to addresses: the system's look-up, and the look at what came back.
//!
//! Guarantees: [`VettingResolver`] hands out either addresses that may all be dialled or none.
//! [`OpenResolver`] hands out whatever a name has, but for link-local addresses, where a machine's
//! provider keeps the machine's credentials.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name};
use rushes_domain::channel::is_link_local;

use super::guard::Guard;

/// Most addresses of one name that are dialled, one after another; all are vetted.
const ADDRESSES_DIALLED_MAX: usize = 16;

/// A look-up under way.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Turns names into addresses. A field of the app, so that tests decide what a name means.
pub trait Resolve: Send + Sync {
    /// All addresses of `host`. The port of the answers is not used: the URL's is dialled, and
    /// `port` is 0 where it is not known.
    fn resolve(&self, host: &str, port: u16) -> Resolving;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str, port: u16) -> Resolving {
        let host = host.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// Why a name gave no address to dial.
#[derive(Debug, thiserror::Error)]
pub(super) enum NameRefused {
    /// An address of the name is neither public nor allowed.
    #[error("an address of the name is not public")]
    NotPublic,
    /// The look-up failed.
    #[error("the look-up failed")]
    Lookup(#[source] io::Error),
    /// The look-up gave no address at all.
    #[error("the name has no address")]
    NoAddress,
}

/// Between `reqwest` and the resolver: refuses a name for any address that may not be dialled.
#[derive(Clone)]
pub(super) struct VettingResolver {
    guard: Arc<Guard>,
    inner: Arc<dyn Resolve>,
}

impl VettingResolver {
    pub(super) fn new(guard: Arc<Guard>, inner: Arc<dyn Resolve>) -> Self {
        Self { guard, inner }
    }

    /// The addresses of a name that may be dialled.
    pub(super) fn look_up(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Vec<SocketAddr>, NameRefused>> + Send + use<> {
        let looked_up = self.inner.resolve(name, 0);
        let guard = Arc::clone(&self.guard);
        async move { vet(&guard, looked_up.await.map_err(NameRefused::Lookup)?) }
    }
}

impl std::fmt::Debug for VettingResolver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("VettingResolver(…)")
    }
}

impl reqwest::dns::Resolve for VettingResolver {
    fn resolve(&self, name: Name) -> reqwest::dns::Resolving {
        let vetted = self.look_up(name.as_str());
        Box::pin(async move { Ok(Box::new(vetted.await?.into_iter()) as Addrs) })
    }
}

/// Between `reqwest` and the resolver for names that the operator chose, which may lead anywhere.
#[derive(Clone)]
pub(super) struct OpenResolver(Arc<dyn Resolve>);

impl OpenResolver {
    pub(super) fn new(inner: Arc<dyn Resolve>) -> Self {
        Self(inner)
    }
}

impl reqwest::dns::Resolve for OpenResolver {
    fn resolve(&self, name: Name) -> reqwest::dns::Resolving {
        let looked_up = self.0.resolve(name.as_str(), 0);
        Box::pin(async move {
            let mut addresses = looked_up.await.map_err(NameRefused::Lookup)?;
            addresses.retain(|address| !is_link_local(address.ip()));
            Ok(Box::new(dialled(addresses)?.into_iter()) as Addrs)
        })
    }
}

/// All of `addresses` that are dialled, or none.
fn vet(guard: &Guard, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, NameRefused> {
    if !addresses.iter().all(|address| guard.permits(address.ip())) {
        return Err(NameRefused::NotPublic);
    }
    dialled(addresses)
}

/// The first of `addresses`, with port 0, which stands for the URL's port.
fn dialled(mut addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, NameRefused> {
    if addresses.is_empty() {
        return Err(NameRefused::NoAddress);
    }
    addresses.truncate(ADDRESSES_DIALLED_MAX);
    for address in &mut addresses {
        address.set_port(0);
    }
    Ok(addresses)
}
