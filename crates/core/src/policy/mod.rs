//! The policy evaluation: [`evaluate`] is the one entry.
//!
//! Each policy type is one file under `rules/`. Does not belong here: reading policies, prices or the ledger
//! (the engine gathers them into [`PolicyFacts`]).

mod allowances;
mod case;
mod early;
mod evaluate;
pub mod exposure;
mod facts;
mod findings;
mod reputation;
pub mod rules;
mod set;
mod spending;
mod strictness;
mod swaps;
mod tier;
mod verdict;

pub use allowances::{CountedAllowance, Use, UsedUp, used_up, wanted, without_limit};
pub use case::counterparties;
pub use early::{Readings, at_best, early};
pub use evaluate::evaluate;
pub use facts::{AssetFacts, CategorySums, FeeFacts, Ledger, PolicyFacts, PriceFact, Purpose};
pub use reputation::{FeedbackTags, Reputation, Reputations};
pub use rules::{PolicyType, Rules, RulesError, category};
pub use set::{Policy, PolicySet, Scope};
pub use spending::{AssetSpending, Held, Spending, Sum, beyond_asked};
pub use strictness::{Strictness, at_least_as_strict, compare, loosens};
pub use tier::Tier;
pub use verdict::{Denial, DenialCode, Grant, TierReason, Verdict, Window, WindowWarning};

/// Length of the window in which HTTP messages are counted, in seconds.
pub const MINUTE_SECONDS: i64 = 60;
/// Length of the daily window in seconds.
pub const DAY_SECONDS: i64 = 86_400;
/// Length of the monthly window in seconds: 30 days.
pub const MONTH_SECONDS: i64 = 2_592_000;
