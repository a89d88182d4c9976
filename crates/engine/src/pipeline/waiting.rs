//! How much of one session may wait unsigned: for the end of a delay, an owner, a cheap network or a node. What
//! waits is kept and looked at again and again, whoever asked for it.

use waiaas_core::ids::SessionId;
use waiaas_store::WriteTx;

use crate::error::{Error, ErrorCode};

/// Most transactions of a session that wait.
const MOST: u64 = 500;
/// Most of them that wait for a cheap network, which nodes are asked about.
const MOST_FOR_GAS: u64 = 32;
/// Most bytes that are kept of all of them.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Refuses another transaction of a session that has as much waiting as may be. Asked in the transaction
/// that admits it.
///
/// # Errors
/// `TOO_MUCH_WAITING`, naming what there is too much of.
pub(crate) async fn refuse_more(tx: &mut WriteTx, session: SessionId, for_gas: bool) -> Result<(), Error> {
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
    Err(Error::new(ErrorCode::TooMuchWaiting, format!("Not admitted: {what}.")).hint(
        "Wait until some have ended, or cancel what is not needed (POST /v1/transactions/{id}/cancel).",
    ))
}
