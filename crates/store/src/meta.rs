//! The key-value table `meta`.

use sqlx::AnyConnection;

use crate::columns::Columns;
use crate::error::{Entity, StoreError};

/// A value by key.
pub(crate) async fn get(conn: &mut AnyConnection, key: &str) -> Result<Option<String>, StoreError> {
    let query = "SELECT value FROM meta WHERE key = $1";
    let row = sqlx::query(query).bind(key.to_owned()).fetch_optional(conn).await?;
    row.map(|row| row.text("value")).transpose()
}

/// Stores a value under a new key.
pub(crate) async fn put_new(
    conn: &mut AnyConnection,
    key: &str,
    value: &str,
    entity: Entity,
) -> Result<(), StoreError> {
    let query = "INSERT INTO meta (key, value) VALUES ($1, $2)";
    let done = sqlx::query(query).bind(key.to_owned()).bind(value.to_owned()).execute(conn).await;
    done.map(|_| ()).map_err(|error| StoreError::duplicate(error, entity))
}

/// Stores a value, in place of any earlier one.
pub(crate) async fn put(conn: &mut AnyConnection, key: &str, value: &str) -> Result<(), StoreError> {
    let query = "INSERT INTO meta (key, value) VALUES ($1, $2) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sqlx::query(query).bind(key.to_owned()).bind(value.to_owned()).execute(conn).await?;
    Ok(())
}

/// Replaces a value by compare-and-set.
pub(crate) async fn swap(
    conn: &mut AnyConnection,
    key: &str,
    from: &str,
    to: &str,
    entity: Entity,
) -> Result<(), StoreError> {
    let query = "UPDATE meta SET value = $1 WHERE key = $2 AND value = $3";
    let query = sqlx::query(query).bind(to.to_owned()).bind(key.to_owned()).bind(from.to_owned());
    match query.execute(conn).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::Conflict(entity)),
    }
}
