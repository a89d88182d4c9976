//! Present figures for monitoring, gathered from the store, the endpoints and the workers.
//!
//! Belongs here: present values. Counters since the start are in `meters.rs`.

use waiaas_core::asset::AssetId;
use waiaas_core::network::Network;
use waiaas_core::policy::rules::SpendingLimit;
use waiaas_core::policy::{Ledger, Policy, Rules, Window};
use waiaas_core::transaction::TxStatus;
use waiaas_core::wallet::{KillSwitch, WalletStatus};
use waiaas_store::TokenRow;

use crate::Engine;
use crate::error::Error;
use crate::policies::compile;
use crate::views::{EndpointState, Headroom, Left, Measures, Wallet};

/// The most windows that are reported, since each is a separate time series.
const MOST_WINDOWS: usize = 2_000;

impl Engine {
    /// Returns the present figures. Asks no node.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn measures(&self) -> Result<Measures, Error> {
        let store = self.store();
        let mut open_transactions = Vec::new();
        for status in TxStatus::ALL.iter().copied().filter(|status| !status.is_terminal()) {
            open_transactions.push((status, store.transactions_in(&[status]).await?));
        }
        let mut headroom = self.headroom().await?;
        let left_out = headroom.len().saturating_sub(MOST_WINDOWS);
        headroom.truncate(MOST_WINDOWS);
        let pending = store.open_changes().await?.len();
        Ok(Measures {
            uptime: self.health().uptime,
            signing_stopped: self.is_signing_stopped().await?,
            open_transactions,
            pending_changes: u64::try_from(pending).unwrap_or(u64::MAX),
            endpoints: self.endpoint_states(),
            headroom,
            headroom_left_out: u64::try_from(left_out).unwrap_or(u64::MAX),
            workers: self.workers(),
        })
    }

    /// Whether the kill switch is activated.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn is_signing_stopped(&self) -> Result<bool, Error> {
        Ok(self.store().kill_switch().await?.state != KillSwitch::Running)
    }

    /// Appends the counters since the start, in the Prometheus text format.
    ///
    /// # Errors
    /// Only if `text` cannot be written.
    pub fn write_counters(&self, text: &mut String) -> Result<(), std::fmt::Error> {
        self.meters().write(text)
    }

    /// The state of every configured endpoint. Asks no node.
    pub fn endpoint_states(&self) -> Vec<EndpointState> {
        let all = self.chains().health().into_iter();
        let states = all.flat_map(|(network, endpoints)| {
            endpoints.into_iter().map(move |endpoint| EndpointState {
                network: network.clone(),
                number: endpoint.position.saturating_add(1),
                consecutive_failures: endpoint.consecutive_failures,
                resting: endpoint.cooling_for.is_some(),
            })
        });
        states.collect()
    }

    /// The unused part of every spending window, for every wallet that can sign.
    async fn headroom(&self) -> Result<Vec<Headroom>, Error> {
        let rows = self.store().policies().await?;
        let enabled = rows.iter().filter(|row| row.enabled);
        // A policy that cannot be read denies requests in its scope; the other figures remain useful.
        let policies: Vec<Policy> = enabled.filter_map(|row| compile(row, self.networks()).ok()).collect();
        let tokens = self.store().tokens(None).await?;
        let mut found = Vec::new();
        for row in self.store().wallets().await? {
            if row.status != WalletStatus::Active {
                continue;
            }
            let wallet = Wallet::from(row);
            let ledger = self.store().ledger(wallet.id, self.now(), &[]).await?;
            let networks = self.networks_of(&wallet);
            for policy in
                policies.iter().filter(|policy| policy.scope.wallet.is_none_or(|id| id == wallet.id))
            {
                let Rules::SpendingLimit(limit) = &policy.rules else { continue };
                let in_scope = |network: &&Network| policy.scope.covers(wallet.id, &network.id);
                let mut covered = networks.iter().filter(in_scope).peekable();
                if covered.peek().is_none() {
                    continue;
                }
                let assets = covered.flat_map(|network| assets(network, &tokens));
                let left = dollars(limit, &ledger)
                    .into_iter()
                    .chain(assets.flat_map(|asset| base_units(limit, &asset, &ledger)));
                found.extend(left.map(|(window, left)| Headroom {
                    policy: policy.id,
                    wallet: wallet.id,
                    window,
                    left,
                }));
            }
        }
        Ok(found)
    }
}

/// An asset with known decimals.
struct Known<'a> {
    network: &'a Network,
    asset: AssetId,
    decimals: u8,
}

/// The native coin of a network, and its tokens with recorded decimals.
fn assets<'a>(network: &'a Network, tokens: &'a [TokenRow]) -> impl Iterator<Item = Known<'a>> {
    let native = Known { network, asset: network.native(), decimals: network.native_decimals };
    let tokens = tokens.iter().filter(|token| token.network == network.id).map(|token| Known {
        network,
        asset: AssetId::token(&network.caip2, token.address),
        decimals: token.decimals,
    });
    std::iter::once(native).chain(tokens)
}

/// Dollars left in the windows of a row.
fn dollars(limit: &SpendingLimit, ledger: &Ledger) -> Vec<(Window, Left)> {
    let windows = [
        (Window::Daily, limit.daily_limit_usd, ledger.usd_day),
        (Window::Monthly, limit.monthly_limit_usd, ledger.usd_month),
    ];
    let left =
        windows.into_iter().filter_map(|(window, most, used)| Some((window, Left::Usd(most?.minus(used)))));
    left.collect()
}

/// Base units of an asset left in the windows of a row.
fn base_units(limit: &SpendingLimit, known: &Known<'_>, ledger: &Ledger) -> Vec<(Window, Left)> {
    let Known { network, asset, decimals } = known;
    let Some(limit) = limit.token_limits.of(asset, network.chain) else { return Vec::new() };
    let windows = [
        (Window::Daily, limit.daily_max, &ledger.asset_day),
        (Window::Monthly, limit.monthly_max, &ledger.asset_month),
    ];
    let left = windows.into_iter().filter_map(|(window, most, used)| {
        let used = used.get(asset).copied().unwrap_or_default();
        Some((window, Left::BaseUnits(asset.clone(), most?.base_units(*decimals).saturating_sub(used))))
    });
    left.collect()
}
