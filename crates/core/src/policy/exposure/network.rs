//! The most that could leave on one network.

use std::collections::BTreeMap;

use alloy_primitives::U256;

use crate::UnixSeconds;
use crate::asset::AssetId;
use crate::money::{MAX_DECIMALS, Usd};
use crate::policy::exposure::openings::Openings;
use crate::policy::exposure::{
    AssetStanding, Cap, Destinations, Figure, Horizon, NetworkExposure, NetworkState, Reason, Source,
    WalletState, reach, spending,
};
use crate::policy::{AssetFacts, Ledger, PolicyType, Rules, Window};

/// One network in one horizon.
pub(super) struct Outlook<'a> {
    standing: &'a WalletState,
    network: &'a NetworkState,
    horizon: Horizon,
    counted: &'a Ledger,
    openings: Openings,
    /// The most requests that could be admitted, if anything bounds them.
    requests: Option<Cap<u64>>,
    /// Methods whose doings are not known.
    unjudged: Vec<Reason>,
}

/// The end of the time in which requests could be admitted: of the horizon, or of the session.
pub(super) fn end(standing: &WalletState, horizon: Horizon) -> UnixSeconds {
    let end = standing.now.saturating_add(horizon.seconds());
    standing.until.map_or(end, |until| end.min(until))
}

impl<'a> Outlook<'a> {
    pub(super) fn new(standing: &'a WalletState, network: &'a NetworkState, horizon: Horizon) -> Self {
        let hours: Vec<_> = network
            .policies
            .iter()
            .filter_map(|row| match &row.rules {
                Rules::TimeRestriction(rule) => Some(rule),
                _ => None,
            })
            .collect();
        let openings = Openings::new(&hours, standing.now, end(standing, horizon));
        let counted = standing.counted.get(horizon);
        let requests = requests(network, counted, &openings);
        let unjudged = reach::unjudged_calls(&network.policies, network.chain);
        Self { standing, network, horizon, counted, openings, requests, unjudged }
    }

    pub(super) fn exposure(&self) -> NetworkExposure {
        let NetworkState { network, native, assets, policies, chain, .. } = self.network;
        let tokens = reach::allowed_tokens(policies, &native.caip2, *chain);
        let names = std::iter::once(native.clone()).chain(tokens).chain(assets.keys().cloned());
        let closed = self.closed();
        let figure = |asset: &AssetId| match &closed {
            Some(reason) => Figure::exactly(U256::ZERO, reason.clone()),
            None => self.asset(asset),
        };
        let assets: BTreeMap<_, _> = names.map(|asset| (asset.clone(), figure(&asset))).collect();
        let (usd, destinations) = match closed {
            Some(reason) => (Figure::exactly(Usd::ZERO, reason), Destinations::default()),
            None => (self.usd(&assets), reach::destinations(policies, *chain)),
        };
        NetworkExposure { network: network.clone(), usd, assets, destinations }
    }

    /// Why nothing at all can be granted here without the owner, not even a fee.
    fn closed(&self) -> Option<Reason> {
        let Self { standing, network, .. } = self;
        let policies = &network.policies;
        if let Some(stopped) = &standing.stopped {
            return Some(stopped.clone());
        }
        if standing.until.is_some_and(|until| until <= standing.now) {
            return Some(Reason::new(Source::Session, "no session is live"));
        }
        for row in policies.iter() {
            if let Rules::AllowedNetworks(rule) = &row.rules
                && !rule.networks.iter().any(|entry| entry.network == network.network)
            {
                return Some(Reason::row(row, "networks", "the network is not allowed".to_owned()));
            }
        }
        if policies.of(PolicyType::SpendingLimit).next().is_none() {
            let message = "no SPENDING_LIMIT policy is in force, so nothing may be spent";
            return Some(Reason::missing(PolicyType::SpendingLimit, message));
        }
        if self.openings.is_empty() {
            let row = policies.of(PolicyType::TimeRestriction).next();
            return Some(match row {
                Some(row) => Reason::row(row, "allowed_hours", "closed all the time".to_owned()),
                None => Reason::new(Source::Session, "no session is live"),
            });
        }
        self.requests.as_ref().filter(|requests| requests.most == 0).map(|requests| requests.because.clone())
    }

    /// Why an asset cannot be spent without the owner, though requests may be granted.
    fn unspendable(&self, asset: &AssetId, facts: Option<&AssetFacts>) -> Option<Reason> {
        let NetworkState { policies, chain, .. } = self.network;
        if facts.is_some_and(|facts| facts.decimals > MAX_DECIMALS) {
            return Some(Reason::new(Source::Default, "assets with so many decimals are denied"));
        }
        if !asset.is_native() && !reach::allowed_tokens(policies, &asset.caip2, *chain).contains(asset) {
            let row = policies.of(PolicyType::AllowedTokens).next();
            let message = "the token is not allowed";
            return Some(match row {
                Some(row) => Reason::row(row, "tokens", message.to_owned()),
                None => Reason::missing(PolicyType::AllowedTokens, message),
            });
        }
        if !spending::rows(policies).any(|(_, limit)| limit.covers(asset, *chain)) {
            return Some(Reason::missing(
                PolicyType::SpendingLimit,
                "no SPENDING_LIMIT policy covers the asset",
            ));
        }
        if let Some((listed, row)) = reach::whitelist(policies)
            && !listed.iter().any(|address| address.chain() == *chain)
        {
            return Some(Reason::row(row, "allowed_addresses", "nobody here may receive".to_owned()));
        }
        if facts.is_some_and(spending::never_priced)
            && let Some(reason) = spending::usd_rule(policies)
        {
            return Some(reason);
        }
        let per_request = spending::units_per_request(policies, asset, *chain, facts, self.horizon);
        per_request.into_iter().find(|cap| cap.most.is_zero()).map(|cap| cap.because)
    }

    /// Why no fee can be paid without the owner.
    fn fees_closed(&self, facts: Option<&AssetFacts>) -> Option<Reason> {
        facts
            .filter(|facts| spending::never_priced(facts))
            .and_then(|_| spending::usd_window_rule(&self.network.policies))
    }

    fn asset(&self, asset: &AssetId) -> Figure<U256> {
        let nothing_known = AssetStanding::default();
        let held = self.network.assets.get(asset).unwrap_or(&nothing_known);
        let facts = held.facts.as_ref();
        let mut caps = Vec::new();
        let balance = held.balance.map(|balance| {
            Cap::new(
                balance,
                Reason::new(Source::Balance, "no more is held now; what comes in later is not counted"),
            )
        });
        if let (false, Some(call)) = (asset.is_native(), self.unjudged.first()) {
            return Figure::least(balance.into_iter().collect(), call.clone());
        }
        let spent = match self.unspendable(asset, facts) {
            None => None,
            Some(reason) if !asset.is_native() => return Figure::exactly(U256::ZERO, reason),
            Some(reason) => match self.fees_closed(facts) {
                Some(closed) => return Figure::exactly(U256::ZERO, closed),
                None => Some(Cap::new(U256::ZERO, reason)),
            },
        };
        self.windows(asset, facts, &mut caps);
        caps.extend(self.counted_requests(asset, facts, spent));
        caps.extend(balance);
        Figure::least(caps, self.why_unbounded(asset, held))
    }

    /// What the windows leave of an asset.
    fn windows(&self, asset: &AssetId, facts: Option<&AssetFacts>, caps: &mut Vec<Cap<U256>>) {
        let NetworkState { policies, chain, .. } = self.network;
        let Some(facts) = facts.filter(|facts| facts.decimals <= MAX_DECIMALS) else { return };
        for window in [Window::Daily, Window::Monthly] {
            let windows = self.openings.windows(spending::length(window));
            let id = (asset, *chain, facts.decimals);
            caps.extend(spending::unit_windows(policies, id, window, windows, self.counted));
            let Some(price) = spending::price(facts) else { continue };
            let usd = spending::usd_windows(policies, window, windows, self.counted);
            caps.extend(usd.into_iter().filter_map(|Cap { most, because }| {
                Some(Cap::new(spending::units_worth(most, price, facts.decimals)?, because))
            }));
        }
    }

    /// So many requests, each at its most, fees included.
    fn counted_requests(
        &self,
        asset: &AssetId,
        facts: Option<&AssetFacts>,
        unspendable: Option<Cap<U256>>,
    ) -> Option<Cap<U256>> {
        let NetworkState { policies, chain, fee_cap, .. } = self.network;
        let requests = self.requests.as_ref()?;
        let each = unspendable.or_else(|| {
            let caps = spending::units_per_request(policies, asset, *chain, facts, self.horizon);
            caps.into_iter().min_by(|a, b| a.most.cmp(&b.most))
        })?;
        let fee = if asset.is_native() { (*fee_cap)? } else { U256::ZERO };
        let most = each.most.checked_add(fee)?.checked_mul(U256::from(requests.most))?;
        let message =
            format!("{} requests, {}, and up to {fee} for each fee", requests.most, each.because.message);
        Some(Cap::new(most, Reason { message, ..requests.because.clone() }))
    }

    fn why_unbounded(&self, asset: &AssetId, held: &AssetStanding) -> Reason {
        let unread = if held.balance.is_none() { "its balance could not be read, and " } else { "" };
        let blind = if held.facts.is_none() { "its decimals and price could not be read, and " } else { "" };
        Reason::new(Source::Default, format!("{unread}{blind}no policy bounds what may leave of {asset}"))
    }

    fn usd(&self, assets: &BTreeMap<AssetId, Figure<U256>>) -> Figure<Usd> {
        if let Some(call) = self.unjudged.first() {
            return Figure { most: None, because: call.clone(), others: Vec::new() };
        }
        let policies = &self.network.policies;
        let mut caps = Vec::new();
        for window in [Window::Daily, Window::Monthly] {
            let windows = self.openings.windows(spending::length(window));
            caps.extend(spending::usd_windows(policies, window, windows, self.counted));
        }
        caps.extend(self.usd_of_requests());
        let because = match self.usd_of(assets) {
            Ok(most) => {
                let because =
                    Reason::new(Source::Assets, "what all assets together may lose is worth no more");
                caps.push(Cap::new(most, because.clone()));
                because
            }
            Err(because) => because,
        };
        caps.retain(|cap| cap.most < Usd::MAX);
        Figure::least(caps, because)
    }

    /// What the figures of all assets are worth together.
    fn usd_of(&self, assets: &BTreeMap<AssetId, Figure<U256>>) -> Result<Usd, Reason> {
        assets.iter().try_fold(Usd::ZERO, |total, (asset, figure)| {
            let most = match figure.most {
                Some(most) if most.is_zero() => return Ok(total),
                Some(most) => most,
                None => return Err(figure.because.clone()),
            };
            let facts = self.network.assets.get(asset).and_then(|held| held.facts.as_ref());
            let priced = facts.and_then(|facts| Some((spending::price(facts)?, facts.decimals)));
            match priced {
                Some((price, decimals)) => Ok(total.plus(price.value_of(most, decimals))),
                None => Err(Reason::new(
                    Source::Price,
                    format!("{asset} has no price, and up to {most} of it may leave"),
                )),
            }
        })
    }

    /// So many requests, each at its most in dollars, fees included.
    fn usd_of_requests(&self) -> Option<Cap<Usd>> {
        let NetworkState { policies, native, fee_cap, assets, .. } = self.network;
        let requests = self.requests.as_ref()?;
        let each =
            spending::usd_per_request(policies, self.horizon).into_iter().min_by_key(|cap| cap.most)?;
        let facts = assets.get(native)?.facts.as_ref()?;
        let fee = spending::price(facts)?.value_of((*fee_cap)?, facts.decimals);
        let all = u128::from(each.most.plus(fee).micros()).saturating_mul(u128::from(requests.most));
        let most = Usd::from_micros(u64::try_from(all).unwrap_or(u64::MAX));
        let message =
            format!("{} requests, {}, and up to {fee} USD for each fee", requests.most, each.because.message);
        Some(Cap::new(most, Reason { message, ..requests.because.clone() }))
    }
}

/// The most requests that RATE_LIMIT rows admit in the time.
fn requests(network: &NetworkState, counted: &Ledger, openings: &Openings) -> Option<Cap<u64>> {
    let caps = network.policies.iter().filter_map(|row| {
        let Rules::RateLimit(rule) = &row.rules else { return None };
        let (window, max) = (u64::from(rule.window_seconds), u64::from(rule.max_requests));
        let made = counted.requests.get(&window).copied().unwrap_or_default();
        let windows = openings.windows(window);
        let most = windows.checked_mul(max)?.saturating_sub(made);
        let message = format!("{windows} × {max} requests, less {made} that still count at its end");
        Some(Cap::new(most, Reason::row(row, "max_requests", message)))
    });
    caps.min_by_key(|cap| cap.most)
}
