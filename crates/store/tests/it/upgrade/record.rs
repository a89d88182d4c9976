//! The record of versions: taken over, checked, and refused where it and the schema differ.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use sqlx::Row as _;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{SCHEMA_VERSION, Store, StoreError};

use super::fixture::{WRITTEN_BY, counts, earlier, rows};
use crate::backend::{Backend, Place};
use crate::catalogue;
use crate::fill::fill;

async fn versions(place: &Place, table: &str) -> Vec<i64> {
    let query = sqlx::AssertSqlSafe(format!("SELECT version FROM {table} ORDER BY version"));
    let rows = sqlx::query(query).fetch_all(&mut place.behind().await).await.expect("record");
    rows.iter().map(|row| row.get("version")).collect()
}

/// The version that a release up to schema 9 finds, by its own statements.
async fn found_by_an_earlier_release(place: &Place) -> i64 {
    let table = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)";
    place.tamper(table).await.expect("table");
    let query = "SELECT COALESCE(MAX(version), 0) AS version FROM schema_version";
    sqlx::query(query).fetch_one(&mut place.behind().await).await.expect("version").get("version")
}

pub(crate) async fn an_earlier_release_finds_the_version(backend: Backend) {
    let new = backend.open().await;
    assert_eq!(found_by_an_earlier_release(&new).await, SCHEMA_VERSION);
    let (old, _) = earlier(&backend, WRITTEN_BY).await;
    assert_eq!(found_by_an_earlier_release(&old).await, i64::try_from(WRITTEN_BY).expect("small"));
    Store::open(&old.url).await.expect("open").close().await;
    assert_eq!(found_by_an_earlier_release(&old).await, SCHEMA_VERSION);
}

pub(crate) async fn daemons_that_start_together_migrate_once(backend: Backend) {
    let (old, _) = earlier(&backend, 3).await;
    for place in [backend.place().await, old] {
        let opened = join_all((0..5).map(|_| Store::open(&place.url))).await;
        for store in opened {
            store.expect("open").close().await;
        }
        let all: Vec<i64> = (1..=SCHEMA_VERSION).collect();
        assert_eq!(versions(&place, "_sqlx_migrations").await, all);
    }
}

pub(crate) async fn a_newer_schema_is_refused(backend: Backend) {
    let newer = |opened: Result<Store, StoreError>| {
        assert!(
            matches!(opened, Err(StoreError::NewerSchema { found: 999, known: SCHEMA_VERSION })),
            "{opened:?}"
        );
    };
    let db = backend.open().await;
    let row = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
               SELECT 999, description, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
    db.tamper(row).await.expect("newer");
    newer(Store::open(&db.url).await);
    let (old, _) = earlier(&backend, WRITTEN_BY).await;
    old.tamper("INSERT INTO schema_version (version) VALUES (999)").await.expect("newer");
    newer(Store::open(&old.url).await);
}

pub(crate) async fn a_changed_migration_is_refused(backend: Backend) {
    let db = backend.open().await;
    let other = "UPDATE _sqlx_migrations SET checksum = \
                 (SELECT checksum FROM _sqlx_migrations WHERE version = 2) WHERE version = 3";
    db.tamper(other).await.expect("tamper");
    let opened = Store::open(&db.url).await;
    assert!(matches!(&opened, Err(StoreError::AlteredSchema { version: 3, .. })), "{opened:?}");
    let unknown = "UPDATE _sqlx_migrations SET version = 0 WHERE version = 3";
    db.tamper(unknown).await.expect("tamper");
    let opened = Store::open(&db.url).await;
    assert!(matches!(&opened, Err(StoreError::AlteredSchema { version: 0, .. })), "{opened:?}");
}

/// A database that differs from its version in any table, column or index is not taken over.
pub(crate) async fn a_schema_that_is_not_the_recorded_one_is_refused(backend: Backend) {
    for (version, sql, reason) in [
        (9, "DELETE FROM schema_version WHERE version = 4", "its record of versions has gaps"),
        (
            9,
            "DELETE FROM schema_version WHERE version = 9",
            "wallets.successor_address belongs to a later one",
        ),
        (9, "ALTER TABLE wallets DROP COLUMN successor_address", "wallets.successor_address is missing"),
        (9, "DROP INDEX changes_open", "index changes_open is missing"),
        (6, "INSERT INTO schema_version (version) VALUES (7)", "database_clock.now is missing"),
        (
            5,
            "CREATE TABLE chain_identities (network TEXT)",
            "chain_identities.network belongs to a later one",
        ),
    ] {
        let (place, _) = earlier(&backend, version).await;
        place.tamper(sql).await.expect(sql);
        let before = catalogue::read(&mut place.behind().await, backend.is_postgres()).await;
        let recorded = versions(&place, "schema_version").await;
        match Store::open(&place.url).await {
            Err(StoreError::AlteredSchema { version, reason: found }) => {
                assert_eq!((Some(&version), found.as_str()), (recorded.last(), reason), "{sql}");
            }
            other => panic!("{sql}: {other:?}"),
        }
        let after = catalogue::read(&mut place.behind().await, backend.is_postgres()).await;
        assert_eq!(before, after, "{sql}: something was changed");
        assert_eq!(recorded, versions(&place, "schema_version").await, "{sql}: something was recorded");
    }
}

/// A table or a status that the fixture has no row of would not be tested.
#[tokio::test(flavor = "multi_thread")]
async fn the_fixture_has_rows_of_every_table_and_status() {
    let (place, written) = earlier(&Backend::sqlite(), WRITTEN_BY).await;
    assert_eq!(written, rows(), "every column has its place");
    let mut tables = catalogue::tables(&mut place.behind().await, false).await;
    assert!(tables.remove("schema_version"), "the record of the release itself");
    let filled: BTreeSet<String> = counts(&written).into_keys().map(str::to_owned).collect();
    assert_eq!(tables, filled);
    let transactions = written.iter().filter(|(table, _)| table == "transactions");
    let statuses: BTreeSet<&str> = transactions.filter_map(|(_, row)| row.get("status")?.as_str()).collect();
    for status in TxStatus::ALL {
        assert!(statuses.contains(status.as_str()), "{status}");
    }
}

/// The rows that this release writes become a fixture for the later ones.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes a file: tests/it/upgrade/schema-N.jsonl"]
async fn write_a_fixture() {
    let db = Backend::sqlite().open().await;
    fill(&db.store).await;
    let mut dump = Vec::new();
    db.store.export(&mut dump).await.expect("export");
    let dump = String::from_utf8(dump).expect("text");
    let mut lines: Vec<String> =
        dump.lines().filter(|line| line.contains("\"table\":")).map(str::to_owned).collect();
    let lease = db.store.lease().await.expect("read").expect("lease").holder;
    // The times of a lease are those of the database's clock.
    let row = json!({ "id": 1, "holder": lease.holder, "place": lease.place, "host": lease.host,
        "pid": lease.pid, "renewed_at": 1, "expires_at": 46 });
    lines.push(json!({ "table": "lease", "row": row }).to_string());
    let name = format!("{}/tests/it/upgrade/schema-{SCHEMA_VERSION}.jsonl", env!("CARGO_MANIFEST_DIR"));
    std::fs::write(name, lines.join("\n") + "\n").expect("write");
}
