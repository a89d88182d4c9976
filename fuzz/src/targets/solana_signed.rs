//! Joining of completed bytes with a signature on Solana: only the wallet's signature over exactly these
//! bytes is accepted.

use waiaas_chains::{Chain as _, Expiry};
use waiaas_core::draft::{Completed, SigningPayload};

use crate::input::Input;
use crate::solana_body;
use crate::world::{self, SOLANA, SOLANA_WALLET};

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let (which, at, flip) = (input.u8() % 3, usize::from(input.u16()), input.u8());
    let height: [u8; 8] = input.array();
    let message = input.rest();
    let Some(read) = world::solana_message(message) else { return false };
    let body = solana_body::bare(world::solana_fee(&read), message);
    let draft = world::draft(&*SOLANA, body);
    let mut unsigned = vec![draft.body[0]];
    unsigned.extend(height);
    unsigned.extend(&draft.body[1..]);
    let payload = SigningPayload::Ed25519(message.to_vec());
    let mut signature = world::signature(&payload);
    let completed = Completed::new(&draft, unsigned.clone(), payload);
    let Ok(signed) = SOLANA.codec().assemble(&completed, &signature) else { return false };
    assert_eq!(read.static_account_keys().first().map(|key| key.to_bytes()), Some(*SOLANA_WALLET));
    assert_eq!(signed.bytes, [&[1], signature.as_slice(), message].concat());
    assert_eq!(signed.expiry, Expiry::BlockHeight(u64::from_be_bytes(height)));
    assert_eq!(signed.hash, bs58::encode(&signature).into_string());

    // With one byte changed it is something else.
    let mut payload = message.to_vec();
    let changed: &mut [u8] = match which {
        0 => &mut unsigned,
        1 => &mut signature,
        _ => &mut payload,
    };
    let at = at % changed.len();
    changed[at] ^= flip;
    let other = Completed::new(&draft, unsigned, SigningPayload::Ed25519(payload));
    // The height is not part of a transaction.
    let harmless = flip == 0 || (which == 0 && (1..9).contains(&at));
    assert_eq!(SOLANA.codec().assemble(&other, &signature).is_ok(), harmless, "{which} at {at}");
    true
}
