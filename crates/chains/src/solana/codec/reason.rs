//! Describes the runtime's error values.

use serde_json::Value;
use solana_compute_budget_interface as compute_budget;
use solana_message::VersionedMessage;
use solana_message::compiled_instruction::CompiledInstruction;
use solana_pubkey::Pubkey;
use waiaas_core::foreign::deceives;

/// The maximum length of a text taken from a node.
const LONGEST: usize = 200;

/// Describes a `TransactionError` in JSON for `message`.
pub(in crate::solana) fn explain(err: &Value, message: &VersionedMessage) -> String {
    if let Some(name) = err.as_str() {
        return plain(name);
    }
    let Some((index, inner)) = instruction_error(err) else {
        return account_without_rent(err).unwrap_or_else(|| shorten(&err.to_string()));
    };
    let keys = message.static_account_keys();
    let program_of = |at: &CompiledInstruction| keys.get(usize::from(at.program_id_index));
    let program = message.instructions().get(index).and_then(program_of);
    let what = match inner.get("Custom").and_then(Value::as_u64) {
        Some(code) => custom(program, code),
        None => inner.as_str().map_or_else(|| shorten(&inner.to_string()), plain),
    };
    // The compute budget instructions are prepended here or by the builder of the bytes, so they are not
    // counted.
    let before = message.instructions().iter().take(index);
    let budget = before.filter(|at| program_of(at) == Some(&compute_budget::ID)).count();
    let counted = index.saturating_add(1).saturating_sub(budget);
    match program {
        Some(program) if *program == compute_budget::ID => format!("the compute budget: {what}"),
        Some(program) => format!("instruction {counted} (program {program}): {what}"),
        None => format!("instruction {counted}: {what}"),
    }
}

fn account_without_rent(err: &Value) -> Option<String> {
    let index = err.get("InsufficientFundsForRent")?.get("account_index")?.as_u64()?;
    Some(format!("it would leave account {index} of the transaction with too few lamports to be kept (rent)"))
}

/// Whether the error reports that the transaction is on chain already.
pub(in crate::solana) fn already_processed(err: &Value) -> bool {
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
        "MissingAccount" | "NotEnoughAccountKeys" => "a required account is missing".to_owned(),
        "MissingRequiredSignature" => "a required signature is missing".to_owned(),
        "InvalidAccountOwner" | "IncorrectProgramId" | "IllegalOwner" => {
            "an account belongs to another program".to_owned()
        }
        "InsufficientFunds" => "insufficient funds".to_owned(),
        other => words(other),
    }
}

/// Turns `InvalidAccountData` into `invalid account data`.
fn words(name: &str) -> String {
    if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return shorten(name);
    }
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(c.to_ascii_lowercase());
    }
    shorten(&text)
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
    text.chars().filter(|c| !deceives(*c)).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solana::codec::body::tests::{message, transfer};
    use serde_json::json;

    #[test]
    fn known_and_unknown_errors_are_described() {
        let message = message(&[transfer(1)]);
        let system = "instruction 1 (program 11111111111111111111111111111111)";
        let at = |what: &str| format!("{system}: {what}");
        for (err, expected) in [
            (json!("AccountNotFound"), "the wallet holds no SOL".to_owned()),
            (json!("WouldExceedMaxBlockCostLimit"), "would exceed max block cost limit".to_owned()),
            (json!({"InstructionError": [2, {"Custom": 1}]}), at("insufficient funds")),
            (json!({"InstructionError": [2, "MissingAccount"]}), at("a required account is missing")),
            (json!({"InstructionError": [2, "InvalidAccountData"]}), at("invalid account data")),
            (
                json!({"InstructionError": [2, "ComputationalBudgetExceeded"]}),
                at("it ran out of compute units"),
            ),
            (
                json!({"InstructionError": [0, {"Custom": 1}]}),
                "the compute budget: program error 1".to_owned(),
            ),
            (json!({"InstructionError": [99, {"Custom": 7}]}), "instruction 98: program error 7".to_owned()),
            (
                json!({"InstructionError": [u64::MAX, {"Custom": 7}]}),
                format!("instruction {}: program error 7", u64::MAX - 2),
            ),
            (
                json!({"InsufficientFundsForRent": {"account_index": 0}}),
                "it would leave account 0 of the transaction with too few lamports to be kept (rent)"
                    .to_owned(),
            ),
            (json!({"InstructionError": []}), r#"{"InstructionError":[]}"#.to_owned()),
        ] {
            assert_eq!(explain(&err, &message), expected);
        }
    }
}
