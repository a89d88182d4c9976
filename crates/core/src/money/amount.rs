//! Amounts of an asset: base units, and decimals in human units. Conversions are exact or refused.

use std::fmt;
use std::str::FromStr;

use alloy_primitives::U256;
use thiserror::Error;

/// Maximum number of decimals of an asset. Assets with more are refused.
pub const MAX_DECIMALS: u8 = 36;

/// Why a text or figure is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Not digits, or not digits with one decimal point.
    #[error("an amount is digits, optionally with one decimal point")]
    Malformed,
    /// Does not fit in 256 bits (or, for dollars, in the counted range).
    #[error("the amount is too large")]
    TooLarge,
    /// More digits after the point than the asset has.
    #[error("the amount has {given} fraction digits but the asset has only {allowed}")]
    TooPrecise {
        /// Fraction digits in the text.
        given: usize,
        /// Fraction digits the asset has.
        allowed: u8,
    },
    /// The asset has more than [`MAX_DECIMALS`] decimals.
    #[error("assets with more than {MAX_DECIMALS} decimals are not supported")]
    TooManyDecimals,
}

/// Parses base units: digits only, at most 256 bits.
///
/// # Errors
///
/// [`AmountError::Malformed`] if there is another character or none, [`AmountError::TooLarge`] beyond 256
/// bits.
pub fn parse_base_units(text: &str) -> Result<U256, AmountError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AmountError::Malformed);
    }
    if text.len() > 78 {
        return Err(AmountError::TooLarge);
    }
    U256::from_str_radix(text, 10).map_err(|_| AmountError::TooLarge)
}

/// An exact decimal in human units, such as `0.1`, without the decimals of an asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HumanAmount {
    integer: String,
    fraction: String,
}

impl FromStr for HumanAmount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (integer, fraction) = decimal_parts(text)?;
        Ok(Self { integer: integer.to_owned(), fraction: fraction.to_owned() })
    }
}

impl HumanAmount {
    /// The fewest decimals that its asset can have, and the base units with that many. With more decimals
    /// there are more base units.
    ///
    /// # Errors
    ///
    /// [`AmountError`] where no asset has so many decimals, or the amount is too large.
    pub fn least(&self) -> Result<(U256, u8), AmountError> {
        let decimals = u8::try_from(self.fraction.len()).map_err(|_| AmountError::TooManyDecimals)?;
        Ok((scaled(&self.integer, &self.fraction, decimals)?, decimals))
    }
}

/// The digits before and after the point.
pub(super) fn decimal_parts(text: &str) -> Result<(&str, &str), AmountError> {
    let (integer, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(AmountError::Malformed),
        Some(parts) => parts,
        None => (text, ""),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if integer.is_empty() || !digits(integer) || !digits(fraction) {
        return Err(AmountError::Malformed);
    }
    if text.len() > 160 { Err(AmountError::TooLarge) } else { Ok((integer, fraction)) }
}

/// The exact number of base units, or an error. Nothing is rounded.
pub(super) fn scaled(integer: &str, fraction: &str, decimals: u8) -> Result<U256, AmountError> {
    if decimals > MAX_DECIMALS {
        return Err(AmountError::TooManyDecimals);
    }
    let too_precise = AmountError::TooPrecise { given: fraction.len(), allowed: decimals };
    let given = u8::try_from(fraction.len()).map_err(|_| too_precise.clone())?;
    let missing = decimals.checked_sub(given).ok_or(too_precise)?;
    let part = |digits: &str, zeros: u8| match digits.trim_start_matches('0') {
        "" => Ok(U256::ZERO),
        digits => parse_base_units(digits)?.checked_mul(ten_to(zeros)).ok_or(AmountError::TooLarge),
    };
    part(integer, decimals)?.checked_add(part(fraction, missing)?).ok_or(AmountError::TooLarge)
}

impl fmt::Display for HumanAmount {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.integer)?;
        if self.is_whole() { Ok(()) } else { write!(f, ".{}", self.fraction) }
    }
}

impl HumanAmount {
    /// Whether it was written without a decimal point.
    pub const fn is_whole(&self) -> bool {
        self.fraction.is_empty()
    }

    /// The exact number of base units of an asset with `decimals`. Nothing is rounded.
    ///
    /// # Errors
    ///
    /// [`AmountError`] if the amount has more fraction digits than `decimals`, does not fit in 256 bits, or
    /// `decimals` exceeds [`MAX_DECIMALS`].
    pub fn to_base_units(&self, decimals: u8) -> Result<U256, AmountError> {
        scaled(&self.integer, &self.fraction, decimals)
    }
}

/// A power of ten, saturating.
pub(crate) fn ten_to(exponent: u8) -> U256 {
    match 10u128.checked_pow(u32::from(exponent)) {
        Some(power) => U256::from(power),
        None => U256::from(10u8).saturating_pow(U256::from(exponent)),
    }
}

/// Shows base units in human units, exact, without trailing zeros: `1500000`, 6 → `1.5`.
pub fn format_units(amount: U256, decimals: u8) -> String {
    let digits = amount.to_string();
    let width = usize::from(decimals);
    if width == 0 {
        return digits;
    }
    let padded = format!("{digits:0>fill$}", fill = width + 1);
    let (integer, fraction) = padded.split_at(padded.len() - width);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { integer.to_owned() } else { format!("{integer}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn human_amounts_are_exact_or_refused() {
        let parse = |t: &str, d| t.parse::<HumanAmount>().and_then(|h| h.to_base_units(d));
        assert_eq!(parse("0.1", 9), Ok(U256::from(100_000_000u64)));
        assert_eq!(parse("5.0", 9), Ok(U256::from(5_000_000_000u64)));
        assert_eq!(parse("0.0000000001", 9), Err(AmountError::TooPrecise { given: 10, allowed: 9 }));
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,0", "0x1", " 1", "1.2.3", "٣"] {
            assert_eq!(parse(bad, 9), Err(AmountError::Malformed), "{bad}");
        }
        assert_eq!(parse(&"9".repeat(90), 0), Err(AmountError::TooLarge));
    }

    #[test]
    fn formats_without_trailing_zeros() {
        assert_eq!(format_units(U256::from(1_500_000u64), 6), "1.5");
        assert_eq!(format_units(U256::from(5u64), 9), "0.000000005");
        assert_eq!(format_units(U256::ZERO, 18), "0");
        assert_eq!(format_units(U256::from(7u64), 0), "7");
    }
}
