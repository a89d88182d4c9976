//! Raw EVM transactions built elsewhere: exactly one unsigned transaction, or refused; its effects are those
//! of the same call built here.

use alloy_consensus::TxEnvelope;
use alloy_eips::Decodable2718 as _;
use alloy_primitives::U256;
use waiaas_chains::Chain as _;
use waiaas_core::effect::Effect;

use crate::evm_body::{self, Body};
use crate::input::Input;
use crate::world::{self, EVM};

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let chain = &EVM[usize::from(input.u8()) % EVM.len()];
    let standard = input.u8() % 3;
    let raw = input.rest();
    let chain_id = chain.codec().network().evm_chain_id.unwrap_or_default();
    let effects_of = |body: Vec<u8>| world::effects(chain, &world::draft(chain, body));
    let Some(read) = effects_of(evm_body::external(raw, standard)) else { return false };

    // A second decoder agrees that these bytes are that transaction and no other.
    let Some((call, encoded)) = evm_body::decode(raw) else {
        assert!(raw.is_empty(), "not an unsigned transaction: {}", hex::encode(raw));
        return false;
    };
    assert_eq!(encoded, raw, "another encoding of the same transaction");
    assert_eq!(call.chain_id(), Some(chain_id));
    let body = Body { chain_id, to: call.to(), value: call.value(), input: call.input(), standard };
    let mut built = effects_of(body.encode()).map(|effects| effects.items).unwrap_or_default();
    assert_eq!(built.pop(), Some(Effect::NetworkFee { max: evm_body::FEE }));
    let mut items = read.items;
    assert_eq!(items.pop(), Some(Effect::NetworkFee { max: U256::MAX }));
    assert_eq!(items, built, "the same call built elsewhere has other effects");

    for other in [[raw, &[0]].concat(), raw[..raw.len() - 1].to_vec()] {
        assert!(effects_of(evm_body::external(&other, standard)).is_none(), "bytes too many or too few");
    }
    for elsewhere in EVM.iter().filter(|other| other.codec().network().id != chain.codec().network().id) {
        let draft = world::draft(elsewhere, evm_body::external(raw, standard));
        assert!(world::effects(elsewhere, &draft).is_none(), "signed for another network");
    }
    // A signed transaction is not signed again.
    let signed = TxEnvelope::decode_2718(&mut &*raw);
    assert!(signed.is_err());
    true
}
