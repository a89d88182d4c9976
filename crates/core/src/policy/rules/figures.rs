//! Figures in rules: base units, decimals of an asset, and plain ratios. All exact.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use alloy_primitives::U256;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::money::{AmountError, HumanAmount, MAX_DECIMALS, Usd, format_units, parse_base_units, ten_to};

/// Base units, written as a string of digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BaseUnits(pub U256);

impl Serialize for BaseUnits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for BaseUnits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_base_units(&text).map(Self).map_err(|error| match error {
            AmountError::Malformed => de::Error::custom("base units are a string of digits"),
            other => de::Error::custom(other),
        })
    }
}

/// A non-negative decimal in human units of an asset, written as a string such as `"0.5"`. Stored as digits
/// and a scale, so that converting it needs no text parsing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decimal {
    /// The digits without the point, without trailing fraction zeros.
    digits: U256,
    /// How many of the digits are fraction digits; at most [`MAX_DECIMALS`].
    scale: u8,
}

impl Decimal {
    /// The limit in base units of an asset with `decimals`, rounded down so that rounding never raises a
    /// limit. A value beyond 256 bits becomes the largest 256-bit number.
    pub fn base_units(&self, decimals: u8) -> U256 {
        match decimals.checked_sub(self.scale) {
            Some(more) => self.digits.saturating_mul(ten_to(more)),
            None => self.digits / ten_to(self.scale.saturating_sub(decimals)),
        }
    }

    /// Integer part, and the fraction widened to [`MAX_DECIMALS`] digits.
    fn parts(&self) -> (U256, U256) {
        let (integer, fraction) = self.digits.div_rem(ten_to(self.scale));
        (integer, fraction * ten_to(MAX_DECIMALS.saturating_sub(self.scale)))
    }
}

impl FromStr for Decimal {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        // Checks the form; the digits are then taken without redundant zeros.
        text.parse::<HumanAmount>()?;
        let (integer, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let scale = u8::try_from(fraction.len()).ok().filter(|scale| *scale <= MAX_DECIMALS);
        let Some(scale) = scale else {
            return Err(AmountError::TooPrecise { given: fraction.len(), allowed: MAX_DECIMALS });
        };
        let digits = format!("{integer}{fraction}");
        let significant = digits.trim_start_matches('0');
        let digits = if significant.is_empty() { U256::ZERO } else { parse_base_units(significant)? };
        Ok(Self { digits, scale })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_units(self.digits, self.scale))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

/// A plain ratio such as a leverage or a loan-to-value, in millionths; a JSON number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millionths(Usd);

impl Millionths {
    /// From the ratio times one million.
    pub const fn new(millionths: u64) -> Self {
        Self(Usd::from_micros(millionths))
    }

    /// The ratio times one million.
    pub const fn get(self) -> u64 {
        self.0.micros()
    }
}

impl fmt::Display for Millionths {
    /// Without trailing zeros: `0.75`, `10`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_units(U256::from(self.get()), 6))
    }
}

/// A percentage from 0 to 100 with at most two decimals, held in hundredths of a percent; a JSON number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "Usd", into = "Usd")]
pub struct Percent(u16);

impl Percent {
    /// 100 percent, in hundredths of a percent.
    const WHOLE: u16 = 10_000;

    /// A whole number of percent; more than 100 become 100.
    pub const fn whole(percent: u8) -> Self {
        Self(if percent > 100 { Self::WHOLE } else { percent as u16 * 100 })
    }

    /// `amount` less this percentage, rounded up.
    pub fn off(self, amount: U256) -> U256 {
        let (whole, rest) = amount.div_rem(U256::from(Self::WHOLE));
        let kept = U256::from(Self::WHOLE.saturating_sub(self.0));
        (whole * kept).saturating_add((rest * kept).div_ceil(U256::from(Self::WHOLE)))
    }
}

impl TryFrom<Usd> for Percent {
    type Error = &'static str;

    fn try_from(read: Usd) -> Result<Self, Self::Error> {
        // Numbers with a point are parsed as dollars are: exactly, in millionths.
        let (hundredths, rest) = (read.micros() / 10_000, read.micros() % 10_000);
        let hundredths = u16::try_from(hundredths).ok().filter(|hundredths| *hundredths <= Self::WHOLE);
        hundredths.filter(|_| rest == 0).map(Self).ok_or("a percentage is 0 to 100 with at most two decimals")
    }
}

impl From<Percent> for Usd {
    fn from(percent: Percent) -> Self {
        Self::from_micros(u64::from(percent.0) * 10_000)
    }
}

impl fmt::Display for Percent {
    /// Without trailing zeros: `3`, `0.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_units(U256::from(self.0), 2))
    }
}

/// Largest dollar figure in rules. Up to it, six fraction digits survive a JSON number unchanged (15
/// significant digits); beyond it, the stored limit could differ from the one that was set.
pub(super) const MAX_USD: Usd = Usd::from_dollars(1_000_000_000);

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect(text)
    }

    #[test]
    fn decimals_scale_down_never_up() {
        assert_eq!(decimal("1.5").base_units(6), U256::from(1_500_000u64));
        assert_eq!(decimal("0.0000019").base_units(6), U256::from(1u64));
        assert_eq!(decimal("0.9").base_units(0), U256::ZERO);
        assert_eq!(decimal(&"9".repeat(77)).base_units(36), U256::MAX);
        assert_eq!(decimal("000.500").to_string(), "0.5");
        assert_eq!(decimal("0.500"), decimal("0.5"));
        for bad in ["", "-1", "1.", ".5", "1e3", "0x1", " 1"] {
            assert!(bad.parse::<Decimal>().is_err(), "{bad}");
        }
        let fine = format!("0.{}1", "0".repeat(35));
        assert_eq!(decimal(&fine).base_units(36), U256::from(1u64));
        assert!(format!("0.{}1", "0".repeat(36)).parse::<Decimal>().is_err());
    }

    #[test]
    fn percentages_are_exact_hundredths() {
        let read = |json: &str| serde_json::from_str::<Percent>(json);
        for (json, amount, left) in [
            ("3", 10_000u64, 9_700u64),
            ("0.5", 10_000, 9_950),
            ("0.01", 1, 1),
            ("0", 7, 7),
            ("100", 7, 0),
            ("\"2.25\"", 400, 391),
        ] {
            let percent = read(json).expect(json);
            assert_eq!(percent.off(U256::from(amount)), U256::from(left), "{json}");
            let again = serde_json::to_string(&percent).expect("json");
            assert_eq!(read(&again).expect("again"), percent);
        }
        assert_eq!(Percent::whole(3), read("3").expect("3"));
        assert_eq!(Percent::whole(0).off(U256::MAX), U256::MAX);
        for bad in ["-1", "100.01", "0.001", "1e9", "null", "\"\"", "true"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn decimals_compare_by_value() {
        assert!(decimal("0.5") < decimal("0.51"));
        assert!(decimal("2") > decimal("1.999999"));
        assert!(decimal(&"9".repeat(77)) > decimal("0.000000000000000000000000000000000001"));
        assert_eq!(decimal("1.0").cmp(&decimal("1")), Ordering::Equal);
    }
}
