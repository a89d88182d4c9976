//! Sending signed bytes for the first time, and again while no node has taken them.

use std::sync::Arc;

use waiaas_chains::{Chain as ChainPort, SignedTx, Submission};
use waiaas_core::ids::TxId;
use waiaas_store::StoreError;

use crate::Engine;
use crate::error::Error;
use crate::pipeline::s7_record;

/// What the nodes said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sent {
    /// One has the bytes.
    Accepted,
    /// All that answered refuse them; they may still land, so it is looked at next.
    Refused,
    /// None answered; the same bytes are sent again.
    Unanswered,
}

/// Sends signed bytes. Whatever the node says, they are signed: only proof ends the transaction.
pub(crate) async fn send(
    engine: &Engine,
    id: TxId,
    chain: &Arc<dyn ChainPort>,
    signed: &SignedTx,
) -> Result<Sent, Error> {
    match chain.submit(signed).await {
        Ok(Submission::Accepted) => {
            s7_record::submitted(engine, id).await?;
            Ok(Sent::Accepted)
        }
        Ok(Submission::Rejected(reason)) => {
            if let Some(row) = engine.store().transaction(id).await? {
                let why = format!("A node refused the broadcast: {reason}. The bytes may still land.");
                s7_record::note(engine, &row, Some((s7_record::BROADCAST_REFUSED, why))).await?;
            }
            let now = engine.now();
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
            tracing::debug!(tx = %id, %error, "broadcast not answered; the same bytes will be sent again");
            Ok(Sent::Unanswered)
        }
    }
}
