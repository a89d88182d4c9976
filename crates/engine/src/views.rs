//! What use cases take and give. Plain values; the wire shapes are `waiaas-api`'s.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::digest::Digest;
use waiaas_core::effect::Effects;
use waiaas_core::ids::{PolicyId, SessionId, TxId, WalletId};
use waiaas_core::intent::{Amount, IntentKind};
use waiaas_core::money::Usd;
use waiaas_core::network::{Chain, Environment, Network, NetworkId};
use waiaas_core::owner::Challenge;
use waiaas_core::policy::{PolicyType, Tier, Verdict};
use waiaas_core::transaction::TxStatus;
use waiaas_core::wallet::{KillSwitch, Owner, WalletStatus};
use waiaas_core::{U256, UnixSeconds};

/// Which part of a list is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// Most items wanted.
    pub limit: u32,
}

/// Part of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Paged<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts, if there is one.
    pub next_cursor: Option<String>,
    /// How many there are in all, where that was asked for.
    pub total: Option<u64>,
}

/// A wallet to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWallet {
    /// 1–100 characters, unique among living wallets.
    pub name: String,
    /// Its chain.
    pub chain: Chain,
    /// Its kind of money.
    pub environment: Environment,
}

/// A wallet without its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wallet {
    /// Its id.
    pub id: WalletId,
    /// Its name.
    pub name: String,
    /// Its chain.
    pub chain: Chain,
    /// Its kind of money.
    pub environment: Environment,
    /// Its address, the same on every network of its chain.
    pub address: Address,
    /// Whether it may sign.
    pub status: WalletStatus,
    /// Who approves.
    pub owner: Owner,
    /// When it was suspended.
    pub suspended_at: Option<UnixSeconds>,
    /// Why it was suspended.
    pub suspension_reason: Option<String>,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// When it last changed.
    pub updated_at: UnixSeconds,
}

/// A question to an owner, ready to be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChallengeView {
    /// `approve`, `reject`, `verify-owner`, `change-owner`, `remove-owner`.
    pub action: String,
    /// Exactly the text to sign.
    pub message: String,
    /// The nonce within it.
    pub nonce: String,
    /// Who is asked.
    pub owner: Address,
    /// From this second on it is void.
    pub expires_at: UnixSeconds,
}

impl From<&Challenge> for ChallengeView {
    fn from(challenge: &Challenge) -> Self {
        Self {
            action: challenge.action.as_str().to_owned(),
            message: challenge.message(),
            nonce: challenge.nonce.clone(),
            owner: challenge.owner,
            expires_at: challenge.expires_at,
        }
    }
}

/// The outcome of setting or removing an owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerSet {
    /// The wallet afterwards.
    pub wallet: Wallet,
    /// What the new owner should sign to become LOCKED.
    pub challenge: Option<ChallengeView>,
}

/// Who asked for a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionSource {
    /// The REST API.
    Api,
    /// The command line.
    Cli,
}

impl SessionSource {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Cli => "cli",
        }
    }
}

/// A session to be made. Absent limits take the configured defaults; none is unlimited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSession {
    /// At least one.
    pub wallets: Vec<WalletId>,
    /// Seconds a token lives, 300 to 31 536 000.
    pub ttl: Option<u32>,
    /// How often it may be renewed.
    pub max_renewals: Option<u32>,
    /// Seconds after which no renewal helps.
    pub absolute_lifetime: Option<u32>,
    /// Who asked.
    pub source: SessionSource,
}

/// A token, shown once.
#[derive(Clone, Debug)]
pub struct IssuedSession {
    /// The session.
    pub id: SessionId,
    /// The bearer token.
    pub token: SecretString,
    /// When the token ends.
    pub expires_at: UnixSeconds,
    /// When the session ends, renewed or not.
    pub absolute_expires_at: UnixSeconds,
    /// What it may use.
    pub wallets: Vec<Wallet>,
    /// Renewals so far.
    pub renewal_count: u32,
    /// Renewals allowed.
    pub max_renewals: u32,
    /// Tokens issued so far.
    pub token_issued_count: u32,
}

/// A session without its token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// What it may use, with names.
    pub wallets: Vec<(WalletId, String)>,
    /// `ACTIVE`, `EXPIRED` or `REVOKED`.
    pub status: &'static str,
    /// Renewals so far.
    pub renewal_count: u32,
    /// Renewals allowed.
    pub max_renewals: u32,
    /// When the token ends.
    pub expires_at: UnixSeconds,
    /// When the session ends.
    pub absolute_expires_at: UnixSeconds,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// When its token was last replaced by its holder.
    pub last_renewed_at: Option<UnixSeconds>,
    /// Tokens issued so far.
    pub token_issued_count: u32,
    /// Who asked for it.
    pub source: String,
}

/// A policy to be made.
#[derive(Clone, PartialEq, Debug)]
pub struct NewPolicy {
    /// One wallet, or all.
    pub wallet: Option<WalletId>,
    /// One network, or all.
    pub network: Option<String>,
    /// One of the 21 names.
    pub policy_type: String,
    /// Its rules.
    pub rules: Value,
    /// Orders reports only.
    pub priority: i32,
    /// Whether it is in force.
    pub enabled: bool,
}

/// What changes in a policy.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PolicyChange {
    /// New rules.
    pub rules: Option<Value>,
    /// New priority.
    pub priority: Option<i32>,
    /// In force or not.
    pub enabled: Option<bool>,
}

/// A policy row.
#[derive(Clone, PartialEq, Debug)]
pub struct PolicyView {
    /// The row.
    pub id: PolicyId,
    /// One wallet, or all.
    pub wallet: Option<WalletId>,
    /// One network, or all.
    pub network: Option<NetworkId>,
    /// Its type.
    pub policy_type: PolicyType,
    /// Its rules, canonical.
    pub rules: Value,
    /// Orders reports only.
    pub priority: i32,
    /// Whether it is in force.
    pub enabled: bool,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// When it last changed.
    pub updated_at: UnixSeconds,
}

/// A token as the caller describes it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TokenSpec {
    /// Contract or mint.
    pub address: Option<String>,
    /// Must equal the chain's, when given.
    pub decimals: Option<u8>,
    /// For people; not compared.
    pub symbol: Option<String>,
    /// CAIP-19; must agree with `address` and the network, when given.
    pub asset_id: Option<String>,
}

/// What a request is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RequestKind {
    /// Native coin.
    Transfer {
        /// Recipient.
        to: String,
        /// How much.
        amount: Amount,
        /// Note on chain.
        memo: Option<String>,
    },
    /// Token.
    TokenTransfer {
        /// Recipient.
        to: String,
        /// How much.
        amount: Amount,
        /// Which token.
        token: TokenSpec,
        /// Note on chain.
        memo: Option<String>,
    },
}

/// A caller's promise that repeats are repeats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    /// Chosen by the caller.
    pub key: String,
    /// Digest of the parsed body.
    pub body: Digest,
}

/// A request to move value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendRequest {
    /// Needed when the session has several wallets.
    pub wallet: Option<WalletId>,
    /// Needed when the wallet has several networks.
    pub network: Option<String>,
    /// What to do.
    pub kind: RequestKind,
    /// Makes repeats harmless.
    pub idempotency: Option<IdempotencyKey>,
}

/// How long a send waits before it answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// Until a node has accepted the broadcast (or the request parks).
    Broadcast,
    /// Until the transaction is final, at most so many seconds.
    Confirmed {
        /// At most this long.
        timeout_seconds: u32,
    },
}

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
    /// What kind of request.
    pub kind: IntentKind,
    /// Where it is.
    pub status: TxStatus,
    /// The tier obtained; none when denied.
    pub tier: Option<Tier>,
    /// Its network.
    pub network: Arc<Network>,
    /// Recipient named.
    pub to: Address,
    /// What is sent.
    pub money: Money,
    /// Its value, where a price was known.
    pub usd: Option<Usd>,
    /// Chain transaction id, from the moment bytes are signed.
    pub tx_hash: Option<String>,
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
    pub effects: Value,
    /// Why the tier, or why denied.
    pub reasons: Value,
    /// Digest of the judged draft.
    pub digest: Option<Digest>,
    /// When it was asked for.
    pub created_at: UnixSeconds,
    /// When it last changed.
    pub updated_at: UnixSeconds,
    /// When it was on chain.
    pub executed_at: Option<UnixSeconds>,
}

/// What waits for an owner, with both answers to sign.
#[derive(Clone, PartialEq, Debug)]
pub struct ApprovalView {
    /// The transaction.
    pub tx: TxView,
    /// Sign this to approve.
    pub approve: ChallengeView,
    /// Sign this to reject.
    pub reject: ChallengeView,
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
    /// The most the network may charge.
    pub fee: Money,
    /// Its value, where a price is known.
    pub fee_usd: Option<Usd>,
    /// What the node says.
    pub simulation: waiaas_chains::Simulation,
    /// Per asset that leaves.
    pub balance_changes: Vec<BalanceChange>,
    /// Worth noticing.
    pub warnings: Vec<Warning>,
}

/// A native balance.
#[derive(Clone, PartialEq, Debug)]
pub struct BalanceView {
    /// Whose.
    pub wallet: Wallet,
    /// Where.
    pub network: Arc<Network>,
    /// How much.
    pub money: Money,
}

/// One asset held.
#[derive(Clone, PartialEq, Debug)]
pub struct HoldingView {
    /// How much of what.
    pub money: Money,
    /// Its value, where a price is known.
    pub usd: Option<Usd>,
}

/// Everything held on one network.
#[derive(Clone, PartialEq, Debug)]
pub struct AssetsView {
    /// Whose.
    pub wallet: Wallet,
    /// Where.
    pub network: Arc<Network>,
    /// What.
    pub holdings: Vec<HoldingView>,
}

/// Public liveness.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// This build's version.
    pub version: &'static str,
    /// The database's schema version.
    pub schema_version: i64,
    /// Seconds since start.
    pub uptime: i64,
    /// Now.
    pub timestamp: UnixSeconds,
}

/// The operator's overview.
#[derive(Clone, PartialEq, Debug)]
pub struct Status {
    /// Liveness.
    pub health: Health,
    /// The kill switch.
    pub kill_switch: KillSwitch,
    /// Wallets that may sign.
    pub active_wallets: u64,
    /// Wallets in all.
    pub wallets: u64,
    /// Sessions that can still authenticate.
    pub active_sessions: u64,
    /// Policies in force.
    pub policies: u64,
    /// Transactions that are not final.
    pub open_transactions: u64,
    /// Whether `recovery.key` still exists.
    pub auto_provisioned: bool,
    /// Networks with an endpoint, and how it does.
    pub networks: Vec<NetworkStatus>,
}

/// One configured network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkStatus {
    /// Its name.
    pub network: NetworkId,
    /// Endpoints configured.
    pub endpoints: usize,
}

/// A backup written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BackupInfo {
    /// Where.
    pub path: std::path::PathBuf,
    /// Bytes.
    pub size: u64,
    /// When.
    pub created_at: UnixSeconds,
}

/// What to look for in the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditQuery {
    /// About one wallet.
    pub wallet: Option<WalletId>,
    /// About one transaction.
    pub tx: Option<TxId>,
    /// One event name.
    pub event: Option<String>,
    /// One severity.
    pub severity: Option<String>,
    /// Not before.
    pub from: Option<UnixSeconds>,
    /// Not after.
    pub to: Option<UnixSeconds>,
    /// Also count all rows.
    pub include_total: bool,
}
