//! Requests for transactions and signatures, in their wire form.
//!
//! `operation` has the fields of each type, `checks` their constraints, `read` finds the type of a body,
//! `schema` is the OpenAPI form, `signing` has the requests for signatures over bytes that the caller
//! provides.

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
pub use values::{AmountText, Base64, Hex, HumanText, UnitPrice, Units, hex_digits};

/// Delays signing, after any other waiting, until the network price is low enough. At least one of the two
/// prices is required. EVM: wei per gas. Solana: micro-lamports per compute unit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GasCondition {
    /// The maximum current price for signing, priority fee included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_gas_price: Option<UnitPrice>,
    /// The maximum current priority fee for signing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_priority_fee: Option<UnitPrice>,
    /// Seconds to wait before giving up without signing, 60 to 86400; 3600 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 60, maximum = 86400)]
    pub timeout: Option<u32>,
}

/// The wallet and network of a request, and whether it is carried out: the fields of every type.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Placement {
    /// Name or CAIP-2 id; may be absent if an asset id names it or the wallet has a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub network: Option<String>,
    /// The wallet; may be absent if only one of the session's wallets fits the given addresses, network and
    /// asset ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Delays signing until the network price is low enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gas_condition: Option<GasCondition>,
    /// Dry run: only judge and simulate. Nothing is written, signed or sent.
    #[serde(default)]
    pub dry_run: bool,
}

/// Asks for a transaction. Each type has its own fields; fields of other types are errors.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TransactionRequest {
    /// The requested operation; the field `type` names it, by default `TRANSFER`.
    #[serde(flatten)]
    pub operation: Operation,
    /// Wallet, network and options.
    #[serde(flatten)]
    pub placement: Placement,
}

impl From<Operation> for TransactionRequest {
    /// For the only wallet and network that fit; not a dry run.
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
    let given = condition.max_gas_price.is_some() || condition.max_priority_fee.is_some();
    checks.ensure(given, "gasCondition", "required", "give maxGasPrice or maxPriorityFee");
    checks.range("gasCondition.timeout", condition.timeout, 60, 86_400);
}

#[cfg(test)]
mod tests;
