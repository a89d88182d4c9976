//! The offer of a transaction to the network: the accounts whose write locks have a price, and the unit price
//! that is set. Pure.

use std::collections::HashSet;

use solana_compute_budget_interface as compute_budget;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use waiaas_core::U256;

use super::body::Body;
use super::fees::{self, Bounds};
use crate::{Lane, Refusal};

/// The number of accounts that `getRecentPrioritizationFees` accepts.
const MAX_PRICED_ACCOUNTS: usize = 128;

/// Returns the lamports that may be paid now, unless that is below the lowest possible fee.
pub(in crate::solana) fn within(body: &Body, lane: &Lane) -> Result<u64, Refusal> {
    let budget = body.fee_budget();
    let Some(cap) = lane.fee_cap else { return Ok(budget) };
    let least = body.terms().fee().unwrap_or(u64::MAX);
    if U256::from(least) > cap {
        return Err(Refusal::FeeAboveCap { fee: U256::from(least), cap });
    }
    Ok(budget.min(u64::try_from(cap).unwrap_or(u64::MAX)))
}

/// Returns the unit price to set, in micro-lamports, from the recent prices and at most `most`: within the
/// budget and the lane's limits, and another one for each variation of the lane.
pub(in crate::solana) fn unit_price(
    body: &Body,
    recent: Vec<u64>,
    lane: &Lane,
    most: u64,
) -> Result<u64, Refusal> {
    let cap = lane.most.price.into_iter().chain(lane.most.priority).min();
    let cap = cap.map_or(u64::MAX, |most| u64::try_from(most).unwrap_or(u64::MAX));
    let bounds = Bounds::of(body.terms(), within(body, lane)?, cap.min(most));
    Ok(fees::varied(fees::unit_price(recent, bounds), lane.variation, bounds))
}

/// Returns the accounts whose write locks have a price.
pub(in crate::solana) fn writable(message: &VersionedMessage) -> Vec<Pubkey> {
    let keys = message.static_account_keys().iter().enumerate();
    let written = keys.filter(|(index, _)| {
        message.is_maybe_writable_with_reserved_addresses(*index, None::<&HashSet<Pubkey>>)
    });
    written.map(|(_, key)| *key).take(MAX_PRICED_ACCOUNTS).collect()
}

/// Returns those of them that an instruction uses. Listing others is free, so they are no evidence of the
/// price.
pub(in crate::solana) fn used(message: &VersionedMessage) -> Vec<Pubkey> {
    let keys = message.static_account_keys();
    let of_budget = |program: u8| keys.get(usize::from(program)) == Some(&compute_budget::ID);
    let instructions = message.instructions().iter().filter(|call| !of_budget(call.program_id_index));
    let used: HashSet<_> =
        instructions.flat_map(|call| call.accounts.iter().copied().map(usize::from)).collect();
    let used: HashSet<_> = used.into_iter().chain([0]).filter_map(|at| keys.get(at)).collect();
    let mut written = writable(message);
    written.retain(|key| used.contains(key));
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MostPrices;
    use crate::solana::codec::body::Builder;
    use crate::solana::codec::body::tests::{facts, message, transfer};

    #[test]
    fn accounts_that_no_instruction_uses_do_not_affect_the_price() {
        use crate::solana::codec::body::tests::{WALLET, key, transfer};
        use solana_instruction::{AccountMeta, Instruction};
        use solana_message::Message;
        let idle = |program| Instruction {
            program_id: program,
            accounts: vec![AccountMeta::new(key(77), false)],
            data: vec![2, 0, 0, 0, 0],
        };
        let keys = |instructions: &[Instruction]| {
            let mut message = Message::new(instructions, Some(&WALLET));
            // A writable account that is listed and not used.
            message.account_keys.insert(1, key(78));
            message.instructions.iter_mut().for_each(|call| {
                call.program_id_index += 1;
                call.accounts.iter_mut().filter(|at| **at > 0).for_each(|at| *at += 1);
            });
            used(&VersionedMessage::Legacy(message))
        };
        let plain = keys(&[transfer(5)]);
        assert!(plain.contains(&WALLET) && plain.len() == 2, "{plain:?}");
        assert_eq!(keys(&[transfer(5), idle(compute_budget::ID)]), plain, "the budget program uses none");
        assert!(keys(&[transfer(5), idle(key(70))]).contains(&key(77)));
    }

    #[test]
    fn the_unit_price_keeps_to_budget_lane_and_cap() {
        // 1 000 units, and 1 000 lamports beside the signature: a price of at most one million.
        let body = Body::new(Builder::Here, 6_000, facts(), message(&[transfer(5)])).expect("a body");
        let price = |recent: u64, lane: &Lane, most| unit_price(&body, vec![recent; 9], lane, most);
        let lane = Lane::default();
        assert_eq!(price(700, &lane, u64::MAX), Ok(700));
        assert_eq!(price(u64::MAX, &lane, u64::MAX), Ok(1_000_000), "a false answer of a node");
        assert_eq!(price(700, &lane, 500), Ok(500));
        let condition = MostPrices { price: Some(600), priority: Some(300) };
        assert_eq!(price(700, &Lane { most: condition, ..lane.clone() }, u64::MAX), Ok(300));
        assert_eq!(price(700, &Lane { variation: 3, ..lane.clone() }, u64::MAX), Ok(703));
        let capped = |cap: u64| Lane { fee_cap: Some(U256::from(cap)), ..lane.clone() };
        assert_eq!(price(u64::MAX, &capped(5_001), u64::MAX), Ok(1_000));
        let refused = Refusal::FeeAboveCap { fee: U256::from(5_000u64), cap: U256::from(4_999u64) };
        assert_eq!(price(700, &capped(4_999), u64::MAX), Err(refused));
    }
}
