//! Whose request it is behind proxies: the client's address.
//!
//! Guarantees: `X-Forwarded-For` counts only when the peer is one of `trusted_proxies`, and then
//! only up to the first address, from the right, that is no trusted proxy itself: whatever stands
//! left of it was written by the client.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

/// The header that proxies add to.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Address of the TCP connection's other end; the listener puts it into each request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// The client's address as far as it can be believed.
pub(super) fn client_address(headers: &HeaderMap, peer: Peer, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut address = peer.0.ip().to_canonical();
    if !is_trusted(address) {
        return address;
    }
    for value in headers.get_all(FORWARDED_FOR).iter().rev() {
        let Ok(text) = value.to_str() else { return address };
        for entry in text.rsplit(',') {
            let Some(next) = parse_entry(entry.trim()) else { return address };
            address = next;
            if !is_trusted(address) {
                return address;
            }
        }
    }
    address
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]:80`.
fn parse_entry(entry: &str) -> Option<IpAddr> {
    let unbracketed = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    unbracketed
        .unwrap_or(entry)
        .parse::<IpAddr>()
        .or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, http::HeaderValue::from_static(value));
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        client_address(&headers, Peer(peer.parse().unwrap()), &trusted).to_string()
    }

    #[test]
    fn h03_an_untrusted_peer_is_the_client_whatever_it_says() {
        assert_eq!(address("192.0.2.7:1", &["127.0.0.1"]), "192.0.2.7");
        assert_eq!(address("192.0.2.7:1", &[]), "192.0.2.7");
    }

    #[test]
    fn a_trusted_proxy_names_the_client() {
        assert_eq!(address("10.0.0.1:1", &["198.51.100.4"]), "198.51.100.4");
        assert_eq!(address("[::1]:1", &["[2001:db8::9]:443"]), "2001:db8::9");
        assert_eq!(address("[::ffff:10.0.0.1]:1", &["198.51.100.4:80"]), "198.51.100.4");
        assert_eq!(address("10.0.0.1:1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_the_client_wrote_into_the_header_does_not_count() {
        assert_eq!(address("10.0.0.1:1", &["127.0.0.1, 198.51.100.4, 10.0.0.2"]), "198.51.100.4");
        assert_eq!(address("10.0.0.1:1", &["127.0.0.1", "198.51.100.4"]), "198.51.100.4");
        assert_eq!(address("10.0.0.1:1", &["nonsense, 10.0.0.2"]), "10.0.0.2");
    }
}
