//! What a draft does: effects decoded from the draft by its chain, and, for calls that cannot be decoded, the
//! effects seen in simulation.

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::UnixSeconds;
use crate::address::Address;
use crate::asset::AssetId;
use crate::digest::Digest;
use crate::network::NetworkId;
use crate::nft::NftId;
use crate::selector::Selector;

/// One thing that a signed draft does to the wallet.
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
    /// `spender` may take up to `amount` of a token from now on, on chain or by a signature that any account
    /// may submit (EIP-2612, Permit2). An amount of zero revokes an allowance.
    Allowance {
        /// The token.
        asset: AssetId,
        /// Who may take it.
        spender: Address,
        /// The most that may be taken, in base units.
        amount: U256,
        /// The contract that takes it for the spender, from that contract's own allowance (Permit2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<Address>,
    },
    /// `spender` may take one NFT; `None` revokes the permission.
    NftAllowance {
        /// Which one.
        nft: NftId,
        /// Who may take it.
        spender: Option<Address>,
    },
    /// `operator` may take every NFT of a collection (`setApprovalForAll`), or no longer may.
    OperatorApproval {
        /// The contract of the collection.
        collection: Address,
        /// The operator.
        operator: Address,
        /// Whether the approval is given (true) or revoked (false).
        granted: bool,
    },
    /// A contract or program is called. If `decoded`, the transfers and grants of the call are listed as
    /// separate effects; if not, the effects of the call are not known.
    ContractCall {
        /// The contract or program.
        target: Address,
        /// The method; none if the call has no data.
        selector: Option<Selector>,
        /// Whether the decoder knows the method and has read all bytes of its arguments.
        decoded: bool,
    },
    /// One asset is exchanged for another by a contract that the decoder knows. The amounts sold are also
    /// listed as outflows, and the call as a call; policies decide whether the least amount bought is enough.
    Swap(Box<Swap>),
    /// A contract is created. Its code is not judged.
    Deployment {
        /// Digest of the creation code and its arguments.
        code: Digest,
        /// Native coin given to it, in base units.
        amount: U256,
    },
    /// Control over something of the wallet's passes to another account: ownership, an upgrade right, the
    /// authority of a token account, delegation of the account itself.
    AuthorityChange {
        /// The contract or account concerned.
        target: Address,
        /// The method that does it.
        selector: Option<Selector>,
        /// The new authority, where it is one account.
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
    /// A text that is not a transaction is signed. Its use is outside any chain.
    Message {
        /// Digest of the text.
        digest: Digest,
        /// The text, shortened, for people.
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
    /// The maximum network fee of the transaction.
    NetworkFee {
        /// Base units of the native coin.
        max: U256,
    },
    /// Bytes that the decoder cannot read. Always denied.
    Unknown {
        /// The contract or program concerned, if any.
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

/// The exchange made by one call of a router, all its steps together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Swap {
    /// The contract that carries it out.
    pub router: Address,
    /// The most that goes in, per asset.
    pub sold: Vec<Portion>,
    /// Every asset on the way, both ends included, each once.
    pub path: Vec<AssetId>,
    /// The least that comes out, per asset; the call fails otherwise.
    pub bought: Vec<Portion>,
    /// The recipient. If any of it goes to another account than the wallet, that account.
    pub to: Address,
    /// The token that wraps the native coin one to one, where the network has one.
    pub wrapper: Option<AssetId>,
    /// The spenders whose allowances the swap uses, in order: the router, or for Permit2 the router's
    /// allowance through it and then Permit2 itself. Empty in swaps recorded by earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spenders: Vec<Address>,
    /// The router's deadline for the swap; none if the call names no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<UnixSeconds>,
}

impl Swap {
    /// Whether an asset is the native coin or the token that wraps it.
    pub fn is_coin(&self, asset: &AssetId) -> bool {
        asset.is_native() || self.wrapper.as_ref() == Some(asset)
    }

    /// Amounts that the router takes without a token transfer among the effects: of the wrapper, when the
    /// router is the wrapper itself and unwraps the wallet's balance.
    pub fn unwrapped(&self) -> impl Iterator<Item = &Portion> {
        let wrapper = self.wrapper.as_ref().filter(|wrapper| wrapper.token_address() == Some(self.router));
        self.sold.iter().filter(move |portion| wrapper == Some(&portion.asset))
    }
}

/// A method that the bytes call, however the call is decoded: on EVM of a contract or account, on Solana of a
/// program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Method {
    /// The contract, account or program called.
    pub target: Address,
    /// The method; none if the call has no data.
    pub selector: Option<Selector>,
}

/// Everything that a draft does, in the order in which it happens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Effects {
    /// The network.
    pub network: NetworkId,
    /// The network's native coin.
    pub native: AssetId,
    /// The wallet's address.
    pub from: Address,
    /// The effects decoded from the draft's bytes, in order.
    pub items: Vec<Effect>,
    /// Every method called, at any depth, in order. A token transfer is listed here and as an effect. Empty
    /// in decisions recorded by earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Method>,
    /// Further effects of undecoded calls, seen in simulation. Judged and counted like the rest.
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
    /// Whether it is the network fee rather than a payment.
    pub fee: bool,
    /// The spender, if the value is allowed and does not leave at once.
    pub allowed: Option<&'a Address>,
}

impl Effect {
    /// The fungible token that leaves or is allowed, or whose allowance is revoked.
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

    /// The swap, if this is one.
    pub const fn swap(&self) -> Option<&Swap> {
        if let Self::Swap(swap) = self { Some(&**swap) } else { None }
    }

    /// Who benefits: recipient, spender, operator or new authority. None for a revoked permission, a fee or a
    /// call as such.
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

    /// The contract or program that must be listed before it may be used, because its code decides what
    /// happens: the target of a call, a collection of NFTs, the verifier of typed data.
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
    /// The effects of a signature of `from`. A draft that only pays its fee gets a transfer of zero to the
    /// wallet itself, so that no signed draft is without an effect.
    pub fn new(network: NetworkId, native: AssetId, from: Address, mut items: Vec<Effect>) -> Self {
        if items.iter().all(|effect| matches!(effect, Effect::NetworkFee { .. })) {
            items.push(Effect::NativeOut { to: from, amount: U256::ZERO });
        }
        Self { network, native, from, items, methods: Vec::new(), seen: Vec::new() }
    }

    /// The decoded effects, followed by those seen in simulation.
    pub fn all(&self) -> impl Iterator<Item = &Effect> + Clone {
        self.items.iter().chain(&self.seen)
    }

    /// The contracts and programs of undecoded calls, in order.
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

    /// The maximum fee, in base units of the native coin.
    pub fn fee(&self) -> U256 {
        let fees = self.all().filter_map(|effect| {
            let Effect::NetworkFee { max } = effect else { return None };
            Some(*max)
        });
        fees.fold(U256::ZERO, U256::saturating_add)
    }

    /// Whether the only effects are transfers of the native coin and the fee.
    pub fn is_plain_transfer(&self) -> bool {
        self.all().all(|effect| matches!(effect, Effect::NativeOut { .. } | Effect::NetworkFee { .. }))
    }

    /// Whether an effect changes nothing: a transfer of zero from the wallet to itself.
    pub(crate) fn is_nothing(&self, effect: &Effect) -> bool {
        matches!(effect, Effect::NativeOut { to, amount } if *to == self.from && amount.is_zero())
    }

    /// Value leaving the wallet, one entry per effect that moves value. An allowance counts as if all of it
    /// were taken.
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
