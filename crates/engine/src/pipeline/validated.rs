//! The result of stage 1, on which the other stages work.

use std::sync::Arc;

use waiaas_chains::Chain as ChainPort;
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::gas::GasTarget;
use waiaas_core::ids::TxId;
use waiaas_core::intent::Intent;
use waiaas_core::network::Network;
use waiaas_core::origin::Origin;
use waiaas_core::policy::{FeeFacts, Readings};
use waiaas_core::presentation::Content;

use crate::views::{Money, Wallet};

/// A request that is valid and was built.
pub(crate) struct Validated {
    pub(crate) wallet: Wallet,
    pub(crate) network: Arc<Network>,
    pub(crate) chain: Arc<dyn ChainPort>,
    pub(crate) intent: Intent,
    pub(crate) money: Money,
    /// The amounts that the caller gave in base units.
    pub(crate) base_units: Vec<Money>,
    pub(crate) draft: Draft,
    pub(crate) effects: Effects,
    /// The fee that the network asks for.
    pub(crate) fee: FeeFacts,
    /// The content of the presentation beside the effects.
    pub(crate) content: Vec<Content>,
    /// The origin of the request.
    pub(crate) origin: Origin,
    /// The signed transaction that it replaces.
    pub(crate) replaces: Option<TxId>,
    /// The gas condition.
    pub(crate) gas_condition: Option<GasTarget>,
}

/// A request as known without a node.
pub(crate) struct Outline {
    pub(crate) wallet: Wallet,
    pub(crate) network: Arc<Network>,
    pub(crate) intent: Intent,
    pub(crate) money: Money,
    /// The effects that it is certain to have.
    pub(crate) parts: Vec<Readings>,
    /// The draft, if one was built.
    pub(crate) draft: Option<Draft>,
    pub(crate) origin: Origin,
    pub(crate) replaces: Option<TxId>,
    pub(crate) gas_condition: Option<GasTarget>,
}

impl Outline {
    /// The effects that it is certain to have, in one list.
    pub(crate) fn effects(&self) -> Effects {
        let mut parts = self.parts.iter().filter_map(|readings| readings.first());
        let first = parts.next().cloned();
        let mut effects = first.unwrap_or_else(|| {
            let (network, native) = (self.network.id.clone(), self.network.native());
            let (items, methods, seen) = Default::default();
            Effects { network, native, from: self.wallet.address, items, methods, seen }
        });
        for part in parts {
            effects.items.extend(part.items.iter().cloned());
            effects.methods.extend(part.methods.iter().cloned());
        }
        effects
    }
}

impl From<&Validated> for Outline {
    /// A draft has exactly its decoded effects.
    fn from(validated: &Validated) -> Self {
        Self {
            wallet: validated.wallet.clone(),
            network: validated.network.clone(),
            intent: validated.intent.clone(),
            money: validated.money.clone(),
            parts: vec![vec![validated.effects.clone()]],
            draft: Some(validated.draft.clone()),
            origin: validated.origin.clone(),
            replaces: validated.replaces,
            gas_condition: validated.gas_condition,
        }
    }
}
