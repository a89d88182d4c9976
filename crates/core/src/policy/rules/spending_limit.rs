//! SPENDING_LIMIT: how much may be spent, and at which tier. Without one, nothing may.

use serde::{Deserialize, Serialize};

use crate::asset::AssetId;
use crate::money::Usd;
use crate::network::Chain;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{
    BaseUnits, Percent, Placement, Rule, RulesError, TokenLimit, TokenLimits, at_most,
};
use crate::policy::swaps;
use crate::policy::{AssetSpending, Policy, PriceFact, Tier, Window, WindowWarning};
use alloy_primitives::U256;

/// Rules of SPENDING_LIMIT. At least one of the raw thresholds, the dollar thresholds and the token
/// limits. All thresholds are inclusive and per transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpendingLimit {
    /// Base units of the native coin, up to which the tier is INSTANT. Of the three raw thresholds,
    /// one that is missing while another is set counts as zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instant_max: Option<BaseUnits>,
    /// The same for NOTIFY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_max: Option<BaseUnits>,
    /// The same for DELAY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_max: Option<BaseUnits>,
    /// Dollars up to which the tier is INSTANT. A missing threshold is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instant_max_usd: Option<Usd>,
    /// The same for NOTIFY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_max_usd: Option<Usd>,
    /// The same for DELAY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_max_usd: Option<Usd>,
    /// Thresholds and windows per asset.
    #[serde(default, skip_serializing_if = "TokenLimits::is_empty")]
    pub token_limits: TokenLimits,
    /// How long a DELAY lasts; at least 60.
    #[serde(default = "default_delay")]
    pub delay_seconds: u32,
    /// More than this in 24 hours: APPROVAL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_limit_usd: Option<Usd>,
    /// More than this in 30 days: APPROVAL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_limit_usd: Option<Usd>,
    /// Seconds the owner has to answer; 300 to 86400.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_timeout: Option<u32>,
    /// By how much a swap may bring less than it takes, by value; more: APPROVAL. Three if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_slippage_percent: Option<Percent>,
}

const fn default_delay() -> u32 {
    900
}

/// A threshold by name.
type NamedThreshold<T> = (&'static str, Option<T>);

/// Where a sum stands on three thresholds: the tier, and the highest threshold it exceeds.
fn climb<T: Copy + PartialOrd>(
    steps: [NamedThreshold<T>; 3],
    within: impl Fn(T) -> bool,
) -> (Tier, Option<(&'static str, T)>) {
    let mut exceeded: Option<(&'static str, T)> = None;
    for ((name, threshold), tier) in steps.into_iter().zip([Tier::Instant, Tier::Notify, Tier::Delay]) {
        let Some(threshold) = threshold else { continue };
        if within(threshold) {
            return (tier, exceeded);
        }
        if exceeded.is_none_or(|(_, highest)| threshold >= highest) {
            exceeded = Some((name, threshold));
        }
    }
    (Tier::Approval, exceeded)
}

/// Whether no tier is reached later on the `new` steps than on the `old` ones. What a sum may be at
/// most for a tier is the highest of the thresholds up to it; with none it may be nothing.
fn reaches_no_further<T: Copy + Ord>(new: [NamedThreshold<T>; 3], old: [NamedThreshold<T>; 3]) -> bool {
    let highest = |steps: [NamedThreshold<T>; 3], last: usize| {
        steps.into_iter().take(last).filter_map(|(_, threshold)| threshold).max()
    };
    (1..=3).all(|last| highest(new, last) <= highest(old, last))
}

/// The slippage of a row that says nothing about it.
const DEFAULT_SLIPPAGE: Percent = Percent::whole(3);

impl SpendingLimit {
    fn slippage(&self) -> Percent {
        self.max_slippage_percent.unwrap_or(DEFAULT_SLIPPAGE)
    }

    fn raw_steps(&self) -> [NamedThreshold<U256>; 3] {
        let steps = [
            ("instant_max", self.instant_max),
            ("notify_max", self.notify_max),
            ("delay_max", self.delay_max),
        ];
        let any = steps.iter().any(|(_, step)| step.is_some());
        steps.map(|(name, step)| (name, any.then(|| step.map_or(U256::ZERO, |step| step.0))))
    }

    const fn usd_steps(&self) -> [NamedThreshold<Usd>; 3] {
        [
            ("instant_max_usd", self.instant_max_usd),
            ("notify_max_usd", self.notify_max_usd),
            ("delay_max_usd", self.delay_max_usd),
        ]
    }

    const fn has_raw(&self) -> bool {
        self.instant_max.is_some() || self.notify_max.is_some() || self.delay_max.is_some()
    }

    const fn has_usd(&self) -> bool {
        self.instant_max_usd.is_some() || self.notify_max_usd.is_some() || self.delay_max_usd.is_some()
    }

    /// Whether `old` covers every asset that this row covers.
    pub(crate) fn covers_no_more_than(&self, old: &Self) -> bool {
        old.has_usd()
            || (!self.has_usd()
                && (!self.has_raw() || old.has_raw())
                && self.token_limits.names_no_more_than(&old.token_limits))
    }

    /// Whether this row says anything about spending `asset` on a network of `chain`.
    pub fn covers(&self, asset: &AssetId, chain: Chain) -> bool {
        self.has_usd()
            || (asset.is_native() && self.has_raw())
            || self.token_limits.of(asset, chain).is_some()
    }
}

impl Rule for SpendingLimit {
    fn check(&mut self, placement: &Placement<'_>) -> Result<(), RulesError> {
        if !self.has_raw() && !self.has_usd() && self.token_limits.is_empty() {
            return Err(RulesError::Missing {
                one_of: "instant_max, notify_max, delay_max, the same with _usd, token_limits",
            });
        }
        let raw = [
            ("instant_max", self.instant_max),
            ("notify_max", self.notify_max),
            ("delay_max", self.delay_max),
        ];
        RulesError::unless_ascending("", &raw)?;
        RulesError::unless_ascending("", &self.usd_steps())?;
        self.token_limits.check(placement)?;
        let windows =
            [("daily_limit_usd", self.daily_limit_usd), ("monthly_limit_usd", self.monthly_limit_usd)];
        for (field, limit) in windows {
            RulesError::if_zero(field, limit == Some(Usd::ZERO))?;
        }
        for (field, figure) in self.usd_steps().into_iter().chain(windows) {
            RulesError::unless_representable(field, figure)?;
        }
        RulesError::unless_within("delay_seconds", u64::from(self.delay_seconds), 60, u64::from(u32::MAX))?;
        match self.approval_timeout {
            Some(seconds) => RulesError::unless_within("approval_timeout", u64::from(seconds), 300, 86_400),
            None => Ok(()),
        }
    }

    /// A row also covers what it limits, so that it may not begin to speak of anything new. The
    /// owner's time to answer is compared only where both rows say it; the default is not known here.
    fn at_least_as_strict(&self, old: &Self) -> bool {
        let raw = match (self.has_raw(), old.has_raw()) {
            (true, true) => reaches_no_further(self.raw_steps(), old.raw_steps()),
            (true, false) => old.has_usd(),
            (false, old) => !old,
        };
        let usd = match (self.has_usd(), old.has_usd()) {
            (true, true) => reaches_no_further(self.usd_steps(), old.usd_steps()),
            (false, false) => true,
            (true, false) | (false, true) => false,
        };
        let timeout = match (self.approval_timeout, old.approval_timeout) {
            (Some(new), Some(old)) => new <= old,
            (new, old) => new == old,
        };
        raw && usd
            && timeout
            && self.token_limits.at_least_as_strict(&old.token_limits, old.has_usd())
            && at_most(self.daily_limit_usd, old.daily_limit_usd)
            && at_most(self.monthly_limit_usd, old.monthly_limit_usd)
            && self.delay_seconds >= old.delay_seconds
            && self.slippage() <= old.slippage()
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let mut judge = Judge { limit: self, row, case, findings, tier: Tier::Instant };
        judge.run();
        let tier = judge.tier;
        findings.delay(self.delay_seconds, tier == Tier::Delay);
        if let Some(seconds) = self.approval_timeout {
            findings.timeout(seconds);
        }
    }
}

/// One row at work on one request.
struct Judge<'j, 'c> {
    limit: &'j SpendingLimit,
    row: &'j Policy,
    case: &'j Evaluation<'c>,
    findings: &'j mut Findings,
    tier: Tier,
}

impl Judge<'_, '_> {
    fn run(&mut self) {
        // A request with an unknown asset is denied already; its sums would say nothing.
        if !self.case.assets_known {
            return;
        }
        for swap in self.case.swaps() {
            if let Some(why) = swaps::shortfall(swap, self.case, self.limit.slippage()) {
                self.ask(Tier::Approval, why, None);
            }
        }
        for (asset, spending) in self.case.spending.assets() {
            self.raw(asset, spending);
            if let Some(limit) = self.limit.token_limits.of(asset, self.case.chain()) {
                self.token(asset, spending, limit);
            }
        }
        if self.limit.has_usd() {
            self.usd();
        }
        let (usd_day, usd_month) = (self.case.before.usd_day, self.case.before.usd_month);
        self.usd_window(Window::Daily, self.limit.daily_limit_usd, usd_day);
        self.usd_window(Window::Monthly, self.limit.monthly_limit_usd, usd_month);
    }

    fn ask(&mut self, tier: Tier, message: String, nearest: Option<String>) {
        self.tier = self.tier.max(tier);
        self.findings.ask(self.row, tier, message, nearest);
    }

    fn raw(&mut self, asset: &AssetId, spending: &AssetSpending<'_>) {
        let Some(spent) = spending.spent else { return };
        if !asset.is_native() || !self.limit.has_raw() {
            return;
        }
        let climbed = climb(self.limit.raw_steps(), |threshold| spent.within(threshold));
        self.amount_tier(asset, spent.saturated(), climbed);
    }

    fn token(&mut self, asset: &AssetId, spending: &AssetSpending<'_>, limit: &TokenLimit) {
        let Some(decimals) = spending.facts.map(|facts| facts.decimals) else { return };
        if let Some(spent) = spending.spent {
            let steps = [
                ("instant_max", Some(limit.instant_max)),
                ("notify_max", Some(limit.notify_max)),
                ("delay_max", Some(limit.delay_max)),
            ];
            let (tier, exceeded) = climb(steps, |threshold| spent.within(threshold.base_units(decimals)));
            let exceeded = exceeded.map(|(name, threshold)| (name, threshold.base_units(decimals)));
            self.amount_tier(asset, spent.saturated(), (tier, exceeded));
        }
        let ledger = &self.case.before;
        let windows = [
            ("daily_max", limit.daily_max, &ledger.asset_day, "24 hours"),
            ("monthly_max", limit.monthly_max, &ledger.asset_month, "30 days"),
        ];
        for (name, max, counted, length) in windows {
            let Some(max) = max.map(|max| max.base_units(decimals)) else { continue };
            let before = counted.get(asset).copied().unwrap_or(U256::ZERO);
            let total = spending.counted.plus(before);
            if total.within(max) {
                continue;
            }
            let show = |amount| self.case.show(asset, amount);
            let message =
                format!("{} in {length}, more than {name} ({})", show(total.saturated()), show(max));
            let fees = spending
                .counted
                .saturated()
                .saturating_sub(spending.spent.map_or(U256::ZERO, |s| s.saturated()));
            let left = show(max.saturating_sub(before).saturating_sub(fees));
            self.ask(Tier::Approval, message, Some(format!("{left} is left in the {length} of {name}")));
        }
    }

    /// Reports a tier reached by an amount of one asset.
    fn amount_tier(&mut self, asset: &AssetId, amount: U256, climbed: (Tier, Option<(&'static str, U256)>)) {
        let (tier, Some((name, threshold))) = climbed else { return };
        if tier == Tier::Instant {
            return;
        }
        let threshold = self.case.show(asset, threshold);
        let message = format!("{} is more than {name} ({threshold})", self.case.show(asset, amount));
        self.ask(tier, message, below(tier, &threshold));
    }

    fn usd(&mut self) {
        let Some(usd) = self.case.usd else {
            return self.no_price("the dollar limits");
        };
        let (tier, exceeded) = climb(self.limit.usd_steps(), |threshold| usd <= threshold);
        match (tier, exceeded) {
            (Tier::Instant, _) => {}
            (tier, Some((name, threshold))) => {
                let message = format!("worth {usd} USD, more than {name} ({threshold} USD)");
                self.ask(tier, message, below(tier, &format!("{threshold} USD")));
            }
            // No lower threshold is set, so the first one that is decides.
            (tier, None) => self.ask(tier, format!("worth {usd} USD, and nothing is INSTANT"), None),
        }
    }

    fn no_price(&mut self, what: &str) {
        let unpriced = self.case.spending.unpriced();
        let symbol = unpriced.map_or_else(|| "an asset".to_owned(), |(asset, facts)| facts.name(asset));
        let message = if unpriced.is_some_and(|(_, facts)| facts.price == PriceFact::NotAsked) {
            format!(
                "the session has used up its price look-ups, so {what} cannot be checked for {symbol}; ask \
                 again in a minute"
            )
        } else {
            format!("{symbol} has no usable price, so {what} cannot be checked")
        };
        self.ask(Tier::Approval, message, None);
    }

    fn usd_window(&mut self, window: Window, limit: Option<Usd>, before: Usd) {
        let Some(limit) = limit else { return };
        let (name, length) = match window {
            Window::Daily => ("daily_limit_usd", "24 hours"),
            Window::Monthly => ("monthly_limit_usd", "30 days"),
        };
        let Some(counted) = self.case.counted_usd else {
            return self.no_price(name);
        };
        let total = before.plus(counted);
        if total > limit {
            let message = format!("{total} USD in {length}, more than {name} ({limit} USD)");
            let fees = counted.minus(self.case.usd.unwrap_or(counted));
            let left = limit.minus(before).minus(fees);
            self.ask(Tier::Approval, message, Some(format!("{left} USD is left in the {length} of {name}")));
        } else if u128::from(total.micros()) * 5 >= u128::from(limit.micros()) * 4 {
            self.findings.warn(WindowWarning { window, spent: total, limit });
        }
    }
}

/// What would not need `tier`: an amount up to the threshold that asked for it.
fn below(tier: Tier, threshold: &str) -> Option<String> {
    match tier {
        Tier::Instant | Tier::Notify => None,
        Tier::Delay => Some(format!("up to {threshold} per transaction needs no delay")),
        Tier::Approval => Some(format!("up to {threshold} per transaction needs no owner")),
    }
}
