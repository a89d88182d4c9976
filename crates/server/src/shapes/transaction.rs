//! Transactions and what their owner is asked.

use waiaas_api::transactions::{Approval, Transaction};
use waiaas_engine as engine;

use super::challenge;

pub(crate) fn transaction(tx: engine::TxView) -> Transaction {
    Transaction {
        id: tx.id,
        wallet_id: tx.wallet,
        session_id: tx.session,
        kind: tx.kind,
        status: tx.status,
        tier: tx.tier,
        chain: tx.network.chain,
        network: tx.network.id.to_string(),
        chain_id: tx.network.caip2.to_string(),
        to_address: tx.to.to_string(),
        amount: tx.money.amount.to_string(),
        amount_formatted: tx.money.formatted(),
        amount_decimals: tx.money.decimals,
        amount_symbol: tx.money.symbol,
        amount_usd: tx.usd,
        asset_id: tx.money.asset.to_string(),
        tx_hash: tx.tx_hash,
        fee: tx.fee.map(|fee| fee.to_string()),
        error_code: tx.error_code,
        error: tx.error,
        execute_after: tx.execute_after,
        approval_expires_at: tx.approval_expires_at,
        effects: tx.effects,
        reasons: tx.reasons,
        digest: tx.digest.map(|digest| digest.to_string()),
        created_at: tx.created_at,
        updated_at: tx.updated_at,
        executed_at: tx.executed_at,
    }
}

pub(crate) fn approval(view: engine::ApprovalView) -> Approval {
    Approval {
        transaction: transaction(view.tx),
        approve: challenge(view.approve),
        reject: challenge(view.reject),
    }
}
