//! The two databases have one schema, but for the differences listed here.

use std::collections::BTreeSet;

use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::{Catalogue, read};
use crate::backend::Backend;

/// Differences that are meant, as [`compare`] finds them, and why they are there.
const DIFFERENCES: [(&str, &str); 1] =
    [("trigger audit_log BEFORE TRUNCATE: only on PostgreSQL", "SQLite has no such statement")];

/// Each part that one of the two lacks or has otherwise.
fn compare(sqlite: &Catalogue, postgres: &Catalogue) -> Vec<String> {
    let parts: BTreeSet<&String> = sqlite.keys().chain(postgres.keys()).collect();
    let difference = |part: &&String| match (sqlite.get(*part), postgres.get(*part)) {
        (Some(here), Some(there)) if here == there => None,
        (Some(here), Some(there)) => Some(format!("{part}: `{here}` on SQLite, `{there}` on PostgreSQL")),
        (Some(_), None) => Some(format!("{part}: only on SQLite")),
        (None, _) => Some(format!("{part}: only on PostgreSQL")),
    };
    parts.iter().filter_map(difference).collect()
}

/// Puts SQLite's definitions of indexes into PostgreSQL's words: PostgreSQL makes each of them under another name
/// and tells how it read keys, uniqueness and condition.
async fn translated(mut sqlite: Catalogue, postgres: &mut AnyConnection) -> Catalogue {
    for (part, sql) in &mut sqlite {
        let Some(name) = part.strip_prefix("index ") else { continue };
        let made = sqlx::raw_sql(AssertSqlSafe(sql.replacen(name, "as_on_sqlite", 1)));
        if made.execute(&mut *postgres).await.is_err() {
            continue;
        }
        let read = "SELECT pg_get_indexdef('as_on_sqlite'::regclass) AS sql";
        let row = sqlx::query(read).fetch_one(&mut *postgres).await.expect("index");
        *sql = row.get::<String, _>("sql").replacen("as_on_sqlite", name, 1);
        sqlx::raw_sql("DROP INDEX as_on_sqlite").execute(&mut *postgres).await.expect("drop");
    }
    sqlite
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_one_schema() {
    let postgres = Backend::postgres();
    let (here, there) = (Backend::sqlite().open().await, postgres.open().await);
    let mut there = there.behind().await;
    let sqlite = read(&mut here.behind().await, false).await;
    let sqlite = translated(sqlite, &mut there).await;
    let found = compare(&sqlite, &read(&mut there, true).await);
    let meant: Vec<&str> = DIFFERENCES.iter().map(|(difference, _)| *difference).collect();
    assert_eq!(found, meant);
    for (kind, least) in
        [("table", 19), ("column", 150), ("primary key", 19), ("index", 20), ("foreign key", 15), ("view", 2)]
    {
        let count = sqlite.keys().filter(|part| part.starts_with(&format!("{kind} "))).count();
        assert!(count >= least, "{count} of kind {kind}: the catalogue was not read");
    }
}

/// Alterations on one side, each with the part that the comparison names.
const ON_POSTGRES: [(&str, &str); 14] = [
    ("DROP TABLE lease", "table lease: only on SQLite"),
    ("ALTER TABLE wallets DROP COLUMN default_network", "column wallets.default_network: only on SQLite"),
    ("ALTER TABLE tokens ALTER COLUMN symbol DROP NOT NULL", "column tokens.symbol: `text, NOT NULL"),
    ("ALTER TABLE tokens ALTER COLUMN decimals TYPE INTEGER", "column tokens.decimals: `integer,"),
    ("ALTER TABLE tokens ALTER COLUMN symbol TYPE TEXT COLLATE \"default\"", "column tokens.symbol: `text,"),
    ("ALTER TABLE transactions ALTER COLUMN denials SET DEFAULT 2", "column transactions.denials: `integer,"),
    ("ALTER TABLE policy_sets DROP CONSTRAINT policy_sets_pkey", "primary key policy_sets: only on SQLite"),
    ("ALTER TABLE sessions DROP CONSTRAINT sessions_token_hash_key", "unique sessions (token_hash): only"),
    ("ALTER TABLE tokens ADD CHECK (decimals >= 0)", "check tokens: only on PostgreSQL"),
    (
        "ALTER TABLE denial_counts DROP CONSTRAINT denial_counts_session_id_fkey",
        "foreign key denial_counts (session_id): only on SQLite",
    ),
    (
        "ALTER TABLE transactions ALTER CONSTRAINT transactions_replaces_fkey NOT DEFERRABLE",
        "foreign key transactions (replaces): `",
    ),
    ("DROP INDEX reservations_ledger", "index reservations_ledger: only on SQLite"),
    (
        "DROP INDEX transactions_hash; CREATE UNIQUE INDEX transactions_hash ON transactions (network, tx_hash) \
         WHERE tx_hash IS NOT NULL",
        "index transactions_hash: `",
    ),
    ("DROP TRIGGER audit_log_append_only ON audit_log", "trigger audit_log BEFORE DELETE: only on SQLite"),
];
const ON_SQLITE: [(&str, &str); 6] = [
    ("CREATE TABLE extra (id TEXT NOT NULL PRIMARY KEY)", "table extra: only on SQLite"),
    ("ALTER TABLE wallets DROP COLUMN default_network", "column wallets.default_network: only on PostgreSQL"),
    ("ALTER TABLE tokens ADD COLUMN extra REAL", "column tokens.extra: only on SQLite"),
    ("DROP INDEX policies_scope", "index policies_scope: only on PostgreSQL"),
    ("DROP VIEW database_clock", "view database_clock: only on PostgreSQL"),
    ("DROP TRIGGER audit_log_no_delete", "trigger audit_log BEFORE DELETE: only on PostgreSQL"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_comparison_finds_what_one_side_lacks() {
    let backend = Backend::postgres();
    let (sqlite, postgres) = (Backend::sqlite().open().await, backend.open().await);
    let (mut sqlite, mut postgres) = (sqlite.behind().await, postgres.behind().await);
    let here = read(&mut sqlite, false).await;
    let here = translated(here, &mut postgres).await;
    let there = read(&mut postgres, true).await;
    for (sql, expected) in ON_POSTGRES {
        let altered = altered(&mut postgres, true, sql).await;
        found(&compare(&here, &altered), sql, expected);
    }
    let plain = read(&mut sqlite, false).await;
    for (sql, expected) in ON_SQLITE {
        let mut altered = altered(&mut sqlite, false, sql).await;
        for (part, text) in &mut altered {
            if plain.get(part) == Some(text) {
                text.clone_from(&here[part]);
            }
        }
        found(&compare(&altered, &there), sql, expected);
    }
}

fn found(differences: &[String], sql: &str, expected: &str) {
    assert!(differences.iter().any(|one| one.starts_with(expected)), "{sql}: {differences:?}");
}

/// The catalogue as it would be after `sql`.
async fn altered(conn: &mut AnyConnection, postgres: bool, sql: &'static str) -> Catalogue {
    sqlx::raw_sql("BEGIN").execute(&mut *conn).await.expect("begin");
    sqlx::raw_sql(sql).execute(&mut *conn).await.expect(sql);
    let catalogue = read(conn, postgres).await;
    sqlx::raw_sql("ROLLBACK").execute(conn).await.expect("rollback");
    catalogue
}
