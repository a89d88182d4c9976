//! The four tiers. A denial is not a tier.

use serde::{Deserialize, Serialize};

/// What must happen before a granted transaction is signed. Ordered: later is stricter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Tier {
    /// Signed at once.
    Instant,
    /// Signed at once; the operator is notified.
    Notify,
    /// After a delay in which it can be cancelled.
    Delay,
    /// After the owner's signature.
    Approval,
}

impl Tier {
    /// All tiers, laxest first.
    pub const ALL: [Self; 4] = [Self::Instant, Self::Notify, Self::Delay, Self::Approval];

    /// The wire name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instant => "INSTANT",
            Self::Notify => "NOTIFY",
            Self::Delay => "DELAY",
            Self::Approval => "APPROVAL",
        }
    }

    /// From the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == text)
    }
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        let names = Tier::ALL.map(|tier| tier.to_string());
        assert_eq!(names, ["INSTANT", "NOTIFY", "DELAY", "APPROVAL"]);
        assert_eq!(names.map(|name| Tier::parse(&name)), Tier::ALL.map(Some));
        assert_eq!(Tier::parse("instant"), None);
    }
}
