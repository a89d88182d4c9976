//! Replacing: another transaction in the place of a signed one that does not land.
//!
//! Belongs here: which transactions can be replaced, and what stage 1 is for a send. From the judgement
//! on, a replacement is a request like any other. It never ends the old one: whichever of the two lands,
//! stage 6 proves the other dead, and until then both hold what they may take.

use serde_json::json;
use waiaas_core::U256;
use waiaas_core::digest::Digest;
use waiaas_core::ids::TxId;
use waiaas_core::intent::Intent;
use waiaas_core::origin::Origin;
use waiaas_core::transaction::{Replacement, TxStatus};
use waiaas_store::{SignedRow, TransactionRow, TxExpiry, WriteTx};

use crate::Engine;
use crate::credentials::Session;
use crate::error::{Error, ErrorCode};
use crate::pipeline::fees;
use crate::pipeline::s1_validate::Validated;
use crate::pipeline::s3_policy::StoredVerdict;
use crate::pipeline::transactions::not_found;
use crate::views::{Money, ReplaceRequest, TxView, WaitFor};

impl Engine {
    /// Asks for a transaction in the place of a signed one of the session's wallets: the same at a
    /// higher fee, or an empty one. It is judged as any request, and answers as [`Engine::send`]. At
    /// most one of the two lands.
    pub async fn replace(
        &self,
        session: &Session,
        request: ReplaceRequest,
        wait: WaitFor,
    ) -> Result<TxView, Error> {
        if let Some(id) = self.answered_before(session, request.idempotency.as_ref()).await? {
            return self.answer(session, id, wait).await;
        }
        let digest = digest(&request);
        let validated = validate(self, session, &request).await?;
        self.carry_out(session, validated, request.idempotency, digest, wait).await
    }
}

fn digest(request: &ReplaceRequest) -> Digest {
    match &request.idempotency {
        Some(key) => key.body,
        None => {
            let id = request.id.to_string();
            Digest::of("waiaas.replace.v1", &[id.as_bytes(), request.with.as_str().as_bytes()])
        }
    }
}

/// Builds what is to take the place, and decodes it.
async fn validate(engine: &Engine, session: &Session, request: &ReplaceRequest) -> Result<Validated, Error> {
    let old = engine.transaction(session, request.id).await?;
    let wallet = engine.session_wallet(session, Some(old.wallet)).await?;
    let row = engine.store().transaction(request.id).await?.ok_or_else(not_found)?;
    let signed = in_flight(&row)?;
    if let Some(open) = engine.store().open_replacement(request.id).await? {
        return Err(contested(&open));
    }
    let chain = engine.chain(&row.network)?;
    let judged = row.draft.as_ref().ok_or_else(|| Error::internal("a signed transaction has no draft"))?;
    let draft = chain.replacement(judged, &signed.bytes, request.with).await?;
    let network = old.network;
    let effects = chain.effects(&draft)?;
    let (draft, fee) = fees::judge(engine, &*chain, draft, &effects).await?;
    let (effects, content) = waiaas_chains::read(&network, &draft)?;
    let (intent, money, origin) = match request.with {
        Replacement::HigherFee => {
            (serde_json::from_str(&row.intent).map_err(Error::internal)?, old.money, origin(&row)?)
        }
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

/// Where the old request came from, as it was judged.
fn origin(row: &TransactionRow) -> Result<Origin, Error> {
    let StoredVerdict { facts, .. } = serde_json::from_str(&row.verdict).map_err(Error::internal)?;
    Ok(Origin { purpose: facts.purpose, action: facts.action })
}

/// What was signed, if it is not at its end.
fn in_flight(row: &TransactionRow) -> Result<&SignedRow, Error> {
    match (row.status, &row.signed) {
        (TxStatus::Broadcasting | TxStatus::Submitted, Some(signed)) => Ok(signed),
        (TxStatus::Broadcasting | TxStatus::Submitted, None) => {
            Err(Error::internal("a broadcast transaction has no bytes"))
        }
        (
            TxStatus::Denied
            | TxStatus::Queued
            | TxStatus::PendingApproval
            | TxStatus::Executing
            | TxStatus::Signed
            | TxStatus::Confirmed
            | TxStatus::Failed
            | TxStatus::Cancelled
            | TxStatus::Expired,
            _,
        ) => {
            let message =
                format!("The transaction {} is {}; there is nothing to replace.", row.id, row.status);
            Err(Error::new(ErrorCode::TxAlreadyProcessed, message)
                .hint("Only what is signed and has not ended is replaced. Cancel what still waits."))
        }
    }
}

fn contested(by: &TransactionRow) -> Error {
    let message = format!("The transaction {} is to take its place already.", by.id);
    let hint = match by.status.is_signed() {
        true => "Replace that one.",
        false => "Wait until that one is signed or has ended; one that still waits can be cancelled.",
    };
    Error::new(ErrorCode::TxAlreadyProcessed, message).hint(hint).details(json!({ "transactionId": by.id }))
}

/// The bytes whose place is to be taken; the inner error says why it is not free for that any more.
pub(crate) async fn bytes(engine: &Engine, old: TxId) -> Result<Result<Vec<u8>, Error>, Error> {
    let row = engine.store().transaction(old).await?.ok_or_else(not_found)?;
    Ok(in_flight(&row).map(|signed| signed.bytes.clone()))
}

/// The place of `old`, if one more transaction, or `by`, can take it now. Asked in the transaction that
/// admits and in the one that signs; the inner error says why not.
pub(crate) async fn place(
    tx: &mut WriteTx,
    old: TxId,
    by: Option<TxId>,
) -> Result<Result<TxExpiry, Error>, Error> {
    let row = tx.transaction(old).await?.ok_or_else(not_found)?;
    let expiry = match in_flight(&row) {
        Ok(signed) => signed.expiry,
        Err(ended) => return Ok(Err(ended)),
    };
    if let Some(open) = tx.open_replacement(old).await?
        && Some(open.id) != by
    {
        return Ok(Err(contested(&open)));
    }
    if let Some(other) = other_heir(tx, &row, expiry).await? {
        let message =
            format!("The transaction {other} was signed for its nonce after a node had refused it.");
        return Ok(Err(Error::new(ErrorCode::TxAlreadyProcessed, message)
            .hint("One of the two will land. What then has failed can be asked for anew.")));
    }
    Ok(Ok(expiry))
}

/// A transaction that shares the nonce of `row` without being one that `row` is to replace: the nonce
/// of bytes that a node refused is used again. To outbid it would take another payment's place.
async fn other_heir(tx: &mut WriteTx, row: &TransactionRow, expiry: TxExpiry) -> Result<Option<TxId>, Error> {
    let TxExpiry::Nonce(nonce) = expiry else { return Ok(None) };
    let mut others = tx.with_nonce(row.wallet, &row.network, nonce).await?;
    let mut ancestor = Some(row.id);
    while let Some(id) = ancestor {
        others.retain(|other| *other != id);
        ancestor = tx.transaction(id).await?.and_then(|row| row.replaces);
    }
    Ok(others.into_iter().next())
}
