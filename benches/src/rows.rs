//! The fixture's rows as Cedar policies, and its request as a Cedar context.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use cedar_policy::{Context, EntityUid, Request, RestrictedExpression as Value};
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::money::Usd;
use waiaas_core::policy::{Facts, Purpose, Reputation, Spending, Sum};

use crate::fixture::account;

/// Returns `sets` times one policy per type, with lists of `entries`, and one that permits everything that
/// none forbids.
pub fn policies(sets: u32, entries: u32) -> String {
    let addresses = list((0..entries).map(|n| account(n).to_string()));
    let methods =
        list((0..entries).flat_map(|n| ["01", "02"].map(|first| format!("{}:{first}", account(n)))));
    let names = list((0..entries).map(|n| format!("name-{n}")));
    let domains = list((0..entries).map(|n| format!("name-{n}.example.com")));
    let unless = [
        "context.native <= 5000000000 && context.usd <= 1000000000 && context.usdDay + context.counted <= 5000000000 \
         && context.usdMonth + context.counted <= 50000000000 && context.nativeDay + context.native <= 100500000000"
            .to_owned(),
        format!("{addresses}.containsAll(context.destinations)"),
        "context.hour >= 0 && context.hour < 24 && [0,1,2,3,4,5,6].contains(context.weekday)".to_owned(),
        "context.requests < 100".to_owned(),
        format!("{addresses}.containsAll(context.tokens)"),
        format!("{addresses}.containsAll(context.contracts)"),
        format!("{methods}.containsAll(context.methods)"),
        format!("{addresses}.containsAll(context.spenders)"),
        "context.allowance <= 5000000 && context.allowance <= context.held".to_owned(),
        "true".to_owned(),
        "[\"solana-devnet\"].contains(context.network)".to_owned(),
        format!("!(context has payment) || {domains}.contains(context.payment)"),
        "context.debt * 100 <= context.collateral * 75".to_owned(),
        format!("{addresses}.contains(context.lent)"),
        "!(context has leverage) || context.leverage <= 10000000".to_owned(),
        "!(context has position) || context.position <= 1000000000".to_owned(),
        format!("!(context has market) || {names}.contains(context.market)"),
        "context.reputation >= 50".to_owned(),
        format!("!(context has message) || {domains}.contains(context.message)"),
        format!("{names}.contains(context.venue)"),
        "context.category != \"lending\" || (context.notional <= 1000000000 && context.categoryDay + context.notional <= 5000000000)"
            .to_owned(),
    ];
    let forbid =
        unless.map(|condition| format!("forbid(principal, action, resource) unless {{ {condition} }};\n"));
    format!("permit(principal, action, resource);\n{}", forbid.concat().repeat(sets as usize))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.map(|item| format!("\"{item}\"")).collect();
    format!("[{}]", items.join(","))
}

/// Returns the request, with all inputs of the policies.
pub fn request(context: Context) -> Result<Request> {
    let name = |text: &str| text.parse::<EntityUid>().context("an entity");
    Ok(Request::new(
        name("Session::\"1\"")?,
        name("Action::\"send\"")?,
        name("Wallet::\"1\"")?,
        context,
        None,
    )?)
}

/// Returns Cedar's input: the sums and sets that the core computes itself.
pub fn context(effects: &Effects, facts: &Facts) -> Result<Context> {
    Ok(Context::from_pairs(pairs(effects, facts))?)
}

/// Returns the request with one property that a policy must forbid, by name.
pub fn broken(effects: &Effects, facts: &Facts) -> Vec<(&'static str, Result<Context>)> {
    let with = |key: &'static str, value: Value| {
        let mut all = pairs(effects, facts);
        all.retain(|(name, _)| name != key);
        all.push((key.to_owned(), value));
        (key, Context::from_pairs(all).map_err(Into::into))
    };
    vec![
        with("destinations", strings([account(4_000_000).to_string()])),
        with("usd", long(1_000_000_001)),
        with("requests", long(100)),
        with("methods", strings([format!("{}:07", account(4))])),
        with("payment", Value::new_string("elsewhere.example.com".to_owned())),
        with("debt", long(900_000_000)),
        with("venue", Value::new_string("elsewhere".to_owned())),
    ]
}

fn pairs(effects: &Effects, facts: &Facts) -> Vec<(String, Value)> {
    let (mut destinations, mut tokens, mut contracts) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut methods, mut spenders, mut allowance) = (BTreeSet::new(), BTreeSet::new(), 0i64);
    for effect in &effects.items {
        if let Effect::ContractCall { target, selector: Some(selector), .. } = effect {
            contracts.insert(target.to_string());
            destinations.insert(target.to_string());
            methods
                .insert(format!("{target}:{:02x}", selector.as_bytes().first().copied().unwrap_or_default()));
        }
        if let Effect::Allowance { spender, amount, .. } = effect {
            spenders.insert(spender.to_string());
            allowance = allowance.saturating_add(i64::try_from(*amount).unwrap_or(i64::MAX));
        }
        destinations.extend(effect.beneficiary().map(ToString::to_string));
        tokens.extend(effect.token().and_then(|token| token.token_address()).map(|token| token.to_string()));
    }
    let spending = Spending::of(effects, facts);
    let native = spending.assets().find(|(asset, _)| asset.is_native());
    let native = native.and_then(|(_, out)| out.spent).map_or(0, whole);
    let ledger = &facts.ledger;
    let held = facts.balances.values().next().map_or(0, |held| i64::try_from(*held).unwrap_or(i64::MAX));
    let parties = [account(4), account(5)];
    let lowest = parties.iter().map(|party| match facts.reputation.get(party, None, None) {
        Reputation::Score(score) => i64::from(score),
        Reputation::Unrated => 0,
    });
    let mut pairs = vec![
        ("native", long(native)),
        ("nativeDay", long(0)),
        ("usd", usd(spending.usd().unwrap_or(Usd::MAX))),
        ("counted", usd(spending.counted_usd().unwrap_or(Usd::MAX))),
        ("usdDay", usd(ledger.usd_day)),
        ("usdMonth", usd(ledger.usd_month)),
        ("destinations", strings(destinations)),
        ("tokens", strings(tokens)),
        ("contracts", strings(contracts)),
        ("methods", strings(methods)),
        ("spenders", strings(spenders)),
        ("allowance", long(allowance)),
        ("held", long(held)),
        ("network", Value::new_string(effects.network.to_string())),
        ("hour", long(facts.now.rem_euclid(86_400) / 3_600)),
        ("weekday", long((facts.now.div_euclid(86_400) + 4).rem_euclid(7))),
        (
            "requests",
            long(ledger.requests.values().next().map_or(0, |n| i64::try_from(*n).unwrap_or(i64::MAX))),
        ),
        ("reputation", long(lowest.min().unwrap_or(0))),
    ];
    if let Purpose::HttpPayment { domain } = &facts.purpose {
        pairs.push(("payment", Value::new_string(domain.clone())));
    }
    if let Some(action) = &facts.action {
        let day = ledger.categories.get(&action.category).map_or(Usd::ZERO, |sums| sums.usd_day);
        pairs.push(("category", Value::new_string(action.category.as_str().to_owned())));
        pairs.push(("categoryDay", usd(day)));
        pairs.push(("notional", usd(action.notional_usd.unwrap_or(Usd::MAX))));
        pairs.extend(action.venue.clone().map(|venue| ("venue", Value::new_string(venue))));
        let lent = action.lending_asset.as_ref().and_then(|asset| asset.token_address());
        pairs.extend(lent.map(|lent| ("lent", Value::new_string(lent.to_string()))));
        if let Some(position) = action.lending {
            pairs.push(("debt", usd(position.debt_usd)));
            pairs.push(("collateral", usd(position.collateral_usd)));
        }
    }
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn whole(sum: Sum) -> i64 {
    i64::try_from(sum.saturated()).unwrap_or(i64::MAX)
}

fn usd(value: Usd) -> Value {
    long(i64::try_from(value.micros()).unwrap_or(i64::MAX))
}

fn long(value: i64) -> Value {
    Value::new_long(value)
}

fn strings(items: impl IntoIterator<Item = String>) -> Value {
    Value::new_set(items.into_iter().map(Value::new_string))
}
