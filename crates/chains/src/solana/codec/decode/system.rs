//! The System program (`solana-system-interface`, Bincode: a u32 tag, then the fields).

use waiaas_core::effect::Effect;

use super::{Context, called, handed_over, native_out};
use crate::solana::codec::cursor::Cursor;
use crate::solana::codec::message::Call;

/// Tag of Transfer.
const TRANSFER: u32 = 2;

/// Tag of AdvanceNonceAccount. A transaction that begins with it never expires.
const ADVANCE_NONCE: u32 = 4;

/// Whether `call` is AdvanceNonceAccount.
pub(in crate::solana) fn advances_nonce(call: &Call<'_>) -> bool {
    call.program == solana_system_interface::program::ID
        && Cursor::new(call.data).u32() == Some(ADVANCE_NONCE)
}

/// Whether `call` is Transfer, by its tag.
pub(super) fn is_transfer(call: &Call<'_>) -> bool {
    call.program == solana_system_interface::program::ID && Cursor::new(call.data).u32() == Some(TRANSFER)
}

pub(super) fn read(context: &Context<'_>, call: &Call<'_>) -> Option<Vec<Effect>> {
    let wallet = context.wallet;
    let mut data = Cursor::new(call.data);
    let tag = data.u32()?;
    let accounts = call.accounts.as_slice();
    let effect = match (tag, accounts) {
        // CreateAccount: lamports, space, owner. The owner of the new account is set by its program.
        (0, [from, to]) => {
            let (lamports, _, _) = (data.u64()?, data.u64()?, data.key()?);
            (from == wallet && to != wallet).then(|| native_out(to, lamports))?
        }
        (1, [account]) => {
            let owner = data.key()?;
            let what = "the wallet's account is given to a program";
            (account == wallet).then(|| handed_over(call, account, Some(&owner), what))?
        }
        (TRANSFER, [from, to]) => {
            let lamports = data.u64()?;
            (from == wallet).then(|| native_out(to, lamports))?
        }
        // CreateAccountWithSeed: base, seed, lamports, space, owner.
        (3, [from, to] | [from, to, _]) => {
            let (base, _, lamports) = (data.key()?, data.text()?, data.u64()?);
            let (_, _) = (data.u64()?, data.key()?);
            let named = accounts.get(2).is_none_or(|account| *account == base);
            (from == wallet && to != wallet && base == *wallet && named).then(|| native_out(to, lamports))?
        }
        // WithdrawNonceAccount.
        (5, [_, to, _, _, authority]) => {
            let lamports = data.u64()?;
            let effect = if to == wallet { called(call, true) } else { native_out(to, lamports) };
            (authority == wallet).then_some(effect)?
        }
        // InitializeNonceAccount names the authority of an account that is new.
        (6, [_, _, _]) => {
            data.key()?;
            called(call, false)
        }
        (7, [nonce, authority]) => {
            let to = data.key()?;
            let what = "authority over a nonce account";
            (authority == wallet).then(|| handed_over(call, nonce, Some(&to), what))?
        }
        (8, [account]) => {
            data.u64()?;
            let what = "the wallet's account is given space, so that it can no longer pay";
            (account == wallet).then(|| handed_over(call, account, None, what))?
        }
        // AllocateWithSeed: base, seed, space, owner. AssignWithSeed: base, seed, owner.
        (9 | 10, [account, base]) => {
            let (named, _) = (data.key()?, data.text()?);
            if tag == 9 {
                data.u64()?;
            }
            let owner = data.key()?;
            let what = "an account derived from the wallet is given to a program";
            (base == wallet && named == *base).then(|| handed_over(call, account, Some(&owner), what))?
        }
        // TransferWithSeed: lamports, seed, owner of the source. The balance of an account derived from the
        // wallet is the wallet's.
        (11, [_, base, to]) => {
            let (lamports, _, _) = (data.u64()?, data.text()?, data.key()?);
            (base == wallet).then(|| native_out(to, lamports))?
        }
        // UpgradeNonceAccount needs no signature.
        (12, [_]) => called(call, false),
        _ => return None,
    };
    data.end()?;
    Some(vec![effect])
}

pub(super) fn describe(data: &[u8]) -> String {
    let name = match Cursor::new(data).u32() {
        Some(0 | 3 | 13) => "CreateAccount of another account or not well formed",
        Some(TRANSFER) => "Transfer from another account or not well formed",
        Some(ADVANCE_NONCE) => "AdvanceNonceAccount, which makes a transaction that never expires",
        Some(11) => "TransferWithSeed of another account or not well formed",
        Some(_) | None => "an instruction that is not well formed or by another authority",
    };
    format!("system program: {name}")
}
