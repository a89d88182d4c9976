//! The outcome of signed bytes, ruled from the answers of all endpoints. ARCHITECTURE has the table of
//! answers and outcomes.
//!
//! Belongs here: the ruling, which is pure and the same for all chains. Does not belong here: the questions
//! to an endpoint and the meaning of its answers, which are each chain's.

use std::fmt;

use waiaas_core::U256;

/// The outcome of signed bytes, as far as the endpoints together prove it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// On chain and successful, with the confirmations configured for the network.
    Confirmed {
        /// Fee paid, native base units.
        fee: U256,
        /// Block number or slot.
        block: u64,
        /// Whether the block is final. Until then a reorganisation may remove it.
        is_final: bool,
    },
    /// On chain in a final block and failed, as the endpoints agree: nothing moved except the fee.
    Reverted {
        /// Fee paid, native base units.
        fee: U256,
        /// Block number or slot.
        block: u64,
        /// The node's reason.
        reason: String,
    },
    /// Did not land and can never land (see [`crate::Expiry`]).
    Dropped,
    /// May still land. Missing data is always this, never a failure.
    Pending,
    /// Was in a block that is no longer on the chain. May land again.
    FellOut,
    /// The answers do not prove an outcome yet. Reservations stay held.
    Undecided(Undecided),
}

/// Why the answers of the endpoints do not prove an outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Undecided {
    /// Two endpoints give answers that exclude each other.
    Contradiction,
    /// It succeeded on chain, as too few endpoints report.
    SuccessUnproved,
    /// It failed on chain, as too few endpoints report or not in a final block.
    RevertUnproved,
    /// Some endpoint reports that it can no longer land, without a proof or agreement of others.
    DeathUnproved,
}

impl Undecided {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Contradiction => "NODES_CONTRADICT",
            Self::SuccessUnproved => "SUCCESS_UNPROVED",
            Self::RevertUnproved => "REVERT_UNPROVED",
            Self::DeathUnproved => "DEATH_UNPROVED",
        }
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contradiction => {
                "The nodes contradict each other about this transaction, so the amounts that it may move stay held."
            }
            Self::SuccessUnproved => {
                "Only one node reports it on chain. It counts as done once a second node confirms it; until then \
                 the amounts that it may move stay held."
            }
            Self::RevertUnproved => {
                "It failed on chain. It counts as failed once its block is final and a second node, where one \
                 is configured, confirms it; until then the amounts that it may move stay held."
            }
            Self::DeathUnproved => {
                "Some nodes report that it can no longer land, which is not proved: none shows the transaction \
                 that has used its nonce in a final block, or too few nodes can tell. The amounts that it may \
                 move stay held."
            }
        })
    }
}

/// Stored facts about signed bytes, known before any node is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Other transactions that the same account signed for the same nonce, by hash; at most one of all of
    /// them lands.
    pub rivals: &'a [String],
    /// The block in which the bytes were seen before.
    pub block: Option<u64>,
    /// A transaction of the same account that landed before these bytes could: its id and its block. A node
    /// that still has it has all later blocks.
    pub earlier: Option<(&'a str, u64)>,
}

/// One endpoint's answer about signed bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Testimony {
    /// They are in a block of its chain.
    Landed(Landed),
    /// They may still land: the endpoint has them in its pool, or their nonce is free.
    Open {
        /// The newest block of the endpoint before the lookup, if that was asked.
        seen_up_to: Option<u64>,
    },
    /// They are not on its chain and can no longer land there.
    Gone(Proof),
    /// No usable answer.
    Silent,
}

/// Signed bytes in a block, as one endpoint reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Landed {
    pub(crate) succeeded: bool,
    /// Native base units.
    pub(crate) fee: U256,
    /// Number or slot.
    pub(crate) block: u64,
    pub(crate) depth: Depth,
}

/// The depth of a block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Depth {
    /// Not deep enough to count.
    Shallow,
    /// At the depth configured for a confirmation.
    Confirmed,
    /// Irreversible.
    Final,
}

/// How an endpoint shows that signed bytes can no longer land.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Proof {
    /// EVM: it shows the transaction that used the nonce, with the account's signature, in a final block.
    Signed,
    /// Solana: it has searched every block that could hold them, all of them final.
    Searched,
    /// EVM: it reports so, and shows that it has every block that could hold them.
    Complete,
    /// It reports so without proof.
    Claimed,
}

/// The number of endpoints that must agree before reservations are released.
const fn quorum(configured: usize) -> usize {
    if configured < 2 { configured } else { 2 }
}

/// Rules on the answers of all configured endpoints, one testimony each. `before` is the block in which the
/// bytes were seen before. The reason of a revert is left empty.
pub(crate) fn rule(testimonies: &[Testimony], before: Option<u64>) -> Outcome {
    let landed = || {
        testimonies.iter().filter_map(|testimony| match testimony {
            Testimony::Landed(landed) => Some(*landed),
            Testimony::Open { .. } | Testimony::Gone(_) | Testimony::Silent => None,
        })
    };
    match (landed().any(|landed| landed.succeeded), landed().any(|landed| !landed.succeeded)) {
        (true, true) => Outcome::Undecided(Undecided::Contradiction),
        (true, false) => success(testimonies, &landed().collect::<Vec<_>>()),
        (false, true) => revert(testimonies, &landed().collect::<Vec<_>>()),
        (false, false) => absence(testimonies, before),
    }
}

/// Some endpoints have the bytes in a block, successful. If at least two are configured, two must report it:
/// a single one could name a block above the newest block of all others, and report a payment or a
/// cancellation as done that is neither. The success is final once all that have it report the same block as
/// final.
fn success(testimonies: &[Testimony], landed: &[Landed]) -> Outcome {
    let Some(block) = landed.iter().map(|landed| landed.block).min() else { return Outcome::Pending };
    let contradicted = testimonies.iter().any(|testimony| match testimony {
        // An endpoint that is behind that block is no contradiction.
        Testimony::Open { seen_up_to } => seen_up_to.is_some_and(|seen| seen >= block),
        Testimony::Gone(Proof::Signed | Proof::Searched | Proof::Complete) => true,
        // An endpoint without the whole history gives the same answer about landed bytes.
        Testimony::Gone(Proof::Claimed) | Testimony::Landed(_) | Testimony::Silent => false,
    });
    if contradicted {
        return Outcome::Undecided(Undecided::Contradiction);
    }
    let deep = landed.iter().filter(|landed| landed.depth != Depth::Shallow).count();
    let needed = quorum(testimonies.len());
    if deep < needed {
        let too_few = deep > 0 && landed.len() < needed;
        return if too_few { Outcome::Undecided(Undecided::SuccessUnproved) } else { Outcome::Pending };
    }
    let is_final = landed.iter().all(|l| l.depth == Depth::Final && l.block == block);
    Outcome::Confirmed { fee: highest_fee(landed), block, is_final }
}

/// Some endpoints have the bytes in a block, failed. This releases the amounts that they would have moved.
fn revert(testimonies: &[Testimony], landed: &[Landed]) -> Outcome {
    let vetoed = testimonies.iter().any(|testimony| match testimony {
        Testimony::Open { .. } | Testimony::Gone(Proof::Signed | Proof::Searched | Proof::Complete) => true,
        Testimony::Landed(landed) => landed.depth != Depth::Final,
        Testimony::Gone(Proof::Claimed) | Testimony::Silent => false,
    });
    if vetoed || landed.len() < quorum(testimonies.len()) {
        return if landed.iter().all(|landed| landed.depth == Depth::Shallow) {
            Outcome::Pending
        } else {
            Outcome::Undecided(Undecided::RevertUnproved)
        };
    }
    let block = landed.iter().map(|landed| landed.block).max().unwrap_or_default();
    Outcome::Reverted { fee: highest_fee(landed), block, reason: String::new() }
}

/// No endpoint has the bytes in a block. A drop releases all their reservations.
fn absence(testimonies: &[Testimony], before: Option<u64>) -> Outcome {
    let (mut open, mut gone, mut fell_out) = (0usize, 0usize, false);
    let (mut signed, mut searched, mut proved) = (false, false, 0usize);
    for testimony in testimonies {
        match testimony {
            Testimony::Open { seen_up_to } => {
                open = open.saturating_add(1);
                fell_out |= seen_up_to.zip(before).is_some_and(|(seen, before)| seen >= before);
            }
            Testimony::Gone(proof) => {
                gone = gone.saturating_add(1);
                signed |= *proof == Proof::Signed;
                searched |= *proof == Proof::Searched;
                proved = proved.saturating_add(usize::from(*proof != Proof::Claimed));
            }
            Testimony::Landed(_) | Testimony::Silent => {}
        }
    }
    match (open, gone) {
        (0, 0) => Outcome::Pending,
        // An endpoint that claims without proof may have pruned the landed bytes, so it does not count as a
        // second one.
        (0, _) if (signed || searched) && proved >= quorum(testimonies.len()) => Outcome::Dropped,
        // Absence has no signature as proof, so two endpoints must report it.
        (0, _) if proved >= 2 => Outcome::Dropped,
        (0, _) => Outcome::Undecided(Undecided::DeathUnproved),
        (_, _) if signed => Outcome::Undecided(Undecided::Contradiction),
        (_, _) if searched => Outcome::Undecided(Undecided::DeathUnproved),
        (_, _) if fell_out => Outcome::FellOut,
        (_, _) => Outcome::Pending,
    }
}

/// The highest fee, because a lower one would release too much.
fn highest_fee(landed: &[Landed]) -> U256 {
    landed.iter().map(|landed| landed.fee).max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
