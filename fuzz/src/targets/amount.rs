//! Amounts, dollars and prices as text: exact or refused, and never less than written.

use alloy_primitives::U256;
use waiaas_core::intent::Amount;
use waiaas_core::money::{HumanAmount, Price, Usd, format_units, parse_base_units};

use crate::input::Input;

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let decimals = input.u8() % 40;
    let Ok(text) = std::str::from_utf8(input.rest()) else { return false };
    let amount = parse_base_units(text);
    if let Ok(amount) = amount {
        assert_eq!(amount.to_string(), shortest(text), "{text}");
    }
    let human = text.parse::<HumanAmount>();
    if let Ok(human) = &human {
        assert!(text.bytes().all(|b| b.is_ascii_digit() || b == b'.'), "{text}");
        assert_eq!(human.to_string(), text);
        exact(human, text, decimals);
    }
    // With a decimal point: human units. Without: base units.
    match Amount::parse(text) {
        Ok(Amount::Base(amount)) => assert_eq!(parse_base_units(text), Ok(amount)),
        Ok(Amount::Human(_)) => assert!(text.contains('.')),
        Err(_) => {}
    }
    dollars(text);
    if let Ok(price) = Price::from_decimal(text) {
        let written = format_units(U256::from(price.picos()), 12);
        assert_eq!(Price::from_decimal(&written), Ok(price));
        // A value is rounded up, so it is never too small.
        let one = U256::from(10u8).checked_pow(U256::from(decimals)).unwrap_or(U256::MAX);
        let value = price.value_of(one, decimals);
        assert!(value == Usd::MAX || u128::from(value.micros()) >= price.picos() / 1_000_000, "{text}");
    }
    amount.is_ok() || human.is_ok()
}

/// Asserts that the conversion of human units to base units loses no digit.
fn exact(human: &HumanAmount, text: &str, decimals: u8) {
    let Ok(units) = human.to_base_units(decimals) else { return };
    let back = format_units(units, decimals);
    let (integer, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (integer, fraction) = (shortest(integer), fraction.trim_end_matches('0'));
    let expected = if fraction.is_empty() { integer } else { format!("{integer}.{fraction}") };
    assert_eq!(back, expected, "{text} with {decimals} decimals");
    assert_eq!(back.parse::<HumanAmount>().and_then(|back| back.to_base_units(decimals)), Ok(units));
}

fn dollars(text: &str) {
    if let Ok(usd) = text.parse::<Usd>() {
        assert_eq!(usd.to_string().parse(), Ok(usd), "{text}");
    }
    // As JSON: a number or a text; the written value is read back.
    if let Ok(usd) = serde_json::from_str::<Usd>(text) {
        // Above this, JSON numbers are too coarse for micro-dollars; rules accept no amount above a billion.
        let json = match usd < Usd::from_dollars(8_000_000_000) {
            true => serde_json::to_string(&usd).unwrap_or_default(),
            false => format!("\"{usd}\""),
        };
        assert_eq!(serde_json::from_str::<Usd>(&json).ok(), Some(usd), "{text} as {json}");
        assert!(usd <= Usd::MAX && usd.plus(usd) >= usd);
    }
}

fn shortest(digits: &str) -> String {
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() { "0".to_owned() } else { significant.to_owned() }
}
