//! The conditions that must hold after an attack: in the answer, and on chain.

use alloy_primitives::U256;
use anyhow::{Context as _, Result, bail, ensure};
use e2e::Answer;
use serde_json::Value;

use crate::kit::{On, Target, Victim};

/// Refusals that say nothing about the attack: the money was not there, or something was broken.
const VACUOUS: [&str; 12] = [
    "INSUFFICIENT_BALANCE",
    "INSUFFICIENT_TOKEN_BALANCE",
    "INSUFFICIENT_FOR_FEE",
    "FEE_ABOVE_CAP",
    "SIMULATION_FAILED",
    "CHAIN_ERROR",
    "ADAPTER_NOT_AVAILABLE",
    "SYSTEM_LOCKED",
    "SHUTTING_DOWN",
    "RATE_LIMITED",
    "INTERNAL_ERROR",
    "SPENDING_LIMIT_REQUIRED",
];

/// The gain of a successful attacker, and the place where it would show.
#[derive(Clone, Debug)]
pub(crate) enum Loot {
    /// Coins of an account.
    Coins(String),
    /// Tokens (contract or mint) of an account.
    Tokens(String, String),
    /// A spender's permission over the victim's tokens.
    Allowance(String, String),
    /// A call of a telltale with this data.
    Call(String, Vec<u8>),
    /// Any transaction of the victim's beyond those of its making.
    Transaction,
    /// Power over a token account of the victim's.
    TokenAccount(String),
}

impl Loot {
    /// Fails when the attacker has it.
    pub(crate) async fn none(&self, target: &Target, victim: &Victim) -> Result<()> {
        match self {
            Self::Coins(who) => {
                let got = match victim.on {
                    On::Evm => target.evm()?.balance(who).await?,
                    On::Solana => U256::from(target.solana()?.balance(who).await?),
                };
                ensure!(got.is_zero(), "the attacker has {got} base units of the coin");
            }
            Self::Tokens(token, who) => {
                let got = match victim.on {
                    On::Evm => target.evm()?.token_balance(token, who).await?,
                    On::Solana => U256::from(target.solana()?.token_balance(who, token).await?),
                };
                ensure!(got.is_zero(), "the attacker has {got} base units of {token}");
            }
            Self::Allowance(token, spender) => {
                let got = target.evm()?.allowance(token, &victim.address, spender).await?;
                ensure!(got.is_zero(), "the attacker may take {got} base units of {token}");
            }
            Self::Call(telltale, data) => {
                ensure!(
                    !target.evm()?.called(telltale, data).await?,
                    "{telltale} was called by a transaction"
                );
            }
            Self::Transaction => {
                let used = target.evm()?.nonce(&victim.address).await?;
                ensure!(used == victim.nonce, "{used} transactions instead of {}", victim.nonce);
            }
            Self::TokenAccount(account) => {
                let seen = target.solana()?.account(account).await?;
                let info = &seen["data"]["parsed"]["info"];
                ensure!(info["owner"] == victim.address.as_str(), "the account has another owner: {seen}");
                ensure!(info["delegate"].is_null(), "the account has a delegate: {seen}");
                ensure!(info["closeAuthority"].is_null(), "another party may close the account: {seen}");
            }
        }
        Ok(())
    }
}

/// The answer is a refusal for a reason that has to do with the request; gives its code.
pub(crate) fn refused(answer: &Answer) -> Result<String> {
    ensure!((400..500).contains(&answer.status), "not refused: HTTP {} {}", answer.status, answer.body);
    let code = answer.body["code"].as_str().with_context(|| format!("a code in {}", answer.body))?;
    ensure!(!VACUOUS.contains(&code), "refused, but for want of something else: {}", answer.body);
    Ok(code.to_owned())
}

/// The attack was refused, the answer gives no signature away, and the attacker has nothing of it.
pub(crate) async fn resisted(target: &Target, victim: &Victim, answer: &Answer, loot: &[Loot]) -> Result<()> {
    // The chain first: the daemon's answer does not matter when the money is gone.
    if let Some(id) = answer.body["id"].as_str().filter(|_| answer.status == 201) {
        let parked =
            ["QUEUED", "PENDING_APPROVAL"].contains(&answer.body["status"].as_str().unwrap_or_default());
        if !parked {
            victim.ended(id).await?;
        }
    }
    for loot in loot {
        loot.none(target, victim).await?;
    }
    leaks_no_signature(&answer.body)?;
    refused(answer).map(drop)
}

/// The request was taken up with one of these statuses; gives its id.
pub(crate) fn admitted(answer: &Answer, statuses: &[&str]) -> Result<String> {
    let status = answer.body["status"].as_str().unwrap_or_default();
    let fine = matches!(answer.status, 200 | 201) && statuses.contains(&status);
    ensure!(fine, "expected one of {statuses:?}: HTTP {} {}", answer.status, answer.body);
    Ok(answer.body["id"].as_str().context("an id")?.to_owned())
}

/// Nothing in an answer is, or could be, a signature or signed bytes.
pub(crate) fn leaks_no_signature(value: &Value) -> Result<()> {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let named = ["signature", "signedTransaction", "rawTransaction"].contains(&name.as_str());
                ensure!(!named || value.is_null(), "a signature: {name} = {value}");
                leaks_no_signature(value)?;
            }
        }
        Value::Array(items) => items.iter().try_for_each(leaks_no_signature)?,
        Value::String(text) => {
            let digits = text.strip_prefix("0x").unwrap_or(text);
            let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
            if hex && matches!(digits.len(), 128 | 130) {
                bail!("something as long as a signature: {text}");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}
