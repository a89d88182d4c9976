//! Sessions.

use reqwest::Method;
use waiaas_core::ids::{SessionId, WalletId};

use super::{Client, ClientError, Credential};
use crate::admin::SecretRotated;
use crate::page::{Listing, PageQuery};
use crate::sessions::{
    CreateSession, IssuedSession, LinkWallet, Session, SessionRevoked, SessionWallet, SessionWallets,
    WalletLink,
};

impl Client {
    /// Creates a session.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn create_session(&self, session: &CreateSession) -> Result<IssuedSession, ClientError> {
        self.send(Method::POST, "/v1/sessions", session, Credential::Master).await
    }

    /// Sessions, newest first.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn sessions(&self, query: &PageQuery) -> Result<Listing<Session>, ClientError> {
        self.query("/v1/sessions", query, Credential::Master).await
    }

    /// Revokes a session at once.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn revoke_session(&self, id: SessionId) -> Result<SessionRevoked, ClientError> {
        self.call(Method::DELETE, &format!("/v1/sessions/{id}"), Credential::Master).await
    }

    /// Replaces this client's own token; the old one is void at once.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn renew_session(&self, id: SessionId) -> Result<IssuedSession, ClientError> {
        self.call(Method::PUT, &format!("/v1/sessions/{id}/renew"), Credential::Session).await
    }

    /// Replaces a session's token; the old one is void at once.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn rotate_session(&self, id: SessionId) -> Result<IssuedSession, ClientError> {
        self.call(Method::POST, &format!("/v1/sessions/{id}/rotate"), Credential::Master).await
    }

    /// The wallets that are linked to a session.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn session_wallets(&self, id: SessionId) -> Result<Vec<SessionWallet>, ClientError> {
        let all: SessionWallets = self.get(&format!("/v1/sessions/{id}/wallets"), Credential::Master).await?;
        Ok(all.wallets)
    }

    /// Links a wallet to a session.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn link_wallet(&self, id: SessionId, wallet_id: WalletId) -> Result<WalletLink, ClientError> {
        let path = format!("/v1/sessions/{id}/wallets");
        self.send(Method::POST, &path, &LinkWallet { wallet_id }, Credential::Master).await
    }

    /// Sets a session's default wallet.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn set_default_wallet(
        &self,
        id: SessionId,
        wallet_id: WalletId,
    ) -> Result<WalletLink, ClientError> {
        let path = format!("/v1/sessions/{id}/default-wallet");
        self.send(Method::PUT, &path, &LinkWallet { wallet_id }, Credential::Master).await
    }

    /// Unlinks a wallet from a session.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn unlink_wallet(&self, id: SessionId, wallet_id: WalletId) -> Result<(), ClientError> {
        self.call(Method::DELETE, &format!("/v1/sessions/{id}/wallets/{wallet_id}"), Credential::Master).await
    }

    /// Replaces the key that signs session tokens.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn rotate_secret(&self) -> Result<SecretRotated, ClientError> {
        self.call(Method::POST, "/v1/admin/rotate-secret", Credential::Master).await
    }
}
