//! The two databases have one schema: the same tables, columns, types and columns that may be empty.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, Row as _};

use crate::backend::{Backend, Db};

/// What SQLite has.
const SQLITE: &str = "SELECT m.name AS relation, p.name AS name, LOWER(p.type) AS kind, \
    CASE p.\"notnull\" WHEN 1 THEN 'NO' ELSE 'YES' END AS optional \
    FROM sqlite_master m JOIN pragma_table_info(m.name) p \
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";

/// What PostgreSQL has.
const POSTGRES: &str = "SELECT c.table_name::text AS relation, c.column_name::text AS name, \
    c.data_type::text AS kind, c.is_nullable::text AS optional \
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
    WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'";

/// Type and whether it may be empty, by table and column.
async fn columns(db: &Db) -> BTreeMap<(String, String), (String, String)> {
    let mut conn: AnyConnection = db.behind().await;
    let query = if db.store.is_postgres() { POSTGRES } else { SQLITE };
    let rows = sqlx::query(query).fetch_all(&mut conn).await.expect("the catalogue");
    let text = |row: &sqlx::any::AnyRow, name: &str| row.try_get::<String, _>(name).expect(name);
    let read = |row: &sqlx::any::AnyRow| {
        let kind = text(row, "kind").replace("bytea", "blob");
        ((text(row, "relation"), text(row, "name")), (kind, text(row, "optional")))
    };
    rows.iter().map(read).collect()
}

pub(crate) async fn every_column_is_the_same_on_both_databases(backend: Backend) {
    let (here, there) = (backend.open().await, Backend::sqlite().open().await);
    let (here, there) = (columns(&here).await, columns(&there).await);
    assert!(there.len() > 100, "{} columns", there.len());
    for (column, found) in &here {
        assert_eq!(Some(found), there.get(column), "{column:?}");
    }
    assert_eq!(here.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
}
