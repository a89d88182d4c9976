//! Requests for signatures over bytes that the caller provides, and for call data.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use waiaas_core::ids::WalletId;

use crate::validation::{Checks, Refusal, Request};
use crate::vocabulary::{ChainName, MessageSignTypeName};

/// Maximum number of characters of an external transaction or a message.
const LONGEST: usize = 128 * 1024;

/// Asks for a signature over a transaction built elsewhere. It is judged by its effects and signed unchanged;
/// the caller sends it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignTransactionRequest {
    /// Unsigned: hex with `0x` on EVM (EIP-2718 or legacy), base64 on Solana.
    pub transaction: String,
    /// If given, must be the wallet's chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChainName>)]
    pub chain: Option<String>,
    /// Name or CAIP-2 id; may be absent if the wallet has a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The wallet; may be absent if only one of the session's wallets fits.
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
    /// `personal` (default) or `typedData`.
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
    /// Name or CAIP-2 id; may be absent if the wallet has a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The wallet; may be absent if only one of the session's wallets fits.
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
        checks.ensure(length > 0, "message", "too_small", "the text must not be empty");
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
    /// ABI of the contract (JSON), or only the function's entry.
    #[schema(value_type = Vec<Object>)]
    pub abi: Vec<Value>,
    /// Name of the function, or its full signature if the name is overloaded.
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

/// Encoded call data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EncodedCalldata {
    /// Selector and arguments, hex with `0x`.
    pub calldata: String,
    /// The function's selector, four bytes in hex.
    #[schema(example = "0xa9059cbb")]
    pub selector: String,
    /// The function that was encoded.
    pub function_name: String,
}
