//! Signatures for contract accounts that the wallet has power over: Safe transactions, ERC-4337 user
//! operations. Each is read as the call that would carry it out.

use alloy_primitives::{Address, U256, address};
use alloy_sol_types::{SolCall, sol};
use waiaas_core::effect::Effect;
use waiaas_core::network::Network;

use super::TypedData;
use super::classify::Reading;
use super::value::Struct;
use crate::Expiry;
use crate::evm::decode::{self, Called};

sol! {
    function execTransaction(
        address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas,
        uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures
    ) external payable;

    struct PackedUserOperation {
        address sender; uint256 nonce; bytes initCode; bytes callData; bytes32 accountGasLimits;
        uint256 preVerificationGas; bytes32 gasFees; bytes paymasterAndData; bytes signature;
    }
    function handleOps(PackedUserOperation[] ops, address beneficiary) external;
}

/// The entry points whose operations are typed data: v0.8 and v0.9, at one address on every network.
const ENTRY_POINTS: [Address; 2] = [
    address!("4337084D9E255Ff0702461CF8895CE9E3b5Ff108"),
    address!("433709009B8330FDa32311DF1C2AFA402eD8D009"),
];

/// What stands in the place of a factory where an operation delegates the account (EIP-7702).
const DELEGATION: [u8; 2] = [0x77, 0x02];

const SAFE_TX: &str = "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,\
    uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)";
const USER_OPERATION: &str = "PackedUserOperation(address sender,uint256 nonce,bytes initCode,bytes callData,\
    bytes32 accountGasLimits,uint256 preVerificationGas,bytes32 gasFees,bytes paymasterAndData)";

pub(super) fn read(network: &Network, wallet: Address, data: &TypedData) -> Option<Reading> {
    let contract = data.contract()?;
    let items = match data.type_text.as_str() {
        SAFE_TX if data.domain_is(&["chainId", "verifyingContract"]) => {
            safe_transaction(network, wallet, contract, &data.message)?
        }
        USER_OPERATION if ENTRY_POINTS.contains(&contract) => {
            user_operation(network, wallet, contract, &data.message)?
        }
        _ => return None,
    };
    Some(Reading { items, expiry: Expiry::Never })
}

fn called(network: &Network, wallet: Address, contract: Address, input: &[u8]) -> Vec<Effect> {
    let called = Called { to: Some(contract), value: U256::ZERO, input, standard: None };
    decode::call_effects(network, wallet, &called)
}

/// A Safe runs one call, or foreign code in its own name.
fn safe_transaction(
    network: &Network,
    wallet: Address,
    safe: Address,
    message: &Struct,
) -> Option<Vec<Effect>> {
    let operation = u8::try_from(message.uint("operation")?).ok()?;
    let to = message.address("to")?;
    let call = execTransactionCall {
        to,
        value: message.uint("value")?,
        data: message.bytes("data")?.to_vec().into(),
        operation,
        safeTxGas: message.uint("safeTxGas")?,
        baseGas: message.uint("baseGas")?,
        gasPrice: message.uint("gasPrice")?,
        gasToken: message.address("gasToken")?,
        refundReceiver: message.address("refundReceiver")?,
        signatures: Vec::new().into(),
    };
    let mut items = called(network, wallet, safe, &call.abi_encode());
    if operation != 0 {
        items.push(Effect::AuthorityChange {
            target: decode::account(safe),
            selector: None,
            to: Some(decode::account(to)),
            what: "code of another contract runs as this Safe".to_owned(),
        });
    }
    Some(items)
}

/// An entry point has an account run its call data, for which the account or a paymaster pays.
fn user_operation(
    network: &Network,
    wallet: Address,
    entry_point: Address,
    message: &Struct,
) -> Option<Vec<Effect>> {
    let sender = message.address("sender")?;
    let (init_code, paymaster) = (message.bytes("initCode")?, message.bytes("paymasterAndData")?);
    let operation = PackedUserOperation {
        sender,
        nonce: message.uint("nonce")?,
        initCode: init_code.to_vec().into(),
        callData: message.bytes("callData")?.to_vec().into(),
        accountGasLimits: message.word("accountGasLimits")?,
        preVerificationGas: message.uint("preVerificationGas")?,
        gasFees: message.word("gasFees")?,
        paymasterAndData: paymaster.to_vec().into(),
        signature: Vec::new().into(),
    };
    let fee = most_fee(&operation);
    let call = handleOpsCall { ops: vec![operation], beneficiary: Address::ZERO };
    let mut items = called(network, wallet, entry_point, &call.abi_encode());
    if init_code.starts_with(&DELEGATION) {
        items.push(Effect::AuthorityChange {
            target: decode::account(sender),
            selector: None,
            to: None,
            what: "the account's code becomes that of another contract".to_owned(),
        });
    }
    if !paymaster.is_empty() {
        // It may charge the account in any way the account has agreed to.
        let target =
            paymaster.first_chunk::<20>().map(|paymaster| decode::account(Address::from(*paymaster)));
        items.push(match target {
            Some(target) => Effect::ContractCall { target, selector: None, decoded: false },
            None => Effect::Unknown { target: None, what: "a malformed paymaster".to_owned() },
        });
    }
    items.push(Effect::NetworkFee { max: fee });
    Some(items)
}

/// All gas an operation allows, the paymaster's included, at the highest price. Both words are two
/// numbers of 128 bits (ERC-4337).
fn most_fee(operation: &PackedUserOperation) -> U256 {
    let halves = |bytes: &[u8]| {
        let half = |from: usize| {
            let bytes = bytes.get(from..from.saturating_add(16)).unwrap_or_default();
            U256::try_from_be_slice(bytes).unwrap_or_default()
        };
        (half(0), half(16))
    };
    let (verification, execution) = halves(operation.accountGasLimits.as_slice());
    let (_, price) = halves(operation.gasFees.as_slice());
    let paymaster = operation.paymasterAndData.get(20..52).map(halves).unwrap_or_default();
    [verification, execution, operation.preVerificationGas, paymaster.0, paymaster.1]
        .into_iter()
        .fold(U256::ZERO, U256::saturating_add)
        .saturating_mul(price)
}
