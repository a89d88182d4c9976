//! What a draft does: decoded by its chain from the draft itself, and for calls that cannot be decoded,
//! what a node saw them do.

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::UnixSeconds;
use crate::address::Address;
use crate::asset::AssetId;
use crate::digest::Digest;
use crate::network::NetworkId;
use crate::nft::NftId;
use crate::selector::Selector;

/// One thing that a signature does to the wallet behind it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Native coin leaves for `to`.
    NativeOut {
        /// Recipient.
        to: Address,
        /// Base units.
        amount: U256,
    },
    /// A token leaves for `to` (the owner of the receiving token account).
    TokenOut {
        /// The token.
        asset: AssetId,
        /// Recipient.
        to: Address,
        /// Base units.
        amount: U256,
    },
    /// An NFT leaves for `to`.
    NftOut {
        /// Which one.
        nft: NftId,
        /// Recipient.
        to: Address,
        /// How many of it; one unless EIP-1155.
        quantity: U256,
    },
    /// `spender` may take up to `amount` of a token from now on, on chain or by a signature that
    /// anybody may present (EIP-2612, Permit2). An amount of zero takes a permission back.
    Allowance {
        /// The token.
        asset: AssetId,
        /// Who may take it.
        spender: Address,
        /// The most that may be taken, in base units.
        amount: U256,
        /// The contract that takes it for the spender, out of what that contract itself was allowed (Permit2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<Address>,
    },
    /// `spender` may take one NFT; none takes the permission back.
    NftAllowance {
        /// Which one.
        nft: NftId,
        /// Who may take it.
        spender: Option<Address>,
    },
    /// `operator` may take everything of a collection (`setApprovalForAll`), or no longer may.
    OperatorApproval {
        /// The contract of the collection.
        collection: Address,
        /// Who.
        operator: Address,
        /// Whether it is given or taken back.
        granted: bool,
    },
    /// A contract or program is called. What the call itself moves or grants stands beside it as
    /// effects of its own if `decoded`; if not, nobody knows what it does.
    ContractCall {
        /// The contract or program.
        target: Address,
        /// The method; none if the call has no data.
        selector: Option<Selector>,
        /// Whether the decoder knows the method and has read its arguments to the last byte.
        decoded: bool,
    },
    /// One asset is exchanged for another by a contract whose code is known. What goes in stands among the
    /// outflows too, and the call beside it; policies decide whether what must come out is enough.
    Swap(Box<Swap>),
    /// A contract is created from code that nobody has judged.
    Deployment {
        /// Digest of the creation code and its arguments.
        code: Digest,
        /// Native coin given to it, in base units.
        amount: U256,
    },
    /// Power over something of the wallet's goes to somebody else: ownership, an upgrade, the authority
    /// of a token account, delegation of the account itself.
    AuthorityChange {
        /// What is handed over.
        target: Address,
        /// The method that does it.
        selector: Option<Selector>,
        /// Who gets it, where that is one account.
        to: Option<Address>,
        /// A short description for people.
        what: String,
    },
    /// Native coin is locked to open an account that belongs to `owner` (Solana rent).
    AccountRent {
        /// Who will own the new account.
        owner: Address,
        /// The account opened.
        account: Address,
        /// Base units.
        amount: U256,
    },
    /// A text is signed that is no transaction. What its reader makes of it is outside any chain.
    Message {
        /// Digest of the text.
        digest: Digest,
        /// The text as people see it, shortened.
        text: String,
    },
    /// Typed data (EIP-712) of a kind the decoder does not know is signed for a contract.
    TypedData {
        /// `verifyingContract` of the domain.
        contract: Address,
        /// `primaryType`.
        primary_type: String,
        /// The hash that is signed.
        digest: Digest,
    },
    /// The most this transaction may pay the network.
    NetworkFee {
        /// Base units of the native coin.
        max: U256,
    },
    /// Something the decoder cannot name at all. Never allowed.
    Unknown {
        /// The contract or program concerned, where there is one.
        target: Option<Address>,
        /// A short description for people.
        what: String,
    },
}

/// An amount of one asset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portion {
    /// Which asset.
    pub asset: AssetId,
    /// Base units.
    pub amount: U256,
}

/// What one call of a router exchanges, all its steps together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Swap {
    /// The contract that carries it out.
    pub router: Address,
    /// The most that goes in.
    pub sold: Vec<Portion>,
    /// Every asset on the way, both ends included, each once.
    pub path: Vec<AssetId>,
    /// The least that comes out; the call fails otherwise.
    pub bought: Vec<Portion>,
    /// Who gets it. Where somebody else than the wallet gets any of it, that one.
    pub to: Address,
    /// The token that stands for the native coin one to one, where the network has one.
    pub wrapper: Option<AssetId>,
    /// Whose allowances of the wallet take what goes in, in order: the router's own, or the one that it has
    /// through Permit2 and then Permit2's. Swaps recorded by earlier versions have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spenders: Vec<Address>,
    /// The last time at which the router carries it out; none where the call names no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<UnixSeconds>,
}

impl Swap {
    /// Whether an asset is the native coin, or the token that stands for it.
    pub fn is_coin(&self, asset: &AssetId) -> bool {
        asset.is_native() || self.wrapper.as_ref() == Some(asset)
    }

    /// What the router takes from the wallet without a move of a token that stands beside it: the wrapper
    /// itself, which unwraps what the wallet has there.
    pub fn unwrapped(&self) -> impl Iterator<Item = &Portion> {
        let wrapper = self.wrapper.as_ref().filter(|wrapper| wrapper.token_address() == Some(self.router));
        self.sold.iter().filter(move |portion| wrapper == Some(&portion.asset))
    }
}

/// A method that the bytes call, whatever the call is read as: on EVM of a contract or account, on Solana
/// of a program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Method {
    /// The contract, account or program called.
    pub target: Address,
    /// The method; none if the call has no data.
    pub selector: Option<Selector>,
}

/// Everything a draft does, in the order it happens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Effects {
    /// Where.
    pub network: NetworkId,
    /// The network's native coin.
    pub native: AssetId,
    /// Whose money.
    pub from: Address,
    /// What is decoded from the draft's bytes, in order.
    pub items: Vec<Effect>,
    /// Every method called, at any depth, in order. A transfer of a token is an effect among the items
    /// and a method here. Decisions recorded by earlier versions have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Method>,
    /// What a node saw calls that nobody can decode do beyond that. Judged and counted like the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Effect>,
}

/// Value leaving the wallet in one asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outflow<'a> {
    /// Which asset.
    pub asset: &'a AssetId,
    /// Base units.
    pub amount: U256,
    /// Whether it is the network's fee rather than something the caller spends.
    pub fee: bool,
    /// Who may take it, where it does not leave at once.
    pub allowed: Option<&'a Address>,
}

impl Effect {
    /// The fungible token that leaves or may be taken, or whose permission is taken back.
    pub const fn token(&self) -> Option<&AssetId> {
        match self {
            Self::TokenOut { asset, .. } | Self::Allowance { asset, .. } => Some(asset),
            Self::NativeOut { .. }
            | Self::NftOut { .. }
            | Self::NftAllowance { .. }
            | Self::OperatorApproval { .. }
            | Self::ContractCall { .. }
            | Self::Swap(_)
            | Self::Deployment { .. }
            | Self::AuthorityChange { .. }
            | Self::AccountRent { .. }
            | Self::Message { .. }
            | Self::TypedData { .. }
            | Self::NetworkFee { .. }
            | Self::Unknown { .. } => None,
        }
    }

    /// The swap, if it is one.
    pub const fn swap(&self) -> Option<&Swap> {
        if let Self::Swap(swap) = self { Some(&**swap) } else { None }
    }

    /// Who gains by it: recipient, spender, operator, new authority. A permission taken back, a fee
    /// and a call in itself benefit nobody by name.
    pub const fn beneficiary(&self) -> Option<&Address> {
        match self {
            Self::NativeOut { to, .. } | Self::TokenOut { to, .. } | Self::NftOut { to, .. } => Some(to),
            Self::Allowance { spender, amount, .. } => {
                // `is_zero` of the integer is not const.
                if matches!(amount.as_limbs(), [0, 0, 0, 0]) { None } else { Some(spender) }
            }
            Self::NftAllowance { spender, .. } => spender.as_ref(),
            Self::OperatorApproval { operator, granted: true, .. } => Some(operator),
            Self::AuthorityChange { to, .. } => to.as_ref(),
            Self::AccountRent { owner, .. } => Some(owner),
            Self::Swap(swap) => Some(&swap.to),
            Self::OperatorApproval { granted: false, .. }
            | Self::ContractCall { .. }
            | Self::Deployment { .. }
            | Self::Message { .. }
            | Self::TypedData { .. }
            | Self::NetworkFee { .. }
            | Self::Unknown { .. } => None,
        }
    }

    /// The contract or program whose own code decides what happens, if it has to be listed before it
    /// may be used: a call, a collection of NFTs, the verifier of typed data.
    pub const fn contract(&self) -> Option<Address> {
        match self {
            Self::ContractCall { target, .. } | Self::AuthorityChange { target, .. } => Some(*target),
            Self::NftOut { nft, .. } | Self::NftAllowance { nft, .. } => Some(nft.collection()),
            Self::OperatorApproval { collection, .. } => Some(*collection),
            Self::TypedData { contract, .. } => Some(*contract),
            Self::NativeOut { .. }
            | Self::TokenOut { .. }
            | Self::Allowance { .. }
            | Self::Swap(_)
            | Self::Deployment { .. }
            | Self::AccountRent { .. }
            | Self::Message { .. }
            | Self::NetworkFee { .. }
            | Self::Unknown { .. } => None,
        }
    }
}

impl Effects {
    /// What a signature of `from` does. Nothing that is signed is without an effect: one that does nothing
    /// but pay its fee is a transfer of nothing to the wallet itself.
    pub fn new(network: NetworkId, native: AssetId, from: Address, mut items: Vec<Effect>) -> Self {
        if items.iter().all(|effect| matches!(effect, Effect::NetworkFee { .. })) {
            items.push(Effect::NativeOut { to: from, amount: U256::ZERO });
        }
        Self { network, native, from, items, methods: Vec::new(), seen: Vec::new() }
    }

    /// What is decoded and what was seen beyond it.
    pub fn all(&self) -> impl Iterator<Item = &Effect> + Clone {
        self.items.iter().chain(&self.seen)
    }

    /// The contracts and programs whose calls nobody can decode, in order.
    pub fn undecoded(&self) -> impl Iterator<Item = Address> {
        self.items.iter().filter_map(|effect| match effect {
            Effect::ContractCall { target, decoded: false, .. } => Some(*target),
            Effect::ContractCall { decoded: true, .. }
            | Effect::NativeOut { .. }
            | Effect::TokenOut { .. }
            | Effect::NftOut { .. }
            | Effect::Allowance { .. }
            | Effect::NftAllowance { .. }
            | Effect::OperatorApproval { .. }
            | Effect::Swap(_)
            | Effect::Deployment { .. }
            | Effect::AuthorityChange { .. }
            | Effect::AccountRent { .. }
            | Effect::Message { .. }
            | Effect::TypedData { .. }
            | Effect::NetworkFee { .. }
            | Effect::Unknown { .. } => None,
        })
    }

    /// The most that may be paid for fees, in base units of the native coin.
    pub fn fee(&self) -> U256 {
        let fees = self.all().filter_map(|effect| {
            let Effect::NetworkFee { max } = effect else { return None };
            Some(*max)
        });
        fees.fold(U256::ZERO, U256::saturating_add)
    }

    /// Whether nothing happens but that the native coin moves and a fee is paid.
    pub fn is_plain_transfer(&self) -> bool {
        self.all().all(|effect| matches!(effect, Effect::NativeOut { .. } | Effect::NetworkFee { .. }))
    }

    /// Whether an effect leaves everything as it is: nothing, from the wallet to itself.
    pub(crate) fn is_nothing(&self, effect: &Effect) -> bool {
        matches!(effect, Effect::NativeOut { to, amount } if *to == self.from && amount.is_zero())
    }

    /// Value leaving the wallet, one entry per effect that moves value. What a spender may take counts
    /// as if it were taken.
    pub fn outflows(&self) -> impl Iterator<Item = Outflow<'_>> {
        let happening = self.all().filter(|effect| !self.is_nothing(effect));
        happening.filter_map(|effect| match effect {
            Effect::NativeOut { amount, .. }
            | Effect::AccountRent { amount, .. }
            | Effect::Deployment { amount, .. } => {
                Some(Outflow { asset: &self.native, amount: *amount, fee: false, allowed: None })
            }
            Effect::TokenOut { asset, amount, .. } => {
                Some(Outflow { asset, amount: *amount, fee: false, allowed: None })
            }
            Effect::Allowance { asset, amount, spender, .. } if !amount.is_zero() => {
                Some(Outflow { asset, amount: *amount, fee: false, allowed: Some(spender) })
            }
            Effect::NetworkFee { max } => {
                Some(Outflow { asset: &self.native, amount: *max, fee: true, allowed: None })
            }
            Effect::Allowance { .. }
            | Effect::NftOut { .. }
            | Effect::NftAllowance { .. }
            | Effect::OperatorApproval { .. }
            | Effect::ContractCall { .. }
            | Effect::Swap(_)
            | Effect::AuthorityChange { .. }
            | Effect::Message { .. }
            | Effect::TypedData { .. }
            | Effect::Unknown { .. } => None,
        })
    }
}
