//! The requests to an EVM node (execution API), typed. The types of the answers are in `answer`.

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::ChainError;
use crate::bounded::{Brief, Few};
use crate::evm::codec::answer::{Frame, Head, Log, Quantity, Receipt};
use crate::evm::codec::calls::Call;
use crate::evm::codec::fees::Price;
use crate::rpc::{Asked, RpcFailure, RpcPool};

impl Call {
    fn json(&self) -> Value {
        let mut call = json!({
            "from": self.from, "data": self.input, "value": format!("0x{:x}", self.value),
        });
        if let (Some(to), Some(fields)) = (self.to, call.as_object_mut()) {
            fields.insert("to".to_owned(), json!(to));
        }
        call
    }

    /// Returns the call with the fields of its transaction.
    fn json_on(&self, terms: &Terms) -> Value {
        let mut call = self.json();
        let Some(fields) = call.as_object_mut() else { return call };
        let mut set = |name: &str, number: u128| fields.insert(name.to_owned(), hex_number(number));
        set("gas", terms.gas.into());
        match terms.price.priority {
            Some(priority) => {
                set("maxFeePerGas", terms.price.max);
                set("maxPriorityFeePerGas", priority);
            }
            None => drop(set("gasPrice", terms.price.max)),
        }
        if !terms.access_list.is_empty() {
            let entries = terms.access_list.iter();
            let entries = entries.map(|(address, keys)| json!({ "address": address, "storageKeys": keys }));
            fields.insert("accessList".to_owned(), entries.collect());
        }
        call
    }
}

/// The terms on which a call runs as its transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Terms {
    pub(super) gas: u64,
    /// Wei per gas, as signed.
    pub(super) price: Price,
    /// Accounts and their slots, as signed (EIP-2930).
    pub(super) access_list: Vec<(Address, Vec<B256>)>,
    /// Base fee of the latest block, in wei per gas; `None` on networks without one.
    pub(super) base_fee: Option<u128>,
}

impl Terms {
    /// Returns the block overrides that make the transaction valid: a transaction that offers less than the current
    /// base fee becomes valid when the base fee has fallen. Returns `None` if it is valid in the next block.
    fn block(&self) -> Option<Value> {
        let (base, price) = (self.base_fee?, self.price);
        // The base fee of the next block is at most an eighth higher (EIP-1559).
        if price.max >= base.saturating_add(base.div_ceil(8)) {
            return None;
        }
        let fee = base.min(price.max.saturating_sub(price.priority.unwrap_or_default()));
        Some(json!({ "baseFeePerGas": hex_number(fee) }))
    }
}

fn hex_number(number: u128) -> Value {
    json!(format!("0x{number:x}"))
}

/// The answer of `eth_simulateV1` for one call.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Simulated {
    pub(super) status: Quantity,
    pub(super) logs: Vec<Log>,
    pub(super) return_data: Bytes,
    pub(super) error: Option<Broken>,
}

/// The error of a simulated call.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub(super) struct Broken {
    pub(super) message: String,
    pub(super) data: Option<Brief>,
}

/// Most transactions of one block that are read.
const MOST_TRANSACTIONS: usize = 50_000;

/// One network's nodes.
#[derive(Clone, Debug)]
pub(super) struct Node(pub(super) RpcPool);

impl Node {
    /// Returns one node for each endpoint.
    pub(super) fn singles(&self) -> Vec<Self> {
        self.0.singles().into_iter().map(Self).collect()
    }

    /// Returns the nodes that do not rest after failures, or all nodes if fewer than `least` do not rest.
    pub(super) fn awake(&self, least: usize) -> Vec<Self> {
        self.0.awake(least).into_iter().map(Self).collect()
    }

    /// Returns the error that the nodes do not prove a claim.
    pub(super) fn unproved(&self, what: String) -> ChainError {
        ChainError::Unproved { network: self.0.network().to_string(), what }
    }

    /// Returns the evaluation of the nodes' answers about a fact.
    pub(super) fn asked(&self, about: &'static str) -> Asked<'_> {
        Asked { network: self.0.network().as_str(), configured: self.0.len(), about }
    }

    pub(super) fn bad(&self, reason: &str) -> ChainError {
        ChainError::BadAnswer { network: self.0.network().to_string(), reason: reason.to_owned() }
    }

    pub(super) fn fail(&self, failure: RpcFailure) -> ChainError {
        failure.into_chain_error(self.0.network())
    }

    async fn u256(&self, method: &str, params: Value) -> Result<U256, RpcFailure> {
        self.0.call::<Quantity>(method, params).await.map(|quantity| quantity.0)
    }

    async fn u64(&self, method: &str, params: Value) -> Result<u64, RpcFailure> {
        narrow(self.u256(method, params).await?, method)
    }

    /// Reads the balance in the latest block, in wei.
    pub(super) async fn balance(&self, account: Address) -> Result<U256, RpcFailure> {
        self.u256("eth_getBalance", json!([account, "latest"])).await
    }

    /// Reads the number of transactions of `account` up to `block` (a tag or a number).
    pub(super) async fn transaction_count(&self, account: Address, block: &str) -> Result<u64, RpcFailure> {
        self.u64("eth_getTransactionCount", json!([account, block])).await
    }

    /// Reads the number of the latest block.
    pub(super) async fn height(&self) -> Result<u64, RpcFailure> {
        self.u64("eth_blockNumber", json!([])).await
    }

    /// Reads the header of the block with this tag or number, if there is one.
    pub(super) async fn head(&self, block: &str) -> Result<Option<Head>, RpcFailure> {
        self.0.call("eth_getBlockByNumber", json!([block, false])).await
    }

    /// Reads the number of the block with this tag or number, if there is one.
    pub(super) async fn number_of(&self, tag: &str) -> Result<Option<u64>, RpcFailure> {
        let Some(head) = self.head(tag).await? else { return Ok(None) };
        let number =
            head.number.ok_or_else(|| RpcFailure::BadAnswer("a block without a number".to_owned()))?;
        narrow(number.0, "eth_getBlockByNumber").map(Some)
    }

    /// Reads the full transactions of a block.
    pub(super) async fn transactions_in(&self, block: u64) -> Result<Vec<Box<RawValue>>, RpcFailure> {
        #[derive(Deserialize)]
        struct Full {
            transactions: Few<Box<RawValue>, MOST_TRANSACTIONS>,
        }
        let full: Option<Full> =
            self.0.call("eth_getBlockByNumber", json!([format!("0x{block:x}"), true])).await?;
        Ok(full.map_or_else(Vec::new, |full| full.transactions.0))
    }

    /// Reads the transaction of `account` with `nonce`. Not all nodes have this method.
    pub(super) async fn by_sender_and_nonce(
        &self,
        account: Address,
        nonce: u64,
    ) -> Result<Option<Box<RawValue>>, RpcFailure> {
        let params = json!([account, format!("0x{nonce:x}")]);
        self.0.call("eth_getTransactionBySenderAndNonce", params).await
    }

    pub(super) async fn gas_price(&self) -> Result<u128, RpcFailure> {
        narrow(self.u256("eth_gasPrice", json!([])).await?, "eth_gasPrice")
    }

    pub(super) async fn priority_fee(&self) -> Result<u128, RpcFailure> {
        const METHOD: &str = "eth_maxPriorityFeePerGas";
        narrow(self.u256(METHOD, json!([])).await?, METHOD)
    }

    pub(super) async fn estimate_gas(&self, call: &Call) -> Result<u64, RpcFailure> {
        self.u64("eth_estimateGas", json!([call.json()])).await
    }

    /// Runs `call` on the state of `block`.
    pub(super) async fn run(&self, call: &Call, block: &str) -> Result<Bytes, RpcFailure> {
        self.0.call("eth_call", json!([call.json(), block])).await
    }

    /// Runs `call` on top of the latest block as a transaction that is valid there (`eth_simulateV1`).
    /// Transfers of native coin are among its logs.
    pub(super) async fn simulate(&self, call: &Call, terms: &Terms) -> Result<Simulated, RpcFailure> {
        #[derive(Deserialize)]
        struct Block {
            calls: [Simulated; 1],
        }
        let mut block = json!({ "calls": [call.json_on(terms)] });
        if let Some(other) = terms.block() {
            block["blockOverrides"] = other;
        }
        let options = json!({
            "blockStateCalls": [block], "traceTransfers": true, "validation": terms.base_fee.is_some(),
        });
        let [Block { calls: [simulated] }] =
            self.0.call::<[Block; 1]>("eth_simulateV1", json!([options, "latest"])).await?;
        Ok(simulated)
    }

    /// Runs `call` in the same way by the node's tracer (`debug_traceCall`).
    pub(super) async fn trace(&self, call: &Call, terms: &Terms) -> Result<Frame, RpcFailure> {
        let mut tracer = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
        if let Some(other) = terms.block() {
            tracer["blockOverrides"] = other;
        }
        self.0.call("debug_traceCall", json!([call.json_on(terms), "latest", tracer])).await
    }

    /// Reads a contract: [`Node::run`] from the zero address, on the latest block.
    pub(super) async fn read(&self, contract: Address, input: Bytes) -> Result<Bytes, RpcFailure> {
        let call = Call { from: Address::ZERO, to: Some(contract), value: U256::ZERO, input };
        self.run(&call, "latest").await
    }

    pub(super) async fn code(&self, account: Address) -> Result<Bytes, RpcFailure> {
        self.0.call("eth_getCode", json!([account, "latest"])).await
    }

    pub(super) async fn receipt(&self, hash: B256) -> Result<Option<Receipt>, RpcFailure> {
        let receipt: Option<Receipt> = self.0.call("eth_getTransactionReceipt", json!([hash])).await?;
        match receipt {
            Some(receipt) if receipt.transaction_hash != hash => {
                Err(RpcFailure::BadAnswer("the receipt is of another transaction".to_owned()))
            }
            receipt => Ok(receipt),
        }
    }

    /// Returns whether the node has the transaction in a block or in its pool.
    pub(super) async fn knows(&self, hash: B256) -> Result<bool, RpcFailure> {
        #[derive(Deserialize)]
        struct Transaction {}
        let found: Option<Transaction> = self.0.call("eth_getTransactionByHash", json!([hash])).await?;
        Ok(found.is_some())
    }

    pub(super) async fn send(&self, bytes: &[u8]) -> Result<B256, RpcFailure> {
        let raw = format!("0x{}", hex::encode(bytes));
        self.0.call("eth_sendRawTransaction", json!([raw])).await
    }
}

/// Converts a number to the smaller type of the protocol.
fn narrow<T: TryFrom<U256>>(number: U256, method: &str) -> Result<T, RpcFailure> {
    number.try_into().map_err(|_| RpcFailure::BadAnswer(format!("the result of {method} is out of range")))
}
