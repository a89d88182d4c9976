//! How much of one session may wait: unsigned for the end of a delay, an owner, a cheap network or a node, or signed
//! and handed out, to land or not. All of it is kept and looked at again and again, whoever asked for it.

use waiaas_core::ids::SessionId;
use waiaas_core::intent::Intent;
use waiaas_store::WriteTx;

use crate::error::{Error, ErrorCode, Remedy};
use crate::pipeline::validated::Validated;

/// Most transactions of a session that wait.
const MOST: u64 = 500;
/// Most of them that wait for a cheap network, which nodes are asked about.
const MOST_FOR_GAS: u64 = 32;
/// Most transactions that were handed out and may still land, which nodes are asked about.
const MOST_HANDED_OUT: u64 = 100;
/// Most bytes that are kept of all of them.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Refuses another transaction of a session that has as much waiting as may be. Asked in the transaction
/// that admits it.
///
/// # Errors
/// `TOO_MUCH_WAITING`, naming what there is too much of.
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
