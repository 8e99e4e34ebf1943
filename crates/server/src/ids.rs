//! Ids and random bytes from the machine's own source.
//!
//! Guarantees: task ids are `UUIDv7` (RFC 9562) and never repeat; bytes are fit for secrets. What is
//! written with the letters of [`random_letters`] can be read aloud and typed.

use rushes_domain::{IdSource, TaskId};
use uuid::Uuid;

/// The machine's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one home of new ids")]
    fn task_id(&self) -> TaskId {
        TaskId::new(Uuid::now_v7().as_u128())
    }

    fn request_id(&self) -> String {
        let mut bytes = [0_u8; 12];
        self.fill(&mut bytes);
        let mut text = String::with_capacity(28);
        text.push_str("req_");
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        text
    }

    #[expect(clippy::expect_used, reason = "no gateway can run without random numbers")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// So many random bytes in hex.
pub fn random_hex(ids: &dyn IdSource, bytes_count: usize) -> String {
    let mut bytes = vec![0; bytes_count];
    ids.fill(&mut bytes);
    bytes.iter().fold(String::with_capacity(2 * bytes_count), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// So many random letters and digits that nobody mistakes for one another, five bits each.
pub fn random_letters(ids: &dyn IdSource, count: usize) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let mut bytes = vec![0; count];
    ids.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}
