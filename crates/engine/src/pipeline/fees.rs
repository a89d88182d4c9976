//! The fee check: the operator's cap and the fee that the network asks for.
//!
//! Belongs here: the one fee check of all transactions, whether built here or provided by the caller. Does
//! not belong here: the fee that a network asks for (the chain), and the treatment of a higher offer
//! (`core::policy`).

use waiaas_chains::{Chain as ChainPort, ChainError, Refusal};
use waiaas_core::U256;
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::money::format_units;
use waiaas_core::network::{Chain, Network};
use waiaas_core::policy::{FeeFacts, PriceFact};

use crate::Engine;
use crate::config::{FeeCap, FeeCapKind, FeeFigure};
use crate::error::{Details, Error, ErrorCode};
use crate::pipeline::shortage;

/// The operator's fee cap for one draft at present prices.
pub(crate) struct Cap<'a> {
    network: &'a Network,
    setting: String,
    /// The cap in base units of the native coin; none if the cap is in dollars and the coin has no usable
    /// price.
    pub(crate) most: Option<U256>,
}

/// The cap for a draft with these effects.
pub(crate) async fn cap<'a>(engine: &Engine, network: &'a Network, effects: &Effects) -> Cap<'a> {
    let kind = if effects.is_plain_transfer() { FeeCapKind::Transfer } else { FeeCapKind::Any };
    cap_of(engine, network, kind).await
}

/// The cap of this kind.
pub(crate) async fn cap_of<'a>(engine: &Engine, network: &'a Network, kind: FeeCapKind) -> Cap<'a> {
    let FeeCap { setting, most } = engine.config().fees.cap(network, kind);
    let most = match most {
        FeeFigure::Native(amount) => Some(amount),
        FeeFigure::Usd(usd) => match engine.prices().price(&network.native(), engine.now()).await {
            // The highest of the agreeing prices gives the smallest amount.
            PriceFact::Known(price) => price.most_for(usd, network.native_decimals),
            PriceFact::Unlisted | PriceFact::Unusable | PriceFact::NotAsked => None,
        },
    };
    Cap { network, setting, most }
}

impl Cap<'_> {
    /// The error for a minimum fee, `need`, that is above the cap.
    pub(crate) fn exceeded(&self, need: U256, cap: U256) -> Error {
        let Network { native_decimals, native_symbol, .. } = self.network;
        let show = |amount| format!("{} {native_symbol}", format_units(amount, *native_decimals));
        let (need, cap) = (show(need), show(cap));
        let message = format!(
            "The network fee of {need} on {} is above the cap of {cap} that {} sets.",
            self.network.id, self.setting
        );
        let hint = format!(
            "Wait until the network asks for less, offer less, or have the operator raise {}.",
            self.setting
        );
        let details = Details::Fee { setting: self.setting.clone(), need, cap };
        Error::new(ErrorCode::FeeAboveCap, message).hint(hint).details(details)
    }

    /// Converts an error of completing a draft; names this cap if the cap was the reason.
    pub(crate) fn explain(&self, error: ChainError) -> Error {
        match (&error, self.most) {
            (ChainError::Refused(Refusal::FeeAboveCap { fee, cap }), Some(most)) if *cap == most => {
                self.exceeded(*fee, most)
            }
            _ => error.into(),
        }
    }

    /// The reason why the fee cannot be compared with the cap, for display.
    fn unknown(&self) -> String {
        let Network { id, native_symbol: symbol, .. } = self.network;
        let table = self.setting.trim_end_matches("_usd");
        format!(
            "{symbol} has no usable price, so the fee cannot be held against {}; a cap in {symbol} can be set \
             under [{table}] for {id}",
            self.setting
        )
    }
}

/// Converts the error of building a draft. A fee above the cap is reported as such, whatever the wallet
/// holds; otherwise a node with invented prices could report a shortage of funds.
pub(crate) async fn unbuilt(engine: &Engine, network: &Network, error: ChainError) -> Error {
    if let (ChainError::Refused(Refusal::InsufficientForFee { need, .. }), Chain::Ethereum) =
        (&error, network.chain)
    {
        let cap = cap_of(engine, network, FeeCapKind::Any).await;
        if let Some(most) = cap.most.filter(|most| need > most) {
            return cap.exceeded(*need, most);
        }
    }
    match error {
        ChainError::Refused(refusal) => shortage::told(engine, network, refusal).await,
        other => other.into(),
    }
}

/// Compares the fee of a draft with the operator's cap and with the fee that the network asks for. Returns the
/// draft with its budget cut to the cap, and the fee facts; fails if the need is above the cap.
pub(crate) async fn judge(
    engine: &Engine,
    chain: &dyn ChainPort,
    draft: Draft,
    effects: &Effects,
) -> Result<(Draft, FeeFacts), Error> {
    if effects.fee().is_zero() {
        return Ok((draft, FeeFacts::default()));
    }
    let quote = chain.fee(&draft).await?;
    let quote = quote.ok_or_else(|| Error::internal("a draft with a fee that its chain knows nothing of"))?;
    let cap = cap(engine, chain.codec().network(), effects).await;
    let Some(most) = cap.most else {
        return Ok((draft, FeeFacts { asked: quote.asked, uncapped: Some(cap.unknown()) }));
    };
    if quote.least > most {
        return Err(cap.exceeded(quote.least, most));
    }
    let draft = if quote.offered > most { chain.codec().capped(&draft, most)? } else { draft };
    Ok((draft, FeeFacts { asked: quote.asked, uncapped: None }))
}
