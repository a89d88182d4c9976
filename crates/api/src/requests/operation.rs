//! What a transaction request asks for, type by type: the fields of each type, and what they must hold.
//!
//! The types that a batch may have as members are the first four. [`Operation`] and [`BatchMember`] are read
//! in `read`, by the field `type`.

use std::ops::{Not, RangeInclusive};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use waiaas_core::intent::{Amount, IntentKind};

use super::values::{AmountText, Base64, Hex, HumanText, Units};
use crate::validation::Checks;

/// Most characters of a memo.
pub const MAX_MEMO: usize = 256;
/// Members a batch may have.
pub const BATCH_MEMBERS: RangeInclusive<usize> = 2..=20;

/// A fungible token: its address, or its CAIP-19 id. Decimals and symbol, when given, are checked against
/// the chain and never believed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRef {
    /// ERC-20 contract or SPL mint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// Its symbol.
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
    /// Token id, digits only; not on Solana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// `ERC-721`, `ERC-1155` or `METAPLEX`; needed without `assetId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    /// CAIP-19 id; must agree with the other fields and the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
}

/// Turns an `APPROVE` into the approval of an NFT: with `amount` `"0"` of this token id, with any other
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

impl Operation {
    /// The types that can be asked for.
    pub const TYPES: [IntentKind; 7] = [
        IntentKind::Transfer,
        IntentKind::TokenTransfer,
        IntentKind::ContractCall,
        IntentKind::Approve,
        IntentKind::Batch,
        IntentKind::NftTransfer,
        IntentKind::ContractDeploy,
    ];

    /// Checks the values that can be checked without the wallet.
    pub(crate) fn check(&self, checks: &mut Checks) {
        match self {
            Self::Transfer(transfer) => transfer.check(checks, ""),
            Self::TokenTransfer(transfer) => transfer.check(checks, ""),
            Self::ContractCall(call) => call.check(checks, ""),
            Self::Approve(approve) => approve.check(checks, ""),
            Self::Batch(batch) => batch.check(checks),
            Self::NftTransfer(transfer) => transfer.check(checks),
            Self::ContractDeploy(_) => {}
        }
    }
}

impl BatchMember {
    /// The types that a member may have.
    pub const TYPES: [IntentKind; 4] =
        [IntentKind::Transfer, IntentKind::TokenTransfer, IntentKind::ContractCall, IntentKind::Approve];

    pub(crate) fn check(&self, checks: &mut Checks, path: &str) {
        match self {
            Self::Transfer(transfer) => transfer.check(checks, path),
            Self::TokenTransfer(transfer) => transfer.check(checks, path),
            Self::Approve(approve) => approve.check(checks, path),
            Self::ContractCall(call) => {
                call.check(checks, path);
                let own = call.address_lookup_table_addresses.is_none();
                let path = format!("{path}addressLookupTableAddresses");
                checks.ensure(own, &path, "unrecognized_key", "name lookup tables beside \"instructions\"");
            }
        }
    }
}

impl Transfer {
    /// Without a memo.
    pub fn new(to: impl Into<String>, amount: Amount) -> Self {
        Self { to: to.into(), amount: Some(AmountText(amount)), human_amount: None, memo: None }
    }

    fn check(&self, checks: &mut Checks, path: &str) {
        address(checks, path, "to", &self.to);
        one_amount(checks, path, self.amount.as_ref(), self.human_amount.as_ref());
        memo(checks, path, self.memo.as_deref());
    }

    /// The amount; none unless exactly one of its fields is given.
    pub fn amount(&self) -> Option<Amount> {
        amount(self.amount.as_ref(), self.human_amount.as_ref())
    }
}

impl TokenTransfer {
    /// Without a memo, to an address that a key belongs to.
    pub fn new(to: impl Into<String>, amount: Amount, token: TokenRef) -> Self {
        let amount = Some(AmountText(amount));
        Self { to: to.into(), amount, human_amount: None, token, memo: None, allow_owner_off_curve: false }
    }

    fn check(&self, checks: &mut Checks, path: &str) {
        address(checks, path, "to", &self.to);
        one_amount(checks, path, self.amount.as_ref(), self.human_amount.as_ref());
        self.token.check(checks, path);
        memo(checks, path, self.memo.as_deref());
    }

    /// The amount; none unless exactly one of its fields is given.
    pub fn amount(&self) -> Option<Amount> {
        amount(self.amount.as_ref(), self.human_amount.as_ref())
    }
}

impl Approve {
    fn check(&self, checks: &mut Checks, path: &str) {
        address(checks, path, "spender", &self.spender);
        one_amount(checks, path, self.amount.as_ref(), self.human_amount.as_ref());
        self.token.check(checks, path);
    }

    /// The amount; none unless exactly one of its fields is given.
    pub fn amount(&self) -> Option<Amount> {
        amount(self.amount.as_ref(), self.human_amount.as_ref())
    }
}

impl ContractCall {
    /// A call is either of an EVM contract or of Solana programs.
    fn check(&self, checks: &mut Checks, path: &str) {
        let at = |name: &str| format!("{path}{name}");
        for (name, text) in [("to", &self.to), ("programId", &self.program_id)] {
            if let Some(text) = text {
                address(checks, path, name, text);
            }
        }
        if !self.is_of_a_program() {
            checks.ensure(self.to.is_some(), &at("to"), "required", "name the contract");
            let something = self.calldata.is_some() || self.value.is_some() || checks.has(&at("value"));
            checks.ensure(something, &at("calldata"), "required", "give calldata, value, or both");
            return;
        }
        let mixed = "this field belongs to a call of an EVM contract, others to one of a Solana program";
        for (name, given) in [
            ("calldata", self.calldata.is_some()),
            ("value", self.value.is_some()),
            ("abi", self.abi.is_some()),
        ] {
            checks.ensure(!given, &at(name), "invalid", mixed);
        }
        for (name, given) in [
            ("programId", self.program_id.is_some()),
            ("instructionData", self.instruction_data.is_some()),
            ("accounts", self.accounts.is_some()),
        ] {
            checks.ensure(given, &at(name), "required", "a program call needs this field");
        }
        // Two names for one thing must not differ, or one would be judged and the other called.
        let same = self.to.is_none() || self.to == self.program_id || self.program_id.is_none();
        checks.ensure(same, &at("to"), "invalid", "leave it out, or repeat programId");
    }

    /// Whether a field of a Solana call is given.
    pub fn is_of_a_program(&self) -> bool {
        self.program_id.is_some()
            || self.instruction_data.is_some()
            || self.accounts.is_some()
            || self.pre_instructions.is_some()
            || self.post_instructions.is_some()
            || self.address_lookup_table_addresses.is_some()
    }
}

impl Batch {
    fn check(&self, checks: &mut Checks) {
        let count = BATCH_MEMBERS.contains(&self.instructions.len());
        checks.ensure(count, "instructions", "too_small", "a batch has 2 to 20 members");
        for (i, member) in self.instructions.iter().enumerate() {
            member.check(checks, &format!("instructions[{i}]."));
        }
    }
}

impl NftTransfer {
    fn check(&self, checks: &mut Checks) {
        address(checks, "", "to", &self.to);
        let token = &self.token;
        let named = token.address.is_some() || token.asset_id.is_some();
        checks.ensure(named, "token", "required", "name the NFT by address or assetId");
        let standard = token.standard.is_some() || token.asset_id.is_some();
        checks.ensure(standard, "token.standard", "required", "ERC-721, ERC-1155 or METAPLEX");
    }
}

impl TokenRef {
    fn check(&self, checks: &mut Checks, path: &str) {
        let named = self.address.is_some() || self.asset_id.is_some();
        let path = format!("{path}token");
        checks.ensure(named, &path, "required", "name the token by address or assetId");
    }
}

fn address(checks: &mut Checks, path: &str, name: &str, text: &str) {
    checks.text(&format!("{path}{name}"), text, 1, 128);
}

fn memo(checks: &mut Checks, path: &str, memo: Option<&str>) {
    if let Some(memo) = memo {
        checks.text(&format!("{path}memo"), memo, 0, MAX_MEMO);
    }
}

fn amount(amount: Option<&AmountText>, human: Option<&HumanText>) -> Option<Amount> {
    match (amount, human) {
        (Some(AmountText(amount)), None) => Some(amount.clone()),
        (None, Some(HumanText(human))) => Some(Amount::Human(human.clone())),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

fn one_amount(checks: &mut Checks, path: &str, amount: Option<&AmountText>, human: Option<&HumanText>) {
    let at = |name: &str| format!("{path}{name}");
    // A value that cannot be read has its own fault.
    let given = amount.is_some() || human.is_some() || checks.has(&at("humanAmount"));
    checks.ensure(given, &at("amount"), "required", "give amount or humanAmount");
    let both = amount.is_some() && human.is_some();
    checks.ensure(!both, &at("humanAmount"), "invalid", "give either amount or humanAmount, not both");
}
