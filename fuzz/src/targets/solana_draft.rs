//! Bodies of Solana drafts as stored in the database: one encoding each, for one cluster.

use crate::world::{self, SOLANA};

/// The first byte of a body with a text.
const TEXT: u8 = 4;

pub(super) fn run(data: &[u8]) -> bool {
    let draft = world::draft(&*SOLANA, data.to_vec());
    if world::effects(&*SOLANA, &draft).is_none() {
        return false;
    }
    assert!(matches!(data.first(), Some(2..=4)), "an unknown version was accepted");
    let longer = world::draft(&*SOLANA, [data, b"!"].concat());
    assert!(world::effects(&*SOLANA, &longer).is_none() || data.first() == Some(&TEXT), "further bytes were accepted");
    let mut foreign = draft;
    foreign.network = waiaas_core::network::NetworkId::new("solana-devnet");
    assert!(world::effects(&*SOLANA, &foreign).is_none(), "the draft of another cluster");
    true
}
