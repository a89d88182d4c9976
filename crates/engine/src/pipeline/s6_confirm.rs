//! Stage 6: asks the chain for the outcome of signed bytes until it is final, and sends them again while no node
//! knows them.

use waiaas_chains::{ChainError, Expiry, Known, Outcome, SignedTx, Undecided};
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_store::TransactionRow;

use crate::Engine;
use crate::error::{Error, sentence};
use crate::meters::Stage;
use crate::pipeline::broadcast::{self, Sent};
use crate::pipeline::s7_record;

/// Asks once for the outcome of one signed transaction. Without an answer nothing changes.
pub(crate) async fn step(engine: &Engine, id: TxId) -> Result<(), Error> {
    let Some(row) = engine.store().transaction(id).await? else { return Ok(()) };
    let Some(signed) = signed(&row).filter(|_| is_open(&row)) else { return Ok(()) };
    match signed.expiry {
        Expiry::Nonce(_) | Expiry::BlockHeight(_) => {}
        Expiry::Time(end) if engine.now() <= end => return Ok(()),
        // A signature without a deadline counts as spent when it is handed out; older rows are moved here.
        Expiry::Time(_) | Expiry::Never => return s7_record::lapsed(engine, &row).await,
    }
    let chain = engine.chain(&row.network)?;
    let from = row.draft.as_ref().map(|d| d.from).ok_or_else(|| Error::internal("signed without a draft"))?;
    let (store, network) = (engine.store(), &row.network);
    let (rivals, earlier) = match signed.expiry {
        Expiry::Nonce(nonce) => (
            store.rivals(id, row.wallet, network, nonce).await?,
            store.landed_before(row.wallet, network, nonce).await?,
        ),
        Expiry::BlockHeight(_) | Expiry::Time(_) | Expiry::Never => (Vec::new(), None),
    };
    let earlier = earlier.as_ref().map(|(hash, block)| (hash.as_str(), *block));
    let block = row.block.filter(|_| row.status == TxStatus::Confirmed);
    let known = Known { rivals: &rivals, block, earlier };
    match engine.timed(Stage::Confirm, chain.outcome(from, &signed, known)).await {
        Ok(outcome) => settle(engine, &row, outcome).await,
        // An outage is reported once for the node, not for each transaction.
        Err(ChainError::Unreachable { .. }) => Ok(()),
        Err(error) => s7_record::note(engine, &row, Some((NODE_UNUSABLE, sentence(&error)))).await,
    }
}

/// The code for a transaction that is no longer confirmed, because its block is not on the chain any more.
const FELL_OUT: &str = "FELL_OUT";

/// The code for an unusable answer of a node.
const NODE_UNUSABLE: &str = "NODE_UNUSABLE";

/// Whether the outcome can still change.
const fn is_open(row: &TransactionRow) -> bool {
    match row.status {
        TxStatus::Broadcasting | TxStatus::Submitted | TxStatus::Signed => true,
        TxStatus::Confirmed => !row.is_final,
        TxStatus::Denied
        | TxStatus::Queued
        | TxStatus::PendingApproval
        | TxStatus::Executing
        | TxStatus::Failed
        | TxStatus::Cancelled
        | TxStatus::Expired => false,
    }
}

/// Records the outcome that the nodes prove.
async fn settle(engine: &Engine, row: &TransactionRow, outcome: Outcome) -> Result<(), Error> {
    let seen_before = row.status == TxStatus::Confirmed;
    match outcome {
        Outcome::Confirmed { fee, block, is_final: true } if seen_before => {
            s7_record::finalised(engine, row, fee, block).await
        }
        Outcome::Confirmed { is_final: false, .. } if seen_before => s7_record::note(engine, row, None).await,
        Outcome::Confirmed { fee, block, is_final } => {
            s7_record::confirmed(engine, row, fee, block, is_final).await
        }
        Outcome::Reverted { fee, block, reason } => {
            s7_record::reverted(engine, row, fee, block, &reason).await
        }
        Outcome::Dropped => s7_record::dead(engine, row).await,
        Outcome::FellOut if seen_before => s7_record::taken_back(engine, row, FELL_OUT).await,
        Outcome::Pending | Outcome::FellOut => s7_record::note(engine, row, None).await,
        Outcome::Undecided(why) if seen_before && takes_back(why) => {
            s7_record::taken_back(engine, row, why.code()).await?;
            let Some(row) = engine.store().transaction(row.id).await? else { return Ok(()) };
            s7_record::note(engine, &row, Some((why.code(), why.to_string()))).await
        }
        Outcome::Undecided(why) => s7_record::note(engine, row, Some((why.code(), why.to_string()))).await,
    }
}

/// Whether this answer withdraws an outcome seen on chain. A node that is silent or has discarded the
/// transaction withdraws nothing.
const fn takes_back(why: Undecided) -> bool {
    match why {
        Undecided::Contradiction | Undecided::RevertUnproved => true,
        Undecided::SuccessUnproved | Undecided::DeathUnproved => false,
    }
}

/// Sends the same bytes again, unless their outcome is final or a replacement is out. The same bytes can land
/// only once.
pub(crate) async fn rebroadcast(engine: &Engine, row: &TransactionRow) -> Result<(), Error> {
    let Some(signed) = signed(row) else { return Ok(()) };
    if superseded(engine, row).await? {
        return Ok(());
    }
    let chain = engine.chain(&row.network)?;
    match row.status {
        TxStatus::Broadcasting => match broadcast::send(engine, row, &chain, &signed).await? {
            Sent::Refused => step(engine, row.id).await,
            Sent::Accepted | Sent::Unanswered => Ok(()),
        },
        TxStatus::Submitted => {
            if let Err(error) = chain.submit(&signed).await {
                tracing::debug!(tx = %row.id, %error, "rebroadcast not answered");
            }
            Ok(())
        }
        TxStatus::Denied
        | TxStatus::Queued
        | TxStatus::PendingApproval
        | TxStatus::Executing
        // The caller broadcasts transactions that it asked to be signed only.
        | TxStatus::Signed
        | TxStatus::Confirmed
        | TxStatus::Failed
        | TxStatus::Cancelled
        | TxStatus::Expired => Ok(()),
    }
}

/// Whether a replacement that no node has refused was broadcast: sending the old bytes again could defeat it.
async fn superseded(engine: &Engine, row: &TransactionRow) -> Result<bool, Error> {
    let new = engine.store().open_replacement(row.id).await?;
    Ok(new.is_some_and(|new| new.status.is_signed() && !new.broadcast_rejected))
}

fn signed(row: &TransactionRow) -> Option<SignedTx> {
    let kept = row.signed.as_ref()?;
    Some(SignedTx {
        bytes: kept.bytes.clone(),
        hash: kept.hash.clone().unwrap_or_default(),
        expiry: kept.expiry,
    })
}
