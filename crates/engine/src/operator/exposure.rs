//! The worst case of a leaked session: gathers the input of [`Exposure::of`] from the store, the nodes and the
//! price sources.

use std::collections::{BTreeMap, BTreeSet};

use waiaas_chains::Holdings;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;
use waiaas_core::ids::{SessionId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::network::{Network, NetworkId};
use waiaas_core::policy::exposure::{
    AssetStanding, Exposure, Horizon, Horizons, NetworkState, Reason, Source, WalletState, allowed_tokens,
};
use waiaas_core::policy::{AssetFacts, Ledger, PolicySet};
use waiaas_core::transaction::TxStatus;
use waiaas_core::wallet::{KillSwitch, WalletStatus};
use waiaas_core::{U256, UnixSeconds};
use waiaas_store::{SessionRow, Stored, TxFilter, WriteTx};

use crate::config::FeeCapKind;
use crate::error::{Error, ErrorCode};
use crate::operator::Operator;
use crate::pipeline::{assets, fees};
use crate::views::{ExposureReport, Leaked, OpenAllowance, Wallet, WalletExposure};

/// The most pages of transactions searched for allowances.
const PAGES: usize = 20;
/// Transactions per page.
const ROWS: u32 = 200;

/// The database's part of the input for one wallet, from one transaction.
struct Snapshot {
    now: UnixSeconds,
    stopped: Option<Reason>,
    until: Option<UnixSeconds>,
    counted: Horizons<Ledger>,
    held: Ledger,
    policies: BTreeMap<NetworkId, PolicySet>,
}

impl Operator<'_> {
    /// The most that could leave without a human's approval if a session leaked now. Writes nothing.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`, `WALLET_NOT_FOUND`, `POLICY_RULES_CORRUPT`.
    pub async fn exposure(&self, leaked: Leaked) -> Result<ExposureReport, Error> {
        let (wallets, sessions) = match leaked {
            Leaked::Session(id) => {
                let row = self.engine.store().session(id).await?;
                let row =
                    row.ok_or_else(|| Error::new(ErrorCode::SessionNotFound, "There is no such session."))?;
                (row.wallets.clone(), vec![row])
            }
            Leaked::SessionsOf(wallet) => (vec![wallet], self.sessions_of(wallet).await?),
        };
        let now = self.engine.now();
        let live: Vec<_> = sessions.into_iter().filter(|row| is_live(row, now)).collect();
        let mut found = Vec::new();
        for wallet in wallets {
            let wallet = self.engine.wallet_by_id(wallet).await?;
            found.push(self.wallet_exposure(wallet, &live).await?);
        }
        let usd = Horizons::each(|horizon| {
            let figures = found.iter().map(|wallet| wallet.exposure.horizons.get(horizon).usd.most);
            figures.into_iter().try_fold(Usd::ZERO, |sum, most| Some(sum.plus(most?)))
        });
        Ok(ExposureReport { leaked, at: now, usd, wallets: found })
    }

    async fn sessions_of(&self, wallet: WalletId) -> Result<Vec<SessionRow>, Error> {
        let mut rows = Vec::new();
        let mut before: Option<SessionId> = None;
        loop {
            let page = self.engine.store().sessions_page(Some(wallet), before, ROWS).await?;
            rows.extend(page.items);
            match page.next {
                Some(next) => before = Some(next),
                None => return Ok(rows),
            }
        }
    }

    async fn wallet_exposure(&self, wallet: Wallet, live: &[SessionRow]) -> Result<WalletExposure, Error> {
        let networks = self.engine.networks_of(&wallet);
        let until = live.iter().map(last_second).max();
        let snapshot = self.snapshot(&wallet, &networks, until).await?;
        let mut standings = Vec::new();
        for network in &networks {
            let policies = snapshot.policies.get(&network.id).cloned().unwrap_or_default();
            standings.push(self.network_standing(&wallet, network, policies).await?);
        }
        let known = standings.iter().flat_map(|network| network.assets.clone()).collect();
        let standing = WalletState {
            now: snapshot.now,
            stopped: snapshot.stopped,
            until: snapshot.until,
            counted: snapshot.counted,
            networks: standings,
        };
        let (allowances, allowances_complete) = self.open_allowances(wallet.id).await?;
        Ok(WalletExposure {
            wallet,
            sessions: u64::try_from(live.len()).unwrap_or(u64::MAX),
            until,
            exposure: Exposure::of(&standing),
            assets: known,
            held: (snapshot.held.usd_month, snapshot.held.asset_month),
            allowances,
            allowances_complete,
        })
    }

    /// Policies, ledger and stop conditions as an admission would see them now. Through the writer, so that
    /// admissions already under way come first.
    async fn snapshot(
        &self,
        wallet: &Wallet,
        networks: &[Network],
        until: Option<UnixSeconds>,
    ) -> Result<Snapshot, Error> {
        let (engine, id) = (self.engine.clone(), wallet.id);
        let networks: Vec<_> = networks.iter().map(|network| network.id.clone()).collect();
        self.engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let now = engine.now();
                    let mut policies = BTreeMap::new();
                    let mut windows = BTreeSet::new();
                    for network in networks {
                        let set = engine
                            .policies()
                            .in_force(tx, engine.networks(), id, &network)
                            .await?
                            .set
                            .clone();
                        windows.extend(set.rate_windows());
                        policies.insert(network, set);
                    }
                    let windows: Vec<_> = windows.into_iter().collect();
                    let held = tx.ledger(id, UnixSeconds::MAX, &[]).await?;
                    let mut at = async |horizon: Horizon| {
                        let end = now.saturating_add(horizon.seconds());
                        let end = until.map_or(end, |until| end.min(until)).max(now.saturating_add(1));
                        let ledger = tx.ledger(id, end.saturating_sub(1), &windows).await?;
                        // The part of an allowance that swaps used up no longer counts for the allowance.
                        let allowed = tx.settled_allowances(id, end.saturating_sub(1)).await?;
                        Ok::<_, Error>(without(without(ledger, &held), &allowed))
                    };
                    let counted = Horizons {
                        hour: at(Horizon::Hour).await?,
                        day: at(Horizon::Day).await?,
                        month: at(Horizon::Month).await?,
                    };
                    let stopped = stopped(tx, id, until, now).await?;
                    Ok::<_, Error>(Snapshot { now, stopped, until, counted, held, policies })
                })
            })
            .await
    }

    /// Reads balances and prices. An unreadable one sets no bound.
    async fn network_standing(
        &self,
        wallet: &Wallet,
        network: &Network,
        policies: PolicySet,
    ) -> Result<NetworkState, Error> {
        let chain = self.engine.chain(&network.id)?;
        let native = network.native();
        let listed = allowed_tokens(&policies, &network.caip2, network.chain);
        let addresses: Vec<Address> = listed.iter().filter_map(AssetId::token_address).collect();
        let holdings = chain.holdings(wallet.address, &addresses).await.ok();
        let mut known = BTreeMap::new();
        for asset in std::iter::once(native.clone()).chain(listed) {
            let readable = |found: &&Holdings| !found.unreadable.iter().any(|one| one.asset == asset);
            let balance = holdings.as_ref().filter(readable).map(|holdings| {
                let of = holdings.held.iter().filter(|held| held.asset == asset);
                of.fold(U256::ZERO, |sum, held| sum.saturating_add(held.amount))
            });
            let form = match asset.token_address() {
                None => Some((network.native_symbol.to_string(), network.native_decimals)),
                Some(address) => {
                    let token = assets::token(self.engine, network, &*chain, address).await.ok();
                    token.map(|token| (token.symbol, token.decimals))
                }
            };
            let facts = match form {
                Some((symbol, decimals)) => {
                    let price = self.engine.prices().price(&asset, self.engine.now()).await;
                    Some(AssetFacts { symbol, decimals, price, sources: None })
                }
                None => None,
            };
            known.insert(asset, AssetStanding { facts, balance });
        }
        let caps = (
            fees::cap_of(self.engine, network, FeeCapKind::Transfer).await.most,
            fees::cap_of(self.engine, network, FeeCapKind::Any).await.most,
        );
        // A cap in dollars sets no bound while the coin's price is unknown.
        let fee_cap = caps.0.zip(caps.1).map(|(transfer, any)| transfer.max(any));
        Ok(NetworkState {
            network: network.id.clone(),
            chain: network.chain,
            native,
            policies,
            assets: known,
            fee_cap,
        })
    }

    /// The allowances set by this daemon's transactions, newest first. Allowances set in other ways are unknown
    /// here.
    async fn open_allowances(&self, wallet: WalletId) -> Result<(Vec<OpenAllowance>, bool), Error> {
        let filter = TxFilter {
            wallets: Some(vec![wallet]),
            statuses: TxStatus::ALL.iter().copied().filter(|status| may_have_happened(*status)).collect(),
            ..TxFilter::default()
        };
        let mut open: BTreeMap<(AssetId, Address), OpenAllowance> = BTreeMap::new();
        let mut before = None;
        for _ in 0..PAGES {
            let page = self.engine.store().transactions_page(&filter, before, ROWS).await?;
            for row in page.items {
                let Some(effects) = row.effects.as_ref().map(Stored::read).transpose()? else { continue };
                for effect in effects.seen.iter().rev().chain(effects.items.iter().rev()) {
                    let Effect::Allowance { asset, spender, amount, .. } = effect else { continue };
                    let entry = open.entry((asset.clone(), *spender)).or_insert_with(|| OpenAllowance {
                        network: effects.network.clone(),
                        asset: asset.clone(),
                        spender: *spender,
                        amount: U256::ZERO,
                        lowered: amount.is_zero(),
                        tx: row.id,
                    });
                    // A call may set or raise the allowance, so their sum is the upper bound.
                    entry.amount = entry.amount.saturating_add(*amount);
                }
            }
            match page.next {
                Some(next) => before = Some(next),
                None => return Ok((given(open), true)),
            }
        }
        Ok((given(open), false))
    }
}

/// Removes pure revocations.
fn given(open: BTreeMap<(AssetId, Address), OpenAllowance>) -> Vec<OpenAllowance> {
    open.into_values().filter(|allowance| !allowance.amount.is_zero()).collect()
}

/// Whether the effects of a transaction in this status happened or may still happen.
const fn may_have_happened(status: TxStatus) -> bool {
    match status {
        TxStatus::Denied
        | TxStatus::Queued
        | TxStatus::PendingApproval
        | TxStatus::Executing
        | TxStatus::Failed
        | TxStatus::Cancelled
        | TxStatus::Expired => false,
        TxStatus::Broadcasting | TxStatus::Submitted | TxStatus::Signed | TxStatus::Confirmed => true,
    }
}

fn is_live(row: &SessionRow, now: UnixSeconds) -> bool {
    row.revoked_at.is_none() && now < row.expires_at && row.absolute_expires_at.is_none_or(|end| now < end)
}

/// The end of a session whose holder renews it as late and as often as possible.
fn last_second(row: &SessionRow) -> UnixSeconds {
    let renewed = match row.max_renewals {
        Some(max) => {
            let left = i64::from(max.saturating_sub(row.renewal_count));
            row.expires_at.saturating_add(row.ttl_seconds.saturating_mul(left))
        }
        None => UnixSeconds::MAX,
    };
    row.absolute_expires_at.map_or(renewed, |end| end.min(renewed))
}

/// The reason why nothing is signed for the wallet now, if there is one.
async fn stopped(
    tx: &mut WriteTx,
    wallet: WalletId,
    until: Option<UnixSeconds>,
    now: UnixSeconds,
) -> Result<Option<Reason>, Error> {
    if tx.kill_switch().await?.state != KillSwitch::Running {
        let message = "signing is stopped: the kill switch is activated".to_owned();
        return Ok(Some(Reason::new(Source::KillSwitch, message)));
    }
    let row = tx.wallet(wallet).await?.ok_or_else(|| Error::internal("a linked wallet is missing"))?;
    if row.status != WalletStatus::Active {
        return Ok(Some(Reason::new(Source::Wallet, format!("the wallet is {}", row.status))));
    }
    if until.is_none_or(|until| until <= now) {
        return Ok(Some(Reason::new(Source::Session, "no session is live")));
    }
    Ok(None)
}

/// Subtracts held amounts from the ledger. A saturated sum may really be larger, so the difference is a lower
/// bound.
fn without(mut ledger: Ledger, held: &Ledger) -> Ledger {
    ledger.usd_day = ledger.usd_day.minus(held.usd_day);
    ledger.usd_month = ledger.usd_month.minus(held.usd_month);
    let take = |sums: &mut BTreeMap<AssetId, U256>, held: &BTreeMap<AssetId, U256>| {
        for (asset, sum) in sums {
            *sum = sum.saturating_sub(held.get(asset).copied().unwrap_or_default());
        }
    };
    take(&mut ledger.asset_day, &held.asset_day);
    take(&mut ledger.asset_month, &held.asset_month);
    ledger
}
