//! Arguments in their one ABI form, or none at all.
//!
//! The ABI lets one call be written in many ways: offsets may overlap, leave gaps or point backwards,
//! padding may hold anything, and contracts ignore what follows the last argument. What is judged must
//! be what runs, so only the form every encoder writes is read.

use alloy_sol_types::SolInterface;
use alloy_sol_types::abi::AbiDecoderConfig;

/// Why a call of a known method is not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Malformed(pub(super) &'static str);

/// Why a call of a known method is not read that is written in another way than encoders write it.
pub(super) const ANOTHER_FORM: Malformed = Malformed("the arguments are not in their one ABI form");

/// How long the call of a method of `T` is that `input` begins with, in the one ABI form, where more bytes
/// stand behind it. Contracts ignore them: every offset of that form points before its end.
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

/// The call as one of the methods of `T`; none if it is of another method.
pub(super) fn method<T: SolInterface>(input: &[u8]) -> Option<Result<T, Malformed>> {
    let (selector, arguments) = input.split_first_chunk::<4>()?;
    if !T::valid_selector(*selector) {
        return None;
    }
    // Arguments in their one form take about the memory of their bytes.
    let memory = arguments.len().saturating_mul(8).saturating_add(4096);
    let config = AbiDecoderConfig::new().strict(true).memory_limit(memory);
    let call = T::abi_decode_raw_with_config(*selector, arguments, config).ok();
    // The decoder's strictness is a library's; this equality is the rule.
    let call = call.filter(|call| call.abi_encode() == input);
    Some(call.ok_or(ANOTHER_FORM))
}
