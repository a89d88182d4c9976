//! Wallets, their owners and what they hold.

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
    pub async fn wallets(&self) -> Result<Vec<Wallet>, ClientError> {
        let all: All<Wallet> = self.get("/v1/wallets", self.either()).await?;
        Ok(all.data)
    }

    /// Makes a wallet.
    pub async fn create_wallet(&self, wallet: &CreateWallet) -> Result<CreatedWallet, ClientError> {
        self.send(Method::POST, "/v1/wallets", wallet, Credential::Master).await
    }

    /// Makes a wallet from an existing key.
    pub async fn import_wallet(&self, wallet: &ImportWallet) -> Result<Wallet, ClientError> {
        self.send(Method::POST, "/v1/wallets/import", wallet, Credential::Master).await
    }

    /// One wallet.
    pub async fn wallet(&self, id: WalletId) -> Result<Wallet, ClientError> {
        self.get(&format!("/v1/wallets/{id}"), self.either()).await
    }

    /// Gives a wallet another name.
    pub async fn rename_wallet(&self, id: WalletId, name: &str) -> Result<Wallet, ClientError> {
        let body = RenameWallet { name: name.to_owned() };
        self.send(Method::PUT, &format!("/v1/wallets/{id}"), &body, Credential::Master).await
    }

    /// Sets the network of a wallet's requests that name none; `None` takes it back.
    pub async fn set_default_network(
        &self,
        id: WalletId,
        network: Option<&str>,
    ) -> Result<Wallet, ClientError> {
        let body = SetDefaultNetwork { network: network.map(str::to_owned) };
        self.send(Method::PUT, &format!("/v1/wallets/{id}/default-network"), &body, Credential::Master).await
    }

    /// Ends a wallet for good. Only over the socket where its owner is LOCKED.
    ///
    /// # Errors
    ///
    /// `SOCKET_ONLY` over TCP then.
    pub async fn terminate_wallet(&self, id: WalletId) -> Result<WalletStatusChange, ClientError> {
        self.call(Method::DELETE, &format!("/v1/wallets/{id}"), Credential::Master).await
    }

    /// Stops a wallet from signing.
    pub async fn suspend_wallet(
        &self,
        id: WalletId,
        reason: Option<String>,
    ) -> Result<WalletStatusChange, ClientError> {
        let path = format!("/v1/wallets/{id}/suspend");
        self.send(Method::POST, &path, &SuspendWallet { reason }, Credential::Master).await
    }

    /// Lets a wallet sign again, or asks its owner to agree to that.
    pub async fn resume_wallet(&self, id: WalletId) -> Result<ChangeResult<WalletStatusChange>, ClientError> {
        outcome(self.request(Method::POST, &format!("/v1/wallets/{id}/resume"), Credential::Master)?).await
    }

    /// The networks a wallet can use.
    pub async fn wallet_networks(&self, id: WalletId) -> Result<WalletNetworks, ClientError> {
        self.get(&format!("/v1/wallets/{id}/networks"), self.either()).await
    }

    /// Names a wallet's owner; a LOCKED one changes only with its own signature.
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

    /// Removes a wallet's owner; a LOCKED one only with its own signature.
    pub async fn remove_owner(
        &self,
        id: WalletId,
        consent: Option<&OwnerSignature>,
    ) -> Result<OwnerChange, ClientError> {
        let credential = Credential::MasterAndOwner(consent);
        self.call(Method::DELETE, &format!("/v1/wallets/{id}/owner"), credential).await
    }

    /// Issues the message an owner signs to prove the address.
    pub async fn owner_challenge(&self, id: WalletId) -> Result<Challenge, ClientError> {
        self.call(Method::POST, &format!("/v1/wallets/{id}/owner/challenge"), Credential::Master).await
    }

    /// Proves the owner's address.
    pub async fn verify_owner(
        &self,
        id: WalletId,
        proof: &OwnerSignature,
    ) -> Result<OwnerVerified, ClientError> {
        self.call(Method::POST, &format!("/v1/wallets/{id}/owner/verify"), Credential::Owner(proof)).await
    }

    /// The session's wallet address.
    pub async fn address(&self, wallet_id: Option<WalletId>) -> Result<WalletAddress, ClientError> {
        self.query("/v1/wallet/address", &WalletQuery { wallet_id }, Credential::Session).await
    }

    /// The session's native balance.
    pub async fn balance(&self, query: &HoldingsQuery) -> Result<BalanceAnswer, ClientError> {
        self.query("/v1/wallet/balance", query, Credential::Session).await
    }

    /// What the session's wallet holds.
    pub async fn assets(&self, query: &HoldingsQuery) -> Result<AssetsAnswer, ClientError> {
        self.query("/v1/wallet/assets", query, Credential::Session).await
    }
}
