//! Sizes and ratios in whole pixels.

use super::{FITTED_SIDE_MAX, RATIO_PERCENT_MAX};

/// A size in pixels, or only the ratio of one. Neither side is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Shape {
    /// The longer side.
    pub(super) fn long(self) -> u32 {
        self.width.max(self.height)
    }

    /// Whether both have the same ratio, nearly.
    pub(super) fn is_like(self, frame: Self) -> bool {
        let (own, frames) = self.crossed(frame);
        own.abs_diff(frames).saturating_mul(100) <= frames.saturating_mul(RATIO_PERCENT_MAX)
    }

    /// Whether this one is wider in ratio, or of exactly the same.
    pub(super) fn is_wider(self, frame: Self) -> bool {
        let (own, frames) = self.crossed(frame);
        own >= frames
    }

    /// The largest size of `frame`'s ratio within this one.
    pub(super) fn within(self, frame: Self) -> Self {
        if self.is_wider(frame) {
            let width = share(self.height, frame.width, frame.height).clamp(1, self.width);
            Self { width, height: self.height }
        } else {
            let height = share(self.width, frame.height, frame.width).clamp(1, self.height);
            Self { width: self.width, height }
        }
    }

    /// The smallest size of `frame`'s ratio around this one.
    pub(super) fn around(self, frame: Self) -> Self {
        if self.is_wider(frame) {
            let height = share(self.width, frame.height, frame.width);
            Self { width: self.width, height: height.max(self.height) }
        } else {
            let width = share(self.height, frame.width, frame.height);
            Self { width: width.max(self.width), height: self.height }
        }
    }

    /// This ratio with a longer side of `long`: [`FITTED_SIDE_MAX`] at most, and more where the
    /// shorter side would fall below `short_min` otherwise.
    pub(super) fn sized(self, long: u32, short_min: u32) -> Self {
        let (wide, narrow) = (self.long(), self.width.min(self.height));
        let long = long.max(share(short_min, wide, narrow)).min(FITTED_SIDE_MAX);
        let short = share(long, narrow, wide).max(1);
        if self.width >= self.height {
            Self { width: long, height: short }
        } else {
            Self { width: short, height: long }
        }
    }

    /// This width times the other height, and the other width times this height.
    fn crossed(self, frame: Self) -> (u64, u64) {
        let product = |one: u32, other: u32| u64::from(one) * u64::from(other);
        (product(self.width, frame.height), product(frame.width, self.height))
    }
}

/// `side` × `part` / `whole`, rounded; saturates.
fn share(side: u32, part: u32, whole: u32) -> u32 {
    let whole = u64::from(whole.max(1));
    let exact = (u64::from(side) * u64::from(part) + whole / 2) / whole;
    u32::try_from(exact).unwrap_or(u32::MAX)
}
