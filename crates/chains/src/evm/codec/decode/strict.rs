//! Decodes arguments in their canonical ABI form only.
//!
//! The ABI allows many encodings of one call: offsets may overlap, leave gaps or point backwards, padding may hold
//! any bytes, and contracts ignore bytes behind the last argument. The judged call must be the one that runs, so
//! only the form that all encoders write is read.

use alloy_sol_types::SolInterface;
use alloy_sol_types::abi::AbiDecoderConfig;

/// The reason why a call of a known method is not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Malformed(pub(super) &'static str);

/// The reason for a call of a known method in another form than encoders write.
pub(super) const ANOTHER_FORM: Malformed = Malformed("the arguments are not in canonical ABI form");

/// Returns the length of the canonical call of a method of `T` at the beginning of `input`, which may have more
/// bytes behind it. Contracts ignore those: every offset of the canonical form points before its end.
pub(super) fn length<T: SolInterface>(input: &[u8]) -> Option<usize> {
    let (selector, arguments) = input.split_first_chunk::<4>()?;
    if !T::valid_selector(*selector) {
        return None;
    }
    let memory = arguments.len().saturating_mul(8).saturating_add(4096);
    let config = AbiDecoderConfig::new().strict(false).memory_limit(memory);
    let call = T::abi_decode_raw_with_config(*selector, arguments, config).ok()?;
    let encoded = call.abi_encode();
    input.starts_with(&encoded).then_some(encoded.len())
}

/// Decodes the call as one of the methods of `T`; `None` if it is of another method.
pub(super) fn method<T: SolInterface>(input: &[u8]) -> Option<Result<T, Malformed>> {
    let (selector, arguments) = input.split_first_chunk::<4>()?;
    if !T::valid_selector(*selector) {
        return None;
    }
    // Arguments in canonical form need about as much memory as their bytes.
    let memory = arguments.len().saturating_mul(8).saturating_add(4096);
    let config = AbiDecoderConfig::new().strict(true).memory_limit(memory);
    let call = T::abi_decode_raw_with_config(*selector, arguments, config).ok();
    // The library's strict mode is not relied on; the comparison decides.
    let call = call.filter(|call| call.abi_encode() == input);
    Some(call.ok_or(ANOTHER_FORM))
}
