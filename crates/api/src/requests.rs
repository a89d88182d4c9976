//! Requests for transactions, as they are written.
//!
//! One flat shape serves every type, so that an unknown field is always an error with its name; which
//! fields a type takes and needs is a table here.

mod fields;
mod signing;

use std::ops::Not;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use waiaas_core::ids::WalletId;
use waiaas_core::intent::{Amount, IntentKind};
use waiaas_core::money::AmountError;

use crate::validation::{Checks, Issue, Refusal, Request};

pub use signing::{EncodeCalldataRequest, EncodedCalldata, SignMessageRequest, SignTransactionRequest};

/// Most characters of a memo.
pub const MAX_MEMO: usize = 256;
/// Members a batch may have.
pub const BATCH_MEMBERS: std::ops::RangeInclusive<usize> = 2..=20;

/// A token: its address, or its CAIP-19 id. Decimals and symbol, when given, are checked against
/// the chain and never believed. `tokenId` and `standard` name an NFT.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRef {
    /// ERC-20 contract, SPL mint, or contract of a collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// Its symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// CAIP-19 id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
    /// Token id, digits only; for NFTs on EVM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// `ERC-721`, `ERC-1155` or `METAPLEX`; for NFTs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
}

/// Turns an APPROVE into the approval of an NFT: with `amount` "0" of this token id, with any other
/// amount of the whole collection.
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
    /// What it is told, in base64.
    pub data: String,
    /// Its accounts, in the program's order.
    pub accounts: Vec<AccountMeta>,
}

/// Waits with signing, after every other waiting is over, until the network is cheap enough. At least
/// one of the two prices. EVM: wei per gas. Solana: micro-lamports per compute unit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GasCondition {
    /// Digits. The price a transaction would pay now, priority fee included, must not exceed this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_gas_price: Option<String>,
    /// Digits. The priority fee a transaction would pay now must not exceed this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_priority_fee: Option<String>,
    /// Seconds to wait before giving up unsigned, 60 to 86400; 3600 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 60, maximum = 86400)]
    pub timeout: Option<u32>,
}

macro_rules! request {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            /// The recipient; the contract, for `CONTRACT_CALL` on EVM.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub to: Option<String>,
            /// Digits only: base units (lamports, wei). With a decimal point: human units, exact.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(example = "0.1")]
            pub amount: Option<String>,
            /// Always human units, exact.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub human_amount: Option<String>,
            /// Which token, for `TOKEN_TRANSFER`, `APPROVE` and `NFT_TRANSFER`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub token: Option<TokenRef>,
            /// At most 256 characters, written on chain where the chain has a place for it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(max_length = 256)]
            pub memo: Option<String>,
            /// Whether the recipient may be an address that no key belongs to (Solana), such as the vault of
            /// a program, for `TOKEN_TRANSFER` and `NFT_TRANSFER`. What is sent to an address for which no
            /// program signs is lost.
            #[serde(default, skip_serializing_if = "Not::not")]
            pub allow_owner_off_curve: bool,
            /// Who is allowed to take the token, for `APPROVE`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub spender: Option<String>,
            /// Which NFT, for `APPROVE` of one.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub nft: Option<NftRef>,
            /// Call data in hex with `0x`, for `CONTRACT_CALL` on EVM.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub calldata: Option<String>,
            /// ABI of the contract, for the caller's own records; never judged by.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(value_type = Option<Vec<Object>>)]
            pub abi: Option<Vec<Value>>,
            /// Wei sent along, digits only, for `CONTRACT_CALL` and `CONTRACT_DEPLOY`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub value: Option<String>,
            /// The program, for `CONTRACT_CALL` on Solana.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub program_id: Option<String>,
            /// What the program is told, in base64.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub instruction_data: Option<String>,
            /// Accounts of the instruction, in the program's order.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub accounts: Option<Vec<AccountMeta>>,
            /// Instructions before it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub pre_instructions: Option<Vec<InstructionRef>>,
            /// Instructions after it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub post_instructions: Option<Vec<InstructionRef>>,
            $($own)*
        }
    };
}

request! {
    /// One member of a `BATCH`: a request of its own type, without what belongs to the whole.
    BatchMember {
        /// `TRANSFER`, `TOKEN_TRANSFER`, `CONTRACT_CALL` or `APPROVE`; may be left out where the fields are
        /// those of one of them alone.
        #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
        pub kind: Option<String>,
    }
}

request! {
    /// Asks for a transaction. Which fields a type takes is checked; others are errors.
    TransactionRequest {
        /// `TRANSFER` (also when absent), `TOKEN_TRANSFER`, `CONTRACT_CALL`, `APPROVE`, `BATCH`,
        /// `NFT_TRANSFER` or `CONTRACT_DEPLOY`.
        #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
        #[schema(example = "TRANSFER")]
        pub kind: Option<String>,
        /// Address lookup tables the Solana message may use.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub address_lookup_table_addresses: Option<Vec<String>>,
        /// 2 to 20 members of a `BATCH`, carried out in order, all or none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub instructions: Option<Vec<BatchMember>>,
        /// Creation code in hex, for `CONTRACT_DEPLOY`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub bytecode: Option<String>,
        /// Encoded arguments of the constructor in hex.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub constructor_args: Option<String>,
        /// Waits for a price before signing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub gas_condition: Option<GasCondition>,
        /// Name or CAIP-2 id; may be left out where an asset id names it or the wallet has a default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub network: Option<String>,
        /// The wallet; may be left out when only one of the session's fits the addresses, network and asset
        /// ids given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<Uuid>)]
        pub wallet_id: Option<WalletId>,
        /// Judge and simulate only: nothing is written, signed or sent.
        #[serde(default)]
        pub dry_run: bool,
    }
}

impl TransactionRequest {
    /// The type asked for; none when it is not one that can be asked for here.
    pub fn intent_kind(&self) -> Option<IntentKind> {
        let kind = self.kind.as_deref().map_or(Some(IntentKind::Transfer), IntentKind::parse);
        kind.filter(|kind| fields::of(*kind).is_some())
    }
}

impl BatchMember {
    /// The type of the member, as named or as its fields say; none when a batch cannot have it, or when
    /// the fields leave no one reading.
    pub fn intent_kind(&self) -> Option<IntentKind> {
        if let Some(kind) = &self.kind {
            return IntentKind::parse(kind).filter(|kind| MEMBERS.contains(kind));
        }
        let given = serde_json::json!(self);
        let mut fitting = MEMBERS.iter().filter(|kind| fields::fit(**kind, &given));
        fitting.next().copied().filter(|_| fitting.next().is_none())
    }
}

/// The types that a batch may have as its members.
const MEMBERS: [IntentKind; 4] =
    [IntentKind::Transfer, IntentKind::TokenTransfer, IntentKind::ContractCall, IntentKind::Approve];

/// The amount, however it was written; none unless exactly one field is given.
pub fn parsed_amount(amount: Option<&str>, human: Option<&str>) -> Option<Result<Amount, AmountError>> {
    match (amount, human) {
        (Some(amount), None) => Some(Amount::parse(amount)),
        (None, Some(human)) => Some(Amount::parse_human(human)),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// Fields only the daemon itself may set.
const SERVER_SET: [(&str, &str); 2] = [
    ("actionProvider", "only the daemon itself may name an action provider"),
    ("actionName", "only the daemon itself may name an action"),
];

impl TransactionRequest {
    /// The types that can be asked for, as they are written.
    pub fn types() -> impl Iterator<Item = &'static str> {
        IntentKind::ALL.iter().filter(|kind| fields::of(**kind).is_some()).map(|kind| kind.as_str())
    }
}

impl Request for TransactionRequest {
    fn check(&self) -> Result<(), Refusal> {
        let kind = self.intent_kind().ok_or(Refusal::UnsupportedType)?;
        let mut checks = Checks::default();
        fields::check(&mut checks, "", kind, &serde_json::json!(self));
        if let Some(members) = &self.instructions {
            let count = BATCH_MEMBERS.contains(&members.len());
            checks.ensure(count, "instructions", "too_small", "a batch has 2 to 20 members");
            for (i, member) in members.iter().enumerate() {
                let path = format!("instructions[{i}].");
                match member.intent_kind() {
                    Some(kind) => fields::check(&mut checks, &path, kind, &serde_json::json!(member)),
                    None if member.kind.is_some() => {
                        let wanted = "TRANSFER, TOKEN_TRANSFER, CONTRACT_CALL or APPROVE";
                        checks.ensure(false, &format!("{path}type"), "invalid", wanted);
                    }
                    None => {
                        let wanted = "the fields are not those of one type alone; name it: TRANSFER, \
                                      TOKEN_TRANSFER, CONTRACT_CALL or APPROVE";
                        checks.ensure(false, &format!("{path}type"), "required", wanted);
                    }
                }
            }
        }
        if let Some(condition) = &self.gas_condition {
            check_gas(&mut checks, condition);
        }
        if let Some(network) = &self.network {
            checks.text("network", network, 1, 100);
        }
        checks.finish()
    }

    fn explain(raw: &Value) -> Option<Refusal> {
        let object = raw.as_object()?;
        let kind = object.get("type").and_then(Value::as_str);
        if kind.is_some_and(|kind| IntentKind::parse(kind).and_then(fields::of).is_none()) {
            return Some(Refusal::UnsupportedType);
        }
        let given = SERVER_SET.iter().filter(|(name, _)| object.contains_key(*name));
        let issues: Vec<Issue> = given.map(|(name, why)| Issue::new(name, "unsupported", *why)).collect();
        if !issues.is_empty() {
            return Some(Refusal::Invalid(issues));
        }
        let number = ["amount", "humanAmount", "value"]
            .into_iter()
            .find(|f| object.get(*f).is_some_and(Value::is_number))?;
        let why = "amounts are strings, so that they stay exact";
        Some(Refusal::Invalid(vec![Issue::new(number, "invalid_type", why)]))
    }
}

fn check_gas(checks: &mut Checks, condition: &GasCondition) {
    let prices = [("maxGasPrice", &condition.max_gas_price), ("maxPriorityFee", &condition.max_priority_fee)];
    let given = prices.iter().any(|(_, price)| price.is_some());
    checks.ensure(given, "gasCondition", "required", "give maxGasPrice or maxPriorityFee");
    for (name, price) in prices {
        if let Some(price) = price {
            let fine = price.parse::<u128>().is_ok() && price.bytes().all(|b| b.is_ascii_digit());
            checks.ensure(fine, &format!("gasCondition.{name}"), "invalid", "a string of digits");
        }
    }
    checks.range("gasCondition.timeout", condition.timeout, 60, 86_400);
}

#[cfg(test)]
mod tests;
