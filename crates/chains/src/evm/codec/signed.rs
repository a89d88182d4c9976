//! Completes built transactions, joins them with their signature and reads signed bytes back.

use alloy_primitives::{Address as EvmAddress, Signature, U256};
use waiaas_core::draft::{Completed, Draft, SigningPayload};
use waiaas_core::nft::NftStandard;

use super::EvmCodec;
use super::body::Body;
use super::envelope::{Sent, Unsigned};
use super::fees::Price;
use crate::{CodecError, Expiry, Refusal, SignedTx};

/// The content of [`Completed`] on EVM: the sender's 20 bytes, then the unsigned transaction.
struct Carried {
    from: EvmAddress,
    tx: Unsigned,
}

impl Carried {
    fn encode(&self) -> Vec<u8> {
        [self.from.as_slice(), &self.tx.encode()].concat()
    }

    fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let (from, tx) = bytes
            .split_first_chunk::<20>()
            .ok_or_else(|| CodecError::corrupt("the completed transaction is too short"))?;
        Ok(Self { from: from.into(), tx: Unsigned::decode(tx)? })
    }
}

/// A signed transaction to be replaced.
pub(in crate::evm) struct Replaced(Sent);

impl Replaced {
    pub(in crate::evm) fn nonce(&self) -> u64 {
        self.0.tx.nonce()
    }

    /// Returns its nonce; refuses if the `used` transactions of the account on chain include that nonce.
    pub(in crate::evm) fn open_nonce(&self, used: u64) -> Result<u64, Refusal> {
        if used > self.nonce() { Err(Refusal::NothingToReplace) } else { Ok(self.nonce()) }
    }

    /// Returns the prices that it offers.
    pub(in crate::evm) fn price(&self) -> Price {
        self.0.tx.price()
    }
}

impl EvmCodec {
    /// Completes a draft built here, and returns it with the digest of the draft that its bytes carry out.
    pub(in crate::evm) fn complete_built(
        &self,
        from: EvmAddress,
        body: &Body,
        nonce: u64,
        price: Price,
    ) -> Result<Completed, CodecError> {
        let carried = Carried { from, tx: Unsigned::new(body, nonce, price) };
        let unsigned = carried.encode();
        let recovered = self.recover(&unsigned, body.fee_budget, body.standard)?;
        let payload = SigningPayload::Secp256k1(carried.tx.signature_hash().0);
        Ok(Completed::new(&recovered, unsigned, payload))
    }

    /// Returns the unsigned transaction of a completed draft.
    pub(in crate::evm) fn unsigned(completed: &Completed) -> Result<Unsigned, CodecError> {
        Carried::decode(completed.unsigned()).map(|carried| carried.tx)
    }

    /// Returns the draft that completed bytes carry out under `budget`. The budget is no field of an EVM
    /// transaction: gas limit and price confirm it, or their product replaces it. The `standard` of the called
    /// contract is no field either; the bytes are judged with it.
    fn recover(
        &self,
        unsigned: &[u8],
        budget: U256,
        standard: Option<NftStandard>,
    ) -> Result<Draft, CodecError> {
        let carried = Carried::decode(unsigned)?;
        let body = Body { standard, ..carried.tx.body(budget)? }.encode();
        Ok(self.draft(carried.from, body))
    }

    /// Reads signed bytes of `from` that are to be replaced.
    pub(in crate::evm) fn placed(&self, from: EvmAddress, signed: &[u8]) -> Result<Replaced, CodecError> {
        let sent = Sent::decode(signed)?;
        if sent.from != from {
            return Err(CodecError::corrupt("the transaction to be replaced is another wallet's"));
        }
        if sent.tx.body(U256::ZERO)?.chain_id != self.chain_id {
            return Err(CodecError::corrupt("the transaction to be replaced is for another chain"));
        }
        Ok(Replaced(sent))
    }

    /// Reads signed bytes to be replaced, and checks that they carry out `old`, so that the replacement repeats the
    /// judged and signed draft.
    pub(in crate::evm) fn read_replaced(
        &self,
        old: &Draft,
        signed: &[u8],
    ) -> Result<(EvmAddress, Body, Replaced), CodecError> {
        let (from, body) = self.read_built(old)?;
        let replaced = self.placed(from, signed)?;
        let signed_body = replaced.0.tx.body(body.fee_budget)?;
        if (Body { standard: body.standard, ..signed_body }) != body {
            return Err(CodecError::corrupt("the signed bytes are not the draft's"));
        }
        Ok((from, body, replaced))
    }

    /// Joins a signature with a transaction that [`Self::complete_built`] completed.
    pub(in crate::evm) fn join(
        &self,
        completed: &Completed,
        signature: &[u8],
    ) -> Result<SignedTx, CodecError> {
        let corrupt = CodecError::corrupt;
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

/// Reads `r ‖ s ‖ y-parity`; refuses a high `s` (EIP-2).
pub(in crate::evm) fn read_signature(bytes: &[u8]) -> Option<Signature> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Codec as _;
    use crate::evm::codec::fees;
    use proptest::prelude::*;
    use waiaas_core::address::Address;
    use waiaas_core::network::{NetworkId, Networks};

    fn codec() -> EvmCodec {
        let networks = Networks::builtin();
        let network = networks.get(&NetworkId::new("base-mainnet")).expect("built in").clone();
        EvmCodec::new(network).expect("EVM")
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
            let codec = codec();
            let priority = if legacy { None } else { Some(7) };
            let mut bytes = carried(Price { max: 900, priority }).encode();
            let budget = body().fee_budget;
            prop_assert_eq!(codec.recover(&bytes, budget, None).expect("own bytes").digest(), draft().digest());
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let Ok(recovered) = codec.recover(&bytes, budget, None) else { return Ok(()) };
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
            let codec = codec();
            let from = if solana { Address::Solana([9; 32]) } else { Address::Evm([9; 20]) };
            let _ = codec.recover(&body, U256::ZERO, None);
            let mut draft = Draft { from, body, ..draft() };
            let _ = codec.effects(&draft);
            draft.body.insert(0, 1);
            let _ = codec.effects(&draft);
        }
    }

    #[test]
    fn a_price_over_budget_is_another_draft() {
        let bytes = carried(Price { max: 1_001, priority: Some(1) }).encode();
        let recovered = codec().recover(&bytes, body().fee_budget, None).expect("well formed");
        assert_ne!(recovered.digest(), draft().digest());
    }

    #[test]
    fn drafts_of_other_networks_are_corrupt() {
        let codec = codec();
        let elsewhere = Draft { network: NetworkId::new("base-sepolia"), ..draft() };
        let other_id = Draft { body: Body { chain_id: 1, ..body() }.encode(), ..draft() };
        let other_chain = Draft { from: Address::Solana([9; 32]), ..draft() };
        for wrong in [elsewhere, other_id, other_chain] {
            assert!(matches!(codec.effects(&wrong), Err(CodecError::Corrupt(_))));
        }
        assert!(codec.effects(&draft()).is_ok());
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
