//! Addresses of the gateway's own pages.
//!
//! Guarantees: a secret stands behind the `#` only, which no browser sends: it reaches no log of a
//! server or proxy, and no `Referer`. Not here: links to files, which are `links`', and what the
//! pages show.

/// Random bytes of a one-time link's token.
pub const LOGIN_TOKEN_BYTES: usize = 32;
/// What stands between the address of the page and the token.
const TOKEN_MARK: &str = "#t=";

/// The first page of the console of the gateway at `public_url`.
pub fn console_url(public_url: &str) -> String {
    format!("{public_url}/console/")
}

/// The page that signs somebody in once, with the token of a one-time link.
pub fn login_url(public_url: &str, token: &str) -> String {
    format!("{public_url}/console/login{TOKEN_MARK}{token}")
}

/// The token of such an address; none if it has not the form of one.
pub fn token_of(login_url: &str) -> Option<&str> {
    let (_, token) = login_url.split_once(TOKEN_MARK)?;
    let is_hex = token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (token.len() == 2 * LOGIN_TOKEN_BYTES && is_hex).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_again_and_nothing_else_is_one() {
        let token = "0123456789abcdef".repeat(4);
        assert_eq!(token_of(&login_url("https://v.example.com", &token)), Some(token.as_str()));
        for wrong in ["", "#t=", "#t=0", &token, &format!("#t={token}0"), &format!("#t=X{token}")] {
            assert_eq!(token_of(wrong), None, "{wrong}");
        }
    }
}
