//! The schema as the databases report it: tables, columns, keys, indexes, triggers and views.
//!
//! A catalogue is one line for each part, by a name that both databases share. Its value says the rest, so that two
//! catalogues are compared line by line.

mod parity;
mod postgres;
mod sqlite;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

/// The parts of a schema by their names: `column wallets.name`, `index wallets_name`.
pub(crate) type Catalogue = BTreeMap<String, String>;

/// The table of sqlx's migrator, which each of its drivers makes as it likes.
const NOT_OURS: &str = "_sqlx_migrations";

/// Classes of types with their names on SQLite and PostgreSQL. Text is compared by byte on both.
const CLASSES: [(&str, &str, &str); 3] =
    [("text", "TEXT", "text C"), ("integer", "BIGINT", "bigint"), ("bytes", "BLOB", "bytea")];

/// Reads the catalogue. The definitions of indexes are in the database's own words.
pub(crate) async fn read(conn: &mut AnyConnection, postgres: bool) -> Catalogue {
    if postgres { postgres::read(conn).await } else { sqlite::read(conn).await }
}

/// The tables of a schema.
pub(crate) async fn tables(conn: &mut AnyConnection, postgres: bool) -> BTreeSet<String> {
    let catalogue = read(conn, postgres).await;
    catalogue.keys().filter_map(|part| part.strip_prefix("table ")).map(str::to_owned).collect()
}

/// How many rows a table has.
pub(crate) async fn count(conn: &mut AnyConnection, table: &str) -> i64 {
    let query = AssertSqlSafe(format!("SELECT COUNT(*) AS rows_found FROM {table}"));
    sqlx::query(query).fetch_one(conn).await.expect("count").get("rows_found")
}

async fn rows(conn: &mut AnyConnection, query: &'static str) -> Vec<AnyRow> {
    sqlx::query(query).fetch_all(conn).await.expect("the catalogue")
}

fn text(row: &AnyRow, column: &str) -> String {
    row.try_get::<Option<String>, _>(column).expect(column).unwrap_or_default()
}

fn number(row: &AnyRow, column: &str) -> i64 {
    row.try_get(column).expect(column)
}

/// A column's properties.
struct Column<'a> {
    class: Option<&'static str>,
    kind: &'a str,
    nullable: bool,
    default: &'a str,
}

impl Column<'_> {
    fn describe(&self) -> String {
        let class = self.class.map_or_else(|| format!("unknown type {}", self.kind), str::to_owned);
        let null = if self.nullable { "may be NULL" } else { "NOT NULL" };
        let default = if self.default.is_empty() { "no default" } else { self.default };
        format!("{class}, {null}, {default}")
    }
}

/// The text between the first two apostrophes: the message that a trigger raises.
fn quoted(sql: &str) -> &str {
    sql.split('\'').nth(1).unwrap_or(sql)
}
