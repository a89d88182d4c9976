//! Requests for transactions and signatures, as they are written.
//!
//! `operation` has the fields of each type, `checks` what they must hold, `read` finds the type of a body,
//! `schema` says the same in OpenAPI, `signing` has the requests for signatures over bytes that the caller brings.

mod checks;
mod operation;
mod read;
mod schema;
mod signing;
mod values;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waiaas_core::ids::WalletId;

use crate::json;
use crate::validation::{Checks, Refusal, Request};

pub use operation::{
    AccountMeta, Approve, BATCH_MEMBERS, Batch, BatchMember, ContractCall, ContractDeploy, InstructionRef,
    MAX_MEMO, NftRef, NftTokenRef, NftTransfer, Operation, TokenRef, TokenTransfer, Transfer,
};
pub use signing::{EncodeCalldataRequest, EncodedCalldata, SignMessageRequest, SignTransactionRequest};
pub use values::{AmountText, Base64, Hex, HumanText, Units, hex_digits};

/// Waits with signing, after every other waiting is over, until the network is cheap enough. At least
/// one of the two prices. EVM: wei per gas. Solana: micro-lamports per compute unit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GasCondition {
    /// Digits. The price a transaction would pay now, priority fee included, must not exceed this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_gas_price: Option<String>,
    /// Digits. The priority fee a transaction would pay now must not exceed this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_priority_fee: Option<String>,
    /// Seconds to wait before giving up unsigned, 60 to 86400; 3600 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 60, maximum = 86400)]
    pub timeout: Option<u32>,
}

/// Where a request belongs, and when and whether it is carried out: the fields that every type has.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Placement {
    /// Name or CAIP-2 id; may be left out where an asset id names it or the wallet has a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub network: Option<String>,
    /// The wallet; may be left out when only one of the session's fits the addresses, network and asset
    /// ids given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Waits for a price before signing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gas_condition: Option<GasCondition>,
    /// Judge and simulate only: nothing is written, signed or sent.
    #[serde(default)]
    pub dry_run: bool,
}

/// Asks for a transaction. A type takes its own fields; those of others are errors.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TransactionRequest {
    /// What is asked for; the field `type` says which. Without one it is a `TRANSFER`.
    #[serde(flatten)]
    pub operation: Operation,
    /// Where, when and whether.
    #[serde(flatten)]
    pub placement: Placement,
}

impl From<Operation> for TransactionRequest {
    /// Of the only wallet and network that fit; carried out.
    fn from(operation: Operation) -> Self {
        Self { operation, placement: Placement::default() }
    }
}

impl Request for TransactionRequest {
    fn shaped(text: &[u8]) -> Result<Self, Refusal> {
        read::request(json::parse(text)?)
    }

    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        self.operation.check(&mut checks);
        self.placement.check(&mut checks);
        checks.finish()
    }
}

impl Placement {
    fn check(&self, checks: &mut Checks) {
        if let Some(condition) = &self.gas_condition {
            check_gas(checks, condition);
        }
        if let Some(network) = &self.network {
            checks.text("network", network, 1, 100);
        }
    }
}

fn check_gas(checks: &mut Checks, condition: &GasCondition) {
    let prices = [("maxGasPrice", &condition.max_gas_price), ("maxPriorityFee", &condition.max_priority_fee)];
    let given = prices.iter().any(|(_, price)| price.is_some());
    checks.ensure(given, "gasCondition", "required", "give maxGasPrice or maxPriorityFee");
    for (name, price) in prices {
        if let Some(price) = price {
            let fine = price.parse::<u128>().is_ok() && price.bytes().all(|b| b.is_ascii_digit());
            checks.ensure(fine, &format!("gasCondition.{name}"), "invalid", "a string of digits");
        }
    }
    checks.range("gasCondition.timeout", condition.timeout, 60, 86_400);
}

#[cfg(test)]
mod tests;
