//! Explaining: the inputs of a decision as they were kept, and the same decision made from them again.

use serde_json::Value;
use waiaas_core::effect::Effects;
use waiaas_core::ids::TxId;
use waiaas_core::policy::{Verdict, evaluate};
use waiaas_core::transaction::TxStatus;
use waiaas_store::TransactionRow;

use crate::Engine;
use crate::credentials::{Master, Session};
use crate::error::Error;
use crate::pipeline::s3_policy::StoredVerdict;
use crate::pipeline::transactions::not_found;
use crate::policies::InForce;
use crate::views::Explanation;

impl Engine {
    /// Why a transaction of the session's wallets was decided as it was.
    pub async fn explain(&self, session: &Session, id: TxId) -> Result<Explanation, Error> {
        let row = self.store().transaction(id).await?.ok_or_else(not_found)?;
        if !session.wallets().contains(&row.wallet) {
            return Err(not_found());
        }
        self.explained(row).await
    }

    /// Why any transaction was decided as it was.
    pub async fn admin_explain(&self, _: &Master, id: TxId) -> Result<Explanation, Error> {
        let row = self.store().transaction(id).await?.ok_or_else(not_found)?;
        self.explained(row).await
    }

    async fn explained(&self, row: TransactionRow) -> Result<Explanation, Error> {
        let stored: StoredVerdict = serde_json::from_str(&row.verdict).map_err(Error::internal)?;
        let effects = row.effects.as_deref().ok_or_else(|| Error::internal("judged without effects"))?;
        let effects: Effects = serde_json::from_str(effects).map_err(Error::internal)?;
        let text = self.store().policy_set(stored.policies).await?;
        let text = text.ok_or_else(|| Error::internal("a decision without its policies"))?;
        let set = InForce::read(&text, self.networks(), row.wallet, &row.network)?;
        let verdict = evaluate(&set, &effects, &stored.facts);
        let rules: Value = serde_json::from_str(&text).map_err(Error::internal)?;
        Ok(Explanation {
            reproduced: agrees(&row, &stored, &verdict),
            policies: rules,
            policies_digest: stored.policies,
            facts: serde_json::to_value(&stored.facts).map_err(Error::internal)?,
            effects,
            verdict,
            tx: self.read(row)?,
        })
    }
}

/// Whether making the decision again gives what was decided then, to the last word.
fn agrees(row: &TransactionRow, stored: &StoredVerdict, again: &Verdict) -> bool {
    match again {
        Verdict::Denied(denials) => row.status == TxStatus::Denied && *denials == stored.denials,
        Verdict::Granted(grant) => {
            row.status != TxStatus::Denied
                && row.tier == Some(grant.tier)
                && row.usd == grant.usd
                && stored.reasons == grant.reasons
                && stored.warning == grant.warning
        }
    }
}
