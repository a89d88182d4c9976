//! The worst case.

use std::collections::BTreeMap;

use waiaas_api::exposure::{
    AmountBound, AssetExposure, BoundReason, ExposureReport, HeldAsset, HeldValue, HorizonExposure,
    HorizonTotal, NetworkExposure, OpenAllowance, ReachableAccounts, UsdBound, UsdFigure, WalletExposure,
};
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::money::{Usd, format_units};
use waiaas_core::policy::exposure::{self as bound, AssetStanding, Horizon, Reach};
use waiaas_engine as engine;

/// Conditions that apply to every report.
const CONDITIONS: &[&str] = &[
    "The most that could leave by new requests that need no human: the tiers INSTANT, NOTIFY and DELAY.",
    "Policies, owner, balances and prices stay as they are now. Dollar figures, and amounts under a dollar limit, hold at these prices.",
    "Later income is not counted, nor the proceeds of an exchange inside a contract.",
    "Reservations of earlier requests are not counted; they are listed separately.",
    "Earlier allowances need no credential and are not counted. Those given through this daemon are listed; others are not known to it.",
    "`null` means that nothing bounds the figure.",
];

pub(crate) fn exposure(report: engine::ExposureReport) -> ExposureReport {
    let (session_id, wallet_id) = match report.leaked {
        engine::Leaked::Session(id) => (Some(id), None),
        engine::Leaked::SessionsOf(id) => (None, Some(id)),
    };
    let total = |horizon: &Horizon| HorizonTotal { horizon: *horizon, usd: *report.usd.get(*horizon) };
    ExposureReport {
        session_id,
        wallet_id,
        at: report.at,
        conditions: CONDITIONS.iter().map(|text| (*text).to_owned()).collect(),
        total: Horizon::ALL.iter().map(total).collect(),
        wallets: report.wallets.into_iter().map(wallet).collect(),
    }
}

fn wallet(found: engine::WalletExposure) -> WalletExposure {
    let horizons = Horizon::ALL.iter().map(|horizon| {
        let said = found.exposure.horizons.get(*horizon).clone();
        HorizonExposure {
            horizon: *horizon,
            seconds: horizon.seconds(),
            usd: usd(said.usd),
            networks: said.networks.into_iter().map(|part| network(part, &found.assets)).collect(),
        }
    });
    let (held_usd, held) = found.held;
    let held = held
        .into_iter()
        .map(|(asset, amount)| HeldAsset { asset: asset.to_string(), amount: amount.to_string() });
    WalletExposure {
        wallet_id: found.wallet.id,
        name: found.wallet.name,
        chain: found.wallet.chain,
        sessions: found.sessions,
        sessions_end: found.until,
        horizons: horizons.collect(),
        held: HeldValue { usd: held_usd, assets: held.collect() },
        allowances: found.allowances.into_iter().map(allowance).collect(),
        allowances_complete: found.allowances_complete,
    }
}

fn network(part: bound::NetworkExposure, known: &BTreeMap<AssetId, AssetStanding>) -> NetworkExposure {
    let assets = part.assets.into_iter().map(|(asset, figure)| {
        let held = known.get(&asset);
        asset_exposure(&asset, figure, held)
    });
    NetworkExposure {
        network: part.network.to_string(),
        usd: usd(part.usd),
        assets: assets.collect(),
        recipients: reach(&part.destinations.recipients),
        spenders: reach(&part.destinations.spenders),
        contracts: reach(&part.destinations.contracts),
    }
}

fn asset_exposure(
    asset: &AssetId,
    figure: bound::Figure<U256>,
    held: Option<&AssetStanding>,
) -> AssetExposure {
    let facts = held.and_then(|held| held.facts.as_ref());
    let formatted = facts.and_then(|facts| Some(format_units(figure.most?, facts.decimals)));
    let other =
        |cap: bound::Cap<U256>| AmountBound { most: cap.most.to_string(), because: reason(cap.because) };
    AssetExposure {
        asset: asset.to_string(),
        symbol: facts.map(|facts| facts.symbol.clone()),
        decimals: facts.map(|facts| facts.decimals),
        balance: held.and_then(|held| held.balance).map(|balance| balance.to_string()),
        most: figure.most.map(|most| most.to_string()),
        most_formatted: formatted,
        because: reason(figure.because),
        others: figure.others.into_iter().map(other).collect(),
    }
}

fn usd(figure: bound::Figure<Usd>) -> UsdFigure {
    let other = |cap: bound::Cap<Usd>| UsdBound { most: cap.most, because: reason(cap.because) };
    UsdFigure {
        most: figure.most,
        because: reason(figure.because),
        others: figure.others.into_iter().map(other).collect(),
    }
}

fn reason(reason: bound::Reason) -> BoundReason {
    let bound::Reason { source, policy_type, policy_id, field, message } = reason;
    BoundReason { source, policy_type, policy_id, field, message }
}

fn reach(reach: &Reach) -> ReachableAccounts {
    match reach {
        Reach::Any => ReachableAccounts { any: true, addresses: Vec::new() },
        Reach::Only(list) => {
            ReachableAccounts { any: false, addresses: list.iter().map(ToString::to_string).collect() }
        }
    }
}

fn allowance(open: engine::OpenAllowance) -> OpenAllowance {
    OpenAllowance {
        network: open.network.to_string(),
        asset: open.asset.to_string(),
        spender: open.spender.to_string(),
        amount: open.amount.to_string(),
        lowered: open.lowered,
        tx_id: open.tx,
    }
}
