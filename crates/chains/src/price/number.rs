//! Reads prices without floating point. Rounds up, to the agent's disadvantage.

use waiaas_core::money::Price;

/// Pico-dollars are dollars shifted by this many decimal places.
const PICO_PLACES: i32 = 12;

/// Returns `mantissa × 10^exponent` dollars, or `None` if that is outside the range of [`Price`].
pub(super) fn scaled(mantissa: u128, exponent: i32) -> Option<Price> {
    let shift = exponent.checked_add(PICO_PLACES)?;
    let factor = 10u128.checked_pow(shift.unsigned_abs())?;
    let picos = if shift >= 0 { mantissa.checked_mul(factor)? } else { mantissa.div_ceil(factor) };
    Some(Price::from_picos(picos))
}

/// Reads a JSON number (RFC 8259), such as `67187.33` or `1.2e-08`; negative numbers are refused.
pub(super) fn decimal(text: &str) -> Option<Price> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (integer, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{integer}{fraction}");
    if integer.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let places = i32::try_from(fraction.len()).ok()?;
    scaled(digits.parse().ok()?, exponent.checked_sub(places)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picos(text: &str) -> Option<u128> {
        decimal(text).map(Price::picos)
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(picos("67187.33"), Some(67_187_330_000_000_000));
        assert_eq!(picos("0.1"), Some(100_000_000_000));
        assert_eq!(picos("3000"), Some(3_000_000_000_000_000));
        assert_eq!(picos("1.5e3"), Some(1_500_000_000_000_000));
        assert_eq!(picos("1.5E+3"), Some(1_500_000_000_000_000));
        assert_eq!(picos("1.2e-08"), Some(12_000));
        assert_eq!(picos("0.999999999999"), Some(999_999_999_999));
        assert_eq!(picos("0.10000000000000000000000000000000000000000"), Some(100_000_000_000));
        assert_eq!(picos("0"), Some(0));
        assert_eq!(picos("0.000"), Some(0));
    }

    #[test]
    fn below_a_pico_dollar_rounds_up() {
        assert_eq!(picos("1e-13"), Some(1));
        assert_eq!(picos("0.0000000000010000001"), Some(2));
        assert_eq!(picos("1e-30"), Some(1));
        assert_eq!(scaled(1_000_001, -18).map(Price::picos), Some(2));
        assert_eq!(scaled(1_000_000, -18).map(Price::picos), Some(1));
    }

    #[test]
    fn impossible_numbers_are_refused() {
        let long = "9".repeat(60);
        for bad in [
            "",
            "-1",
            "+1",
            ".5",
            "e5",
            "1e",
            "1e99",
            "1e-99",
            "1e2147483647",
            "1e-2147483648",
            "1e99999999999",
            "NaN",
            "\"1\"",
            "null",
            "1,0",
            &long,
        ] {
            assert_eq!(picos(bad), None, "{bad}");
        }
        assert_eq!(scaled(1, i32::MAX), None);
        assert_eq!(scaled(1, i32::MIN), None);
        assert_eq!(scaled(u128::MAX, -11), None);
        assert_eq!(scaled(u128::MAX, -12), Some(Price::from_picos(u128::MAX)));
    }
}
