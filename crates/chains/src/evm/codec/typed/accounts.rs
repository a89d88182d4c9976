//! Signatures for contract accounts that the wallet controls: Safe transactions and ERC-4337 user operations.
//! Each is read as the call that carries it out.

use alloy_primitives::{Address, U256, address};
use alloy_sol_types::{SolCall, sol};
use waiaas_core::effect::Effect;
use waiaas_core::network::Network;
use waiaas_core::presentation::Content;

use super::TypedData;
use super::classify::Reading;
use super::value::Struct;
use crate::Expiry;
use crate::evm::codec::decode::{self, Called, Decoding};

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

/// The entry points whose operations are typed data: v0.8 and v0.9, at the same address on every network.
const ENTRY_POINTS: [Address; 2] = [
    address!("4337084D9E255Ff0702461CF8895CE9E3b5Ff108"),
    address!("433709009B8330FDa32311DF1C2AFA402eD8D009"),
];

/// Prefix in place of a factory where an operation delegates the account (EIP-7702).
const DELEGATION: [u8; 2] = [0x77, 0x02];

const SAFE_TX: &str = "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,\
    uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)";
const USER_OPERATION: &str = "PackedUserOperation(address sender,uint256 nonce,bytes initCode,bytes callData,\
    bytes32 accountGasLimits,uint256 preVerificationGas,bytes32 gasFees,bytes paymasterAndData)";

pub(super) fn read(network: &Network, wallet: Address, data: &TypedData) -> Option<Reading> {
    let contract = data.contract()?;
    let (decoding, calls) = match data.type_text.as_str() {
        SAFE_TX if data.domain_is(&["chainId", "verifyingContract"]) => {
            safe_transaction(network, wallet, contract, &data.message)?
        }
        USER_OPERATION if ENTRY_POINTS.contains(&contract) => {
            user_operation(network, wallet, contract, &data.message)?
        }
        _ => return None,
    };
    Some(Reading { decoding, expiry: Expiry::Never, calls })
}

/// The cost of a user operation, by its bytes.
pub(in crate::evm) struct Operation {
    /// Gas that an honest bundler charges.
    pub(in crate::evm) gas: u64,
    /// Bytes that it adds to a transaction.
    pub(in crate::evm) length: usize,
    /// Highest fee that it pays, in wei.
    pub(in crate::evm) fee: U256,
}

/// Gas that a bundler spends on an operation beside its execution and its bytes.
const OVERHEAD_GAS: u64 = 100_000;

/// Gas for a byte of call data.
const GAS_PER_BYTE: u64 = 16;

/// Returns the cost of a user operation; `None` for all other typed data. The pre-verification gas is paid in full
/// regardless of use, so it counts only up to the cost of the operation's bytes and the usual overhead.
pub(in crate::evm) fn operation(data: &TypedData) -> Option<Operation> {
    let known = data.type_text == USER_OPERATION && ENTRY_POINTS.contains(&data.contract()?);
    let operation = packed(&data.message).filter(|_| known)?;
    let parts = [&operation.initCode, &operation.callData, &operation.paymasterAndData];
    // Ten words in addition to the three parts.
    let length = parts.iter().fold(320usize, |sum, part| sum.saturating_add(part.len()));
    let bytes = u64::try_from(length).unwrap_or(u64::MAX);
    let usual = OVERHEAD_GAS.saturating_add(bytes.saturating_mul(GAS_PER_BYTE));
    let before = operation.preVerificationGas.min(U256::from(usual));
    let gas = running(&operation).fold(before, U256::saturating_add);
    Some(Operation { gas: u64::try_from(gas).unwrap_or(u64::MAX), length, fee: most_fee(&operation) })
}

fn called(network: &Network, wallet: Address, contract: Address, input: &[u8]) -> (Decoding, Vec<Content>) {
    let called = Called { to: Some(contract), value: U256::ZERO, input, standard: None };
    let mut calls = decode::content(network, wallet, &called);
    // The outermost call is not shown: its fields are those of the typed data.
    calls.retain(|call| !matches!(call, Content::Call { depth: 0, .. }));
    (decode::call_effects(network, wallet, &called), calls)
}

/// Reads a Safe transaction: one call, or code of another contract that runs as the Safe.
fn safe_transaction(
    network: &Network,
    wallet: Address,
    safe: Address,
    message: &Struct,
) -> Option<(Decoding, Vec<Content>)> {
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
    let (mut decoding, calls) = called(network, wallet, safe, &call.abi_encode());
    if operation != 0 {
        decoding.items.push(Effect::AuthorityChange {
            target: decode::account(safe),
            selector: None,
            to: Some(decode::account(to)),
            what: "code of another contract runs as this Safe".to_owned(),
        });
    }
    Some((decoding, calls))
}

/// Reads a user operation: an entry point makes an account run its call data, and the account or a paymaster pays.
fn user_operation(
    network: &Network,
    wallet: Address,
    entry_point: Address,
    message: &Struct,
) -> Option<(Decoding, Vec<Content>)> {
    let operation = packed(message)?;
    let (sender, init_code, paymaster) =
        (operation.sender, operation.initCode.clone(), operation.paymasterAndData.clone());
    let fee = most_fee(&operation);
    let call = handleOpsCall { ops: vec![operation], beneficiary: Address::ZERO };
    let (mut decoding, calls) = called(network, wallet, entry_point, &call.abi_encode());
    if init_code.starts_with(&DELEGATION) {
        decoding.items.push(Effect::AuthorityChange {
            target: decode::account(sender),
            selector: None,
            to: None,
            what: "the account's code becomes that of another contract".to_owned(),
        });
    }
    if !paymaster.is_empty() {
        // The paymaster may charge the account in any way that the account has approved.
        let target =
            paymaster.first_chunk::<20>().map(|paymaster| decode::account(Address::from(*paymaster)));
        decoding.items.push(match target {
            Some(target) => Effect::ContractCall { target, selector: None, decoded: false },
            None => Effect::Unknown { target: None, what: "a malformed paymaster".to_owned() },
        });
    }
    decoding.items.push(Effect::NetworkFee { max: fee });
    Some((decoding, calls))
}

/// Returns the operation in the form that an entry point accepts.
fn packed(message: &Struct) -> Option<PackedUserOperation> {
    Some(PackedUserOperation {
        sender: message.address("sender")?,
        nonce: message.uint("nonce")?,
        initCode: message.bytes("initCode")?.to_vec().into(),
        callData: message.bytes("callData")?.to_vec().into(),
        accountGasLimits: message.word("accountGasLimits")?,
        preVerificationGas: message.uint("preVerificationGas")?,
        gasFees: message.word("gasFees")?,
        paymasterAndData: message.bytes("paymasterAndData")?.to_vec().into(),
        signature: Vec::new().into(),
    })
}

/// Splits a word into two numbers of 128 bits (ERC-4337).
fn halves(bytes: &[u8]) -> (U256, U256) {
    let half = |from: usize| {
        let bytes = bytes.get(from..from.saturating_add(16)).unwrap_or_default();
        U256::try_from_be_slice(bytes).unwrap_or_default()
    };
    (half(0), half(16))
}

/// Returns the gas limits of an operation's verification and execution, and those of its paymaster.
fn running(operation: &PackedUserOperation) -> impl Iterator<Item = U256> {
    let (verification, execution) = halves(operation.accountGasLimits.as_slice());
    let paymaster = operation.paymasterAndData.get(20..52).map(halves).unwrap_or_default();
    [verification, execution, paymaster.0, paymaster.1].into_iter()
}

/// Returns the cost of all gas that an operation allows, at its highest price.
fn most_fee(operation: &PackedUserOperation) -> U256 {
    let (_, price) = halves(operation.gasFees.as_slice());
    running(operation).fold(operation.preVerificationGas, U256::saturating_add).saturating_mul(price)
}
