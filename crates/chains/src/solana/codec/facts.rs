//! Facts that the meaning of a message depends on and its bytes do not contain: kept in the draft, and so
//! part of the judged and approved content.
//!
//! Belongs here: the facts and their encoding. Does not belong here: requests to a node (`gather`), and the
//! conclusions (`decode`).
//!
//! ```text
//! facts     n:1 n×key                            accounts from lookup tables, in the runtime's order
//!           n:1 n×(account program:1 mint owner) token accounts; the highest bit of program: closable
//!           n:1 n×(mint program:1 nft:1 0|1+key) mints
//!           n:1 n×(account lamports:8)           rent for opening an account
//! ```
//!
//! Keys take 32 bytes; each list but the first is in ascending order of its first key.

use std::collections::BTreeMap;

use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;

use super::cursor::Cursor;
use super::mint::TokenProgram;

/// Set in the program's byte of a token account with a close authority other than its owner.
const CLOSABLE: u8 = 0x80;

/// The holder of a token account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::solana) struct Holder {
    pub(in crate::solana) program: TokenProgram,
    pub(in crate::solana) mint: Pubkey,
    pub(in crate::solana) owner: Pubkey,
    /// Whether the account names a close authority, treated as another account than its owner. The close
    /// authority can close it and open it again under the same address for another owner, so a payment to it
    /// may reach anyone.
    pub(in crate::solana) closable: bool,
}

impl Holder {
    /// Whether `account` is the one address derived from owner and mint, which cannot be opened for another
    /// owner.
    pub(in crate::solana) fn is_at_its_derived(&self, account: &Pubkey) -> bool {
        *account == associated(&self.owner, &self.mint, &self.program.id())
    }
}

/// The relevant properties of a mint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::solana) struct MintFact {
    pub(in crate::solana) program: TokenProgram,
    /// One indivisible unit, and no account except its Metaplex edition could mint another.
    pub(in crate::solana) nft: bool,
    /// The program that also determines the effect of a transfer: its transfer hook, or the mint itself if an
    /// extension makes a transfer differ from its amount.
    pub(in crate::solana) beyond: Option<Pubkey>,
}

/// All facts about one message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::solana) struct Facts {
    pub(in crate::solana) loaded: Vec<Pubkey>,
    pub(in crate::solana) holders: BTreeMap<Pubkey, Holder>,
    pub(in crate::solana) mints: BTreeMap<Pubkey, MintFact>,
    pub(in crate::solana) rents: BTreeMap<Pubkey, u64>,
}

impl Facts {
    /// Whether every fact in `earlier` still holds. The rent for opening an account may change.
    pub(in crate::solana) fn confirm(&self, earlier: &Self) -> bool {
        self.loaded == earlier.loaded
            && earlier.holders.iter().all(|(key, fact)| self.holders.get(key) == Some(fact))
            && earlier.mints.iter().all(|(key, fact)| self.mints.get(key) == Some(fact))
    }

    /// Writes the encoding; `None` if a list is longer than its count can express.
    pub(in crate::solana) fn write(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![u8::try_from(self.loaded.len()).ok()?];
        self.loaded.iter().for_each(|key| bytes.extend(key.to_bytes()));
        bytes.push(u8::try_from(self.holders.len()).ok()?);
        for (key, holder) in &self.holders {
            bytes.extend(key.to_bytes());
            bytes.push(tag(holder.program) | if holder.closable { CLOSABLE } else { 0 });
            bytes.extend(holder.mint.to_bytes());
            bytes.extend(holder.owner.to_bytes());
        }
        bytes.push(u8::try_from(self.mints.len()).ok()?);
        for (key, mint) in &self.mints {
            bytes.extend(key.to_bytes());
            bytes.extend([tag(mint.program), u8::from(mint.nft), u8::from(mint.beyond.is_some())]);
            bytes.extend(mint.beyond.map(|program| program.to_bytes()).iter().flatten());
        }
        bytes.push(u8::try_from(self.rents.len()).ok()?);
        for (key, lamports) in &self.rents {
            bytes.extend(key.to_bytes());
            bytes.extend(lamports.to_be_bytes());
        }
        Some(bytes)
    }

    /// Reads the encoding of [`Facts::write`], and nothing else.
    pub(in crate::solana) fn read(bytes: &mut Cursor<'_>) -> Option<Self> {
        let mut facts = Self::default();
        for _ in 0..bytes.u8()? {
            facts.loaded.push(bytes.key()?);
        }
        for _ in 0..bytes.u8()? {
            let key = bytes.key()?;
            let tag = bytes.u8()?;
            let (program, closable) = (program(tag & !CLOSABLE)?, tag & CLOSABLE != 0);
            let holder = Holder { program, mint: bytes.key()?, owner: bytes.key()?, closable };
            ascending(&mut facts.holders, key, holder)?;
        }
        for _ in 0..bytes.u8()? {
            let key = bytes.key()?;
            let mint = MintFact {
                program: program(bytes.u8()?)?,
                nft: bytes.flag()?,
                beyond: bytes.optional_key()?,
            };
            ascending(&mut facts.mints, key, mint)?;
        }
        for _ in 0..bytes.u8()? {
            let key = bytes.key()?;
            let lamports = bytes.chunk().map(u64::from_be_bytes)?;
            ascending(&mut facts.rents, key, lamports)?;
        }
        Some(facts)
    }
}

/// Adds an entry that must come after all others, so that one set of facts has one encoding.
fn ascending<T>(map: &mut BTreeMap<Pubkey, T>, key: Pubkey, value: T) -> Option<()> {
    if map.last_key_value().is_some_and(|(last, _)| *last >= key) {
        return None;
    }
    map.insert(key, value);
    Some(())
}

const fn tag(program: TokenProgram) -> u8 {
    match program {
        TokenProgram::Token => 0,
        TokenProgram::Token2022 => 1,
    }
}

const fn program(tag: u8) -> Option<TokenProgram> {
    match tag {
        0 => Some(TokenProgram::Token),
        1 => Some(TokenProgram::Token2022),
        _ => None,
    }
}
