//! The destinations of the worst case, and its sum over several networks.

use serde_json::json;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::PolicySet;
use waiaas_core::policy::exposure::{Destinations, Horizon, Reach};

use crate::world::{World, account, evm, wallet};
use crate::worst_case_bounds::{bounds, list, look, standing};

fn only(bytes: &[u8]) -> Reach {
    Reach::Only(bytes.iter().map(|byte| account(*byte)).collect())
}

#[test]
fn destinations_are_what_all_lists_have_in_common() {
    let limit = json!({"instant_max_usd": 5});
    let whitelist = |bytes: &[u8]| {
        let addresses: Vec<_> = bytes.iter().map(|byte| account(*byte)).collect();
        json!({ "allowed_addresses": addresses })
    };
    let spenders = |bytes: &[u8]| json!({ "spenders": list(bytes) });
    let contracts = |bytes: &[u8]| json!({ "contracts": list(bytes) });
    let of = |world: World| look(&standing(&world), Horizon::Day).networks[0].destinations.clone();
    let base = || World::solana().row("SPENDING_LIMIT", &limit);
    let reach = |recipients, spenders, contracts| Destinations { recipients, spenders, contracts };
    assert_eq!(of(base()), reach(Reach::Any, only(&[]), only(&[])));
    let listed = || {
        base()
            .row("APPROVED_SPENDERS", &spenders(&[6, 7, 8]))
            .row("CONTRACT_WHITELIST", &contracts(&[3, 7, 8]))
    };
    assert_eq!(of(listed()), reach(Reach::Any, only(&[6, 7, 8]), only(&[3, 7, 8])));
    let twice = listed()
        .row("APPROVED_SPENDERS", &spenders(&[7, 8, 9]))
        .row("CONTRACT_WHITELIST", &contracts(&[2, 7, 8]));
    assert_eq!(of(twice), reach(Reach::Any, only(&[7, 8]), only(&[7, 8])));
    let narrow =
        || listed().row("WHITELIST", &whitelist(&[1, 6, 8])).row("WHITELIST", &whitelist(&[6, 8, 9]));
    assert_eq!(of(narrow()), reach(only(&[6, 8]), only(&[6, 8]), only(&[8])));
    let recipients = of(narrow()).recipients;
    assert!(recipients.contains(&account(6)) && !recipients.contains(&account(1)));
    assert!(Reach::Any.contains(&account(1)));
    let both = base().row("WHITELIST", &json!({"allowed_addresses": [account(4), evm(4)]}));
    assert_eq!(
        of(both),
        reach(only(&[4]), only(&[]), only(&[])),
        "addresses of the other chain receive nothing here"
    );
    for (tier, granted) in [("DELAY", vec![6, 7, 8]), ("APPROVAL", vec![])] {
        let raised = listed().row("APPROVE_TIER_OVERRIDE", &json!({ "tier": tier }));
        assert_eq!(of(raised), reach(Reach::Any, only(&granted), only(&[3, 7, 8])), "{tier}");
    }
}

#[test]
fn networks_add_up_unless_a_window_covers_them() {
    let two = |world: &World| {
        let mut standing = standing(world);
        let mut other = standing.networks[0].clone();
        other.network = NetworkId::new("solana-testnet");
        other.policies = PolicySet::select(world.rows.iter().cloned(), wallet(), &other.network);
        standing.networks.push(other);
        bounds(&look(&standing, Horizon::Day).usd)
    };
    let sum = |usd: &str| format!("{usd} by NETWORKS: the sum over all networks");
    // Ten SOL at 100 dollars, on each.
    let open = World::solana().row("SPENDING_LIMIT", &json!({"instant_max_usd": 5}));
    assert_eq!(two(&open), [sum("2000.00")]);
    let shared = World::solana().row("SPENDING_LIMIT", &json!({"instant_max_usd": 5, "daily_limit_usd": 30}));
    let window = |usd: &str| {
        format!(
            "{usd} by SPENDING_LIMIT daily_limit_usd: 1 × 30.00 USD, less 0.00 USD that still count at its end"
        )
    };
    assert_eq!(two(&shared), [window("30.00"), sum("60.00")]);
    // The most generous one was the last to be asked.
    let daily = |usd: u32| json!({"instant_max_usd": 5, "daily_limit_usd": usd});
    let [narrow, wide] = ["solana-devnet", "solana-testnet"].map(|stricter| {
        let world = World::solana().row("SPENDING_LIMIT", &daily(30));
        two(&world.row_at("SPENDING_LIMIT", &daily(20), Some(stricter)))
    });
    assert_eq!((&narrow[0], &wide[0]), (&window("30.00"), &window("30.00")));
    let here = open.row_at(
        "SPENDING_LIMIT",
        &json!({"instant_max_usd": 5, "daily_limit_usd": 30}),
        Some("solana-devnet"),
    );
    assert_eq!(two(&here), [sum("1030.00"), window("1030.00")]);
}
