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

/// An amount with what is needed to read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Money {
    /// Which asset.
    pub asset: AssetId,
    /// Base units.
    pub amount: U256,
    /// Decimals, verified.
    pub decimals: u8,
    /// Symbol for people.
    pub symbol: String,
}

impl Money {
    /// `5 SOL`, exact.
    pub fn formatted(&self) -> String {
        let units = waiaas_core::money::format_units(self.amount, self.decimals);
        if self.symbol.is_empty() { units } else { format!("{units} {}", self.symbol) }
    }

    /// What to call the asset in a sentence: its symbol, or its id where it has none.
    pub fn name(&self) -> String {
        if self.symbol.is_empty() { self.asset.to_string() } else { self.symbol.clone() }
    }
}

/// A transaction as its readers see it.
#[derive(Clone, PartialEq, Debug)]
pub struct TxView {
    /// Its id.
    pub id: TxId,
    /// Whose money.
    pub wallet: WalletId,
    /// Who asked.
    pub session: Option<SessionId>,
    /// The signed transaction whose place it takes, if it lands.
    pub replaces: Option<TxId>,
    /// What kind of request.
    pub kind: IntentKind,
    /// Where it is.
    pub status: TxStatus,
    /// The tier obtained; none when denied.
    pub tier: Option<Tier>,
    /// Its network.
    pub network: Arc<Network>,
    /// Recipient named.
    pub to: Option<Address>,
    /// What is sent.
    pub money: Money,
    /// Its value, where a price was known.
    pub usd: Option<Usd>,
    /// Chain transaction id, from the moment bytes are signed.
    pub tx_hash: Option<String>,
    /// What was signed for the caller to use, for requests that ask for a signature.
    pub signed: Option<SignedOutput>,
    /// How cheap the network must be before it is signed.
    pub gas_condition: Option<GasTarget>,
    /// Whether what became of it can change no more.
    pub is_final: bool,
    /// Why it is still where it is, where there is something to say: a stable code and one sentence.
    pub pending: Option<(String, String)>,
    /// Fee paid in native base units, once known.
    pub fee: Option<U256>,
    /// Stable code of the failure or denial.
    pub error_code: Option<String>,
    /// One sentence about it.
    pub error: Option<String>,
    /// End of the delay.
    pub execute_after: Option<UnixSeconds>,
    /// End of the owner's time.
    pub approval_expires_at: Option<UnixSeconds>,
    /// What it does, decoded.
    pub effects: Option<Effects>,
    /// Why the tier, or why denied.
    pub reasons: Reasons,
    /// Worth noticing about what was asked for.
    pub warnings: Vec<Warning>,
    /// Digest of the judged draft.
    pub digest: Option<Digest>,
    /// How often this very request was denied so, within a day; one for what was not denied.
    pub denials: u64,
    /// When it was asked for.
    pub created_at: UnixSeconds,
    /// When it last changed.
    pub updated_at: UnixSeconds,
    /// When it was on chain.
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

/// A signature handed out to the caller, in the chain's usual text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignedOutput {
    /// A signed transaction: hex on EVM, base64 on Solana.
    Transaction(String),
    /// A signature over a message: hex on EVM, base58 on Solana.
    Signature(String),
}

/// What waits for an owner, with both answers to sign.
#[derive(Clone, PartialEq, Debug)]
pub struct ApprovalView {
    /// The transaction.
    pub tx: TxView,
    /// What the owner is asked, as a value; none where it was not kept with the question.
    pub presentation: Option<Box<Presentation>>,
    /// The bytes that are judged and approved, from which everything in the presentation was read.
    pub draft: Option<Draft>,
    /// Sign this to approve.
    pub approve: ChallengeView,
    /// Sign this to reject.
    pub reject: ChallengeView,
}

/// What a signed transaction holds in one asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// Which asset.
    pub asset: AssetId,
    /// Base units; for a fee the most it can be.
    pub amount: U256,
    /// Value counted against dollar limits.
    pub usd: Option<Usd>,
    /// Whether it is the network's fee.
    pub is_fee: bool,
}

/// A signed transaction that the operator closes, and what that does.
#[derive(Clone, PartialEq, Debug)]
pub struct Closing {
    /// The transaction as it is now.
    pub tx: TxView,
    /// Whether it was closed, or only asked about.
    pub closed: bool,
    /// Whether what it holds is given free; otherwise it counts as spent.
    pub gives_free: bool,
    /// What it held before.
    pub held: Vec<Held>,
    /// What closing means, in sentences.
    pub consequences: &'static str,
}

/// A decision with its inputs, and the same decision made from them again.
#[derive(Clone, PartialEq, Debug)]
pub struct Explanation {
    /// The transaction.
    pub tx: TxView,
    /// What it does, as decoded then; none if that was too long to be kept.
    pub effects: Option<Effects>,
    /// The rows that judged, in report order, with their rules as they were.
    pub policies: Value,
    /// Digest of their text.
    pub policies_digest: Digest,
    /// Clock, owner, prices, balances and ledger sums as they were.
    pub facts: Value,
    /// The verdict made again from all of these.
    pub verdict: Verdict,
    /// Whether it is the one of then, to the last word. False where too much was not kept to make it again.
    pub reproduced: bool,
    /// What of a request that was denied, or ended unsigned, was too long to be kept.
    pub not_kept: Vec<NotKeptView>,
}

/// Something of a request that is not carried out that was too long to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotKeptView {
    /// The part.
    pub what: RequestPart,
    /// Its length.
    pub bytes: usize,
    /// SHA-256 of it.
    pub digest: Digest,
}

/// Something a dry run wants noticed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// Stable code.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// `info`, `warning` or `error`.
    pub severity: &'static str,
}

/// What a dry run says about one asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BalanceChange {
    /// Held now.
    pub current: Money,
    /// The most that leaves, fees included.
    pub out: U256,
}

/// The answer of a dry run.
#[derive(Clone, PartialEq, Debug)]
pub struct DryRun {
    /// The same verdict a live request would get now.
    pub verdict: Verdict,
    /// What the transaction would do.
    pub effects: Effects,
    /// Its network.
    pub network: Arc<Network>,
    /// What kind of request.
    pub kind: IntentKind,
    /// What is sent.
    pub money: Money,
    /// The most the network may charge; none if it was denied before that was known.
    pub fee: Option<Money>,
    /// Its value, where a price is known.
    pub fee_usd: Option<Usd>,
    /// What the node says.
    pub simulation: waiaas_chains::Simulation,
    /// Per asset that leaves.
    pub balance_changes: Vec<BalanceChange>,
    /// The gas condition asked for, and whether it is met.
    pub gas: Option<GasState>,
    /// Worth noticing.
    pub warnings: Vec<Warning>,
}
