//! Sends signed bytes for the first time, and again until a node accepts them.

use std::sync::Arc;

use waiaas_chains::{Chain as ChainPort, SignedTx, Submission};
use waiaas_store::{StoreError, TransactionRow};

use crate::Engine;
use crate::error::Error;
use crate::pipeline::s7_record;

/// The answer of the nodes to a broadcast.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sent {
    /// At least one node accepted the bytes.
    Accepted,
    /// Every node that answered refused them. They may still land, so stage 6 asks for the outcome.
    Refused,
    /// No node answered; the same bytes are sent again.
    Unanswered,
}

/// Sends signed bytes. A refusal by a node never ends the transaction; only a proved outcome does.
pub(crate) async fn send(
    engine: &Engine,
    row: &TransactionRow,
    chain: &Arc<dyn ChainPort>,
    signed: &SignedTx,
) -> Result<Sent, Error> {
    match chain.submit(signed).await {
        Ok(Submission::Accepted) => {
            s7_record::submitted(engine, row).await?;
            Ok(Sent::Accepted)
        }
        Ok(Submission::Rejected(reason)) => {
            let why = format!("A node refused the broadcast: {reason}. The bytes may still land.");
            s7_record::note(engine, row, Some((s7_record::BROADCAST_REFUSED, why))).await?;
            let (id, now) = (row.id, engine.now());
            let marked = engine
                .store()
                .write(move |tx| Box::pin(async move { tx.mark_broadcast_rejected(id, now).await }))
                .await;
            match marked {
                Ok(()) | Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
            Ok(Sent::Refused)
        }
        Err(error) => {
            tracing::debug!(tx = %row.id, %error, "broadcast not answered; the same bytes will be sent again");
            Ok(Sent::Unanswered)
        }
    }
}
