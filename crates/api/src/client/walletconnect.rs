//! Owners' wallet apps over WalletConnect.

use reqwest::Method;
use waiaas_core::ids::WalletId;

use super::{Client, ClientError, Credential};
use crate::walletconnect::{WalletConnectPairing, WalletConnectSession, WalletConnectStatus};

impl Client {
    /// Opens a pairing with the wallet app of a wallet's owner.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn pair_wallet_app(&self, wallet: WalletId) -> Result<WalletConnectPairing, ClientError> {
        self.call(Method::POST, &format!("/v1/wallets/{wallet}/wc/pair"), Credential::Master).await
    }

    /// The state of a wallet's last pairing, and its session.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn wallet_app_pairing(&self, wallet: WalletId) -> Result<WalletConnectStatus, ClientError> {
        self.get(&format!("/v1/wallets/{wallet}/wc/pair/status"), Credential::Master).await
    }

    /// A wallet's session with its owner's wallet app.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn wallet_app(&self, wallet: WalletId) -> Result<WalletConnectSession, ClientError> {
        self.get(&format!("/v1/wallets/{wallet}/wc/session"), Credential::Master).await
    }

    /// Ends a wallet's session with its owner's wallet app.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn end_wallet_app(&self, wallet: WalletId) -> Result<(), ClientError> {
        self.call(Method::DELETE, &format!("/v1/wallets/{wallet}/wc/session"), Credential::Master).await
    }
}
