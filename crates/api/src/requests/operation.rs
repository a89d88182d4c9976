//! What a transaction request asks for, type by type: the fields of each type. `checks` has what they must hold.
//!
//! The types that a batch may have as members are the first four. [`Operation`] and [`BatchMember`] are read
//! in `read`, by the field `type`.

use std::ops::{Not, RangeInclusive};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::values::{AmountText, Base64, Hex, HumanText, Units};

/// Most characters of a memo.
pub const MAX_MEMO: usize = 256;
/// Members a batch may have.
pub const BATCH_MEMBERS: RangeInclusive<usize> = 2..=20;

/// A fungible token: its address, or its CAIP-19 id.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRef {
    /// ERC-20 contract or SPL mint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its decimals; must be the chain's, except beside `nft`, where they are not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// Its symbol, for the caller's own records; not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// CAIP-19 id; must agree with `address` and the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
}

/// An NFT: by address, token id and standard, or by its CAIP-19 id.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NftTokenRef {
    /// Contract of the collection, or the mint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Token id, digits only. Read where `address` is given; not on Solana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// `ERC-721`, `ERC-1155` or `METAPLEX`; needed with `address`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    /// CAIP-19 id; must be of the network. Where `address` is given, all fields must agree; without it this one
    /// alone says which NFT is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
}

/// Turns an `APPROVE` into the approval of an NFT: with `amount` `"0"` of this token id, with any other
/// amount of the whole collection. Where `token` has an `assetId` and no `address`, that alone says which NFT is
/// meant.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NftRef {
    /// Token id, digits only.
    pub token_id: String,
    /// `ERC-721`, `ERC-1155` or `METAPLEX`.
    pub standard: String,
}

/// One account of a Solana instruction.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountMeta {
    /// Its address.
    pub pubkey: String,
    /// Whether it signs; only the wallet can.
    pub is_signer: bool,
    /// Whether the instruction may change it.
    pub is_writable: bool,
}

/// One Solana instruction beside the main one.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstructionRef {
    /// The program.
    pub program_id: String,
    /// Instruction data.
    pub data: Base64,
    /// Its accounts, in the program's order.
    pub accounts: Vec<AccountMeta>,
}

/// Native coin to an address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Transfer {
    /// The recipient.
    #[schema(min_length = 1, max_length = 128)]
    pub to: String,
    /// Exactly one of `amount` and `humanAmount` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountText>,
    /// Exactly one of `amount` and `humanAmount` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_amount: Option<HumanText>,
    /// Written on chain where the chain has a place for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub memo: Option<String>,
}

/// An ERC-20 or SPL token to an address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenTransfer {
    /// The recipient's account, not its token account.
    #[schema(min_length = 1, max_length = 128)]
    pub to: String,
    /// Exactly one of `amount` and `humanAmount` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountText>,
    /// Exactly one of `amount` and `humanAmount` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_amount: Option<HumanText>,
    /// Which token.
    pub token: TokenRef,
    /// Written on chain where the chain has a place for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub memo: Option<String>,
    /// Whether the recipient may be a Solana address without a private key, such as a program's vault. A
    /// transfer to an address for which no program signs is lost.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub allow_owner_off_curve: bool,
}

/// A call of an EVM contract (`to`, `calldata`, `value`) or of a Solana program (`programId`,
/// `instructionData`, `accounts`). The fields of the two do not mix.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractCall {
    /// The EVM contract. On Solana, left out or equal to `programId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 128)]
    pub to: Option<String>,
    /// Call data (EVM). At least one of `calldata` and `value` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calldata: Option<Hex>,
    /// ABI of the contract (EVM), for the caller's own records; never judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub abi: Option<Vec<Value>>,
    /// Wei sent along (EVM).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Units>,
    /// The program (Solana).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 128)]
    pub program_id: Option<String>,
    /// Instruction data (Solana).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction_data: Option<Base64>,
    /// Accounts of the instruction, in the program's order (Solana).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<AccountMeta>>,
    /// Instructions before it (Solana).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_instructions: Option<Vec<InstructionRef>>,
    /// Instructions after it (Solana).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_instructions: Option<Vec<InstructionRef>>,
    /// Address lookup tables the message may use (Solana); not in a batch, which has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_lookup_table_addresses: Option<Vec<String>>,
}

/// Permission for a spender to take some of a token, one NFT, or a whole collection. Zero takes it back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approve {
    /// Who may take it.
    #[schema(min_length = 1, max_length = 128)]
    pub spender: String,
    /// Which token, or which collection together with `nft`.
    pub token: TokenRef,
    /// Exactly one of `amount` and `humanAmount` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountText>,
    /// Exactly one of `amount` and `humanAmount` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_amount: Option<HumanText>,
    /// Which NFT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nft: Option<NftRef>,
}

/// Several operations in one Solana transaction, carried out in order, all or none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// 2 to 20 members.
    pub instructions: Vec<BatchMember>,
    /// Address lookup tables the message may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_lookup_table_addresses: Option<Vec<String>>,
}

/// An NFT to an address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NftTransfer {
    /// The recipient.
    #[schema(min_length = 1, max_length = 128)]
    pub to: String,
    /// Which NFT.
    pub token: NftTokenRef,
    /// How many pieces of it; one unless told, and always one except for `ERC-1155`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Units>,
    /// As for `TOKEN_TRANSFER`.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub allow_owner_off_curve: bool,
}

/// A new EVM contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractDeploy {
    /// Creation code.
    pub bytecode: Hex,
    /// Encoded arguments of the constructor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constructor_args: Option<Hex>,
    /// Wei given to the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Units>,
}

/// What a transaction request asks for. The field `type` says which.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Operation {
    /// Native coin.
    Transfer(Transfer),
    /// A token.
    TokenTransfer(TokenTransfer),
    /// A contract or program.
    ContractCall(ContractCall),
    /// A permission.
    Approve(Approve),
    /// Several operations.
    Batch(Batch),
    /// An NFT.
    NftTransfer(NftTransfer),
    /// A new contract.
    ContractDeploy(ContractDeploy),
}

/// One member of a [`Batch`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BatchMember {
    /// Native coin.
    Transfer(Transfer),
    /// A token.
    TokenTransfer(TokenTransfer),
    /// A contract or program.
    ContractCall(ContractCall),
    /// A permission.
    Approve(Approve),
}
