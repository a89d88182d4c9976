//! The effects of a request that are certain before a node is called. Pure.
//!
//! Gas, fees and prices are not known yet. Tokens and NFT collections interpret a few calls differently; each
//! interpretation is then one reading.

use waiaas_core::address::Address;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::intent::Intent;
use waiaas_core::nft::{NftKind, NftStandard};
use waiaas_core::policy::Readings;

use super::calls::call_of;
use super::decode::{self, Called, Decoding};
use super::drafted::Fixed;
use super::{EvmCodec, wallet_address};
use crate::CodecError;

impl EvmCodec {
    pub(in crate::evm) fn readings_of(
        &self,
        from: Address,
        intent: &Intent,
    ) -> Result<Vec<Readings>, CodecError> {
        let wallet = wallet_address(from)?;
        // Unlike `Effects::new`, this adds no transfer of zero to the wallet itself, because no effect is certain yet.
        let effects = |Decoding { items, methods }: Decoding| Effects {
            network: self.network.id.clone(),
            native: self.network.native(),
            from,
            items,
            methods,
            seen: Vec::new(),
        };
        let in_each_meaning = |called: Called<'_>, standards: &[Option<NftStandard>], fee: Option<Effect>| {
            let read = |standard: &Option<NftStandard>| {
                let called = Called { standard: *standard, ..called };
                let mut decoding = decode::call_effects(&self.network, wallet, &called);
                decoding.items.extend(fee.clone());
                effects(decoding)
            };
            vec![standards.iter().map(read).collect()]
        };
        match self.fixed(intent)? {
            Some(Fixed::External(external)) => {
                let called = external.called();
                let fee = Effect::NetworkFee { max: external.gas_cost() };
                Ok(in_each_meaning(called, meanings(called.input), Some(fee)))
            }
            // If its verifier does not accept it, the draft only has more effects.
            Some(fixed @ (Fixed::Personal(_) | Fixed::Typed(_))) => {
                Ok(vec![vec![effects(fixed.effects(&self.network, wallet))]])
            }
            None => {
                let call = call_of(wallet, intent)?;
                let called = Called { to: call.to, value: call.value, input: &call.input, standard: None };
                let standards = meant(intent).unwrap_or_else(|| meanings(&call.input));
                Ok(in_each_meaning(called, standards, None))
            }
        }
    }
}

/// Returns the standards that the called contract may have.
fn meanings(input: &[u8]) -> &'static [Option<NftStandard>] {
    if decode::is_ambiguous(input) {
        &[None, Some(NftStandard::Erc721), Some(NftStandard::Erc1155)]
    } else {
        &[None]
    }
}

/// Returns the standard that the contract must have for the request not to be refused.
fn meant(intent: &Intent) -> Option<&'static [Option<NftStandard>]> {
    match intent {
        Intent::ApproveNft { nft, .. } | Intent::NftTransfer { nft, .. } => match nft.kind {
            NftKind::Erc721 { .. } => Some(&[Some(NftStandard::Erc721)]),
            NftKind::Erc1155 { .. } => Some(&[Some(NftStandard::Erc1155)]),
            NftKind::Metaplex { .. } => None,
        },
        Intent::Transfer { .. }
        | Intent::TokenTransfer { .. }
        | Intent::ContractCall { .. }
        | Intent::ProgramCall { .. }
        | Intent::Approve { .. }
        | Intent::ApproveCollection { .. }
        | Intent::Deploy { .. }
        | Intent::Batch { .. }
        | Intent::SignTransaction { .. }
        | Intent::SignMessage { .. }
        | Intent::SignTypedData { .. }
        | Intent::Cancellation { .. } => None,
    }
}
