//! The identity and the height of the chain that the nodes serve.

use super::EvmChain;
use crate::{ChainError, Identity};

impl EvmChain {
    /// Returns the first block, on which all nodes must agree, and the lowest and highest newest block. A height
    /// counts only if the node also returns the block of that number, because a number alone is easily invented.
    pub(super) async fn identified(&self) -> Result<Identity, ChainError> {
        let (mut genesis, mut heights) = (None, Vec::new());
        for node in self.node.singles() {
            let head = node.head("0x0").await.map_err(|f| node.fail(f))?;
            let first = head.ok_or_else(|| node.bad("the chain has no first block"))?.hash;
            if genesis.is_some_and(|genesis| genesis != first) {
                return Err(node.bad("the nodes have different first blocks"));
            }
            genesis = Some(first);
            let newest = node.number_of("latest").await.map_err(|f| node.fail(f))?;
            let newest = newest.ok_or_else(|| node.bad("the chain has no newest block"))?;
            let shown = node.number_of(&format!("{newest:#x}")).await.map_err(|f| node.fail(f))?;
            heights.extend(shown.filter(|shown| *shown == newest));
        }
        let genesis = genesis.ok_or_else(|| self.node.bad("no node is configured"))?;
        let heights = heights.iter().min().zip(heights.iter().max());
        let (lowest, highest) = heights.ok_or_else(|| self.node.bad("no node returns its newest block"))?;
        Ok(Identity { genesis: genesis.to_string(), lowest: *lowest, highest: *highest })
    }
}
