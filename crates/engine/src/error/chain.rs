//! Maps errors of chains to codes and hints.

use waiaas_chains::{ChainError, CodecError, Refusal};

use super::{Error, ErrorCode, sentence};

impl From<ChainError> for Error {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Unreachable { .. } | ChainError::BadAnswer { .. } => {
                Self::new(ErrorCode::ChainError, sentence(&error))
                    .hint(
                        "Nothing was signed. Ask again later. If it persists, the operator should look at this network's \
                         RPC endpoints (`waiaas status`, and the section [rpc] of config.toml).",
                    )
                    .retry_after(5)
            }
            ChainError::Unproved { .. } => Self::new(ErrorCode::NodeUnproved, sentence(&error))
                .hint(
                    "Nothing was signed. Ask again in a moment. If it persists, the operator should look at this \
                     network's RPC endpoints (`waiaas status`), and replace or remove one that is down, behind or \
                     lying, so that those left confirm each other.",
                )
                .retry_after(5),
            ChainError::WrongChain { .. } => Self::new(ErrorCode::ChainError, sentence(&error))
                .hint("The operator must correct the RPC endpoint of this network."),
            ChainError::Contradiction { .. } => Self::new(ErrorCode::NodesContradict, sentence(&error))
                .hint(
                    "Nothing was signed. Ask again in a moment, for one node may be behind; where it lasts, the \
                     operator must find out which RPC endpoint of this network is wrong and remove it.",
                )
                .retry_after(5),
            ChainError::Refused(refusal) => refusal.into(),
            ChainError::Corrupt(_) => Self::internal(error),
        }
    }
}

impl From<CodecError> for Error {
    fn from(error: CodecError) -> Self {
        ChainError::from(error).into()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let (code, hint) = match &refusal {
            Refusal::InsufficientBalance { asset, .. } if asset.contains("/slip44:") => {
                (ErrorCode::InsufficientBalance, "Send less, or fund the wallet.")
            }
            Refusal::InsufficientBalance { .. } => {
                (ErrorCode::InsufficientTokenBalance, "Send less, or fund the wallet.")
            }
            Refusal::InsufficientNft { .. } => {
                (ErrorCode::InsufficientTokenBalance, "Check the token id and who owns it.")
            }
            Refusal::InsufficientForFee { .. } => {
                (ErrorCode::InsufficientForFee, "Fund the wallet with some of the network's native coin.")
            }
            Refusal::NotAToken(_) => (ErrorCode::TokenNotFound, "Check the token's address and the network."),
            Refusal::BadRecipient(_) => (ErrorCode::InvalidAddress, "Check the recipient."),
            Refusal::RecipientOffCurve(_) => (
                ErrorCode::RecipientOffCurve,
                "Name the wallet that owns the tokens. Where a program signs for this address, set \
                 \"allowOwnerOffCurve\" to true, or have the operator list it in a WHITELIST policy.",
            ),
            Refusal::SimulationFailed(_) => {
                (ErrorCode::SimulationFailed, "Correct the request; nothing was signed.")
            }
            Refusal::PermitMismatch(_) => (
                ErrorCode::InvalidTransaction,
                "Read the token's domain and nonce again, and have the permit made anew.",
            ),
            Refusal::AllowanceStands { .. } => (
                ErrorCode::SimulationFailed,
                "Take the old allowance back first, with an allowance of amount 0, and ask again.",
            ),
            Refusal::FeeAboveCap { .. } => {
                (ErrorCode::FeeAboveCap, "Wait for a lower network fee, or have the operator raise the cap.")
            }
            Refusal::PriorityAboveCap { .. } => (
                ErrorCode::FeeAboveCap,
                "Offer less for priority, or have the operator raise fees.evm_max_priority_wei or \
                 fees.solana_max_micro_lamports_per_cu.",
            ),
            Refusal::PriceAboveCondition => {
                (ErrorCode::GasConditionTimeout, "Ask again with a higher price or a longer timeout.")
            }
            Refusal::NonceTooFarAhead { .. } => (
                ErrorCode::NonceTooFarAhead,
                "Use the account's next nonce, or one of the few that follow what is in flight.",
            ),
            Refusal::NothingToReplace => {
                (ErrorCode::TxAlreadyProcessed, "Look at the transaction again in a moment.")
            }
            Refusal::BatchUnsupported => (ErrorCode::BatchNotSupported, "Send the requests one by one."),
            Refusal::ChainIdMismatch { .. } => {
                (ErrorCode::ChainIdMismatch, "Name the network it is for, or have it made for this one.")
            }
            Refusal::UnsignableMessage(_) => {
                (ErrorCode::InvalidTransaction, "Ask for a text that a person can read in full.")
            }
            Refusal::MalformedTypedData { .. } => {
                (ErrorCode::InvalidTransaction, "Correct the typed data (EIP-712).")
            }
            Refusal::Unsupported(_) => {
                (ErrorCode::InvalidTransaction, "Ask for something this chain can do.")
            }
        };
        Self::new(code, sentence(&refusal)).hint(hint)
    }
}
