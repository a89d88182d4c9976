//! Answers of price services: the price is of the requested asset, above zero, and never rounded down.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use waiaas_chains::price::{Quote, read_coingecko, read_hermes};

use crate::input::Input;

/// The requested feed; seeds name it.
const FEED: &str = "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace";
const COIN: &str = "ethereum";

/// Decimal places of a price's unit.
const PICO_PLACES: i64 = 12;

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let pyth = input.bool();
    let body = input.rest();
    if pyth { hermes(body) } else { coingecko(body) }
}

fn hermes(body: &[u8]) -> bool {
    let Ok(Quote { price, observed_at }) = read_hermes(body, FEED) else { return false };
    assert!(price.picos() > 0);
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else { return true };
    if answer["parsed"].as_array().is_some_and(|updates| updates.len() == 1) {
        assert!(read_hermes(body, &FEED.replace('f', "0")).is_err(), "another feed's price");
    }
    let own = |update: &&mut Value| {
        update["id"].as_str().is_some_and(|id| id.trim_start_matches("0x").eq_ignore_ascii_case(FEED))
    };
    let update = answer["parsed"].as_array_mut().into_iter().flatten().find(own);
    let Some(observation) = update.and_then(|update| update.get_mut("price")) else { return true };
    let text = |field: &str| observation[field].as_str().and_then(|text| text.parse::<i128>().ok());
    let (Some(middle), Some(width)) = (text("price"), text("conf")) else { return true };
    let Some(exponent) = observation["expo"].as_i64() else { return true };
    is_rounded_up(price.picos(), &(middle + width).to_string(), exponent);
    // A wider interval gives a higher price.
    observation["conf"] = json!((width + 1).to_string());
    if let Ok(wider) = read_hermes(&answer.to_string().into_bytes(), FEED) {
        assert!(wider.price >= price && wider.observed_at == observed_at);
    }
    true
}

fn coingecko(body: &[u8]) -> bool {
    let Ok(Some(Quote { price, .. })) = read_coingecko(body, COIN) else { return false };
    assert!(price.picos() > 0);
    // The original text, because reading the answer as JSON loses digits.
    let Ok(answer) = serde_json::from_slice::<BTreeMap<String, Entry<'_>>>(body) else { return true };
    if answer.len() == 1 {
        assert!(read_coingecko(body, "bitcoin").is_err(), "another coin's price");
    }
    let Some(text) = answer.get(COIN).map(|entry| entry.usd.get()) else { return true };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (Ok(exponent), Ok(places)) = (exponent.parse::<i64>(), i64::try_from(fraction.len())) else {
        return true;
    };
    is_rounded_up(price.picos(), &format!("{integer}{fraction}"), exponent - places);
    true
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    usd: &'a RawValue,
}

/// Asserts that `picos` is `digits × 10^exponent` dollars, rounded up by less than one. Long division, if the
/// numbers are not too large.
fn is_rounded_up(picos: u128, digits: &str, exponent: i64) {
    let (Ok(mantissa), shift) = (digits.parse::<U256>(), exponent.saturating_add(PICO_PLACES)) else {
        return;
    };
    let factor = U256::from(10u8).checked_pow(U256::from(shift.unsigned_abs()));
    let Some(factor) = factor else { return };
    let picos = U256::from(picos);
    if shift >= 0 {
        assert_eq!(mantissa.checked_mul(factor), Some(picos), "{digits}e{exponent}");
    } else if let (Some(above), Some(below)) =
        (picos.checked_mul(factor), (picos - U256::ONE).checked_mul(factor))
    {
        assert!(below < mantissa && mantissa <= above, "{digits}e{exponent} is {picos}");
    }
}
