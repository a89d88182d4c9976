//! The blockchains: build drafts, decode effects, simulate, complete, submit, confirm, and price.
//!
//! No keys and no database live here. Every network has two halves. Its [`Codec`] is pure: it reads what a
//! draft does out of its bytes, and completes, joins and verifies bytes. Its [`Chain`] asks nodes: it turns an
//! intent into a [`Draft`], says which volatile fields to fill in, broadcasts, and reports what became of
//! signed bytes. Neither decides anything.

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

/// What stands at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occupant {
    /// Nothing, or an account that a key may sign for.
    Account,
    /// A contract. An account that lends itself a contract's code (EIP-7702) is none.
    Contract,
    /// A program, or an account that a program other than Solana's own owns.
    ProgramAccount,
}

/// What the node says a draft would do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Simulation {
    /// Whether it would succeed.
    pub success: bool,
    /// Program or revert logs.
    pub logs: Vec<String>,
    /// Gas or compute units.
    pub units_consumed: Option<u64>,
    /// The node's reason when it would not succeed.
    pub error: Option<String>,
}

/// What a node saw a draft do to the wallet when it ran it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Observation {
    /// A message: no chain runs it.
    NotApplicable,
    /// It ran and succeeded.
    Seen(Box<Observed>),
    /// No node can or will say; the text is for people, without URLs or keys.
    Unavailable(String),
}

/// A signed transaction as stored before its first broadcast.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedTx {
    /// Exactly what is broadcast, every time.
    pub bytes: Vec<u8>,
    /// The chain's transaction id, computed from the bytes.
    pub hash: String,
    /// What proves these bytes dead.
    pub expiry: Expiry,
}

/// When signed bytes can no longer land.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expiry {
    /// EVM: dead once this nonce of the sender is consumed, final, by another hash.
    Nonce(u64),
    /// Solana: dead once this block height is finalised past without the signature on chain.
    BlockHeight(u64),
    /// A signed message that nobody can use after this time, in Unix seconds. Whether somebody did
    /// before cannot be told from it.
    Time(i64),
    /// A signed message without an end.
    Never,
}

/// A node's answer to a broadcast.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Submission {
    /// In the node's pool, or already known to it.
    Accepted,
    /// The node refused these bytes. Not a proof of anything: the bytes may still land.
    Rejected(String),
}

impl Submission {
    /// The answers of several nodes as one: accepted where one accepts, refused where all that answer refuse.
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

/// What the lane (one per wallet and network) knows that the node may not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lane {
    /// EVM nonces of this wallet's signed transactions that may still land. Ignored on Solana.
    pub nonces_in_flight: Vec<u64>,
    /// The least EVM nonce that no transaction of this wallet has used that landed lately. A node that is
    /// behind would give a used one again. Ignored on Solana.
    pub nonce_floor: u64,
    /// The same by all that ever landed. It yields where every endpoint counts less: by now they would all
    /// have it, so that it landed was made up. Ignored on Solana.
    pub nonce_floor_once: u64,
    /// The least EVM nonce above all that were ever signed for this wallet. One node alone is not believed
    /// that many more are used. Ignored on Solana.
    pub nonces_signed: u64,
    /// Grows while completing gives bytes that another transaction has already. Solana knows a
    /// transaction only by its bytes, so two equal payments over one blockhash would be one; on EVM bytes
    /// built elsewhere may have been signed for a nonce that is free. Each variation offers another price
    /// per unit.
    pub variation: u64,
    /// The signed bytes whose place is to be taken. Completing then uses their nonce, at prices that
    /// nodes accept in exchange. Refused on Solana, which has nothing like it.
    pub replaces: Option<Vec<u8>>,
    /// The most that may be paid for fees now, in base units of the native coin, beside the draft's own
    /// budget.
    pub fee_cap: Option<U256>,
    /// The most that may be offered per unit of gas.
    pub most: MostPrices,
}

/// Prices per unit of gas that a caller does not want to exceed, in the units of [`GasPrices`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MostPrices {
    /// All of it, the priority fee included.
    pub price: Option<u128>,
    /// The priority fee.
    pub priority: Option<u128>,
}

/// What a draft offers for fees and what its network asks for, in base units of the native coin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeeQuote {
    /// The most that the draft lets the network take.
    pub offered: U256,
    /// The least that a block would take now. All of it for what is signed as it is.
    pub least: U256,
    /// What the network asks for now, with a margin. Who offers more pays somebody beside the network.
    pub asked: U256,
}

/// What the network charges now. EVM: wei per gas; Solana: micro-lamports per compute unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GasPrices {
    /// All of it, the priority fee included.
    pub price: u128,
    /// The priority fee.
    pub priority: u128,
}

/// Which chain a network's nodes serve, and how far it has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Hash of the first block.
    pub genesis: String,
    /// The newest block of the node that has seen least, of those that show theirs.
    pub lowest: u64,
    /// The newest block of the node that has seen most, of those that show theirs.
    pub highest: u64,
}

/// One network, reached through its nodes. What needs no node is in its [`Codec`].
#[async_trait]
pub trait Chain: Send + Sync {
    /// The network's formats.
    fn codec(&self) -> &dyn Codec;

    /// Which chain the nodes serve, as all of them say it. Fails if one does not answer or they differ.
    async fn identity(&self) -> Result<Identity, ChainError>;

    /// Builds the exact transaction for an intent, with a fee budget. Reads the chain (token
    /// program, recipient account, gas estimate); refuses what cannot work.
    async fn build(&self, from: Address, intent: &Intent) -> Result<Draft, ChainError>;

    /// Builds what is to take the place of `signed`, the bytes in which `old` may still land: the same
    /// with another fee budget, or an empty transaction. Only one of the two can land.
    async fn replacement(&self, old: &Draft, signed: &[u8], with: Replacement) -> Result<Draft, ChainError>;

    /// Decimals and symbol of a token, by the agreement of the endpoints.
    async fn token(&self, token: Address) -> Result<TokenFacts, ChainError>;

    /// Runs the draft on the node without signing.
    async fn simulate(&self, draft: &Draft) -> Result<Simulation, ChainError>;

    /// Runs the draft on a node without signing, and reports everything that it takes from the wallet or
    /// lets others take; with `completed`, exactly these bytes with the fees they offer, else with those it
    /// would offer now. Asks for what happens, not for what the decoder makes of it. A node that does
    /// not answer, or not usably, is no error but [`Observation::Unavailable`]; a run that fails is
    /// [`Refusal::SimulationFailed`].
    async fn observe(&self, draft: &Draft, completed: Option<&Completed>) -> Result<Observation, ChainError>;

    /// By which method each endpoint, in configured order, was last found to show what a draft does; `none` where it
    /// says that it has none, nothing while it was not asked. Empty where there is but one method.
    fn simulation_methods(&self) -> Vec<Option<&'static str>>;

    /// What a draft offers for fees, and what the network asks for it now; none for what pays no fee,
    /// such as a text.
    async fn fee(&self, draft: &Draft) -> Result<Option<FeeQuote>, ChainError>;

    /// Refuses a transaction built elsewhere whose nonce is used up, belongs to another transaction, or is
    /// far ahead of both. Everything else has its place given when it is completed.
    async fn check_place(&self, draft: &Draft, lane: &Lane) -> Result<(), ChainError>;

    /// What the network charges now.
    async fn gas_prices(&self) -> Result<GasPrices, ChainError>;

    /// Fills in the volatile fields ([`Codec::complete`]). The result carries the digest of the draft read back from the
    /// completed bytes.
    async fn complete(&self, draft: &Draft, lane: &Lane) -> Result<Completed, ChainError>;

    /// Broadcasts by every endpoint that does not rest. Sending the same bytes again is harmless.
    async fn submit(&self, signed: &SignedTx) -> Result<Submission, ChainError>;

    /// What became of signed bytes of `from`, ruled from what every endpoint says. Fails only if none
    /// gives a usable answer.
    async fn outcome(
        &self,
        from: Address,
        signed: &SignedTx,
        known: Known<'_>,
    ) -> Result<Outcome, ChainError>;

    /// What stands at an address.
    async fn occupant(&self, address: Address) -> Result<Occupant, ChainError>;

    /// Native balance in base units.
    async fn balance(&self, address: Address) -> Result<U256, ChainError>;

    /// Native coin and tokens held. On EVM only the tokens asked for in `tokens` are looked up; on
    /// Solana the chain lists them and `tokens` is ignored.
    async fn holdings(&self, address: Address, tokens: &[Address]) -> Result<Holdings, ChainError>;

    /// Base units held of each of `tokens`, in their order: the least that any endpoint says, where several
    /// are configured two at least. What cannot be read counts as nothing.
    async fn least_held(&self, address: Address, tokens: &[Address]) -> Result<Vec<U256>, ChainError>;
}
