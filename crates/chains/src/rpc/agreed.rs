//! The joint answer of several endpoints about one fact that decides the input of a policy.
//!
//! A single false endpoint could otherwise choose such a fact, and so the verdict. If several endpoints are
//! configured, each is asked, all answers must be equal, and one answer alone proves nothing. Belongs here:
//! the conclusion from their answers. Does not belong here: the questions.

use crate::{ChainError, Refusal};

/// An answer: a fact, or a refusal of the request.
type Said<T> = Result<T, Refusal>;

/// A question to the endpoints of a network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) network: &'a str,
    /// The number of configured endpoints, asked or not.
    pub(crate) configured: usize,
    /// The fact, as the subject of an error text.
    pub(crate) about: &'static str,
}

impl Asked<'_> {
    /// Returns the common answer of all endpoints that answered.
    ///
    /// # Errors
    ///
    /// [`ChainError::Contradiction`] if the answers differ, [`ChainError::Unproved`] if only one of several
    /// endpoints answered, the failure of one endpoint if none answered, and the refusal if all answers are
    /// the same refusal.
    pub(crate) fn agreed<T: PartialEq>(
        self,
        told: impl IntoIterator<Item = Result<T, ChainError>>,
    ) -> Result<T, ChainError> {
        let mut answers = self.heard(told)?.into_iter();
        let Some(first) = answers.next() else {
            return Err(self.unproved("no endpoint was asked"));
        };
        if answers.any(|other| other != first) {
            return Err(ChainError::Contradiction { network: self.network.to_owned(), about: self.about });
        }
        first.map_err(ChainError::Refused)
    }

    /// Returns the answers of all endpoints that answered: one if one is configured, otherwise at least two.
    ///
    /// # Errors
    ///
    /// As [`Asked::agreed`], without the contradiction.
    pub(crate) fn heard<T>(
        self,
        told: impl IntoIterator<Item = Result<T, ChainError>>,
    ) -> Result<Vec<Said<T>>, ChainError> {
        let (mut answers, mut failure) = (Vec::new(), None);
        for answer in told {
            match answer {
                Ok(answer) => answers.push(Ok(answer)),
                Err(ChainError::Refused(refusal)) => answers.push(Err(refusal)),
                Err(silent) if silent.blames_nodes() => failure = Some(silent),
                Err(broken) => return Err(broken),
            }
        }
        match failure {
            Some(failure) if answers.is_empty() => Err(failure),
            failure if answers.len() < self.configured.min(2) => {
                let why = failure
                    .map_or_else(|| "no other endpoint was asked".to_owned(), |failure| failure.to_string());
                Err(self.unproved(&format!("two endpoints must answer, and only one did ({why})")))
            }
            _ => Ok(answers),
        }
    }

    fn unproved(self, why: &str) -> ChainError {
        ChainError::Unproved { network: self.network.to_owned(), what: format!("{}: {why}", self.about) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(configured: usize, told: Vec<Result<u8, ChainError>>) -> Result<u8, ChainError> {
        Asked { network: "test", configured, about: "a fact" }.agreed(told)
    }

    fn silent() -> Result<u8, ChainError> {
        Err(ChainError::Unreachable { network: "test".to_owned(), reason: "down".to_owned() })
    }

    fn refused(why: &str) -> Result<u8, ChainError> {
        Err(ChainError::Refused(Refusal::Unsupported(why.to_owned())))
    }

    #[test]
    fn one_answer_of_several_endpoints_proves_nothing() {
        assert!(matches!(rule(1, vec![Ok(6)]), Ok(6)));
        assert!(matches!(rule(2, vec![Ok(6), Ok(6)]), Ok(6)));
        assert!(matches!(rule(3, vec![Ok(6), silent(), Ok(6)]), Ok(6)));
        assert!(matches!(rule(2, vec![Ok(6), silent()]), Err(ChainError::Unproved { .. })));
        assert!(matches!(rule(2, vec![Ok(6)]), Err(ChainError::Unproved { .. })));
        assert!(matches!(rule(2, vec![silent(), refused("no")]), Err(ChainError::Unproved { .. })));
        assert!(matches!(rule(2, vec![silent(), silent()]), Err(ChainError::Unreachable { .. })));
        assert!(matches!(rule(2, vec![]), Err(ChainError::Unproved { .. })));
    }

    #[test]
    fn different_answers_are_a_contradiction() {
        let contradicted =
            |told| matches!(rule(2, told), Err(ChainError::Contradiction { about: "a fact", .. }));
        assert!(contradicted(vec![Ok(6), Ok(30)]));
        assert!(contradicted(vec![Ok(6), Ok(6), Ok(30)]), "no majority decides");
        assert!(contradicted(vec![Ok(6), silent(), Ok(30)]));
        assert!(contradicted(vec![Ok(6), refused("no")]));
        assert!(contradicted(vec![refused("no"), refused("not at all")]));
        assert!(matches!(rule(2, vec![refused("no"), refused("no")]), Err(ChainError::Refused(_))));
    }
}
