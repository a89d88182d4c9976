//! Renders a presentation as text: as lines for a screen, and as the one line of a statement (EIP-4361).

use alloy_primitives::U256;

use super::foreign::{quoted, word};
use super::{KnownAs, Presentation, effects};
use crate::address::Address;
use crate::asset::AssetId;
use crate::money::format_units;
use crate::simulation::SimulationCheck;

/// The question to the owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// Approve the request.
    Approve,
    /// Reject the request.
    Reject,
}

impl Ask {
    /// The verb of the question.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Approve => "APPROVE",
            Self::Reject => "REJECT",
        }
    }
}

/// One line for a screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Indentation level.
    pub depth: usize,
    /// Its text, without a line break.
    pub text: String,
}

/// The lines written so far, and their subject.
pub(super) struct Page<'a> {
    about: &'a Presentation,
    lines: Vec<Line>,
}

impl Presentation {
    /// The question, line by line.
    pub fn lines(&self, ask: Ask) -> Vec<Line> {
        let mut page = Page { about: self, lines: Vec::new() };
        if let SimulationCheck::Unavailable { reason } = &self.simulation {
            let why = quoted(reason);
            page.line(0, format!("WARNING: NOT SIMULATED. No node could run it: {why}."));
        }
        let what = match self.simulation {
            SimulationCheck::NotApplicable => "signature",
            SimulationCheck::Agrees
            | SimulationCheck::Exceeds { .. }
            | SimulationCheck::Unavailable { .. } => "transaction",
        };
        let (verb, wallet) = (ask.verb(), self.effects.from);
        let network = word(self.effects.network.as_str());
        page.line(0, format!("{verb} this {what} of the wallet {wallet} on {network}."));
        page.line(0, "It does this:".to_owned());
        for (at, effect) in self.effects.all().enumerate() {
            let text = effects::describe(effect, &page);
            let seen = if at < self.effects.items.len() { "" } else { "SEEN IN SIMULATION, NOT DECODED: " };
            page.line(1, format!("{}. {seen}{text};", at.saturating_add(1)));
        }
        page.strangers();
        page.verdict();
        if !self.content.is_empty() {
            page.line(0, "This is signed:".to_owned());
            for part in &self.content {
                part.write(&mut page, 1);
            }
        }
        if page.lines.iter().any(|line| line.text.contains('~')) {
            let legend = "Text in quotation marks was written by others. ~ and a number and ~ stand for the \
                          character with that number in Unicode, ~a~ for a line break.";
            page.line(0, legend.to_owned());
        }
        page.lines
    }

    /// The question as one line, with only the characters that a statement may have.
    pub fn statement(&self, ask: Ask) -> String {
        let lines: Vec<String> = self.lines(ask).into_iter().map(|line| line.text).collect();
        lines.join(" ")
    }
}

impl Page<'_> {
    pub(super) fn line(&mut self, depth: usize, text: String) {
        self.lines.push(Line { depth, text });
    }

    /// Accounts that the wallet has not dealt with, and what they look like.
    fn strangers(&mut self) {
        for stranger in &self.about.strangers {
            let address = stranger.address;
            let text = match &stranger.like {
                None => format!("NEW: no transaction that this wallet sent, and no policy, names {address}."),
                Some(like) => {
                    let known = match like.known_as {
                        KnownAs::Listed => "a policy lists",
                        KnownAs::Own => "is the wallet's own or its owner's",
                        KnownAs::Used => "this wallet has used",
                        KnownAs::Waiting => "another waiting request names",
                    };
                    let other = like.address;
                    format!(
                        "WARNING: {address} LOOKS LIKE {other}, which {known}, BUT IT IS ANOTHER ACCOUNT. Such \
                         addresses are made to deceive."
                    )
                }
            };
            self.line(0, text);
        }
    }

    /// Value, tier, simulation check, reasons, and the transaction that it replaces.
    fn verdict(&mut self) {
        let about = self.about;
        let worth =
            about.usd.map_or_else(|| "Its value is unknown".to_owned(), |usd| format!("Worth {usd} USD"));
        self.line(0, format!("{worth}; tier {}.", about.tier));
        match &about.simulation {
            SimulationCheck::NotApplicable => {
                self.line(0, "It is not a transaction, so no node can simulate it.".to_owned());
            }
            SimulationCheck::Agrees => {
                self.line(0, "A simulation on a node shows nothing else leaving the wallet.".to_owned());
            }
            SimulationCheck::Exceeds { what } => {
                self.line(0, format!("WARNING: A simulation on a node shows more: {}.", quoted(what)));
            }
            // The first line says so.
            SimulationCheck::Unavailable { .. } => {}
        }
        for reason in &about.reasons {
            let by = reason.policy_type.map_or_else(|| "a default rule".to_owned(), |t| t.to_string());
            self.line(0, format!("Asked because of {by}: {}.", quoted(&reason.message)));
        }
        if let Some(old) = about.replaces {
            let text = format!(
                "It replaces the transaction {old}, which was sent; at most one of the two is included."
            );
            self.line(0, text);
        }
        self.gas();
    }

    /// The network prices that it waits for after the approval.
    fn gas(&mut self) {
        let about = self.about;
        let Some(bound) = &about.gas else { return };
        let unit = match about.effects.from {
            Address::Evm(_) => "wei per gas",
            Address::Solana(_) => "micro-lamports per compute unit",
        };
        let most = |what: &str, price: Option<&String>| {
            price.map(|price| format!("at most {} {unit}{what}", word(price)))
        };
        let price = most("", bound.max_gas_price.as_ref());
        let priority = most(" as priority fee", bound.max_priority_fee.as_ref());
        let asked: Vec<_> = price.into_iter().chain(priority).collect();
        let (asked, seconds) = (asked.join(" and "), bound.seconds);
        let text = format!(
            "Once approved it is not signed before the network asks for {asked}, and is given up when that takes \
             longer than {seconds} seconds."
        );
        self.line(0, text);
    }

    /// An amount of the native coin.
    pub(super) fn native(&self, amount: U256) -> String {
        self.units(&self.about.effects.native, amount)
    }

    /// An amount with its unit.
    pub(super) fn units(&self, asset: &AssetId, amount: U256) -> String {
        match self.about.assets.get(asset) {
            Some(unit) if *asset == self.about.effects.native => {
                format!("{} {}", format_units(amount, unit.decimals), word(&unit.symbol))
            }
            Some(unit) => {
                let (amount, symbol) = (format_units(amount, unit.decimals), quoted(&unit.symbol));
                format!("{amount} {symbol} of {}", self.asset(asset))
            }
            None => format!("{amount} base units of {}", self.asset(asset)),
        }
    }

    /// An asset by its full address.
    pub(super) fn asset(&self, asset: &AssetId) -> String {
        match asset.token_address() {
            Some(token) if asset.caip2 == self.about.effects.native.caip2 => format!("the token {token}"),
            _ if *asset == self.about.effects.native => "the native coin".to_owned(),
            _ => asset.to_string(),
        }
    }

    /// Whether an address is a token whose units are known.
    pub(super) fn is_token(&self, address: Address) -> bool {
        self.about.assets.contains_key(&AssetId::token(&self.about.effects.native.caip2, address))
    }

    /// Decimal digits as an amount of a token.
    pub(super) fn amount(&self, token: Address, digits: &str) -> Option<String> {
        let unit = self.about.assets.get(&AssetId::token(&self.about.effects.native.caip2, token))?;
        let amount: U256 = digits.parse().ok()?;
        Some(format!("{} {}", format_units(amount, unit.decimals), quoted(&unit.symbol)))
    }
}
