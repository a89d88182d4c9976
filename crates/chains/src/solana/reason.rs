//! The runtime's error values in words.

use serde_json::Value;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;

/// Longest text taken over from a node.
const LONGEST: usize = 200;

/// Says in words what a `TransactionError` in JSON means for `message`.
pub(super) fn explain(err: &Value, message: &VersionedMessage) -> String {
    if let Some(name) = err.as_str() {
        return plain(name);
    }
    let Some((index, inner)) = instruction_error(err) else {
        return shorten(&err.to_string());
    };
    let program = message
        .instructions()
        .get(index)
        .and_then(|instruction| message.static_account_keys().get(usize::from(instruction.program_id_index)));
    let what = match inner.get("Custom").and_then(Value::as_u64) {
        Some(code) => custom(program, code),
        None => inner.as_str().map_or_else(|| shorten(&inner.to_string()), plain),
    };
    format!("instruction {}: {what}", index.saturating_add(1))
}

/// Whether the error says that the transaction is on chain already.
pub(super) fn already_processed(err: &Value) -> bool {
    err.as_str() == Some("AlreadyProcessed")
}

fn instruction_error(err: &Value) -> Option<(usize, &Value)> {
    let parts = err.get("InstructionError")?.as_array()?;
    let index = parts.first()?.as_u64()?;
    Some((usize::try_from(index).ok()?, parts.get(1)?))
}

fn plain(name: &str) -> String {
    match name {
        "BlockhashNotFound" => "the blockhash is unknown or too old".to_owned(),
        "AccountNotFound" => "the wallet holds no SOL".to_owned(),
        "InsufficientFundsForFee" => "the wallet cannot pay the fee".to_owned(),
        "InvalidAccountForFee" => "the wallet's account cannot pay fees".to_owned(),
        "AlreadyProcessed" => "it is on chain already".to_owned(),
        "ComputationalBudgetExceeded" => "it ran out of compute units".to_owned(),
        other => shorten(other),
    }
}

fn custom(program: Option<&Pubkey>, code: u64) -> String {
    let token = program.is_some_and(|p| *p == spl_token_interface::ID || *p == spl_token_2022_interface::ID);
    let system = program.is_some_and(|p| *p == solana_system_interface::program::ID);
    match code {
        1 if system || token => "insufficient funds".to_owned(),
        3 if token => "the account belongs to another mint".to_owned(),
        4 if token => "the account belongs to another owner".to_owned(),
        17 if token => "the token account is frozen".to_owned(),
        18 if token => "the mint has other decimals".to_owned(),
        36 if token => "the recipient takes this token only with a memo".to_owned(),
        37 if token => "this token cannot be transferred".to_owned(),
        _ => format!("program error {code}"),
    }
}

fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solana::body::tests::{message, transfer};
    use serde_json::json;

    #[test]
    fn errors_are_readable_and_strange_ones_do_not_break_anything() {
        let message = message(&[transfer(1)]);
        for (err, expected) in [
            (json!("AccountNotFound"), "the wallet holds no SOL"),
            (json!({"InstructionError": [2, {"Custom": 1}]}), "instruction 3: insufficient funds"),
            (json!({"InstructionError": [0, {"Custom": 1}]}), "instruction 1: program error 1"),
            (json!({"InstructionError": [99, {"Custom": 7}]}), "instruction 100: program error 7"),
            (
                json!({"InstructionError": [2, "ComputationalBudgetExceeded"]}),
                "instruction 3: it ran out of compute units",
            ),
            (
                json!({"InsufficientFundsForRent": {"account_index": 0}}),
                r#"{"InsufficientFundsForRent":{"account_index":0}}"#,
            ),
            (json!({"InstructionError": []}), r#"{"InstructionError":[]}"#),
        ] {
            assert_eq!(explain(&err, &message), expected);
        }
    }
}
