//! OpenAPI schemas of effects and of the reasons of a verdict.
//!
//! The values themselves are `waiaas_core::effect::Effects` and JSON of `waiaas_core::policy`. A test parses
//! JSON written by `core` into the types here, so that the two cannot differ.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::dry_run::{DenialView, TierReasonView};

/// An amount of one asset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Portion {
    /// CAIP-19 id.
    pub asset: String,
    /// Base units, in hex.
    #[schema(pattern = "^0x[0-9a-f]+$")]
    pub amount: String,
}

/// One thing that a signed draft does to the wallet. Amounts are base units in hex, assets CAIP-19 ids.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Native coin leaves.
    NativeOut {
        /// Recipient.
        to: String,
        /// Base units, in hex.
        amount: String,
    },
    /// A token leaves.
    TokenOut {
        /// The token.
        asset: String,
        /// Recipient.
        to: String,
        /// Base units, in hex.
        amount: String,
    },
    /// An NFT leaves.
    NftOut {
        /// The NFT's CAIP-19 id.
        nft: String,
        /// Recipient.
        to: String,
        /// Number of pieces, in hex.
        quantity: String,
    },
    /// A spender may take up to an amount of a token.
    Allowance {
        /// The token.
        asset: String,
        /// Who may take it.
        spender: String,
        /// The maximum amount, in hex; zero revokes the allowance.
        amount: String,
        /// The contract that takes it for the spender (Permit2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<String>,
    },
    /// A spender may take one NFT.
    NftAllowance {
        /// The NFT's CAIP-19 id.
        nft: String,
        /// Who may take it; `null` revokes the permission.
        spender: Option<String>,
    },
    /// An operator may take every NFT of a collection, or no longer may.
    OperatorApproval {
        /// The contract of the collection.
        collection: String,
        /// The operator.
        operator: String,
        /// Whether it is given (true) or revoked (false).
        granted: bool,
    },
    /// A contract or program is called.
    ContractCall {
        /// The contract or program.
        target: String,
        /// The method; `null` if the call has no data.
        selector: Option<String>,
        /// Whether all effects of the call are listed as effects of their own.
        decoded: bool,
    },
    /// One asset is exchanged for another by one call of a router, all its steps together.
    Swap {
        /// The contract that carries it out.
        router: String,
        /// The most that goes in, per asset.
        sold: Vec<Portion>,
        /// CAIP-19 id of every asset on the way, both ends included.
        path: Vec<String>,
        /// The least that comes out, per asset; the call fails otherwise.
        bought: Vec<Portion>,
        /// The recipient.
        to: String,
        /// CAIP-19 id of the token that wraps the native coin one to one, if the network has one.
        wrapper: Option<String>,
        /// The spenders whose allowances from the wallet the swap uses, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        spenders: Vec<String>,
        /// The router's deadline for the swap, Unix seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<i64>,
    },
    /// A contract is created.
    Deployment {
        /// SHA-256 of the creation code.
        code: String,
        /// Native coin given to it, in hex.
        amount: String,
    },
    /// Control over something of the wallet's passes to another account.
    AuthorityChange {
        /// The contract or account concerned.
        target: String,
        /// The method that does it.
        selector: Option<String>,
        /// The new authority, where it is one account.
        to: Option<String>,
        /// A short description.
        what: String,
    },
    /// Native coin is locked to open an account (Solana rent).
    AccountRent {
        /// Who will own the new account.
        owner: String,
        /// The account.
        account: String,
        /// Lamports, in hex.
        amount: String,
    },
    /// A text is signed.
    Message {
        /// SHA-256 of the text.
        digest: String,
        /// The text, shortened.
        text: String,
    },
    /// Typed data (EIP-712) of an unknown kind is signed.
    TypedData {
        /// `verifyingContract` of the domain.
        contract: String,
        /// `primaryType`.
        primary_type: String,
        /// The hash that is signed.
        digest: String,
    },
    /// The maximum network fee.
    NetworkFee {
        /// Base units of the native coin, in hex.
        max: String,
    },
    /// Bytes that the decoder cannot read; always denied.
    Unknown {
        /// The contract or program concerned, if any.
        target: Option<String>,
        /// A short description.
        what: String,
    },
}

/// A method that the bytes call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// The contract, account or program.
    pub target: String,
    /// The method; `null` if the call has no data.
    pub selector: Option<String>,
}

/// Everything that a request does, in the order in which it happens.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Effects {
    /// The network.
    pub network: String,
    /// CAIP-19 id of its native coin.
    pub native: String,
    /// The wallet's address.
    pub from: String,
    /// Effects decoded from the bytes.
    pub items: Vec<Effect>,
    /// Every method called, at any depth.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Method>,
    /// Effects of undecoded calls, seen in a simulation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Effect>,
}

/// Why a request is denied, or why it has its tier.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Reason {
    /// Of a denial.
    Denial(DenialView),
    /// Of a tier.
    Tier(TierReasonView),
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use waiaas_core::effect as core;

    use super::*;

    const HERE: &str = "0x1111111111111111111111111111111111111111";
    const USDC: &str = "eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48";
    const NFT: &str = "eip155:1/erc721:0x2222222222222222222222222222222222222222/7";

    /// One of each kind, as `core` reads and writes it.
    fn every_kind() -> Vec<Value> {
        let digest = "11".repeat(32);
        vec![
            json!({"effect": "native_out", "to": HERE, "amount": "0x1"}),
            json!({"effect": "token_out", "asset": USDC, "to": HERE, "amount": "0x1"}),
            json!({"effect": "nft_out", "nft": NFT, "to": HERE, "quantity": "0x1"}),
            json!({"effect": "allowance", "asset": USDC, "spender": HERE, "amount": "0x1", "through": HERE}),
            json!({"effect": "nft_allowance", "nft": NFT, "spender": null}),
            json!({"effect": "operator_approval", "collection": HERE, "operator": HERE, "granted": true}),
            json!({"effect": "contract_call", "target": HERE, "selector": "0xa9059cbb", "decoded": false}),
            json!({"effect": "swap", "router": HERE, "sold": [{"asset": USDC, "amount": "0x1"}], "path": [USDC],
                "bought": [], "to": HERE, "wrapper": USDC, "spenders": [HERE], "deadline": 7}),
            json!({"effect": "deployment", "code": digest, "amount": "0x0"}),
            json!({"effect": "authority_change", "target": HERE, "selector": null, "to": null, "what": "w"}),
            json!({"effect": "account_rent", "owner": HERE, "account": HERE, "amount": "0x1"}),
            json!({"effect": "message", "digest": digest, "text": "t"}),
            json!({"effect": "typed_data", "contract": HERE, "primary_type": "T", "digest": digest}),
            json!({"effect": "network_fee", "max": "0x1"}),
            json!({"effect": "unknown", "target": null, "what": "w"}),
        ]
    }

    /// Fails to compile where `core` has another kind, so that it is added above.
    const fn number(effect: &core::Effect) -> usize {
        use core::Effect as E;
        match effect {
            E::NativeOut { .. } => 0,
            E::TokenOut { .. } => 1,
            E::NftOut { .. } => 2,
            E::Allowance { .. } => 3,
            E::NftAllowance { .. } => 4,
            E::OperatorApproval { .. } => 5,
            E::ContractCall { .. } => 6,
            E::Swap(_) => 7,
            E::Deployment { .. } => 8,
            E::AuthorityChange { .. } => 9,
            E::AccountRent { .. } => 10,
            E::Message { .. } => 11,
            E::TypedData { .. } => 12,
            E::NetworkFee { .. } => 13,
            E::Unknown { .. } => 14,
        }
    }

    #[test]
    fn what_core_writes_has_the_schema() {
        let items = every_kind();
        let all = json!({"network": "ethereum-mainnet", "native": "eip155:1/slip44:60", "from": HERE,
            "items": items, "methods": [{"target": HERE, "selector": null}], "seen": [items[0]]});
        let read: core::Effects = serde_json::from_value(all).expect("effects of core");
        for (i, effect) in read.items.iter().enumerate() {
            assert_eq!(number(effect), i);
        }
        let written = json!(read);
        let shown: Effects = serde_json::from_value(written.clone()).expect("the schema's type");
        assert_eq!(json!(shown), written, "nothing is lost");
    }
}
