//! Raw Solana transactions built elsewhere: complete and signed by the wallet alone, or refused.

use waiaas_chains::{Chain as _, ChainError};
use waiaas_core::intent::Intent;

use crate::solana_body;
use crate::world::{self, RUNTIME, SOLANA, SOLANA_WALLET};

pub(super) fn run(data: &[u8]) -> bool {
    let from = world::draft(&*SOLANA, Vec::new()).from;
    let intent = Intent::SignTransaction { transaction: data.to_vec() };
    match RUNTIME.block_on(SOLANA.build(from, &intent)) {
        Err(ChainError::Refused(refusal)) => {
            assert!(!refusal.to_string().is_empty());
            return false;
        }
        // Accepted, but no node is there to check its blockhash.
        Err(ChainError::Unreachable { .. }) => {}
        other => unreachable!("without a node: {other:?}"),
    }
    // One signature, of one signer, who pays.
    assert_eq!(data.first(), Some(&1));
    let message = data.get(65..).unwrap_or_default();
    let Some(read) = world::solana_message(message) else { unreachable!("{}", hex::encode(message)) };
    assert_eq!(read.header().num_required_signatures, 1);
    assert_eq!(read.static_account_keys().first().map(|key| key.to_bytes()), Some(*SOLANA_WALLET));
    assert!(data.len() <= 1_232);
    // Without facts about its accounts it is a draft, unless it uses lookup tables.
    if read.address_table_lookups().is_none_or(<[_]>::is_empty) {
        let fee = world::solana_fee(&read);
        let body = solana_body::bare(fee, message);
        let effects = world::effects(&*SOLANA, &world::draft(&*SOLANA, body));
        assert!(effects.is_some_and(|effects| !effects.items.is_empty()));
    }
    true
}
