//! The owner of a wallet: naming, proving, changing, removing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waiaas_core::wallet::OwnerState;

use crate::validation::{Checks, Refusal, Request};
use crate::vocabulary::OwnerStateName;
use crate::wallets::Wallet;

/// Names the owner of a wallet.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetOwner {
    /// The owner's address, EVM or Solana, independent of the wallet's chain.
    #[serde(alias = "owner_address")]
    pub owner_address: String,
}

impl Request for SetOwner {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.text("ownerAddress", &self.owner_address, 1, 128);
        checks.finish()
    }
}

/// A wallet after its owner changed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnerChange {
    /// The wallet.
    #[serde(flatten)]
    pub wallet: Wallet,
    /// The text that the new owner signs to become LOCKED.
    pub challenge: Option<Challenge>,
}

/// A message for an owner to sign.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Challenge {
    /// `approve`, `reject`, `verify-owner`, `change-owner`, `remove-owner`, `approve-change` or
    /// `reject-change`.
    pub action: String,
    /// The exact text to sign (EIP-4361). Send it back in `X-Owner-Message`, base64, or on one line
    /// with each line break written as `\n`.
    pub message: String,
    /// Its single-use nonce.
    pub nonce: String,
    /// Address of the owner who must sign.
    pub owner_address: String,
    /// From this second on it is not accepted.
    pub expires_at: i64,
}

/// A proved owner.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerVerified {
    /// The owner's state.
    #[schema(value_type = OwnerStateName)]
    pub owner_state: OwnerState,
    /// The owner's address.
    pub owner_address: Option<String>,
    /// Whether it is proved.
    pub owner_verified: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_the_owner_address_are_read() {
        for body in [r#"{"owner_address":"0xabc"}"#, r#"{"ownerAddress":"0xabc"}"#] {
            assert_eq!(serde_json::from_str::<SetOwner>(body).expect(body).owner_address, "0xabc");
        }
        assert!(serde_json::from_str::<SetOwner>(r#"{"ownerAddress":"0xabc","wallet_type":"x"}"#).is_err());
    }
}
