//! The URL under which clients reach a gateway, as somebody sets it.
//!
//! Guarantees: what passes is http or https with a host, perhaps a port and a path, and made of
//! characters that mean nothing to a shell, to HTML or to JSON: it is printed into commands that
//! people paste. No error shows a password.

use url::Url;

/// What is allowed, for messages.
const ALLOWED: &str = "http:// or https://, a host, perhaps a port, and a path of letters, digits and \
                       ._~/- alone, such as https://video.example.com";

/// The URL without slashes at its end, or a message about it that names `setting`.
pub(crate) fn public_url(setting: &str, text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    match problem(trimmed) {
        None => Ok(trimmed.to_owned()),
        // What stands before the @ may be a password.
        Some(why) if text.contains('@') => Err(format!("{setting}: {why}; wanted is {ALLOWED}")),
        Some(why) => Err(format!("{setting} is {text:?}: {why}; wanted is {ALLOWED}")),
    }
}

fn problem(text: &str) -> Option<&'static str> {
    let Some(rest) = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")) else {
        return Some("it does not begin with http:// or https://");
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // The parser would forgive blanks, backslashes and signs of the shell, so the text itself is
    // looked at too.
    if authority.contains('@') {
        return Some("it must not name a user or a password");
    }
    if path.contains(['?', '#']) {
        return Some("it must not have a query or a fragment");
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._~/-".contains(letter);
    if !path.chars().all(is_plain) {
        return Some("its path has a character that is not allowed");
    }
    match Url::parse(text) {
        Ok(url) if is_host(&url, authority) => None,
        Ok(_) | Err(_) => Some(
            "it has no host that can be used (a name of letters, digits, dots and hyphens, or an \
             address)",
        ),
    }
}

/// True if the authority is a plain name or an address, and a port where there is a colon.
fn is_host(url: &Url, authority: &str) -> bool {
    // Brackets are in an address of IPv6 alone, which the parser sees to.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-:[]".contains(letter);
    let is_whole = !authority.is_empty() && !authority.ends_with(':');
    url.has_host() && is_whole && authority.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_urls_pass_without_the_slash_at_their_end() {
        for (good, kept) in [
            ("https://video.example.com", "https://video.example.com"),
            ("https://video.example.com/", "https://video.example.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://my_gateway:8080", "http://my_gateway:8080"),
            ("https://Example.com/a-b/~me/v1.0_x//", "https://Example.com/a-b/~me/v1.0_x"),
            ("https://xn--fsqu00a.example", "https://xn--fsqu00a.example"),
        ] {
            assert_eq!(public_url("public_url", good).as_deref(), Ok(kept), "{good}");
        }
    }

    #[test]
    fn what_a_shell_or_a_reader_could_stumble_over_is_refused() {
        for bad in [
            "",
            "///",
            "not a url",
            "video.example.com",
            "ftp://video.example.com",
            "https:video.example.com",
            "https://",
            "https:///v1",
            "http://h/ x",
            " http://h",
            "http://h ",
            "http://h\n",
            "http://h/\tx",
            "http://h\\x",
            "http://h?x=1",
            "http://h/?",
            "http://h#x",
            "http://h/#",
            "https://h/$(id)",
            "https://$(id)/x",
            "https://h;id",
            "https://h/`id`",
            "https://h/\"x",
            "https://h/'x",
            "https://h/&x",
            "https://h/%24(id)",
            "https://%24h",
            "https://h/é",
            "https://例え.example",
            "http://h:",
            "http://h:99999",
            "http://h:80:80",
            "http://[::1",
            "http://[::1\n]",
            "http://h]",
            "http://[::1]$x",
        ] {
            let message = public_url("public_url", bad).unwrap_err();
            assert!(message.starts_with("public_url"), "{bad:?}: {message}");
            assert!(message.contains("https://video.example.com"), "{bad:?}: {message}");
            assert!(!message.contains('\n'), "{bad:?}: {message}");
        }
    }

    #[test]
    fn a_user_is_refused_and_a_password_is_not_shown() {
        for bad in ["http://user:hunter2@h", "http://hunter2@h/x", "user:hunter2@h"] {
            let message = public_url("public_url", bad).unwrap_err();
            assert!(!message.contains("hunter2"), "{message}");
        }
        let message = public_url("public_url", "http://user@h").unwrap_err();
        assert!(message.contains("a user or a password"), "{message}");
    }
}
