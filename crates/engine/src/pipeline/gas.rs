//! Gas conditions: waiting for a low network fee, after all other waiting and before signing. A condition
//! never replaces the delay or approval of the tier.

use waiaas_chains::{GasPrices, MostPrices};
use waiaas_core::UnixSeconds;
use waiaas_core::effect::Effects;
use waiaas_core::gas::GasTarget;
use waiaas_core::policy::Tier;
use waiaas_core::presentation::GasBound;
use waiaas_store::{Stored, TransactionRow};

use crate::Engine;
use crate::error::{Error, ErrorCode};
use crate::views::GasState;

/// Default waiting time of a condition, in seconds.
const DEFAULT_TIMEOUT: u32 = 3_600;

/// The longest wait of a swap without an owner's approval, in seconds: its minimum output was judged by the
/// prices at admission.
const LONGEST_FOR_SWAP: UnixSeconds = 20 * 60;

/// Whether a condition allows signing now.
pub(crate) enum Gas {
    /// No condition, or the condition is met.
    Go,
    /// The fee is above the condition, or no node answers.
    Wait,
    /// The condition was not met in time.
    Over,
}

/// The stored condition of a transaction.
pub(crate) fn target(row: &TransactionRow) -> Result<Option<GasTarget>, Error> {
    Ok(row.gas_condition.as_ref().map(Stored::read).transpose()?)
}

/// A condition in the presentation.
pub(crate) fn shown(target: &GasTarget) -> GasBound {
    let digits = |price: Option<u128>| price.map(|price| price.to_string());
    GasBound {
        max_gas_price: digits(target.max_gas_price),
        max_priority_fee: digits(target.max_priority_fee),
        seconds: target.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT),
    }
}

/// The highest prices per unit of gas at which the condition allows signing.
pub(crate) fn most(row: &TransactionRow) -> Result<MostPrices, Error> {
    let target = target(row)?;
    Ok(target.map_or_else(MostPrices::default, |target| MostPrices {
        price: target.max_gas_price,
        priority: target.max_priority_fee,
    }))
}

/// Whether the condition's time is over.
pub(crate) fn is_over(engine: &Engine, row: &TransactionRow) -> Result<bool, Error> {
    Ok(target(row)?.is_some_and(|target| engine.now() >= ends(&target, row)))
}

/// Whether the condition allows signing. Its time starts when all other waiting is over.
pub(crate) async fn check(engine: &Engine, row: &TransactionRow) -> Result<Gas, Error> {
    let Some(target) = target(row)? else { return Ok(Gas::Go) };
    let now = engine.gas_watch().prices(&row.network, &*engine.chain(&row.network)?).await;
    let over = engine.now() >= ends(&target, row);
    if now.is_some_and(|now| met(&target, now)) && !(over && is_hurried(row)) {
        return Ok(Gas::Go);
    }
    Ok(if over { Gas::Over } else { Gas::Wait })
}

/// Returns the time at which the condition of a transaction times out.
pub(crate) fn ends(target: &GasTarget, row: &TransactionRow) -> UnixSeconds {
    let end = end(target, row.updated_at);
    if is_hurried(row) { end.min(row.updated_at.saturating_add(LONGEST_FOR_SWAP)) } else { end }
}

/// Whether the transaction must not be signed late, even if the condition is met.
fn is_hurried(row: &TransactionRow) -> bool {
    row.tier != Some(Tier::Approval) && may_swap(row.effects.as_ref())
}

/// Whether a swap is among the effects, as far as they can be read.
fn may_swap(effects: Option<&Stored<Effects>>) -> bool {
    let effects = effects.and_then(|effects| effects.read().ok());
    effects.is_none_or(|effects| effects.all().any(|effect| effect.swap().is_some()))
}

/// Returns the time at which a condition that began to wait at `since` times out.
fn end(target: &GasTarget, since: UnixSeconds) -> UnixSeconds {
    since.saturating_add(i64::from(target.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT)))
}

/// The error for a condition that was not met in time.
pub(crate) fn timeout() -> Error {
    Error::new(ErrorCode::GasConditionTimeout, "The gas condition was not met in time.")
        .hint("Ask again with a higher price or a longer timeout; nothing was signed.")
}

/// A condition as a dry run shows it.
pub(crate) async fn state(
    engine: &Engine,
    network: &waiaas_core::network::Network,
    target: GasTarget,
) -> Result<GasState, Error> {
    let now = engine.chain(&network.id)?.gas_prices().await?;
    Ok(GasState { met: met(&target, now), price: now.price, priority: now.priority, target })
}

fn met(target: &GasTarget, now: GasPrices) -> bool {
    target.max_gas_price.is_none_or(|max| now.price <= max)
        && target.max_priority_fee.is_none_or(|max| now.priority <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_prices_have_to_fit_and_the_boundary_is_inside() {
        let now = GasPrices { price: 10, priority: 2 };
        let with = |max_gas_price, max_priority_fee| {
            met(&GasTarget { max_gas_price, max_priority_fee, timeout_seconds: None }, now)
        };
        assert!(with(Some(10), None) && with(None, Some(2)) && with(Some(10), Some(2)));
        assert!(
            !with(Some(9), None)
                && !with(None, Some(1))
                && !with(Some(10), Some(1))
                && !with(Some(9), Some(2))
        );
    }

    #[test]
    fn a_condition_ends() {
        let target = GasTarget { max_gas_price: Some(1), max_priority_fee: None, timeout_seconds: None };
        assert_eq!(end(&target, 100), 3_700);
        assert_eq!(end(&GasTarget { timeout_seconds: Some(60), ..target }, 100), 160);
        let damaged = Stored::json("{}".to_owned());
        assert!(may_swap(None) && may_swap(Some(&damaged)), "effects that cannot be read may be a swap");
    }
}
