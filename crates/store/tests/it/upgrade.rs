//! A database that an earlier release left is brought to this one's schema, with all that it holds.

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use waiaas_core::action::ActionCategory;
use waiaas_core::money::Usd;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{ActionValue, NewTransaction, Store};

use crate::backend::Backend;
use crate::dumps::fill;
use crate::fixtures::{NOW, admit, new_tx, session_id, tx_id, wallet_id};

/// The schemas before this release's, oldest first.
const EARLIER: [&str; 6] = [
    include_str!("../../migrations/sqlite/0001_initial.sql"),
    include_str!("../../migrations/sqlite/0002_changes.sql"),
    include_str!("../../migrations/sqlite/0003_origins.sql"),
    include_str!("../../migrations/sqlite/0004_optional_recipient.sql"),
    include_str!("../../migrations/sqlite/0005_renewals.sql"),
    include_str!("../../migrations/sqlite/0006_fate.sql"),
];

async fn run(conn: &mut AnyConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await.expect("SQL");
}

async fn names(conn: &mut AnyConnection, sql: String) -> Vec<String> {
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(conn).await.expect("SQL");
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}

/// A database at `path` as the release with `schemas` would have left what is in `filled`.
async fn earlier(path: &str, schemas: &[&str], filled: &str) {
    let mut conn = AnyConnection::connect(&format!("sqlite:{path}?mode=rwc")).await.expect("connect");
    run(&mut conn, "PRAGMA foreign_keys = OFF".into()).await;
    run(&mut conn, "CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY)".into()).await;
    for (version, sql) in (1..).zip(schemas) {
        run(&mut conn, (*sql).to_owned()).await;
        run(&mut conn, format!("INSERT INTO schema_version (version) VALUES ({version})")).await;
    }
    run(&mut conn, format!("ATTACH '{filled}' AS filled")).await;
    let tables = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name <> 'schema_version'";
    for table in names(&mut conn, tables.into()).await {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns = names(&mut conn, columns).await.join(", ");
        run(&mut conn, format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM filled.{table}"))
            .await;
    }
    conn.close().await.expect("close");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_release_left_goes_on() {
    let filled = Backend::sqlite().open().await;
    fill(&filled.store).await;
    let file = "SELECT file FROM pragma_database_list WHERE name = 'main'".to_owned();
    let file = names(&mut filled.behind().await, file).await.remove(0);
    for known in 1..=EARLIER.len() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("waiaas.db").display().to_string();
        earlier(&path, &EARLIER[..known], &file).await;
        let store = Store::open(&format!("sqlite:{path}").parse().expect("url")).await.expect("upgrade");
        for n in (1..=10).chain([90]) {
            let read = async |store: &Store| store.transaction(tx_id(n)).await.expect("read");
            assert_eq!(read(&store).await, read(&filled.store).await, "schema {known}, transaction {n}");
        }
        let ledger = async |store: &Store| store.ledger(wallet_id(1), NOW, &[60]).await.expect("ledger");
        assert_eq!(ledger(&store).await, ledger(&filled.store).await, "schema {known}");
        let session = async |store: &Store| store.session(session_id(1)).await.expect("read");
        assert_eq!(session(&store).await, session(&filled.store).await, "schema {known}");
        let chain = store.verify_chain().await.expect("chain");
        let original = filled.store.verify_chain().await.expect("chain");
        assert_eq!((chain.rows, chain.first_bad), (original.rows, None), "schema {known}");

        // And what is new in this release works on it.
        let usd = Some(Usd::from_dollars(5));
        let action = Some(ActionValue { category: ActionCategory::Perp, usd });
        let new = NewTransaction { action, ..new_tx(91, TxStatus::Executing) };
        admit(&store, new, vec![], NOW).await.expect("admit");
        let sums = store.action_sums(wallet_id(1), ActionCategory::Perp, NOW).await.expect("sums");
        assert_eq!(sums.map(|sums| sums.usd_day), usd, "schema {known}");
        store.close().await;
    }
}
