//! Amounts and dollars as integers.
//!
//! On-chain amounts are [`U256`] base units. Dollars are micro-dollars. Rounding always goes against
//! the agent: values up, so that a limit is reached sooner, never later.

use std::fmt;
use std::str::FromStr;

use alloy_primitives::U256;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// Most decimals an asset may have here. Larger ones are refused rather than approximated.
pub const MAX_DECIMALS: u8 = 36;

/// Why a text is not an amount.
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
    /// The asset itself claims more than [`MAX_DECIMALS`].
    #[error("assets with more than {MAX_DECIMALS} decimals are not supported")]
    TooManyDecimals,
}

/// Parses base units: digits only, at most 256 bits.
pub fn parse_base_units(text: &str) -> Result<U256, AmountError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AmountError::Malformed);
    }
    if text.len() > 78 {
        return Err(AmountError::TooLarge);
    }
    U256::from_str_radix(text, 10).map_err(|_| AmountError::TooLarge)
}

/// An exact decimal in human units, such as `0.1`, not yet bound to an asset.
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
    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        [&self.integer, &self.fraction].iter().all(|digits| digits.bytes().all(|digit| digit == b'0'))
    }
}

/// The digits before and after the point.
fn decimal_parts(text: &str) -> Result<(&str, &str), AmountError> {
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

/// The exact number of base units, or an error: nothing is ever rounded here.
fn scaled(integer: &str, fraction: &str, decimals: u8) -> Result<U256, AmountError> {
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

impl Serialize for HumanAmount {
    /// As it was written.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.fraction.as_str() {
            "" => serializer.serialize_str(&self.integer),
            fraction => serializer.collect_str(&format_args!("{}.{fraction}", self.integer)),
        }
    }
}

impl HumanAmount {
    /// The exact number of base units, or an error: nothing is ever rounded here.
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

/// Writes dollars as text, for what has to be read back to the last digit: a JSON number carries only
/// about 15. [`Usd`] reads both forms.
pub fn exact<S: Serializer>(usd: &Usd, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(usd)
}

/// The same where there may be none.
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

/// The price of one whole unit of an asset, in pico-dollars (10⁻¹² USD), so that very cheap tokens
/// keep significant digits. In JSON it is a string of digits, which keeps all 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Price(u128);

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer).map(Self)
    }
}

impl Price {
    /// From pico-dollars per whole unit.
    pub const fn from_picos(picos: u128) -> Self {
        Self(picos)
    }

    /// Pico-dollars per whole unit.
    pub const fn picos(self) -> u128 {
        self.0
    }

    /// From exact decimal dollars with at most twelve fraction digits.
    pub fn from_decimal(text: &str) -> Result<Self, AmountError> {
        let (integer, fraction) = decimal_parts(text)?;
        u128::try_from(scaled(integer, fraction, 12)?).map(Self).map_err(|_| AmountError::TooLarge)
    }

    /// What `amount` base units are worth, rounded up to the next micro-dollar; saturating.
    pub fn value_of(self, amount: U256, decimals: u8) -> Usd {
        if decimals > MAX_DECIMALS {
            return Usd::MAX;
        }
        // scaled picos → micros: divide by 10^decimals and by 10^6
        let exponent = decimals.saturating_add(6);
        // Everyday figures fit 128 bits, where dividing is several times faster.
        let short = u128::try_from(amount).ok().and_then(|amount| amount.checked_mul(self.0));
        if let (Some(picos_scaled), Some(divisor)) = (short, 10u128.checked_pow(u32::from(exponent))) {
            return u64::try_from(picos_scaled.div_ceil(divisor)).map_or(Usd::MAX, Usd::from_micros);
        }
        let Some(picos_scaled) = amount.checked_mul(U256::from(self.0)) else {
            return Usd::MAX;
        };
        u64::try_from(picos_scaled.div_ceil(ten_to(exponent))).map_or(Usd::MAX, Usd::from_micros)
    }

    /// The most base units that are worth no more than `usd`. None where that cannot be said: a price of
    /// nothing, or more decimals than an asset may have.
    pub fn most_for(self, usd: Usd, decimals: u8) -> Option<U256> {
        if decimals > MAX_DECIMALS {
            return None;
        }
        let scaled = U256::from(usd.0).checked_mul(ten_to(decimals.saturating_add(6)))?;
        scaled.checked_div(U256::from(self.0))
    }

    /// What `amount` base units are worth at most, in pico-dollars; the largest number where it is beyond
    /// 256 bits or the decimals beyond all bounds.
    pub fn picos_at_most(self, amount: U256, decimals: u8) -> U256 {
        let scaled = amount.checked_mul(U256::from(self.0)).filter(|_| decimals <= MAX_DECIMALS);
        scaled.map_or(U256::MAX, |scaled| scaled.div_ceil(ten_to(decimals)))
    }

    /// What `amount` base units are worth at least, in pico-dollars; nothing where that cannot be said.
    pub fn picos_at_least(self, amount: U256, decimals: u8) -> U256 {
        let scaled = amount.checked_mul(U256::from(self.0)).filter(|_| decimals <= MAX_DECIMALS);
        scaled.map_or(U256::ZERO, |scaled| scaled / ten_to(decimals))
    }
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

    #[test]
    fn values_are_the_same_in_either_width() {
        let price = Price::from_picos(3_000_000_000_000_007);
        // 10^22 wei times this price needs more than 128 bits, a tenth of it does not.
        let short = price.value_of(U256::from(10u8).pow(U256::from(21u8)), 18);
        let long = price.value_of(U256::from(10u8).pow(U256::from(22u8)), 18);
        assert_eq!((short.micros(), long.micros()), (3_000_000_000_001, 30_000_000_000_001));
        // 10^39 is no divisor of 128 bits.
        assert_eq!(
            price.value_of(U256::from(10u8).pow(U256::from(33u8)), 33),
            Usd::from_micros(3_000_000_001)
        );
        assert_eq!(ten_to(77), U256::from(10u8).pow(U256::from(77u8)));
        assert_eq!(ten_to(78), U256::MAX);
    }

    #[test]
    fn values_for_comparison_are_rounded_apart() {
        let price = Price::from_picos(7);
        let (three, decimals) = (U256::from(3u8), 1);
        assert_eq!(price.picos_at_most(three, decimals), three);
        assert_eq!(price.picos_at_least(three, decimals), U256::from(2u8));
        for (amount, decimals) in [(U256::MAX, 0), (three, MAX_DECIMALS + 1)] {
            assert_eq!(price.picos_at_most(amount, decimals), U256::MAX);
            assert_eq!(price.picos_at_least(amount, decimals), U256::ZERO);
        }
    }

    #[test]
    fn values_round_up() {
        let price = Price::from_decimal("0.000001").expect("price");
        assert_eq!(price.value_of(U256::from(1u8), 9), Usd::from_micros(1));
        assert_eq!(price.value_of(U256::ZERO, 9), Usd::ZERO);
        let sol = Price::from_decimal("150.25").expect("price");
        assert_eq!(sol.value_of(U256::from(1_000_000_000u64), 9), Usd::from_micros(150_250_000));
        assert_eq!(sol.value_of(U256::MAX, 0), Usd::MAX);
        assert_eq!(sol.value_of(U256::from(1u8), 77), Usd::MAX);
    }

    #[test]
    fn the_most_for_so_many_dollars_is_worth_no_more() {
        let eth = Price::from_decimal("3000.7").expect("price");
        for dollars in [0, 1, 5, 50, 1_000_000] {
            let usd = Usd::from_dollars(dollars);
            let most = eth.most_for(usd, 18).expect("an amount");
            assert!(eth.value_of(most, 18) <= usd, "{dollars}");
            assert!(eth.value_of(most + U256::ONE, 18) > usd, "{dollars}");
        }
        assert_eq!(
            Price::from_decimal("0.5").expect("price").most_for(Usd::from_dollars(5), 18),
            Some(U256::from(10u8) * ten_to(18))
        );
        assert_eq!(Price::from_picos(0).most_for(Usd::from_dollars(5), 18), None, "a price of nothing");
        assert_eq!(eth.most_for(Usd::from_dollars(5), 37), None);
        assert!(eth.most_for(Usd::MAX, MAX_DECIMALS).is_some());
    }

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
