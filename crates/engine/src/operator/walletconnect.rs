//! The owners' wallet apps: pair, look, end.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;
use waiaas_channels::walletconnect::LinkError;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::WalletId;
use waiaas_core::walletconnect::SessionEnd;
use waiaas_store::{AuditEntry, Entity, StoreError};

use crate::error::{Error, ErrorCode, Remedy};
use crate::operator::Operator;
use crate::operator::owners::{no_owner, unproved};
use crate::views::{Pairing, PairingState, WalletConnectRow};
use crate::wallet_apps::{Order, WalletApps};
use crate::wallets::refuse_unless_active;

/// Time for the relay to take a proposal.
const OFFER: Duration = Duration::from_secs(25);

impl Operator<'_> {
    /// Opens a pairing with the wallet app of a wallet's owner. Once the app has answered, it receives what waits for
    /// the owner; an owner that is not yet LOCKED is asked for the proof first.
    ///
    /// # Errors
    /// `WC_NOT_CONFIGURED`, `WALLET_NOT_FOUND`, `OWNER_NOT_SET`, `WALLET_TERMINATED`, `WC_SESSION_EXISTS`,
    /// `CHANNEL_UNAVAILABLE`.
    pub async fn pair_wallet_app(&self, id: WalletId) -> Result<Pairing, Error> {
        let apps = self.wallet_apps()?;
        let wallet = self.engine.wallet_by_id(id).await?;
        refuse_unless_active(wallet.status)?;
        let owner = unproved(&wallet).or(wallet.owner.address()).ok_or_else(no_owner)?;
        if self.engine.store().walletconnect_session(id).await?.is_some() {
            return Err(Error::new(
                ErrorCode::WcSessionExists,
                "The wallet has a session with a wallet app.",
            )
            .hint(Remedy::EndWalletApp));
        }
        let proof = match unproved(&wallet) {
            Some(_) => Some(self.owner_challenge(id).await?.nonce),
            None => None,
        };
        let (reply, answer) = oneshot::channel();
        let order = Order::Pair { wallet: id, owner, proof, reply };
        let answer = if apps.order(order) { timeout(OFFER, answer).await.ok() } else { None };
        answer.and_then(Result::ok).unwrap_or_else(|| Err(busy()))
    }

    /// The state of a wallet's last pairing since the daemon's start, and its session.
    ///
    /// # Errors
    /// `WC_NOT_CONFIGURED`, `WALLET_NOT_FOUND`.
    pub async fn wallet_app_pairing(
        &self,
        id: WalletId,
    ) -> Result<(PairingState, Option<WalletConnectRow>), Error> {
        let apps = self.wallet_apps()?;
        self.engine.wallet_by_id(id).await?;
        let session = self.engine.store().walletconnect_session(id).await?;
        let state = match (&session, apps.pairing(id, self.engine.now())) {
            (Some(_), _) => PairingState::Connected,
            (None, PairingState::Connected) => PairingState::None,
            (None, state) => state,
        };
        Ok((state, session))
    }

    /// A wallet's session with its owner's wallet app.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`, `WC_SESSION_NOT_FOUND`.
    pub async fn wallet_app(&self, id: WalletId) -> Result<WalletConnectRow, Error> {
        self.engine.wallet_by_id(id).await?;
        self.engine.store().walletconnect_session(id).await?.ok_or_else(no_session)
    }

    /// Ends a wallet's session at once. The app is told when the relay can be reached.
    ///
    /// # Errors
    /// As [`Self::wallet_app`].
    pub async fn end_wallet_app(&self, id: WalletId) -> Result<(), Error> {
        let row = self.wallet_app(id).await?;
        let event = AuditEvent::WalletConnectEnded { owner: row.owner, because: SessionEnd::Operator };
        let audit = AuditEntry::new(event, Actor::Master, self.engine.now()).wallet(id);
        let topic = row.topic.clone();
        let ended = self
            .engine
            .store()
            .write(move |tx| Box::pin(async move { tx.remove_walletconnect_session(&topic, audit).await }))
            .await;
        match ended {
            Ok(()) => {}
            Err(StoreError::NotFound(Entity::WalletConnect)) => return Err(no_session()),
            Err(error) => return Err(error.into()),
        }
        let key = crate::walletconnect::key(self.engine, &row)?;
        if self.wallet_apps().is_ok_and(|apps| !apps.order(Order::Farewell(key))) {
            tracing::warn!(wallet = %id, "a wallet app was not told that its session has ended");
        }
        Ok(())
    }

    fn wallet_apps(&self) -> Result<&WalletApps, Error> {
        let apps = self.engine.wallet_apps();
        match apps.relay() {
            Some(_) => Ok(apps),
            None => Err(Error::new(ErrorCode::WcNotConfigured, "No WalletConnect relay is configured.")
                .hint("Set walletconnect.project_id in config.toml and restart the daemon.")),
        }
    }
}

fn no_session() -> Error {
    Error::new(ErrorCode::WcSessionNotFound, "The wallet has no session with a wallet app.")
        .hint(Remedy::PairWalletApp)
}

fn busy() -> Error {
    LinkError::Timeout.into()
}
