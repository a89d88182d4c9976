//! Bodies of EVM drafts as stored in the database: one encoding each, for one network.

use crate::world::{self, EVM};

/// The first byte of a body with a text, which belongs to no network.
const PERSONAL: u8 = 3;

pub(super) fn run(data: &[u8]) -> bool {
    let mut read = Vec::new();
    for chain in EVM.iter() {
        let draft = world::draft(chain, data.to_vec());
        if let Some(effects) = world::effects(chain, &draft) {
            assert!(matches!(data.first(), Some(1..=4)), "an unknown version was accepted");
            read.push((chain, effects));
        }
        let mut foreign = draft;
        foreign.network = waiaas_core::network::NetworkId::new("base-sepolia");
        assert!(world::effects(chain, &foreign).is_none(), "the draft of another network");
    }
    let Some((chain, _)) = read.first() else { return false };
    assert!(read.len() == 1 || data.first() == Some(&PERSONAL), "one body, several networks");
    // Further bytes are part of the text, or make the body invalid.
    let longer = world::draft(*chain, [data, b"!"].concat());
    assert!(world::effects(*chain, &longer).is_none() || data.first() == Some(&PERSONAL));
    true
}
