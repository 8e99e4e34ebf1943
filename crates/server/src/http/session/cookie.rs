//! The cookie of a session.
//!
//! Guarantees: scripts cannot read it and other sites' requests do not carry it (`HttpOnly`,
//! `SameSite=Strict`). Over https it has the prefix `__Host-` (RFC 6265bis, section 4.1.3.2), so that
//! no neighbouring host and no plain connection can plant one. Over plain http it is not `Secure`,
//! also on the browser's own machine: Safari keeps no such cookie there (bug 281149 of `WebKit`),
//! and it would guard nothing where any other port of the machine may set it. A token that is
//! doubtful in any way is none.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use url::{Host, Url};

/// The name over https.
const SECURE_NAME: &str = "__Host-rushes_session";
/// The name on a plain connection, which any other page of that host could plant.
const PLAIN_NAME: &str = "rushes_session";
/// Longest token that is looked at, in characters.
const TOKEN_CHARS_MAX: usize = 128;

/// How the cookie looks at one public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieRules {
    is_secure: bool,
    is_insecure: bool,
}

impl CookieRules {
    /// The rules for a gateway at `public_url`.
    pub fn of(public_url: &str) -> Self {
        let url = Url::parse(public_url);
        let is_secure = url.as_ref().is_ok_and(|url| url.scheme() == "https");
        let is_here = url.is_ok_and(|url| url.host().as_ref().is_some_and(is_loopback));
        Self { is_secure, is_insecure: !is_secure && !is_here }
    }

    /// The cookie's name.
    pub const fn name(&self) -> &'static str {
        if self.is_secure { SECURE_NAME } else { PLAIN_NAME }
    }

    /// True if the cookie travels in the open, which people who sign in should be told: neither
    /// over https nor within this machine.
    pub const fn is_insecure(&self) -> bool {
        self.is_insecure
    }

    /// The `Set-Cookie` that keeps `token`, hex digits, for some seconds. A token that
    /// [`read`](Self::read) would not give back is not set.
    pub fn set(&self, token: &str, max_age_seconds: u32) -> HeaderValue {
        if is_token(token.as_bytes()) { self.header(token, max_age_seconds) } else { self.clear() }
    }

    /// The `Set-Cookie` that removes the cookie.
    pub fn clear(&self) -> HeaderValue {
        self.header("", 0)
    }

    /// The token that a request carries: the one cookie of the right name, if it is hex digits.
    pub fn read<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let mut tokens = headers
            .get_all(COOKIE)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| {
                let value = pair.trim_ascii().strip_prefix(self.name().as_bytes())?;
                value.strip_prefix(b"=")
            });
        let token = tokens.next()?;
        if tokens.next().is_some() || !is_token(token) {
            return None;
        }
        str::from_utf8(token).ok()
    }

    fn header(self, token: &str, max_age_seconds: u32) -> HeaderValue {
        let name = self.name();
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!(
            "{name}={token}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Strict{secure}"
        );
        // Hex digits and our own letters: always a legal value.
        let mut value =
            HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

fn is_token(token: &[u8]) -> bool {
    (1..=TOKEN_CHARS_MAX).contains(&token.len()) && token.iter().all(u8::is_ascii_hexdigit)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTPS: &str = "https://video.example.com";
    const LAN: &str = "http://192.168.1.5:8080";

    fn read(public_url: &str, cookies: &[&[u8]]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(COOKIE, HeaderValue::from_bytes(cookie).unwrap());
        }
        CookieRules::of(public_url).read(&headers).map(str::to_owned)
    }

    #[test]
    fn secure_over_https_and_told_where_others_can_listen() {
        for (urls, name, is_insecure) in [
            (&[HTTPS, "https://192.168.1.5"][..], SECURE_NAME, false),
            (
                &[
                    "http://127.0.0.1:8080",
                    "http://127.9.9.9",
                    "http://[::1]:8080",
                    "http://localhost:8080",
                    "http://LOCALHOST",
                    "http://rushes.localhost",
                ],
                PLAIN_NAME,
                false,
            ),
            (
                &[
                    LAN,
                    "http://video.example.com",
                    "http://localhost.example.com",
                    "http://mylocalhost",
                    "http://[2001:db8::1]",
                    "http://0.0.0.0:8080",
                    "nonsense",
                    "",
                ],
                PLAIN_NAME,
                true,
            ),
        ] {
            for url in urls {
                let rules = CookieRules::of(url);
                assert_eq!((rules.name(), rules.is_insecure()), (name, is_insecure), "{url}");
            }
        }
    }

    #[test]
    fn attributes() {
        let secure = CookieRules::of(HTTPS);
        assert_eq!(
            secure.set("0aF9", 43_200),
            "__Host-rushes_session=0aF9; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            secure.clear(),
            "__Host-rushes_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
        );
        let plain = CookieRules::of(LAN);
        assert_eq!(
            plain.set("0aF9", 60),
            "rushes_session=0aF9; Path=/; Max-Age=60; HttpOnly; SameSite=Strict"
        );
        assert!(plain.set("0aF9", 60).is_sensitive(), "no log shows it");
        for bad in ["", "x", "a; Domain=evil.example", "a\r\nb", &"a".repeat(129)] {
            assert_eq!(plain.set(bad, 60), plain.clear(), "{bad}");
        }
    }

    #[test]
    fn reads_the_one_cookie_among_others() {
        let expected = Some("00ff".to_owned());
        assert_eq!(read(LAN, &[b"rushes_session=00ff"]), expected);
        assert_eq!(read(LAN, &[b"a=1; rushes_session=00ff;b=2"]), expected);
        assert_eq!(read(LAN, &[b"a=1", b"rushes_session=00ff"]), expected);
        assert_eq!(read(LAN, &[b"a=\xff\xfe; rushes_session=00ff; x"]), expected);
        assert_eq!(read(HTTPS, &[b"rushes_session=aa; __Host-rushes_session=00ff"]), expected);
        let longest = format!("rushes_session={}", "a".repeat(128));
        assert_eq!(read(LAN, &[longest.as_bytes()]), Some("a".repeat(128)));
    }

    #[test]
    fn c03_doubtful_tokens_are_none() {
        let too_long = format!("rushes_session={}", "a".repeat(129));
        for cookies in [
            &[][..],
            &[b"".as_slice()],
            &[b"rushes_session"],
            &[b"rushes_session="],
            &[b"rushes_session=xyz"],
            &[b"rushes_session=\"00ff\""],
            &[b"rushes_session=00 ff"],
            &[b"Rushes_Session=00ff"],
            &[b"rushes_session2=00ff"],
            &[b"__Host-rushes_session=00ff"],
            &[b"rushes_session=00ff; rushes_session=00ff"],
            &[b"rushes_session=00ff; rushes_session=xyz"],
            &[b"rushes_session=00ff", b"rushes_session=00fe"],
            &[too_long.as_bytes()],
        ] {
            assert_eq!(read(LAN, cookies), None, "{cookies:?}");
        }
        assert_eq!(read(HTTPS, &[b"rushes_session=00ff"]), None, "anybody could have planted it");
    }
}
