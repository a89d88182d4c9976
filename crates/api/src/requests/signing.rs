//! Requests for signatures over what the caller brings, and for call data.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use waiaas_core::ids::WalletId;

use crate::validation::{Checks, Refusal, Request};
use crate::vocabulary::{ChainName, MessageSignTypeName};

/// Most characters of an external transaction or a message.
const LONGEST: usize = 128 * 1024;

/// Asks for a signature over a transaction somebody else built. It is judged by what its bytes do, and
/// signed as it is; the caller sends it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignTransactionRequest {
    /// Unsigned: hex with `0x` on EVM (EIP-2718 or legacy), base64 on Solana.
    pub transaction: String,
    /// Must be the wallet's, when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChainName>)]
    pub chain: Option<String>,
    /// Name or CAIP-2 id; may be left out where the wallet has a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The wallet; may be left out when only one of the session's fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
}

impl Request for SignTransactionRequest {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.text("transaction", &self.transaction, 1, LONGEST);
        if let Some(network) = &self.network {
            checks.text("network", network, 1, 100);
        }
        if let Some(chain) = &self.chain {
            checks.text("chain", chain, 1, 20);
        }
        checks.finish()
    }
}

/// Asks for a signature over a text, or over typed data (EIP-712).
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignMessageRequest {
    /// `personal` (also when absent) or `typedData`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MessageSignTypeName>)]
    pub sign_type: Option<String>,
    /// The text, or its bytes in hex with `0x`; for `personal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `domain`, `types`, `primaryType` and `message` of EIP-712; for `typedData`, EVM only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub typed_data: Option<Value>,
    /// Name or CAIP-2 id; may be left out where the wallet has a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The wallet; may be left out when only one of the session's fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
}

impl Request for SignMessageRequest {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        match self.sign_type.as_deref() {
            None | Some("personal") => {
                checks.ensure(self.message.is_some(), "message", "required", "give the text to sign");
                let alone = self.typed_data.is_none();
                checks.ensure(alone, "typedData", "invalid", "only together with signType typedData");
            }
            Some("typedData") => {
                let given = self.typed_data.as_ref().is_some_and(Value::is_object);
                checks.ensure(given, "typedData", "required", "give domain, types, primaryType and message");
                checks.ensure(self.message.is_none(), "message", "invalid", "only with signType personal");
            }
            Some(_) => checks.ensure(false, "signType", "invalid", "personal or typedData"),
        }
        let length = self.message.as_ref().map_or(1, String::len);
        checks.ensure(length > 0, "message", "too_small", "an empty text is not signed");
        checks.ensure(length <= LONGEST, "message", "too_big", "at most 131072 bytes");
        if let Some(network) = &self.network {
            checks.text("network", network, 1, 100);
        }
        checks.finish()
    }
}

/// Asks for the call data of one function of a contract.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EncodeCalldataRequest {
    /// ABI of the contract (JSON), or the entry of the one function.
    #[schema(value_type = Vec<Object>)]
    pub abi: Vec<Value>,
    /// Name of the function, or its whole signature where the name is overloaded.
    #[schema(example = "transfer")]
    pub function_name: String,
    /// Its arguments, in order. Integers as strings of digits.
    #[serde(default)]
    #[schema(value_type = Vec<Value>)]
    pub args: Vec<Value>,
}

impl Request for EncodeCalldataRequest {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.ensure(!self.abi.is_empty(), "abi", "too_small", "at least one entry");
        checks.text("functionName", &self.function_name, 1, 1_000);
        checks.finish()
    }
}

/// Call data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EncodedCalldata {
    /// Selector and arguments, hex with `0x`.
    pub calldata: String,
    /// The four bytes of the function.
    #[schema(example = "0xa9059cbb")]
    pub selector: String,
    /// The function meant.
    pub function_name: String,
}
