//! A wallet, its network, its effects and the policy facts: the fixture of every test here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use uuid::Uuid;
use waiaas_core::U256;
use waiaas_core::action::{ActionCategory, ActionFacts, ActionKind};
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects, Method};
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::money::Price;
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::nft::{NftId, NftKind};
use waiaas_core::policy::{
    AssetFacts, Denial, DenialCode, FeeFacts, Grant, Ledger, Policy, PolicyFacts, PolicySet, PolicyType,
    PriceFact, Purpose, Reputations, Rules, RulesError, Scope, Tier, Verdict, evaluate,
};
use waiaas_core::selector::Selector;
use waiaas_core::simulation::{SimulationCheck, Unsimulated};
use waiaas_core::wallet::OwnerState;

/// Monday 2026-06-01 12:30:00 UTC.
pub(crate) const MONDAY_NOON: i64 = 1_780_317_000;
/// One SOL in lamports; its price here is 100 dollars.
pub(crate) const SOL: u64 = 1_000_000_000;
/// One USDC in base units; its price here is 1 dollar.
pub(crate) const USDC: u64 = 1_000_000;

pub(crate) const USDC_MINT: &str = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
pub(crate) const USDC_BASE: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
pub(crate) const DEVNET: &str = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";

/// The networks built in, made once.
pub(crate) static NETWORKS: LazyLock<Networks> = LazyLock::new(Networks::builtin);

pub(crate) fn account(byte: u8) -> Address {
    Address::Solana([byte; 32])
}

pub(crate) fn evm(byte: u8) -> Address {
    Address::Evm([byte; 20])
}

pub(crate) fn wallet() -> WalletId {
    WalletId::new(Uuid::from_u128(1))
}

pub(crate) fn parse(policy_type: &str, rules: &Value, network: Option<&str>) -> Result<Rules, RulesError> {
    let policy_type = PolicyType::parse(policy_type).expect("policy type");
    Rules::parse(policy_type, rules, &NETWORKS, network.map(NetworkId::new).as_ref())
}

/// The message of a refusal to read rules.
pub(crate) fn refusal(policy_type: &str, rules: &Value, network: Option<&str>) -> String {
    match parse(policy_type, rules, network) {
        Ok(read) => panic!("accepted {read:?}"),
        Err(error) => error.to_string(),
    }
}

pub(crate) struct World {
    pub(crate) rows: Vec<Policy>,
    pub(crate) effects: Effects,
    pub(crate) facts: PolicyFacts,
}

impl World {
    /// A wallet on `network` that so far does nothing, may do nothing and has no owner.
    pub(crate) fn on(network: &str) -> Self {
        let network = NETWORKS.find(network).expect("network");
        let from = if network.evm_chain_id.is_some() { evm(1) } else { account(1) };
        let native = AssetFacts {
            symbol: network.native_symbol.to_string(),
            decimals: network.native_decimals,
            price: price("100"),
            sources: None,
        };
        let facts = PolicyFacts {
            now: MONDAY_NOON,
            owner: OwnerState::None,
            assets: BTreeMap::from([(network.native(), native)]),
            ledger: Ledger::default(),
            default_approval_timeout: 3_600,
            balances: BTreeMap::new(),
            purpose: Purpose::Plain,
            action: None,
            reputation: Reputations::default(),
            simulation: SimulationCheck::Agrees,
            unsimulated: Unsimulated::Deny,
            lifetime: None,
            fee: FeeFacts::default(),
            handed_out: false,
        };
        let effects = Effects {
            network: network.id.clone(),
            native: network.native(),
            from,
            items: Vec::new(),
            methods: Vec::new(),
            seen: Vec::new(),
        };
        Self { rows: Vec::new(), effects, facts }
    }

    pub(crate) fn solana() -> Self {
        Self::on("solana-devnet")
    }

    pub(crate) fn owned(mut self) -> Self {
        self.facts.owner = OwnerState::Locked;
        self
    }

    /// Adds a row for every wallet and network.
    pub(crate) fn row(self, policy_type: &str, rules: &Value) -> Self {
        self.row_at(policy_type, rules, None)
    }

    /// Adds a row for one network.
    pub(crate) fn row_at(mut self, policy_type: &str, rules: &Value, network: Option<&str>) -> Self {
        let rules = parse(policy_type, rules, network).expect("rules");
        let id = PolicyId::new(Uuid::from_u128(self.rows.len() as u128 + 1));
        let scope = Scope { wallet: None, network: network.map(NetworkId::new) };
        self.rows.push(Policy { id, scope, priority: 0, rules });
        self
    }

    pub(crate) fn effect(mut self, effect: Effect) -> Self {
        self.effects.items.push(effect);
        self
    }

    pub(crate) fn native(self, amount: u64) -> Self {
        let to = if self.effects.native.caip2.starts_with("solana") { account(9) } else { evm(9) };
        self.effect(Effect::NativeOut { to, amount: U256::from(amount) })
    }

    pub(crate) fn fee(self, amount: u64) -> Self {
        self.effect(Effect::NetworkFee { max: U256::from(amount) })
    }

    /// Calls a method, without effects of its own.
    pub(crate) fn method(mut self, target: Address, selector: Option<Selector>) -> Self {
        self.effects.methods.push(Method { target, selector });
        self
    }

    /// A token with six decimals and a price of one dollar.
    pub(crate) fn knows(mut self, address: &str) -> Self {
        let asset = AssetId::token(&self.effects.native.caip2, address.parse().expect("token"));
        let facts = AssetFacts { symbol: "USDC".to_owned(), decimals: 6, price: price("1"), sources: None };
        self.facts.assets.insert(asset, facts);
        self
    }

    /// Sends a token with six decimals and a price of one dollar.
    pub(crate) fn token(mut self, address: &str, amount: u64) -> Self {
        let asset = AssetId::token(&self.effects.native.caip2, address.parse().expect("token"));
        let facts = AssetFacts { symbol: "USDC".to_owned(), decimals: 6, price: price("1"), sources: None };
        self.facts.assets.insert(asset.clone(), facts);
        let to = if self.effects.native.caip2.starts_with("solana") { account(9) } else { evm(9) };
        self.effect(Effect::TokenOut { asset, to, amount: U256::from(amount) })
    }

    /// Lets `spender` take so much of a token with six decimals and a price of one dollar, of which
    /// the wallet holds `held`.
    pub(crate) fn allowance(mut self, address: &str, spender: Address, amount: u64, held: u64) -> Self {
        let asset = AssetId::token(&self.effects.native.caip2, address.parse().expect("token"));
        let facts = AssetFacts { symbol: "USDC".to_owned(), decimals: 6, price: price("1"), sources: None };
        self.facts.assets.insert(asset.clone(), facts);
        self.facts.balances.insert(asset.clone(), U256::from(held));
        self.effect(Effect::Allowance { asset, spender, amount: U256::from(amount), through: None })
    }

    /// Calls a method, undecoded unless `decoded`.
    pub(crate) fn call(self, target: Address, selector: [u8; 4], decoded: bool) -> Self {
        self.effect(Effect::ContractCall { target, selector: Some(Selector::evm(selector)), decoded })
    }

    /// A row for the network of this world.
    pub(crate) fn row_here(self, policy_type: &str, rules: &Value) -> Self {
        let network = self.effects.network.clone();
        self.row_at(policy_type, rules, Some(network.as_str()))
    }

    /// The wallet may spend up to a million dollars at once, and nothing else.
    pub(crate) fn rich(network: &str) -> Self {
        Self::on(network).row("SPENDING_LIMIT", &serde_json::json!({"instant_max_usd": 1_000_000}))
    }

    pub(crate) fn purpose(mut self, purpose: Purpose) -> Self {
        self.facts.purpose = purpose;
        self
    }

    pub(crate) fn action(mut self, action: ActionFacts) -> Self {
        self.facts.action = Some(action);
        self
    }

    pub(crate) fn price_of_all(mut self, price: PriceFact) -> Self {
        for facts in self.facts.assets.values_mut() {
            facts.price = price;
        }
        self
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let policies = PolicySet::select(self.rows.clone(), wallet(), &self.effects.network);
        evaluate(&policies, &self.effects, &self.facts)
    }

    pub(crate) fn grant(&self) -> Grant {
        match self.verdict() {
            Verdict::Granted(grant) => grant,
            Verdict::Denied(denials) => panic!("denied: {denials:?}"),
        }
    }

    pub(crate) fn tier(&self) -> Tier {
        self.grant().tier
    }

    pub(crate) fn denials(&self) -> Vec<Denial> {
        match self.verdict() {
            Verdict::Granted(grant) => panic!("granted: {grant:?}"),
            Verdict::Denied(denials) => denials,
        }
    }

    pub(crate) fn codes(&self) -> Vec<DenialCode> {
        self.denials().into_iter().map(|denial| denial.code).collect()
    }
}

/// An action of a kind and category about which nothing else is known.
pub(crate) fn action(category: ActionCategory, kind: ActionKind) -> ActionFacts {
    ActionFacts {
        provider: "provider".to_owned(),
        trusted: Vec::new(),
        category,
        kind,
        venue: None,
        market: None,
        leverage_millionths: None,
        position_usd: None,
        notional_usd: None,
        lending_asset: None,
        lending: None,
    }
}

pub(crate) fn nft(network: &str, contract: u8, token_id: u64) -> NftId {
    let network = NETWORKS.find(network).expect("network");
    let kind = NftKind::Erc721 { collection: evm(contract), token_id: U256::from(token_id) };
    NftId { caip2: network.caip2.clone(), kind }
}

pub(crate) fn price(dollars: &str) -> PriceFact {
    PriceFact::Known(Price::from_decimal(dollars).expect("price"))
}
