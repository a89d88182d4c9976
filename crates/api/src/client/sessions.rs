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
    pub async fn create_session(&self, session: &CreateSession) -> Result<IssuedSession, ClientError> {
        self.send(Method::POST, "/v1/sessions", session, Credential::Master).await
    }

    /// Sessions, newest first.
    pub async fn sessions(&self, query: &PageQuery) -> Result<Listing<Session>, ClientError> {
        self.query("/v1/sessions", query, Credential::Master).await
    }

    /// Ends a session at once.
    pub async fn revoke_session(&self, id: SessionId) -> Result<SessionRevoked, ClientError> {
        self.call(Method::DELETE, &format!("/v1/sessions/{id}"), Credential::Master).await
    }

    /// Replaces this client's own token; the old one dies at once.
    pub async fn renew_session(&self, id: SessionId) -> Result<IssuedSession, ClientError> {
        self.call(Method::PUT, &format!("/v1/sessions/{id}/renew"), Credential::Session).await
    }

    /// Replaces a session's token; the old one dies at once.
    pub async fn rotate_session(&self, id: SessionId) -> Result<IssuedSession, ClientError> {
        self.call(Method::POST, &format!("/v1/sessions/{id}/rotate"), Credential::Master).await
    }

    /// The wallets a session is linked to.
    pub async fn session_wallets(&self, id: SessionId) -> Result<Vec<SessionWallet>, ClientError> {
        let all: SessionWallets = self.get(&format!("/v1/sessions/{id}/wallets"), Credential::Master).await?;
        Ok(all.wallets)
    }

    /// Links a wallet to a session.
    pub async fn link_wallet(&self, id: SessionId, wallet_id: WalletId) -> Result<WalletLink, ClientError> {
        let path = format!("/v1/sessions/{id}/wallets");
        self.send(Method::POST, &path, &LinkWallet { wallet_id }, Credential::Master).await
    }

    /// Sets the wallet that a session means to read where it names none.
    pub async fn set_default_wallet(
        &self,
        id: SessionId,
        wallet_id: WalletId,
    ) -> Result<WalletLink, ClientError> {
        let path = format!("/v1/sessions/{id}/default-wallet");
        self.send(Method::PUT, &path, &LinkWallet { wallet_id }, Credential::Master).await
    }

    /// Unlinks a wallet from a session.
    pub async fn unlink_wallet(&self, id: SessionId, wallet_id: WalletId) -> Result<(), ClientError> {
        self.call(Method::DELETE, &format!("/v1/sessions/{id}/wallets/{wallet_id}"), Credential::Master).await
    }

    /// Replaces the key that signs session tokens.
    pub async fn rotate_secret(&self) -> Result<SecretRotated, ClientError> {
        self.call(Method::POST, "/v1/admin/rotate-secret", Credential::Master).await
    }
}
