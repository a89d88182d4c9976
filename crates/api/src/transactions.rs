//! Transactions: requests, verdicts, waiting, execution.

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

/// Asks for a replacement of a signed transaction that does not confirm.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplaceRequest {
    /// `HIGHER_FEE`: the same transaction at a higher fee. `CANCELLATION`: an empty transfer to the wallet
    /// itself.
    #[schema(value_type = ReplacementName)]
    pub with: Replacement,
}

impl Request for ReplaceRequest {
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Closes a signed transaction that can no longer confirm, on the operator's decision.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloseRequest {
    /// `true` closes it; otherwise the answer says what closing would do, and nothing changes.
    #[serde(default)]
    pub confirm: bool,
}

impl Request for CloseRequest {
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
}

/// The result of closing a signed transaction, or its consequences without closing it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Closed {
    /// The transaction in its current state.
    pub transaction: Transaction,
    /// Whether it was closed; `false` if only the consequences were requested.
    pub closed: bool,
    /// Whether its reservations are released, as on a local network. Otherwise they count as spent.
    pub gives_free: bool,
    /// Its reservations before.
    pub held: Vec<HeldAmount>,
    /// The consequences of closing, in words.
    pub consequences: String,
}

/// A transaction's reservation in one asset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldAmount {
    /// CAIP-19 id.
    pub asset_id: String,
    /// Base units; for the network fee its maximum.
    pub amount: String,
    /// Value counted against dollar limits.
    #[schema(value_type = Option<f64>)]
    pub amount_usd: Option<Usd>,
    /// Whether it is for the network fee.
    pub is_fee: bool,
}

/// When a send answers.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SendQuery {
    /// `broadcast` (default): answer once a node has accepted it. `confirmed`: answer once it is on chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline, value_type = Option<WaitName>)]
    pub wait: Option<String>,
    /// Maximum seconds to wait for `confirmed`, 1 to 60; 30 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 60)]
    pub timeout: Option<u32>,
}

/// Selects transactions.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransactionQuery {
    /// Only transactions of this wallet.
    #[serde(default, alias = "wallet_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Only transactions with this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<TxStatusName>)]
    pub status: Option<TxStatus>,
    /// Only the transaction for which the session used this `Idempotency-Key` within the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(min_length = 1, max_length = 128)]
    pub idempotency_key: Option<String>,
    /// `nextCursor` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries per page, 1 to 200; 50 by default.
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
    /// The requesting session.
    #[schema(value_type = Option<Uuid>)]
    pub session_id: Option<SessionId>,
    /// The signed transaction that it replaces; at most one of the two is included.
    #[schema(value_type = Option<Uuid>)]
    pub replaces: Option<TxId>,
    /// The requested type; `SIGN` for signatures over bytes that the caller provided.
    #[serde(rename = "type")]
    #[schema(value_type = IntentKindName)]
    pub kind: IntentKind,
    /// Its state.
    #[schema(value_type = TxStatusName)]
    pub status: TxStatus,
    /// The tier; `null` when denied.
    #[schema(value_type = Option<TierName>)]
    pub tier: Option<Tier>,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Its network.
    pub network: String,
    /// CAIP-2 id of the network.
    pub chain_id: String,
    /// The one address that the request named: recipient, contract or spender; `null` if there is none or
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
    /// Value at admission in dollars, if there was a price.
    #[schema(value_type = Option<f64>)]
    pub amount_usd: Option<Usd>,
    /// CAIP-19 id of the asset.
    pub asset_id: String,
    /// The chain's transaction id, known once it is signed.
    pub tx_hash: Option<String>,
    /// The signed transaction of a `SIGN` request, in the chain's encoding: hex on EVM, base64 on Solana.
    pub signed_transaction: Option<String>,
    /// The signature over the message of a `SIGN` request: hex on EVM, base58 on Solana.
    pub signature: Option<String>,
    /// The requested maximum network prices for signing.
    pub gas_condition: Option<GasCondition>,
    /// Whether its outcome can no longer change. A reorganisation may still remove a `CONFIRMED` transaction
    /// whose block is not final, and its reservations are held until then.
    pub is_final: bool,
    /// Why it is still waiting, if there is a reason: a stable code, such as `NODES_CONTRADICT`,
    /// `REVERT_UNPROVED`, `DEATH_UNPROVED` or `NODE_UNUSABLE`. `SYSTEM_LOCKED`: it waits, but the kill switch
    /// is or was activated, so it is never signed and ends as `CANCELLED`.
    pub pending_code: Option<String>,
    /// The same reason for people.
    pub pending_reason: Option<String>,
    /// Network fee paid, in base units of the native coin.
    pub fee: Option<String>,
    /// Why it was denied, failed or was cancelled: a stable code; `null` if it was cancelled on request.
    pub error_code: Option<String>,
    /// The same reason for people.
    pub error: Option<String>,
    /// End of the delay.
    pub execute_after: Option<i64>,
    /// End of the approval window.
    pub approval_expires_at: Option<i64>,
    /// Everything that it does: `items` are decoded from the bytes to be signed; `seen` are the effects of
    /// undecoded calls in a simulation.
    #[schema(value_type = effects::Effects)]
    pub effects: Value,
    /// The reasons for the tier or the denial.
    #[schema(value_type = Vec<effects::Reason>)]
    pub reasons: Value,
    /// Warnings about the request, such as `AMOUNT_IN_BASE_UNITS`: an amount in base units that is worth less
    /// than a cent.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// SHA-256 of the exact transaction that was judged.
    pub digest: Option<String>,
    /// How often this same request was denied for the same reasons within a day; only for `DENIED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denials: Option<u64>,
    /// Time of the request.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// Time of the signature.
    pub executed_at: Option<i64>,
}

/// A signature over bytes that the caller provided, or the reason why it waits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// The transaction. Its `signedTransaction` or `signature` is `null` while it waits.
    #[serde(flatten)]
    pub transaction: Transaction,
    /// What was signed.
    #[schema(value_type = SignTypeName)]
    pub sign_type: String,
    /// The tier, in a field for older clients.
    pub policy_result: PolicyTier,
}

/// The tier of a signature.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PolicyTier {
    /// The tier.
    #[schema(value_type = Option<TierName>)]
    pub tier: Option<Tier>,
}

/// A decision with its complete input, and the same decision made again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The transaction.
    pub transaction: Transaction,
    /// Its effects, decoded from the judged bytes or seen in a simulation; `null` if they were too long to be
    /// stored.
    #[schema(value_type = Option<effects::Effects>)]
    pub effects: Value,
    /// The policies that judged, with their rules at that time.
    #[schema(value_type = Vec<Object>)]
    pub policies: Value,
    /// SHA-256 of the stored text of these policies.
    pub policies_digest: String,
    /// Policy facts at that time: clock, owner state, prices, balances and ledger sums.
    #[schema(value_type = Object)]
    pub facts: Value,
    /// The verdict, computed again from these.
    pub verdict: PolicyResult,
    /// Whether it equals the original verdict exactly; false if a part was not stored.
    pub reproduced: bool,
    /// Parts of a denied request that were too long to be stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_kept: Vec<NotKept>,
}

/// A part of a denied request that was too long to be stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct NotKept {
    /// The name of the part.
    #[schema(value_type = NotKeptName)]
    pub what: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256 digest.
    pub digest: String,
}

/// The question to the owner about one transaction.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The transaction.
    pub transaction: Transaction,
    /// The whole question as one value; the texts to sign are rendered from it. Every effect, every call with
    /// its arguments, typed data field by field, the simulation check, the verdict and its reasons. `null` if
    /// it was not stored with the challenge; sign nothing then.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub presentation: Option<Box<Presentation>>,
    /// The bytes to approve. Effects and content of the presentation can be decoded from them again.
    #[serde(default)]
    pub draft: Option<DraftBytes>,
    /// The text to sign to approve.
    pub approve: Challenge,
    /// The text to sign to reject.
    pub reject: Challenge,
}

/// A transaction without its volatile fields (nonce, fee prices, blockhash), as it is judged and approved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftBytes {
    /// Its network.
    pub network: String,
    /// The signing address.
    pub from: String,
    /// Its encoding, hex.
    #[schema(example = "0x01f8")]
    pub body: String,
    /// SHA-256 over these three fields, as in the texts to sign.
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
