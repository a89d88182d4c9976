//! Rules in sentences, for people who read a list of policies. No decision depends on these texts.

use std::fmt::Display;

use serde_json::Value;

use super::{
    ActionCategoryLimit, AllowedTokens, ApproveAmountLimit, ApprovedSpenders, BaseUnits, ContractWhitelist,
    MethodWhitelist, ReputationThreshold, Rules, SpendingLimit, TimeRestriction,
};
use crate::money::Usd;
use crate::policy::Tier;

/// Maximum number of entries of a list that are named; the others are counted.
const NAMED: usize = 5;

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl Rules {
    /// The rules in one to three sentences. Lists longer than five entries are cut, with the number of the
    /// others.
    pub fn sentence(&self) -> String {
        match self {
            Self::SpendingLimit(rule) => spending(rule),
            Self::Whitelist(rule) => format!("Pays only {}.", list(&rule.allowed_addresses)),
            Self::TimeRestriction(rule) => time(rule),
            Self::RateLimit(rule) => format!(
                "At most {} within {}.",
                count(rule.max_requests, "request"),
                span(u64::from(rule.window_seconds))
            ),
            Self::AllowedTokens(rule) => tokens(rule),
            Self::ContractWhitelist(rule) => contracts(rule),
            Self::MethodWhitelist(rule) => methods(rule),
            Self::ApprovedSpenders(rule) => spenders(rule),
            Self::ApproveAmountLimit(rule) => allowance(rule),
            Self::ApproveTierOverride(rule) => format!("Every allowance {}.", tier(rule.tier)),
            Self::AllowedNetworks(rule) => {
                format!("Only on {}.", list(rule.networks.iter().map(|entry| &entry.network)))
            }
            Self::X402AllowedDomains(rule) => format!("Pays only the hosts {}.", list(&rule.domains)),
            Self::Erc8128AllowedDomains(rule) => {
                let rate = rule.rate_limit_rpm.map(|rate| format!(", at most {rate} a minute for each"));
                let rate = rate.unwrap_or_default();
                format!("Signs messages only for the hosts {}{rate}.", list(&rule.domains))
            }
            Self::LendingLtvLimit(rule) => format!(
                "Debt may not exceed {} of the collateral; above {} the action is delayed.",
                percent(rule.max_ltv.get()),
                percent(rule.warning_ltv.get())
            ),
            Self::LendingAssetWhitelist(rule) => {
                let named = |symbol: &Option<String>, address: &dyn Display| match symbol {
                    Some(symbol) => format!("{symbol} ({address})"),
                    None => address.to_string(),
                };
                let names = rule.assets.iter().map(|asset| named(&asset.symbol, &asset.address));
                format!("Lends and borrows only {}.", list(names))
            }
            Self::PerpMaxLeverage(rule) => {
                let warning = rule.warning_leverage.map(|at| factor(at.get()));
                let warning = warning.map(|at| format!("; above {at} the action is delayed"));
                format!(
                    "Leverage of at most {}{}.",
                    factor(rule.max_leverage.get()),
                    warning.unwrap_or_default()
                )
            }
            Self::PerpMaxPositionUsd(rule) => {
                let warning =
                    rule.warning_position_usd.map(|at| format!("; above {at} USD the action is delayed"));
                format!("Positions of at most {} USD{}.", rule.max_position_usd, warning.unwrap_or_default())
            }
            Self::PerpAllowedMarkets(rule) => {
                format!("Trades only {}.", list(rule.markets.iter().map(|entry| &entry.market)))
            }
            Self::ReputationThreshold(rule) => reputation(rule),
            Self::VenueWhitelist(rule) => {
                format!("Trades only at {}.", list(rule.venues.iter().map(|venue| &venue.id)))
            }
            Self::ActionCategoryLimit(rule) => category(rule),
        }
    }
}

fn spending(rule: &SpendingLimit) -> String {
    let usd = |limit: Option<Usd>| limit.map(|usd| format!("{usd} USD"));
    let base = |limit: Option<BaseUnits>| limit.map(|units| format!("{} base units", units.0));
    let delay = format!("after {}", span(u64::from(rule.delay_seconds)));
    let tiers = |instant: Option<String>, notify: Option<String>, delayed: Option<String>| {
        let parts = [(instant, "at once"), (notify, "with notice"), (delayed, delay.as_str())];
        let parts = parts.into_iter().filter_map(|(limit, how)| Some(format!("up to {} {how}", limit?)));
        let text = parts.collect::<Vec<_>>().join(", ");
        (!text.is_empty()).then(|| format!("{}, above with the owner's approval.", capital(&text)))
    };
    let mut sentences = Vec::new();
    sentences.extend(tiers(usd(rule.instant_max_usd), usd(rule.notify_max_usd), usd(rule.delay_max_usd)));
    sentences.extend(tiers(base(rule.instant_max), base(rule.notify_max), base(rule.delay_max)));
    let windows = [(rule.daily_limit_usd, "a day"), (rule.monthly_limit_usd, "in 30 days")];
    let windows = windows.into_iter().filter_map(|(limit, within)| Some(format!("{} USD {within}", limit?)));
    let windows = windows.collect::<Vec<_>>();
    if !windows.is_empty() {
        sentences.push(format!("At most {}.", windows.join(" and ")));
    }
    if let Ok(Value::Object(limits)) = serde_json::to_value(&rule.token_limits)
        && !limits.is_empty()
    {
        sentences.push(format!("Own limits for {}.", list(limits.keys())));
    }
    if let Some(percent) = rule.max_slippage_percent {
        sentences.push(format!(
            "A swap that may bring more than {percent} % less than it takes needs the owner's approval."
        ));
    }
    if let Some(seconds) = rule.approval_timeout {
        sentences.push(format!("The owner has {} to answer.", span(u64::from(seconds))));
    }
    sentences.join(" ")
}

fn time(rule: &TimeRestriction) -> String {
    let zone = rule.timezone.map_or_else(|| "UTC".to_owned(), |zone| zone.to_string());
    let hours =
        rule.allowed_hours.as_ref().map(|hours| format!("from {}:00 to {}:00", hours.start, hours.end));
    let days = rule.allowed_days.as_ref().map(|days| {
        let name = |day: &u8| DAYS.get(usize::from(*day)).copied().unwrap_or("another day");
        format!("on {}", days.iter().map(name).collect::<Vec<_>>().join(", "))
    });
    let parts: Vec<_> = [days, hours].into_iter().flatten().collect();
    format!("Only {} ({zone}).", parts.join(" "))
}

fn tokens(rule: &AllowedTokens) -> String {
    let names = rule.tokens.iter().map(|token| match &token.symbol {
        Some(symbol) => format!("{symbol} ({})", token.address),
        None => token.address.to_string(),
    });
    format!("Moves only the tokens {}.", list(names))
}

fn contracts(rule: &ContractWhitelist) -> String {
    let names = rule.contracts.iter().map(|contract| match &contract.name {
        Some(name) => format!("{name} ({})", contract.address),
        None => contract.address.to_string(),
    });
    format!("Calls only {}.", list(names))
}

fn methods(rule: &MethodWhitelist) -> String {
    let names = rule.methods.iter().map(|entry| {
        let selectors: Vec<_> = entry.selectors.iter().map(ToString::to_string).collect();
        format!("{} of {}", selectors.join(", "), entry.contract_address)
    });
    format!("Calls only the methods {}.", list(names))
}

fn spenders(rule: &ApprovedSpenders) -> String {
    let names = rule.spenders.iter().map(|spender| {
        let name = match &spender.name {
            Some(name) => format!("{name} ({})", spender.address),
            None => spender.address.to_string(),
        };
        let most = spender.max_amount.as_ref().map(|most| format!(" up to {} base units", most.0));
        name + &most.unwrap_or_default()
    });
    format!("Allowances only for {}.", list(names))
}

fn allowance(rule: &ApproveAmountLimit) -> String {
    let most = rule.max_amount.as_ref().map(|most| format!("Allowances of at most {} base units.", most.0));
    let unlimited = rule.block_unlimited.then(|| "No allowance without limit.".to_owned());
    let parts: Vec<_> = [most, unlimited].into_iter().flatten().collect();
    if parts.is_empty() { "Allowances of any amount.".to_owned() } else { parts.join(" ") }
}

fn reputation(rule: &ReputationThreshold) -> String {
    if !rule.check_counterparty {
        return "Counterparties are not looked up.".to_owned();
    }
    let tags: Vec<_> = [&rule.tag1, &rule.tag2].into_iter().flatten().map(String::as_str).collect();
    let tags = if tags.is_empty() { String::new() } else { format!(" for {}", tags.join(", ")) };
    format!(
        "A counterparty with a score below {}{tags} {}; one without a score {}.",
        rule.min_score,
        tier(rule.below_threshold_tier),
        tier(rule.unrated_tier)
    )
}

fn category(rule: &ActionCategoryLimit) -> String {
    let limits = [
        (rule.per_action_limit_usd, "each"),
        (rule.daily_limit_usd, "a day"),
        (rule.monthly_limit_usd, "in 30 days"),
    ];
    let limits = limits.into_iter().filter_map(|(limit, within)| Some(format!("{} USD {within}", limit?)));
    let limits = limits.collect::<Vec<_>>().join(", ");
    format!("Actions of the kind {}: {limits}; above that {}.", rule.category, tier(rule.tier_on_exceed))
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Instant => "goes at once",
        Tier::Notify => "goes at once, with notice",
        Tier::Delay => "waits for the delay",
        Tier::Approval => "needs the owner's approval",
    }
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    let named = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 if all.is_empty() => "nothing".to_owned(),
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn count(number: u32, what: &str) -> String {
    if number == 1 { format!("{number} {what}") } else { format!("{number} {what}s") }
}

/// Seconds in the largest unit that divides them.
fn span(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let fits = units.into_iter().find(|(size, _)| seconds >= *size && seconds.is_multiple_of(*size));
    let (size, unit) = fits.unwrap_or((1, "second"));
    count(u32::try_from(seconds.checked_div(size).unwrap_or(seconds)).unwrap_or(u32::MAX), unit)
}

/// Millionths of one as a percentage.
fn percent(millionths: u64) -> String {
    format!("{} %", point(millionths, 10_000))
}

/// Millionths of one as a factor.
fn factor(millionths: u64) -> String {
    format!("{}x", point(millionths, 1_000_000))
}

/// `value / unit` exactly.
fn point(value: u64, unit: u64) -> String {
    let (whole, rest) = (value / unit, value % unit);
    let digits = unit.ilog10() as usize;
    let fraction = format!("{rest:0digits$}");
    match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        fraction => format!("{whole}.{fraction}"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
