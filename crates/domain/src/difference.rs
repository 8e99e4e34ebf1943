//! In what a finished video is not what was asked for.
//!
//! Guarantees: pure; what encoders round is no difference. Not here: what becomes of such a video. It
//! is kept, since it was paid for and is better than none.

/// A length may be so many milliseconds off: a frame more or less, and lengths in whole frames.
const DURATION_MS_MAX: u64 = 500;
/// Width by height may be off by one part in so many: sides are multiples of 16 or 32 in engines.
const RATIO_PART: u64 = 33;
/// The shorter side may be off by one part in so many.
const SIDE_PART: u64 = 16;

/// A thing in which a video differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Difference {
    /// Its length.
    Duration,
    /// Its width by its height.
    Ratio,
    /// Its shorter side.
    Resolution,
}

impl Difference {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Duration, Self::Ratio, Self::Resolution];

    /// The word in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::Ratio => "ratio",
            Self::Resolution => "resolution",
        }
    }
}

/// A video's measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// In milliseconds.
    pub duration_ms: u64,
}

/// In what `found` is not what was `asked` for.
pub fn differences(asked: Measures, found: Measures) -> Vec<Difference> {
    let wide = |one: Measures, other: Measures| u64::from(one.width) * u64::from(other.height);
    let shorter = |it: Measures| u64::from(it.width.min(it.height));
    let is_off = |what: &Difference| match what {
        Difference::Duration => asked.duration_ms.abs_diff(found.duration_ms) > DURATION_MS_MAX,
        Difference::Ratio => is_far(wide(asked, found), wide(found, asked), RATIO_PART),
        Difference::Resolution => is_far(shorter(asked), shorter(found), SIDE_PART),
    };
    Difference::ALL.into_iter().filter(is_off).collect()
}

/// Whether two numbers are further apart than one part in so many of the first.
const fn is_far(one: u64, other: u64, part: u64) -> bool {
    one.abs_diff(other).saturating_mul(part) > one
}
