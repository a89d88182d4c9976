//! What several nodes saw one transaction do.

use waiaas_core::simulation::Observed;

use crate::rpc::Asked;
use crate::{ChainError, Observation};

/// What they are asked about, as the object of a sentence.
pub(crate) const RUN: &str = "what the transaction does";

/// All that any of those saw that ran it. One that hides something hides nothing that another shows, and one
/// of several alone shows nothing.
///
/// # Errors
///
/// [`ChainError::Refused`] where it fails by the word of any, and [`ChainError::Corrupt`] where it cannot be
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
    fn whoever_sees_more_counts() {
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
