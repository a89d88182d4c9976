//! The fields of each type of transaction request. `checks` has their constraints.
//!
//! The first four types may be members of a batch. [`Operation`] and [`BatchMember`] are parsed in `read`, by
//! the field `type`.

use std::ops::{Not, RangeInclusive};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::values::{AmountText, Base64, Hex, HumanText, Units};

/// Maximum number of characters of a memo.
pub const MAX_MEMO: usize = 256;
/// Number of members of a batch.
pub const BATCH_MEMBERS: RangeInclusive<usize> = 2..=20;

/// A fungible token: its address, or its CAIP-19 id.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRef {
    /// ERC-20 contract or SPL mint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its decimals; must equal the token's on chain. An NFT has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// Its symbol, for the caller's own records; ignored, as tokens choose their symbols freely.
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
    /// Token id, digits only; required without `assetId`. An NFT of Solana has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// `ERC-721`, `ERC-1155` or `METAPLEX`; required without `assetId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    /// CAIP-19 id; must be of the request's network. Every other field that is given must agree with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
}

/// Makes an `APPROVE` the approval of an NFT: with `amount` `"0"` of this token id, with any other amount of
/// the whole collection. If `token` has an `assetId`, all fields must agree with it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NftRef {
    /// Token id, digits only; required unless `token` has an `assetId`. An NFT of Solana has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
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

/// One additional Solana instruction.
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
    /// Give exactly one of `amount` and `humanAmount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountText>,
    /// Give exactly one of `amount` and `humanAmount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_amount: Option<HumanText>,
    /// Written on chain where the chain supports memos.
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
    /// Give exactly one of `amount` and `humanAmount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountText>,
    /// Give exactly one of `amount` and `humanAmount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_amount: Option<HumanText>,
    /// The token.
    pub token: TokenRef,
    /// Written on chain where the chain supports memos.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub memo: Option<String>,
    /// Whether the recipient may be a Solana address without a private key, such as a program's vault. A
    /// transfer to an address for which no program signs is lost.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub allow_owner_off_curve: bool,
}

/// A call of an EVM contract (`to`, `calldata`, `value`) or of a Solana program (`programId`,
/// `instructionData`, `accounts`). The fields of the two cannot be combined.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractCall {
    /// The EVM contract. On Solana, absent or equal to `programId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 128)]
    pub to: Option<String>,
    /// Call data (EVM). At least one of `calldata` and `value` is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calldata: Option<Hex>,
    /// ABI of the contract (EVM), for the caller's own records; the daemon does not use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub abi: Option<Vec<Value>>,
    /// Wei sent with the call (EVM).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Units>,
    /// The program (Solana).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 128)]
    pub program_id: Option<String>,
    /// Instruction data (Solana).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction_data: Option<Base64>,
    /// The accounts of the instruction, in the program's order (Solana).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<AccountMeta>>,
    /// Instructions before it (Solana).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_instructions: Option<Vec<InstructionRef>>,
    /// Instructions after it (Solana).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_instructions: Option<Vec<InstructionRef>>,
    /// Address lookup tables that the message may use (Solana); not in a batch, which has its own field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_lookup_table_addresses: Option<Vec<String>>,
}

/// Permission for a spender to take up to an amount of a token, one NFT, or a whole collection. Zero revokes
/// it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approve {
    /// Who may take it.
    #[schema(min_length = 1, max_length = 128)]
    pub spender: String,
    /// The token, or with `nft` the collection.
    pub token: TokenRef,
    /// Give exactly one of `amount` and `humanAmount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountText>,
    /// Give exactly one of `amount` and `humanAmount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_amount: Option<HumanText>,
    /// The NFT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nft: Option<NftRef>,
}

/// Several operations in one Solana transaction, in order; all succeed or none does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// 2 to 20 members.
    pub instructions: Vec<BatchMember>,
    /// Address lookup tables that the message may use.
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
    /// The NFT.
    pub token: NftTokenRef,
    /// Number of pieces; 1 by default, and always 1 except for `ERC-1155`.
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
    /// Wei sent to the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Units>,
}

/// The requested operation, named by the field `type`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Operation {
    /// A transfer of native coin.
    Transfer(Transfer),
    /// A transfer of a token.
    TokenTransfer(TokenTransfer),
    /// A call of a contract or program.
    ContractCall(ContractCall),
    /// An allowance or approval.
    Approve(Approve),
    /// Several operations.
    Batch(Batch),
    /// A transfer of an NFT.
    NftTransfer(NftTransfer),
    /// A new contract.
    ContractDeploy(ContractDeploy),
}

/// One member of a [`Batch`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BatchMember {
    /// A transfer of native coin.
    Transfer(Transfer),
    /// A transfer of a token.
    TokenTransfer(TokenTransfer),
    /// A call of a contract or program.
    ContractCall(ContractCall),
    /// An allowance or approval.
    Approve(Approve),
}

impl From<BatchMember> for Operation {
    fn from(member: BatchMember) -> Self {
        match member {
            BatchMember::Transfer(transfer) => Self::Transfer(transfer),
            BatchMember::TokenTransfer(transfer) => Self::TokenTransfer(transfer),
            BatchMember::ContractCall(call) => Self::ContractCall(call),
            BatchMember::Approve(approve) => Self::Approve(approve),
        }
    }
}
