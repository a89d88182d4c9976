//! The errors of a chain. Variants name the possible reaction of the caller; texts contain no URL.

use thiserror::Error;
use waiaas_core::U256;
use waiaas_core::address::Address;

use crate::message::UnsignableMessage;

/// A failure of a chain. Variants name the possible reaction of the caller.
#[derive(Debug, Error)]
pub enum ChainError {
    /// No endpoint answered in time; try again later.
    #[error("no node of {network} answered: {reason}")]
    Unreachable {
        /// The network.
        network: String,
        /// The last failure, without URLs or keys.
        reason: String,
    },
    /// An answer does not follow the protocol, or answers contradict each other.
    #[error("a node of {network} gave an unusable answer: {reason}")]
    BadAnswer {
        /// The network.
        network: String,
        /// The fault.
        reason: String,
    },
    /// A fact that decides the input of a policy, or the signed bytes, is confirmed by too few nodes; try
    /// again later.
    #[error("the nodes of {network} do not prove {what}")]
    Unproved {
        /// The network.
        network: String,
        /// The unproved fact, and the missing proof.
        what: String,
    },
    /// The node serves another chain than configured.
    #[error("the node of {network} serves another chain ({found})")]
    WrongChain {
        /// The network.
        network: String,
        /// The chain that the node reports.
        found: String,
    },
    /// Endpoints differ about a fact that decides the input of a policy, so no answer is used.
    #[error("the nodes of {network} contradict each other about {about}")]
    Contradiction {
        /// The network.
        network: String,
        /// The fact.
        about: &'static str,
    },
    /// The request cannot be carried out on this chain; a retry does not help.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The bytes are not a draft or a transaction of this chain.
    #[error("the stored transaction cannot be read: {0}")]
    Corrupt(String),
}

/// A request or bytes that the formats of a chain do not allow. No node is involved, so a retry does not
/// help.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodecError {
    /// The request cannot be carried out on this chain.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The bytes are not a draft or a transaction of this chain.
    #[error("the stored transaction cannot be read: {0}")]
    Corrupt(String),
}

impl CodecError {
    /// The error for bytes that cannot be read, with the reason `what`.
    pub(crate) fn corrupt(what: &str) -> Self {
        Self::Corrupt(what.to_owned())
    }
}

impl From<CodecError> for ChainError {
    fn from(error: CodecError) -> Self {
        match error {
            CodecError::Refused(refusal) => Self::Refused(refusal),
            CodecError::Corrupt(what) => Self::Corrupt(what),
        }
    }
}

impl ChainError {
    /// Whether the nodes cause this error, so that a retry or other nodes can help.
    pub const fn blames_nodes(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::BadAnswer { .. }
            | Self::Unproved { .. }
            | Self::WrongChain { .. }
            | Self::Contradiction { .. } => true,
            Self::Refused(_) | Self::Corrupt(_) => false,
        }
    }
}

/// Why a chain refuses to build or run a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Not enough of the asset.
    #[error("the wallet has {have} base units of {asset} but needs {need}")]
    InsufficientBalance {
        /// CAIP-19.
        asset: String,
        /// On chain.
        have: U256,
        /// Needed, fees not included.
        need: U256,
    },
    /// Not enough of an NFT, or the NFT belongs to another account.
    #[error("the wallet has {have} of {nft} but needs {need}")]
    InsufficientNft {
        /// CAIP-19.
        nft: String,
        /// On chain.
        have: U256,
        /// Needed.
        need: U256,
    },
    /// Not enough native coin for the network fee.
    #[error(
        "the wallet has {have} base units of the native coin, too little for the network fee of up to {need}"
    )]
    InsufficientForFee {
        /// On chain.
        have: U256,
        /// Needed.
        need: U256,
    },
    /// The address is not a token of this chain.
    #[error("{0} is not a token on this network")]
    NotAToken(Address),
    /// The recipient cannot receive this.
    #[error("{0}")]
    BadRecipient(String),
    /// The recipient has no key, and no known program signs for it (Solana).
    #[error("no key belongs to {0}, and no program is known to sign for it")]
    RecipientOffCurve(Address),
    /// The simulation on the node fails.
    #[error("the transaction would fail: {0}")]
    SimulationFailed(String),
    /// The contract of a permit would reject it.
    #[error("the contract would not accept this permit: {0}")]
    PermitMismatch(&'static str),
    /// A token refuses to change an allowance that is not used up.
    #[error(
        "the token refuses a new allowance while {spender} may still take {left} base units of the old one"
    )]
    AllowanceStands {
        /// The spender.
        spender: Address,
        /// The unused rest of the old allowance.
        left: U256,
    },
    /// The network's fee is above the cap.
    #[error("the network fee of {fee} base units is above the cap of {cap}")]
    FeeAboveCap {
        /// Needed now.
        fee: U256,
        /// Allowed.
        cap: U256,
    },
    /// A transaction built elsewhere offers more for priority than the operator allows. EVM: wei per gas;
    /// Solana: micro-lamports per compute unit.
    #[error(
        "the transaction offers a priority fee of {price} per unit of gas, above the configured cap of {cap}"
    )]
    PriorityAboveCap {
        /// Offered.
        price: u128,
        /// Allowed.
        cap: u128,
    },
    /// The network asks for more per unit of gas than the caller's gas condition allows.
    #[error("the network asks for more per unit of gas than the gas condition allows")]
    PriceAboveCondition,
    /// The nonce of a transaction built elsewhere is so far ahead that it may never be reached.
    #[error("the transaction's nonce {nonce} is too far ahead: the highest nonce accepted now is {most}")]
    NonceTooFarAhead {
        /// As given.
        nonce: u64,
        /// The highest allowed.
        most: u64,
    },
    /// The nonce of the transaction to be replaced is used: that transaction or another one is on chain.
    #[error("there is nothing left to replace: the transaction, or another one in its place, is on chain")]
    NothingToReplace,
    /// Plain EVM accounts make one call per transaction.
    #[error("a plain account of an EVM network makes one call per transaction, so batches are not supported")]
    BatchUnsupported,
    /// The request is for another network.
    #[error("this is for the chain id {given}, but the network's is {network}")]
    ChainIdMismatch {
        /// As given.
        given: U256,
        /// The network's.
        network: u64,
    },
    /// A text that may not be signed as a message.
    #[error(transparent)]
    UnsignableMessage(#[from] UnsignableMessage),
    /// Typed data that cannot be read (EIP-712).
    #[error("{path} {why}")]
    MalformedTypedData {
        /// The path, such as `message.details.0.token`.
        path: String,
        /// The fault there.
        why: &'static str,
    },
    /// The request's shape does not fit this chain.
    #[error("{0}")]
    Unsupported(String),
}
