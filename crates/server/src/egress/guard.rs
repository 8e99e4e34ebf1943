//! The rule for where a fetch may go, for texts, literal addresses and looked-up ones alike.

use std::net::IpAddr;

use ipnet::IpNet;
use rushes_domain::ApiError;
use rushes_domain::image_url::{UrlProblem, check_image_url, check_url, is_public};
use url::{Host, Url};

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
    pub(super) fn allows(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|net| net.contains(&address))
    }

    /// What the text of an image URL alone shows.
    pub(super) fn check_image(&self, url: &str) -> Result<Url, ApiError> {
        check_image_url(url, &|address| self.allows(address))
    }

    /// The URL of the first request. The check of the text, and the literal address in it once
    /// more by the very rule that looked-up addresses meet: the resolver is never asked about it.
    pub(super) fn first(&self, url: &str) -> Result<Url, Refusal> {
        let is_private_literal =
            |url: &Url| literal_address(url).is_some_and(|address| !self.permits(address));
        match check_url(url, &|address| self.allows(address)) {
            Ok(url) if is_private_literal(&url) => Err(Refusal::NotPublic),
            Ok(url) => Ok(url),
            Err(UrlProblem::Blocked(_)) => {
                let not_public = Url::parse(url).is_ok_and(|url| is_private_literal(&url));
                Err(if not_public { Refusal::NotPublic } else { Refusal::Blocked })
            }
            Err(UrlProblem::Invalid(_)) => Err(Refusal::Invalid),
        }
    }

    /// The URL that a redirect from `current` leads to.
    pub(super) fn next(&self, current: &Url, location: &str) -> Result<Url, Refusal> {
        let target = current.join(location).map_err(|_| Refusal::RedirectInvalid)?;
        let target = self.first(target.as_str()).map_err(|refusal| match refusal {
            Refusal::NotPublic => Refusal::RedirectNotPublic,
            Refusal::Blocked => Refusal::RedirectBlocked,
            _ => Refusal::RedirectInvalid,
        })?;
        if current.scheme() == "https" && target.scheme() != "https" {
            return Err(Refusal::RedirectDowngrade);
        }
        Ok(target)
    }
}

/// Why a URL is not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No URL that could be fetched.
    Invalid,
    /// A scheme, host name, port or credentials that are not allowed.
    Blocked,
    /// An address that is neither public nor allowed.
    NotPublic,
    /// A redirect to no URL that could be fetched.
    RedirectInvalid,
    /// A redirect to what is not allowed.
    RedirectBlocked,
    /// A redirect to a literal address that is neither public nor allowed.
    RedirectNotPublic,
    /// A redirect that would give up the encryption.
    RedirectDowngrade,
}

impl Refusal {
    /// Whether it is about where the gateway does not go, and not about what is no URL.
    pub(super) const fn is_blocked(self) -> bool {
        !matches!(self, Self::Invalid | Self::RedirectInvalid)
    }

    /// What is wrong, as a clause without any URL; `subject` is what was to be fetched.
    pub(super) fn words(self, subject: &str) -> String {
        match self {
            Self::Invalid => format!("the {subject} URL is not valid"),
            Self::Blocked => {
                format!("the {subject} URL points to a host, scheme or port that is not allowed")
            }
            Self::NotPublic => "the host's address is not public".to_owned(),
            Self::RedirectInvalid => "a redirect leads to no valid URL".to_owned(),
            Self::RedirectBlocked => {
                "a redirect leads to a host, scheme or port that is not allowed".to_owned()
            }
            Self::RedirectNotPublic => {
                "a redirect leads to an address that is not public".to_owned()
            }
            Self::RedirectDowngrade => "a redirect leads from https to http".to_owned(),
        }
    }
}

/// The address that stands in the URL instead of a name.
fn literal_address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    }
}
