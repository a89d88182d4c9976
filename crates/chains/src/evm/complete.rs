//! From a draft to bytes: nonce and prices in, signature on.

use alloy_primitives::{Address as EvmAddress, Signature, U256};
use waiaas_core::address::Address;
use waiaas_core::draft::{Completed, Draft, SigningPayload};
use waiaas_core::nft::NftStandard;

use super::EvmChain;
use super::body::Body;
use super::envelope::Unsigned;
use super::fees;
use crate::{ChainError, Expiry, Lane, Refusal, SignedTx};

/// What [`Completed`] carries on EVM: the sender's 20 bytes, then the unsigned transaction.
struct Carried {
    from: EvmAddress,
    tx: Unsigned,
}

impl Carried {
    fn encode(&self) -> Vec<u8> {
        [self.from.as_slice(), &self.tx.encode()].concat()
    }

    fn decode(bytes: &[u8]) -> Result<Self, ChainError> {
        let (from, tx) = bytes
            .split_first_chunk::<20>()
            .ok_or_else(|| ChainError::Corrupt("the completed transaction is too short".to_owned()))?;
        Ok(Self { from: from.into(), tx: Unsigned::decode(tx)? })
    }
}

impl EvmChain {
    pub(super) async fn complete_draft(&self, draft: &Draft, lane: &Lane) -> Result<Completed, ChainError> {
        let (from, body) = self.read_draft(draft)?;
        let count = self.next_nonce(from, lane).await?;
        let replaced = lane.replaces.as_deref().map(|signed| self.replaced(from, signed)).transpose()?;
        let nonce = match &replaced {
            Some(old) => old.open_nonce(count)?,
            None => free_nonce(count, &lane.nonces_in_flight)
                .ok_or_else(|| self.node.bad("the transaction count is out of range"))?,
        };
        // On OP-stack chains a part of the budget goes to the data fee, which no field limits.
        let data_fee = self.data_fee(body.input.len()).await?;
        let cap = lane.fee_cap.map_or(body.fee_budget, |cap| cap.min(body.fee_budget));
        let for_gas = cap.checked_sub(data_fee);
        let for_gas = for_gas.ok_or(Refusal::FeeAboveCap { fee: data_fee, cap });
        let for_gas = for_gas.map_err(ChainError::Refused)?;
        let market = self.market().await?;
        let price = match &replaced {
            Some(old) => {
                let most_priority = self.options.max_priority_fee_per_gas;
                market.price_over(old.price(), most_priority, body.gas_limit, for_gas)
            }
            None => market.price_within(body.gas_limit, for_gas, lane.most),
        };
        let price = price.map_err(ChainError::Refused)?;
        // What takes a place over never offers less than that takes.
        let least = if replaced.is_some() { price.max } else { market.lowest() };
        let bounds = (least, lane.most.price);
        let price = fees::varied(price, lane.variation, body.gas_limit, for_gas, bounds);
        let price = price.ok_or_else(|| {
            let text = "these very bytes have been signed already, and the fee leaves no room for others";
            ChainError::Refused(Refusal::Unsupported(text.to_owned()))
        })?;
        let fee = fees::cost(body.gas_limit, price.max).saturating_add(data_fee);
        self.check_funds(from, body.value, fee).await?;
        let carried = Carried { from, tx: Unsigned::new(&body, nonce, price) };
        let unsigned = carried.encode();
        let recovered = self.recover(&unsigned, body.fee_budget, body.standard)?;
        let payload = SigningPayload::Secp256k1(carried.tx.signature_hash().0);
        Ok(Completed::new(&recovered, unsigned, payload))
    }

    /// The transaction that a completed draft is.
    pub(super) fn unsigned(completed: &Completed) -> Result<Unsigned, ChainError> {
        Carried::decode(completed.unsigned()).map(|carried| carried.tx)
    }

    /// Whether the account has `value`, and `fee` beside it.
    pub(super) async fn check_funds(
        &self,
        from: EvmAddress,
        value: U256,
        fee: U256,
    ) -> Result<(), ChainError> {
        let have = self.node.balance(from).await.map_err(|f| self.node.fail(f))?;
        let left = have.checked_sub(value).ok_or_else(|| {
            let asset = self.network.native().to_string();
            ChainError::Refused(Refusal::InsufficientBalance { asset, have, need: value })
        })?;
        if left < fee {
            return Err(ChainError::Refused(Refusal::InsufficientForFee { have: left, need: fee }));
        }
        Ok(())
    }

    /// The draft that completed bytes carry out under `budget`. The budget is no field of an EVM
    /// transaction; it is confirmed by the gas limit and the price, or replaced by what they cost. The
    /// `standard` of the contract called is none either; it is what the same bytes were judged by.
    fn recover(
        &self,
        unsigned: &[u8],
        budget: U256,
        standard: Option<NftStandard>,
    ) -> Result<Draft, ChainError> {
        let carried = Carried::decode(unsigned)?;
        let body = Body { standard, ..carried.tx.body(budget)? }.encode();
        Ok(Draft { network: self.network.id.clone(), from: Address::Evm(carried.from.into_array()), body })
    }

    pub(super) fn join(&self, completed: &Completed, signature: &[u8]) -> Result<SignedTx, ChainError> {
        let corrupt = |what: &str| ChainError::Corrupt(what.to_owned());
        let Carried { from, tx } = Carried::decode(completed.unsigned())?;
        let hash = tx.signature_hash();
        match completed.payload() {
            SigningPayload::Secp256k1(payload) if *payload == hash.0 => {}
            SigningPayload::Secp256k1(_) | SigningPayload::Ed25519(_) => {
                return Err(corrupt("the signing payload is not the transaction's"));
            }
        }
        if tx.body(U256::ZERO)?.chain_id != self.chain_id {
            return Err(corrupt("the transaction is for another chain"));
        }
        let signature = read_signature(signature).ok_or_else(|| corrupt("the signature is malformed"))?;
        if signature.recover_address_from_prehash(&hash).ok() != Some(from) {
            return Err(corrupt("the signature is not the sender's"));
        }
        let nonce = tx.nonce();
        let (bytes, hash) = tx.sign(signature);
        Ok(SignedTx { bytes, hash: hash.to_string(), expiry: Expiry::Nonce(nonce) })
    }
}

/// Reads `r ‖ s ‖ y-parity`, refusing a high `s` (EIP-2).
pub(super) fn read_signature(bytes: &[u8]) -> Option<Signature> {
    let (r, rest) = bytes.split_first_chunk::<32>()?;
    let (s, rest) = rest.split_first_chunk::<32>()?;
    let parity = match rest {
        [0] => false,
        [1] => true,
        _ => return None,
    };
    let signature = Signature::new(U256::from_be_bytes(*r), U256::from_be_bytes(*s), parity);
    signature.normalize_s().is_none().then_some(signature)
}

/// The lowest nonce that neither the chain nor a transaction in flight uses. The node's own `pending`
/// count is not asked: it forgets, and it may or may not count ours.
fn free_nonce(count: u64, in_flight: &[u64]) -> Option<u64> {
    (count..u64::MAX).find(|nonce| !in_flight.contains(nonce))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evm::EvmOptions;
    use crate::rpc::{RpcOptions, RpcPool, http_client};
    use crate::{Chain, evm::fees::Price};
    use proptest::prelude::*;
    use waiaas_core::network::{Environment, NetworkId, Networks};

    /// A chain whose nodes are never asked.
    fn chain() -> EvmChain {
        let networks = Networks::builtin();
        let network = networks.get(&NetworkId::new("base-mainnet")).expect("built in").clone();
        let nowhere = vec!["http://127.0.0.1:1".to_owned()];
        let client = http_client().expect("client");
        let rpc = RpcPool::new(&network.id, nowhere, client, RpcOptions::default()).expect("pool");
        EvmChain::new(network, rpc, EvmOptions::for_environment(Environment::Mainnet)).expect("EVM")
    }

    fn body() -> Body {
        Body {
            chain_id: 8453,
            to: Some(EvmAddress::repeat_byte(3)),
            value: U256::from(1_000_000u64),
            input: vec![1; 40].into(),
            standard: None,
            gas_limit: 50_000,
            fee_budget: U256::from(50_000u64 * 1_000),
        }
    }

    fn draft() -> Draft {
        Draft { network: NetworkId::new("base-mainnet"), from: Address::Evm([9; 20]), body: body().encode() }
    }

    fn carried(price: Price) -> Carried {
        Carried { from: EvmAddress::repeat_byte(9), tx: Unsigned::new(&body(), 4, price) }
    }

    proptest! {
        #[test]
        fn altered_bytes_are_another_draft_unless_only_volatile_fields_differ(
            at: prop::sample::Index, flip in 1u8.., legacy: bool,
        ) {
            let chain = chain();
            let priority = if legacy { None } else { Some(7) };
            let mut bytes = carried(Price { max: 900, priority }).encode();
            let budget = body().fee_budget;
            prop_assert_eq!(chain.recover(&bytes, budget, None).expect("own bytes").digest(), draft().digest());
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let Ok(recovered) = chain.recover(&bytes, budget, None) else { return Ok(()) };
            if recovered.digest() == draft().digest() {
                let Carried { from, tx } = Carried::decode(&bytes).expect("it was recovered");
                let price = match &tx {
                    Unsigned::Dynamic(tx) => {
                        Price { max: tx.max_fee_per_gas, priority: Some(tx.max_priority_fee_per_gas) }
                    }
                    Unsigned::Legacy(tx) => Price { max: tx.gas_price, priority: None },
                    Unsigned::Listed(_) => panic!("no such transaction is built here"),
                };
                prop_assert_eq!(from, EvmAddress::repeat_byte(9));
                prop_assert_eq!(&tx, &Unsigned::new(&body(), tx.nonce(), price));
                prop_assert!(fees::cost(body().gas_limit, price.max) <= budget);
            }
        }

        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..200), solana: bool) {
            let chain = chain();
            let from = if solana { Address::Solana([9; 32]) } else { Address::Evm([9; 20]) };
            let _ = chain.recover(&body, U256::ZERO, None);
            let mut draft = Draft { from, body, ..draft() };
            let _ = chain.effects(&draft);
            draft.body.insert(0, 1);
            let _ = chain.effects(&draft);
        }
    }

    #[test]
    fn equal_transactions_differ_in_their_price() {
        let price = |max| Price { max, priority: Some(7) };
        let budget = U256::from(50_000u64 * 100);
        let vary = |max, steps, most| fees::varied(price(max), steps, 50_000, budget, (90, most));
        assert_eq!(vary(95, 0, None), Some(price(95)), "the first is as the market says");
        assert_eq!(vary(95, 3, None), Some(price(98)));
        assert_eq!(vary(95, 6, None), None, "neither is within bounds");
        assert_eq!(vary(98, 4, None), Some(price(94)), "down where the budget ends");
        assert_eq!(vary(98, 1, Some(98)), Some(price(97)), "down where the condition ends");
        assert_eq!(vary(92, 3, Some(92)), None, "and never below the least");
        let all: std::collections::HashSet<_> =
            (0..64).filter_map(|steps| vary(92, steps, None)).map(|p| p.max).collect();
        assert!(all.iter().all(|max| (90..=100).contains(max)) && all.len() > 8, "{all:?}");
    }

    #[test]
    fn a_price_over_budget_is_another_draft() {
        let bytes = carried(Price { max: 1_001, priority: Some(1) }).encode();
        let recovered = chain().recover(&bytes, body().fee_budget, None).expect("well formed");
        assert_ne!(recovered.digest(), draft().digest());
    }

    #[test]
    fn drafts_of_other_networks_are_corrupt() {
        let chain = chain();
        let elsewhere = Draft { network: NetworkId::new("base-sepolia"), ..draft() };
        let other_id = Draft { body: Body { chain_id: 1, ..body() }.encode(), ..draft() };
        let other_chain = Draft { from: Address::Solana([9; 32]), ..draft() };
        for wrong in [elsewhere, other_id, other_chain] {
            assert!(matches!(chain.effects(&wrong), Err(ChainError::Corrupt(_))));
        }
        assert!(chain.effects(&draft()).is_ok());
    }

    #[test]
    fn nonces_skip_what_is_in_flight_and_fill_gaps() {
        assert_eq!(free_nonce(5, &[]), Some(5));
        assert_eq!(free_nonce(5, &[5, 6]), Some(7));
        assert_eq!(free_nonce(5, &[7, 5]), Some(6));
        assert_eq!(free_nonce(5, &[3, 4]), Some(5), "those are mined");
        assert_eq!(free_nonce(u64::MAX, &[]), None, "EIP-2681");
    }

    #[test]
    fn only_canonical_signatures() {
        let with = |s: U256, parity: u8| {
            let mut bytes = [1u8; 65];
            bytes[32..64].copy_from_slice(&s.to_be_bytes::<32>());
            bytes[64] = parity;
            read_signature(&bytes).is_some()
        };
        assert!(with(U256::from(1u8), 0) && with(U256::from(1u8), 1));
        assert!(!with(U256::from(1u8), 27) && !with(U256::from(1u8), 2));
        assert!(!with(U256::MAX >> 1, 0) && !with(U256::MAX, 0), "high s");
        assert!(read_signature(&[1; 64]).is_none() && read_signature(&[1; 66]).is_none());
    }
}
