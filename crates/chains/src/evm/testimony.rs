//! What one node says of signed bytes: asked by hash, by receipt and by the account's count.
//!
//! Belongs here: which questions, in which order, and what the answers mean. Does not belong here: what
//! follows from all nodes' answers together (`outcome`).

use alloy_primitives::{B256, U256};
use waiaas_core::network::Finality;

use super::EvmChain;
use super::envelope::Sent;
use super::node::{Node, Receipt};
use super::rival::UsedBy;
use crate::outcome::{Depth, Landed, Proof, Testimony};
use crate::rpc::RpcFailure;
use crate::{ChainError, Known};

/// The most that a fee for data is believed to be: 0.02 of a coin, in wei. Networks that have one ask for
/// thousandths of that.
const MOST_FOR_DATA: U256 = U256::from_limbs([20_000_000_000_000_000, 0, 0, 0]);

/// Signed bytes to be asked about, and those beside which only one of all lands.
pub(super) struct Question<'a> {
    pub(super) chain: &'a EvmChain,
    pub(super) sent: &'a Sent,
    /// Hashes of what else the account signed for the nonce.
    pub(super) rivals: Vec<B256>,
    /// What landed before it could: hash and block.
    earlier: Option<(B256, u64)>,
}

/// A block that holds a transaction, by a receipt that its node stands to.
pub(super) struct Included {
    pub(super) block: u64,
    /// The node's newest block.
    pub(super) height: u64,
}

impl<'a> Question<'a> {
    pub(super) fn new(chain: &'a EvmChain, sent: &'a Sent, known: Known<'_>) -> Self {
        let rivals = known.rivals.iter().filter_map(|hash| hash.parse().ok());
        let rivals = rivals.filter(|rival| *rival != sent.hash).collect();
        let earlier = known.earlier.and_then(|(hash, block)| Some((hash.parse().ok()?, block)));
        Self { chain, sent, rivals, earlier }
    }

    /// Asks one node. How far it has seen is asked before everything else: what it then does not have is
    /// in none of those blocks.
    pub(super) async fn ask(&self, node: &Node, how_far: bool) -> Result<Testimony, ChainError> {
        self.told(node, how_far).await.map_err(|failure| node.fail(failure))
    }

    async fn told(&self, node: &Node, how_far: bool) -> Result<Testimony, RpcFailure> {
        let seen_up_to = if how_far { Some(node.height().await?) } else { None };
        let open = Testimony::Open { seen_up_to };
        if let Some(receipt) = node.receipt(self.sent.hash).await? {
            return Ok(self.landed(node, &receipt).await?.map_or(open, Testimony::Landed));
        }
        let nonce = self.sent.tx.nonce();
        if node.transaction_count(self.sent.from, "latest").await? <= nonce {
            return Ok(open);
        }
        if node.knows(self.sent.hash).await? {
            return Ok(open);
        }
        Ok(match self.used_by(node).await? {
            UsedBy::Another => Testimony::Gone(Proof::Signed),
            // It landed, by the word of a node without its receipt: reason enough to give up nothing.
            UsedBy::Itself => Testimony::Open { seen_up_to: None },
            UsedBy::NotShown => Testimony::Gone(if self.has_everything_since(node).await? {
                Proof::Complete
            } else {
                Proof::Claimed
            }),
        })
    }

    /// Whether a node still has a transaction that landed before this one could, and calls the nonce used
    /// in a final block.
    async fn has_everything_since(&self, node: &Node) -> Result<bool, RpcFailure> {
        let Some((hash, block)) = self.earlier else { return Ok(false) };
        let Some(receipt) = node.receipt(hash).await? else { return Ok(false) };
        let Some(found) = included(node, &receipt).await? else { return Ok(false) };
        let Some(last) = self.final_height(node, found.height).await? else { return Ok(false) };
        let used = self.used_at(node, last).await?;
        Ok(found.block == block && used == Some(true))
    }

    /// None while the receipt's block is not on the node's chain.
    async fn landed(&self, node: &Node, receipt: &Receipt) -> Result<Option<Landed>, RpcFailure> {
        let bad = |why: &str| RpcFailure::BadAnswer(why.to_owned());
        if receipt.from != self.sent.from {
            return Err(bad("the receipt names another sender"));
        }
        let succeeded = match u8::try_from(receipt.status.0) {
            Ok(1) => true,
            Ok(0) => false,
            _ => return Err(bad("the receipt's status is neither success nor failure")),
        };
        let most_for_data = self.chain.network.has_data_fee.then_some(MOST_FOR_DATA);
        let fee = fee(self.sent, receipt, most_for_data).map_err(bad)?;
        let Some(Included { block, height }) = included(node, receipt).await? else { return Ok(None) };
        let confirmations = height.checked_sub(block).map_or(0, |above| above.saturating_add(1));
        let depth = if confirmations < self.chain.options.confirmations.max(1) {
            Depth::Shallow
        } else if self.final_height(node, height).await?.is_some_and(|last| block <= last) {
            Depth::Final
        } else {
            Depth::Confirmed
        };
        Ok(Some(Landed { succeeded, fee, block, depth }))
    }

    /// The newest block of a node that nothing takes back, its newest block being `height`.
    pub(super) async fn final_height(&self, node: &Node, height: u64) -> Result<Option<u64>, RpcFailure> {
        let buried = |blocks: u64| height.checked_sub(blocks.max(1).saturating_sub(1));
        let options = &self.chain.options;
        let by_rule = match options.finality {
            Finality::Blocks(blocks) => buried(blocks),
            Finality::Finalized { else_blocks } => match node.number_of("finalized").await {
                Ok(Some(number)) => Some(number),
                Ok(None) | Err(RpcFailure::Node { .. }) => buried(else_blocks),
                Err(failure) => return Err(failure),
            },
        };
        Ok(by_rule.zip(buried(options.least_finality_depth)).map(|(rule, least)| rule.min(least)))
    }
}

/// The block of a receipt, if it is on the node's chain.
pub(super) async fn included(node: &Node, receipt: &Receipt) -> Result<Option<Included>, RpcFailure> {
    let (Some(hash), Some(number)) = (receipt.block_hash, receipt.block_number) else { return Ok(None) };
    let out_of_range = |_| RpcFailure::BadAnswer("the block number is out of range".to_owned());
    let block = u64::try_from(number.0).map_err(out_of_range)?;
    if node.head(&format!("0x{block:x}")).await?.is_none_or(|head| head.hash != hash) {
        return Ok(None);
    }
    Ok(Some(Included { block, height: node.height().await? }))
}

/// What a receipt says was paid: at most all the gas at its highest price, and on OP-stack chains a fee
/// for the data, which no field of a transaction limits and which here counts up to `most_for_data`.
/// More is no answer. On other chains there is no such fee, whatever a receipt says.
fn fee(sent: &Sent, receipt: &Receipt, most_for_data: Option<U256>) -> Result<U256, &'static str> {
    let fields = sent.tx.fields();
    let (used, price) = (receipt.gas_used.0, receipt.effective_gas_price.0);
    if used > U256::from(fields.gas_limit()) {
        return Err("the receipt has more gas than the transaction");
    }
    if price > U256::from(fields.max_fee_per_gas()) {
        return Err("the receipt has a higher price than the transaction");
    }
    let for_data = match (receipt.l1_fee, most_for_data) {
        (Some(told), Some(most)) if told.0 > most => {
            return Err("the receipt has a higher data fee than any transaction may pay");
        }
        (Some(told), Some(_)) => told.0,
        (None, _) | (_, None) => U256::ZERO,
    };
    Ok(used.saturating_mul(price).saturating_add(for_data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evm::body::Body;
    use crate::evm::envelope::Unsigned;
    use crate::evm::fees::Price;
    use crate::evm::node::Quantity;
    use alloy_primitives::Address;
    use proptest::prelude::*;

    const GAS: u64 = 50_000;
    const PRICE: u128 = 900;
    const DATA: u64 = 1_000_000;

    fn sent(priority: Option<u128>) -> Sent {
        let body = Body {
            chain_id: 8453,
            to: Some(Address::repeat_byte(3)),
            value: U256::ZERO,
            input: Default::default(),
            standard: None,
            gas_limit: GAS,
            fee_budget: U256::MAX,
        };
        let tx = Unsigned::new(&body, 4, Price { max: PRICE, priority });
        Sent { from: Address::repeat_byte(9), hash: B256::ZERO, tx }
    }

    fn receipt(used: U256, price: U256, data: Option<U256>) -> Receipt {
        Receipt {
            transaction_hash: B256::ZERO,
            block_hash: None,
            block_number: None,
            from: Address::repeat_byte(9),
            status: Quantity(U256::ONE),
            gas_used: Quantity(used),
            effective_gas_price: Quantity(price),
            l1_fee: data.map(Quantity),
        }
    }

    #[test]
    fn a_fee_above_what_was_signed_is_no_answer() {
        let (gas, price, data) = (U256::from(GAS), U256::from(PRICE), U256::from(DATA));
        let huge = U256::MAX >> 96;
        for priority in [Some(7), None] {
            let told = |used, price, l1| fee(&sent(priority), &receipt(used, price, l1), Some(data));
            assert_eq!(told(gas, price, None), Ok(gas * price));
            assert_eq!(told(gas, price, Some(data)), Ok(gas * price + data));
            let elsewhere = |l1| fee(&sent(priority), &receipt(gas, price, Some(l1)), None);
            assert_eq!(elsewhere(data), Ok(gas * price), "a network without such a fee");
            assert_eq!(elsewhere(U256::MAX), Ok(gas * price));
            for (used, price, l1) in [
                (gas + U256::ONE, price, None),
                (gas, price + U256::ONE, None),
                (gas, price, Some(data + U256::ONE)),
                (gas, huge, None),
                (huge, price, None),
                (U256::ONE, price, Some(U256::MAX)),
            ] {
                assert!(told(used, price, l1).is_err(), "{used} {price} {l1:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_receipt_costs_more_than_was_signed(used: [u8; 32], price: [u8; 32], data: Option<[u8; 32]>) {
            let word = U256::from_be_bytes::<32>;
            let most = U256::from(GAS) * U256::from(PRICE) + U256::from(DATA);
            let receipt = receipt(word(used) >> 236, word(price) >> 246, data.map(|data| word(data) >> 235));
            if let Ok(fee) = fee(&sent(Some(7)), &receipt, Some(U256::from(DATA))) {
                prop_assert!(fee <= most);
            }
        }
    }
}
