//! API keys as text: their shape, how they are made, and the hash they are looked up by; and what
//! accounts and keys may do.
//!
//! Guarantees: the secret itself is never stored or compared, only its SHA-256. Not here: where
//! the random bytes come from.

use sha2::{Digest, Sha256};

/// Fewest characters of a key that the server looks up.
pub const KEY_CHARS_MIN: usize = 20;
/// Most characters of a key that the server looks up.
pub const KEY_CHARS_MAX: usize = 128;
/// Characters after the prefix of a key that we make.
const KEY_BODY_CHARS: usize = 48;
/// Of these, the trailing ones that hold the checksum.
const KEY_CHECKSUM_CHARS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether a key spends money or draws previews for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// `sk-…`: pays the catalogue price.
    Live,
    /// `sk-test-…`: always the preview renderer, costs nothing.
    Test,
}

impl KeyKind {
    /// The prefix of a key of this kind.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Live => "sk-",
            Self::Test => "sk-test-",
        }
    }

    /// The kind that a key's text says it is.
    pub fn of(key: &str) -> Self {
        if key.starts_with(Self::Test.prefix()) { Self::Test } else { Self::Live }
    }
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything; made by the first start.
    Owner,
    /// Everything but changing owners and operators.
    Operator,
    /// Its own tasks, keys and money.
    User,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Operator, Self::User];

    /// The word in JSON and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Operator => "operator",
            Self::User => "user",
        }
    }

    /// The role of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether it may use the admin API.
    pub const fn is_operator(self) -> bool {
        matches!(self, Self::Owner | Self::Operator)
    }
}

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Make and cancel tasks.
    Generate,
    /// Look at models and tasks.
    Read,
    /// Look after keys and money, and, for an operator's key, the admin API.
    Manage,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Generate, Self::Read, Self::Manage];

    /// The word in JSON and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Read => "read",
            Self::Manage => "manage",
        }
    }

    /// The scope of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// A set of [`Scope`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// What a key may do unless somebody says otherwise.
    pub const DEFAULT: Self = Self(0b011);

    const fn bit(scope: Scope) -> u8 {
        match scope {
            Scope::Generate => 0b001,
            Scope::Read => 0b010,
            Scope::Manage => 0b100,
        }
    }

    /// Whether the set holds the scope.
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    /// The scopes of the set, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |&scope| self.has(scope))
    }

    /// The words, with a space between them.
    pub fn words(self) -> String {
        self.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The set of words with white space between them; `None` if one is no scope.
    pub fn from_words(words: &str) -> Option<Self> {
        words.split_whitespace().map(Scope::from_word).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | Self::bit(scope)))
    }
}

/// Most characters of an account's or group's name.
pub const NAME_CHARS_MAX: usize = 64;

/// True if the text can name an account or a group: 1 to [`NAME_CHARS_MAX`] ASCII letters, digits
/// and `.`, `_`, `-`, `@`, `+`, the first a letter or digit. Names are the same in either case.
pub fn is_name(text: &str) -> bool {
    text.len() <= NAME_CHARS_MAX
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@+".contains(&byte))
}

/// True if the text can be a key at all: `sk-`, then letters, digits, `-` and `_`,
/// [`KEY_CHARS_MIN`] to [`KEY_CHARS_MAX`] characters in all.
pub fn is_well_formed(key: &str) -> bool {
    (KEY_CHARS_MIN..=KEY_CHARS_MAX).contains(&key.len())
        && key.starts_with("sk-")
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// SHA-256 of a key, by which it is looked up.
pub fn key_hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Makes a key from random bytes: the prefix, 42 base62 characters and a base62 CRC-32 of six.
/// The checksum is a hint for secret scanners; the server does not ask for it.
pub fn make_key(kind: KeyKind, fill: &mut dyn FnMut(&mut [u8])) -> String {
    let mut key = String::from(kind.prefix());
    while key.len() < kind.prefix().len() + KEY_BODY_CHARS - KEY_CHECKSUM_CHARS {
        let mut byte = [0_u8];
        fill(&mut byte);
        // 248 = 4 × 62: bytes above it would make the first letters likelier.
        if byte[0] < 248 {
            key.push(char::from(BASE62[usize::from(byte[0] % 62)]));
        }
    }
    let digits = checksum(&key);
    key.extend(digits.map(char::from));
    key
}

/// True if the key has the form of those that [`make_key`] makes, and its last characters are the
/// checksum of the others. False says nothing about a key that came from elsewhere.
pub fn has_checksum(key: &str) -> bool {
    let prefix = KeyKind::of(key).prefix();
    if !key.is_ascii() || key.len() != prefix.len() + KEY_BODY_CHARS {
        return false;
    }
    let (text, digits) = key.split_at(key.len() - KEY_CHECKSUM_CHARS);
    checksum(text).as_slice() == digits.as_bytes()
}

/// The CRC-32 of a text in base62.
fn checksum(text: &str) -> [u8; KEY_CHECKSUM_CHARS] {
    let mut rest = u64::from(crc32(text.as_bytes()));
    let mut digits = [b'0'; KEY_CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        let index = usize::try_from(rest % 62).unwrap_or(0);
        *digit = BASE62[index];
        rest /= 62;
    }
    digits
}

/// CRC-32 (IEEE 802.3), bit by bit: forty bytes a key do not want a table.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// A key as it may be shown: the prefix and the last four characters.
pub fn mask(key: &str) -> String {
    let tail = key.get(key.len().saturating_sub(4)..).unwrap_or("");
    format!("{}…{tail}", KeyKind::of(key).prefix())
}
