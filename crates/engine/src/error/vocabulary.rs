//! Maps the errors of core types (addresses, amounts, networks, rules, consents, clearances) to codes and hints.

use waiaas_core::clearance::NotCleared;
use waiaas_core::money::AmountError;
use waiaas_core::network::NetworkError;
use waiaas_core::owner::ConsentError;
use waiaas_core::policy::RulesError;
use waiaas_core::wallet::WalletStatus;
use waiaas_core::{address::AddressError, asset::AssetIdError};

use waiaas_core::stopped;

use super::{Error, ErrorCode, Remedy, sentence};

impl From<NetworkError> for Error {
    fn from(error: NetworkError) -> Self {
        let code = match error {
            NetworkError::Unknown { .. } | NetworkError::Duplicate(_) => ErrorCode::NetworkNotFound,
            NetworkError::Required(_) => ErrorCode::NetworkRequired,
            NetworkError::Mismatch { .. } => ErrorCode::EnvironmentNetworkMismatch,
        };
        // An unknown name is not repeated, since it is arbitrary input.
        let message = match error {
            NetworkError::Unknown { meant: Some(meant), .. } => {
                format!("There is no such network; did you mean {meant}?")
            }
            NetworkError::Unknown { meant: None, .. } => "There is no such network.".to_owned(),
            NetworkError::Duplicate(_) | NetworkError::Required(_) | NetworkError::Mismatch { .. } => {
                sentence(&error)
            }
        };
        Self::new(code, message).hint(Remedy::NameNetwork)
    }
}

impl From<AddressError> for Error {
    fn from(error: AddressError) -> Self {
        // Text that is not an address may be a private key in the wrong field, so it is not repeated.
        let message = match error {
            AddressError::Malformed(_) => "That is not an address.".to_owned(),
            AddressError::Checksum(_) | AddressError::WrongChain { .. } => sentence(&error),
        };
        Self::new(ErrorCode::InvalidAddress, message).hint("Check the address and its chain.")
    }
}

impl From<AssetIdError> for Error {
    fn from(error: AssetIdError) -> Self {
        Self::new(ErrorCode::InvalidAddress, sentence(&error))
            .hint("Give a CAIP-19 id such as eip155:1/erc20:0x….")
    }
}

impl From<AmountError> for Error {
    fn from(error: AmountError) -> Self {
        Self::new(ErrorCode::InvalidAmount, sentence(&error)).hint(
            "\"amount\" is base units when it is digits only and human units when it has a decimal point; \
             \"humanAmount\" is always human units.",
        )
    }
}

impl From<RulesError> for Error {
    fn from(error: RulesError) -> Self {
        // The message begins with the path of a field, so it is not capitalised.
        Self::new(ErrorCode::PolicyRulesInvalid, stopped(error.to_string()))
            .hint("Correct the field named and send it again.")
    }
}

impl From<ConsentError> for Error {
    fn from(error: ConsentError) -> Self {
        let code = match error {
            ConsentError::MessageMismatch => ErrorCode::InvalidNonce,
            ConsentError::Expired => ErrorCode::ApprovalTimeout,
            ConsentError::NotTheOwner => ErrorCode::OwnerAddressMismatch,
            ConsentError::BadSignature => ErrorCode::InvalidSignature,
        };
        Self::new(code, sentence(&error))
            .hint("Fetch the message again and sign exactly that text as the owner.")
    }
}

impl From<NotCleared> for Error {
    fn from(error: NotCleared) -> Self {
        let code = match error {
            NotCleared::Wallet(WalletStatus::Terminated) => ErrorCode::WalletTerminated,
            NotCleared::Wallet(_) => ErrorCode::WalletSuspended,
            NotCleared::KillSwitch => ErrorCode::SystemLocked,
            NotCleared::SessionRevoked => ErrorCode::SessionRevoked,
            NotCleared::SessionUnlinked => ErrorCode::WalletAccessDenied,
            NotCleared::TooEarly | NotCleared::NotApproved => ErrorCode::TxAlreadyProcessed,
            NotCleared::Altered => ErrorCode::InternalError,
        };
        Self::new(code, sentence(&error))
    }
}
