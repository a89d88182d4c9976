//! Transactions: asked for, judged, waited for, executed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use waiaas_core::ids::{SessionId, TxId, WalletId};
use waiaas_core::intent::IntentKind;
use waiaas_core::money::Usd;
use waiaas_core::network::Chain;
use waiaas_core::policy::Tier;
use waiaas_core::presentation::Presentation;
use waiaas_core::transaction::{Replacement, TxStatus};

use crate::dry_run::{PolicyResult, Warning};
use crate::effects;
use crate::owners::Challenge;
use crate::requests::GasCondition;
use crate::validation::{Refusal, Request};
use crate::vocabulary::{
    ChainName, IntentKindName, NotKeptName, ReplacementName, SignTypeName, TierName, TxStatusName, WaitName,
};

/// Asks for a transaction in the place of a signed one that does not land.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplaceRequest {
    /// `HIGHER_FEE`: the same transaction at a higher fee. `CANCELLATION`: an empty one.
    #[schema(value_type = ReplacementName)]
    pub with: Replacement,
}

impl Request for ReplaceRequest {
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Closes a signed transaction that can no longer happen, by the operator's word.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloseRequest {
    /// `true` closes it; otherwise the answer says what closing would do, and nothing is done.
    #[serde(default)]
    pub confirm: bool,
}

impl Request for CloseRequest {
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
}

/// What closing a signed transaction does, or would do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Closed {
    /// The transaction as it is now.
    pub transaction: Transaction,
    /// Whether it was closed; `false` where only the consequences were asked for.
    pub closed: bool,
    /// Whether what it held is given free, as on a local network. Otherwise it counts as spent.
    pub gives_free: bool,
    /// What it held before.
    pub held: Vec<HeldAmount>,
    /// What closing means.
    pub consequences: String,
}

/// What a signed transaction holds in one asset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldAmount {
    /// CAIP-19 id.
    pub asset_id: String,
    /// Base units; for the network's fee the most it can be.
    pub amount: String,
    /// Value counted against dollar limits.
    #[schema(value_type = Option<f64>)]
    pub amount_usd: Option<Usd>,
    /// Whether it is the network's fee.
    pub is_fee: bool,
}

/// How a send answers.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SendQuery {
    /// `broadcast` (also when absent): answer once a node has accepted it. `confirmed`: wait until it
    /// is on chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline, value_type = Option<WaitName>)]
    pub wait: Option<String>,
    /// Most seconds to wait for `confirmed`, 1 to 60; 30 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 60)]
    pub timeout: Option<u32>,
}

/// Which transactions.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransactionQuery {
    /// Only this wallet's.
    #[serde(default, alias = "wallet_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Only those with this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<TxStatusName>)]
    pub status: Option<TxStatus>,
    /// Only the one that this `Idempotency-Key` of the session was used for within the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(min_length = 1, max_length = 128)]
    pub idempotency_key: Option<String>,
    /// `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries per page, 1 to 200; 50 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// A transaction.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: TxId,
    /// The wallet that pays.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// The session that asked.
    #[schema(value_type = Option<Uuid>)]
    pub session_id: Option<SessionId>,
    /// The signed transaction whose place it is to take; at most one of the two lands.
    #[schema(value_type = Option<Uuid>)]
    pub replaces: Option<TxId>,
    /// The type asked for; `SIGN` for signatures over what the caller brought.
    #[serde(rename = "type")]
    #[schema(value_type = IntentKindName)]
    pub kind: IntentKind,
    /// Where it is.
    #[schema(value_type = TxStatusName)]
    pub status: TxStatus,
    /// The tier obtained; `null` when denied.
    #[schema(value_type = Option<TierName>)]
    pub tier: Option<Tier>,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Its network.
    pub network: String,
    /// CAIP-2 id of the network.
    pub chain_id: String,
    /// The one address the request named: recipient, contract or spender; `null` where there is none or
    /// more than one.
    pub to_address: Option<String>,
    /// Base units.
    pub amount: String,
    /// In human units, with the symbol: `5 SOL`.
    #[schema(example = "5 SOL")]
    pub amount_formatted: String,
    /// Decimals of the asset.
    pub amount_decimals: u8,
    /// Symbol of the asset.
    pub amount_symbol: String,
    /// Value at admission, where there was a price.
    #[schema(value_type = Option<f64>)]
    pub amount_usd: Option<Usd>,
    /// CAIP-19 id of the asset.
    pub asset_id: String,
    /// The chain's transaction id, from the moment it is signed.
    pub tx_hash: Option<String>,
    /// The signed transaction that was asked for with `SIGN`, in the chain's encoding: hex on EVM,
    /// base64 on Solana.
    pub signed_transaction: Option<String>,
    /// The signature over a message that was asked for with `SIGN`: hex on EVM, base58 on Solana.
    pub signature: Option<String>,
    /// How cheap the network must be before it is signed, as asked for.
    pub gas_condition: Option<GasCondition>,
    /// Whether what became of it can change no more. A `CONFIRMED` transaction whose block is not final
    /// yet may still be taken back by a reorganisation, and holds what it reserved.
    pub is_final: bool,
    /// Why it is still where it is, where there is something to say: stable code, such as
    /// `NODES_CONTRADICT`, `REVERT_UNPROVED`, `DEATH_UNPROVED` or `NODE_UNUSABLE`. `SYSTEM_LOCKED`: it waits, but
    /// the kill switch is or was activated, so it is not signed any more and ends as `CANCELLED`.
    pub pending_code: Option<String>,
    /// The same for people.
    pub pending_reason: Option<String>,
    /// Network fee paid, native base units.
    pub fee: Option<String>,
    /// Why it was denied, failed or was cancelled: stable code; `null` where it was withdrawn.
    pub error_code: Option<String>,
    /// The same for people.
    pub error: Option<String>,
    /// When the delay ends.
    pub execute_after: Option<i64>,
    /// Until when the owner can approve.
    pub approval_expires_at: Option<i64>,
    /// Everything it does: `items` as decoded from the bytes to be signed, and `seen`, where a call cannot be
    /// decoded, as a node saw it in a simulation.
    #[schema(value_type = effects::Effects)]
    pub effects: Value,
    /// Why this tier, or why not at all.
    #[schema(value_type = Vec<effects::Reason>)]
    pub reasons: Value,
    /// Worth noticing about what was asked for, such as `AMOUNT_IN_BASE_UNITS`: an amount in base units
    /// that is worth less than a cent.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// SHA-256 of the exact transaction that was judged.
    pub digest: Option<String>,
    /// How often this very request was denied so, within a day; only for `DENIED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denials: Option<u64>,
    /// When it was asked for.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// When it was signed.
    pub executed_at: Option<i64>,
}

/// A signature over what the caller brought, or why it waits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// The transaction. Its `signedTransaction` or `signature` is `null` while it waits.
    #[serde(flatten)]
    pub transaction: Transaction,
    /// What the signature is over.
    #[schema(value_type = SignTypeName)]
    pub sign_type: String,
    /// The tier, as older clients look for it.
    pub policy_result: PolicyTier,
}

/// The tier of a signature.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PolicyTier {
    /// The tier obtained.
    #[schema(value_type = Option<TierName>)]
    pub tier: Option<Tier>,
}

/// A decision with everything it was made from, and the same decision made again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The transaction.
    pub transaction: Transaction,
    /// What it does, as decoded from the bytes that were judged, and as seen in a simulation; `null` where it was
    /// too long to be kept.
    #[schema(value_type = Option<effects::Effects>)]
    pub effects: Value,
    /// The policies that judged, with their rules as they were.
    #[schema(value_type = Vec<Object>)]
    pub policies: Value,
    /// SHA-256 of the kept text of these policies.
    pub policies_digest: String,
    /// Clock, owner state, prices, balances and ledger sums as they were.
    #[schema(value_type = Object)]
    pub facts: Value,
    /// The verdict, made again from these.
    pub verdict: PolicyResult,
    /// Whether that is the verdict of then, to the last word; false where something was not kept.
    pub reproduced: bool,
    /// What of a denied request was too long to be kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_kept: Vec<NotKept>,
}

/// Something of a denied request that was too long to be kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct NotKept {
    /// Which part.
    #[schema(value_type = NotKeptName)]
    pub what: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of it.
    pub digest: String,
}

/// What the owner is asked about one transaction.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The transaction.
    pub transaction: Transaction,
    /// Everything the owner is asked, as one value; the texts to sign are its words. Every effect, every
    /// call with its arguments, typed data field by field, what a node saw, the verdict and its reasons.
    /// `null` where it was not kept with the question; sign nothing then.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub presentation: Option<Box<Presentation>>,
    /// The bytes that are approved. Effects and content of the presentation can be read from them again.
    #[serde(default)]
    pub draft: Option<DraftBytes>,
    /// What to sign to let it run.
    pub approve: Challenge,
    /// What to sign to stop it.
    pub reject: Challenge,
}

/// A transaction without its volatile fields (nonce, fee prices, blockhash), as it is judged and approved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftBytes {
    /// Its network.
    pub network: String,
    /// Who signs it.
    pub from: String,
    /// Its encoding, hex.
    #[schema(example = "0x01f8")]
    pub body: String,
    /// SHA-256 over these three, as the texts to sign have it.
    pub digest: String,
}

/// A transaction after the owner approved it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approved {
    /// The transaction.
    #[serde(flatten)]
    pub transaction: Transaction,
    /// When the approval was accepted.
    pub approved_at: i64,
}

/// A transaction after it was rejected.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// The transaction.
    #[serde(flatten)]
    pub transaction: Transaction,
    /// When it was rejected.
    pub rejected_at: i64,
}
