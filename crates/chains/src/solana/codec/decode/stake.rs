//! The Stake program (`solana-stake-interface`, Bincode: a u32 tag, then the fields).

use solana_pubkey::Pubkey;
use waiaas_core::effect::Effect;

use super::{Context, called, handed_over, native_out};
use crate::solana::codec::cursor::Cursor;
use crate::solana::codec::message::Call;

/// The program.
pub(in crate::solana) const ID: Pubkey =
    Pubkey::from_str_const("Stake11111111111111111111111111111111111111");

pub(super) fn read(context: &Context<'_>, call: &Call<'_>) -> Option<Vec<Effect>> {
    let wallet = context.wallet;
    let mut data = Cursor::new(call.data);
    let tag = data.u32()?;
    let what = "authority over a stake account";
    let effect = match (tag, call.accounts.as_slice()) {
        (0, [stake, _rent]) => initialise(context, call, stake, &mut data)?,
        // Authorize: the new authority, and its kind: staker (0) or withdrawer (1).
        (1, [stake, _clock, authority] | [stake, _clock, authority, _]) => {
            let to = data.key()?;
            data.u32().filter(|kind| *kind <= 1)?;
            (authority == wallet).then(|| handed_over(call, stake, Some(&to), what))?
        }
        // DelegateStake: stake, vote account, clock, history, config, authority. No list or limit covers the
        // earner of a delegation or the end of one by Deactivate, so the owner must see it.
        (2, [_, _, _, _, _, authority]) | (5, [_, _, authority]) => {
            (authority == wallet).then(|| called(call, false))?
        }
        // Split and Merge keep all stake accounts under the same authorities.
        (7, [_, _, _, _, authority]) => (authority == wallet).then(|| called(call, true))?,
        (3, [_, _, authority]) => {
            data.u64()?;
            (authority == wallet).then(|| called(call, true))?
        }
        (4, [_, to, _clock, _history, authority] | [_, to, _clock, _history, authority, _]) => {
            let lamports = data.u64()?;
            let effect = if to == wallet { called(call, true) } else { native_out(to, lamports) };
            (authority == wallet).then_some(effect)?
        }
        // AuthorizeWithSeed: the new authority, its kind, seed and owner of the old one.
        (8, [stake, base, ..]) => {
            let to = data.key()?;
            data.u32().filter(|kind| *kind <= 1)?;
            let (_, _) = (data.text()?, data.key()?);
            (base == wallet).then(|| handed_over(call, stake, Some(&to), what))?
        }
        // AuthorizeChecked, where the new authority signs too.
        (10, [stake, _clock, authority, to] | [stake, _clock, authority, to, _]) => {
            data.u32().filter(|kind| *kind <= 1)?;
            (authority == wallet).then(|| handed_over(call, stake, Some(to), what))?
        }
        // AuthorizeCheckedWithSeed, and SetLockup in its two forms.
        (6 | 11 | 12, [stake, ..]) => return Some(vec![handed_over(call, stake, None, what)]),
        // InitializeChecked, GetMinimumDelegation, DeactivateDelinquent, Redelegate, MoveStake, MoveLamports.
        (9 | 13..=17, _) => return Some(vec![called(call, false)]),
        _ => return None,
    };
    data.end()?;
    Some(vec![effect])
}

/// Initialize: staker, withdrawer, and a lockup of time, epoch and custodian. The withdrawer owns the
/// account.
fn initialise(
    context: &Context<'_>,
    call: &Call<'_>,
    stake: &Pubkey,
    data: &mut Cursor<'_>,
) -> Option<Effect> {
    let (staker, withdrawer) = (data.key()?, data.key()?);
    let (until, epoch, custodian) = (data.u64()?, data.u64()?, data.key()?);
    let locked = until != 0 || epoch != 0;
    let other = [withdrawer, staker].into_iter().chain(locked.then_some(custodian));
    let other = other.into_iter().find(|key| key != context.wallet);
    Some(match other {
        None => called(call, true),
        Some(to) => handed_over(call, stake, Some(&to), "a new stake account under another authority"),
    })
}
