//! An allowance and the swaps that use it up count once, and together never for less than may leave.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects, Portion, Swap};
use waiaas_core::ids::TxId;
use waiaas_core::money::Usd;
use waiaas_core::network::Chain;
use waiaas_core::policy::{CountedAllowance, Spending, Tier, used_up, wanted, without_limit};

use crate::world::{USDC, USDC_BASE, World, evm};

const BASE: &str = "base-mainnet";
/// Takes through an allowance of its own.
const ROUTER: Address = Address::Evm([5; 20]);
/// Takes through Permit2.
const UNIVERSAL: Address = Address::Evm([6; 20]);
const PERMIT2: Address = Address::Evm([7; 20]);

fn usdc() -> AssetId {
    AssetId::token(&World::on(BASE).effects.native.caip2, USDC_BASE.parse().expect("token"))
}

fn units(dollars: u64) -> U256 {
    U256::from(dollars * USDC)
}

/// A swap of so many dollars, and the amount that the router takes for it.
fn swap(router: Address, dollars: u64) -> [Effect; 2] {
    let spenders = if router == UNIVERSAL { vec![UNIVERSAL, PERMIT2] } else { vec![router] };
    let portion = |asset| vec![Portion { asset, amount: units(dollars) }];
    let swap = Swap {
        router,
        sold: portion(usdc()),
        path: vec![usdc()],
        bought: portion(usdc()),
        to: evm(1),
        wrapper: None,
        spenders,
        deadline: None,
    };
    let taken = Effect::TokenOut { asset: usdc(), to: router, amount: units(dollars) };
    [taken, Effect::Swap(Box::new(swap))]
}

fn allow(spender: Address, dollars: u64, through: Option<Address>) -> Effect {
    Effect::Allowance { asset: usdc(), spender, amount: units(dollars), through }
}

/// The rest of an earlier allowance.
fn given(spender: Address, dollars: u64, recent: bool) -> CountedAllowance {
    CountedAllowance {
        tx: TxId::new(Uuid::from_u128(1)),
        position: 0,
        asset: usdc(),
        spender,
        amount: units(dollars),
        usd: Usd::from_dollars(dollars),
        recent,
    }
}

/// A wallet that may move 150 dollars a day and 300 a month, where so much counts already.
fn world(
    effects: impl IntoIterator<Item = Effect>,
    day: u64,
    month: u64,
    given: &[CountedAllowance],
) -> World {
    let limit = json!({"instant_max_usd": 1000, "daily_limit_usd": 150, "monthly_limit_usd": 300});
    let tokens = json!({"tokens": [{"address": USDC_BASE}]});
    let spenders = json!({"spenders": [{"address": ROUTER}, {"address": UNIVERSAL}, {"address": PERMIT2}]});
    let mut world = World::on(BASE).owned().row("SPENDING_LIMIT", &limit).row_here("ALLOWED_TOKENS", &tokens);
    world = world.row_here("APPROVED_SPENDERS", &spenders).knows(USDC_BASE);
    world.facts.balances.insert(usdc(), units(10_000));
    world.facts.ledger.usd_day = Usd::from_dollars(day);
    world.facts.ledger.usd_month = Usd::from_dollars(month);
    world.facts.ledger.allowances = given.to_vec();
    effects.into_iter().fold(world, World::effect)
}

#[test]
fn what_a_swap_uses_up_of_an_allowance_counts_once() {
    let earlier = [given(ROUTER, 100, true)];
    assert_eq!(world(swap(ROUTER, 100), 100, 100, &earlier).tier(), Tier::Instant);
    assert_eq!(world(swap(ROUTER, 100), 100, 100, &[]).tier(), Tier::Approval, "nothing was allowed before");
    // Beyond the allowance every dollar counts.
    assert_eq!(world(swap(ROUTER, 150), 100, 100, &earlier).tier(), Tier::Instant);
    assert_eq!(world(swap(ROUTER, 151), 100, 100, &earlier).tier(), Tier::Approval);
    // Other counted amounts still count.
    assert_eq!(world(swap(ROUTER, 100), 150, 150, &earlier).tier(), Tier::Instant);
    assert_eq!(world(swap(ROUTER, 100), 151, 151, &earlier).tier(), Tier::Approval);
}

#[test]
fn an_allowance_that_left_a_window_makes_no_room_in_it() {
    let old = [given(ROUTER, 100, false)];
    assert_eq!(world(swap(ROUTER, 100), 50, 300, &old).tier(), Tier::Instant, "the month has room for it");
    assert_eq!(world(swap(ROUTER, 100), 51, 300, &old).tier(), Tier::Approval, "the day has not");
    assert_eq!(world(swap(ROUTER, 101), 0, 300, &old).tier(), Tier::Approval, "a dollar beyond it");
}

#[test]
fn only_the_spender_that_takes_uses_its_allowance_up() {
    let mut foreign = given(ROUTER, 100, true);
    foreign.asset = AssetId::token(&usdc().caip2, evm(9));
    for (other, why) in [(given(PERMIT2, 100, true), "another spender"), (foreign, "another token")] {
        assert_eq!(world(swap(ROUTER, 100), 100, 100, &[other]).tier(), Tier::Approval, "{why}");
    }
    // A plain transfer to the router takes through nothing.
    let sent = Effect::TokenOut { asset: usdc(), to: ROUTER, amount: units(100) };
    assert_eq!(world([sent], 100, 100, &[given(ROUTER, 100, true)]).tier(), Tier::Approval);
    // The contract that unwraps its own token needs no allowance.
    let itself = usdc().token_address().expect("token");
    let effects = World::on(BASE).effects;
    let unwrap = Effects::new(effects.network, effects.native, effects.from, swap(itself, 100).into());
    assert!(wanted(&unwrap).is_empty());
    assert!(used_up(&unwrap, &[given(itself, 100, true)]).earlier.is_empty());
}

#[test]
fn what_permit2_was_allowed_counts_once_with_what_it_passes_on() {
    let permit2 = [given(PERMIT2, 100, true)];
    let pass_on = |dollars| [allow(UNIVERSAL, dollars, Some(PERMIT2))];
    assert_eq!(world(pass_on(150), 100, 100, &permit2).tier(), Tier::Instant);
    assert_eq!(world(pass_on(151), 100, 100, &permit2).tier(), Tier::Approval);
    let alone = [allow(UNIVERSAL, 100, None)];
    assert_eq!(world(alone, 100, 100, &permit2).tier(), Tier::Approval, "an allowance of its own");
    // A swap takes through the router's allowance first, and then through Permit2's.
    let both = [given(UNIVERSAL, 60, true), given(PERMIT2, 40, true)];
    assert_eq!(world(swap(UNIVERSAL, 100), 150, 150, &both).tier(), Tier::Instant);
    // The permission brought along and the swap that uses it are one.
    let bring = |dollars| pass_on(dollars).into_iter().chain(swap(UNIVERSAL, 100));
    assert_eq!(world(bring(100), 150, 150, &permit2).tier(), Tier::Instant);
    let grant = world(bring(100), 0, 0, &[]).grant();
    assert_eq!((grant.tier, grant.usd), (Tier::Instant, Some(Usd::from_dollars(100))));
    assert_eq!(world(bring(151), 0, 0, &[]).tier(), Tier::Approval, "what stays open counts");
}

#[test]
fn an_allowance_without_limit_is_used_up_by_nothing() {
    let half = |bits: u32| U256::from(1u8) << bits;
    for (chain, bits) in [(Chain::Ethereum, 159), (Chain::Solana, 63)] {
        assert!(without_limit(half(bits as u32), chain), "{chain:?}");
        assert!(!without_limit(half(bits as u32) - U256::from(1u8), chain), "{chain:?}");
    }
    let open = Effect::Allowance { asset: usdc(), spender: ROUTER, amount: U256::MAX, through: None };
    let world = world([open].into_iter().chain(swap(ROUTER, 100)), 0, 0, &[]);
    let spending = Spending::of(&world.effects, &world.facts);
    let held = spending.assets().next().expect("usdc").1.held();
    assert_eq!((held.moved, held.allowed, held.unlimited), (units(100), Vec::new(), U256::MAX));
}

#[test]
fn dollars_go_with_the_units_and_what_stays_is_rounded_up() {
    let mut one = given(ROUTER, 0, true);
    (one.amount, one.usd) = (U256::from(3u8), Usd::from_micros(10));
    let taken = |units: u64| one.value_of(U256::from(units)).micros();
    assert_eq!((taken(0), taken(1), taken(2), taken(3), taken(4)), (0, 3, 6, 10, 10));
    (one.amount, one.usd) = (U256::MAX, Usd::MAX);
    assert_eq!(one.value_of(U256::from(1u8)), Usd::ZERO);
}

/// One step of a history on one token.
#[derive(Clone, Debug)]
enum Step {
    Approve {
        spender: Address,
        dollars: u64,
    },
    PassOn {
        dollars: u64,
        swap: Option<u64>,
    },
    Swap {
        router: Address,
        dollars: u64,
    },
    Send {
        dollars: u64,
    },
    /// The router takes for another account what it may.
    Foreign {
        router: Address,
        dollars: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let router = || prop_oneof![Just(ROUTER), Just(UNIVERSAL)];
    let spender = || prop_oneof![Just(ROUTER), Just(PERMIT2)];
    prop_oneof![
        3 => (spender(), 0u64..50).prop_map(|(spender, dollars)| Step::Approve { spender, dollars }),
        2 => (0u64..50, proptest::option::of(0u64..50)).prop_map(|(dollars, swap)| Step::PassOn { dollars, swap }),
        4 => (router(), 1u64..50).prop_map(|(router, dollars)| Step::Swap { router, dollars }),
        1 => (1u64..20).prop_map(|dollars| Step::Send { dollars }),
        2 => (router(), 1u64..50).prop_map(|(router, dollars)| Step::Foreign { router, dollars }),
    ]
}

/// The allowances in the token and in Permit2 by spender, and the amounts that are gone.
#[derive(Clone, Default)]
struct OnChain {
    token: BTreeMap<Address, u64>,
    passed_on: u64,
    gone: u64,
}

impl OnChain {
    fn take(&mut self, router: Address, dollars: u64) -> bool {
        let through = if router == UNIVERSAL { PERMIT2 } else { router };
        let allowed = self.token.entry(through).or_default();
        let passed_on = if router == UNIVERSAL { self.passed_on } else { u64::MAX };
        if *allowed < dollars || passed_on < dollars {
            return false;
        }
        *allowed -= dollars;
        if router == UNIVERSAL {
            self.passed_on -= dollars;
        }
        self.gone += dollars;
        true
    }

    /// Whether the transaction of a step would succeed; then it is done.
    fn run(&mut self, step: &Step) -> bool {
        let mut after = self.clone();
        let done = match step {
            Step::Approve { spender, dollars } => {
                after.token.insert(*spender, *dollars);
                true
            }
            Step::PassOn { dollars, swap } => {
                after.passed_on = *dollars;
                swap.is_none_or(|dollars| after.take(UNIVERSAL, dollars))
            }
            Step::Swap { router, dollars } | Step::Foreign { router, dollars } => {
                after.take(*router, *dollars)
            }
            Step::Send { dollars } => {
                after.gone += dollars;
                true
            }
        };
        if done {
            *self = after;
        }
        done
    }

    /// The sum that is gone or may go.
    fn most(&self) -> u64 {
        self.gone + self.token.values().sum::<u64>()
    }
}

/// The counted amounts: those that moved, and the allowances of each transaction.
#[derive(Default)]
struct Counted {
    moved: U256,
    allowances: Vec<CountedAllowance>,
}

impl Counted {
    /// Counts a transaction as the ledger does; one that fails on chain gives everything back.
    fn admit(&mut self, n: u128, items: Vec<Effect>, lands: bool) {
        let mut world = world(items, 0, 0, &[]);
        let newest = self.allowances.iter().rev().filter(|one| !one.amount.is_zero());
        world.facts.ledger.allowances = newest.cloned().collect();
        let used = used_up(&world.effects, &world.facts.ledger.allowances);
        if !lands {
            return;
        }
        for part in &used.earlier {
            let same = |one: &&mut CountedAllowance| {
                (one.tx, one.position) == (part.allowance.tx, part.allowance.position)
            };
            let one = self.allowances.iter_mut().find(same).expect("known");
            one.amount = one.amount.checked_sub(part.amount).expect("no more than there is");
        }
        for (_, spending) in Spending::of(&world.effects, &world.facts).assets() {
            let held = spending.held();
            self.moved += held.moved;
            for (position, (spender, amount)) in (0..).zip(held.allowed) {
                let tx = TxId::new(Uuid::from_u128(n));
                self.allowances.push(CountedAllowance { tx, position, amount, ..given(spender, 0, true) });
            }
        }
    }

    fn sum(&self) -> U256 {
        self.allowances.iter().fold(self.moved, |sum, one| sum + one.amount)
    }
}

fn items(step: &Step) -> Option<Vec<Effect>> {
    Some(match step {
        Step::Approve { spender, dollars } => vec![allow(*spender, *dollars, None)],
        Step::PassOn { dollars, swap: taken } => {
            let taken = taken.iter().flat_map(|dollars| swap(UNIVERSAL, *dollars));
            [allow(UNIVERSAL, *dollars, Some(PERMIT2))].into_iter().chain(taken).collect()
        }
        Step::Swap { router, dollars } => swap(*router, *dollars).into(),
        Step::Send { dollars } => {
            vec![Effect::TokenOut { asset: usdc(), to: evm(9), amount: units(*dollars) }]
        }
        Step::Foreign { .. } => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// In any order of allowances, passing on, swaps, transfers and takings by others, the counted sum is never
    /// less than the sum that is gone or may still go.
    #[test]
    fn no_history_leaves_more_open_than_counts(steps in vec(step(), 1..40)) {
        let (mut chain, mut counted) = (OnChain::default(), Counted::default());
        for (n, step) in (1..).zip(&steps) {
            let lands = chain.run(step);
            if let Some(items) = items(step) {
                counted.admit(n, items, lands);
            }
            prop_assert!(counted.sum() >= units(chain.most()), "after {step:?}: {} of {}", counted.sum(), chain.most());
        }
    }

    /// Where everything that was allowed is taken by the wallet's own swaps, it counts exactly once.
    #[test]
    fn daily_work_counts_once(amounts in vec((1u64..50, any::<bool>(), any::<bool>()), 1..20)) {
        let mut counted = Counted::default();
        let mut total = 0;
        for (n, (dollars, universal, brought)) in (1u128..).zip(amounts) {
            total += dollars;
            let steps = match (universal, brought) {
                (false, _) => vec![
                    Step::Approve { spender: ROUTER, dollars },
                    Step::Swap { router: ROUTER, dollars },
                ],
                (true, false) => vec![
                    Step::Approve { spender: PERMIT2, dollars },
                    Step::PassOn { dollars, swap: None },
                    Step::Swap { router: UNIVERSAL, dollars },
                ],
                (true, true) => vec![
                    Step::Approve { spender: PERMIT2, dollars },
                    Step::PassOn { dollars, swap: Some(dollars) },
                ],
            };
            for (k, step) in (0..).zip(steps) {
                counted.admit(n * 10 + k, items(&step).expect("own"), true);
            }
            prop_assert_eq!(counted.sum(), units(total));
        }
    }
}
