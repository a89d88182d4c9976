//! Encoding calls of EVM contracts for agents.

use serde_json::Value;
use waiaas_chains::evm::abi;
use waiaas_core::selector::Selector;

use crate::agent::Agent;
use crate::error::{Error, ErrorCode, sentence};

/// Encoded call data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calldata {
    /// Selector and arguments.
    pub calldata: Vec<u8>,
    /// The first four bytes.
    pub selector: Selector,
}

impl Agent<'_> {
    /// Encodes a call of `function` with the given ABI. Pure.
    ///
    /// # Errors
    /// `ABI_ENCODING_FAILED` if the ABI cannot be read or the arguments do not fit.
    pub fn encode_calldata(&self, abi: &[Value], function: &str, args: &[Value]) -> Result<Calldata, Error> {
        let abi = serde_json::to_string(abi).map_err(Error::internal)?;
        let (calldata, selector) = abi::encode_calldata(&abi, function, args).map_err(|error| {
            Error::new(ErrorCode::AbiEncodingFailed, sentence(&error))
                .hint("Check the function's name and the types of its arguments; integers are strings.")
        })?;
        Ok(Calldata { calldata, selector })
    }
}
