//! What became of signed bytes, ruled from what every endpoint says about them. The table of answers and
//! outcomes stands in ARCHITECTURE.
//!
//! Belongs here: the ruling, alike for all chains and pure. Does not belong here: how an endpoint is
//! asked and what its answers mean, which each chain knows.

use std::fmt;

use waiaas_core::U256;

/// What became of signed bytes, as far as the endpoints together prove it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// On chain and successful, to the confirmation the network is configured for.
    Confirmed {
        /// Fee paid, native base units.
        fee: U256,
        /// Block number or slot.
        block: u64,
        /// Whether the block is final. Until then a reorganisation may take it back.
        is_final: bool,
    },
    /// On chain in a final block and failed, as agreed: nothing moved but the fee.
    Reverted {
        /// Fee paid, native base units.
        fee: U256,
        /// Block number or slot.
        block: u64,
        /// The node's reason.
        reason: String,
    },
    /// Can never land (see [`crate::Expiry`]), and did not.
    Dropped,
    /// May still land. Absence of data is always this, never failure.
    Pending,
    /// Was in a block that is not on the chain any more. May land again.
    FellOut,
    /// Something is known, and it proves nothing yet. Nothing is given up.
    Undecided(Undecided),
}

/// Why what the endpoints say does not settle what became of signed bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Undecided {
    /// Two endpoints say what cannot both be true.
    Contradiction,
    /// It succeeded on chain, by the word of too few endpoints.
    SuccessUnproved,
    /// It failed on chain, by the word of too few endpoints or not in a final block.
    RevertUnproved,
    /// It can land no more by the word of some endpoint, and no proof of that was shown or agreed to.
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
                "The nodes contradict each other about this transaction, so what it may move stays held."
            }
            Self::SuccessUnproved => {
                "One node alone has it on chain. It counts as done once a second one says the same; until then \
                 what it may move stays held."
            }
            Self::RevertUnproved => {
                "It failed on chain. It counts as failed once its block is final and a second node, where one \
                 is configured, says the same; until then what it may move stays held."
            }
            Self::DeathUnproved => {
                "Some nodes say that it can land no more, which is not proved: none shows the transaction that \
                 has used its nonce in a final block, or too few nodes can tell. What it may move stays held."
            }
        })
    }
}

/// What is known of signed bytes before any node is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// What else the same account signed for the same nonce, by hash; at most one of all of them lands.
    pub rivals: &'a [String],
    /// The block in which they were seen before.
    pub block: Option<u64>,
    /// A transaction of the same account that landed before these bytes could: its id and its block. A
    /// node that still has it has everything since.
    pub earlier: Option<(&'a str, u64)>,
}

/// What one endpoint says of signed bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Testimony {
    /// They are in a block of its chain.
    Landed(Landed),
    /// They may still land: it has them in its pool, or their place is free.
    Open {
        /// The newest block the endpoint had before it looked, where that was asked.
        seen_up_to: Option<u64>,
    },
    /// They are not on its chain and can land there no more.
    Gone(Proof),
    /// It said nothing that can be used.
    Silent,
}

/// Signed bytes in a block, by one endpoint's word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Landed {
    pub(crate) succeeded: bool,
    /// Native base units.
    pub(crate) fee: U256,
    /// Number or slot.
    pub(crate) block: u64,
    pub(crate) depth: Depth,
}

/// How deep a block lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Depth {
    /// Not deep enough to count.
    Shallow,
    /// As deep as is configured for a confirmation.
    Confirmed,
    /// Nothing takes it back.
    Final,
}

/// Whether an endpoint shows why signed bytes can land no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Proof {
    /// It shows the transaction that used the nonce, with the account's signature, in a final block. EVM.
    Signed,
    /// It has looked through every block that could hold them, all of them final. Solana.
    Searched,
    /// It says so, and shows that it has every block that could hold them. EVM.
    Complete,
    /// It says so.
    Claimed,
}

/// Endpoints that have to agree before anything is given up, of so many configured.
const fn quorum(configured: usize) -> usize {
    if configured < 2 { configured } else { 2 }
}

/// Rules on what all configured endpoints say, one testimony each. `before` is the block in which the
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

/// Some have it in a block, and it worked. Where two are configured it takes two to say so, for one alone
/// could name a block above all others' newest, and a payment or a cancellation that it calls done may be
/// neither. It is final once all that have it call the same block final.
fn success(testimonies: &[Testimony], landed: &[Landed]) -> Outcome {
    let Some(block) = landed.iter().map(|landed| landed.block).min() else { return Outcome::Pending };
    let contradicted = testimonies.iter().any(|testimony| match testimony {
        // One that is behind that block contradicts nothing.
        Testimony::Open { seen_up_to } => seen_up_to.is_some_and(|seen| seen >= block),
        Testimony::Gone(Proof::Signed | Proof::Searched | Proof::Complete) => true,
        // One without the whole history says the same of what landed.
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

/// Some have it in a block, and it failed there. This gives free what it would have moved.
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

/// Nobody has it in a block. Death gives everything free.
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
        // One that only claims it may have thrown away what landed, so it is nobody's second.
        (0, _) if (signed || searched) && proved >= quorum(testimonies.len()) => Outcome::Dropped,
        // Nobody can sign for what is not there, so it takes two to say so.
        (0, _) if proved >= 2 => Outcome::Dropped,
        (0, _) => Outcome::Undecided(Undecided::DeathUnproved),
        (_, _) if signed => Outcome::Undecided(Undecided::Contradiction),
        (_, _) if searched => Outcome::Undecided(Undecided::DeathUnproved),
        (_, _) if fell_out => Outcome::FellOut,
        (_, _) => Outcome::Pending,
    }
}

/// The highest, for a lower one would free too much.
fn highest_fee(landed: &[Landed]) -> U256 {
    landed.iter().map(|landed| landed.fee).max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
