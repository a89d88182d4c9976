//! The most that could leave a wallet on all its networks together.

use crate::money::Usd;
use crate::policy::Window;
use crate::policy::exposure::network::{self, Outlook};
use crate::policy::exposure::openings::Openings;
use crate::policy::exposure::{
    Cap, Figure, Horizon, HorizonExposure, NetworkExposure, Reason, Source, WalletState, spending,
};

/// One horizon.
pub(super) fn horizon(standing: &WalletState, horizon: Horizon) -> HorizonExposure {
    let networks: Vec<_> =
        standing.networks.iter().map(|network| Outlook::new(standing, network, horizon).exposure()).collect();
    let usd = usd(standing, horizon, &networks);
    HorizonExposure { usd, networks }
}

fn usd(standing: &WalletState, horizon: Horizon, networks: &[NetworkExposure]) -> Figure<Usd> {
    if let Some(unbounded) = networks.iter().find(|network| network.usd.most.is_none()) {
        return Figure { most: None, because: unbounded.usd.because.clone(), others: Vec::new() };
    }
    let mut caps = Vec::new();
    match networks {
        // One network's own figures say it all.
        [only] => return only.usd.clone(),
        networks => {
            let all = sum(networks.iter());
            caps.push(Cap::new(all, Reason::new(Source::Networks, "the sum of what each network may lose")));
        }
    }
    for window in [Window::Daily, Window::Monthly] {
        caps.extend(shared(standing, horizon, networks, window));
    }
    caps.retain(|cap| cap.most < Usd::MAX);
    Figure::least(caps, Reason::new(Source::Networks, "more than can be counted"))
}

fn sum<'a>(networks: impl Iterator<Item = &'a NetworkExposure>) -> Usd {
    networks.fold(Usd::ZERO, |sum, network| network.usd.most.map_or(Usd::MAX, |most| sum.plus(most)))
}

/// A dollar window counts what the wallet spends on every network. So of the networks that have one,
/// the most generous bounds all of them together: the last request of a stretch, wherever it was, saw
/// everything before it. Networks without one come on top.
fn shared(
    standing: &WalletState,
    horizon: Horizon,
    networks: &[NetworkExposure],
    window: Window,
) -> Option<Cap<Usd>> {
    let end = network::end(standing, horizon);
    let windows = Openings::new(&[], standing.now, end).windows(spending::length(window));
    let counted = standing.counted.get(horizon);
    let tightest = |id| {
        let network = standing.networks.iter().find(|network| network.network == id)?;
        let caps = spending::usd_windows(&network.policies, window, windows, counted);
        caps.into_iter().min_by_key(|cap| cap.most)
    };
    let mut generous: Option<Cap<Usd>> = None;
    let mut without = Vec::new();
    for network in networks.iter().filter(|network| network.usd.most != Some(Usd::ZERO)) {
        match tightest(network.network.clone()) {
            None => without.push(network),
            Some(cap) => {
                if generous.as_ref().is_none_or(|held| cap.most > held.most) {
                    generous = Some(cap);
                }
            }
        }
    }
    let Cap { most, because } = generous?;
    Some(Cap::new(most.plus(sum(without.into_iter())), because))
}
