//! Signatures of webhooks (Standard Webhooks 1.0): what a receiver checks to know that a call is
//! ours, and fresh.
//!
//! Guarantees: a signature covers the event's id, the second of the attempt and every byte of the
//! body; while two secrets are valid there is one of each. Not here: where secrets are kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use rushes_domain::IdSource;
use sha2::Sha256;

/// How a secret's text begins.
const PREFIX: &str = "whsec_";
/// Random bytes of a secret; the standard wants 24 to 64.
const SECRET_BYTES: usize = 32;

/// A secret as it is shown, once: `whsec_` and its bytes in base64.
pub fn make_secret(ids: &dyn IdSource) -> String {
    let mut bytes = [0_u8; SECRET_BYTES];
    ids.fill(&mut bytes);
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The value of `webhook-signature`: one signature for each secret, with spaces between them.
/// `None` if a secret is none.
pub fn sign<'s>(
    secrets: impl IntoIterator<Item = &'s str>,
    event_id: &str,
    at_seconds: i64,
    body: &[u8],
) -> Option<String> {
    let mut signatures = Vec::new();
    for secret in secrets {
        let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(format!("{event_id}.{at_seconds}.").as_bytes());
        mac.update(body);
        signatures.push(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
    }
    Some(signatures.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SystemIds;

    /// The example of the standard's reference libraries.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            sign([secret], id, 1_614_265_330, body).unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        let both = sign([secret, secret], id, 1_614_265_330, body).unwrap();
        assert_eq!(both.split(' ').count(), 2);
        assert_eq!(sign(["whsec_not base64"], id, 0, body), None);
        assert_eq!(sign(["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], id, 0, body), None);
    }

    #[test]
    fn secrets_are_long_enough_and_never_the_same() {
        let secret = make_secret(&SystemIds);
        assert_eq!(secret.len(), 6 + 44);
        assert_ne!(secret, make_secret(&SystemIds));
    }
}
