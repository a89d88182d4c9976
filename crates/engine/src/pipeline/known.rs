//! The policy facts from outside the database, gathered before admission: prices and decimals, balances that
//! bound allowances, reputation of the parties, and the simulation check.

use std::collections::{BTreeMap, BTreeSet};

use waiaas_chains::Chain as ChainPort;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::network::Network;
use waiaas_core::policy::{AssetFacts, FeeFacts, Reputations};
use waiaas_core::simulation::SimulationCheck;

use crate::Engine;
use crate::credentials::Session;
use crate::error::Error;
use crate::pipeline::validated::Validated;
use crate::pipeline::{assets, reputation, simulation_check};

/// The policy facts from outside the database.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) assets: BTreeMap<AssetId, AssetFacts>,
    pub(crate) balances: BTreeMap<AssetId, U256>,
    pub(crate) reputation: Reputations,
    pub(crate) simulation: SimulationCheck,
    /// Seconds within which the draft can land.
    pub(crate) lifetime: Option<u32>,
    /// The fee that the network asks for.
    pub(crate) fee: FeeFacts,
}

impl Known {
    /// The facts that need no outbound call.
    pub(crate) fn unasked(assets: BTreeMap<AssetId, AssetFacts>) -> Self {
        Self {
            assets,
            balances: BTreeMap::new(),
            reputation: Reputations::default(),
            simulation: SimulationCheck::NotApplicable,
            lifetime: None,
            fee: FeeFacts::default(),
        }
    }
}

/// Asks nodes and registries, and price sources while the session has look-ups left. Simulated effects of
/// undecoded calls are added to the effects, and their assets are looked up as well.
pub(crate) async fn gather(
    engine: &Engine,
    session: &Session,
    validated: &mut Validated,
) -> Result<Known, Error> {
    let (decoded, (simulation, seen)) =
        tokio::try_join!(about(engine, session, validated), simulation_check::first_look(validated))?;
    if seen.is_empty() {
        return Ok(Known { simulation, ..decoded });
    }
    validated.effects.seen = seen;
    Ok(Known { simulation, ..about(engine, session, validated).await? })
}

/// The facts about the effects.
async fn about(engine: &Engine, session: &Session, validated: &Validated) -> Result<Known, Error> {
    let Validated { network, chain, effects, .. } = validated;
    let (assets, balances, reputation) = tokio::try_join!(
        assets::facts(engine, session.id(), network, &**chain, effects),
        balances(network, &**chain, effects),
        reputation::of_parties(engine, validated),
    )?;
    Ok(Known {
        assets,
        balances,
        reputation,
        simulation: SimulationCheck::NotApplicable,
        lifetime: chain.codec().lifetime(&validated.draft)?,
        fee: validated.fee.clone(),
    })
}

/// The wallet's balance of each token with a new allowance; the lowest of several nodes' answers. Without an
/// answer the request fails, since an allowance is bounded by the balance.
async fn balances(
    network: &Network,
    chain: &dyn ChainPort,
    effects: &Effects,
) -> Result<BTreeMap<AssetId, U256>, Error> {
    let tokens: BTreeSet<Address> = effects
        .all()
        .filter_map(|effect| match effect {
            Effect::Allowance { asset, amount, .. } if !amount.is_zero() => asset.token_address(),
            Effect::Allowance { .. }
            | Effect::NativeOut { .. }
            | Effect::TokenOut { .. }
            | Effect::NftOut { .. }
            | Effect::NftAllowance { .. }
            | Effect::OperatorApproval { .. }
            | Effect::ContractCall { .. }
            | Effect::Swap(_)
            | Effect::Deployment { .. }
            | Effect::AuthorityChange { .. }
            | Effect::AccountRent { .. }
            | Effect::Message { .. }
            | Effect::TypedData { .. }
            | Effect::NetworkFee { .. }
            | Effect::Unknown { .. } => None,
        })
        .collect();
    if tokens.is_empty() {
        return Ok(BTreeMap::new());
    }
    let tokens: Vec<_> = tokens.into_iter().collect();
    // An unreadable balance counts as zero, so that any allowance exceeds it.
    let held = chain.least_held(effects.from, &tokens).await?;
    Ok(tokens.into_iter().map(|token| AssetId::token(&network.caip2, token)).zip(held).collect())
}
