//! Nodes' reports of a run: everything that names the wallet counts, and more events never count less.

use alloy_primitives::{B256, U256};
use serde_json::{Value, json};
use waiaas_chains::Chain as _;
use waiaas_chains::evm::{read_logs, read_trace};
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::simulation::Observed;

use crate::input::Input;
use crate::world::{self, WALLET};

const TRANSFER: &str = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let (of_trace, extra) = (input.bool(), u64::from(input.u8()));
    let Ok(text) = std::str::from_utf8(input.rest()) else { return false };
    // Seeds contain the word `WALLET`, so that they stay readable.
    let text = text.replace("WALLET", &hex::encode(WALLET.as_slice()));
    let read = |text: &str| {
        let (network, wallet) = (world::mainnet().codec().network(), Address::Evm(WALLET.into_array()));
        if of_trace { read_trace(network, wallet, text) } else { read_logs(network, wallet, text) }
    };
    let Some(seen) = read(&text) else { return false };
    assert_eq!(read(&text).as_ref(), Some(&seen));
    assert!(seen.allowances.values().all(|amount| !amount.is_zero()));

    // With one more transfer, of a token of its own: that amount more, and everything else unchanged.
    let Ok(answer) = serde_json::from_str::<Value>(&text) else { return false };
    let Some(longer) = with_transfer(&answer, of_trace, extra) else { return false };
    let Some(more) = read(&longer.to_string()) else { unreachable!("one more log: {longer}") };
    let failed = of_trace && answer["error"].is_string();
    let token = AssetId::token(&world::mainnet().codec().network().caip2, Address::Evm([0xe7; 20]));
    let mut expected = seen.tokens.get(&token).cloned().unwrap_or_default();
    if !failed && extra > 0 {
        let payee = Address::Evm(*B256::with_last_byte(0x99).0.last_chunk().unwrap_or(&[0; 20]));
        let sum = expected.entry(Some(payee)).or_default();
        *sum = sum.saturating_add(U256::from(extra));
    }
    assert_eq!(more.tokens.get(&token).cloned().unwrap_or_default(), expected);
    let mut rest = Observed { tokens: seen.tokens.clone(), ..more.clone() };
    assert_eq!(rest, seen, "a transfer changed another value");
    rest.tokens = more.tokens;
    rest.tokens.remove(&token);
    assert!(
        seen.tokens.iter().all(|(asset, amount)| *asset == token || rest.tokens.get(asset) == Some(amount))
    );
    true
}

/// Returns the answer with a transfer of the wallet appended.
fn with_transfer(answer: &Value, of_trace: bool, amount: u64) -> Option<Value> {
    let word = |text: &str| format!("0x{text:0>64}");
    let mut log = json!({
        "address": format!("0x{}", "e7".repeat(20)),
        "topics": [TRANSFER, word(&hex::encode(WALLET.as_slice())), word("99")],
        "data": word(&format!("{amount:x}")),
    });
    let mut longer = answer.clone();
    let logs = if of_trace {
        log["position"] = json!("0xffffffff");
        let fields = longer.as_object_mut()?;
        fields.entry("logs").or_insert_with(|| json!([])).as_array_mut()?
    } else {
        longer.as_array_mut()?
    };
    logs.push(log);
    Some(longer)
}
