//! Wallets, their owners and balances.

use reqwest::Method;
use waiaas_core::ids::WalletId;

use super::changes::outcome;
use super::{ChangeResult, Client, ClientError, Credential, OwnerSignature};
use crate::balances::{AssetsAnswer, BalanceAnswer, HoldingsQuery};
use crate::owners::{Challenge, OwnerChange, OwnerVerified, SetOwner};
use crate::page::{All, WalletQuery};
use crate::wallets::{
    CreateWallet, CreatedWallet, ImportWallet, RenameWallet, SetDefaultNetwork, SuspendWallet, Wallet,
    WalletAddress, WalletNetworks, WalletStatusChange,
};

impl Client {
    /// Wallets: all of them for the operator, the linked ones for a session.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn wallets(&self) -> Result<Vec<Wallet>, ClientError> {
        let all: All<Wallet> = self.get("/v1/wallets", self.either()).await?;
        Ok(all.data)
    }

    /// Creates a wallet.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn create_wallet(&self, wallet: &CreateWallet) -> Result<CreatedWallet, ClientError> {
        self.send(Method::POST, "/v1/wallets", wallet, Credential::Master).await
    }

    /// Creates a wallet from an existing key.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn import_wallet(&self, wallet: &ImportWallet) -> Result<Wallet, ClientError> {
        self.send(Method::POST, "/v1/wallets/import", wallet, Credential::Master).await
    }

    /// One wallet.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn wallet(&self, id: WalletId) -> Result<Wallet, ClientError> {
        self.get(&format!("/v1/wallets/{id}"), self.either()).await
    }

    /// Renames a wallet.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn rename_wallet(&self, id: WalletId, name: &str) -> Result<Wallet, ClientError> {
        let body = RenameWallet { name: name.to_owned() };
        self.send(Method::PUT, &format!("/v1/wallets/{id}"), &body, Credential::Master).await
    }

    /// Sets a wallet's default network; `None` removes it.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn set_default_network(
        &self,
        id: WalletId,
        network: Option<&str>,
    ) -> Result<Wallet, ClientError> {
        let body = SetDefaultNetwork { network: network.map(str::to_owned) };
        self.send(Method::PUT, &format!("/v1/wallets/{id}/default-network"), &body, Credential::Master).await
    }

    /// Terminates a wallet. Only over the socket if its owner is LOCKED.
    ///
    /// # Errors
    ///
    /// `SOCKET_ONLY` over TCP if its owner is LOCKED.
    pub async fn terminate_wallet(&self, id: WalletId) -> Result<WalletStatusChange, ClientError> {
        self.call(Method::DELETE, &format!("/v1/wallets/{id}"), Credential::Master).await
    }

    /// Suspends a wallet.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn suspend_wallet(
        &self,
        id: WalletId,
        reason: Option<String>,
    ) -> Result<WalletStatusChange, ClientError> {
        let path = format!("/v1/wallets/{id}/suspend");
        self.send(Method::POST, &path, &SuspendWallet { reason }, Credential::Master).await
    }

    /// Resumes a wallet, or asks its owner to approve that.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn resume_wallet(&self, id: WalletId) -> Result<ChangeResult<WalletStatusChange>, ClientError> {
        outcome(self.request(Method::POST, &format!("/v1/wallets/{id}/resume"), Credential::Master)?).await
    }

    /// The networks that a wallet can use.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn wallet_networks(&self, id: WalletId) -> Result<WalletNetworks, ClientError> {
        self.get(&format!("/v1/wallets/{id}/networks"), self.either()).await
    }

    /// Names a wallet's owner; a LOCKED owner can be changed only with its own signature.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn set_owner(
        &self,
        id: WalletId,
        owner_address: &str,
        consent: Option<&OwnerSignature>,
    ) -> Result<OwnerChange, ClientError> {
        let body = SetOwner { owner_address: owner_address.to_owned() };
        let credential = Credential::MasterAndOwner(consent);
        self.send(Method::PUT, &format!("/v1/wallets/{id}/owner"), &body, credential).await
    }

    /// Removes a wallet's owner; a LOCKED owner only with its own signature.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn remove_owner(
        &self,
        id: WalletId,
        consent: Option<&OwnerSignature>,
    ) -> Result<OwnerChange, ClientError> {
        let credential = Credential::MasterAndOwner(consent);
        self.call(Method::DELETE, &format!("/v1/wallets/{id}/owner"), credential).await
    }

    /// Issues the text that an owner signs to prove the address.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn owner_challenge(&self, id: WalletId) -> Result<Challenge, ClientError> {
        self.call(Method::POST, &format!("/v1/wallets/{id}/owner/challenge"), Credential::Master).await
    }

    /// Proves the owner's address.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn verify_owner(
        &self,
        id: WalletId,
        proof: &OwnerSignature,
    ) -> Result<OwnerVerified, ClientError> {
        self.call(Method::POST, &format!("/v1/wallets/{id}/owner/verify"), Credential::Owner(proof)).await
    }

    /// The address of the session's wallet.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn address(&self, wallet_id: Option<WalletId>) -> Result<WalletAddress, ClientError> {
        self.query("/v1/wallet/address", &WalletQuery { wallet_id }, Credential::Session).await
    }

    /// The session's native balance.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn balance(&self, query: &HoldingsQuery) -> Result<BalanceAnswer, ClientError> {
        self.query("/v1/wallet/balance", query, Credential::Session).await
    }

    /// The assets of the session's wallet.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn assets(&self, query: &HoldingsQuery) -> Result<AssetsAnswer, ClientError> {
        self.query("/v1/wallet/assets", query, Credential::Session).await
    }
}
