//! Money: integer units of 1e-10 US dollar, never a float.
//!
//! Guarantees: sums and products are checked; an overflow is an error, not a wrong bill. The unit
//! is the main upstream's `cost_in_usd_ticks` (xAI's API reference: 1e10 ticks are one dollar).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Ticks in one US dollar.
pub const TICKS_PER_DOLLAR: i64 = 10_000_000_000;

/// An amount of money in units of 1e-10 US dollar.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticks(pub i64);

/// A sum or product does not fit, or a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result is outside ± 922 million dollars.
    #[error("the amount is out of range")]
    Overflow,
    /// The text is not a plain decimal number of dollars.
    #[error("not an amount in US dollars: expected a number like \"0.06\", at most 10 decimals")]
    Malformed,
    /// The catalogue has no price for what is asked.
    #[error("there is no price for this resolution")]
    NoPrice,
}

impl Ticks {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// `self + other`, or [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_add(other.0).map(Self).ok_or(MoneyError::Overflow)
    }

    /// `self - other`, or [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_sub(other.0).map(Self).ok_or(MoneyError::Overflow)
    }

    /// `self * count`, or [`MoneyError::Overflow`].
    pub fn checked_mul(self, count: i64) -> Result<Self, MoneyError> {
        self.0.checked_mul(count).map(Self).ok_or(MoneyError::Overflow)
    }

    /// `self * millionths / 1_000_000`, rounded half up; the product is taken in 128 bits.
    pub fn scale_millionths(self, millionths: i64) -> Result<Self, MoneyError> {
        let product = i128::from(self.0) * i128::from(millionths);
        let rounded = (product + 500_000).div_euclid(1_000_000);
        i64::try_from(rounded).map(Self).map_err(|_| MoneyError::Overflow)
    }

    /// Reads a decimal number of dollars with at most ten decimals, e.g. `0.06`.
    pub fn parse_dollars(text: &str) -> Result<Self, MoneyError> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || fraction.len() > 10 {
            return Err(MoneyError::Malformed);
        }
        let whole: i64 = whole.parse().map_err(|_| MoneyError::Overflow)?;
        let fraction: i64 = format!("{fraction:0<10}").parse().map_err(|_| MoneyError::Overflow)?;
        whole
            .checked_mul(TICKS_PER_DOLLAR)
            .and_then(|ticks| ticks.checked_add(fraction))
            .map(|ticks| Self(ticks * sign))
            .ok_or(MoneyError::Overflow)
    }
}

/// Dollars with two to ten decimals: `0.54`, `0.005`, `-3.00`.
impl fmt::Display for Ticks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let per_dollar = TICKS_PER_DOLLAR.unsigned_abs();
        let fraction = format!("{:010}", magnitude % per_dollar);
        let significant = fraction.trim_end_matches('0').len().max(2);
        write!(formatter, "{sign}{}.{}", magnitude / per_dollar, &fraction[..significant])
    }
}

impl fmt::Debug for Ticks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "${self}")
    }
}

/// What has become of a task's price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CostState {
    /// Only asked for; nothing is set aside.
    Estimated,
    /// Set aside at creation.
    Held,
    /// Paid.
    Posted,
    /// Given back; nothing was paid.
    Voided,
}

impl CostState {
    /// The word used in JSON and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Estimated => "estimated",
            Self::Held => "held",
            Self::Posted => "posted",
            Self::Voided => "voided",
        }
    }
}
