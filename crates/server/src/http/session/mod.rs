//! What a browser's session needs besides its row: the cookie, and proof that a request comes from
//! our own pages.
//!
//! Guarantees: those of the two modules. Not here: who is signed in, which the store knows.

pub mod cookie;
pub mod same_origin;
