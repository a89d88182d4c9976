//! Admission: the row, its reservations, and its audit entry, at once.

use waiaas_core::U256;
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::decision::DecisionRecord;
use waiaas_core::digest::Digest;
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::gas::GasTarget;
use waiaas_core::ids::{SessionId, TxId, WalletId};
use waiaas_core::intent::{Intent, IntentKind};
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{DenialCode, Tier};
use waiaas_core::transaction::TxStatus;

use crate::audit::AuditEntry;
use crate::columns::{unsigned, usd};
use crate::error::{Entity, StoreError};
use crate::ledger::{self, NewReservation};
use crate::origins::{self, ActionValue};
use crate::stored::{FORM, Stored};
use crate::writer::WriteTx;

/// A judged request. Its time is that of its audit entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTransaction {
    /// Its id.
    pub id: TxId,
    /// The wallet that pays.
    pub wallet: WalletId,
    /// The requesting session; none for the operator.
    pub session: Option<SessionId>,
    /// The signed transaction that it replaces. A transaction has at most one replacement that has not ended.
    pub replaces: Option<TxId>,
    /// The requested type.
    pub kind: IntentKind,
    /// The network.
    pub network: NetworkId,
    /// One of [`TxStatus::initial`].
    pub status: TxStatus,
    /// The tier obtained; none exactly when denied.
    pub tier: Option<Tier>,
    /// The intent.
    pub intent: Stored<Intent>,
    /// The named recipient.
    pub to: Option<Address>,
    /// The named amount in base units.
    pub amount: U256,
    /// The named asset.
    pub asset: AssetId,
    /// The judged draft; may be absent only if denied.
    pub draft: Option<Draft>,
    /// The effects.
    pub effects: Option<Stored<Effects>>,
    /// The verdict with its inputs.
    pub verdict: Stored<DecisionRecord>,
    /// Code of the first denial; present exactly if denied.
    pub denial_code: Option<DenialCode>,
    /// Digest of the parts that equal denials have in common.
    pub denial_digest: Option<Digest>,
    /// Value of the amounts spent, without fees.
    pub usd: Option<Usd>,
    /// The kill switch's current generation.
    pub kill_generation: u64,
    /// Maximum network prices for signing.
    pub gas_condition: Option<Stored<GasTarget>>,
    /// End of the delay; present exactly when QUEUED.
    pub execute_after: Option<UnixSeconds>,
    /// End of the approval window; present exactly if PENDING_APPROVAL.
    pub approval_expires_at: Option<UnixSeconds>,
    /// The host of an HTTP message.
    pub http_domain: Option<String>,
    /// The value that the action moves; none if denied.
    pub action: Option<ActionValue>,
    /// Digest of the request's body.
    pub request_digest: Digest,
}

impl NewTransaction {
    /// Whether the columns are consistent with the status.
    fn check(&self, reservations: &[NewReservation]) -> Result<(), StoreError> {
        if !TxStatus::initial().contains(&self.status) {
            return Err(StoreError::NotInitial(self.status));
        }
        let denied = self.status == TxStatus::Denied;
        let reason = if denied != self.denial_code.is_some() {
            "a denial code goes with a denial"
        } else if denied != self.tier.is_none() {
            "a tier goes with a grant"
        } else if denied && !(reservations.is_empty() && self.action.is_none()) {
            "a denied request holds nothing"
        } else if !denied && self.draft.is_none() {
            "a granted request has a draft"
        } else if self.execute_after.is_some() != (self.status == TxStatus::Queued) {
            "a delay goes with QUEUED"
        } else if self.approval_expires_at.is_some() != (self.status == TxStatus::PendingApproval) {
            "an approval's end goes with PENDING_APPROVAL"
        } else {
            return Ok(());
        };
        Err(StoreError::Inconsistent(Entity::Transaction, reason))
    }
}

impl WriteTx {
    /// Inserts a judged request together with its reservations. The caller must have read the ledger in this
    /// same transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the values contradict each other or the status is not an initial one;
    /// [`StoreError::Duplicate`] if the id exists or the replaced transaction has an open replacement.
    pub async fn insert_transaction(
        &mut self,
        new: NewTransaction,
        reservations: &[NewReservation],
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        new.check(reservations)?;
        let (id, wallet, network) = (new.id, new.wallet, new.network.clone());
        let digest = new.draft.as_ref().map(|draft| draft.digest().to_string());
        let (draft_network, draft_from, draft_body) = match new.draft {
            Some(draft) => (Some(draft.network.to_string()), Some(draft.from.to_string()), Some(draft.body)),
            None => (None, None, None),
        };
        let query = "INSERT INTO transactions (id, wallet_id, session_id, kind, network, status, tier, intent, \
                     to_address, amount, asset, draft_network, draft_from, draft_body, digest, effects, verdict, \
                     denial_code, usd_micros, kill_generation, execute_after, approval_expires_at, \
                     request_digest, created_at, updated_at, replaces, \
                     gas_condition, http_domain, is_final, denial_digest, form) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
                     $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $24, $25, $26, $27, $28, $29, $30)";
        let query = sqlx::query(query)
            .bind(id.to_string())
            .bind(wallet.to_string())
            .bind(new.session.map(|id| id.to_string()))
            .bind(new.kind.as_str())
            .bind(network.to_string())
            .bind(new.status.as_str())
            .bind(new.tier.map(Tier::as_str))
            .bind(new.intent.into_text())
            .bind(new.to.map(|to| to.to_string()))
            .bind(new.amount.to_string())
            .bind(new.asset.to_string())
            .bind(draft_network)
            .bind(draft_from)
            .bind(draft_body)
            .bind(digest)
            .bind(new.effects.map(Stored::into_text))
            .bind(new.verdict.into_text())
            .bind(new.denial_code.map(DenialCode::as_str))
            .bind(new.usd.map(usd))
            .bind(unsigned(new.kill_generation, "kill_generation")?)
            .bind(new.execute_after)
            .bind(new.approval_expires_at)
            .bind(new.request_digest.to_string())
            .bind(audit.at)
            .bind(new.replaces.map(|id| id.to_string()))
            .bind(new.gas_condition.map(Stored::into_text))
            .bind(new.http_domain)
            .bind(i64::from(new.status == TxStatus::Denied))
            .bind(new.denial_digest.map(|digest| digest.to_string()))
            .bind(FORM);
        let done = query.execute(self.conn()).await;
        done.map_err(|error| StoreError::duplicate(error, Entity::Transaction))?;
        ledger::hold(self.conn(), id, wallet, &network, reservations, audit.at).await?;
        if let Some(action) = new.action {
            origins::hold(self.conn(), id, wallet, action, audit.at).await?;
        }
        self.record(audit).await?;
        Ok(())
    }
}
