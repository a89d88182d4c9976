//! Constraints on the fields of a request beyond their types, and values derived from several fields.
//!
//! Belongs here: checks that need no wallet. Does not belong here: addresses, networks and amounts of an
//! asset, which are checked where the wallet is known.

use waiaas_core::intent::{Amount, IntentKind};
use waiaas_core::nft::NftStandard;

use super::operation::{
    Approve, BATCH_MEMBERS, Batch, BatchMember, ContractCall, MAX_MEMO, NftTransfer, Operation, TokenRef,
    TokenTransfer, Transfer,
};
use super::values::{AmountText, HumanText};
use crate::validation::Checks;

impl Operation {
    /// The types that can be requested.
    pub const TYPES: [IntentKind; 7] = [
        IntentKind::Transfer,
        IntentKind::TokenTransfer,
        IntentKind::ContractCall,
        IntentKind::Approve,
        IntentKind::Batch,
        IntentKind::NftTransfer,
        IntentKind::ContractDeploy,
    ];

    /// Checks everything that can be checked without the wallet.
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
    /// The types that a member of a batch may have.
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
    /// A transfer without a memo.
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
    /// A token transfer without a memo, to an address with a private key.
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
        if let (None, Some(nft)) = (&self.token.asset_id, &self.nft) {
            token_id(checks, &format!("{path}nft.tokenId"), &nft.standard, nft.token_id.as_ref());
        }
    }

    /// The amount; none unless exactly one of its fields is given.
    pub fn amount(&self) -> Option<Amount> {
        amount(self.amount.as_ref(), self.human_amount.as_ref())
    }
}

impl ContractCall {
    /// A call is either one of an EVM contract or one of Solana programs.
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
        let mixed =
            "this field is for a call of an EVM contract, but others are for a call of a Solana program";
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
        // The two names must agree, or one contract would be judged and another called.
        let same = self.to.is_none() || self.to == self.program_id || self.program_id.is_none();
        checks.ensure(same, &at("to"), "invalid", "leave it out, or repeat programId");
    }

    /// Whether any field of a Solana call is given.
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
        let code = if self.instructions.len() < *BATCH_MEMBERS.start() { "too_small" } else { "too_big" };
        checks.ensure(count, "instructions", code, "a batch has 2 to 20 members");
        for (i, member) in self.instructions.iter().enumerate() {
            member.check(checks, &format!("instructions[{i}]."));
        }
        let calls = |member: &BatchMember| matches!(member, BatchMember::ContractCall(call) if call.is_of_a_program());
        let tables = self.address_lookup_table_addresses.as_deref().unwrap_or_default();
        let used = tables.is_empty() || !count || self.instructions.iter().any(calls);
        let wanted = "no member calls a program, which alone uses lookup tables; leave them out";
        checks.ensure(used, "addressLookupTableAddresses", "invalid", wanted);
    }
}

impl NftTransfer {
    fn check(&self, checks: &mut Checks) {
        address(checks, "", "to", &self.to);
        let token = &self.token;
        let named = token.address.is_some() || token.asset_id.is_some();
        checks.ensure(named, "token", "required", "name the NFT by address or assetId");
        let standard = !named || token.standard.is_some() || token.asset_id.is_some();
        checks.ensure(standard, "token.standard", "required", "ERC-721, ERC-1155 or METAPLEX");
        if let (None, Some(standard)) = (&token.asset_id, &token.standard) {
            token_id(checks, "token.tokenId", standard, token.token_id.as_ref());
        }
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

/// An NFT named by its address needs its token id, except a Metaplex one, which has none.
fn token_id(checks: &mut Checks, path: &str, standard: &str, given: Option<&String>) {
    let has_one = NftStandard::parse(standard) != Some(NftStandard::Metaplex);
    checks.ensure(!has_one || given.is_some(), path, "required", "the token id, in digits");
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
    // A value that could not be parsed has been reported already.
    let given = amount.is_some() || human.is_some() || checks.has(&at("humanAmount"));
    checks.ensure(given, &at("amount"), "required", "give amount or humanAmount");
    let both = amount.is_some() && human.is_some();
    checks.ensure(!both, &at("humanAmount"), "invalid", "give either amount or humanAmount, not both");
}
