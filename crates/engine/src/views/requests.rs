//! What a caller may ask the pipeline for.

use std::ops::Not;

use serde::{Deserialize, Serialize};
use waiaas_core::U256;
use waiaas_core::digest::Digest;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::intent::Amount;
use waiaas_core::network::Chain;
use waiaas_core::origin::Origin;
use waiaas_core::transaction::Replacement;

/// A token as the caller describes it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenSpec {
    /// Contract or mint.
    pub address: Option<String>,
    /// Must equal the chain's, when given.
    pub decimals: Option<u8>,
    /// For people; not compared.
    pub symbol: Option<String>,
    /// CAIP-19; must agree with `address` and the network, when given.
    pub asset_id: Option<String>,
}

/// An NFT as the caller describes it: by address, token id and standard, or by CAIP-19.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NftSpec {
    /// Contract of the collection, or the mint.
    pub address: Option<String>,
    /// Digits; not on Solana.
    pub token_id: Option<String>,
    /// `ERC-721`, `ERC-1155` or `METAPLEX`.
    pub standard: Option<String>,
    /// CAIP-19; must agree with the others and the network, when given.
    pub asset_id: Option<String>,
}

/// A Solana instruction as the caller describes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstructionSpec {
    /// The program.
    pub program: String,
    /// Address, signer, writable.
    pub accounts: Vec<(String, bool, bool)>,
    /// What the program is told.
    #[serde(serialize_with = "hex::serde::serialize")]
    pub data: Vec<u8>,
}

/// What a request is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum RequestKind {
    /// Native coin.
    Transfer {
        /// Recipient.
        to: String,
        /// How much.
        amount: Amount,
        /// Note on chain.
        memo: Option<String>,
    },
    /// Token.
    TokenTransfer {
        /// Recipient.
        to: String,
        /// How much.
        amount: Amount,
        /// Which token.
        token: TokenSpec,
        /// Note on chain.
        memo: Option<String>,
        /// Whether no key has to belong to the recipient.
        #[serde(skip_serializing_if = "Not::not")]
        allow_off_curve: bool,
    },
    /// Call of an EVM contract.
    ContractCall {
        /// The contract.
        to: String,
        /// Call data.
        #[serde(serialize_with = "hex::serde::serialize")]
        data: Vec<u8>,
        /// Wei sent along.
        value: U256,
    },
    /// Instructions of Solana programs.
    ProgramCall {
        /// In order.
        instructions: Vec<InstructionSpec>,
        /// Address lookup tables the message may use.
        lookup_tables: Vec<String>,
    },
    /// Allowance over a token.
    Approve {
        /// Who may take it.
        spender: String,
        /// How much.
        amount: Amount,
        /// Which token.
        token: TokenSpec,
    },
    /// Permission over an NFT, or over its whole collection.
    ApproveNft {
        /// Who may take it.
        spender: String,
        /// Which one.
        nft: NftSpec,
        /// Whether every NFT of the collection is meant.
        all: bool,
    },
    /// NFT.
    NftTransfer {
        /// Recipient.
        to: String,
        /// Which one.
        nft: NftSpec,
        /// How many.
        quantity: U256,
        /// Whether no key has to belong to the recipient.
        #[serde(skip_serializing_if = "Not::not")]
        allow_off_curve: bool,
    },
    /// New EVM contract.
    Deploy {
        /// Creation code and arguments.
        #[serde(serialize_with = "hex::serde::serialize")]
        code: Vec<u8>,
        /// Wei given to it.
        value: U256,
    },
    /// Several of the above in one transaction.
    Batch {
        /// In order.
        members: Vec<Self>,
    },
    /// Signature over a transaction somebody else built.
    SignTransaction {
        /// Unsigned, in the chain's own encoding.
        #[serde(serialize_with = "hex::serde::serialize")]
        transaction: Vec<u8>,
    },
    /// Signature over a text.
    SignMessage {
        /// Its bytes.
        #[serde(serialize_with = "hex::serde::serialize")]
        message: Vec<u8>,
    },
    /// Signature over typed data (EIP-712).
    SignTypedData {
        /// As JSON text.
        typed_data: String,
    },
}

/// A caller's promise that repeats are repeats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    /// Chosen by the caller.
    pub key: String,
    /// Digest of the parsed body.
    pub body: Digest,
}

/// How cheap the network must be before anything is signed. EVM: wei per gas; Solana: micro-lamports
/// per compute unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GasTarget {
    /// The most a transaction may pay, priority fee included.
    pub max_gas_price: Option<u128>,
    /// The most it may pay as priority fee.
    pub max_priority_fee: Option<u128>,
    /// Seconds to wait before giving up; the configured default unless told.
    pub timeout_seconds: Option<u32>,
}

/// A gas condition and what the network charges now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GasState {
    /// Whether it would be signed now.
    pub met: bool,
    /// What is paid now, priority fee included.
    pub price: u128,
    /// The priority fee paid now.
    pub priority: u128,
    /// What was asked for.
    pub target: GasTarget,
}

/// A request to move value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendRequest {
    /// Needed when several wallets of the session fit.
    pub wallet: Option<WalletId>,
    /// Needed when the wallet has several networks and no default.
    pub network: Option<String>,
    /// What to do.
    pub kind: RequestKind,
    /// Waits for a price before signing.
    pub gas_condition: Option<GasTarget>,
    /// Where it comes from, if that is more than a caller who asks for it as it is.
    #[serde(skip_serializing_if = "Origin::is_plain")]
    pub origin: Origin,
    /// The family of chains that the caller's words belong to, where their form says so (hex or base64).
    #[serde(skip)]
    pub chain: Option<Chain>,
    /// Makes repeats harmless. Says how to ask, not what for.
    #[serde(skip)]
    pub idempotency: Option<IdempotencyKey>,
}

impl SendRequest {
    /// What was asked for, as the audit trail names it: the same for the same request in every
    /// release. Fields in the order above, as JSON.
    pub(crate) fn digest(&self) -> Result<Digest, serde_json::Error> {
        Ok(Digest::of("waiaas.request.meant.v1", &[&serde_json::to_vec(self)?]))
    }
}

/// A request to put another transaction in the place of a signed one that does not land.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplaceRequest {
    /// The signed one.
    pub id: TxId,
    /// What to put there.
    pub with: Replacement,
    /// Makes repeats harmless.
    pub idempotency: Option<IdempotencyKey>,
}

/// How long a send waits before it answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// Until a node has accepted the broadcast (or the request parks).
    Broadcast,
    /// Until the transaction is final, at most so many seconds.
    Confirmed {
        /// At most this long.
        timeout_seconds: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(amount: &str, key: Option<&str>) -> SendRequest {
        let token = TokenSpec { address: Some("0xabc".into()), decimals: Some(6), ..TokenSpec::default() };
        let amount = Amount::parse(amount).expect("amount");
        SendRequest {
            wallet: None,
            network: Some("evm-localnet".into()),
            kind: RequestKind::TokenTransfer {
                to: "0xdef".into(),
                amount,
                token,
                memo: None,
                allow_off_curve: false,
            },
            gas_condition: None,
            origin: Origin::default(),
            chain: None,
            idempotency: key.map(|key| IdempotencyKey { key: key.into(), body: Digest::of("test", &[]) }),
        }
    }

    fn digest(request: &SendRequest) -> String {
        request.digest().expect("JSON").to_string()
    }

    #[test]
    fn a_request_has_the_same_digest_in_every_release() {
        let text = serde_json::to_string(&request("1.50", None)).expect("JSON");
        assert_eq!(
            text,
            r#"{"wallet":null,"network":"evm-localnet","kind":{"type":"TOKEN_TRANSFER","to":"0xdef","amount":{"human":"1.50"},"token":{"address":"0xabc","decimals":6,"symbol":null,"assetId":null},"memo":null},"gasCondition":null}"#
        );
        assert_eq!(
            digest(&request("1.50", None)),
            "1cfc17937407e005701ecb6b560c68c9ce07bc10cf3118549482387cd153af81"
        );
    }

    #[test]
    fn the_digest_is_of_what_was_asked_for() {
        let one = digest(&request("15", None));
        assert_eq!(one, digest(&request("15", Some("k"))), "a key says how to ask");
        assert_ne!(one, digest(&request("16", None)));
        assert_ne!(one, digest(&request("15.0", None)), "units of another kind");
        let calls = [vec![1, 2], vec![1], vec![]].map(|data| {
            let kind = RequestKind::ContractCall { to: "0xdef".into(), data, value: U256::ZERO };
            digest(&SendRequest { kind, ..request("15", None) })
        });
        assert!(calls[0] != calls[1] && calls[1] != calls[2] && calls[0] != calls[2]);
        let origins = [Origin::http_payment("a"), Origin::http_payment("b"), Origin::http_message("a")]
            .map(|origin| digest(&SendRequest { origin, ..request("15", None) }));
        assert!(origins.iter().all(|digest| *digest != one), "where it comes from is part of it");
        assert!(origins[0] != origins[1] && origins[0] != origins[2]);
    }
}
