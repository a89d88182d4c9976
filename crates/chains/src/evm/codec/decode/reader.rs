//! Reads a call and the calls inside it, and collects their effects.

use alloy_primitives::{Address as EvmAddress, U256};
use waiaas_core::effect::{Effect, Method};
use waiaas_core::network::Network;
use waiaas_core::nft::{NftId, NftKind, NftStandard};
use waiaas_core::selector::Selector;

use super::pinned::PERMIT2;
use super::shown::{Methods, Seen};
use super::strict::{ANOTHER_FORM, Malformed};
use super::{
    Decoding, account, account4337, asset, authority, erc20, multicall, nft, permit, permit2, router_v2,
    router_v3, safe, tail, universal, weth,
};

/// Deepest nesting of calls.
pub(super) const DEEPEST: usize = 8;

/// Most calls that are read in one transaction.
pub(super) const MOST_CALLS: usize = 64;

/// Most effects of one transaction.
const MOST_EFFECTS: usize = 256;

/// One call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// Account or contract.
    pub(super) to: EvmAddress,
    /// Wei sent with the call.
    pub(super) value: U256,
    /// Call data.
    pub(super) input: &'a [u8],
}

impl Call<'_> {
    /// Returns the selector of the method called.
    pub(super) fn selector(&self) -> Option<Selector> {
        self.input.first_chunk::<4>().map(|selector| Selector::evm(*selector))
    }
}

/// The result of a family; `None` if the call is of none of its methods.
pub(super) type Recognised = Option<Result<(), Malformed>>;

/// A family of methods: a function that adds the effects of a call of one of them, and their ABI.
pub(super) type Family = (fn(&mut Reader<'_>, &Call<'_>) -> Recognised, Methods);

/// The families in order: those bound to addresses first, then NFTs, which need the contract's standard.
pub(super) const FAMILIES: [Family; 12] = [
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
    (router_v3::read, router_v3::methods),
    (universal::read, || vec![universal::Universal::abi::functions()]),
];

/// The position of a call among the effects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(usize);

/// The inputs of the decoding and the effects found.
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
    /// Returns the reader of a transaction of `wallet` that calls `outermost`, a contract of this `standard`.
    pub(super) fn new(
        network: &'a Network,
        wallet: EvmAddress,
        outermost: EvmAddress,
        standard: Option<NftStandard>,
    ) -> Self {
        let (items, seen) = (Vec::new(), Vec::new());
        Self { network, wallet, outermost, standard, depth: 0, calls_left: MOST_CALLS, items, seen }
    }

    /// Returns the effects of the outermost call, and all calls in the order they are read.
    pub(super) fn read(mut self, call: &Call<'_>) -> (Decoding, Vec<Seen>) {
        self.call(call);
        let method = |seen: &Seen| Method {
            target: account(seen.to),
            selector: seen.input.first_chunk::<4>().map(|selector| Selector::evm(*selector)),
        };
        let methods = self.seen.iter().map(method).collect();
        (Decoding { items: self.items, methods }, self.seen)
    }

    /// Adds the effects of a call that the current call makes.
    pub(super) fn inner(&mut self, call: &Call<'_>) {
        if self.depth >= DEEPEST {
            self.unknown(None, "calls that are nested too deeply".to_owned());
            return;
        }
        self.depth = self.depth.saturating_add(1);
        self.call(call);
        self.depth = self.depth.saturating_sub(1);
    }

    fn call(&mut self, call: &Call<'_>) {
        if !self.count(call, self.depth, None) {
            return;
        }
        if !call.value.is_zero() {
            self.push(Effect::NativeOut { to: account(call.to), amount: call.value });
        }
        match call.input.len() {
            0 if !call.value.is_zero() => {}
            // A cancellation: an empty transfer of the wallet to itself.
            0 if self.depth == 0 && call.to == self.wallet => {
                self.push(Effect::NativeOut { to: account(call.to), amount: U256::ZERO });
            }
            0 => self.unknown(Some(call.to), "call without data or value".to_owned()),
            1..4 => self.unknown(Some(call.to), format!("call with {} bytes", call.input.len())),
            _ => self.method(call),
        }
    }

    fn method(&mut self, call: &Call<'_>) {
        // The calls inside are recorded after this one.
        let at = self.seen.len().saturating_sub(1);
        let read = FAMILIES.iter().find_map(|(read, methods)| Some((read(self, call)?, *methods)));
        if let Some((Err(ANOTHER_FORM), _)) = read
            && let Some(plain) = tail::cut(call)
        {
            if !tail::is_ignored(self, call) {
                self.called(call, false);
            }
            return self.method(&plain);
        }
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

    /// Returns the network.
    pub(super) const fn network(&self) -> &'a Network {
        self.network
    }

    /// Returns the network's chain id.
    pub(super) const fn chain_id(&self) -> Option<u64> {
        self.network.evm_chain_id
    }

    /// Returns the wallet that signs.
    pub(super) const fn wallet(&self) -> EvmAddress {
        self.wallet
    }

    /// Returns whether the assets of `owner` count as the wallet's. Inside another call a contract acts, and all
    /// assets that it moves count as the wallet's.
    pub(super) fn ours(&self, owner: EvmAddress) -> bool {
        self.depth > 0 || owner == self.wallet
    }

    /// Returns whether the current call is the transaction's own call, not one inside it.
    pub(super) const fn outermost(&self) -> bool {
        self.depth == 0
    }

    /// Returns the NFT standard that a contract reported, if it was asked.
    pub(super) fn standard(&self, contract: EvmAddress) -> Option<NftStandard> {
        self.standard.filter(|_| contract == self.outermost)
    }

    /// Adds an effect.
    pub(super) fn push(&mut self, effect: Effect) {
        let full = || Effect::Unknown { target: None, what: "more effects than are supported".to_owned() };
        let effect = if self.items.len() < MOST_EFFECTS { effect } else { full() };
        // Repeated equal unknown effects are added once.
        if !matches!(effect, Effect::Unknown { .. }) || self.items.last() != Some(&effect) {
            self.items.push(effect);
        }
    }

    /// Adds the call itself.
    pub(super) fn called(&mut self, call: &Call<'_>, decoded: bool) {
        self.push(Effect::ContractCall { target: account(call.to), selector: call.selector(), decoded });
    }

    /// Returns the position of the next effect.
    pub(super) const fn mark(&self) -> Mark {
        Mark(self.items.len())
    }

    /// Marks a call as decoded.
    pub(super) fn trust(&mut self, mark: Mark) {
        if let Some(Effect::ContractCall { decoded, .. }) = self.items.get_mut(mark.0) {
            *decoded = true;
        }
    }

    /// Counts and records a call. Returns false if there are more than [`MOST_CALLS`].
    fn count(&mut self, call: &Call<'_>, depth: usize, methods: Option<Methods>) -> bool {
        let Some(left) = self.calls_left.checked_sub(1) else {
            self.unknown(None, "more calls than are supported".to_owned());
            return false;
        };
        self.calls_left = left;
        let (to, value) = (call.to, call.value);
        self.seen.push(Seen { depth, to, value, input: call.input.to_vec(), methods });
        true
    }

    /// Counts and records a call of the current contract to itself, which is one of `methods`.
    pub(super) fn step(&mut self, call: &Call<'_>, methods: Methods) -> bool {
        self.count(call, self.depth.saturating_add(1), Some(methods))
    }

    /// Marks a call as undecoded if a later effect gives an asset or allowance to `contract`, from which any account
    /// can take it.
    pub(super) fn doubt_if_kept(&mut self, mark: Mark, contract: EvmAddress) {
        let contract = account(contract);
        let since = self.items.get(mark.0..).unwrap_or_default();
        let kept = since.iter().any(|effect| effect.beneficiary() == Some(&contract));
        if let Some(Effect::ContractCall { decoded, .. }) = self.items.get_mut(mark.0).filter(|_| kept) {
            *decoded = false;
        }
    }

    /// Adds an unknown effect.
    pub(super) fn unknown(&mut self, target: Option<EvmAddress>, what: String) {
        self.push(Effect::Unknown { target: target.map(account), what });
    }

    /// Adds an outflow of a token.
    pub(super) fn token_out(&mut self, token: EvmAddress, to: EvmAddress, amount: U256) {
        self.push(Effect::TokenOut { asset: asset(self.network, token), to: account(to), amount });
    }

    /// Adds an allowance of a token.
    pub(super) fn allowance(&mut self, token: EvmAddress, spender: EvmAddress, amount: U256) {
        let asset = asset(self.network, token);
        self.push(Effect::Allowance { asset, spender: account(spender), amount, through: None });
    }

    /// Adds an allowance of a token through Permit2.
    pub(super) fn allowance_through_permit2(&mut self, token: EvmAddress, spender: EvmAddress, amount: U256) {
        let (asset, through) = (asset(self.network, token), Some(account(PERMIT2)));
        self.push(Effect::Allowance { asset, spender: account(spender), amount, through });
    }

    /// Returns the id of an EIP-721 NFT.
    pub(super) fn erc721(&self, collection: EvmAddress, token_id: U256) -> NftId {
        let kind = NftKind::Erc721 { collection: account(collection), token_id };
        NftId { caip2: self.network.caip2.clone(), kind }
    }

    /// Returns the id of an EIP-1155 NFT.
    pub(super) fn erc1155(&self, collection: EvmAddress, token_id: U256) -> NftId {
        let kind = NftKind::Erc1155 { collection: account(collection), token_id };
        NftId { caip2: self.network.caip2.clone(), kind }
    }
}
