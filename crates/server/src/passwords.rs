//! Passwords: hashed with Argon2id (RFC 9106), checked in a time that does not tell whether the
//! account exists.
//!
//! Guarantees: the work is done off the async threads, few at a time, and the line for it is short;
//! work that has begun keeps its place until it ends, also when nobody listens any more; a password
//! over the limit of length is never hashed. Not here: who may try how often, which is `throttle`'s.

use std::sync::Arc;

use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use rushes_domain::{ApiError, IdSource, is_blank};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ids::random_letters;

/// Fewest characters of a new password.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Most characters of a new password.
pub const PASSWORD_CHARS_MAX: usize = 256;
/// Longest password that is hashed, in bytes: the most characters, four bytes each.
const PASSWORD_BYTES_MAX: usize = 1024;
/// Groups of a password that is made here, and letters in each.
const PASSWORD_GROUPS: usize = 4;
const PASSWORD_GROUP_LETTERS: usize = 5;
/// Passwords that are hashed at the same time.
const AT_ONCE: usize = 2;
/// Passwords that wait for their turn; the last of them waits for a second or two.
pub(crate) const WAITING_MAX: usize = 32;
/// Bytes of a salt (RFC 9106, section 3.1).
const SALT_BYTES: usize = 16;
/// The parameters of the OWASP Password Storage Cheat Sheet: memory in KiB, passes, lanes.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// What is worked on for an account that does not exist; no password is known for it, and none
/// would be accepted.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$cnVzaGVzIG5vYm9keSEhIQ\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The places where passwords are hashed.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// Places at work and in the line together.
    line: Arc<Semaphore>,
    /// Places at work.
    work: Arc<Semaphore>,
}

/// A password was neither hashed nor checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many wait already: 429 `rate_limited`.
    #[error("too many passwords are being checked at this moment")]
    Busy,
    /// The password is over the limit of length.
    #[error("the password is longer than {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// The stored hash cannot be read, or the parameters are not legal.
    #[error("a password hash cannot be made or read: {0}")]
    Hash(password_hash::Error),
    /// The work did not come to its end.
    #[error("the work on a password was lost: {0}")]
    Lost(#[from] tokio::task::JoinError),
}

/// Both places of one password; given back when the work is done.
#[derive(Debug)]
struct Place {
    _line: OwnedSemaphorePermit,
    _work: OwnedSemaphorePermit,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// All places are free.
    pub fn new() -> Self {
        Self {
            line: Arc::new(Semaphore::new(AT_ONCE + WAITING_MAX)),
            work: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The password as a PHC string with a salt of its own.
    ///
    /// # Errors
    /// [`PasswordError::TooLong`] over 1 KiB; [`PasswordError::Busy`] if too many wait already.
    pub async fn hash(&self, ids: &dyn IdSource, password: &str) -> Result<String, PasswordError> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Err(PasswordError::TooLong);
        }
        let salt = salt(ids);
        let password = password.to_owned();
        self.work(move || phc(&password, &salt)).await
    }

    /// Whether the password belongs to the PHC string. Without one, for an account that does not
    /// exist or has no password, it never does, after the same work.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] if too many wait already; [`PasswordError::Hash`] if the string is
    /// none of Argon2's.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<bool, PasswordError> {
        // Says nothing about the account: it is so for all of them.
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let is_somebody = phc.is_some();
        let phc = phc.unwrap_or(NOBODY).to_owned();
        let password = password.to_owned();
        self.work(move || {
            let known = PasswordHash::new(&phc).map_err(password_hash::Error::from)?;
            match hasher()?.verify_password(password.as_bytes(), &known) {
                Ok(()) => Ok(is_somebody),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(source) => Err(source),
            }
        })
        .await
    }

    /// Runs `work` on a thread of its own, when it is its turn.
    async fn work<T, F>(&self, work: F) -> Result<T, PasswordError>
    where
        F: FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
        T: Send + 'static,
    {
        let place = self.enter().await?;
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(place);
            outcome
        });
        done.await?.map_err(PasswordError::Hash)
    }

    async fn enter(&self) -> Result<Place, PasswordError> {
        let busy = |_| PasswordError::Busy;
        let line = Arc::clone(&self.line).try_acquire_owned().map_err(busy)?;
        // Never closed.
        let work = Arc::clone(&self.work).acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        Ok(Place { _line: line, _work: work })
    }
}

/// The same as [`Passwords::hash`], at once and on this thread: for the start, when nobody waits.
///
/// # Errors
/// [`PasswordError::TooLong`] over 1 KiB.
pub fn hash_at_start(ids: &dyn IdSource, password: &str) -> Result<String, PasswordError> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    phc(password, &salt(ids)).map_err(PasswordError::Hash)
}

/// A password for somebody who will read it off a screen: four groups of five letters and digits,
/// a hundred bits.
pub fn make(ids: &dyn IdSource) -> String {
    let letters = || random_letters(ids, PASSWORD_GROUP_LETTERS);
    (0..PASSWORD_GROUPS).map(|_| letters()).collect::<Vec<_>>().join("-")
}

fn salt(ids: &dyn IdSource) -> [u8; SALT_BYTES] {
    let mut salt = [0_u8; SALT_BYTES];
    ids.fill(&mut salt);
    salt
}

fn phc(password: &str, salt: &[u8]) -> Result<String, password_hash::Error> {
    Ok(hasher()?.hash_password_with_salt(password.as_bytes(), salt)?.to_string())
}

fn hasher() -> Result<Argon2<'static>, password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Whether the text will do as a new password.
///
/// # Errors
/// `invalid_request` that blames `password` and says what is wanted.
pub fn check_new(password: &str) -> Result<(), ApiError> {
    let is_sized = (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&password.chars().count());
    if is_sized && !is_blank(password) {
        return Ok(());
    }
    Err(ApiError::invalid(
        "password",
        format!(
            "a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters, and not only \
             blanks"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SystemIds;
    use rushes_domain::ErrorCode;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new();
        let phc = passwords.hash(&SystemIds, "correct horse").await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(passwords.verify("correct horse", Some(&phc)).await.unwrap());
        assert!(!passwords.verify("Correct horse", Some(&phc)).await.unwrap());
        assert!(!passwords.verify("", Some(&phc)).await.unwrap());
        let again = passwords.hash(&SystemIds, "correct horse").await.unwrap();
        assert_ne!(phc, again, "every hash has a salt of its own");
    }

    #[tokio::test]
    async fn nobody_costs_the_same_work_and_is_never_right() {
        let passwords = Passwords::new();
        assert!(!passwords.verify("correct horse", None).await.unwrap());
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let somebody = passwords.hash(&SystemIds, "correct horse").await.unwrap();
        let somebody = PasswordHash::new(&somebody).unwrap();
        assert_eq!(nobody.algorithm, somebody.algorithm);
        assert_eq!(nobody.version, somebody.version);
        assert_eq!(nobody.params, somebody.params);
        let length = |hash: &PasswordHash| hash.hash.as_ref().map(|it| it.as_ref().len());
        assert_eq!(length(&nobody), length(&somebody));
        let salt = |hash: &PasswordHash| hash.salt.as_ref().map(|it| it.as_ref().len());
        assert_eq!(salt(&nobody), salt(&somebody));
    }

    #[tokio::test]
    async fn long_passwords_are_not_worked_on() {
        let passwords = Passwords::new();
        let taken = passwords.line.acquire_many(34).await.unwrap();
        let long = "x".repeat(1_025);
        let hashed = passwords.hash(&SystemIds, &long).await;
        assert!(matches!(hashed, Err(PasswordError::TooLong)), "{hashed:?}");
        assert!(!passwords.verify(&long, None).await.unwrap());
        drop(taken);
        let longest = "𝕏".repeat(256);
        assert!(passwords.hash(&SystemIds, &longest).await.is_ok());
    }

    #[tokio::test]
    async fn the_line_is_short_and_places_come_back() {
        let passwords = Passwords::new();
        let work = Arc::clone(&passwords.work).acquire_many_owned(2).await.unwrap();
        let mut waiting: Vec<_> =
            (0..34).map(|_| Box::pin(passwords.verify("correct horse", None))).collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one).is_pending());
        }
        let refused = passwords.verify("correct horse", None).await;
        assert!(matches!(refused, Err(PasswordError::Busy)), "{refused:?}");
        drop(waiting);
        drop(work);
        assert!(!passwords.verify("correct horse", None).await.unwrap());
        assert_eq!(passwords.line.available_permits(), 34);
    }

    #[tokio::test]
    async fn a_broken_hash_is_a_fault_and_no_wrong_password() {
        let outcome = Passwords::new().verify("correct horse", Some("$5$plain")).await;
        assert!(matches!(outcome, Err(PasswordError::Hash(_))), "{outcome:?}");
    }

    #[test]
    fn a_made_password_can_be_read_aloud_and_will_do() {
        let made = make(&SystemIds);
        let groups: Vec<&str> = made.split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [5; 4], "{made}");
        assert!(!made.contains(['1', 'l', 'i', 'o', 'I', 'O']), "{made}");
        assert_eq!(check_new(&made), Ok(()));
        assert_ne!(made, make(&SystemIds));
    }

    #[tokio::test]
    async fn a_hash_of_the_start_is_like_any_other() {
        let phc = hash_at_start(&SystemIds, "correct horse").unwrap();
        assert!(Passwords::new().verify("correct horse", Some(&phc)).await.unwrap());
        let long = hash_at_start(&SystemIds, &"x".repeat(1_025));
        assert!(matches!(long, Err(PasswordError::TooLong)), "{long:?}");
    }

    #[test]
    fn what_a_new_password_has_to_be() {
        for good in ["0123456789", "密码密码密码密码密码", &"x".repeat(256), "a         "]
        {
            assert_eq!(check_new(good), Ok(()), "{good}");
        }
        let (short, long, blank) = ("012345678", "x".repeat(257), " \t\u{200B}".repeat(4));
        for bad in ["", short, "密码密码密码", &long, &blank] {
            let error = check_new(bad).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidRequest);
            assert_eq!(error.param.as_deref(), Some("password"));
            assert!(error.message.contains("10 to 256 characters"), "{}", error.message);
        }
    }
}
