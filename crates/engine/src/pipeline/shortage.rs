//! Shortage of funds, in human units.

use waiaas_chains::Refusal;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::money::format_units;
use waiaas_core::network::Network;

use crate::Engine;
use crate::error::{Details, Error};
use crate::pipeline::assets;

/// Converts a chain's refusal to an error. For an asset with known decimals the message has human units and
/// the details have base units.
pub(crate) async fn told(engine: &Engine, network: &Network, refusal: Refusal) -> Error {
    let said = match &refusal {
        Refusal::InsufficientBalance { asset, have, need } => {
            let Some(show) = units(engine, network, asset).await else { return refusal.into() };
            let message = format!("The wallet has {} but needs {}.", show(*have), show(*need));
            (message, asset.clone(), have, need)
        }
        Refusal::InsufficientForFee { have, need } => {
            let asset = network.native().to_string();
            let show = |amount| shown(amount, network.native_decimals, &network.native_symbol);
            let message = format!(
                "The wallet has {}, too little for the network fee of up to {}.",
                show(*have),
                show(*need)
            );
            (message, asset, have, need)
        }
        Refusal::InsufficientNft { .. }
        | Refusal::NotAToken(_)
        | Refusal::BadRecipient(_)
        | Refusal::RecipientOffCurve(_)
        | Refusal::SimulationFailed(_)
        | Refusal::PermitMismatch(_)
        | Refusal::AllowanceStands { .. }
        | Refusal::FeeAboveCap { .. }
        | Refusal::PriorityAboveCap { .. }
        | Refusal::PriceAboveCondition
        | Refusal::NonceTooFarAhead { .. }
        | Refusal::NothingToReplace
        | Refusal::BatchUnsupported
        | Refusal::ChainIdMismatch { .. }
        | Refusal::UnsignableMessage(_)
        | Refusal::MalformedTypedData { .. }
        | Refusal::Unsupported(_) => return refusal.into(),
    };
    let (message, asset, have, need) = said;
    let details = Details::Shortage { asset, have: have.to_string(), need: need.to_string() };
    Error { message, ..Error::from(refusal).details(details) }
}

fn shown(amount: U256, decimals: u8, symbol: &str) -> String {
    format!("{} {symbol}", format_units(amount, decimals))
}

/// Returns the formatter for amounts of an asset, if its decimals are known.
async fn units(engine: &Engine, network: &Network, asset: &str) -> Option<impl Fn(U256) -> String + use<>> {
    let asset: AssetId = asset.parse().ok()?;
    let (decimals, symbol) = if asset == network.native() {
        (network.native_decimals, network.native_symbol.to_string())
    } else {
        let chain = engine.chain(&network.id).ok()?;
        let known = assets::token(engine, network, &*chain, asset.token_address()?).await.ok()?;
        let symbol = if known.symbol.is_empty() { asset.to_string() } else { known.symbol };
        (known.decimals, symbol)
    };
    Some(move |amount| shown(amount, decimals, &symbol))
}
