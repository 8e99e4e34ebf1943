//! What a look at the text of a URL that somebody else named shows, before anything is dialled:
//! that of a client's picture, or that of an upstream's video.
//!
//! Guarantees: a URL that passes [`check_url`] is `http(s)`, has no credentials and no service port, and names
//! no host that is visibly private, in any spelling that the WHATWG URL Standard gives an address.
//! [`is_public`] is the one definition of a public address. Not here: resolving names and
//! following redirects, which the server's egress does with the same [`is_public`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, ParseError, Url};

use crate::error::{ApiError, ErrorCode};
use crate::text::{is_invisible, shown};

/// Most bytes of a URL.
pub const URL_BYTES_MAX: usize = 8 * 1024;
/// Most characters of a host or scheme that a message repeats.
const SHOWN_CHARS_MAX: usize = 64;
/// Lowest port, apart from 80 and 443, that a URL may name.
const PORT_MIN: u16 = 1024;
/// Ports from [`PORT_MIN`] on where well-known services listen that are no web servers for
/// pictures: databases, queues, caches, remote control, cluster management.
const SERVICE_PORTS: [u16; 51] = [
    1080, 1099, 1433, 1434, 1521, 1723, 1883, 2049, 2181, 2375, 2376, 2377, 2379, 2380, 3128, 3268,
    3306, 3389, 4369, 5060, 5432, 5433, 5601, 5672, 5900, 5901, 5984, 5985, 5986, 6000, 6379, 6380,
    6443, 7000, 7001, 7199, 7474, 7687, 8086, 8500, 8600, 9042, 9092, 9160, 9200, 9300, 10250,
    11211, 26379, 27017, 50000,
];
/// IPv4 networks that are not public: address and length of the prefix.
const SPECIAL_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),          // this network
    ([10, 0, 0, 0], 8),         // private
    ([100, 64, 0, 0], 10),      // carrier-grade NAT
    ([127, 0, 0, 0], 8),        // loopback
    ([168, 63, 129, 16], 32),   // Azure's platform: public space, but it answers the machine itself
    ([169, 254, 0, 0], 16),     // link-local, the clouds' metadata
    ([172, 16, 0, 0], 12),      // private
    ([192, 0, 0, 0], 24),       // protocol assignments
    ([192, 0, 2, 0], 24),       // documentation
    ([192, 88, 99, 0], 24),     // 6to4 relays
    ([192, 168, 0, 0], 16),     // private
    ([198, 18, 0, 0], 15),      // benchmarks
    ([198, 51, 100, 0], 24),    // documentation
    ([203, 0, 113, 0], 24),     // documentation
    ([224, 0, 0, 0], 4),        // multicast
    ([240, 0, 0, 0], 4),        // reserved
    ([255, 255, 255, 255], 32), // broadcast
];
/// Names that mean this machine or the network around it; each also with anything before it.
const PRIVATE_NAMES: [&str; 9] =
    ["local", "internal", "localdomain", "intranet", "lan", "corp", "home", "private", "home.arpa"];

/// Why a URL is not used; the text goes behind a colon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// It is no absolute URL.
    #[error("{0}")]
    Invalid(String),
    /// It points where the gateway does not go.
    #[error("{0}")]
    Blocked(String),
}

/// Looks at the text of an image URL as [`check_url`] does.
///
/// # Errors
/// `image_url_invalid` or `image_url_blocked`. The message does not name the field.
pub fn check_image_url(text: &str, is_allowed: &dyn Fn(IpAddr) -> bool) -> Result<Url, ApiError> {
    check_url(text, is_allowed).map_err(|problem| match problem {
        UrlProblem::Invalid(problem) => ApiError::new(
            ErrorCode::ImageUrlInvalid,
            format!(
                "not a usable image URL: {problem}. Send an https:// URL, or a complete \
                 data:image/…;base64, URL"
            ),
        ),
        UrlProblem::Blocked(problem) => ApiError::new(
            ErrorCode::ImageUrlBlocked,
            format!("the image URL is not allowed: {problem}"),
        ),
    })
}

/// Looks at the text of a URL. `is_allowed` says whether the operator allowed an address that is
/// not public (`egress.allow`); an address literal that it allows passes on any port.
///
/// # Errors
/// [`UrlProblem::Invalid`] if the text is no absolute URL, [`UrlProblem::Blocked`] if it points
/// where the gateway does not go.
pub fn check_url(text: &str, is_allowed: &dyn Fn(IpAddr) -> bool) -> Result<Url, UrlProblem> {
    let url = parse_url(text)?;
    let is_vetted = match url.host() {
        Some(Host::Ipv4(address)) => check_address(IpAddr::V4(address), is_allowed)?,
        Some(Host::Ipv6(address)) => check_address(IpAddr::V6(address), is_allowed)?,
        Some(Host::Domain(name)) => check_name(name, is_allowed)?,
        None => return Err(invalid("it has no host")),
    };
    if !is_vetted {
        check_port(&url)?;
    }
    Ok(url)
}

/// The URL, if it is `http(s)` and without credentials, wherever it points: for callers that know
/// its origin.
///
/// # Errors
/// As [`check_url`].
pub fn parse_url(text: &str) -> Result<Url, UrlProblem> {
    check_text(text)?;
    parse(text)
}

/// True if the address can be reached from anywhere on the internet: after unwrapping IPv4 in
/// IPv6, in none of the IANA special-purpose registries (RFC 6890) and not multicast.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Length, characters and scheme.
fn check_text(text: &str) -> Result<(), UrlProblem> {
    if text.len() > URL_BYTES_MAX {
        return Err(invalid(&format!("it is longer than {URL_BYTES_MAX} bytes")));
    }
    let is_foreign = |character: char| character.is_whitespace() || is_invisible(character);
    if text.chars().any(is_foreign) {
        return Err(invalid("it holds a space, a control character or an invisible one"));
    }
    let Some((scheme, _)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return Err(invalid("it is not absolute; it must start with https:// or http://"));
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        let scheme = shown(scheme, SHOWN_CHARS_MAX);
        return Err(blocked(&format!("the scheme {scheme} is not allowed; use https or http")));
    }
    Ok(())
}

/// A scheme of at least two letters: one alone is a drive of a local path.
fn is_scheme(text: &str) -> bool {
    text.len() >= 2
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Parses as browsers do, and refuses what browsers would quietly read as something else.
fn parse(text: &str) -> Result<Url, UrlProblem> {
    // A browser takes a backslash for a slash, others do not: where it leads is anybody's guess.
    if text.contains('\\') {
        return Err(blocked("it holds a backslash"));
    }
    let url = Url::parse(text).map_err(|error| match error {
        ParseError::InvalidPort => blocked("its port is not a port"),
        ParseError::InvalidIpv4Address | ParseError::InvalidIpv6Address => {
            blocked("its host is an address in no valid form")
        }
        error => invalid(&error.to_string()),
    })?;
    let after_scheme = text.split_once(':').map_or("", |(_, rest)| rest);
    let authority = after_scheme.trim_start_matches('/').split(['/', '?', '#']).next();
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err(blocked("it holds a user name or password"));
    }
    let slashes = after_scheme.len() - after_scheme.trim_start_matches('/').len();
    let is_private = match url.host() {
        Some(Host::Ipv4(address)) => !is_public_v4(address),
        Some(Host::Ipv6(address)) => !is_public_v6(address),
        _ => false,
    };
    if slashes != 2 && !is_private {
        return Err(invalid("there must be two slashes behind the scheme"));
    }
    Ok(url)
}

/// True if the operator allowed the address; false if it is simply public.
fn check_address(address: IpAddr, is_allowed: &dyn Fn(IpAddr) -> bool) -> Result<bool, UrlProblem> {
    if is_allowed(address) || is_allowed(address.to_canonical()) {
        return Ok(true);
    }
    if is_public(address) {
        return Ok(false);
    }
    Err(blocked(&format!("{address} is not a public address")))
}

/// True if the operator allowed what the name stands for; false if nothing is against it.
fn check_name(name: &str, is_allowed: &dyn Fn(IpAddr) -> bool) -> Result<bool, UrlProblem> {
    let bare = name.trim_end_matches('.');
    let is_under = |parent: &str| {
        bare.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if is_under("localhost") {
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        if loopback.into_iter().any(is_allowed) {
            return Ok(true);
        }
        return Err(blocked("localhost is not a public host"));
    }
    if !bare.contains('.') || PRIVATE_NAMES.into_iter().any(is_under) {
        let name = shown(name, SHOWN_CHARS_MAX);
        return Err(blocked(&format!("{name} is not the name of a public host")));
    }
    let (unicode, decoded) = idna::domain_to_unicode(bare);
    if decoded.is_err() || unicode.split('.').any(mixes_alphabets) {
        return Err(invalid("its host mixes alphabets that look alike, or is no valid name"));
    }
    Ok(false)
}

/// True if letters of more than one of the look-alike alphabets (Latin, Greek, Cyrillic,
/// Armenian, Cherokee) are in one label.
fn mixes_alphabets(label: &str) -> bool {
    let alphabet = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => Some(0),
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Some(1),
        '\u{400}'..='\u{52F}'
        | '\u{1C80}'..='\u{1C8F}'
        | '\u{2DE0}'..='\u{2DFF}'
        | '\u{A640}'..='\u{A69F}' => Some(2),
        '\u{530}'..='\u{58F}' => Some(3),
        '\u{13A0}'..='\u{13FF}' | '\u{AB70}'..='\u{ABBF}' => Some(4),
        _ => None,
    };
    let mut first = None;
    label.chars().filter_map(alphabet).any(|found| *first.get_or_insert(found) != found)
}

fn check_port(url: &Url) -> Result<(), UrlProblem> {
    let port = url.port_or_known_default().unwrap_or(0);
    if matches!(port, 80 | 443) || (port >= PORT_MIN && !SERVICE_PORTS.contains(&port)) {
        return Ok(());
    }
    Err(blocked(&format!(
        "port {port} is not allowed; use 80, 443, or {PORT_MIN} to 65535 without the ports of \
         well-known services"
    )))
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !SPECIAL_V4.iter().any(|&(network, length)| {
        let mask = u32::MAX << (32 - length);
        bits & mask == u32::from(Ipv4Addr::from(network)) & mask
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let inner = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        // NAT64 by the well-known prefix (RFC 6052) and 6to4 (RFC 3056) lead to the address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            return is_public_v4(inner(high, low));
        }
        // ISATAP (RFC 5214) carries an IPv4 address in its interface identifier.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] if !is_public_v4(inner(high, low)) => {
            return false;
        }
        _ => {}
    }
    // Only 2000::/3 is global unicast at all: this leaves out ::/96, 64:ff9b:1::/48, 100::/64,
    // 5f00::/16, fc00::/7, fe80::/10, fec0::/10 and ff00::/8.
    let is_global_unicast = segments[0] & 0xe000 == 0x2000;
    let is_special = match (segments[0], segments[1]) {
        // Protocols and Teredo (2001::/23), documentation.
        (0x2001, second) => second < 0x200 || second == 0xdb8,
        // Documentation.
        (0x3fff, second) => second < 0x1000,
        _ => false,
    };
    is_global_unicast && !is_special
}

fn invalid(problem: &str) -> UrlProblem {
    UrlProblem::Invalid(problem.to_owned())
}

fn blocked(problem: &str) -> UrlProblem {
    UrlProblem::Blocked(problem.to_owned())
}
