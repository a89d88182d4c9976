//! The blockchains: build drafts, decode effects, simulate, complete, submit, confirm, and price.
//!
//! The crate holds no keys and no database. Every network has two halves. Its [`Codec`] is pure: it reads the
//! effects of a draft from its bytes, and completes, joins and verifies bytes. Its [`Chain`] makes requests
//! to nodes: it turns an intent into a [`Draft`], finds the values of its volatile fields, broadcasts, and
//! reports the outcome of signed bytes. Neither makes a decision.

mod bounded;
mod codec;
mod error;
pub mod evm;
mod held;
#[cfg(test)]
mod judged;
mod message;
mod observation;
mod outcome;
pub mod price;
mod reputation;
pub mod rpc;
pub mod solana;

use async_trait::async_trait;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::draft::{Completed, Draft};
use waiaas_core::intent::Intent;
use waiaas_core::simulation::Observed;
use waiaas_core::transaction::Replacement;

pub use self::codec::{Codec, Volatile, codec};
pub use self::error::{ChainError, CodecError, Refusal};
pub use self::held::{Holding, Holdings, TokenFacts, Unreadable};
pub use self::message::UnsignableMessage;
pub use self::outcome::{Known, Outcome, Undecided};
pub use self::reputation::{AgentQuestion, ReputationSource};
pub use waiaas_core::expiry::Expiry;

/// The kind of account at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occupant {
    /// No account, or an account controlled by a key.
    Account,
    /// A contract. An account that delegates to a contract's code (EIP-7702) is not a contract.
    Contract,
    /// A program, or an account owned by a program other than Solana's own.
    ProgramAccount,
}

/// A node's prediction of the result of a draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Simulation {
    /// Whether it would succeed.
    pub success: bool,
    /// Program or revert logs.
    pub logs: Vec<String>,
    /// Gas or compute units.
    pub units_consumed: Option<u64>,
    /// The node's reason if it would fail.
    pub error: Option<String>,
}

/// The effects on the wallet that a node saw when it ran a draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Observation {
    /// A message: no chain runs it.
    NotApplicable,
    /// It ran and succeeded.
    Seen(Box<Observed>),
    /// No node can show the effects; the text is for display, without URLs or keys.
    Unavailable(String),
}

/// A signed transaction as stored before its first broadcast.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedTx {
    /// The exact bytes of every broadcast.
    pub bytes: Vec<u8>,
    /// The chain's transaction id, computed from the bytes.
    pub hash: String,
    /// The condition after which these bytes can no longer land.
    pub expiry: Expiry,
}

/// A node's answer to a broadcast.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Submission {
    /// In the node's pool, or already known to the node.
    Accepted,
    /// The node refused these bytes. This proves nothing: the bytes may still land.
    Rejected(String),
}

impl Submission {
    /// Combines the answers of several nodes: accepted if one accepts, refused if all that answer refuse.
    fn of_all(answers: Vec<Result<Self, ChainError>>) -> Result<Self, ChainError> {
        let (mut refused, mut failure) = (None, None);
        for answer in answers {
            match answer {
                Ok(Self::Accepted) => return Ok(Self::Accepted),
                Ok(rejected @ Self::Rejected(_)) => refused = refused.or(Some(rejected)),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match (refused, failure) {
            (Some(rejected), _) => Ok(rejected),
            (None, Some(failure)) => Err(failure),
            (None, None) => Err(ChainError::Corrupt("no node is configured".to_owned())),
        }
    }
}

/// State of the signing lane (one per wallet and network) that a node may not have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lane {
    /// EVM nonces of this wallet's signed transactions that may still land. Ignored on Solana.
    pub nonces_in_flight: Vec<u64>,
    /// The lowest EVM nonce that no recently landed transaction of this wallet has used. A node that is
    /// behind would return a used one. Ignored on Solana.
    pub nonce_floor: u64,
    /// The same, counted from all transactions that ever landed. Not applied if every endpoint counts lower:
    /// by now each of them would have these transactions, so the report of their landing was false. Ignored
    /// on Solana.
    pub nonce_floor_once: u64,
    /// The lowest EVM nonce above all that were ever signed for this wallet. The answer of a single node that
    /// more are used is not accepted. Ignored on Solana.
    pub nonces_signed: u64,
    /// Incremented while completion yields bytes that another transaction already has. Solana identifies a
    /// transaction only by its bytes, so two equal payments with one blockhash would be the same transaction;
    /// on EVM, bytes built elsewhere may be signed for a nonce that is free. Each variation offers another
    /// price per unit.
    pub variation: u64,
    /// The signed bytes to be replaced. Completion uses their nonce, at prices that nodes accept for a
    /// replacement. Refused on Solana, which has no replacement.
    pub replaces: Option<Vec<u8>>,
    /// The highest fee that may be paid now, in base units of the native coin, in addition to the limit of
    /// the draft's own budget.
    pub fee_cap: Option<U256>,
    /// The highest prices that may be offered per unit of gas.
    pub most: MostPrices,
}

/// The caller's limits for prices per unit of gas, in the units of [`GasPrices`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MostPrices {
    /// The total, including the priority fee.
    pub price: Option<u128>,
    /// The priority fee.
    pub priority: Option<u128>,
}

/// The fee that a draft offers and the fee that its network requires, in base units of the native coin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeeQuote {
    /// The highest fee that the draft permits.
    pub offered: U256,
    /// The lowest fee that a block would require now. The whole offer for a transaction that is signed as it
    /// came.
    pub least: U256,
    /// The fee that the network requires now, with a margin. A higher offer pays the block producer more than
    /// needed.
    pub asked: U256,
}

/// Current prices of the network. EVM: wei per gas; Solana: micro-lamports per compute unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GasPrices {
    /// The total, including the priority fee.
    pub price: u128,
    /// The priority fee.
    pub priority: u128,
}

/// The chain that the nodes of a network serve, and its height.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Hash of the first block.
    pub genesis: String,
    /// The newest block of the node that is furthest behind, of the nodes that report one.
    pub lowest: u64,
    /// The newest block of the node that is furthest ahead, of the nodes that report one.
    pub highest: u64,
}

/// One network, reached through its nodes. Everything that needs no node is in its [`Codec`].
///
/// A method that makes requests to nodes fails with [`ChainError::Unreachable`] if none answers, with
/// [`ChainError::BadAnswer`] if an answer is unusable, and with [`ChainError::WrongChain`] if a node serves
/// another chain. Where endpoints must agree, it also fails with [`ChainError::Unproved`] or
/// [`ChainError::Contradiction`]. The methods below call these node errors ([`ChainError::blames_nodes`]).
#[async_trait]
pub trait Chain: Send + Sync {
    /// Returns the network's formats.
    fn codec(&self) -> &dyn Codec;

    /// Returns the chain that all nodes report.
    ///
    /// # Errors
    ///
    /// A node error if an endpoint does not answer or the endpoints differ.
    async fn identity(&self) -> Result<Identity, ChainError>;

    /// Builds the exact transaction for an intent, with a fee budget. Reads the chain (token program,
    /// recipient account, gas estimate).
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if the request cannot work on this chain; a node error if the chain cannot be
    /// read.
    async fn build(&self, from: Address, intent: &Intent) -> Result<Draft, ChainError>;

    /// Builds the replacement of `signed`, the bytes in which `old` may still land: the same transaction with
    /// another fee budget, or an empty one. Only one of the two can land.
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if there is nothing left to replace, the fee is not possible or the chain has
    /// no replacements; [`ChainError::Corrupt`] if `old` or `signed` cannot be read; a node error if the
    /// chain cannot be read.
    async fn replacement(&self, old: &Draft, signed: &[u8], with: Replacement) -> Result<Draft, ChainError>;

    /// Returns decimals and symbol of a token, as the endpoints agree on them.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAToken`] if the address is not a token; a node error if the endpoints do not agree.
    async fn token(&self, token: Address) -> Result<TokenFacts, ChainError>;

    /// Runs the draft on a node without signing.
    ///
    /// # Errors
    ///
    /// [`ChainError::Corrupt`] if the draft cannot be read; a node error if no node runs it. A run that fails
    /// is a [`Simulation`] without success.
    async fn simulate(&self, draft: &Draft) -> Result<Simulation, ChainError>;

    /// Runs the draft on a node without signing, and reports everything that it takes from the wallet or
    /// permits others to take. With `completed`, runs exactly these bytes with their fees, otherwise the
    /// draft with its current fees. Reports observed effects, independent of the decoder. If no node gives a
    /// usable answer, the result is [`Observation::Unavailable`].
    ///
    /// # Errors
    ///
    /// [`Refusal::SimulationFailed`] if the run fails; [`ChainError::Corrupt`] if the draft cannot be read.
    async fn observe(&self, draft: &Draft, completed: Option<&Completed>) -> Result<Observation, ChainError>;

    /// Returns the method by which each endpoint, in configured order, was last found to show the effects of
    /// a draft: `none` if the endpoint has no such method, nothing if it was not asked yet. Empty on a chain
    /// with a single method.
    fn simulation_methods(&self) -> Vec<Option<&'static str>>;

    /// Returns the fee that a draft offers and the fee that the network requires now; none for a draft that
    /// pays no fee, such as a text.
    ///
    /// # Errors
    ///
    /// [`ChainError::Corrupt`] if the draft cannot be read; a node error if the prices cannot be read.
    async fn fee(&self, draft: &Draft) -> Result<Option<FeeQuote>, ChainError>;

    /// Checks the nonce of a transaction built elsewhere. All other drafts get their nonce or blockhash when
    /// they are completed.
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if the nonce is used, belongs to another transaction, or is far ahead of both;
    /// [`ChainError::Corrupt`] if the draft cannot be read; a node error if the nonces cannot be read.
    async fn check_place(&self, draft: &Draft, lane: &Lane) -> Result<(), ChainError>;

    /// Returns the current prices of the network.
    ///
    /// # Errors
    ///
    /// A node error if the prices cannot be read.
    async fn gas_prices(&self) -> Result<GasPrices, ChainError>;

    /// Fills in the volatile fields ([`Codec::complete`]). The result carries the digest of the draft read
    /// back from the completed bytes.
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if the balance does not suffice, the fee or a price is above its limit, or the
    /// nonce or blockhash is not usable; [`ChainError::Corrupt`] if the draft cannot be read; a node error if
    /// the values cannot be read.
    async fn complete(&self, draft: &Draft, lane: &Lane) -> Result<Completed, ChainError>;

    /// Broadcasts through every endpoint that does not rest. Sending the same bytes again is harmless.
    ///
    /// # Errors
    ///
    /// A node error if no endpoint answers.
    async fn submit(&self, signed: &SignedTx) -> Result<Submission, ChainError>;

    /// Returns the outcome of signed bytes of `from`, ruled from the answers of all endpoints.
    ///
    /// # Errors
    ///
    /// A node error if no endpoint gives a usable answer; [`ChainError::Corrupt`] if the bytes are not a
    /// transaction of `from` on this chain.
    async fn outcome(
        &self,
        from: Address,
        signed: &SignedTx,
        known: Known<'_>,
    ) -> Result<Outcome, ChainError>;

    /// Returns the kind of account at an address.
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if the address is not one of this chain; a node error if it cannot be read.
    async fn occupant(&self, address: Address) -> Result<Occupant, ChainError>;

    /// Returns the native balance in base units.
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if the address is not one of this chain; a node error if it cannot be read.
    async fn balance(&self, address: Address) -> Result<U256, ChainError>;

    /// Returns the native coin and the tokens held. On EVM only `tokens` are looked up; on Solana the chain
    /// lists them and `tokens` is ignored.
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if the address is not one of this chain; a node error if the balances cannot
    /// be read. A single unreadable token is in [`Holdings::unreadable`].
    async fn holdings(&self, address: Address, tokens: &[Address]) -> Result<Holdings, ChainError>;

    /// Returns the base units held of each of `tokens`, in their order: the lowest balance that an endpoint
    /// reports. If several endpoints are configured, at least two must answer. A balance that cannot be read
    /// counts as zero.
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if the address is not one of this chain; a node error if too few endpoints
    /// answer.
    async fn least_held(&self, address: Address, tokens: &[Address]) -> Result<Vec<U256>, ChainError>;
}
