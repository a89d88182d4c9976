//! Stage 1: from a request to a typed intent, the draft its chain builds, and the effects read back
//! from that draft. Nothing is written and no key is touched.

use std::sync::Arc;

use waiaas_chains::Chain as ChainPort;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::intent::Intent;
use waiaas_core::network::Network;

use crate::Engine;
use crate::credentials::Session;
use crate::error::{Error, ErrorCode};
use crate::pipeline::assets;
use crate::views::{Money, RequestKind, SendRequest, TokenSpec, Wallet};

/// Longest memo, in characters.
const MEMO_CHARS: usize = 256;

/// A request that makes sense and can be built.
pub(crate) struct Validated {
    pub(crate) wallet: Wallet,
    pub(crate) network: Arc<Network>,
    pub(crate) chain: Arc<dyn ChainPort>,
    pub(crate) intent: Intent,
    pub(crate) money: Money,
    pub(crate) draft: Draft,
    pub(crate) effects: Effects,
}

/// Parses, resolves, builds and decodes.
pub(crate) async fn run(
    engine: &Engine,
    session: &Session,
    request: &SendRequest,
) -> Result<Validated, Error> {
    let wallet = engine.session_wallet(session, request.wallet).await?;
    let network = engine.networks().resolve(request.network.as_deref(), wallet.chain, wallet.environment)?;
    let network = Arc::new(network.clone());
    let chain = engine.chain(&network.id)?;
    let (intent, money) = intent(engine, &network, &*chain, &request.kind).await?;
    if intent.to() == wallet.address {
        return Err(Error::invalid("to", "the recipient is the wallet itself"));
    }
    let draft = chain.build(wallet.address, &intent).await?;
    let effects = chain.effects(&draft)?;
    Ok(Validated { wallet, network, chain, intent, money, draft, effects })
}

async fn intent(
    engine: &Engine,
    network: &Network,
    chain: &dyn ChainPort,
    kind: &RequestKind,
) -> Result<(Intent, Money), Error> {
    match kind {
        RequestKind::Transfer { to, amount, memo } => {
            let to = Address::parse(network.chain, to)?;
            let amount = amount.to_base_units(network.native_decimals)?;
            let money = Money {
                asset: network.native(),
                amount,
                decimals: network.native_decimals,
                symbol: network.native_symbol.to_string(),
            };
            Ok((Intent::Transfer { to, amount, memo: checked_memo(memo)? }, money))
        }
        RequestKind::TokenTransfer { to, amount, token, memo } => {
            let to = Address::parse(network.chain, to)?;
            let address = token_address(network, token)?;
            let facts = assets::token(engine, network, chain, address).await?;
            if token.decimals.is_some_and(|given| given != facts.decimals) {
                return Err(Error::new(
                    ErrorCode::TokenMismatch,
                    format!("The token has {} decimals, not the {} given.", facts.decimals, given(token)),
                )
                .hint("Leave \"decimals\" out, or give the token's real ones."));
            }
            let amount = amount.to_base_units(facts.decimals)?;
            let asset = AssetId::token(&network.caip2, address);
            let money = Money { asset, amount, decimals: facts.decimals, symbol: facts.symbol };
            Ok((Intent::TokenTransfer { to, token: address, amount, memo: checked_memo(memo)? }, money))
        }
    }
}

fn given(token: &TokenSpec) -> String {
    token.decimals.map(|d| d.to_string()).unwrap_or_default()
}

/// The token meant: by address, by CAIP-19, or by both when they agree.
fn token_address(network: &Network, token: &TokenSpec) -> Result<Address, Error> {
    let named = token.address.as_deref().map(|text| Address::parse(network.chain, text)).transpose()?;
    let Some(text) = &token.asset_id else {
        return named.ok_or_else(|| Error::invalid("token", "give \"address\" or \"assetId\""));
    };
    let asset: AssetId = text.parse()?;
    if asset.caip2 != network.caip2 {
        return Err(Error::new(
            ErrorCode::EnvironmentNetworkMismatch,
            format!("The asset is on {} but the request is for {}.", asset.caip2, network.id),
        )
        .hint("Set \"network\" to the asset's network."));
    }
    let address = asset.token_address().ok_or_else(|| {
        Error::invalid("token.assetId", "a native coin is sent with type TRANSFER, not TOKEN_TRANSFER")
    })?;
    match named {
        Some(other) if other != address => {
            Err(Error::invalid("token", "\"address\" and \"assetId\" name different tokens"))
        }
        _ => Ok(address),
    }
}

fn checked_memo(memo: &Option<String>) -> Result<Option<String>, Error> {
    match memo {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) if text.chars().count() > MEMO_CHARS => {
            Err(Error::invalid("memo", format!("at most {MEMO_CHARS} characters")))
        }
        // Control characters would let a memo rewrite what a person reads in a terminal.
        Some(text) if text.chars().any(char::is_control) => {
            Err(Error::invalid("memo", "control characters are not allowed"))
        }
        Some(text) => Ok(Some(text.clone())),
    }
}
