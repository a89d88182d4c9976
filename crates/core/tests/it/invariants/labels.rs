//! Labels, which decide nothing.

use proptest::collection::vec;
use proptest::prelude::*;
use waiaas_core::effect::Effect;
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{DenialCode, PolicyFacts, PolicySet, Tier, Verdict, evaluate};

use super::cases;
use crate::generate::{NETWORK, effect, effects, facts};
use crate::generate_rules::rows;
use crate::world::wallet;

/// The deciding parts of a verdict.
#[derive(PartialEq, Debug)]
enum Decided {
    Denied(Vec<DenialCode>),
    Granted { tier: Tier, delay: Option<u32>, timeout: Option<u32>, usd: Option<Usd> },
}

impl Decided {
    fn by(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Denied(denials) => Self::Denied(denials.iter().map(|denial| denial.code).collect()),
            Verdict::Granted(grant) => Self::Granted {
                tier: grant.tier,
                delay: grant.delay_seconds,
                timeout: grant.approval_timeout,
                usd: grant.usd,
            },
        }
    }
}

/// Gives everything that has a name for people another one.
fn rename(items: &mut [Effect], facts: &mut PolicyFacts, names: &[String]) {
    let mut names = names.iter().cycle().cloned();
    let mut next = || names.next().unwrap_or_default();
    for effect in items {
        match effect {
            Effect::AuthorityChange { what, .. } | Effect::Unknown { what, .. } => *what = next(),
            Effect::Message { text, .. } => *text = next(),
            Effect::TypedData { primary_type, .. } => *primary_type = next(),
            Effect::NativeOut { .. }
            | Effect::TokenOut { .. }
            | Effect::NftOut { .. }
            | Effect::Allowance { .. }
            | Effect::NftAllowance { .. }
            | Effect::OperatorApproval { .. }
            | Effect::ContractCall { .. }
            | Effect::Swap(_)
            | Effect::Deployment { .. }
            | Effect::AccountRent { .. }
            | Effect::NetworkFee { .. } => {}
        }
    }
    facts.assets.values_mut().for_each(|known| known.symbol = next());
    facts.action.iter_mut().for_each(|action| action.provider = next());
}

proptest! {
    #![proptest_config(cases(500))]

    /// Invariant 2: symbols, descriptions and the names of providers decide nothing.
    #[test]
    fn what_things_are_called_decides_nothing(
        rows in rows(), items in vec(effect(), 0..5), facts in facts(),
        names in vec(prop_oneof![".{0,12}", "USDC|SOL|jupiter|transfer"], 1..4),
    ) {
        let set = PolicySet::select(rows, wallet(), &NetworkId::new(NETWORK));
        let before = evaluate(&set, &effects(items.clone()), &facts);
        let (mut items, mut renamed) = (items, facts);
        rename(&mut items, &mut renamed, &names);
        let after = evaluate(&set, &effects(items), &renamed);
        prop_assert_eq!(Decided::by(&before), Decided::by(&after));
    }
}
