//! A caller's request, parsed and typed. The intent says what was asked for; the policies judge the effects
//! of the draft built from it.

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::money::{AmountError, HumanAmount, parse_base_units};
use crate::nft::{NftId, NftStandard};
use crate::wallet::wire_enum;

/// An amount as the caller wrote it. Digits alone are base units; a decimal point or the field
/// `humanAmount` means human units of the asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Amount {
    /// Base units (lamports, wei, token base units).
    Base(U256),
    /// Human units, bound to an asset's decimals later.
    Human(HumanAmount),
}

impl Amount {
    /// Reads the request field `amount`.
    ///
    /// # Errors
    ///
    /// [`AmountError`] if the text is not an amount or does not fit in 256 bits.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        if text.contains('.') {
            text.parse().map(Self::Human)
        } else {
            parse_base_units(text).map(Self::Base)
        }
    }

    /// Reads the request field `humanAmount`.
    ///
    /// # Errors
    ///
    /// [`AmountError`] if the text is not a decimal number or has more than 160 characters.
    pub fn parse_human(text: &str) -> Result<Self, AmountError> {
        text.parse().map(Self::Human)
    }

    /// Base units of an asset with `decimals`.
    ///
    /// # Errors
    ///
    /// [`AmountError`] if the amount has more fraction digits than `decimals`, does not fit in 256 bits, or
    /// `decimals` exceeds 36.
    pub fn to_base_units(&self, decimals: u8) -> Result<U256, AmountError> {
        match self {
            Self::Base(amount) => Ok(*amount),
            Self::Human(human) => human.to_base_units(decimals),
        }
    }
}

wire_enum!(
    /// The types of a request, as named on the wire.
    IntentKind {
        /// Native coin to an address.
        Transfer = "TRANSFER",
        /// ERC-20 or SPL token to an address.
        TokenTransfer = "TOKEN_TRANSFER",
        /// A call of a contract, or instructions of programs.
        ContractCall = "CONTRACT_CALL",
        /// Permission for a spender.
        Approve = "APPROVE",
        /// Several requests in one transaction; all succeed or none does.
        Batch = "BATCH",
        /// An NFT to an address.
        NftTransfer = "NFT_TRANSFER",
        /// A new contract.
        ContractDeploy = "CONTRACT_DEPLOY",
        /// A signature over bytes that the caller provides: a transaction or a message.
        Sign = "SIGN",
        /// An empty transfer to the wallet itself that replaces a transaction that does not confirm.
        Cancellation = "CANCELLATION",
    }
);

/// One instruction of a Solana transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProgramInstruction {
    /// The program.
    pub program: Address,
    /// The accounts, in the program's order.
    pub accounts: Vec<ProgramAccount>,
    /// Instruction data.
    #[serde(with = "hex::serde")]
    pub data: Vec<u8>,
}

/// One account of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProgramAccount {
    /// Its address.
    pub address: Address,
    /// Whether it has to sign. Only the wallet can.
    pub signer: bool,
    /// Whether the instruction may change it.
    pub writable: bool,
}

/// A parsed request. Amounts are in base units, converted with decimals that the daemon verified.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Intent {
    /// Native coin to an address.
    Transfer {
        /// Recipient.
        to: Address,
        /// Base units.
        amount: U256,
        /// At most 256 characters, written on chain where the chain supports memos.
        memo: Option<String>,
    },
    /// Token to an address.
    TokenTransfer {
        /// Recipient's account (not its token account).
        to: Address,
        /// ERC-20 contract or SPL mint.
        token: Address,
        /// Base units.
        amount: U256,
        /// As above.
        memo: Option<String>,
        /// Whether the recipient may be an address without a private key (Solana), such as a program's vault.
        #[serde(default)]
        allow_off_curve: bool,
    },
    /// A call of an EVM contract.
    ContractCall {
        /// The contract.
        to: Address,
        /// Call data.
        #[serde(with = "hex::serde")]
        data: Vec<u8>,
        /// Wei sent along.
        value: U256,
    },
    /// Instructions of Solana programs, in order.
    ProgramCall {
        /// At least one.
        instructions: Vec<ProgramInstruction>,
        /// Address lookup tables the compiled message may use.
        lookup_tables: Vec<Address>,
    },
    /// Permission to take up to an amount of a token. Zero revokes it.
    Approve {
        /// Who may take it.
        spender: Address,
        /// ERC-20 contract or SPL mint.
        token: Address,
        /// Base units.
        amount: U256,
    },
    /// Permission to take one NFT.
    ApproveNft {
        /// Who may take it.
        spender: Address,
        /// Which one.
        nft: NftId,
    },
    /// Permission to take every NFT of a collection, now and later.
    ApproveCollection {
        /// Who may take them.
        spender: Address,
        /// The contract.
        collection: Address,
        /// Its standard.
        standard: NftStandard,
    },
    /// An NFT to an address.
    NftTransfer {
        /// Recipient.
        to: Address,
        /// Which one.
        nft: NftId,
        /// How many of it; one unless EIP-1155.
        quantity: U256,
        /// As above.
        #[serde(default)]
        allow_off_curve: bool,
    },
    /// A new EVM contract.
    Deploy {
        /// Creation code followed by the constructor's arguments.
        #[serde(with = "hex::serde")]
        code: Vec<u8>,
        /// Wei given to it.
        value: U256,
    },
    /// Several requests in one transaction, in order; all succeed or none does.
    Batch {
        /// Transfers, token transfers, calls and approvals; never a batch.
        members: Vec<Self>,
    },
    /// A transaction built elsewhere, signed unchanged and sent by the caller.
    SignTransaction {
        /// Unsigned, in the chain's own encoding.
        #[serde(with = "hex::serde")]
        transaction: Vec<u8>,
    },
    /// A text to be signed (EIP-191 on EVM; Ed25519 over its bytes on Solana).
    SignMessage {
        /// The bytes of the text.
        #[serde(with = "hex::serde")]
        message: Vec<u8>,
    },
    /// Typed data to be signed (EIP-712).
    SignTypedData {
        /// `domain`, `types`, `primaryType` and `message`, as JSON text.
        typed_data: String,
    },
    /// An empty transfer to the wallet itself.
    Cancellation {
        /// The wallet.
        to: Address,
    },
}

impl Intent {
    /// The wire type.
    pub const fn kind(&self) -> IntentKind {
        match self {
            Self::Transfer { .. } => IntentKind::Transfer,
            Self::TokenTransfer { .. } => IntentKind::TokenTransfer,
            Self::ContractCall { .. } | Self::ProgramCall { .. } => IntentKind::ContractCall,
            Self::Approve { .. } | Self::ApproveNft { .. } | Self::ApproveCollection { .. } => {
                IntentKind::Approve
            }
            Self::NftTransfer { .. } => IntentKind::NftTransfer,
            Self::Deploy { .. } => IntentKind::ContractDeploy,
            Self::Batch { .. } => IntentKind::Batch,
            Self::SignTransaction { .. } | Self::SignMessage { .. } | Self::SignTypedData { .. } => {
                IntentKind::Sign
            }
            Self::Cancellation { .. } => IntentKind::Cancellation,
        }
    }

    /// The one address the request names as its destination: recipient, contract, program or spender.
    pub fn to(&self) -> Option<Address> {
        match self {
            Self::Transfer { to, .. }
            | Self::TokenTransfer { to, .. }
            | Self::ContractCall { to, .. }
            | Self::NftTransfer { to, .. }
            | Self::Cancellation { to } => Some(*to),
            Self::Approve { spender, .. }
            | Self::ApproveNft { spender, .. }
            | Self::ApproveCollection { spender, .. } => Some(*spender),
            Self::ProgramCall { instructions, .. } => match instructions.as_slice() {
                [only] => Some(only.program),
                _ => None,
            },
            Self::Deploy { .. }
            | Self::Batch { .. }
            | Self::SignTransaction { .. }
            | Self::SignMessage { .. }
            | Self::SignTypedData { .. } => None,
        }
    }

    /// Permits `recipient` to be an address without a private key, wherever the request names it. Returns
    /// whether that changed the request.
    pub fn allow_off_curve(&mut self, recipient: Address) -> bool {
        match self {
            Self::TokenTransfer { to, allow_off_curve, .. }
            | Self::NftTransfer { to, allow_off_curve, .. } => {
                *to == recipient && !std::mem::replace(allow_off_curve, true)
            }
            Self::Batch { members } => {
                let mut changed = false;
                for member in members {
                    changed |= member.allow_off_curve(recipient);
                }
                changed
            }
            Self::Transfer { .. }
            | Self::ContractCall { .. }
            | Self::ProgramCall { .. }
            | Self::Approve { .. }
            | Self::ApproveNft { .. }
            | Self::ApproveCollection { .. }
            | Self::Deploy { .. }
            | Self::SignTransaction { .. }
            | Self::SignMessage { .. }
            | Self::SignTypedData { .. }
            | Self::Cancellation { .. } => false,
        }
    }

    /// The fungible tokens named.
    pub fn tokens(&self) -> Vec<Address> {
        match self {
            Self::TokenTransfer { token, .. } | Self::Approve { token, .. } => vec![*token],
            Self::Batch { members } => members.iter().flat_map(Self::tokens).collect(),
            Self::Transfer { .. }
            | Self::ContractCall { .. }
            | Self::ProgramCall { .. }
            | Self::ApproveNft { .. }
            | Self::ApproveCollection { .. }
            | Self::NftTransfer { .. }
            | Self::Deploy { .. }
            | Self::SignTransaction { .. }
            | Self::SignMessage { .. }
            | Self::SignTypedData { .. }
            | Self::Cancellation { .. } => Vec::new(),
        }
    }
}
