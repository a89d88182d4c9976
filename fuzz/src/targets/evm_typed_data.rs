//! Typed data (EIP-712): the judged content is the hashed content, in one written form.

use waiaas_chains::{Chain as _, ChainError, Refusal};
use waiaas_core::draft::SigningPayload;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;

use crate::input::Input;
use crate::world::{self, EVM};

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let chain = &EVM[usize::from(input.u8()) % EVM.len()];
    let Ok(text) = std::str::from_utf8(input.rest()) else { return false };
    let build = |text: &str| world::build(chain, &Intent::SignTypedData { typed_data: text.to_owned() });
    let draft = match build(text) {
        Ok(draft) => draft,
        Err(ChainError::Refused(Refusal::MalformedTypedData { path, .. })) => {
            assert!(path.chars().count() < 2_000, "the path repeats too much of the input: {}", path.len());
            return false;
        }
        // The verifier of a permit would be asked whether it accepts it. A permit is recognised without a
        // request.
        Err(ChainError::Unreachable { .. }) => {
            let intent = Intent::SignTypedData { typed_data: text.to_owned() };
            let readings = chain.codec().readings(world::draft(chain, Vec::new()).from, &intent).unwrap_or_default();
            let permits = readings.iter().flatten().flat_map(|effects| &effects.items);
            assert!(permits.clone().any(|effect| effect.token().is_some()), "{readings:?}");
            return true;
        }
        Err(error) => {
            assert!(matches!(error, ChainError::Refused(Refusal::ChainIdMismatch { .. })), "{error}");
            return false;
        }
    };
    let effects = world::effects(chain, &draft).map(|effects| effects.items).unwrap_or_default();
    assert!(!effects.is_empty(), "a signature without an effect");
    for effect in &effects {
        // No effect runs on chain now.
        assert!(!matches!(effect, Effect::NetworkFee { .. } | Effect::Message { .. }), "{effect:?}");
    }
    // The written form is read as the same draft, and is the only one.
    let written = std::str::from_utf8(draft.body.get(1..).unwrap_or_default()).unwrap_or_default();
    assert_eq!(build(written).ok().as_ref(), Some(&draft), "{written}");
    assert!(world::effects(chain, &world::draft(chain, [draft.body.as_slice(), b" "].concat())).is_none());
    let Some(SigningPayload::Secp256k1(hash)) = world::payload(chain, &draft) else {
        unreachable!("typed data needs no node");
    };
    second_opinion(written, hash);
    true
}

/// Asserts that another implementation of EIP-712 computes the same hash, if it reads the text at all.
#[cfg(feature = "second-opinion")]
fn second_opinion(written: &str, hash: [u8; 32]) {
    let Ok(other) = serde_json::from_str::<alloy_dyn_abi::TypedData>(written) else { return };
    if let Ok(theirs) = other.eip712_signing_hash() {
        assert_eq!(theirs.0, hash, "{written}");
    }
}

/// Only under libFuzzer: no part of the product depends on the other implementation.
#[cfg(not(feature = "second-opinion"))]
const fn second_opinion(_: &str, _: [u8; 32]) {}
