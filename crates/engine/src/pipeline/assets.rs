//! Policy facts about assets: decimals and symbols from the chain, recorded once a request is granted, and prices.

use std::collections::{BTreeMap, BTreeSet};

use waiaas_chains::price::Priced;
use waiaas_chains::{Chain as ChainPort, TokenFacts};
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::asset::{AssetId, AssetKind};
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::ids::SessionId;
use waiaas_core::network::{Network, NetworkId};
use waiaas_core::policy::{AssetFacts, PriceFact, Readings};
use waiaas_store::{TokenRow, WriteTx};

use crate::Engine;
use crate::error::{Error, ErrorCode};

/// Returns the recorded decimals and symbol of a token; none if the token is not in the registry.
pub(crate) async fn recorded(
    engine: &Engine,
    network: &NetworkId,
    address: Address,
) -> Result<Option<TokenFacts>, Error> {
    let row = engine.store().token(network, address).await?;
    Ok(row.map(|row| TokenFacts { decimals: row.decimals, symbol: row.symbol }))
}

/// Returns decimals and symbol of a token: as recorded, else as the nodes agree. Writes nothing.
pub(crate) async fn token(
    engine: &Engine,
    network: &Network,
    chain: &dyn ChainPort,
    address: Address,
) -> Result<TokenFacts, Error> {
    match recorded(engine, &network.id, address).await? {
        Some(facts) => Ok(facts),
        None => Ok(chain.token(address).await?),
    }
}

/// Records the tokens by which a granted request was judged, so that later answers of nodes cannot change
/// them. Fails if other decimals were recorded meanwhile.
pub(crate) async fn record(
    tx: &mut WriteTx,
    network: &NetworkId,
    assets: &BTreeMap<AssetId, AssetFacts>,
    now: UnixSeconds,
) -> Result<(), Error> {
    for (asset, facts) in assets {
        let Some(address) = asset.token_address() else { continue };
        let row = TokenRow {
            network: network.clone(),
            address,
            symbol: facts.symbol.clone(),
            decimals: facts.decimals,
            created_at: now,
        };
        let recorded = tx.record_token(row).await?;
        if recorded.decimals != facts.decimals {
            let message = format!(
                "The token {address} was judged with {} decimals, but {} are on record.",
                facts.decimals, recorded.decimals
            );
            return Err(Error::new(ErrorCode::NodesContradict, message)
                .hint("Nothing was signed. Ask again; the decimals on record count."));
        }
    }
    Ok(())
}

/// The assets that leave, and those that are displayed: a revoked permission moves nothing.
fn named(effects: &Effects) -> BTreeSet<&AssetId> {
    let leaving = effects.outflows().map(|outflow| outflow.asset);
    leaving.chain(effects.all().filter_map(Effect::token)).collect()
}

/// The asset facts that need no node and no price source.
pub(crate) async fn known(
    engine: &Engine,
    network: &Network,
    parts: &[Readings],
) -> Result<BTreeMap<AssetId, AssetFacts>, Error> {
    let mut known = BTreeMap::new();
    for asset in parts.iter().flatten().flat_map(named) {
        let facts = match asset.kind {
            AssetKind::Native { .. } => Some((network.native_symbol.to_string(), network.native_decimals)),
            AssetKind::Token(address) => {
                let facts = recorded(engine, &network.id, address).await?;
                facts.map(|facts| (facts.symbol, facts.decimals))
            }
        };
        if let Some((symbol, decimals)) = facts {
            let price = PriceFact::NotAsked;
            known.insert(asset.clone(), AssetFacts { symbol, decimals, price, sources: None });
        }
    }
    Ok(known)
}

/// Whether a service must be asked for the price of an asset that leaves.
pub(crate) async fn prices_to_ask(engine: &Engine, effects: &Effects) -> bool {
    let now = engine.now();
    for asset in named(effects).into_iter().chain(exchanged(effects)) {
        if !engine.prices().has(asset, now).await {
            return true;
        }
    }
    false
}

/// Returns the policy facts of every asset that leaves, and of those by which a swap is valued. Prices come
/// one by one from the price book, which asks a service only while the session has look-ups left.
pub(crate) async fn facts(
    engine: &Engine,
    session: SessionId,
    network: &Network,
    chain: &dyn ChainPort,
    effects: &Effects,
) -> Result<BTreeMap<AssetId, AssetFacts>, Error> {
    let mut facts = BTreeMap::new();
    let decoded: BTreeSet<_> = effects.items.iter().filter_map(Effect::token).collect();
    for asset in named(effects) {
        let (symbol, decimals) = match asset.kind {
            AssetKind::Native { .. } => (network.native_symbol.to_string(), network.native_decimals),
            AssetKind::Token(address) => {
                let known = match token(engine, network, chain, address).await {
                    Ok(known) => known,
                    // A called contract can name any address as a token. An address that is not a token stays
                    // unknown, so the request is denied.
                    Err(error) if error.code == ErrorCode::TokenNotFound && !decoded.contains(asset) => {
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                (known.symbol, known.decimals)
            }
        };
        let Priced { price, sources } =
            engine.lookups().price(engine.prices(), session, asset, engine.now()).await;
        facts.insert(asset.clone(), AssetFacts { symbol, decimals, price, sources });
    }
    for asset in exchanged(effects) {
        let Some(address) = asset.token_address().filter(|_| !facts.contains_key(asset)) else { continue };
        // These assets only come in. A token without known decimals and symbol has no price, so the swap
        // requires the owner.
        let Ok(TokenFacts { symbol, decimals }) = token(engine, network, chain, address).await else {
            continue;
        };
        let Priced { price, sources } =
            engine.lookups().price(engine.prices(), session, asset, engine.now()).await;
        facts.insert(asset.clone(), AssetFacts { symbol, decimals, price, sources });
    }
    Ok(facts)
}

/// The assets that swaps bring in.
fn exchanged(effects: &Effects) -> impl Iterator<Item = &AssetId> {
    effects.items.iter().filter_map(Effect::swap).flat_map(|swap| &swap.bought).map(|portion| &portion.asset)
}
