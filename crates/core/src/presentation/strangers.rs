//! Accounts that a wallet has not dealt with, and those that look like another one.
//!
//! People compare the first and the last characters of an address. Attackers make addresses that agree there with one
//! that the victim uses, and bring them into its history (address poisoning).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::effect::Effects;
use crate::policy::{PolicySet, counterparties};

/// Where an address is known from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KnownAs {
    /// A request that waits names it.
    Waiting,
    /// A transaction that was sent names it.
    Used,
    /// It is the wallet itself, or its owner.
    Own,
    /// A policy lists it.
    Listed,
}

/// An account that receives value, power or a call, and that no policy lists: one that no sent transaction of the wallet
/// names either, or one that looks like a known account. That a transaction named it is no reason to trust it, since an
/// agent can send a little first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stranger {
    /// The account.
    pub address: Address,
    /// The known account that it looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<Likeness>,
}

/// A known account that another one looks like.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Likeness {
    /// The known account.
    pub address: Address,
    /// Where it is known from.
    pub known_as: KnownAs,
}

/// The strangers in a request: the accounts that neither the policies nor `named` know. `named` has the accounts that
/// the wallet's transactions name.
pub fn strangers(
    effects: &Effects,
    policies: &PolicySet,
    named: &BTreeMap<Address, KnownAs>,
) -> Vec<Stranger> {
    let is_listed = |address: &Address| policies.addresses().any(|listed| listed == *address);
    let others = counterparties(effects).into_iter().filter(|address| !is_listed(address));
    let like = |address: Address| {
        let listed = || policies.addresses().map(|other| (other, KnownAs::Listed));
        likeness(address, listed().chain(named.iter().map(|(other, known_as)| (*other, *known_as))))
    };
    let is_new = |stranger: &Stranger| {
        stranger.like.is_some() || !matches!(named.get(&stranger.address), Some(KnownAs::Used | KnownAs::Own))
    };
    others.map(|address| Stranger { address, like: like(address) }).filter(is_new).collect()
}

/// The known account that an address looks like, the best known first.
fn likeness(address: Address, known: impl Iterator<Item = (Address, KnownAs)>) -> Option<Likeness> {
    let alike = known.filter(|(other, _)| looks_like(address, *other));
    let (address, known_as) = alike.max_by_key(|(_, known_as)| *known_as)?;
    Some(Likeness { address, known_as })
}

/// Whether two different addresses of one chain agree in the characters that people compare (EVM: three digits at each
/// end; Solana: two characters at each end, and three at one of them), or nearly everywhere, as after a slip.
///
/// A list can have many thousands of addresses, so the last characters are compared first, by bytes.
fn looks_like(one: Address, other: Address) -> bool {
    match (&one, &other) {
        _ if one == other => false,
        (Address::Evm(one), Address::Evm(other)) if differing(one, other) <= SLIP => true,
        (Address::Solana(one), Address::Solana(other)) if differing(one, other) <= SLIP => true,
        (Address::Evm(one), Address::Evm(other)) => {
            let ([a, b, .., c, d], [x, y, .., p, q]) = (one, other);
            (d, c & 0x0f, a, b >> 4) == (q, p & 0x0f, x, y >> 4)
        }
        (Address::Solana(a), Address::Solana(b)) if last_two(a) == last_two(b) => {
            let (a, b) = (one.to_string(), other.to_string());
            let head = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
            let tail = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
            head.min(tail) >= 2 && head.max(tail) >= 3
        }
        _ => false,
    }
}

/// Most bytes by which a slip changes an address.
const SLIP: usize = 3;

fn differing(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).filter(|(a, b)| a != b).count()
}

/// The last two characters of bytes in base58, as a number.
fn last_two(bytes: &[u8; 32]) -> u32 {
    bytes.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % (58 * 58))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn evm(text: &str) -> Address {
        text.parse().expect("an address")
    }

    const KNOWN: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

    #[test]
    fn addresses_that_agree_at_both_ends_look_alike() {
        for (text, alike) in [
            ("0x70900000000000000000000000000000000009c8", true),
            ("0x70997970c51812dc3a010c7d01b50e0d17dc79c9", true),
            ("0x60997970c51812dc3a010c7d01b50e0d17dc79c8", true),
            ("0x70997970c51812dc3a010c7d01b50e0d17dc978c", true),
            ("0x70997970000000003a010c7d01b50e0d17dc79c9", false),
            ("0x70f00000000000000000000000000000000009c8", false),
            ("0x70900000000000000000000000000000000008c8", false),
            (KNOWN, false),
        ] {
            assert_eq!(looks_like(evm(text), evm(KNOWN)), alike, "{text}");
        }
    }

    #[test]
    fn addresses_of_two_chains_never_look_alike() {
        assert!(!looks_like(evm(KNOWN), Address::Solana([0x70; 32])));
    }

    proptest! {
        /// The comparison by bytes agrees with one of the characters.
        #[test]
        fn addresses_look_alike_by_their_characters(bytes: [u8; 32], at in 0usize..32, spread in 1usize..12, change: u8, evm: bool) {
            let mut changed = bytes;
            for offset in 0..spread {
                let place = (at + offset) % 32;
                changed[place] ^= change;
            }
            let other_bytes = changed;
            let short = |bytes: [u8; 32]| {
                let mut short = [0; 20];
                short.copy_from_slice(&bytes[..20]);
                Address::Evm(short)
            };
            let make = |bytes| if evm { short(bytes) } else { Address::Solana(bytes) };
            let (one, other) = (make(bytes), make(changed));
            let text = |address: Address| address.to_string().trim_start_matches("0x").to_owned();
            let (a, b) = match evm {
                true => (text(one).to_lowercase(), text(other).to_lowercase()),
                false => (text(one), text(other)),
            };
            let head = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
            let tail = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
            let (least, most) = if evm { (3, 3) } else { (2, 3) };
            // One changed byte is a slip, so the ends decide only where more differ.
            let slip = bytes.iter().zip(&other_bytes).take(if evm { 20 } else { 32 }).filter(|(a, b)| a != b).count() <= 3;
            let alike = one != other && (slip || head.min(tail) >= least && head.max(tail) >= most);
            prop_assert_eq!(looks_like(one, other), alike);
        }
    }

    #[test]
    fn what_a_policy_lists_is_named_before_what_waits() {
        let (listed, waits) = (evm("0x7099111111111111111111111111111111110001"), evm(KNOWN));
        let of = |address, listed| {
            likeness(address, [(listed, KnownAs::Listed), (waits, KnownAs::Waiting)].into_iter())
        };
        assert_eq!(of(evm("0x7099000000000000000000000000111111111110"), listed), None);
        let poison = evm("0x70990000000000000000000000000000000009c8");
        assert_eq!(of(poison, listed), Some(Likeness { address: waits, known_as: KnownAs::Waiting }));
        let listed = evm("0x70911111111111111111111111111111111109c8");
        assert_eq!(of(poison, listed), Some(Likeness { address: listed, known_as: KnownAs::Listed }));
    }
}
