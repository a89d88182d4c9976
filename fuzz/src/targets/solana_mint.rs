//! Mints of both token programs: a second reader agrees on the decimals.

use spl_token_2022_interface::extension::{BaseStateWithExtensions as _, StateWithExtensions};
use spl_token_2022_interface::state::Mint;
use waiaas_chains::solana::mint_facts;
use waiaas_core::address::Address;

use crate::input::Input;

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let token_2022 = input.bool();
    let program = if token_2022 { spl_token_2022_interface::ID } else { spl_token_interface::ID };
    let account = input.rest();
    let foreign = mint_facts(Address::Solana([9; 32]), account);
    assert!(foreign.is_none(), "a mint of another program");
    assert!(mint_facts(Address::Evm([9; 20]), account).is_none());
    let Some(facts) = mint_facts(Address::Solana(program.to_bytes()), account) else { return false };
    assert!(facts.symbol.len() <= 16 && facts.symbol.bytes().all(|b| b.is_ascii_graphic()), "{facts:?}");
    if let Ok(read) = StateWithExtensions::<Mint>::unpack(account) {
        assert_eq!(read.base.decimals, facts.decimals);
        assert!(token_2022 || read.get_extension_types().is_ok_and(|all| all.is_empty()));
    }
    true
}
