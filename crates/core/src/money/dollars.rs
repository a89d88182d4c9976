//! Dollars as whole micro-dollars, and their text forms.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::amount::{AmountError, decimal_parts, scaled};

/// Dollars as a whole number of micro-dollars. Saturates at [`Usd::MAX`], which no limit can exceed,
/// so an overflow counts as "more than any limit".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Usd(u64);

impl Usd {
    /// Zero dollars.
    pub const ZERO: Self = Self(0);
    /// The largest representable value; fits a signed 64-bit database column.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// From micro-dollars, saturating.
    pub const fn from_micros(micros: u64) -> Self {
        if micros > Self::MAX.0 { Self::MAX } else { Self(micros) }
    }

    /// From whole dollars, saturating.
    pub const fn from_dollars(dollars: u64) -> Self {
        Self::from_micros(dollars.saturating_mul(1_000_000))
    }

    /// Micro-dollars.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Sum, saturating at [`Usd::MAX`].
    pub const fn plus(self, other: Self) -> Self {
        Self::from_micros(self.0.saturating_add(other.0))
    }

    /// Difference, not below zero.
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Usd {
    /// Dollars with two to six fraction digits: `10.00`, `0.000001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:06}", self.0 % 1_000_000);
        let trimmed = fraction.trim_end_matches('0');
        write!(f, "{}.{trimmed:0<2}", self.0 / 1_000_000)
    }
}

impl fmt::Debug for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Usd({self})")
    }
}

impl FromStr for Usd {
    type Err = AmountError;

    /// Exact decimal dollars with at most six fraction digits.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (integer, fraction) = decimal_parts(text)?;
        let micros = scaled(integer, fraction, 6)?;
        let micros = u64::try_from(micros).map_err(|_| AmountError::TooLarge)?;
        if micros > Self::MAX.0 { Err(AmountError::TooLarge) } else { Ok(Self(micros)) }
    }
}

impl Serialize for Usd {
    /// A JSON number, as dollar figures are on the wire.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_string()
            .parse::<serde_json::Number>()
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Usd {
    /// A JSON number or a decimal string, read by its decimal text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Dollars;

        impl de::Visitor<'_> for Dollars {
            type Value = Usd;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("dollars, as a number or a decimal string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Usd, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, dollars: u64) -> Result<Usd, E> {
                let micros = dollars.checked_mul(1_000_000).filter(|micros| *micros <= Usd::MAX.0);
                micros.map(Usd).ok_or_else(|| E::custom(AmountError::TooLarge))
            }

            // TOML has signed integers only.
            fn visit_i64<E: de::Error>(self, dollars: i64) -> Result<Usd, E> {
                u64::try_from(dollars)
                    .map_err(|_| E::custom(AmountError::Malformed))
                    .and_then(|dollars| self.visit_u64(dollars))
            }

            fn visit_f64<E: de::Error>(self, dollars: f64) -> Result<Usd, E> {
                let number = serde_json::Number::from_f64(dollars);
                let number = number.ok_or_else(|| E::custom(AmountError::Malformed))?;
                plain(&number.to_string()).and_then(|text| text.parse()).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Dollars)
    }
}

/// Writes dollars as text, for figures that must be read back exactly: a JSON number carries only about 15
/// digits. [`Usd`] reads both forms.
///
/// # Errors
///
/// Those of the serializer.
pub fn exact<S: Serializer>(usd: &Usd, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(usd)
}

/// [`exact`] for a figure that may be absent.
///
/// # Errors
///
/// Those of the serializer.
pub fn exact_if_any<S: Serializer>(usd: &Option<Usd>, serializer: S) -> Result<S::Ok, S::Error> {
    match usd {
        Some(usd) => serializer.collect_str(usd),
        None => serializer.serialize_none(),
    }
}

/// A JSON number without its exponent: `1e-6`, as `0.000001` is printed, becomes `0.000001` again.
fn plain(number: &str) -> Result<String, AmountError> {
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else {
        return Ok(number.to_owned());
    };
    let exponent: i32 = exponent.parse().map_err(|_| AmountError::Malformed)?;
    if !(-40..=40).contains(&exponent) {
        return Err(AmountError::TooLarge);
    }
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = "0".repeat(usize::try_from(exponent.unsigned_abs()).map_err(|_| AmountError::TooLarge)?);
    // Padded on both sides, so that the point can move without running out of digits.
    let digits = format!("{zeros}{integer}{fraction}{zeros}");
    let shift = isize::try_from(exponent).map_err(|_| AmountError::TooLarge)?;
    let point = (zeros.len() + integer.len()).checked_add_signed(shift).ok_or(AmountError::Malformed)?;
    let (integer, fraction) = digits.split_at_checked(point).ok_or(AmountError::Malformed)?;
    let fraction = fraction.trim_end_matches('0');
    let integer = if integer.is_empty() { "0" } else { integer };
    Ok(if fraction.is_empty() { integer.to_owned() } else { format!("{integer}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_read_json_numbers_by_their_digits() {
        let usd = |json: &str| serde_json::from_str::<Usd>(json);
        assert_eq!(usd("0.1").expect("number"), Usd::from_micros(100_000));
        assert_eq!(usd("10").expect("number"), Usd::from_dollars(10));
        assert_eq!(usd("\"10.5\"").expect("text"), Usd::from_micros(10_500_000));
        for micros in [1, 10, 12, 999_999, 1_000_001, 123_456_789_000_000] {
            let there = serde_json::to_string(&Usd::from_micros(micros)).expect("json");
            assert_eq!(usd(&there).expect("back"), Usd::from_micros(micros), "{there}");
        }
        assert_eq!(usd("1e-6").expect("exponent"), Usd::from_micros(1));
        assert_eq!(usd("1.5e3").expect("exponent"), Usd::from_dollars(1500));
        for bad in ["-1", "1e30", "0.0000001", "\"NaN\"", "null"] {
            assert!(usd(bad).is_err(), "{bad}");
        }
        assert_eq!(serde_json::to_string(&Usd::from_micros(10_500_000)).expect("json"), "10.5");
    }
}
