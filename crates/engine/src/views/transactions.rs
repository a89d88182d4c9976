//! Transactions, approvals and dry runs.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::decision::RequestPart;
use waiaas_core::digest::Digest;
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::gas::GasTarget;
use waiaas_core::ids::{SessionId, TxId, WalletId};
use waiaas_core::intent::IntentKind;
use waiaas_core::money::Usd;
use waiaas_core::network::Network;
use waiaas_core::policy::{Denial, Tier, TierReason, Verdict};
use waiaas_core::presentation::Presentation;
use waiaas_core::transaction::TxStatus;
use waiaas_core::{U256, UnixSeconds};

use crate::views::{ChallengeView, GasState};

/// An amount with its asset, decimals and symbol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Money {
    /// The asset.
    pub asset: AssetId,
    /// The amount in base units.
    pub amount: U256,
    /// The verified decimals.
    pub decimals: u8,
    /// The symbol, for display.
    pub symbol: String,
}

impl Money {
    /// Returns the exact amount with its symbol, such as `5 SOL`.
    pub fn formatted(&self) -> String {
        let units = waiaas_core::money::format_units(self.amount, self.decimals);
        if self.symbol.is_empty() { units } else { format!("{units} {}", self.symbol) }
    }

    /// Returns the asset's name in sentences: its symbol, or its id if it has none.
    pub fn name(&self) -> String {
        if self.symbol.is_empty() { self.asset.to_string() } else { self.symbol.clone() }
    }
}

/// A transaction.
#[derive(Clone, PartialEq, Debug)]
pub struct TxView {
    /// Its id.
    pub id: TxId,
    /// Its wallet.
    pub wallet: WalletId,
    /// The session that requested it.
    pub session: Option<SessionId>,
    /// The signed transaction that it replaces.
    pub replaces: Option<TxId>,
    /// The kind of request.
    pub kind: IntentKind,
    /// Its status.
    pub status: TxStatus,
    /// The tier of the verdict; none if denied.
    pub tier: Option<Tier>,
    /// Its network.
    pub network: Arc<Network>,
    /// The recipient named in the request.
    pub to: Option<Address>,
    /// The amount sent.
    pub money: Money,
    /// Its value, if a price was known.
    pub usd: Option<Usd>,
    /// Chain transaction id; set once it is signed.
    pub tx_hash: Option<String>,
    /// The signed output for the caller, if the request asked for a signature.
    pub signed: Option<SignedOutput>,
    /// The gas condition.
    pub gas_condition: Option<GasTarget>,
    /// Whether its outcome is final.
    pub is_final: bool,
    /// Why it does not move on, if known: a stable code and one sentence.
    pub pending: Option<(String, String)>,
    /// Network fee paid, in native base units, once known.
    pub fee: Option<U256>,
    /// Stable code of its failure or denial.
    pub error_code: Option<String>,
    /// The error message, one sentence.
    pub error: Option<String>,
    /// The end of the delay.
    pub execute_after: Option<UnixSeconds>,
    /// The end of the approval window.
    pub approval_expires_at: Option<UnixSeconds>,
    /// The decoded effects; none if they were too long to keep.
    pub effects: Option<Effects>,
    /// The reasons for the tier or for the denial.
    pub reasons: Reasons,
    /// Warnings about the request.
    pub warnings: Vec<Warning>,
    /// Digest of the draft that was judged.
    pub digest: Option<Digest>,
    /// How often an equal request was denied on the same day; one if it was not denied.
    pub denials: u64,
    /// The time of the request.
    pub created_at: UnixSeconds,
    /// The time of the last change.
    pub updated_at: UnixSeconds,
    /// The time of its inclusion on chain.
    pub executed_at: Option<UnixSeconds>,
}

/// The reasons of a decision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
pub enum Reasons {
    /// Of a denial, the deciding one first; never empty.
    Denied(Vec<Denial>),
    /// Of the tier, the strictest first.
    Granted(Vec<TierReason>),
}

/// A signature for the caller, in the chain's usual encoding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignedOutput {
    /// A signed transaction: hex on EVM, base64 on Solana.
    Transaction(String),
    /// A signature over a message: hex on EVM, base58 on Solana.
    Signature(String),
}

/// A transaction that waits for its owner, with both challenges.
#[derive(Clone, PartialEq, Debug)]
pub struct ApprovalView {
    /// The transaction.
    pub tx: TxView,
    /// The presentation; none if it was not stored.
    pub presentation: Option<Box<Presentation>>,
    /// The draft that is judged and approved. Everything in the presentation was read from it.
    pub draft: Option<Draft>,
    /// The challenge to approve.
    pub approve: ChallengeView,
    /// The challenge to reject.
    pub reject: ChallengeView,
}

/// The amount that a signed transaction reserves in one asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// The asset.
    pub asset: AssetId,
    /// The amount in base units; for a fee the maximum.
    pub amount: U256,
    /// The value counted against dollar limits.
    pub usd: Option<Usd>,
    /// Whether it is the network fee.
    pub is_fee: bool,
}

/// The result of closing a signed transaction.
#[derive(Clone, PartialEq, Debug)]
pub struct Closing {
    /// The transaction in its present state.
    pub tx: TxView,
    /// Whether it was closed; false if the effect was only described.
    pub closed: bool,
    /// Whether its reservations are released; otherwise they count as spent.
    pub gives_free: bool,
    /// Its reservations before closing.
    pub held: Vec<Held>,
    /// The consequences of closing, in sentences.
    pub consequences: &'static str,
}

/// A decision with its inputs, and the result of evaluating them again.
#[derive(Clone, PartialEq, Debug)]
pub struct Explanation {
    /// The transaction.
    pub tx: TxView,
    /// The effects as decoded at that time; none if they were too long to keep.
    pub effects: Option<Effects>,
    /// The policies that were applied, with their rules at that time, in report order.
    pub policies: Value,
    /// Digest of the policies' text.
    pub policies_digest: Digest,
    /// The facts at that time: clock, owner, prices, balances and ledger sums.
    pub facts: Value,
    /// The verdict of the repeated evaluation.
    pub verdict: Verdict,
    /// Whether it equals the recorded verdict word for word. False if not enough inputs were kept to repeat
    /// it.
    pub reproduced: bool,
    /// The parts of a denied or unsigned request that were too long to keep.
    pub not_kept: Vec<NotKeptView>,
}

/// A part of a denied or unsigned request that was too long to keep.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotKeptView {
    /// The part.
    pub what: RequestPart,
    /// Its length in bytes.
    pub bytes: usize,
    /// Its SHA-256 digest.
    pub digest: Digest,
}

/// A warning about a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// Stable code.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// `info`, `warning` or `error`.
    pub severity: &'static str,
}

/// The change of one balance in a dry run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BalanceChange {
    /// The present balance.
    pub current: Money,
    /// The most that leaves, fees included.
    pub out: U256,
}

/// The result of a dry run.
#[derive(Clone, PartialEq, Debug)]
pub struct DryRun {
    /// The verdict that a live request would get now.
    pub verdict: Verdict,
    /// The effects of the transaction.
    pub effects: Effects,
    /// Its network.
    pub network: Arc<Network>,
    /// The kind of request.
    pub kind: IntentKind,
    /// The amount sent.
    pub money: Money,
    /// The maximum network fee; none if the request was denied before the fee was known.
    pub fee: Option<Money>,
    /// The value of the fee, if a price is known.
    pub fee_usd: Option<Usd>,
    /// The result of the simulation.
    pub simulation: waiaas_chains::Simulation,
    /// The balance change of each asset that leaves.
    pub balance_changes: Vec<BalanceChange>,
    /// The gas condition with the present prices.
    pub gas: Option<GasState>,
    /// Warnings about the request.
    pub warnings: Vec<Warning>,
}
