//! The JSON-RPC methods of a Solana node, typed. One function per request; no decisions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;

use crate::ChainError;
use crate::bounded::{Brief, Few};
use crate::rpc::{Asked, RpcFailure, RpcPool};
use crate::solana::codec::account::Account;
use crate::solana::codec::status::Status;

/// The number of accounts that `getMultipleAccounts` accepts; more than a transaction can name.
pub(super) const MAX_ACCOUNTS: usize = 100;

/// The commitment of reads that decide the content of a draft: two thirds of the stake voted for the block.
const CONFIRMED: &str = "confirmed";

/// A node, or several of the same cluster.
#[derive(Debug)]
pub(super) struct Node {
    rpc: RpcPool,
}

/// An answer with its slot.
#[derive(Deserialize)]
pub(super) struct At<T> {
    pub(super) context: Context,
    pub(super) value: T,
}

#[derive(Deserialize)]
pub(super) struct Context {
    pub(super) slot: u64,
}

#[derive(Deserialize)]
struct RawAccount {
    lamports: u64,
    owner: String,
    executable: bool,
    data: (String, String),
}

/// The result of `simulateTransaction`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SimulatedRun {
    /// Null on success.
    #[serde(default)]
    err: Brief,
    pub(super) logs: Option<Vec<String>>,
    pub(super) units_consumed: Option<u64>,
    accounts: Option<RawAccounts>,
}

/// The most accounts of one request.
type RawAccounts = Few<Option<RawAccount>, MAX_ACCOUNTS>;

impl SimulatedRun {
    /// Null on success.
    pub(super) const fn err(&self) -> &Value {
        &self.err.0
    }
}

/// Slot and block height of the same block.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub(super) struct Epoch {
    pub(super) absolute_slot: u64,
    pub(super) block_height: u64,
}

impl Node {
    pub(super) const fn new(rpc: RpcPool) -> Self {
        Self { rpc }
    }

    /// Returns one node per endpoint, for questions whose answers must come from the same node.
    pub(super) fn singles(&self) -> Vec<Self> {
        self.rpc.singles().into_iter().map(Self::new).collect()
    }

    /// Returns those of them that do not rest after failures, or all if fewer than `least` do not.
    pub(super) fn awake(&self, least: usize) -> Vec<Self> {
        self.rpc.awake(least).into_iter().map(Self::new).collect()
    }

    /// Returns the position of the endpoint, if this is a single one.
    pub(super) const fn position(&self) -> Option<usize> {
        self.rpc.position()
    }

    /// The error for a fact that too few endpoints confirm.
    pub(super) fn unproved(&self, what: &str) -> ChainError {
        ChainError::Unproved { network: self.rpc.network().to_string(), what: what.to_owned() }
    }

    /// A question about a fact to all of them.
    pub(super) fn asked(&self, about: &'static str) -> Asked<'_> {
        Asked { network: self.rpc.network().as_str(), configured: self.rpc.len(), about }
    }

    async fn ask<R>(&self, method: &str, params: Value) -> Result<R, ChainError>
    where
        R: DeserializeOwned + Send + 'static,
    {
        self.rpc.ask(method, params).await
    }

    fn bad(&self, reason: &str) -> ChainError {
        RpcFailure::BadAnswer(reason.to_owned()).into_chain_error(self.rpc.network())
    }

    fn key(&self, text: &str) -> Result<Pubkey, ChainError> {
        text.parse().map_err(|_| self.bad("an account key is malformed"))
    }

    pub(super) async fn genesis_hash(&self) -> Result<String, ChainError> {
        self.ask("getGenesisHash", json!([])).await
    }

    pub(super) async fn balance(&self, key: &Pubkey) -> Result<u64, ChainError> {
        let params = json!([key.to_string(), {"commitment": CONFIRMED}]);
        Ok(self.ask::<At<u64>>("getBalance", params).await?.value)
    }

    /// Returns the accounts at `keys`, all read at one slot, in the same order.
    pub(super) async fn accounts<const N: usize>(
        &self,
        keys: [&Pubkey; N],
    ) -> Result<[Option<Account>; N], ChainError> {
        self.account_list(&keys).await?.try_into().map_err(|_| self.bad("wrong number of accounts"))
    }

    /// Returns the same for at most 100 keys.
    pub(super) async fn account_list(&self, keys: &[&Pubkey]) -> Result<Vec<Option<Account>>, ChainError> {
        self.accounts_with(keys, json!({"commitment": CONFIRMED, "encoding": "base64"})).await
    }

    /// Returns the same with at most `length` bytes of each account's data.
    pub(super) async fn account_heads(
        &self,
        keys: &[&Pubkey],
        length: usize,
    ) -> Result<Vec<Option<Account>>, ChainError> {
        let slice = json!({ "offset": 0, "length": length });
        let options = json!({ "commitment": CONFIRMED, "encoding": "base64", "dataSlice": slice });
        self.accounts_with(keys, options).await
    }

    async fn accounts_with(
        &self,
        keys: &[&Pubkey],
        options: Value,
    ) -> Result<Vec<Option<Account>>, ChainError> {
        let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let params = json!([names, options]);
        let Few(found) = self.ask::<At<RawAccounts>>("getMultipleAccounts", params).await?.value;
        if found.len() != keys.len() {
            return Err(self.bad("wrong number of accounts"));
        }
        found.into_iter().map(|raw| raw.map(|raw| self.account(&raw)).transpose()).collect()
    }

    fn account(&self, raw: &RawAccount) -> Result<Account, ChainError> {
        let (text, encoding) = &raw.data;
        if encoding != "base64" {
            return Err(self.bad("account data is not base64"));
        }
        let data = BASE64.decode(text).map_err(|_| self.bad("account data is not base64"))?;
        Ok(Account { lamports: raw.lamports, owner: self.key(&raw.owner)?, executable: raw.executable, data })
    }

    /// Returns the rent-exempt minimum of an account of `size` bytes, in lamports.
    pub(super) async fn rent_exempt(&self, size: usize) -> Result<u64, ChainError> {
        self.ask("getMinimumBalanceForRentExemption", json!([size, {"commitment": CONFIRMED}])).await
    }

    /// Runs `message` with a blockhash of the node and without signatures.
    pub(super) async fn simulate(&self, message: &VersionedMessage) -> Result<SimulatedRun, ChainError> {
        self.run(message, &[]).await
    }

    /// Runs `message` and returns the accounts at `keys` as they are after the run, in the same order.
    pub(super) async fn simulate_showing(
        &self,
        message: &VersionedMessage,
        keys: &[Pubkey],
    ) -> Result<(SimulatedRun, Vec<Option<Account>>), ChainError> {
        let mut outcome = self.run(message, keys).await?;
        if !outcome.err().is_null() {
            return Ok((outcome, Vec::new()));
        }
        let shown = outcome.accounts.take().map(|shown| shown.0).filter(|shown| shown.len() == keys.len());
        let shown = shown.ok_or_else(|| self.bad("the simulation does not show the accounts"))?;
        let shown = shown.into_iter().map(|raw| raw.map(|raw| self.account(&raw)).transpose());
        Ok((outcome, shown.collect::<Result<_, _>>()?))
    }

    async fn run(&self, message: &VersionedMessage, keys: &[Pubkey]) -> Result<SimulatedRun, ChainError> {
        let signatures = message.header().num_required_signatures;
        let mut wire = vec![signatures];
        wire.resize(usize::from(signatures).saturating_mul(64).saturating_add(1), 0);
        wire.extend(message.serialize());
        let mut options = json!({
            "commitment": CONFIRMED, "encoding": "base64", "sigVerify": false, "replaceRecentBlockhash": true,
        });
        if let (false, Some(fields)) = (keys.is_empty(), options.as_object_mut()) {
            let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
            fields.insert("accounts".to_owned(), json!({ "encoding": "base64", "addresses": names }));
        }
        let params = json!([BASE64.encode(wire), options]);
        Ok(self.ask::<At<SimulatedRun>>("simulateTransaction", params).await?.value)
    }

    /// Returns the blockhash of the newest confirmed block.
    pub(super) async fn recent_blockhash(&self) -> Result<Hash, ChainError> {
        #[derive(Deserialize)]
        struct Raw {
            blockhash: String,
        }
        let params = json!([{"commitment": CONFIRMED}]);
        let raw = self.ask::<At<Raw>>("getLatestBlockhash", params).await?.value;
        let hash: Hash = raw.blockhash.parse().map_err(|_| self.bad("the blockhash is malformed"))?;
        // A message with a zero hash would be a draft.
        if hash == Hash::default() {
            return Err(self.bad("the blockhash is zero"));
        }
        Ok(hash)
    }

    /// Returns the recent prices in blocks that locked `accounts`, in micro-lamports per compute unit.
    pub(super) async fn recent_prices(&self, accounts: &[Pubkey]) -> Result<Vec<u64>, ChainError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Raw {
            prioritization_fee: u64,
        }
        let names: Vec<String> = accounts.iter().map(ToString::to_string).collect();
        let raw: Vec<Raw> = self.ask("getRecentPrioritizationFees", json!([names])).await?;
        Ok(raw.into_iter().map(|slot| slot.prioritization_fee).collect())
    }

    /// Broadcasts. A node's refusal is the inner error.
    pub(super) async fn send(&self, wire: &[u8]) -> Result<Result<String, RpcFailure>, ChainError> {
        let options = json!({
            "encoding": "base64", "skipPreflight": false, "preflightCommitment": CONFIRMED, "maxRetries": 0,
        });
        match self.rpc.call("sendTransaction", json!([BASE64.encode(wire), options])).await {
            Ok(signature) => Ok(Ok(signature)),
            Err(refused @ RpcFailure::Node { .. }) => Ok(Err(refused)),
            Err(
                failure @ (RpcFailure::Unreachable(_)
                | RpcFailure::WrongChain(_)
                | RpcFailure::BadAnswer(_)
                | RpcFailure::TooLarge(_)),
            ) => Err(failure.into_chain_error(self.rpc.network())),
        }
    }

    /// Returns the status of one signature, and the slot up to which the node searched.
    pub(super) async fn status(&self, signature: &str) -> Result<(Option<Status>, u64), ChainError> {
        let params = json!([[signature], {"searchTransactionHistory": true}]);
        let answer: At<[Option<Status>; 1]> = self.ask("getSignatureStatuses", params).await?;
        let [status] = answer.value;
        Ok((status, answer.context.slot))
    }

    /// Returns the fee that a transaction on chain paid, if the node still has it.
    pub(super) async fn fee_paid(
        &self,
        signature: &str,
        commitment: &str,
    ) -> Result<Option<u64>, ChainError> {
        #[derive(Deserialize)]
        struct Raw {
            meta: Option<Meta>,
        }
        #[derive(Deserialize)]
        struct Meta {
            fee: u64,
        }
        let options = json!({
            "commitment": commitment, "encoding": "base64", "maxSupportedTransactionVersion": 0,
        });
        let raw: Option<Raw> = self.ask("getTransaction", json!([signature, options])).await?;
        Ok(raw.and_then(|raw| raw.meta).map(|meta| meta.fee))
    }

    /// Returns the height of the newest finalised block.
    pub(super) async fn finalized_height(&self) -> Result<u64, ChainError> {
        self.ask("getBlockHeight", json!([{"commitment": "finalized"}])).await
    }

    /// Returns the height of the newest block that the node has seen, with or without votes.
    pub(super) async fn newest_height(&self) -> Result<u64, ChainError> {
        self.ask("getBlockHeight", json!([{"commitment": "processed"}])).await
    }

    /// Returns slot and height of the newest finalised block, from one node.
    pub(super) async fn finalized_epoch(&self) -> Result<Epoch, ChainError> {
        self.ask("getEpochInfo", json!([{"commitment": "finalized"}])).await
    }

    /// Returns the first slot that the node still has.
    pub(super) async fn first_available_slot(&self) -> Result<u64, ChainError> {
        self.ask("getFirstAvailableBlock", json!([])).await
    }

    /// Returns the height of the finalised block in `slot`, if the node has it.
    pub(super) async fn block_height_at(&self, slot: u64) -> Result<Option<u64>, ChainError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Raw {
            block_height: Option<u64>,
        }
        let options = json!({
            "commitment": "finalized", "transactionDetails": "none", "rewards": false,
            "maxSupportedTransactionVersion": 0,
        });
        let raw: Option<Raw> = self.ask("getBlock", json!([slot, options])).await?;
        Ok(raw.and_then(|block| block.block_height))
    }

    /// Whether the newest block would still accept a transaction with this blockhash.
    pub(super) async fn blockhash_is_valid(&self, hash: &Hash) -> Result<bool, ChainError> {
        let params = json!([hash.to_string(), {"commitment": "processed"}]);
        Ok(self.ask::<At<bool>>("isBlockhashValid", params).await?.value)
    }

    /// Returns all accounts of `owner` under one token program, with their addresses. Requested as bytes: a
    /// node returns the parsed form only of accounts whose mint it can read, and anyone can make others.
    pub(super) async fn token_accounts(
        &self,
        owner: &Pubkey,
        program: &Pubkey,
    ) -> Result<Vec<(Pubkey, Account)>, ChainError> {
        #[derive(Deserialize)]
        struct Entry {
            pubkey: String,
            account: RawAccount,
        }
        let params = json!([
            owner.to_string(),
            {"programId": program.to_string()},
            {"commitment": CONFIRMED, "encoding": "base64"},
        ]);
        let answer: At<Vec<Entry>> = self.ask("getTokenAccountsByOwner", params).await?;
        let read = |entry: Entry| Ok((self.key(&entry.pubkey)?, self.account(&entry.account)?));
        answer.value.into_iter().map(read).collect()
    }
}
