//! Stage 2: may this session use this wallet now?
//!
//! Authentication happened before the request body was read; this is authorisation. It runs inside
//! the transaction that admits the request, so a revocation or a brake that committed before it
//! always wins.

use waiaas_core::UnixSeconds;
use waiaas_core::ids::WalletId;
use waiaas_core::wallet::{KillSwitch, WalletStatus};
use waiaas_store::{WalletRow, WriteTx};

use crate::credentials::Session;
use crate::credentials::session::refuse_unless_live;
use crate::error::{Error, ErrorCode};

/// What was true when the request was admitted.
pub(crate) struct Admission {
    pub(crate) wallet: WalletRow,
    /// Must be the same again when the key signs.
    pub(crate) kill_generation: u64,
}

/// Checks the session, its link to the wallet, the wallet and the kill switch.
pub(crate) async fn run(
    tx: &mut WriteTx,
    session: &Session,
    wallet: WalletId,
    now: UnixSeconds,
) -> Result<Admission, Error> {
    let row = tx.session(session.id()).await?;
    let row = refuse_unless_live(row, session.token_hash(), now)?;
    if !row.wallets.contains(&wallet) {
        return Err(Error::new(ErrorCode::WalletAccessDenied, "The session is not linked to this wallet."));
    }
    let switch = tx.kill_switch().await?;
    if switch.state != KillSwitch::Active {
        return Err(locked());
    }
    let wallet = tx.wallet(wallet).await?.ok_or_else(|| Error::internal("a linked wallet is missing"))?;
    refuse_unless_active(wallet.status)?;
    Ok(Admission { wallet, kill_generation: switch.generation })
}

/// The answer while the kill switch is on.
pub(crate) fn locked() -> Error {
    Error::new(ErrorCode::SystemLocked, "The kill switch is on; nothing is signed.")
        .hint("Ask the operator. Until it is released, sessions open nothing, dry runs included; nothing is queued.")
}

/// The answer for a wallet that may not sign.
pub(crate) fn refuse_unless_active(status: WalletStatus) -> Result<(), Error> {
    match status {
        WalletStatus::Active => Ok(()),
        WalletStatus::Suspended => Err(Error::new(ErrorCode::WalletSuspended, "The wallet is suspended.")
            .hint("The operator can resume it.")),
        WalletStatus::Terminated => Err(Error::new(ErrorCode::WalletTerminated, "The wallet is terminated.")),
    }
}
