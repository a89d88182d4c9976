//! What several endpoints say of one fact that decides what a policy sees.
//!
//! One endpoint that lies could choose such a fact alone, and with it what is allowed. So where several are
//! configured, each is asked, all that answer must say the same, and one alone says nothing. Belongs here:
//! what follows from their answers. Does not belong here: the questions.

use crate::{ChainError, Refusal};

/// What was said: a fact, or that the request cannot be carried out.
type Said<T> = Result<T, Refusal>;

/// Who was asked about what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) network: &'a str,
    /// Endpoints that are configured, asked or not.
    pub(crate) configured: usize,
    /// The fact, as the object of a sentence.
    pub(crate) about: &'static str,
}

impl Asked<'_> {
    /// What all that answered say.
    ///
    /// # Errors
    ///
    /// [`ChainError::Contradiction`] where they differ, [`ChainError::Unproved`] where one of several
    /// answered alone, the failure of one where none did, and the refusal that all of them give.
    pub(crate) fn agreed<T: PartialEq>(
        self,
        told: impl IntoIterator<Item = Result<T, ChainError>>,
    ) -> Result<T, ChainError> {
        let mut answers = self.heard(told)?.into_iter();
        let Some(first) = answers.next() else {
            return Err(self.unproved("none was asked"));
        };
        if answers.any(|other| other != first) {
            return Err(ChainError::Contradiction { network: self.network.to_owned(), about: self.about });
        }
        first.map_err(ChainError::Refused)
    }

    /// What those say that answered: one where one is configured, otherwise two at least.
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
                let why =
                    failure.map_or_else(|| "no other was asked".to_owned(), |failure| failure.to_string());
                Err(self.unproved(&format!("two have to say it, and one does ({why})")))
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
    fn one_of_several_alone_says_nothing() {
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
    fn what_is_contradicted_is_not_known() {
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
