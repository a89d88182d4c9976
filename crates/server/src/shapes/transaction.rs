//! Transactions and the questions to their owners.

use serde_json::json;
use waiaas_api::requests::{GasCondition, UnitPrice};
use waiaas_api::transactions::{Approval, Closed, DraftBytes, Explanation, HeldAmount, NotKept, Transaction};
use waiaas_core::draft::Draft;
use waiaas_core::gas::GasTarget;
use waiaas_core::policy::Verdict;
use waiaas_core::transaction::TxStatus;
use waiaas_engine as engine;

use super::challenge;
use super::dry_run::{denied, granted, warning};
use crate::problem::Failure;

pub(crate) fn transaction(tx: engine::TxView) -> Transaction {
    let (effects, reasons) = (json!(tx.effects), json!(tx.reasons));
    let (signed_transaction, signature) = match tx.signed {
        Some(engine::SignedOutput::Transaction(text)) => (Some(text), None),
        Some(engine::SignedOutput::Signature(text)) => (None, Some(text)),
        None => (None, None),
    };
    Transaction {
        id: tx.id,
        wallet_id: tx.wallet,
        session_id: tx.session,
        replaces: tx.replaces,
        kind: tx.kind,
        status: tx.status,
        tier: tx.tier,
        chain: tx.network.chain,
        network: tx.network.id.to_string(),
        chain_id: tx.network.caip2.to_string(),
        to_address: tx.to.map(|to| to.to_string()),
        amount: tx.money.amount.to_string(),
        amount_formatted: tx.money.formatted(),
        amount_decimals: tx.money.decimals,
        amount_symbol: tx.money.symbol,
        amount_usd: tx.usd,
        asset_id: tx.money.asset.to_string(),
        tx_hash: tx.tx_hash,
        signed_transaction,
        signature,
        gas_condition: tx.gas_condition.map(gas_condition),
        is_final: tx.is_final,
        pending_code: tx.pending.as_ref().map(|(code, _)| code.clone()),
        pending_reason: tx.pending.map(|(_, reason)| reason),
        fee: tx.fee.map(|fee| fee.to_string()),
        error_code: tx.error_code,
        error: tx.error,
        execute_after: tx.execute_after,
        approval_expires_at: tx.approval_expires_at,
        effects,
        reasons,
        warnings: tx.warnings.into_iter().map(warning).collect(),
        digest: tx.digest.map(|digest| digest.to_string()),
        denials: (tx.status == TxStatus::Denied).then_some(tx.denials),
        created_at: tx.created_at,
        updated_at: tx.updated_at,
        executed_at: tx.executed_at,
    }
}

fn gas_condition(target: GasTarget) -> GasCondition {
    GasCondition {
        max_gas_price: target.max_gas_price.map(UnitPrice),
        max_priority_fee: target.max_priority_fee.map(UnitPrice),
        timeout: target.timeout_seconds,
    }
}

fn draft(draft: Draft) -> DraftBytes {
    DraftBytes {
        network: draft.network.to_string(),
        from: draft.from.to_string(),
        body: format!("0x{}", hex::encode(&draft.body)),
        digest: draft.digest().to_string(),
    }
}

pub(crate) fn explanation(view: engine::Explanation) -> Result<Explanation, Failure> {
    let verdict = match view.verdict {
        Verdict::Granted(grant) => granted(grant).0,
        Verdict::Denied(denials) => denied(denials),
    };
    Ok(Explanation {
        transaction: transaction(view.tx),
        effects: serde_json::to_value(&view.effects).map_err(Failure::internal)?,
        policies: view.policies,
        policies_digest: view.policies_digest.to_string(),
        facts: view.facts,
        verdict,
        reproduced: view.reproduced,
        not_kept: view.not_kept.into_iter().map(not_kept).collect(),
    })
}

fn not_kept(part: engine::NotKeptView) -> NotKept {
    let bytes = u64::try_from(part.bytes).unwrap_or(u64::MAX);
    NotKept { what: part.what.as_str().to_owned(), bytes, digest: part.digest.to_string() }
}

pub(crate) fn approval(view: engine::ApprovalView) -> Approval {
    Approval {
        transaction: transaction(view.tx),
        presentation: view.presentation,
        draft: view.draft.map(draft),
        approve: challenge(view.approve),
        reject: challenge(view.reject),
    }
}

pub(crate) fn closed(closing: engine::Closing) -> Closed {
    let held = closing.held.into_iter().map(|held| HeldAmount {
        asset_id: held.asset.to_string(),
        amount: held.amount.to_string(),
        amount_usd: held.usd,
        is_fee: held.is_fee,
    });
    Closed {
        transaction: transaction(closing.tx),
        closed: closing.closed,
        gives_free: closing.gives_free,
        held: held.collect(),
        consequences: closing.consequences.to_owned(),
    }
}
