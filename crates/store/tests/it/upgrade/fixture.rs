//! The rows of a database as the release with schema 9 wrote them, and databases with them in earlier schemas.
//!
//! `schema-9.jsonl` has one row a line, in the form of a dump, those that are referred to before those that refer.
//! It is never changed. A later release adds a file of its own: `cargo nextest run -p waiaas-store --run-ignored only
//! write_a_fixture`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};
use sqlx::{AnyConnection, AssertSqlSafe};

use crate::backend::{Backend, Place};
use crate::catalogue;
use crate::fixtures::address;

/// The schema of the release that wrote the rows, the last one that kept its version in `schema_version`.
pub(crate) const WRITTEN_BY: usize = 9;
const ROWS: &str = include_str!("schema-9.jsonl");

pub(crate) type Row = Map<String, Value>;

/// Rows by table, in the order of the file.
pub(crate) fn rows() -> Vec<(String, Row)> {
    let row = |line: &str| {
        let mut line: Row = serde_json::from_str(line).expect("a line");
        let table = line["table"].as_str().expect("a table").to_owned();
        let Some(Value::Object(row)) = line.remove("row") else { panic!("no row: {line:?}") };
        (table, row)
    };
    ROWS.lines().map(row).collect()
}

/// The migrations of one of the databases, in order.
fn migrations(postgres: bool) -> Vec<String> {
    let directory = if postgres { "migrations/postgres" } else { "migrations/sqlite" };
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let files = std::fs::read_dir(directory).expect("migrations");
    let mut files: Vec<_> = files.map(|file| file.expect("file").path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).expect("migration")).collect()
}

/// A database as the release with schema `version` left it: its migrations, its record of versions, and the
/// fixture's rows that it had a place for. Returns those rows.
pub(crate) async fn earlier(backend: &Backend, version: usize) -> (Place, Vec<(String, Row)>) {
    let (place, postgres) = (backend.place().await, backend.is_postgres());
    let mut conn = place.behind().await;
    run(&mut conn, "CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY)").await;
    for (version, sql) in (1..).zip(migrations(postgres).iter().take(version)) {
        run(&mut conn, sql).await;
        run(&mut conn, &format!("INSERT INTO schema_version (version) VALUES ({version})")).await;
    }
    let schema = catalogue::read(&mut conn, postgres).await;
    let mut kept = Vec::new();
    run(&mut conn, "BEGIN").await;
    for (table, mut row) in rows() {
        if !schema.contains_key(&format!("table {table}")) {
            continue;
        }
        row.retain(|column, _| schema.contains_key(&format!("column {table}.{column}")));
        if postgres && version < 4 && table == "transactions" {
            // There a request without a recipient could not be kept.
            row.entry("to_address").or_insert_with(|| address(9).to_string().into());
        }
        insert(&mut conn, &table, &row).await;
        kept.push((table, row));
    }
    run(&mut conn, "COMMIT").await;
    (place, kept)
}

async fn run(conn: &mut AnyConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.expect("SQL");
}

async fn insert(conn: &mut AnyConnection, table: &str, row: &Row) {
    let columns: Vec<&str> = row.keys().map(String::as_str).collect();
    let marks: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
    let sql = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), marks.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in row.values() {
        query = match value {
            Value::String(text) => query.bind(text.clone()),
            Value::Number(number) => query.bind(number.as_i64().expect("a whole number")),
            Value::Object(bytes) => {
                query.bind(hex::decode(bytes["hex"].as_str().expect("hex")).expect("hex"))
            }
            other => panic!("{other} is no value of a row"),
        };
    }
    query.execute(conn).await.expect(table);
}

/// How many rows each table has.
pub(crate) fn counts(rows: &[(String, Row)]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for (table, _) in rows {
        *counts.entry(table.as_str()).or_default() += 1;
    }
    counts
}
