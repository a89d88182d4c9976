//! The Associated Token Account program: creation of token accounts.

use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;
use waiaas_core::U256;
use waiaas_core::effect::Effect;

use super::{Context, called};
use crate::solana::codec::address;
use crate::solana::codec::facts::Holder;
use crate::solana::codec::message::Call;
use crate::solana::codec::mint::TokenProgram;

pub(super) fn read(context: &mut Context<'_>, call: &Call<'_>) -> Option<Vec<Effect>> {
    match (call.data, call.accounts.as_slice()) {
        // The first version was called with Create without data.
        ([] | [0] | [1], _) => open(context, call),
        // RecoverNested.
        ([2], [_, _, _, _, _, _, _]) => Some(vec![called(call, false)]),
        _ => None,
    }
}

/// Create and CreateIdempotent. The second costs nothing if the account exists already, but whether it still
/// exists on execution is not known here.
fn open(context: &mut Context<'_>, call: &Call<'_>) -> Option<Vec<Effect>> {
    let [payer, account, owner, mint, system, token] = call.accounts.as_slice() else { return None };
    let program = TokenProgram::of(token)?;
    let expected = payer == context.wallet
        && *system == solana_system_interface::program::ID
        && *account == associated(owner, mint, &program.id());
    let rent = context.facts.rents.get(account).filter(|_| expected)?;
    let holder = Holder { program, mint: *mint, owner: *owner, closable: false };
    // The program rejects an existing account of another owner. An existing account keeps its state,
    // including its close authority.
    let known = context.holders.entry(*account).or_insert(holder);
    if (known.mint, known.owner, known.program) != (holder.mint, holder.owner, holder.program) {
        return None;
    }
    let amount = U256::from(*rent);
    Some(vec![Effect::AccountRent { owner: address(owner), account: address(account), amount }])
}
