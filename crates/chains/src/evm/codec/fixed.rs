//! Data that is signed as it is: external transactions, personal messages, typed data.

use alloy_primitives::{Address as EvmAddress, Signature};
use waiaas_core::draft::{Completed, SigningPayload};
use waiaas_core::intent::Intent;

use super::EvmCodec;
use super::drafted::Fixed;
use super::external::External;
use super::personal::Personal;
use super::signed::read_signature;
use super::typed::TypedData;
use crate::{CodecError, Refusal, SignedTx};

/// Separates the sender from the body in completed bytes. Other transactions have their own first byte there,
/// which is never zero.
const MARK: u8 = 0;

impl EvmCodec {
    /// Returns the data of an intent to sign it as it is; `None` for all other intents.
    pub(in crate::evm) fn fixed(&self, intent: &Intent) -> Result<Option<Fixed>, CodecError> {
        Ok(Some(match intent {
            Intent::SignTransaction { transaction } => {
                Fixed::External(Box::new(External::new(transaction, self.chain_id)?))
            }
            Intent::SignMessage { message } => {
                Fixed::Personal(Personal::new(message).map_err(Refusal::UnsignableMessage)?)
            }
            Intent::SignTypedData { typed_data } => {
                Fixed::Typed(Box::new(TypedData::new(typed_data, self.chain_id)?))
            }
            Intent::Transfer { .. }
            | Intent::TokenTransfer { .. }
            | Intent::ContractCall { .. }
            | Intent::ProgramCall { .. }
            | Intent::Approve { .. }
            | Intent::ApproveNft { .. }
            | Intent::ApproveCollection { .. }
            | Intent::NftTransfer { .. }
            | Intent::Deploy { .. }
            | Intent::Batch { .. }
            | Intent::Cancellation { .. } => return Ok(None),
        }))
    }

    /// Returns the signing payload of `fixed`. No field is filled in.
    pub(in crate::evm) fn complete_fixed(
        &self,
        from: EvmAddress,
        fixed: &Fixed,
    ) -> Result<Completed, CodecError> {
        let unsigned = [from.as_slice(), &[MARK], &fixed.encode()].concat();
        let (from, carried) = self.carried(&unsigned)?;
        let payload = SigningPayload::Secp256k1(carried.signature_hash().0);
        Ok(Completed::new(&self.draft(from, carried.encode()), unsigned, payload))
    }

    /// Joins a signature with bytes that [`Self::complete_fixed`] completed; `None` if they were completed
    /// elsewhere.
    pub(in crate::evm) fn join_fixed(
        &self,
        completed: &Completed,
        signature: &[u8],
    ) -> Result<Option<SignedTx>, CodecError> {
        if completed.unsigned().get(20) != Some(&MARK) {
            return Ok(None);
        }
        let corrupt = CodecError::corrupt;
        let (from, fixed) = self.carried(completed.unsigned())?;
        let covered = fixed.signature_hash();
        if *completed.payload() != SigningPayload::Secp256k1(covered.0) {
            return Err(corrupt("the signing payload is not that of the completed data"));
        }
        if completed.draft() != self.draft(from, fixed.encode()).digest() {
            return Err(corrupt("the completed data is not the draft's"));
        }
        let signature = read_signature(signature).ok_or_else(|| corrupt("the signature is malformed"))?;
        if signature.recover_address_from_prehash(&covered).ok() != Some(from) {
            return Err(corrupt("the signature is not the sender's"));
        }
        let expiry = fixed.expiry(&self.network, from);
        let (bytes, hash) = match fixed {
            Fixed::External(external) => external.tx.sign(signature),
            Fixed::Personal(_) | Fixed::Typed(_) => (off_chain(signature), covered),
        };
        Ok(Some(SignedTx { bytes, hash: hash.to_string(), expiry }))
    }

    fn carried(&self, unsigned: &[u8]) -> Result<(EvmAddress, Fixed), CodecError> {
        let corrupt = || CodecError::corrupt("the completed data is malformed");
        let (from, rest) = unsigned.split_first_chunk::<20>().ok_or_else(corrupt)?;
        let body = rest.strip_prefix(&[MARK]).ok_or_else(corrupt)?;
        Ok((from.into(), Fixed::decode(body, self.chain_id)?))
    }
}

/// Returns `r ‖ s ‖ v` with `v` 27 or 28, the form that contracts and libraries accept.
fn off_chain(signature: Signature) -> Vec<u8> {
    signature.as_bytes().to_vec()
}
