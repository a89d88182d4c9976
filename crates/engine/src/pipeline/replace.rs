//! Replacements: a new transaction with the nonce of a signed one that does not confirm.
//!
//! Belongs here: which transactions can be replaced, and the counterpart of stage 1. From admission on, a
//! replacement is a request like any other. It does not end the old transaction: when one of the two lands,
//! stage 6 proves the other dropped, and until then both reservations count.

use waiaas_core::U256;
use waiaas_core::digest::Digest;
use waiaas_core::intent::Intent;
use waiaas_core::origin::Origin;
use waiaas_core::transaction::Replacement;
use waiaas_store::TransactionRow;

use crate::Engine;
use crate::credentials::Session;
use crate::error::Error;
use crate::pipeline::transactions::not_found;
use crate::pipeline::validated::Validated;
use crate::pipeline::{fees, replaced};
use crate::views::{Money, ReplaceRequest};

/// Digest of the request.
pub(super) fn digest(request: &ReplaceRequest) -> Digest {
    match &request.idempotency {
        Some(key) => key.body,
        None => {
            let id = request.id.to_string();
            Digest::of("waiaas.replace.v1", &[id.as_bytes(), request.with.as_str().as_bytes()])
        }
    }
}

/// Builds and decodes the replacement.
pub(super) async fn validate(
    engine: &Engine,
    session: &Session,
    request: &ReplaceRequest,
) -> Result<Validated, Error> {
    let old = engine.transaction_of(session, request.id).await?;
    let wallet = engine.session_wallet(session, Some(old.wallet)).await?;
    let row = engine.store().transaction(request.id).await?.ok_or_else(not_found)?;
    let signed = replaced::in_flight(&row)?;
    if let Some(open) = engine.store().open_replacement(request.id).await? {
        return Err(replaced::contested(&open));
    }
    let chain = engine.chain(&row.network)?;
    let judged = row.draft.as_ref().ok_or_else(|| Error::internal("a signed transaction has no draft"))?;
    let draft = chain.replacement(judged, &signed.bytes, request.with).await?;
    let network = old.network;
    let effects = chain.codec().effects(&draft)?;
    let (draft, fee) = fees::judge(engine, &*chain, draft, &effects).await?;
    let (effects, content) = chain.codec().read(&draft)?;
    let (intent, money, origin) = match request.with {
        Replacement::HigherFee => (row.intent.read()?, old.money, origin(&row)?),
        Replacement::Cancellation => {
            let nothing = Money {
                asset: network.native(),
                amount: U256::ZERO,
                decimals: network.native_decimals,
                symbol: network.native_symbol.to_string(),
            };
            (Intent::Cancellation { to: wallet.address }, nothing, Origin::default())
        }
    };
    Ok(Validated {
        wallet,
        network,
        chain,
        intent,
        money,
        base_units: Vec::new(),
        draft,
        effects,
        fee,
        content,
        origin,
        replaces: Some(request.id),
        gas_condition: None,
    })
}

/// The origin of the old request, as it was judged.
fn origin(row: &TransactionRow) -> Result<Origin, Error> {
    let facts = row.verdict.read()?.facts;
    Ok(Origin { purpose: facts.purpose, action: facts.action })
}
