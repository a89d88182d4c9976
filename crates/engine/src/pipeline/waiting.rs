//! Limits on the waiting transactions of one session: unsigned ones that wait for a delay, an owner, a gas
//! condition or a node, and signed ones that were handed out and may land. Each costs storage and repeated
//! look-ups.

use waiaas_core::ids::SessionId;
use waiaas_core::intent::Intent;
use waiaas_store::WriteTx;

use crate::error::{Error, ErrorCode, Remedy};
use crate::pipeline::validated::Validated;

/// The most waiting transactions of a session.
const MOST: u64 = 500;
/// The most of them with a gas condition, since nodes are asked about it.
const MOST_FOR_GAS: u64 = 32;
/// The most handed-out transactions that may still land, since nodes are asked about them.
const MOST_HANDED_OUT: u64 = 100;
/// The most bytes stored for all of them.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Checks the limits inside the admission transaction.
///
/// # Errors
/// `TOO_MUCH_WAITING`, naming the exceeded limit.
pub(crate) async fn refuse_more(tx: &mut WriteTx, session: SessionId, new: &Validated) -> Result<(), Error> {
    let handed_out = matches!(new.intent, Intent::SignTransaction { .. });
    if handed_out && tx.handed_out(session).await? >= MOST_HANDED_OUT {
        let message = format!(
            "Not admitted: {MOST_HANDED_OUT} transactions that were signed for this session have not landed and still \
             may."
        );
        return Err(Error::new(ErrorCode::TooMuchWaiting, message).hint(
            "Send them, or wait until they have ended. The operator can end what is not going to be sent (`waiaas \
             tx close`).",
        ));
    }
    let for_gas = new.gas_condition.is_some();
    let waiting = tx.waiting(session).await?;
    let what = if waiting.rows >= MOST {
        format!("{MOST} transactions of this session wait already")
    } else if for_gas && waiting.for_gas >= MOST_FOR_GAS {
        format!("{MOST_FOR_GAS} transactions of this session wait with a gas condition already")
    } else if waiting.bytes >= MOST_BYTES {
        format!("the transactions of this session that wait take {MOST_BYTES} bytes already")
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorCode::TooMuchWaiting, format!("Not admitted: {what}."))
        .hint(Remedy::CancelTransactions))
}
