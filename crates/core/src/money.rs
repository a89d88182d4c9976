//! Amounts and dollars as integers.
//!
//! On-chain amounts are [`U256`](crate::U256) base units. Dollars are micro-dollars. Values are rounded up, against the
//! agent: a limit is reached sooner, never later.

mod amount;
mod dollars;
mod price;

pub(crate) use amount::ten_to;
pub use amount::{AmountError, HumanAmount, MAX_DECIMALS, format_units, parse_base_units};
pub use dollars::{Usd, exact, exact_if_any};
pub use price::Price;
