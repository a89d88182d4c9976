//! One walk through a call and the calls inside it, and the effects gathered on the way.

use alloy_primitives::{Address as EvmAddress, U256};
use waiaas_core::effect::Effect;
use waiaas_core::network::Network;
use waiaas_core::nft::{NftId, NftKind, NftStandard};
use waiaas_core::selector::Selector;

use super::shown::{Methods, Seen};
use super::strict::Malformed;
use super::{
    account, account4337, asset, authority, erc20, multicall, nft, permit, permit2, router_v2, router_v3,
    safe, weth,
};

/// How deep calls may lie inside calls.
pub(super) const DEEPEST: usize = 8;

/// How many calls are read in one transaction.
pub(super) const MOST_CALLS: usize = 64;

/// How many effects one transaction may have.
const MOST_EFFECTS: usize = 256;

/// One call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// Account or contract.
    pub(super) to: EvmAddress,
    /// Wei sent along.
    pub(super) value: U256,
    /// Call data.
    pub(super) input: &'a [u8],
}

impl Call<'_> {
    /// The method called.
    pub(super) fn selector(&self) -> Option<Selector> {
        self.input.first_chunk::<4>().map(|selector| Selector::evm(*selector))
    }
}

/// None if the call is of no method of the family.
pub(super) type Outcome = Option<Result<(), Malformed>>;

/// A family of methods: adds the effects of a call that is one of its own. Its methods are what it reads.
pub(super) type Family = (fn(&mut Reader<'_>, &Call<'_>) -> Outcome, Methods);

/// Those bound to addresses come first, then NFTs where the contract is known to be one.
pub(super) const FAMILIES: [Family; 11] = [
    (permit2::read, || vec![permit2::Permit2::abi::functions()]),
    (weth::read, || vec![weth::Weth::abi::functions()]),
    (nft::read, || vec![nft::Collection::abi::functions(), nft::Erc721::abi::functions()]),
    (erc20::read, || vec![erc20::Token::abi::functions()]),
    (permit::read, || vec![permit::Permitting::abi::functions()]),
    (authority::read, || vec![authority::Authority::abi::functions()]),
    (multicall::read, || {
        vec![multicall::Multicall::abi::functions(), multicall::Multicall3::abi::functions()]
    }),
    (safe::read, || vec![safe::Safe::abi::functions()]),
    (account4337::read, || vec![account4337::SmartAccount::abi::functions()]),
    (router_v2::read, || vec![router_v2::RouterV2::abi::functions()]),
    (router_v3::read, || vec![router_v3::RouterV3::abi::functions(), router_v3::Router02::abi::functions()]),
];

/// What is known and what was found.
pub(super) struct Reader<'a> {
    network: &'a Network,
    wallet: EvmAddress,
    outermost: EvmAddress,
    standard: Option<NftStandard>,
    depth: usize,
    calls_left: usize,
    items: Vec<Effect>,
    seen: Vec<Seen>,
}

impl<'a> Reader<'a> {
    /// For a transaction of `wallet` that calls `outermost`, a contract of this `standard`.
    pub(super) fn new(
        network: &'a Network,
        wallet: EvmAddress,
        outermost: EvmAddress,
        standard: Option<NftStandard>,
    ) -> Self {
        let (items, seen) = (Vec::new(), Vec::new());
        Self { network, wallet, outermost, standard, depth: 0, calls_left: MOST_CALLS, items, seen }
    }

    /// All effects of the outermost call, and the calls in the order they are read.
    pub(super) fn read(mut self, call: &Call<'_>) -> (Vec<Effect>, Vec<Seen>) {
        self.call(call);
        (self.items, self.seen)
    }

    /// Adds the effects of a call that the call being read makes.
    pub(super) fn inner(&mut self, call: &Call<'_>) {
        if self.depth >= DEEPEST {
            self.unknown(None, "calls inside calls, deeper than is read".to_owned());
            return;
        }
        self.depth = self.depth.saturating_add(1);
        self.call(call);
        self.depth = self.depth.saturating_sub(1);
    }

    fn call(&mut self, call: &Call<'_>) {
        let Some(left) = self.calls_left.checked_sub(1) else {
            self.unknown(None, "more calls than are read".to_owned());
            return;
        };
        self.calls_left = left;
        let (depth, to, value) = (self.depth, call.to, call.value);
        self.seen.push(Seen { depth, to, value, input: call.input.to_vec(), methods: None });
        if !call.value.is_zero() {
            self.push(Effect::NativeOut { to: account(call.to), amount: call.value });
        }
        match call.input.len() {
            0 if !call.value.is_zero() => {}
            // A cancellation: nothing, to itself.
            0 if self.depth == 0 && call.to == self.wallet => {
                self.push(Effect::NativeOut { to: account(call.to), amount: U256::ZERO });
            }
            0 => self.unknown(Some(call.to), "call without data or value".to_owned()),
            1..4 => self.unknown(Some(call.to), format!("call with {} bytes", call.input.len())),
            _ => self.method(call),
        }
    }

    fn method(&mut self, call: &Call<'_>) {
        // Calls inside are seen after this one.
        let at = self.seen.len().saturating_sub(1);
        let read = FAMILIES.iter().find_map(|(read, methods)| Some((read(self, call)?, *methods)));
        match read {
            Some((Ok(()), methods)) => {
                if let Some(seen) = self.seen.get_mut(at) {
                    seen.methods = Some(methods);
                }
            }
            Some((Err(Malformed(why)), _)) => {
                let selector = call.selector().map(|selector| selector.to_string()).unwrap_or_default();
                self.unknown(Some(call.to), format!("call of {selector}: {why}"));
            }
            None => self.called(call, false),
        }
    }

    /// The network's chain id.
    pub(super) const fn chain_id(&self) -> Option<u64> {
        self.network.evm_chain_id
    }

    /// The wallet that signs.
    pub(super) const fn wallet(&self) -> EvmAddress {
        self.wallet
    }

    /// Whether what `owner` has counts as the wallet's. Inside another call some contract acts, and
    /// whatever that contract may move is taken for the wallet's.
    pub(super) fn ours(&self, owner: EvmAddress) -> bool {
        self.depth > 0 || owner == self.wallet
    }

    /// Whether the contract called sees the wallet as its caller: it was called by it, or it called
    /// itself in the wallet's name.
    pub(super) fn acts_itself(&self, call: &Call<'_>) -> bool {
        self.depth == 0 || (self.depth == 1 && call.to == self.outermost)
    }

    /// What a contract said it is, as far as it was asked.
    pub(super) fn standard(&self, contract: EvmAddress) -> Option<NftStandard> {
        self.standard.filter(|_| contract == self.outermost)
    }

    /// Adds an effect.
    pub(super) fn push(&mut self, effect: Effect) {
        let full = || Effect::Unknown { target: None, what: "more effects than are read".to_owned() };
        let effect = if self.items.len() < MOST_EFFECTS { effect } else { full() };
        // A flood of the same is told once.
        if !matches!(effect, Effect::Unknown { .. }) || self.items.last() != Some(&effect) {
            self.items.push(effect);
        }
    }

    /// Adds the call itself.
    pub(super) fn called(&mut self, call: &Call<'_>, decoded: bool) {
        self.push(Effect::ContractCall { target: account(call.to), selector: call.selector(), decoded });
    }

    /// Adds something nobody can name.
    pub(super) fn unknown(&mut self, target: Option<EvmAddress>, what: String) {
        self.push(Effect::Unknown { target: target.map(account), what });
    }

    /// Adds a token that leaves.
    pub(super) fn token_out(&mut self, token: EvmAddress, to: EvmAddress, amount: U256) {
        self.push(Effect::TokenOut { asset: asset(self.network, token), to: account(to), amount });
    }

    /// Adds a permission for a token.
    pub(super) fn allowance(&mut self, token: EvmAddress, spender: EvmAddress, amount: U256) {
        let asset = asset(self.network, token);
        self.push(Effect::Allowance { asset, spender: account(spender), amount });
    }

    /// The NFT of an EIP-721 contract.
    pub(super) fn erc721(&self, collection: EvmAddress, token_id: U256) -> NftId {
        let kind = NftKind::Erc721 { collection: account(collection), token_id };
        NftId { caip2: self.network.caip2.clone(), kind }
    }

    /// The NFT of an EIP-1155 contract.
    pub(super) fn erc1155(&self, collection: EvmAddress, token_id: U256) -> NftId {
        let kind = NftKind::Erc1155 { collection: account(collection), token_id };
        NftId { caip2: self.network.caip2.clone(), kind }
    }
}
