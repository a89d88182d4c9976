//! Typed reading of columns. A value that this daemon does not write is an error, never a default.

use std::str::FromStr;

use sqlx::Row;
use sqlx::any::AnyRow;
use waiaas_core::U256;
use waiaas_core::money::Usd;
use waiaas_core::network::{Chain, Environment};

use crate::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// Reading of one row.
pub(crate) trait Columns {
    fn opt_text(&self, column: &'static str) -> Result<Option<String>>;
    fn opt_int(&self, column: &'static str) -> Result<Option<i64>>;
    fn opt_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>>;

    fn text(&self, column: &'static str) -> Result<String> {
        self.opt_text(column)?.ok_or(StoreError::Corrupt(column))
    }

    fn int(&self, column: &'static str) -> Result<i64> {
        self.opt_int(column)?.ok_or(StoreError::Corrupt(column))
    }

    fn bytes(&self, column: &'static str) -> Result<Vec<u8>> {
        self.opt_bytes(column)?.ok_or(StoreError::Corrupt(column))
    }

    /// A number that fits the narrower type.
    fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T> {
        T::try_from(self.int(column)?).map_err(|_| StoreError::Corrupt(column))
    }

    fn opt_number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<Option<T>> {
        let number = |value| T::try_from(value).map_err(|_| StoreError::Corrupt(column));
        self.opt_int(column)?.map(number).transpose()
    }

    /// A flag stored as 0 or 1.
    fn flag(&self, column: &'static str) -> Result<bool> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(StoreError::Corrupt(column)),
        }
    }

    /// A text of a type with `FromStr`.
    fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T> {
        self.text(column)?.parse().map_err(|_| StoreError::Corrupt(column))
    }

    fn opt_parsed<T: FromStr>(&self, column: &'static str) -> Result<Option<T>> {
        let parse = |text: String| text.parse().map_err(|_| StoreError::Corrupt(column));
        self.opt_text(column)?.map(parse).transpose()
    }

    /// A text of a type with a table of names.
    fn named<T>(&self, column: &'static str, parse: fn(&str) -> Option<T>) -> Result<T> {
        parse(&self.text(column)?).ok_or(StoreError::Corrupt(column))
    }

    fn opt_named<T>(&self, column: &'static str, parse: fn(&str) -> Option<T>) -> Result<Option<T>> {
        let parse = |text: String| parse(&text).ok_or(StoreError::Corrupt(column));
        self.opt_text(column)?.map(parse).transpose()
    }

    fn opt_usd(&self, column: &'static str) -> Result<Option<Usd>> {
        Ok(self.opt_number::<u64>(column)?.map(Usd::from_micros))
    }
}

impl Columns for AnyRow {
    fn opt_text(&self, column: &'static str) -> Result<Option<String>> {
        self.try_get(column).map_err(|_| StoreError::Corrupt(column))
    }

    fn opt_int(&self, column: &'static str) -> Result<Option<i64>> {
        self.try_get(column).map_err(|_| StoreError::Corrupt(column))
    }

    fn opt_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>> {
        self.try_get(column).map_err(|_| StoreError::Corrupt(column))
    }
}

/// A chain by its stored name.
pub(crate) fn chain(name: &str) -> Option<Chain> {
    [Chain::Solana, Chain::Ethereum].into_iter().find(|value| value.as_str() == name)
}

/// An environment by its stored name.
pub(crate) fn environment(name: &str) -> Option<Environment> {
    [Environment::Mainnet, Environment::Testnet, Environment::Local]
        .into_iter()
        .find(|value| value.as_str() == name)
}

/// An unsigned number as a column value. Values above `i64::MAX` do not occur (block heights, nonces,
/// generations); one that did would be refused, not wrapped.
pub(crate) fn unsigned(value: u64, column: &'static str) -> Result<i64> {
    i64::try_from(value).map_err(|_| StoreError::Corrupt(column))
}

/// Dollars as a column value; [`Usd`] never exceeds `i64::MAX`.
pub(crate) fn usd(value: Usd) -> i64 {
    i64::try_from(value.micros()).unwrap_or(i64::MAX)
}

/// 78 digits hold every 256-bit number.
pub(crate) fn padded(amount: U256) -> String {
    format!("{:0>78}", amount.to_string())
}

/// Dollars that were added up in two halves.
pub(crate) fn dollars(row: &AnyRow) -> Result<Usd> {
    let high: u64 = row.opt_number("usd_high")?.unwrap_or(0);
    let low: u64 = row.opt_number("usd_low")?.unwrap_or(0);
    Ok(Usd::from_micros(high.saturating_mul(1 << 32).saturating_add(low)))
}

/// `$first, $first+1, …` for an `IN` list of `count` values; `NULL`, which matches nothing, if `count` is 0.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    if count == 0 {
        return "NULL".to_owned();
    }
    (first..first.saturating_add(count)).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
