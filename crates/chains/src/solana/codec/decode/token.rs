//! The token programs (`spl-token-interface`, `spl-token-2022-interface`: a tag byte, then the fields).
//!
//! Belongs here: the instructions of both programs. The instructions of Token-2022 alone are in `extensions`.
//!
//! Only the wallet signs, so an instruction with any other authority, including a multisig account, is an
//! unknown effect. Transfers from accounts that the wallet may spend from as a delegate count as transfers
//! from its own. A mint of one indivisible unit is an NFT, whatever the request called it.

use solana_pubkey::Pubkey;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;
use waiaas_core::nft::{NftId, NftKind};

use super::{Context, called, extensions, handed_over};
use crate::solana::codec::address;
use crate::solana::codec::cursor::Cursor;
use crate::solana::codec::facts::{Holder, MintFact};
use crate::solana::codec::message::Call;
use crate::solana::codec::mint::TokenProgram;

/// Tag of the instruction that contains others.
const BATCH: u8 = 255;

pub(super) fn read(context: &mut Context<'_>, program: TokenProgram, call: &Call<'_>) -> Option<Vec<Effect>> {
    if program == TokenProgram::Token2022 && extensions::is_interface(call.data) {
        return extensions::interface(context, call);
    }
    let mut data = Cursor::new(call.data);
    let tag = data.u8()?;
    match tag {
        3 | 12 => transfer(context, program, call, tag == 12, data),
        4 | 13 => approve(context, program, call, tag == 13, data),
        5 => revoke(context, program, call, data),
        6 => set_authority(context, program, call, data),
        7 | 14 => by_authority(context, call, amount(&mut data, tag == 14).and(data.end())),
        8 | 15 => burn(context, program, call, tag == 15, data),
        9 => close(context, call, data),
        10 | 11 => by_authority(context, call, data.end()),
        1 | 16 | 18 => initialise(context, program, call, tag, data),
        17 | 22 => match call.accounts.as_slice() {
            [_] => data.end().map(|()| vec![called(call, true)]),
            _ => None,
        },
        // InitializeMint and InitializeMultisig and their second forms; queries of sizes and amounts.
        0 | 2 | 19 | 20 | 21 | 23 | 24 => Some(vec![called(call, false)]),
        // WithdrawExcessLamports and UnwrapLamports, whose lamports go to a given account.
        38 => take_lamports(context, call, data.end()),
        45 => take_lamports(context, call, unwrapped(&mut data).and(data.end())),
        BATCH => None,
        _ if program == TokenProgram::Token2022 => extensions::read(context, call, tag, data),
        _ => None,
    }
}

/// Reads an amount, followed by the mint's decimals in the checked forms.
pub(super) fn amount(data: &mut Cursor<'_>, checked: bool) -> Option<u64> {
    let amount = data.u64()?;
    if checked {
        data.u8()?;
    }
    Some(amount)
}

/// Reads the optional amount of UnwrapLamports.
fn unwrapped(data: &mut Cursor<'_>) -> Option<()> {
    if data.flag()? {
        data.u64()?;
    }
    Some(())
}

impl Context<'_> {
    fn holder(&self, program: TokenProgram, account: &Pubkey) -> Option<Holder> {
        self.holders.get(account).copied().filter(|holder| holder.program == program)
    }

    fn mint(&self, program: TokenProgram, mint: &Pubkey) -> Option<MintFact> {
        self.facts.mints.get(mint).copied().filter(|fact| fact.program == program)
    }

    fn nft(&self, mint: &Pubkey) -> NftId {
        NftId { caip2: self.caip2.clone(), kind: NftKind::Metaplex { mint: address(mint) } }
    }

    /// An outflow of a mint, with a call of the other program that takes part in its transfers, if any.
    pub(super) fn moved(
        &self,
        call: &Call<'_>,
        program: TokenProgram,
        mint: &Pubkey,
        to: &Pubkey,
        amount: u64,
    ) -> Option<Vec<Effect>> {
        let fact = self.mint(program, mint)?;
        let (to, amount) = (address(to), U256::from(amount));
        let out = if fact.nft {
            Effect::NftOut { nft: self.nft(mint), to, quantity: amount }
        } else {
            Effect::TokenOut { asset: AssetId::token(self.caip2, address(mint)), to, amount }
        };
        let beyond = fact.beyond.map(|program| called(&Call { program, ..call.clone() }, false));
        Some(std::iter::once(out).chain(beyond).collect())
    }

    /// A transfer to a token account, as an outflow to the owner of that account.
    pub(super) fn paid(
        &self,
        call: &Call<'_>,
        program: TokenProgram,
        (mint, destination): (&Pubkey, &Pubkey),
        amount: u64,
    ) -> Option<Vec<Effect>> {
        let holder = self.holder(program, destination).filter(|holder| holder.mint == *mint)?;
        // Its address determines its owner only if it is derived from the owner.
        if holder.closable && !holder.is_at_its_derived(destination) {
            return None;
        }
        self.moved(call, program, mint, &holder.owner, amount)
    }

    fn allowed(
        &self,
        program: TokenProgram,
        mint: &Pubkey,
        spender: Option<&Pubkey>,
        amount: u64,
    ) -> Option<Vec<Effect>> {
        let nft = self.mint(program, mint)?.nft;
        let spender = spender.filter(|_| amount > 0);
        Some(vec![if nft {
            Effect::NftAllowance { nft: self.nft(mint), spender: spender.map(address) }
        } else {
            // A token account has one delegate; after a revocation only the wallet is left.
            let asset = AssetId::token(self.caip2, address(mint));
            let spender = address(spender.unwrap_or(self.wallet));
            Effect::Allowance { asset, spender, amount: U256::from(amount), through: None }
        }])
    }
}

/// Transfer, which does not name its mint, and TransferChecked.
fn transfer(
    context: &Context<'_>,
    program: TokenProgram,
    call: &Call<'_>,
    checked: bool,
    mut data: Cursor<'_>,
) -> Option<Vec<Effect>> {
    let amount = amount(&mut data, checked)?;
    data.end()?;
    let (mint, destination, authority) = match call.accounts.as_slice() {
        [source, destination, authority] if !checked => {
            (context.holder(program, source)?.mint, destination, authority)
        }
        [_, mint, destination, authority, more @ ..] if checked => {
            // Further accounts behind the authority are for a transfer hook, or otherwise for a multisig.
            let hooked = program == TokenProgram::Token2022 && context.mint(program, mint)?.beyond.is_some();
            if !hooked && !more.is_empty() {
                return None;
            }
            (*mint, destination, authority)
        }
        _ => return None,
    };
    if authority != context.wallet {
        return None;
    }
    context.paid(call, program, (&mint, destination), amount)
}

fn approve(
    context: &Context<'_>,
    program: TokenProgram,
    call: &Call<'_>,
    checked: bool,
    mut data: Cursor<'_>,
) -> Option<Vec<Effect>> {
    let amount = amount(&mut data, checked)?;
    data.end()?;
    let (mint, delegate, owner) = match call.accounts.as_slice() {
        [source, delegate, owner] if !checked => (context.holder(program, source)?.mint, delegate, owner),
        [_, mint, delegate, owner] if checked => (*mint, delegate, owner),
        _ => return None,
    };
    if owner != context.wallet {
        return None;
    }
    context.allowed(program, &mint, Some(delegate), amount)
}

fn revoke(
    context: &Context<'_>,
    program: TokenProgram,
    call: &Call<'_>,
    data: Cursor<'_>,
) -> Option<Vec<Effect>> {
    data.end()?;
    let [source, owner] = call.accounts.as_slice() else { return None };
    let mint = context.holder(program, source)?.mint;
    if owner != context.wallet {
        return None;
    }
    context.allowed(program, &mint, None, 0)
}

fn set_authority(
    context: &mut Context<'_>,
    program: TokenProgram,
    call: &Call<'_>,
    mut data: Cursor<'_>,
) -> Option<Vec<Effect>> {
    let (kind, to) = (data.u8()?, data.optional_key()?);
    data.end()?;
    let [account, authority] = call.accounts.as_slice() else { return None };
    if authority != context.wallet {
        return None;
    }
    let what = match kind {
        0 => "minting of a token",
        1 => "freezing of a token's accounts",
        2 => "ownership of a token account",
        3 => "closing of a token account or mint",
        _ if program == TokenProgram::Token2022 => "authority over a token's extension",
        _ => return None,
    };
    // From here on the account belongs to another owner, or another account may close it.
    if let Some(holder) = context.holders.get_mut(account) {
        match (kind, to) {
            (2, Some(owner)) => holder.owner = owner,
            (3, closer) => holder.closable = closer.is_some(),
            (_, Some(_) | None) => {}
        }
    }
    Some(vec![handed_over(call, account, to.as_ref(), what)])
}

/// A burn has no recipient; the mint is named instead.
fn burn(
    context: &Context<'_>,
    program: TokenProgram,
    call: &Call<'_>,
    checked: bool,
    mut data: Cursor<'_>,
) -> Option<Vec<Effect>> {
    let amount = amount(&mut data, checked)?;
    data.end()?;
    let [_, mint, authority] = call.accounts.as_slice() else { return None };
    if authority != context.wallet {
        return None;
    }
    context.moved(call, program, mint, mint, amount)
}

/// Closes an account. All its lamports, including the wrapped coin, go to a given account.
fn close(context: &mut Context<'_>, call: &Call<'_>, data: Cursor<'_>) -> Option<Vec<Effect>> {
    let effects = take_lamports(context, call, data.end())?;
    call.accounts.first().map(|account| context.holders.remove(account));
    Some(effects)
}

/// An unknown number of lamports goes to a given account: no outflow if that is the wallet.
fn take_lamports(context: &Context<'_>, call: &Call<'_>, read: Option<()>) -> Option<Vec<Effect>> {
    read?;
    let [_, destination, authority] = call.accounts.as_slice() else { return None };
    (destination == context.wallet && authority == context.wallet).then(|| vec![called(call, true)])
}

/// Calls of the wallet as the authority of a mint: MintTo, FreezeAccount, ThawAccount.
fn by_authority(context: &Context<'_>, call: &Call<'_>, read: Option<()>) -> Option<Vec<Effect>> {
    read?;
    let [_, _, authority] = call.accounts.as_slice() else { return None };
    (authority == context.wallet).then(|| vec![called(call, false)])
}

/// InitializeAccount in its three forms: it sets the owner of a new token account.
fn initialise(
    context: &mut Context<'_>,
    program: TokenProgram,
    call: &Call<'_>,
    tag: u8,
    mut data: Cursor<'_>,
) -> Option<Vec<Effect>> {
    let (account, mint, owner) = match (tag, call.accounts.as_slice()) {
        (1, [account, mint, owner, _rent]) => (account, mint, *owner),
        (16, [account, mint, _rent]) => (account, mint, data.key()?),
        (18, [account, mint]) => (account, mint, data.key()?),
        _ => return None,
    };
    data.end()?;
    // An existing account cannot be initialised again.
    let holder = Holder { program, mint: *mint, owner, closable: false };
    if context.holders.insert(*account, holder).is_some() {
        return None;
    }
    if owner == *context.wallet {
        return Some(vec![called(call, true)]);
    }
    // Earlier payments into the account stay where they were counted; from here on it belongs to this owner.
    let (owner, account) = (address(&owner), address(account));
    Some(vec![called(call, true), Effect::AccountRent { owner, account, amount: U256::ZERO }])
}

pub(super) fn describe(data: &[u8]) -> String {
    let name = match data.first() {
        Some(3 | 12) => {
            "a transfer that is not well formed, or from or to an account that is not known or that another \
             account may close"
        }
        Some(4 | 13) => "Approve by another authority or not well formed",
        Some(6) => "SetAuthority by another authority or not well formed",
        Some(8 | 15) => "Burn by another authority or not well formed",
        Some(9 | 38 | 45) => "lamports of a token account for another recipient",
        Some(&BATCH) => "Batch",
        Some(_) | None => "an instruction that is not known, not well formed or by another authority",
    };
    format!("token program: {name}")
}
