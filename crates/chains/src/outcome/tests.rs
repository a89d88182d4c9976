//! The table of answers and outcomes, row by row, and properties that hold for any answers.

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

fn confirmed(is_final: bool) -> Outcome {
    Outcome::Confirmed { fee: U256::from(3u8), block: 10, is_final }
}

fn reverted() -> Outcome {
    Outcome::Reverted { fee: U256::from(3u8), block: 10, reason: String::new() }
}

/// The table of ARCHITECTURE, row by row.
#[test]
fn every_row_of_the_table() {
    use Depth::{Confirmed, Final, Shallow};
    use Undecided::{Contradiction, DeathUnproved, RevertUnproved, SuccessUnproved};
    let undecided = Outcome::Undecided;
    let rows: Vec<(&str, Vec<Testimony>, Outcome)> = vec![
        ("one, in a block, too young", vec![good(Shallow)], Outcome::Pending),
        ("one, in a block", vec![good(Confirmed)], confirmed(false)),
        ("one, in a final block", vec![good(Final)], confirmed(true)),
        ("both have it in a final block", vec![good(Final), good(Final)], confirmed(true)),
        ("two of three have it, one is silent", vec![good(Final), good(Final), SILENT], confirmed(true)),
        ("two of three have it, one is behind", vec![good(Final), good(Final), seen(9)], confirmed(true)),
        ("one has it, one is silent", vec![good(Final), SILENT], undecided(SuccessUnproved)),
        ("one has it, two are silent", vec![good(Final), SILENT, SILENT], undecided(SuccessUnproved)),
        ("one has it, one cannot tell", vec![good(Final), OPEN], undecided(SuccessUnproved)),
        ("one has it final, one not yet", vec![good(Final), good(Confirmed)], confirmed(false)),
        ("one has it deep, one too young", vec![good(Final), good(Shallow)], Outcome::Pending),
        ("two have it deep, one too young", vec![good(Final), good(Final), good(Shallow)], confirmed(false)),
        ("one has it too young, one is behind", vec![good(Shallow), seen(9)], Outcome::Pending),
        ("one has it, one is behind", vec![good(Final), seen(9)], undecided(SuccessUnproved)),
        ("one has it, one has pruned it", vec![good(Final), CLAIMED], undecided(SuccessUnproved)),
        ("one has it, one has that block without it", vec![good(Final), seen(10)], undecided(Contradiction)),
        ("one has it, one shows another", vec![good(Final), SHOWN], undecided(Contradiction)),
        ("one succeeded, one failed", vec![good(Final), bad(Final)], undecided(Contradiction)),
        ("one, failed, too young", vec![bad(Shallow)], Outcome::Pending),
        ("one, failed, not final", vec![bad(Confirmed)], undecided(RevertUnproved)),
        ("the only one, failed, final", vec![bad(Final)], reverted()),
        ("two, failed, final", vec![bad(Final), bad(Final)], reverted()),
        ("failed, one of them not final", vec![bad(Final), bad(Confirmed)], undecided(RevertUnproved)),
        ("failed, one is silent", vec![bad(Final), SILENT], undecided(RevertUnproved)),
        ("two of three, failed, one silent", vec![bad(Final), bad(Final), SILENT], reverted()),
        ("two of three, failed, one pruned", vec![bad(Final), bad(Final), CLAIMED], reverted()),
        (
            "two failed, one reports the nonce as unused",
            vec![bad(Final), bad(Final), OPEN],
            undecided(RevertUnproved),
        ),
        ("failed, one reports the nonce as unused", vec![bad(Final), OPEN], undecided(RevertUnproved)),
        ("no endpoint has it", vec![OPEN, OPEN], Outcome::Pending),
        ("all are silent", vec![SILENT, SILENT], Outcome::Pending),
        ("the only one shows another", vec![SHOWN], Outcome::Dropped),
        ("the only one reports the nonce as used", vec![CLAIMED], undecided(DeathUnproved)),
        ("two report the nonce as used", vec![CLAIMED, CLAIMED], undecided(DeathUnproved)),
        ("one shows, one claims", vec![SHOWN, CLAIMED], undecided(DeathUnproved)),
        ("one of three shows, two claim", vec![SHOWN, CLAIMED, CLAIMED], undecided(DeathUnproved)),
        ("one shows, one has all blocks and not this", vec![SHOWN, COMPLETE], Outcome::Dropped),
        ("two of three show, one claims", vec![SHOWN, SHOWN, CLAIMED], Outcome::Dropped),
        ("both show", vec![SHOWN, SHOWN], Outcome::Dropped),
        ("one shows, one is silent", vec![SHOWN, SILENT], undecided(DeathUnproved)),
        ("one shows, one has it or reports the nonce as unused", vec![SHOWN, OPEN], undecided(Contradiction)),
        ("one reports the nonce as used, one as unused", vec![CLAIMED, OPEN], Outcome::Pending),
        ("one has all blocks and not this", vec![COMPLETE], undecided(DeathUnproved)),
        ("two have all blocks and not this", vec![COMPLETE, COMPLETE], Outcome::Dropped),
        ("one has all blocks, one claims", vec![COMPLETE, CLAIMED], undecided(DeathUnproved)),
        (
            "two have all blocks, one reports the nonce as unused",
            vec![COMPLETE, COMPLETE, OPEN],
            Outcome::Pending,
        ),
        ("one has it, one has all blocks without it", vec![good(Final), COMPLETE], undecided(Contradiction)),
        (
            "two failed, one has all blocks without it",
            vec![bad(Final), bad(Final), COMPLETE],
            undecided(RevertUnproved),
        ),
        ("one has it, one has searched all", vec![good(Final), SEARCHED], undecided(Contradiction)),
        ("failed, one has searched all", vec![bad(Final), SEARCHED], undecided(RevertUnproved)),
        ("the only one has searched all", vec![SEARCHED], Outcome::Dropped),
        ("both have searched all", vec![SEARCHED, SEARCHED], Outcome::Dropped),
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
fn bytes_fell_out_only_if_an_endpoint_has_seen_their_block() {
    assert_eq!(rule(&[seen(9)], Some(10)), Outcome::Pending, "behind");
    assert_eq!(rule(&[seen(10)], Some(10)), Outcome::FellOut);
    assert_eq!(rule(&[seen(10), SILENT], Some(10)), Outcome::FellOut);
    assert_eq!(rule(&[seen(10), SHOWN], Some(10)), Outcome::Undecided(Undecided::Contradiction));
    assert_eq!(rule(&[OPEN], Some(10)), Outcome::Pending, "the endpoint reports no newest block");
}

#[test]
fn the_highest_fee_counts() {
    let dear = Landed { succeeded: true, fee: U256::from(9u8), block: 10, depth: Depth::Final };
    let outcome = rule(&[good(Depth::Final), Testimony::Landed(dear)], None);
    assert_eq!(outcome, Outcome::Confirmed { fee: U256::from(9u8), block: 10, is_final: true });
}

#[test]
fn a_success_in_different_blocks_is_not_final() {
    let above = Landed { succeeded: true, fee: U256::ZERO, block: 11, depth: Depth::Final };
    assert_eq!(rule(&[good(Depth::Final), Testimony::Landed(above)], None), confirmed(false));
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

fn gives_free(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Dropped | Outcome::Reverted { .. })
}

proptest! {
    /// An endpoint that has the bytes in a successful block or in its pool, or whose nonce is free, keeps
    /// everything held.
    #[test]
    fn one_open_or_successful_testimony_keeps_everything_held(
        others in proptest::collection::vec(any_testimony(), 0..5),
        veto in prop_oneof![any_open(), any_landed(true)],
        at: prop::sample::Index,
        before in proptest::option::of(0u64..20),
    ) {
        let mut all = others;
        all.insert(at.index(all.len() + 1), veto);
        prop_assert!(!gives_free(&rule(&all, before)));
    }

    /// If several are configured, one endpoint alone releases nothing and proves nothing, whatever its
    /// answer, beside others that prove nothing.
    #[test]
    fn one_endpoint_of_several_proves_nothing(
        word in any_testimony(),
        others in proptest::collection::vec(prop_oneof![any_open(), Just(CLAIMED), Just(SILENT)], 1..4),
    ) {
        let mut all = others;
        all.push(word);
        let outcome = rule(&all, None);
        let settled = matches!(outcome, Outcome::Confirmed { .. });
        prop_assert!(!settled && !gives_free(&outcome));
    }

    /// Neither the order nor another silent endpoint turns held amounts into released ones.
    #[test]
    fn a_silent_endpoint_never_releases_amounts(others in proptest::collection::vec(any_testimony(), 1..5)) {
        let held = !gives_free(&rule(&others, None));
        let mut more = others;
        more.push(SILENT);
        prop_assert!(!held || !gives_free(&rule(&more, None)));
    }

    /// A success is final only if every endpoint that has it reports it as final.
    #[test]
    fn a_final_success_is_final_at_every_endpoint(all in proptest::collection::vec(any_testimony(), 0..5)) {
        if let Outcome::Confirmed { is_final: true, .. } = rule(&all, None) {
            let shallow = |t: &Testimony| matches!(t, Testimony::Landed(l) if l.depth != Depth::Final);
            prop_assert!(!all.iter().any(shallow));
        }
    }
}
