//! The effects of one transaction as several nodes saw them.

use waiaas_core::simulation::Observed;

use crate::rpc::Asked;
use crate::{ChainError, Observation};

/// The subject of the question to nodes, used in error texts.
pub(crate) const RUN: &str = "the effects of the transaction";

/// Joins the observations of all nodes that ran the transaction. An effect that one node hides is still
/// reported by another; a single answer of several configured endpoints is not enough.
///
/// # Errors
///
/// [`ChainError::Refused`] if the run fails on any node, and [`ChainError::Corrupt`] if the draft cannot be
/// read.
pub(crate) fn join(
    asked: Asked<'_>,
    told: impl IntoIterator<Item = Result<Observed, ChainError>>,
) -> Result<Observation, ChainError> {
    let heard = match asked.heard(told) {
        Ok(heard) => heard,
        Err(error) if error.blames_nodes() => return Ok(Observation::Unavailable(error.to_string())),
        Err(error) => return Err(error),
    };
    let mut all = Observed::default();
    for observed in heard {
        all.join(observed?);
    }
    Ok(Observation::Seen(Box::new(all)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;
    use waiaas_core::U256;

    fn sees(amount: u8) -> Result<Observed, ChainError> {
        Ok(Observed { native: [(None, U256::from(amount))].into(), ..Observed::default() })
    }

    #[test]
    fn all_observed_effects_are_joined() {
        let two = |told: [Result<Observed, ChainError>; 2]| {
            join(Asked { network: "test", configured: 2, about: RUN }, told)
        };
        let silent = || ChainError::Unreachable { network: "test".to_owned(), reason: "down".to_owned() };
        let fails = || ChainError::Refused(Refusal::SimulationFailed("no".to_owned()));
        let worst = Observation::Seen(Box::new(sees(9).expect("seen")));
        for told in [[sees(0), sees(9)], [sees(9), sees(0)], [sees(9), Ok(Observed::default())]] {
            assert_eq!(two(told).expect("an observation"), worst);
        }
        assert!(matches!(two([sees(0), Err(silent())]), Ok(Observation::Unavailable(_))));
        assert!(matches!(two([sees(0), Err(fails())]), Err(ChainError::Refused(_))));
    }
}
