//! Time as a value: microseconds since the Unix epoch, and the clock that is passed in.
//!
//! Guarantees: nothing in the workspace asks the machine for the time except through [`Clock`].
//! Wall-clock time decides expiry only; time-outs are measured by the runtime's monotonic timer.

use serde::{Deserialize, Serialize};

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole seconds since the epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The moment at a whole second of the epoch.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// The moment `milliseconds` later (earlier when negative); saturates at the ends of time.
    #[must_use]
    pub const fn plus_ms(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds.saturating_mul(1_000)))
    }

    /// Whole days since the epoch, rounded down (UTC has no other length of a day here).
    pub const fn unix_days(self) -> i64 {
        self.unix_seconds().div_euclid(86_400)
    }

    /// The calendar month in UTC as year × 12 + month − 1, so that months can be compared.
    ///
    /// By Howard Hinnant's `civil_from_days`: years are counted from March, so that the leap day is
    /// the last of its year.
    pub const fn utc_month(self) -> i64 {
        let days = self.unix_days() + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        (era * 400 + year_of_era) * 12 + month_from_march + 2
    }

    /// Milliseconds from `earlier` until `self`; negative when `self` comes first.
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(1_000)
    }
}

/// Where the time comes from. A field of the app, so that tests move it by hand.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}
