//! Stage 1: turns a request into a typed intent, the draft that its chain builds, and the effects decoded from
//! that draft. It writes nothing and touches no key.

mod call;
mod intent;
mod nft;
mod recipient;
mod token;

use waiaas_chains::Chain as ChainPort;
use waiaas_core::U256;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::intent::Intent;
use waiaas_core::network::Network;

use self::intent::Meant;
use crate::Engine;
use crate::credentials::Session;
use crate::error::Error;
use crate::pipeline::validated::{Outline, Validated};
use crate::pipeline::{fees, nonces};
use crate::views::{Money, SendRequest, Wallet};

/// Parses and decodes without a node. Amounts of tokens with unknown decimals are the lowest possible.
pub(crate) async fn outline(
    engine: &Engine,
    session: &Session,
    request: &SendRequest,
) -> Result<Outline, Error> {
    outlined(engine, session, request, false).await
}

/// Like [`outline`], but nodes may be asked about tokens.
pub(crate) async fn outline_asking(
    engine: &Engine,
    session: &Session,
    request: &SendRequest,
) -> Result<Outline, Error> {
    outlined(engine, session, request, true).await
}

async fn outlined(
    engine: &Engine,
    session: &Session,
    request: &SendRequest,
    asks: bool,
) -> Result<Outline, Error> {
    let (wallet, network) = engine.place(session, request).await?;
    let chain = engine.chain(&network.id)?;
    let resolver = Resolver { engine, wallet: &wallet, network: &network, chain: &*chain, asks };
    let Meant { intent, money, .. } = resolver.intent(&request.asked).await?;
    let parts = engine.codec(&network.id)?.readings(wallet.address, &intent)?;
    let money = money.unwrap_or_else(|| native_sent(&network, parts.iter().filter_map(|part| part.first())));
    let (origin, gas_condition) = (request.origin.clone(), request.gas_condition);
    Ok(Outline { wallet, network, intent, money, parts, draft: None, origin, replaces: None, gas_condition })
}

/// Parses, resolves, builds and decodes.
pub(crate) async fn run(
    engine: &Engine,
    session: &Session,
    request: &SendRequest,
) -> Result<Validated, Error> {
    let (wallet, network) = engine.place(session, request).await?;
    let chain = engine.chain(&network.id)?;
    let resolver = Resolver { engine, wallet: &wallet, network: &network, chain: &*chain, asks: true };
    let Meant { intent, money, base_units } = resolver.intent(&request.asked).await?;
    let (intent, draft) = resolver.build(intent).await?;
    if matches!(intent, Intent::SignTransaction { .. }) {
        chain.check_place(&draft, &nonces::of(engine, wallet.id, &network.id).await?).await?;
    }
    let effects = chain.codec().effects(&draft)?;
    let (draft, fee) = fees::judge(engine, &*chain, draft, &effects).await?;
    let (effects, content) = chain.codec().read(&draft)?;
    let money = money.unwrap_or_else(|| native_sent(&network, [&effects]));
    Ok(Validated {
        wallet,
        network,
        chain,
        intent,
        money,
        base_units,
        draft,
        effects,
        fee,
        content,
        origin: request.origin.clone(),
        replaces: None,
        gas_condition: request.gas_condition,
    })
}

/// Translates a request into an intent.
struct Resolver<'a> {
    engine: &'a Engine,
    wallet: &'a Wallet,
    network: &'a Network,
    chain: &'a dyn ChainPort,
    /// Whether nodes may be asked about tokens.
    asks: bool,
}

/// The native coin sent, for requests without an amount of one asset.
fn native_sent<'a>(network: &Network, parts: impl IntoIterator<Item = &'a Effects>) -> Money {
    let items = parts.into_iter().flat_map(|effects| &effects.items);
    let sent = items.filter_map(|effect| match effect {
        Effect::NativeOut { amount, .. } | Effect::Deployment { amount, .. } => Some(*amount),
        Effect::TokenOut { .. }
        | Effect::NftOut { .. }
        | Effect::Allowance { .. }
        | Effect::NftAllowance { .. }
        | Effect::OperatorApproval { .. }
        | Effect::ContractCall { .. }
        | Effect::Swap(_)
        | Effect::AuthorityChange { .. }
        | Effect::AccountRent { .. }
        | Effect::Message { .. }
        | Effect::TypedData { .. }
        | Effect::NetworkFee { .. }
        | Effect::Unknown { .. } => None,
    });
    native(network, sent.fold(U256::ZERO, U256::saturating_add))
}

fn native(network: &Network, amount: U256) -> Money {
    Money {
        asset: network.native(),
        amount,
        decimals: network.native_decimals,
        symbol: network.native_symbol.to_string(),
    }
}
