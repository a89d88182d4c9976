//! Joining of completed bytes with a signature: only the signature over exactly these bytes is accepted.

use alloy_consensus::transaction::SignerRecoverable as _;
use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_eips::Decodable2718 as _;
use alloy_primitives::keccak256;
use waiaas_chains::{Chain as _, Expiry, Lane};
use waiaas_core::draft::{Completed, SigningPayload};
use waiaas_core::intent::Intent;

use crate::evm_body;
use crate::input::{self, Input};
use crate::world::{self, WALLET};

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    match input.bool() {
        true => input::seldom(data) && message(input),
        false => transaction(input),
    }
}

/// A drafted and completed message, with one bit changed.
fn message(mut input: Input<'_>) -> bool {
    let chain = world::mainnet();
    let (which, at, flip) = (input.u8() % 3, usize::from(input.u16()), input.u8());
    let message = input.rest().to_vec();
    let Ok(draft) = world::build(chain, &Intent::SignMessage { message }) else { return false };
    let lane = Lane::default();
    let completed = futures_util::FutureExt::now_or_never(chain.complete(&draft, &lane));
    let Some(Ok(completed)) = completed else { unreachable!("a text needs no node") };
    let SigningPayload::Secp256k1(mut payload) = *completed.payload() else { unreachable!("EVM") };
    let mut signature = world::signature(completed.payload());
    let mut unsigned = completed.unsigned().to_vec();
    let changed: &mut [u8] = match which {
        0 => &mut unsigned,
        1 => &mut signature,
        _ => &mut payload,
    };
    let at = at % changed.len();
    changed[at] ^= flip;
    let other = Completed::new(&draft, unsigned, SigningPayload::Secp256k1(payload));
    assert_eq!(chain.codec().assemble(&other, &signature).is_ok(), flip == 0, "{which} at {at}");
    true
}

/// Any bytes, with the wallet's signature over them.
fn transaction(mut input: Input<'_>) -> bool {
    let chain = world::mainnet();
    let unsigned = input.rest();
    let hash = keccak256(unsigned);
    let payload = SigningPayload::Secp256k1(hash.0);
    // Signing takes a hundred times as long as detecting bytes that are not a transaction.
    let sound = evm_body::decode(unsigned).is_some_and(|(_, encoded)| encoded == unsigned);
    let signature = if sound { world::signature(&payload) } else { vec![0; 65] };
    let carried = [WALLET.as_slice(), unsigned].concat();
    let completed = Completed::new(&world::draft(chain, unsigned.to_vec()), carried, payload);
    let Ok(signed) = chain.codec().assemble(&completed, &signature) else { return false };
    assert!(sound, "{}", hex::encode(unsigned));
    let Ok(read) = TxEnvelope::decode_2718_exact(&signed.bytes) else {
        unreachable!("not a transaction: {}", hex::encode(&signed.bytes));
    };
    assert_eq!(read.recover_signer().ok(), Some(*WALLET));
    assert_eq!((read.chain_id(), read.signature_hash()), (Some(1), hash));
    assert_eq!(signed.hash, keccak256(&signed.bytes).to_string());
    assert_eq!(signed.expiry, Expiry::Nonce(read.nonce()));
    // With another address in front it is no transaction of the signer.
    let carried = [[0x77; 20].as_slice(), unsigned].concat();
    let foreign =
        Completed::new(&world::draft(chain, unsigned.to_vec()), carried, SigningPayload::Secp256k1(hash.0));
    assert!(chain.codec().assemble(&foreign, &signature).is_err());
    true
}
