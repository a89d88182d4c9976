//! Transaction rows: the request, the verdict, the signed bytes and the outcome.

mod advance;
mod change;
mod insert;
mod queries;
mod recipients;
mod signed;
mod work;

pub use advance::Kept;
pub use change::StatusChange;
pub use insert::NewTransaction;
pub use queries::{TxFilter, Waiting};
pub use signed::SignedRow;
pub use work::Work;

use sqlx::any::AnyRow;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::decision::DecisionRecord;
use waiaas_core::digest::Digest;
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::gas::GasTarget;
use waiaas_core::ids::{SessionId, TxId, WalletId};
use waiaas_core::intent::{Intent, IntentKind};
use waiaas_core::money::{Usd, parse_base_units};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{DenialCode, Tier};
use waiaas_core::transaction::TxStatus;
use waiaas_core::{U256, UnixSeconds};

use crate::columns::Columns;
use crate::error::StoreError;
use crate::stored::Stored;

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
    /// The intent.
    pub intent: Stored<Intent>,
    /// The named recipient.
    pub to: Option<Address>,
    /// The named amount in base units.
    pub amount: U256,
    /// The named asset.
    pub asset: AssetId,
    /// The judged draft; its digest is checked against the stored one on every read.
    pub draft: Option<Draft>,
    /// The effects.
    pub effects: Option<Stored<Effects>>,
    /// The verdict with its inputs.
    pub verdict: Stored<DecisionRecord>,
    /// Code of the first denial.
    pub denial_code: Option<DenialCode>,
    /// How often it was denied; equal requests within a day are counted together.
    pub denials: u64,
    /// Value of the amounts spent, without fees.
    pub usd: Option<Usd>,
    /// The kill switch's generation at admission.
    pub kill_generation: u64,
    /// Maximum network prices for signing.
    pub gas_condition: Option<Stored<GasTarget>>,
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
        let form = row.int("form")?;
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
            intent: Stored::in_form(row.text("intent")?, form),
            to: row.opt_parsed("to_address")?,
            amount: amount(&row.text("amount")?, "amount")?,
            asset: row.parsed("asset")?,
            draft: draft(row)?,
            effects: row.opt_text("effects")?.map(|text| Stored::in_form(text, form)),
            verdict: Stored::in_form(row.text("verdict")?, form),
            denial_code: row.opt_named("denial_code", DenialCode::parse)?,
            denials: row.number("denials")?,
            usd: row.opt_usd("usd_micros")?,
            kill_generation: row.number("kill_generation")?,
            gas_condition: row.opt_text("gas_condition")?.map(|text| Stored::in_form(text, form)),
            execute_after: row.opt_int("execute_after")?,
            approval_expires_at: row.opt_int("approval_expires_at")?,
            signed: SignedRow::read(row)?,
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
