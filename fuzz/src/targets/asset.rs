//! Names of assets, NFTs and networks (CAIP-2, CAIP-19) and selectors: each has one written form.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use waiaas_core::asset::AssetId;
use waiaas_core::nft::NftId;
use waiaas_core::selector::Selector;

use crate::world::NETWORKS;

pub(super) fn run(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let asset = one_form::<AssetId>(text);
    let nft = one_form::<NftId>(text);
    assert!(asset.is_none() || nft.is_none(), "{text} is an asset and an NFT");
    let read = asset.is_some() || nft.is_some();
    let caip2 = asset.map(|asset| asset.caip2).or_else(|| nft.map(|nft| nft.caip2));
    if let Some(caip2) = caip2 {
        // CAIP-2: a namespace of 3 to 8 characters and a reference of 1 to 32.
        let (namespace, reference) = caip2.split_once(':').unwrap_or_default();
        let fine = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        assert!(matches!(namespace, "eip155" | "solana") && fine(reference), "{text}");
        assert!((1..=32).contains(&reference.len()), "{text}");
    }
    if let Ok(network) = NETWORKS.find(text) {
        assert_eq!(NETWORKS.find(network.id.as_str()), Ok(network));
        assert_eq!(NETWORKS.find(&network.caip2), Ok(network));
    }
    if let Ok(selector) = serde_json::from_value::<Selector>(serde_json::json!(text)) {
        assert_eq!(selector.to_string(), text.to_lowercase());
        assert!(selector.names(&selector) && (1..=8).contains(&selector.as_bytes().len()));
    }
    read
}

/// Reads a text and asserts that its value has one written form, which is read as the same value and differs
/// from the text only in the case of hexadecimal digits or in leading zeros.
fn one_form<T>(text: &str) -> Option<T>
where
    T: FromStr + Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    let read: T = text.parse().ok()?;
    let written = read.to_string();
    assert!(written.parse::<T>().is_ok_and(|again| again == read), "{text} as {written}");
    assert!(written.eq_ignore_ascii_case(text) || leading_zeros(text, &written), "{text} as {written}");
    let json = serde_json::to_string(&read).unwrap_or_default();
    assert!(serde_json::from_str::<T>(&json).is_ok_and(|again| again == read), "{json}");
    Some(read)
}

/// Whether two names differ only in zeros before a number, as in `…/007`.
fn leading_zeros(text: &str, written: &str) -> bool {
    let digits = |text: &str| text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let split = |text: &str| {
        let (name, number) = text.split_at(text.len().saturating_sub(digits(text)));
        (name.to_ascii_lowercase(), number.trim_start_matches('0').to_owned())
    };
    let ((name, number), (other, written)) = (split(text), split(written));
    name == other && (number == written || (number.is_empty() && written.is_empty()))
}
