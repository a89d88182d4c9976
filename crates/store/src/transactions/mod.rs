//! Transaction rows: the request, the verdict, the signed bytes and the outcome.

mod advance;
mod change;
mod insert;
mod queries;
mod work;

pub use advance::Kept;
pub use change::StatusChange;
pub use insert::NewTransaction;
pub use queries::{TxFilter, Waiting};
pub use work::Work;

use sqlx::any::AnyRow;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::digest::Digest;
use waiaas_core::draft::Draft;
use waiaas_core::ids::{SessionId, TxId, WalletId};
use waiaas_core::intent::IntentKind;
use waiaas_core::money::{Usd, parse_base_units};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{DenialCode, Tier};
use waiaas_core::transaction::TxStatus;
use waiaas_core::{U256, UnixSeconds};

use crate::columns::{Columns, unsigned};
use crate::error::StoreError;

/// What proves that signed bytes are dropped (corresponds to `Expiry` of the chains).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TxExpiry {
    /// EVM: a final transaction with another hash uses this nonce of the sender.
    Nonce(u64),
    /// Solana: this block height is final and the signature is not on chain.
    BlockHeight(u64),
    /// A signed message that cannot be used after this time.
    Time(UnixSeconds),
    /// A signed message without a deadline.
    Never,
}

impl TxExpiry {
    const fn kind(self) -> &'static str {
        match self {
            Self::Nonce(_) => "nonce",
            Self::BlockHeight(_) => "block_height",
            Self::Time(_) => "time",
            Self::Never => "never",
        }
    }

    fn value(self) -> Result<i64, StoreError> {
        match self {
            Self::Nonce(value) | Self::BlockHeight(value) => unsigned(value, "expiry_value"),
            Self::Time(at) => Ok(at),
            Self::Never => Ok(0),
        }
    }
}

/// The signed bytes of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedRow {
    /// The unsigned transaction in the chain's own encoding.
    pub unsigned: Vec<u8>,
    /// The bytes that are broadcast, the same every time.
    pub bytes: Vec<u8>,
    /// The chain's transaction id; none for a message.
    pub hash: Option<String>,
    /// What proves that the bytes are dropped.
    pub expiry: TxExpiry,
}

/// A transaction as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransactionRow {
    /// Its id.
    pub id: TxId,
    /// The wallet that pays.
    pub wallet: WalletId,
    /// The requesting session; none for the operator.
    pub session: Option<SessionId>,
    /// The signed transaction that it replaces.
    pub replaces: Option<TxId>,
    /// The requested type.
    pub kind: IntentKind,
    /// The network.
    pub network: NetworkId,
    /// Its state.
    pub status: TxStatus,
    /// The tier obtained; none when denied.
    pub tier: Option<Tier>,
    /// The intent as JSON.
    pub intent: String,
    /// The named recipient.
    pub to: Option<Address>,
    /// The named amount in base units.
    pub amount: U256,
    /// The named asset.
    pub asset: AssetId,
    /// The judged draft; its digest is checked against the stored one on every read.
    pub draft: Option<Draft>,
    /// Effects as JSON.
    pub effects: Option<String>,
    /// Verdict as JSON.
    pub verdict: String,
    /// Code of the first denial.
    pub denial_code: Option<DenialCode>,
    /// How often it was denied; equal requests within a day are counted together.
    pub denials: u64,
    /// Value of the amounts spent, without fees.
    pub usd: Option<Usd>,
    /// The kill switch's generation at admission.
    pub kill_generation: u64,
    /// Maximum network prices for signing, as JSON.
    pub gas_condition: Option<String>,
    /// End of the delay.
    pub execute_after: Option<UnixSeconds>,
    /// From this second on the owner can no longer approve.
    pub approval_expires_at: Option<UnixSeconds>,
    /// The signed bytes.
    pub signed: Option<SignedRow>,
    /// Whether a node refused the last broadcast. It proves nothing.
    pub broadcast_rejected: bool,
    /// Whether its outcome can no longer change. A CONFIRMED row that is not final keeps its reservations.
    pub is_final: bool,
    /// Why it is still in its state, if there is a reason: a stable code and one sentence.
    pub pending: Option<(String, String)>,
    /// Fee paid, in base units of the native coin.
    pub fee: Option<U256>,
    /// Block number or slot.
    pub block: Option<u64>,
    /// Stable code of a failure.
    pub error_code: Option<String>,
    /// The failure in one sentence.
    pub error: Option<String>,
    /// Digest of the request's body.
    pub request_digest: Digest,
    /// Time of the admission or denial.
    pub created_at: UnixSeconds,
    /// Time of the last change.
    pub updated_at: UnixSeconds,
    /// When it was found on chain, successful or reverted.
    pub executed_at: Option<UnixSeconds>,
}

impl TransactionRow {
    pub(crate) fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let fee = row.opt_text("fee")?.map(|text| amount(&text, "fee")).transpose()?;
        Ok(Self {
            id: row.parsed("id")?,
            wallet: row.parsed("wallet_id")?,
            session: row.opt_parsed("session_id")?,
            replaces: row.opt_parsed("replaces")?,
            kind: row.named("kind", IntentKind::parse)?,
            network: NetworkId::new(&row.text("network")?),
            status: row.named("status", TxStatus::parse)?,
            tier: row.opt_named("tier", Tier::parse)?,
            intent: row.text("intent")?,
            to: row.opt_parsed("to_address")?,
            amount: amount(&row.text("amount")?, "amount")?,
            asset: row.parsed("asset")?,
            draft: draft(row)?,
            effects: row.opt_text("effects")?,
            verdict: row.text("verdict")?,
            denial_code: row.opt_named("denial_code", DenialCode::parse)?,
            denials: row.number("denials")?,
            usd: row.opt_usd("usd_micros")?,
            kill_generation: row.number("kill_generation")?,
            gas_condition: row.opt_text("gas_condition")?,
            execute_after: row.opt_int("execute_after")?,
            approval_expires_at: row.opt_int("approval_expires_at")?,
            signed: signed(row)?,
            broadcast_rejected: row.flag("broadcast_rejected")?,
            is_final: row.flag("is_final")?,
            pending: row.opt_text("pending_code")?.zip(row.opt_text("pending_reason")?),
            fee,
            block: row.opt_number("block")?,
            error_code: row.opt_text("error_code")?,
            error: row.opt_text("error")?,
            request_digest: row.parsed("request_digest")?,
            created_at: row.int("created_at")?,
            updated_at: row.int("updated_at")?,
            executed_at: row.opt_int("executed_at")?,
        })
    }
}

fn amount(text: &str, column: &'static str) -> Result<U256, StoreError> {
    parse_base_units(text).map_err(|_| StoreError::Corrupt(column))
}

/// The draft, if it still matches its digest.
fn draft(row: &AnyRow) -> Result<Option<Draft>, StoreError> {
    let parts = (
        row.opt_text("draft_network")?,
        row.opt_parsed("draft_from")?,
        row.opt_bytes("draft_body")?,
        row.opt_parsed::<Digest>("digest")?,
    );
    match parts {
        (None, None, None, None) => Ok(None),
        (Some(network), Some(from), Some(body), Some(digest)) => {
            let draft = Draft { network: NetworkId::new(&network), from, body };
            if draft.digest() == digest { Ok(Some(draft)) } else { Err(StoreError::Corrupt("digest")) }
        }
        _ => Err(StoreError::Corrupt("draft")),
    }
}

fn signed(row: &AnyRow) -> Result<Option<SignedRow>, StoreError> {
    let parts = (
        row.opt_bytes("unsigned_bytes")?,
        row.opt_bytes("signed_bytes")?,
        row.opt_text("tx_hash")?,
        row.opt_text("expiry_kind")?,
        row.opt_int("expiry_value")?,
    );
    let (unsigned, bytes, hash, kind, value) = match parts {
        (None, None, None, None, None) => return Ok(None),
        (Some(unsigned), Some(bytes), hash, Some(kind), Some(value)) => (unsigned, bytes, hash, kind, value),
        _ => return Err(StoreError::Corrupt("signed_bytes")),
    };
    let counted = || u64::try_from(value).map_err(|_| StoreError::Corrupt("expiry_value"));
    let expiry = match kind.as_str() {
        "nonce" => TxExpiry::Nonce(counted()?),
        "block_height" => TxExpiry::BlockHeight(counted()?),
        "time" => TxExpiry::Time(value),
        "never" => TxExpiry::Never,
        _ => return Err(StoreError::Corrupt("expiry_kind")),
    };
    Ok(Some(SignedRow { unsigned, bytes, hash, expiry }))
}
