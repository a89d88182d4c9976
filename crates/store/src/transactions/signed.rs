//! The signed bytes of a transaction, with the expiry in two columns.

use sqlx::any::AnyRow;
use waiaas_core::expiry::Expiry;

use crate::columns::{Columns, unsigned};
use crate::error::StoreError;

/// The signed bytes of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedRow {
    /// The unsigned transaction in the chain's own encoding.
    pub unsigned: Vec<u8>,
    /// The bytes that are broadcast, the same every time.
    pub bytes: Vec<u8>,
    /// The chain's transaction id; none for a message.
    pub hash: Option<String>,
    /// What proves that the bytes are dropped.
    pub expiry: Expiry,
}

impl SignedRow {
    pub(super) fn read(row: &AnyRow) -> Result<Option<Self>, StoreError> {
        let parts = (
            row.opt_bytes("unsigned_bytes")?,
            row.opt_bytes("signed_bytes")?,
            row.opt_text("tx_hash")?,
            row.opt_text("expiry_kind")?,
            row.opt_int("expiry_value")?,
        );
        match parts {
            (None, None, None, None, None) => Ok(None),
            (Some(unsigned), Some(bytes), hash, Some(kind), Some(value)) => {
                Ok(Some(Self { unsigned, bytes, hash, expiry: expiry(&kind, value)? }))
            }
            _ => Err(StoreError::Corrupt("signed_bytes")),
        }
    }
}

fn expiry(kind: &str, value: i64) -> Result<Expiry, StoreError> {
    let counted = || u64::try_from(value).map_err(|_| StoreError::Corrupt("expiry_value"));
    match kind {
        "nonce" => Ok(Expiry::Nonce(counted()?)),
        "block_height" => Ok(Expiry::BlockHeight(counted()?)),
        "time" => Ok(Expiry::Time(value)),
        "never" => Ok(Expiry::Never),
        _ => Err(StoreError::Corrupt("expiry_kind")),
    }
}

/// The columns `expiry_kind` and `expiry_value`.
pub(super) fn columns(expiry: Expiry) -> Result<(&'static str, i64), StoreError> {
    let counted = |value| unsigned(value, "expiry_value");
    Ok(match expiry {
        Expiry::Nonce(nonce) => ("nonce", counted(nonce)?),
        Expiry::BlockHeight(height) => ("block_height", counted(height)?),
        Expiry::Time(at) => ("time", at),
        Expiry::Never => ("never", 0),
    })
}
