//! Token-2022 only: instructions of its extensions, and of the metadata and group interfaces
//! (`spl-token-metadata-interface`, `spl-token-group-interface`) that it implements.
//!
//! Belongs here: the distinction of transfers and changes of authority from the rest, which stays an
//! undecoded call.

use waiaas_core::effect::Effect;

use super::{Context, called, handed_over, token};
use crate::solana::codec::cursor::Cursor;
use crate::solana::codec::message::Call;
use crate::solana::codec::mint::TokenProgram;

/// Tag of the transfer fee extension; its second byte selects the instruction.
const TRANSFER_FEE: u8 = 26;
const TRANSFER_CHECKED_WITH_FEE: u8 = 1;

/// The first eight bytes of SHA-256 of the instructions' names, as their interfaces define them.
const UPDATE_METADATA_AUTHORITY: [u8; 8] = [0xd7, 0xe4, 0xa6, 0xe4, 0x54, 0x64, 0x56, 0x7b];
const UPDATE_GROUP_AUTHORITY: [u8; 8] = [0xa1, 0x69, 0x58, 0x01, 0xed, 0xdd, 0xd8, 0xcb];
const OTHERS: [[u8; 8]; 7] = [
    // Metadata: Initialize, UpdateField, RemoveKey, Emit.
    [0xd2, 0xe1, 0x1e, 0xa2, 0x58, 0xb8, 0x4d, 0x8d],
    [0xdd, 0xe9, 0x31, 0x2d, 0xb5, 0xca, 0xdc, 0xc8],
    [0xea, 0x12, 0x20, 0x38, 0x59, 0x8d, 0x25, 0xb5],
    [0xfa, 0xa6, 0xb4, 0xfa, 0x0d, 0x0c, 0xb8, 0x46],
    // Group: InitializeGroup, UpdateGroupMaxSize, InitializeMember.
    [0x79, 0x71, 0x6c, 0x27, 0x36, 0x33, 0x00, 0x04],
    [0x6c, 0x25, 0xab, 0x8f, 0xf8, 0x1e, 0x12, 0x6e],
    [0x98, 0x20, 0xde, 0xb0, 0xdf, 0xed, 0x74, 0x86],
];

/// Whether `data` begins as an instruction of the metadata or group interface.
pub(super) fn is_interface(data: &[u8]) -> bool {
    data.first_chunk::<8>().is_some_and(|tag| {
        [UPDATE_METADATA_AUTHORITY, UPDATE_GROUP_AUTHORITY].contains(tag) || OTHERS.contains(tag)
    })
}

/// Reads an instruction of the metadata or group interface.
pub(super) fn interface(context: &Context<'_>, call: &Call<'_>) -> Option<Vec<Effect>> {
    let mut data = Cursor::new(call.data);
    let what = match data.chunk::<8>()? {
        UPDATE_METADATA_AUTHORITY => "authority over a token's metadata",
        UPDATE_GROUP_AUTHORITY => "authority over a group of tokens",
        _ => return Some(vec![called(call, false)]),
    };
    let to = data.key()?;
    data.end()?;
    let [account, authority] = call.accounts.as_slice() else { return None };
    // All zeros means no authority.
    let to = (to != solana_pubkey::Pubkey::default()).then_some(to);
    (authority == context.wallet).then(|| vec![handed_over(call, account, to.as_ref(), what)])
}

/// Reads an instruction whose tag exists in Token-2022 only.
pub(super) fn read(
    context: &Context<'_>,
    call: &Call<'_>,
    tag: u8,
    mut data: Cursor<'_>,
) -> Option<Vec<Effect>> {
    match tag {
        TRANSFER_FEE if data.rest().first() == Some(&TRANSFER_CHECKED_WITH_FEE) => {
            data.u8()?;
            // The fee is deducted from the received amount.
            let (amount, _) = (token::amount(&mut data, true)?, data.u64()?);
            data.end()?;
            let [_, mint, destination, authority] = call.accounts.as_slice() else { return None };
            if authority != context.wallet {
                return None;
            }
            context.paid(call, TokenProgram::Token2022, (mint, destination), amount)
        }
        25..=37 | 39..=44 | 46 => Some(vec![called(call, false)]),
        // A tag introduced later may move anything.
        _ => None,
    }
}
