//! Stage 2: authorisation of a session for a wallet.
//!
//! Authentication happens before the request body is read. This stage runs inside the admission transaction,
//! so that a revocation or kill switch that was committed earlier always takes effect.

use waiaas_core::UnixSeconds;
use waiaas_core::ids::WalletId;
use waiaas_core::wallet::KillSwitch;
use waiaas_store::WriteTx;

use crate::credentials::Session;
use crate::credentials::session::{locked, refuse_unless_live};
use crate::error::{Error, ErrorCode};
use crate::pipeline::case::Admission;
use crate::wallets::refuse_unless_active;

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
    if switch.state != KillSwitch::Running {
        return Err(locked());
    }
    let wallet = tx.wallet(wallet).await?.ok_or_else(|| Error::internal("a linked wallet is missing"))?;
    refuse_unless_active(wallet.status)?;
    Ok(Admission { wallet, kill_generation: switch.generation })
}
