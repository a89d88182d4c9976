//! Decodes bytes made by the programs' own interface crates.

mod invariants;
mod message;
mod programs;
mod properties;
mod tokens;

use solana_instruction::Instruction;
use waiaas_core::address::Address;

use super::*;
use crate::solana::codec::body::Builder;
use crate::solana::codec::body::tests::{WALLET, key, message};
use crate::solana::codec::facts::MintFact;

pub(super) const OWNER: Pubkey = key(9);
pub(super) const OTHER: Pubkey = key(6);
pub(super) const MINT: Pubkey = key(5);
pub(super) const NFT: Pubkey = key(11);
pub(super) const HOOKED: Pubkey = key(12);
pub(super) const HOOK: Pubkey = key(13);
/// Token accounts of the wallet for `MINT`, `NFT` and `HOOKED`, and of `OWNER`.
pub(super) const OWN: Pubkey = key(20);
pub(super) const OWN_NFT: Pubkey = key(21);
pub(super) const THEIRS: Pubkey = key(30);
pub(super) const THEIRS_NFT: Pubkey = key(31);
pub(super) const THEIRS_HOOKED: Pubkey = key(32);

pub(super) fn to(key: Pubkey) -> Address {
    address(&key)
}

/// Facts about the accounts above, under one of the token programs.
pub(super) fn facts(program: TokenProgram) -> Facts {
    let holder = |mint, owner| Holder { program, mint, owner, closable: false };
    let mint = MintFact { program, nft: false, beyond: None };
    Facts {
        loaded: vec![],
        holders: [
            (OWN, holder(MINT, WALLET)),
            (OWN_NFT, holder(NFT, WALLET)),
            (THEIRS, holder(MINT, OWNER)),
            (THEIRS_NFT, holder(NFT, OWNER)),
            (THEIRS_HOOKED, holder(HOOKED, OWNER)),
        ]
        .into(),
        mints: [
            (MINT, mint),
            (NFT, MintFact { nft: true, ..mint }),
            (HOOKED, MintFact { beyond: Some(HOOK), ..mint }),
        ]
        .into(),
        rents: [].into(),
    }
}

pub(super) fn with(facts: Facts, instructions: &[Instruction]) -> Vec<Effect> {
    let body = Body::new(Builder::Here, u64::MAX, facts, message(instructions)).expect("a body");
    let mut all = walk(&body, &WALLET, &"solana:localnet".into()).0;
    assert_eq!(all.remove(0), Effect::NetworkFee { max: U256::from(u64::MAX) });
    all
}

/// Returns the effects of one instruction, without the fee.
pub(super) fn read(instruction: &Instruction) -> Vec<Effect> {
    let program = TokenProgram::of(&instruction.program_id).unwrap_or(TokenProgram::Token);
    with(facts(program), std::slice::from_ref(instruction))
}

pub(super) fn is_unknown(effects: &[Effect]) -> bool {
    !effects.is_empty() && effects.iter().all(|effect| matches!(effect, Effect::Unknown { .. }))
}

pub(super) fn call(instruction: &Instruction, decoded: bool) -> Effect {
    let target = address(&instruction.program_id);
    Effect::ContractCall { target, selector: Selector::of_instruction(&instruction.data), decoded }
}

pub(super) fn out(mint: Pubkey, owner: Pubkey, amount: u64) -> Effect {
    let asset = waiaas_core::asset::AssetId::token(&"solana:localnet".into(), address(&mint));
    Effect::TokenOut { asset, to: address(&owner), amount: U256::from(amount) }
}

/// Returns the target and the new authority if the only effect is an authority change.
pub(super) fn handed(effects: &[Effect]) -> Option<(Address, Option<Address>)> {
    match effects {
        [Effect::AuthorityChange { target, to, selector: Some(_), .. }] => Some((*target, *to)),
        _ => None,
    }
}

/// Asserts that the instruction with a byte or an account more or fewer is unknown.
pub(super) fn strict(name: &str, good: &Instruction) {
    let mut longer = good.clone();
    longer.data.push(0);
    let mut shorter = good.clone();
    shorter.data.pop();
    let mut fewer = good.clone();
    fewer.accounts.pop();
    let mut more = good.clone();
    more.accounts.push(solana_instruction::AccountMeta::new_readonly(key(99), false));
    for (what, bad) in
        [("a longer", longer), ("a shorter", shorter), ("an account less", fewer), ("an account more", more)]
    {
        let found = read(&bad);
        assert!(is_unknown(&found), "{name}, {what}: {found:?}");
    }
}
