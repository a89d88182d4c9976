//! The policy facts of a test case, and their defaults.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use waiaas_core::action::{ActionCategory, ActionFacts, ActionKind, LendingPosition, TrustedCall};
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::money::{HumanAmount, Price, Usd};
use waiaas_core::network::{Chain, Network, Networks};
use waiaas_core::policy::rules::Millionths;
use waiaas_core::policy::{
    AssetFacts, CategorySums, FeeFacts, FeedbackTags, Ledger, PolicyFacts, PolicySet, PriceFact, Purpose,
    Reputation,
};
use waiaas_core::simulation::{SimulationCheck, Unsimulated};
use waiaas_core::wallet::OwnerState;
use waiaas_core::{U256, UnixSeconds};

/// A Monday, 5 January 2026, 12:00 UTC.
const NOON: UnixSeconds = 1_767_614_400;
const APPROVAL_TIMEOUT: u32 = 3_600;

/// Policy facts of a case. Each absent fact has the default that its comment names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// `ethereum-mainnet`.
    network: Option<String>,
    /// None: only policies for all wallets apply.
    pub(super) wallet: Option<String>,
    /// An address made of one repeated byte.
    from: Option<Address>,
    /// RFC 3339; a Monday at 12:00 UTC.
    clock: Option<String>,
    /// LOCKED: an owner can approve.
    owner: Option<OwnerState>,
    /// The most paid as network fee, in whole coins; none.
    pub(super) fee: Option<String>,
    /// By name. The native coin is always there, under its symbol, without a price.
    #[serde(default)]
    assets: BTreeMap<String, GivenAsset>,
    /// The wallet's balances, by name of the asset; default: none.
    #[serde(default)]
    balances: BTreeMap<String, String>,
    /// Empty.
    ledger: Option<GivenLedger>,
    /// None: a plain transaction.
    action: Option<GivenAction>,
    /// The host paid by x402; default: none.
    x402: Option<String>,
    /// The host for which an HTTP message is signed; default: none.
    erc8128: Option<String>,
    /// Ratings; default: no party is rated.
    #[serde(default)]
    reputation: Vec<GivenReputation>,
    /// `agrees`.
    #[serde(alias = "witness")]
    simulation: Option<GivenSimulation>,
    /// `deny`.
    #[serde(alias = "unwitnessed")]
    unsimulated: Option<Unsimulated>,
    /// 3600 seconds.
    approval_timeout: Option<u32>,
    /// Whether the signature is handed out; default: false, the daemon sends the transaction.
    handed_out: Option<bool>,
    /// Policy facts that are withheld.
    #[serde(default)]
    unknown: BTreeSet<Fact>,
}

/// A fact that can be withheld.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fact {
    Requests,
    Categories,
    HttpMessages,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenAsset {
    /// The token; absent: the native coin.
    token: Option<Address>,
    /// Of the token; the native coin's are known.
    decimals: Option<u8>,
    /// Dollars a piece, or `unlisted` (the default) or `unusable`.
    price: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GivenLedger {
    usd_day: Option<Usd>,
    usd_month: Option<Usd>,
    /// Whole coins or tokens, by name.
    asset_day: BTreeMap<String, String>,
    asset_month: BTreeMap<String, String>,
    /// Requests by window in seconds.
    requests: BTreeMap<String, u64>,
    categories: BTreeMap<ActionCategory, GivenSums>,
    /// HTTP messages for the domain in the last minute.
    http_messages: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GivenSums {
    usd_day: Option<Usd>,
    usd_month: Option<Usd>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenAction {
    #[serde(default)]
    provider: String,
    category: ActionCategory,
    kind: Option<ActionKind>,
    #[serde(default)]
    trusted: Vec<TrustedCall>,
    venue: Option<String>,
    market: Option<String>,
    leverage: Option<Millionths>,
    position_usd: Option<Usd>,
    notional_usd: Option<Usd>,
    /// By name.
    lending_asset: Option<String>,
    collateral_usd: Option<Usd>,
    debt_usd: Option<Usd>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenReputation {
    party: Address,
    /// Absent: unrated.
    score: Option<u8>,
    tag1: Option<String>,
    tag2: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GivenSimulation {
    Agrees,
    NotApplicable,
    /// The simulation shows more than the decoded effects; with the excess.
    Exceeds(String),
    /// There is no simulation; with the reason.
    Unavailable(String),
}

/// A wrong value: the path under `given`, and the fault.
pub(super) type Wrong = (String, String);

fn wrong(at: impl Into<String>, reason: impl ToString) -> Wrong {
    (at.into(), reason.to_string())
}

/// A known asset.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: AssetId,
    pub(super) facts: AssetFacts,
}

/// The policy facts of a test case, defaults included.
pub(super) struct Stage {
    pub(super) network: Network,
    pub(super) from: Address,
    assets: BTreeMap<String, Known>,
}

impl Given {
    /// Completes these facts from `defaults`. Assets, balances and reputations are merged by name; other
    /// values are replaced as a whole.
    pub(super) fn over(&self, defaults: &Self) -> Self {
        let mut all = self.clone();
        let Self { network, wallet, from, clock, owner, fee, ledger, action, x402, erc8128, .. } =
            defaults.clone();
        all.network = all.network.or(network);
        all.wallet = all.wallet.or(wallet);
        all.from = all.from.or(from);
        all.clock = all.clock.or(clock);
        all.owner = all.owner.or(owner);
        all.fee = all.fee.or(fee);
        all.ledger = all.ledger.or(ledger);
        all.action = all.action.or(action);
        if all.x402.is_none() && all.erc8128.is_none() {
            (all.x402, all.erc8128) = (x402, erc8128);
        }
        all.simulation = all.simulation.or(defaults.simulation.clone());
        all.unsimulated = all.unsimulated.or(defaults.unsimulated);
        all.approval_timeout = all.approval_timeout.or(defaults.approval_timeout);
        all.handed_out = all.handed_out.or(defaults.handed_out);
        for (name, asset) in &defaults.assets {
            all.assets.entry(name.clone()).or_insert_with(|| asset.clone());
        }
        for (name, amount) in &defaults.balances {
            all.balances.entry(name.clone()).or_insert_with(|| amount.clone());
        }
        all.reputation.splice(0..0, defaults.reputation.iter().cloned());
        all.unknown.extend(defaults.unknown.iter().copied());
        all
    }

    /// Resolves the network, wallet and assets of the case.
    pub(super) fn stage(&self, networks: &Networks) -> Result<Stage, Wrong> {
        let name = self.network.as_deref().unwrap_or("ethereum-mainnet");
        let network = networks.find(name).map_err(|e| wrong("network", e))?.clone();
        let from = self.from.unwrap_or(match network.chain {
            Chain::Ethereum => Address::Evm([0xA1; 20]),
            Chain::Solana => Address::Solana([0xA1; 32]),
        });
        if from.chain() != network.chain {
            return Err(wrong("from", format!("{from} is no address of {name}")));
        }
        let native = GivenAsset { token: None, decimals: None, price: None };
        let symbol = network.native_symbol.to_string();
        let mut assets = BTreeMap::from([(symbol.clone(), native.known(&symbol, &network)?)]);
        for (name, asset) in &self.assets {
            assets.insert(name.clone(), asset.known(name, &network)?);
        }
        Ok(Stage { network, from, assets })
    }

    /// The policy facts, with the sums for the windows of these policies.
    pub(super) fn facts(&self, stage: &Stage, policies: &PolicySet) -> Result<PolicyFacts, Wrong> {
        let assets = stage.assets.values().map(|known| (known.id.clone(), known.facts.clone()));
        Ok(PolicyFacts {
            now: self.now()?,
            owner: self.owner.unwrap_or(OwnerState::Locked),
            assets: assets.collect(),
            ledger: self.ledger(stage, policies)?,
            default_approval_timeout: self.approval_timeout.unwrap_or(APPROVAL_TIMEOUT),
            balances: stage.amounts("balances", &self.balances)?,
            purpose: self.purpose()?,
            action: self.action.as_ref().map(|action| action.facts(stage)).transpose()?,
            reputation: self.reputation.iter().map(GivenReputation::rated).collect(),
            simulation: match &self.simulation {
                None | Some(GivenSimulation::Agrees) => SimulationCheck::Agrees,
                Some(GivenSimulation::NotApplicable) => SimulationCheck::NotApplicable,
                Some(GivenSimulation::Exceeds(what)) => SimulationCheck::Exceeds { what: what.clone() },
                Some(GivenSimulation::Unavailable(reason)) => {
                    SimulationCheck::Unavailable { reason: reason.clone() }
                }
            },
            unsimulated: self.unsimulated.unwrap_or(Unsimulated::Deny),
            lifetime: None,
            fee: FeeFacts::default(),
            handed_out: self.handed_out.unwrap_or(false),
        })
    }

    fn now(&self) -> Result<UnixSeconds, Wrong> {
        let Some(text) = &self.clock else { return Ok(NOON) };
        let time = OffsetDateTime::parse(text, &Rfc3339);
        let wants = "must be a time like 2026-01-05T12:00:00Z, in quotes";
        Ok(time.map_err(|_| wrong("clock", wants))?.unix_timestamp())
    }

    fn purpose(&self) -> Result<Purpose, Wrong> {
        match (self.x402.clone(), self.erc8128.clone()) {
            (None, None) => Ok(Purpose::Plain),
            (Some(domain), None) => Ok(Purpose::HttpPayment { domain }),
            (None, Some(domain)) => Ok(Purpose::HttpMessage { domain }),
            (Some(_), Some(_)) => Err(wrong("x402", "a request has one purpose: x402 or erc8128")),
        }
    }

    fn ledger(&self, stage: &Stage, policies: &PolicySet) -> Result<Ledger, Wrong> {
        let given = self.ledger.clone().unwrap_or_default();
        let mut ledger = Ledger {
            usd_day: given.usd_day.unwrap_or(Usd::ZERO),
            usd_month: given.usd_month.or(given.usd_day).unwrap_or(Usd::ZERO),
            asset_day: stage.amounts("ledger.asset_day", &given.asset_day)?,
            asset_month: stage.amounts("ledger.asset_month", &given.asset_month)?,
            ..Ledger::default()
        };
        for (asset, day) in &ledger.asset_day {
            ledger.asset_month.entry(asset.clone()).or_insert(*day);
        }
        if !self.unknown.contains(&Fact::Requests) {
            ledger.requests = policies.rate_windows().into_iter().map(|window| (window, 0)).collect();
        }
        for (window, count) in given.requests {
            let seconds = window.parse().map_err(|_| wrong("ledger.requests", "keys are seconds"))?;
            ledger.requests.insert(seconds, count);
        }
        if !self.unknown.contains(&Fact::Categories) {
            let none = ActionCategory::ALL.iter().map(|category| (*category, CategorySums::default()));
            ledger.categories = none.collect();
        }
        for (category, sums) in given.categories {
            let usd_day = sums.usd_day.unwrap_or(Usd::ZERO);
            let usd_month = sums.usd_month.unwrap_or(usd_day);
            ledger.categories.insert(category, CategorySums { usd_day, usd_month });
        }
        if !self.unknown.contains(&Fact::HttpMessages) {
            ledger.http_messages = Some(given.http_messages);
        }
        Ok(ledger)
    }
}

impl GivenAsset {
    fn known(&self, name: &str, network: &Network) -> Result<Known, Wrong> {
        let at = |field: &str| format!("assets.{name}.{field}");
        let (id, decimals) = match (self.token, self.decimals) {
            (None, given) => (network.native(), given.unwrap_or(network.native_decimals)),
            (Some(token), Some(decimals)) if token.chain() == network.chain => {
                (AssetId::token(&network.caip2, token), decimals)
            }
            (Some(_), Some(_)) => {
                return Err(wrong(at("token"), format!("is no address of {}", network.id)));
            }
            (Some(_), None) => return Err(wrong(at("decimals"), "a token needs them")),
        };
        let price = match self.price.as_deref() {
            None | Some("unlisted") => PriceFact::Unlisted,
            Some("unusable") => PriceFact::Unusable,
            Some(text) => PriceFact::Known(Price::from_decimal(text).map_err(|e| wrong(at("price"), e))?),
        };
        Ok(Known { id, facts: AssetFacts { symbol: name.to_owned(), decimals, price, sources: None } })
    }
}

impl Stage {
    /// The asset called `name`; the native coin if none is given.
    pub(super) fn asset(&self, at: &str, name: Option<&str>) -> Result<&Known, Wrong> {
        let name = name.unwrap_or(&self.network.native_symbol);
        let missing = || wrong(at, format!("there is no asset {name}; give it under assets"));
        self.assets.get(name).ok_or_else(missing)
    }

    /// Converts a whole amount to base units.
    pub(super) fn amount(&self, at: &str, name: Option<&str>, text: &str) -> Result<(AssetId, U256), Wrong> {
        let known = self.asset(at, name)?;
        let amount: HumanAmount = text.parse().map_err(|e| wrong(at, e))?;
        Ok((known.id.clone(), amount.to_base_units(known.facts.decimals).map_err(|e| wrong(at, e))?))
    }

    fn amounts(&self, at: &str, given: &BTreeMap<String, String>) -> Result<BTreeMap<AssetId, U256>, Wrong> {
        given.iter().map(|(name, text)| self.amount(&format!("{at}.{name}"), Some(name), text)).collect()
    }
}

impl GivenAction {
    fn facts(&self, stage: &Stage) -> Result<ActionFacts, Wrong> {
        let lending_asset = self.lending_asset.as_deref();
        let lending_asset = lending_asset.map(|name| stage.asset("action.lending_asset", Some(name)));
        Ok(ActionFacts {
            provider: self.provider.clone(),
            trusted: self.trusted.clone(),
            category: self.category,
            kind: self.kind.unwrap_or(ActionKind::Other),
            venue: self.venue.clone(),
            market: self.market.clone(),
            leverage_millionths: self.leverage.map(Millionths::get),
            position_usd: self.position_usd,
            notional_usd: self.notional_usd,
            lending_asset: lending_asset.transpose()?.map(|known| known.id.clone()),
            lending: match (self.collateral_usd, self.debt_usd) {
                (Some(collateral_usd), Some(debt_usd)) => Some(LendingPosition { collateral_usd, debt_usd }),
                (None, None) => None,
                (Some(_), None) | (None, Some(_)) => {
                    return Err(wrong("action", "collateral_usd and debt_usd go together"));
                }
            },
        })
    }
}

impl GivenReputation {
    fn rated(&self) -> (Address, FeedbackTags, Reputation) {
        let tags = FeedbackTags { tag1: self.tag1.clone(), tag2: self.tag2.clone() };
        (self.party, tags, self.score.map_or(Reputation::Unrated, Reputation::Score))
    }
}
