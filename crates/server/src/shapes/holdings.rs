//! Balances and assets.

use waiaas_api::balances::{Asset, Assets, Balance, Held, NetworkAssets, NetworkBalance, WalletBalance};
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::money::format_units;
use waiaas_core::network::Network;
use waiaas_engine::{AssetsView, BalanceView, Error, HoldingView, Money};

pub(crate) fn balance(view: BalanceView) -> Balance {
    let money = view.money;
    Balance {
        wallet_id: view.wallet.id,
        chain: view.wallet.chain,
        network: view.network.id.to_string(),
        chain_id: view.network.caip2.to_string(),
        address: view.wallet.address.to_string(),
        balance: money.amount.to_string(),
        decimals: money.decimals,
        balance_formatted: format_units(money.amount, money.decimals),
        asset_id: money.asset.to_string(),
        symbol: money.symbol,
    }
}

/// One of several networks: a network that does not answer does not hide the others.
pub(crate) fn network_balance(network: &Network, result: Result<BalanceView, Error>) -> NetworkBalance {
    let place = NetworkBalance {
        network: network.id.to_string(),
        chain_id: network.caip2.to_string(),
        ..NetworkBalance::default()
    };
    match result {
        Ok(view) => NetworkBalance {
            balance: Some(view.money.amount.to_string()),
            balance_formatted: Some(format_units(view.money.amount, view.money.decimals)),
            decimals: Some(view.money.decimals),
            symbol: Some(view.money.symbol),
            ..place
        },
        Err(error) => NetworkBalance { error: Some(error.message), ..place },
    }
}

pub(crate) fn assets(view: AssetsView) -> Assets {
    Assets {
        wallet_id: view.wallet.id,
        chain: view.wallet.chain,
        network: view.network.id.to_string(),
        chain_id: view.network.caip2.to_string(),
        assets: all_assets(view.holdings, view.unreadable),
    }
}

pub(crate) fn network_assets(network: &Network, result: Result<AssetsView, Error>) -> NetworkAssets {
    let (assets, error) = match result {
        Ok(view) => (all_assets(view.holdings, view.unreadable), None),
        Err(error) => (Vec::new(), Some(error.message)),
    };
    NetworkAssets { network: network.id.to_string(), chain_id: network.caip2.to_string(), assets, error }
}

/// A balance that cannot be read has a row like the others, with the reason.
fn all_assets(holdings: Vec<HoldingView>, unreadable: Vec<(AssetId, String)>) -> Vec<Asset> {
    let flagged = unreadable.into_iter().map(|(asset_id, reason)| {
        let money = Money { asset: asset_id, amount: U256::ZERO, decimals: 0, symbol: String::new() };
        Asset { error: Some(reason), ..asset(HoldingView { money, usd: None }) }
    });
    holdings.into_iter().map(asset).chain(flagged).collect()
}

/// The operator's view of one network.
pub(crate) fn wallet_balance(network: &Network, result: Result<AssetsView, Error>) -> WalletBalance {
    let (holdings, unreadable, error) = match result {
        Ok(view) => (view.holdings, view.unreadable, None),
        Err(error) => (Vec::new(), Vec::new(), Some(error.message)),
    };
    let readable = holdings.into_iter().map(held);
    let flagged = unreadable.into_iter().map(|(asset, reason)| Held {
        symbol: String::new(),
        balance: None,
        address: asset.token_address().map(|token| token.to_string()),
        asset_id: asset.to_string(),
        usd: None,
        error: Some(reason),
    });
    let (native, tokens): (Vec<_>, Vec<_>) = readable.chain(flagged).partition(|held| held.address.is_none());
    WalletBalance {
        network: network.id.to_string(),
        chain_id: network.caip2.to_string(),
        native: native.into_iter().next(),
        tokens,
        error,
    }
}

fn held(holding: HoldingView) -> Held {
    let money = holding.money;
    Held {
        balance: Some(format_units(money.amount, money.decimals)),
        address: money.asset.token_address().map(|token| token.to_string()),
        asset_id: money.asset.to_string(),
        symbol: money.symbol,
        usd: holding.usd,
        error: None,
    }
}

fn asset(holding: HoldingView) -> Asset {
    let money = holding.money;
    Asset {
        mint: money.asset.token_address().map_or_else(|| "native".to_owned(), |token| token.to_string()),
        name: money.symbol.clone(),
        balance: money.amount.to_string(),
        balance_formatted: format_units(money.amount, money.decimals),
        decimals: money.decimals,
        is_native: money.asset.is_native(),
        usd_value: holding.usd,
        asset_id: money.asset.to_string(),
        symbol: money.symbol,
        error: None,
    }
}
