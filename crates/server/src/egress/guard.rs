//! The rule for where a fetch may go, for texts, literal addresses and looked-up ones alike.

use std::net::IpAddr;

use ipnet::IpNet;
use rushes_domain::image_url::{check_image_url, is_public};
use rushes_domain::{ApiError, ErrorCode};
use url::{Host, Url};

use super::error::FetchError;

/// The rule with the operator's exceptions to it.
#[derive(Debug)]
pub(super) struct Guard {
    allow: Vec<IpNet>,
}

impl Guard {
    pub(super) const fn new(allow: Vec<IpNet>) -> Self {
        Self { allow }
    }

    /// Whether a connection to `address` may be made.
    pub(super) fn permits(&self, address: IpAddr) -> bool {
        is_public(address) || self.allows(address)
    }

    /// Whether the operator made an exception for `address`, in exactly this form.
    fn allows(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|net| net.contains(&address))
    }

    /// What the text alone shows.
    pub(super) fn check(&self, url: &str) -> Result<Url, ApiError> {
        check_image_url(url, &|address| self.allows(address))
    }

    /// The URL of the first request.
    pub(super) fn first(&self, url: &str) -> Result<Url, FetchError> {
        let refused = match self.vet(url) {
            Ok(url) => return Ok(url),
            Err(refused) => refused,
        };
        Err(match refused {
            Refused::Invalid => FetchError::lasting("The image URL is not valid."),
            Refused::Blocked => FetchError::blocked(
                "The image URL points to a host, scheme or port that is not allowed.",
            ),
            Refused::NotPublic => FetchError::not_public(),
        })
    }

    /// The URL that a redirect from `current` leads to.
    pub(super) fn next(&self, current: &Url, location: &str) -> Result<Url, FetchError> {
        let unusable = || FetchError::lasting("A redirect leads to no valid URL.");
        let target = current.join(location).map_err(|_| unusable())?;
        let target = self.vet(target.as_str()).map_err(|refused| match refused {
            Refused::Invalid => unusable(),
            Refused::Blocked => FetchError::blocked(
                "A redirect leads to a host, scheme or port that is not allowed.",
            ),
            Refused::NotPublic => {
                FetchError::blocked("A redirect leads to an address that is not public.")
            }
        })?;
        if current.scheme() == "https" && target.scheme() != "https" {
            return Err(FetchError::blocked("A redirect leads from https to http."));
        }
        Ok(target)
    }

    /// The check of the text, and the literal address in it once more by the very rule that
    /// looked-up addresses meet: the resolver is never asked about it.
    fn vet(&self, url: &str) -> Result<Url, Refused> {
        let is_private_literal =
            |url: &Url| literal_address(url).is_some_and(|address| !self.permits(address));
        match self.check(url) {
            Ok(url) if is_private_literal(&url) => Err(Refused::NotPublic),
            Ok(url) => Ok(url),
            Err(error) if error.code == ErrorCode::ImageUrlBlocked => {
                let not_public = Url::parse(url).is_ok_and(|url| is_private_literal(&url));
                Err(if not_public { Refused::NotPublic } else { Refused::Blocked })
            }
            Err(_invalid) => Err(Refused::Invalid),
        }
    }
}

/// Why a URL is not asked for.
enum Refused {
    /// No URL that could be fetched.
    Invalid,
    /// A scheme, host name, port or credentials that are not allowed.
    Blocked,
    /// A literal address that is not public.
    NotPublic,
}

/// The address that stands in the URL instead of a name.
fn literal_address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    }
}
