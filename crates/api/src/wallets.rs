//! Wallets.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waiaas_core::ids::WalletId;
use waiaas_core::network::{Chain, Environment};
use waiaas_core::wallet::{OwnerState, WalletStatus};

use crate::secret::WireSecret;
use crate::sessions::IssuedSession;
use crate::validation::{Checks, Refusal, Request};
use crate::vocabulary::{ChainName, EnvironmentName, OwnerStateName, WalletStatusName};

const fn solana() -> Chain {
    Chain::Solana
}

const fn testnet() -> Environment {
    Environment::Testnet
}

/// Creates a wallet with a new key.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateWallet {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// `solana` by default.
    #[serde(default = "solana")]
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// `testnet` by default; it cannot be changed.
    #[serde(default = "testnet")]
    #[schema(value_type = EnvironmentName)]
    pub environment: Environment,
    /// Whether to create a session for the wallet as well, with the configured, finite defaults.
    #[serde(default)]
    pub create_session: bool,
}

impl Request for CreateWallet {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.text("name", &self.name, 1, 100);
        checks.finish()
    }
}

/// Creates a wallet from an existing private key.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportWallet {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// The key's chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Environment of the wallet; it cannot be changed.
    #[schema(value_type = EnvironmentName)]
    pub environment: Environment,
    /// EVM: 32 bytes hex. Solana: 64 bytes base58 or a JSON byte array as text. Never stored in the clear,
    /// never shown again.
    #[schema(value_type = String, format = Password)]
    pub private_key: WireSecret,
}

impl Request for ImportWallet {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.text("name", &self.name, 1, 100);
        let length = self.private_key.len();
        checks.ensure((1..=1024).contains(&length), "privateKey", "invalid", "a private key of the chain");
        checks.finish()
    }
}

/// Renames a wallet.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenameWallet {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

impl Request for RenameWallet {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.text("name", &self.name, 1, 100);
        checks.finish()
    }
}

/// Sets a wallet's default network, which requests that name no network use.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetDefaultNetwork {
    /// Name or CAIP-2 id of a network of the wallet's chain and environment; `null` for none.
    pub network: Option<String>,
}

impl Request for SetDefaultNetwork {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        if let Some(network) = &self.network {
            checks.text("network", network, 1, 100);
        }
        checks.finish()
    }
}

/// Suspends a wallet, so that it cannot sign.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuspendWallet {
    /// Reason, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

impl Request for SuspendWallet {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        if let Some(reason) = &self.reason {
            checks.text("reason", reason, 1, 500);
        }
        checks.finish()
    }
}

/// A wallet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Wallet {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: WalletId,
    /// Its name.
    pub name: String,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// The default network of requests that name none: the one set with `PUT …/default-network`, else the
    /// only possible one; `null` if requests must name one.
    pub network: Option<String>,
    /// Mainnet, testnet or local; it never changes.
    #[schema(value_type = EnvironmentName)]
    pub environment: Environment,
    /// Its address.
    pub address: String,
    /// The same as `address`, under the name older clients read.
    pub public_key: String,
    /// Whether it may sign.
    #[schema(value_type = WalletStatusName)]
    pub status: WalletStatus,
    /// The owner's address.
    pub owner_address: Option<String>,
    /// How far the owner is established.
    #[schema(value_type = OwnerStateName)]
    pub owner_state: OwnerState,
    /// Whether the owner has proved the address.
    pub owner_verified: bool,
    /// The successor to whom a LOCKED owner has signed the wallet over. It becomes the owner once it has
    /// proved the address.
    pub pending_owner_address: Option<String>,
    /// Time of the suspension.
    pub suspended_at: Option<i64>,
    /// Reason of the suspension.
    pub suspension_reason: Option<String>,
    /// Time of the creation.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

/// A new wallet.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CreatedWallet {
    /// The wallet.
    #[serde(flatten)]
    pub wallet: Wallet,
    /// The session, if one was requested.
    pub session: Option<IssuedSession>,
}

/// A wallet's status after a change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletStatusChange {
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub id: WalletId,
    /// Its status.
    #[schema(value_type = WalletStatusName)]
    pub status: WalletStatus,
    /// Time of the suspension.
    pub suspended_at: Option<i64>,
    /// Reason of the suspension.
    pub suspension_reason: Option<String>,
}

/// The networks that a wallet can use.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletNetworks {
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub id: WalletId,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Its environment.
    #[schema(value_type = EnvironmentName)]
    pub environment: Environment,
    /// The network of requests that name none.
    pub default_network: Option<String>,
    /// All of them.
    pub available_networks: Vec<AvailableNetwork>,
}

/// One network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AvailableNetwork {
    /// Name, as in `base-sepolia`.
    pub network: String,
    /// CAIP-2 id.
    pub chain_id: String,
    /// Symbol of the native coin.
    pub native_symbol: String,
}

/// A wallet's address.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletAddress {
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Its default network.
    pub network: Option<String>,
    /// Its address.
    pub address: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_is_on_the_solana_testnet_without_a_session_unless_told() {
        let request: CreateWallet = serde_json::from_str(r#"{"name":"main"}"#).expect("minimal");
        assert_eq!((request.chain, request.environment), (Chain::Solana, Environment::Testnet));
        assert!(!request.create_session);
        assert_eq!(request.check(), Ok(()));
    }

    #[test]
    fn unknown_fields_and_bad_names_are_refused() {
        assert!(serde_json::from_str::<CreateWallet>(r#"{"name":"a","accountType":"smart"}"#).is_err());
        for name in ["".to_owned(), "x".repeat(101), "a\nb".to_owned()] {
            assert!(RenameWallet { name }.check().is_err());
        }
    }
}
