//! Contract accounts as they are published: a Safe, and a simple account at the entry point of ERC-4337. What their
//! owner signs as typed data, and the call by which any account then brings it.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, U256};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::abi::call_data;
use crate::parts::{Parts, deploy, faucet, plant, transact};

const SAFE: &str = "@safe-global/safe-contracts/build/artifacts/contracts";
const ERC_4337: &str = "@account-abstraction/contracts/artifacts";
const PROXY: &str = "@openzeppelin/contracts/build/contracts/ERC1967Proxy.json";
const ZERO_ADDRESS: &str = "0x0000000000000000000000000000000000000000";
const GWEI: u128 = 1_000_000_000;

/// Version 0.8, where it is on every network.
pub const ENTRY_POINT: &str = "0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108";

/// The most that an [`operation`] pays: all its gas at its highest price, in wei.
pub const OPERATION_FEE: u128 = 450_000 * 3 * GWEI;

fn address(text: &str) -> Result<DynSolValue> {
    Ok(DynSolValue::Address(text.parse::<Address>()?))
}

fn number(number: u128) -> DynSolValue {
    DynSolValue::Uint(U256::from(number), 256)
}

fn bytes(text: &str) -> Result<DynSolValue> {
    Ok(DynSolValue::Bytes(hex::decode(text.trim_start_matches("0x"))?))
}

/// Two numbers of 128 bits in a word, as hex.
pub fn halves(high: u128, low: u128) -> String {
    B256::from((U256::from(high) << 128) | U256::from(low)).to_string()
}

fn fields(text: &str) -> Value {
    let field = |each: &str| {
        let (kind, name) = each.split_once(' ').unwrap_or((each, ""));
        json!({ "name": name, "type": kind })
    };
    text.split(", ").map(field).collect()
}

/// A Safe 1.4.1 whose only owner this is.
pub async fn safe_of(node: &str, parts: &Parts, owner: &str) -> Result<String> {
    let singleton = deploy(node, &parts.code(&format!("{SAFE}/Safe.sol/Safe.json"))?, &[]).await?;
    let proxy = parts.code(&format!("{SAFE}/proxies/SafeProxy.sol/SafeProxy.json"))?;
    let safe = deploy(node, &proxy, &[address(&singleton)?]).await?;
    let arguments = [
        DynSolValue::Array(vec![address(owner)?]),
        number(1),
        address(ZERO_ADDRESS)?,
        bytes("")?,
        address(ZERO_ADDRESS)?,
        address(ZERO_ADDRESS)?,
        number(0),
        address(ZERO_ADDRESS)?,
    ];
    let setup = "setup(address[],uint256,address,bytes,address,address,uint256,address)";
    let call = json!({ "to": safe, "data": call_data(setup, &arguments) });
    transact(node, call, &faucet(node).await?).await?;
    Ok(safe)
}

/// Puts the entry point on a chain.
pub async fn plant_entry_point(node: &str, parts: &Parts) -> Result<()> {
    plant(node, ENTRY_POINT, &parts.code(&format!("{ERC_4337}/EntryPoint.json"))?, &[]).await
}

/// A simple account of this owner's at the entry point.
pub async fn simple_account_of(node: &str, parts: &Parts, owner: &str) -> Result<String> {
    let code = parts.code(&format!("{ERC_4337}/SimpleAccount.json"))?;
    let implementation = deploy(node, &code, &[address(ENTRY_POINT)?]).await?;
    let initialize = call_data("initialize(address)", &[address(owner)?]);
    deploy(node, &parts.code(PROXY)?, &[address(&implementation)?, bytes(&initialize)?]).await
}

/// A Safe's first transaction, free of fees and refunds, to be signed.
pub fn safe_transaction(safe: &str, to: &str, data: &str, operation: u8) -> Value {
    json!({
        "primaryType": "SafeTx",
        "types": {
            "EIP712Domain": fields("uint256 chainId, address verifyingContract"),
            "SafeTx": fields(
                "address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, \
                 uint256 gasPrice, address gasToken, address refundReceiver, uint256 nonce",
            ),
        },
        "domain": { "chainId": 31337, "verifyingContract": safe },
        "message": {
            "to": to, "value": "0", "data": data, "operation": operation, "safeTxGas": "0", "baseGas": "0",
            "gasPrice": "0", "gasToken": ZERO_ADDRESS, "refundReceiver": ZERO_ADDRESS, "nonce": "0",
        },
    })
}

/// The arguments that a Safe's methods begin with.
fn of_safe(typed: &Value) -> Result<Vec<DynSolValue>> {
    let m = &typed["message"];
    let text = |name: &str| m[name].as_str().with_context(|| name.to_owned());
    Ok(vec![
        address(text("to")?)?,
        number(0),
        bytes(text("data")?)?,
        DynSolValue::Uint(U256::from(m["operation"].as_u64().context("operation")?), 8),
        number(0),
        number(0),
        number(0),
        address(ZERO_ADDRESS)?,
        address(ZERO_ADDRESS)?,
    ])
}

/// The question to a Safe for the hash of such a transaction.
pub fn safe_hash(typed: &Value) -> Result<String> {
    let mut arguments = of_safe(typed)?;
    arguments.push(number(0));
    let method =
        "getTransactionHash(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,uint256)";
    Ok(call_data(method, &arguments))
}

/// The call by which any account has a Safe carry it out.
pub fn carried_out(typed: &Value, signature: &str) -> Result<String> {
    let mut arguments = of_safe(typed)?;
    arguments.push(bytes(signature)?);
    let method = "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)";
    Ok(call_data(method, &arguments))
}

/// The first user operation of an account, which calls it with `data`, to be signed.
pub fn operation(account: &str, data: &str) -> Value {
    json!({
        "primaryType": "PackedUserOperation",
        "types": {
            "EIP712Domain": fields("string name, string version, uint256 chainId, address verifyingContract"),
            "PackedUserOperation": fields(
                "address sender, uint256 nonce, bytes initCode, bytes callData, bytes32 accountGasLimits, \
                 uint256 preVerificationGas, bytes32 gasFees, bytes paymasterAndData",
            ),
        },
        "domain": { "name": "ERC4337", "version": "1", "chainId": 31337, "verifyingContract": ENTRY_POINT },
        "message": {
            "sender": account, "nonce": "0", "initCode": "0x", "callData": data,
            "accountGasLimits": halves(200_000, 200_000), "preVerificationGas": "50000",
            "gasFees": halves(GWEI, 3 * GWEI), "paymasterAndData": "0x",
        },
    })
}

/// The call that a simple account is told to make.
pub fn executed(to: &str, inner: &str) -> Result<String> {
    Ok(call_data("execute(address,uint256,bytes)", &[address(to)?, number(0), bytes(inner)?]))
}

/// The call with which a bundler brings an operation.
pub fn bundled(typed: &Value, signature: &str, beneficiary: &str) -> Result<String> {
    let m = &typed["message"];
    let text = |name: &str| m[name].as_str().with_context(|| name.to_owned());
    let word = |name: &str| Ok::<_, anyhow::Error>(DynSolValue::FixedBytes(text(name)?.parse()?, 32));
    let packed = DynSolValue::Tuple(vec![
        address(text("sender")?)?,
        number(0),
        bytes(text("initCode")?)?,
        bytes(text("callData")?)?,
        word("accountGasLimits")?,
        number(50_000),
        word("gasFees")?,
        bytes(text("paymasterAndData")?)?,
        bytes(signature)?,
    ]);
    let arguments = [DynSolValue::Array(vec![packed]), address(beneficiary)?];
    let method = "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)";
    Ok(call_data(method, &arguments))
}
