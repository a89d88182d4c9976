//! What became of signed bytes, ruled from what every endpoint says about them. The table of answers and
//! outcomes stands in ARCHITECTURE.
//!
//! Belongs here: the ruling, alike for all chains and pure. Does not belong here: how an endpoint is
//! asked and what its answers mean, which each chain knows.

use std::fmt;

use waiaas_core::U256;

/// What became of signed bytes, as far as the endpoints together prove it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
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
    Dead,
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
    /// Other signed bytes of the same account for the same nonce; at most one of all of them lands.
    pub rivals: &'a [Vec<u8>],
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
pub(crate) fn rule(testimonies: &[Testimony], before: Option<u64>) -> Fate {
    let landed = || {
        testimonies.iter().filter_map(|testimony| match testimony {
            Testimony::Landed(landed) => Some(*landed),
            Testimony::Open { .. } | Testimony::Gone(_) | Testimony::Silent => None,
        })
    };
    match (landed().any(|landed| landed.succeeded), landed().any(|landed| !landed.succeeded)) {
        (true, true) => Fate::Undecided(Undecided::Contradiction),
        (true, false) => success(testimonies, &landed().collect::<Vec<_>>()),
        (false, true) => revert(testimonies, &landed().collect::<Vec<_>>()),
        (false, false) => absence(testimonies, before),
    }
}

/// Some have it in a block, and it worked. This gives nothing free but the part of the fee that was not
/// paid, so one endpoint's word is enough that no other contradicts.
fn success(testimonies: &[Testimony], landed: &[Landed]) -> Fate {
    let Some(block) = landed.iter().map(|landed| landed.block).min() else { return Fate::Pending };
    let contradicted = testimonies.iter().any(|testimony| match testimony {
        // One that is behind that block contradicts nothing.
        Testimony::Open { seen_up_to } => seen_up_to.is_some_and(|seen| seen >= block),
        Testimony::Gone(Proof::Signed) => true,
        // One without the whole history says the same of what landed.
        Testimony::Gone(Proof::Searched | Proof::Complete | Proof::Claimed)
        | Testimony::Landed(_)
        | Testimony::Silent => false,
    });
    if contradicted {
        return Fate::Undecided(Undecided::Contradiction);
    }
    if landed.iter().all(|landed| landed.depth == Depth::Shallow) {
        return Fate::Pending;
    }
    let is_final = landed.iter().all(|landed| landed.depth == Depth::Final);
    Fate::Confirmed { fee: highest_fee(landed), block, is_final }
}

/// Some have it in a block, and it failed there. This gives free what it would have moved.
fn revert(testimonies: &[Testimony], landed: &[Landed]) -> Fate {
    let vetoed = testimonies.iter().any(|testimony| match testimony {
        Testimony::Open { .. } | Testimony::Gone(Proof::Signed | Proof::Searched | Proof::Complete) => true,
        Testimony::Landed(landed) => landed.depth != Depth::Final,
        Testimony::Gone(Proof::Claimed) | Testimony::Silent => false,
    });
    if vetoed || landed.len() < quorum(testimonies.len()) {
        return if landed.iter().all(|landed| landed.depth == Depth::Shallow) {
            Fate::Pending
        } else {
            Fate::Undecided(Undecided::RevertUnproved)
        };
    }
    let block = landed.iter().map(|landed| landed.block).max().unwrap_or_default();
    Fate::Reverted { fee: highest_fee(landed), block, reason: String::new() }
}

/// Nobody has it in a block. Death gives everything free.
fn absence(testimonies: &[Testimony], before: Option<u64>) -> Fate {
    let (mut open, mut gone, mut fell_out) = (0usize, 0usize, false);
    let (mut signed, mut searched, mut complete) = (false, false, 0usize);
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
                complete = complete.saturating_add(usize::from(*proof == Proof::Complete));
            }
            Testimony::Landed(_) | Testimony::Silent => {}
        }
    }
    match (open, gone) {
        (0, 0) => Fate::Pending,
        (0, _) if (signed || searched) && gone >= quorum(testimonies.len()) => Fate::Dead,
        // Nobody can sign for what is not there, so it takes two to say so.
        (0, _) if complete >= 2 => Fate::Dead,
        (0, _) => Fate::Undecided(Undecided::DeathUnproved),
        (_, _) if signed => Fate::Undecided(Undecided::Contradiction),
        (_, _) if searched => Fate::Undecided(Undecided::DeathUnproved),
        (_, _) if fell_out => Fate::FellOut,
        (_, _) => Fate::Pending,
    }
}

/// The highest, for a lower one would free too much.
fn highest_fee(landed: &[Landed]) -> U256 {
    landed.iter().map(|landed| landed.fee).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OPEN: Testimony = Testimony::Open { seen_up_to: None };
    const SHOWN: Testimony = Testimony::Gone(Proof::Signed);
    const SEARCHED: Testimony = Testimony::Gone(Proof::Searched);
    const COMPLETE: Testimony = Testimony::Gone(Proof::Complete);
    const CLAIMED: Testimony = Testimony::Gone(Proof::Claimed);
    const SILENT: Testimony = Testimony::Silent;

    const fn seen(block: u64) -> Testimony {
        Testimony::Open { seen_up_to: Some(block) }
    }

    fn landed(succeeded: bool, depth: Depth) -> Testimony {
        Testimony::Landed(Landed { succeeded, fee: U256::from(3u8), block: 10, depth })
    }

    fn good(depth: Depth) -> Testimony {
        landed(true, depth)
    }

    fn bad(depth: Depth) -> Testimony {
        landed(false, depth)
    }

    fn confirmed(is_final: bool) -> Fate {
        Fate::Confirmed { fee: U256::from(3u8), block: 10, is_final }
    }

    fn reverted() -> Fate {
        Fate::Reverted { fee: U256::from(3u8), block: 10, reason: String::new() }
    }

    /// The table of ARCHITECTURE, row by row.
    #[test]
    fn every_row_of_the_table() {
        use Depth::{Confirmed, Final, Shallow};
        use Undecided::{Contradiction, DeathUnproved, RevertUnproved};
        let undecided = Fate::Undecided;
        let rows: Vec<(&str, Vec<Testimony>, Fate)> = vec![
            ("one, in a block, too young", vec![good(Shallow)], Fate::Pending),
            ("one, in a block", vec![good(Confirmed)], confirmed(false)),
            ("one, in a final block", vec![good(Final)], confirmed(true)),
            ("one has it, one is silent", vec![good(Final), SILENT], confirmed(true)),
            ("one has it final, one not yet", vec![good(Final), good(Confirmed)], confirmed(false)),
            ("one has it, one is behind", vec![good(Final), seen(9)], confirmed(true)),
            ("one has it, one has thrown it away", vec![good(Final), CLAIMED], confirmed(true)),
            ("one has it, one saw that block without", vec![good(Final), seen(10)], undecided(Contradiction)),
            ("one has it, one shows another", vec![good(Final), SHOWN], undecided(Contradiction)),
            ("it worked, it failed", vec![good(Final), bad(Final)], undecided(Contradiction)),
            ("one, failed, too young", vec![bad(Shallow)], Fate::Pending),
            ("one, failed, not final", vec![bad(Confirmed)], undecided(RevertUnproved)),
            ("the only one, failed, final", vec![bad(Final)], reverted()),
            ("two, failed, final", vec![bad(Final), bad(Final)], reverted()),
            ("failed, one of them not final", vec![bad(Final), bad(Confirmed)], undecided(RevertUnproved)),
            ("failed, one is silent", vec![bad(Final), SILENT], undecided(RevertUnproved)),
            ("two of three, failed, one silent", vec![bad(Final), bad(Final), SILENT], reverted()),
            ("two of three, failed, one pruned", vec![bad(Final), bad(Final), CLAIMED], reverted()),
            ("two failed, one says unused", vec![bad(Final), bad(Final), OPEN], undecided(RevertUnproved)),
            ("failed, one says unused", vec![bad(Final), OPEN], undecided(RevertUnproved)),
            ("nobody knows it", vec![OPEN, OPEN], Fate::Pending),
            ("nobody says anything", vec![SILENT, SILENT], Fate::Pending),
            ("the only one shows another", vec![SHOWN], Fate::Dead),
            ("the only one says that it is used", vec![CLAIMED], undecided(DeathUnproved)),
            ("two say that it is used", vec![CLAIMED, CLAIMED], undecided(DeathUnproved)),
            ("one shows, one agrees", vec![SHOWN, CLAIMED], Fate::Dead),
            ("both show", vec![SHOWN, SHOWN], Fate::Dead),
            ("one shows, one is silent", vec![SHOWN, SILENT], undecided(DeathUnproved)),
            ("one shows, one has it or says unused", vec![SHOWN, OPEN], undecided(Contradiction)),
            ("one says used, one unused", vec![CLAIMED, OPEN], Fate::Pending),
            ("one has everything and not this", vec![COMPLETE], undecided(DeathUnproved)),
            ("two have everything and not this", vec![COMPLETE, COMPLETE], Fate::Dead),
            ("one has everything, one claims", vec![COMPLETE, CLAIMED], undecided(DeathUnproved)),
            ("two have everything, one says unused", vec![COMPLETE, COMPLETE, OPEN], Fate::Pending),
            ("it is here, not there where everything is", vec![good(Final), COMPLETE], confirmed(true)),
            ("failed here, not there", vec![bad(Final), bad(Final), COMPLETE], undecided(RevertUnproved)),
            ("one has it, one has searched all", vec![good(Final), SEARCHED], confirmed(true)),
            ("failed, one has searched all", vec![bad(Final), SEARCHED], undecided(RevertUnproved)),
            ("the only one has searched all", vec![SEARCHED], Fate::Dead),
            ("both have searched all", vec![SEARCHED, SEARCHED], Fate::Dead),
            ("one has searched all, one is silent", vec![SEARCHED, SILENT], undecided(DeathUnproved)),
            ("one has searched all, one cannot tell", vec![SEARCHED, OPEN], undecided(DeathUnproved)),
        ];
        for (row, testimonies, expected) in rows {
            assert_eq!(rule(&testimonies, None), expected, "{row}");
            let turned: Vec<_> = testimonies.into_iter().rev().collect();
            assert_eq!(rule(&turned, None), expected, "{row}, in another order");
        }
    }

    #[test]
    fn it_fell_out_only_by_the_word_of_one_that_has_seen_the_block() {
        assert_eq!(rule(&[seen(9)], Some(10)), Fate::Pending, "behind");
        assert_eq!(rule(&[seen(10)], Some(10)), Fate::FellOut);
        assert_eq!(rule(&[seen(10), SILENT], Some(10)), Fate::FellOut);
        assert_eq!(rule(&[seen(10), SHOWN], Some(10)), Fate::Undecided(Undecided::Contradiction));
        assert_eq!(rule(&[OPEN], Some(10)), Fate::Pending, "nobody says how far it has seen");
    }

    #[test]
    fn the_highest_fee_counts() {
        let dear = Landed { succeeded: true, fee: U256::from(9u8), block: 10, depth: Depth::Final };
        let fate = rule(&[good(Depth::Final), Testimony::Landed(dear)], None);
        assert_eq!(fate, Fate::Confirmed { fee: U256::from(9u8), block: 10, is_final: true });
    }

    fn any_depth() -> impl Strategy<Value = Depth> {
        prop_oneof![Just(Depth::Shallow), Just(Depth::Confirmed), Just(Depth::Final)]
    }

    prop_compose! {
        fn any_landed(succeeded: bool)(fee in 0u64..9, block in 0u64..20, depth in any_depth()) -> Testimony {
            Testimony::Landed(Landed { succeeded, fee: U256::from(fee), block, depth })
        }
    }

    fn any_open() -> impl Strategy<Value = Testimony> {
        proptest::option::of(0u64..20).prop_map(|seen_up_to| Testimony::Open { seen_up_to })
    }

    fn any_testimony() -> impl Strategy<Value = Testimony> {
        prop_oneof![
            any_landed(true),
            any_landed(false),
            any_landed(false),
            any_open(),
            Just(SHOWN),
            Just(SEARCHED),
            Just(COMPLETE),
            Just(CLAIMED),
            Just(SILENT),
        ]
    }

    fn gives_free(fate: &Fate) -> bool {
        matches!(fate, Fate::Dead | Fate::Reverted { .. })
    }

    proptest! {
        /// One endpoint that has it, knows it, or says that its place is free, keeps everything held.
        #[test]
        fn a_veto_outweighs_all_others(
            others in proptest::collection::vec(any_testimony(), 0..5),
            veto in prop_oneof![any_open(), any_landed(true)],
            at: prop::sample::Index,
            before in proptest::option::of(0u64..20),
        ) {
            let mut all = others;
            all.insert(at.index(all.len() + 1), veto);
            prop_assert!(!gives_free(&rule(&all, before)));
        }

        /// Where several are configured, one alone gives nothing free, whatever it says.
        #[test]
        fn one_of_several_gives_nothing_free(word in any_testimony(), silent in 1usize..4) {
            let mut all = vec![SILENT; silent];
            all.push(word);
            prop_assert!(!gives_free(&rule(&all, None)));
        }

        /// Neither the order nor one more silent endpoint turns what is held into what is free.
        #[test]
        fn silence_never_frees(others in proptest::collection::vec(any_testimony(), 1..5)) {
            let held = !gives_free(&rule(&others, None));
            let mut more = others;
            more.push(SILENT);
            prop_assert!(!held || !gives_free(&rule(&more, None)));
        }

        /// Only endpoints that all call it final settle a success.
        #[test]
        fn what_is_settled_is_final(all in proptest::collection::vec(any_testimony(), 0..5)) {
            if let Fate::Confirmed { is_final: true, .. } = rule(&all, None) {
                let shallow = |t: &Testimony| matches!(t, Testimony::Landed(l) if l.depth != Depth::Final);
                prop_assert!(!all.iter().any(shallow));
            }
        }
    }
}
