//! Ids and random bytes from the machine's own source.
//!
//! Guarantees: task ids are `UUIDv7` (RFC 9562) and never repeat; bytes are fit for secrets.

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
