//! Sums up a wallet's outflows and allowances from the events of a run. Pure.
//!
//! Reads the events of EIP-20, EIP-721, EIP-1155 and Permit2. Any contract can emit any event, so a malformed
//! event that names the wallet counts as the worst case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::{Address, B256, U256, address};
use alloy_sol_types::{SolEvent, SolValue, sol};
use waiaas_core::address::Address as AnyAddress;
use waiaas_core::asset::AssetId;
use waiaas_core::nft::{NftId, NftKind};

use super::answer::{Frame, Log};
use super::decode::PERMIT2;

/// Emitter of the native coin transfers that `eth_simulateV1` reports.
const NATIVE: Address = address!("EeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE");

sol! {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event ApprovalForAll(address indexed owner, address indexed operator, bool approved);
    event TransferSingle(
        address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value
    );
    event TransferBatch(
        address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values
    );
    event Permit(
        address indexed owner, address indexed token, address indexed spender, uint160 amount,
        uint48 expiration, uint48 nonce
    );

    interface Permit2Approval {
        event Approval(
            address indexed owner, address indexed token, address indexed spender, uint160 amount,
            uint48 expiration
        );
    }
}

/// An event of a run that concerns value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) enum Event {
    /// Native coin moved from one account to another.
    Native { from: Address, to: Address, amount: U256 },
    /// A contract emitted a log.
    Log(Log),
}

/// The outflows and allowances of one wallet, summed up from events.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::evm) struct Sums {
    /// Native coin sent, by recipient.
    pub(in crate::evm) native: BTreeMap<Address, U256>,
    /// Tokens sent, by token and recipient; no recipient where the event is malformed.
    pub(in crate::evm) tokens: BTreeMap<(Address, Option<Address>), U256>,
    /// NFTs sent, by collection, token id, whether it is of EIP-1155, and recipient.
    pub(in crate::evm) nfts: BTreeMap<((Address, U256, bool), Address), U256>,
    /// Final allowances at the token, by token and spender.
    pub(in crate::evm) allowances: BTreeMap<(Address, Address), U256>,
    /// Final allowances at Permit2 and their ends in Unix seconds, by token and spender.
    pub(in crate::evm) by_permit2: BTreeMap<(Address, Address), (U256, U256)>,
    /// Final approvals of single NFTs, by collection, token id and spender.
    pub(in crate::evm) nft_allowances: BTreeSet<(Address, U256, Address)>,
    /// Final approvals of whole collections, by collection and operator.
    pub(in crate::evm) operators: BTreeSet<(Address, Address)>,
}

/// Converts the logs of `eth_simulateV1` to events.
pub(in crate::evm) fn of_logs(logs: Vec<Log>) -> Vec<Event> {
    let read = |log: Log| match (log.address == NATIVE, addressed(&log)) {
        (true, Some((Transfer::SIGNATURE_HASH, words))) => match words.as_slice() {
            [from, to, amount] => Event::Native { from: low(from), to: low(to), amount: amount_of(amount) },
            _ => Event::Log(log),
        },
        _ => Event::Log(log),
    };
    logs.into_iter().map(read).collect()
}

/// Converts the frames of a trace to events, in order. Skips failed frames, because they are rolled back.
pub(in crate::evm) fn of_frame(frame: Frame) -> Vec<Event> {
    let mut events = Vec::new();
    unfold(frame, &mut events);
    events
}

fn unfold(frame: Frame, events: &mut Vec<Event>) {
    if frame.error.is_some() {
        return;
    }
    // These kinds move no value: they run another contract's code in the caller's context, or only read.
    let moves = !matches!(frame.kind.as_str(), "DELEGATECALL" | "CALLCODE" | "STATICCALL");
    if let (true, Some(value)) = (moves, frame.value) {
        let to = frame.to.unwrap_or_default();
        events.push(Event::Native { from: frame.from, to, amount: value.0 });
    }
    let mut logs = frame.logs.into_iter().peekable();
    for (position, call) in frame.calls.into_iter().enumerate() {
        while let Some(log) = logs.next_if(|log| log.position.0 <= U256::from(position)) {
            events.push(Event::Log(log.log()));
        }
        unfold(call, events);
    }
    events.extend(logs.map(|log| Event::Log(log.log())));
}

/// Sums up the outflows of `wallet` and the final allowances that it gives.
pub(in crate::evm) fn sum_up(events: &[Event], wallet: Address) -> Sums {
    let mut sums = Sums::default();
    for event in events {
        match event {
            Event::Native { from, to, amount } => {
                if *from == wallet && *to != wallet {
                    add(&mut sums.native, *to, *amount);
                }
            }
            Event::Log(log) => sums.add_log(log, wallet),
        }
    }
    sums
}

/// Returns the event's signature hash and its arguments as words, the indexed ones first, as in all standards.
fn addressed(log: &Log) -> Option<(B256, Vec<B256>)> {
    let (name, indexed) = log.topics.split_first()?;
    let (words, rest) = log.data.as_chunks::<32>();
    let words = indexed.iter().copied().chain(words.iter().map(|word| B256::from(*word)));
    rest.is_empty().then(|| (*name, words.collect()))
}

fn low(word: &B256) -> Address {
    Address::from_word(*word)
}

fn amount_of(word: &B256) -> U256 {
    U256::from_be_bytes(word.0)
}

impl Sums {
    fn add_log(&mut self, log: &Log, wallet: Address) {
        let Some(name) = log.topics.first() else { return };
        let known = [
            Transfer::SIGNATURE_HASH,
            Approval::SIGNATURE_HASH,
            ApprovalForAll::SIGNATURE_HASH,
            TransferSingle::SIGNATURE_HASH,
            TransferBatch::SIGNATURE_HASH,
            Permit2Approval::Approval::SIGNATURE_HASH,
            Permit::SIGNATURE_HASH,
        ];
        if known.contains(name) && self.read(log, wallet).is_none() && mentions(log, wallet) {
            self.tokens.insert((log.address, None), U256::MAX);
        }
    }

    /// Returns `None` if the arguments do not fit the event's signature.
    fn read(&mut self, log: &Log, wallet: Address) -> Option<()> {
        // Permit2's events count only when Permit2 emits them.
        let of_permit2 = [Permit2Approval::Approval::SIGNATURE_HASH, Permit::SIGNATURE_HASH];
        if log.address != PERMIT2 && log.topics.first().is_some_and(|name| of_permit2.contains(name)) {
            return Some(());
        }
        let (name, words) = addressed(log)?;
        let one_token = log.topics.len() == 4;
        match (name, words.as_slice()) {
            (Transfer::SIGNATURE_HASH, [from, to, what]) => {
                if low(from) == wallet && low(to) != wallet {
                    match one_token {
                        true => {
                            let nft = (log.address, amount_of(what), false);
                            add(&mut self.nfts, (nft, low(to)), U256::ONE);
                        }
                        false => add(&mut self.tokens, (log.address, Some(low(to))), amount_of(what)),
                    }
                }
            }
            (Approval::SIGNATURE_HASH, [owner, spender, what]) if low(owner) == wallet => match one_token {
                true => {
                    let id = amount_of(what);
                    self.nft_allowances.retain(|(at, of, _)| (*at, *of) != (log.address, id));
                    if !low(spender).is_zero() {
                        self.nft_allowances.insert((log.address, id, low(spender)));
                    }
                }
                false => {
                    self.allowances.insert((log.address, low(spender)), amount_of(what));
                }
            },
            (Approval::SIGNATURE_HASH, [_, _, _]) => {}
            (ApprovalForAll::SIGNATURE_HASH, [owner, operator, granted]) if low(owner) == wallet => {
                let entry = (log.address, low(operator));
                match granted.is_zero() {
                    true => self.operators.remove(&entry),
                    false => self.operators.insert(entry),
                };
            }
            (ApprovalForAll::SIGNATURE_HASH, [_, _, _]) => {}
            (TransferSingle::SIGNATURE_HASH, [_, from, to, id, amount]) => {
                if low(from) == wallet && low(to) != wallet {
                    let nft = (log.address, amount_of(id), true);
                    add(&mut self.nfts, (nft, low(to)), amount_of(amount));
                }
            }
            (TransferBatch::SIGNATURE_HASH, [_, from, to, ..]) if one_token => {
                let (ids, values) = <(Vec<U256>, Vec<U256>)>::abi_decode_params(&log.data).ok()?;
                if ids.len() != values.len() {
                    return None;
                }
                if low(from) == wallet && low(to) != wallet {
                    let moved = ids.into_iter().zip(values);
                    moved.for_each(|(id, value)| {
                        add(&mut self.nfts, ((log.address, id, true), low(to)), value);
                    });
                }
            }
            (Permit2Approval::Approval::SIGNATURE_HASH, [owner, token, spender, amount, end])
            | (Permit::SIGNATURE_HASH, [owner, token, spender, amount, end, _]) => {
                if low(owner) == wallet {
                    let given = (amount_of(amount), amount_of(end));
                    self.by_permit2.insert((low(token), low(spender)), given);
                }
            }
            _ => return None,
        }
        Some(())
    }
}

/// Returns whether the wallet's address occurs anywhere in an event.
fn mentions(log: &Log, wallet: Address) -> bool {
    let in_topics = log.topics.iter().any(|topic| low(topic) == wallet);
    in_topics || log.data.windows(20).any(|bytes| bytes == wallet.as_slice())
}

fn add<K: Ord>(sums: &mut BTreeMap<K, U256>, key: K, amount: U256) {
    if !amount.is_zero() {
        let sum = sums.entry(key).or_default();
        *sum = sum.saturating_add(amount);
    }
}

fn any(address: Address) -> AnyAddress {
    AnyAddress::Evm(address.into_array())
}

/// Returns the asset id of a token.
pub(in crate::evm) fn asset(caip2: &Arc<str>, token: Address) -> AssetId {
    AssetId::token(caip2, any(token))
}

/// Returns the id of an NFT.
pub(in crate::evm) fn nft(caip2: &Arc<str>, collection: Address, token_id: U256, of_1155: bool) -> NftId {
    let collection = any(collection);
    let kind = match of_1155 {
        true => NftKind::Erc1155 { collection, token_id },
        false => NftKind::Erc721 { collection, token_id },
    };
    NftId { caip2: caip2.clone(), kind }
}

#[cfg(test)]
mod tests;
