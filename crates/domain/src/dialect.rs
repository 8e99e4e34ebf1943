//! The dialects: the families of clients in whose words tasks are made and read.
//!
//! Guarantees: what a dialect leaves out of a request, and how it spells a task's id, is said here
//! once, as data. Not here: fields and answers, which are the server's modules of that name.

use serde::{Deserialize, Serialize};

use crate::id::Spelling;

/// In which words a task was ordered; kept with the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// `/v1/video/generations`, the published document.
    Native,
    /// `/v1/videos/generations`, as xAI's REST API has it.
    Xai,
    /// `/v1/videos`, as the `OpenAI` Videos API has it.
    Openai,
}

/// What fields mean that a request leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// Length in seconds.
    pub seconds: u32,
    /// For example `16:9`.
    pub aspect_ratio: &'static str,
    /// For example `720p`.
    pub resolution: &'static str,
    /// Whether a request without a model means the catalogue's first one; else it is refused.
    pub has_model: bool,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::Native, Self::Xai, Self::Openai];

    /// The word in JSON and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Xai => "xai",
            Self::Openai => "openai",
        }
    }

    /// The dialect behind a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.as_str() == word)
    }

    /// What absent fields mean. Native: contract 4. xAI: its REST reference (8 s, 480p). `OpenAI`:
    /// its API reference (`seconds` "4", `size` 720x1280).
    pub const fn defaults(self) -> Defaults {
        match self {
            Self::Native => {
                Defaults { seconds: 4, aspect_ratio: "16:9", resolution: "720p", has_model: false }
            }
            Self::Xai => {
                Defaults { seconds: 8, aspect_ratio: "16:9", resolution: "480p", has_model: true }
            }
            Self::Openai => {
                Defaults { seconds: 4, aspect_ratio: "9:16", resolution: "720p", has_model: true }
            }
        }
    }

    /// How it spells a task's id.
    pub const fn spelling(self) -> Spelling {
        match self {
            Self::Native => Spelling::Task,
            Self::Xai => Spelling::Uuid,
            Self::Openai => Spelling::Video,
        }
    }
}
