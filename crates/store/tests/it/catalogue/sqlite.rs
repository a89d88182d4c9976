//! The catalogue of an SQLite database, from `sqlite_master` and its pragmas.

use std::collections::BTreeMap;

use sqlx::AnyConnection;

use super::{CLASSES, Catalogue, Column, NOT_OURS, number, quoted, rows, text};

const RELATIONS: &str = "SELECT type AS kind, name, sql FROM sqlite_master \
    WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'";
const COLUMNS: &str = "SELECT m.type AS relation_kind, m.name AS relation, p.name AS name, p.type AS kind, \
    p.\"notnull\" AS required, p.dflt_value AS preset, p.pk AS place \
    FROM sqlite_master m JOIN pragma_table_info(m.name) p \
    WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, p.pk";
const UNIQUES: &str = "SELECT m.name AS relation, l.name AS place, i.name AS name FROM sqlite_master m \
    JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i \
    WHERE m.type = 'table' AND l.origin = 'u' ORDER BY m.name, l.seq, i.seqno";
const INDEXES: &str = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
const FOREIGN_KEYS: &str = "SELECT m.name AS relation, m.sql AS sql, CAST(f.id AS TEXT) AS place, \
    f.\"table\" AS target, f.\"from\" AS name, f.\"to\" AS target_name, f.on_update, f.on_delete \
    FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq";
const TRIGGERS: &str = "SELECT tbl_name AS relation, sql FROM sqlite_master WHERE type = 'trigger'";

pub(super) async fn read(conn: &mut AnyConnection) -> Catalogue {
    let mut found = Catalogue::new();
    for row in rows(conn, RELATIONS).await {
        let name = text(&row, "name");
        if text(&row, "sql").to_uppercase().contains("CHECK") {
            found.insert(format!("check {name}"), String::new());
        }
        found.insert(format!("{} {name}", text(&row, "kind")), String::new());
    }
    columns(conn, &mut found).await;
    keys(conn, &mut found).await;
    for row in rows(conn, INDEXES).await {
        found.insert(format!("index {}", text(&row, "name")), text(&row, "sql"));
    }
    for row in rows(conn, TRIGGERS).await {
        let sql = text(&row, "sql");
        // CREATE TRIGGER name BEFORE UPDATE ON …
        let words: Vec<&str> = sql.split_whitespace().skip(3).take(2).collect();
        let name = format!("trigger {} {}", text(&row, "relation"), words.join(" "));
        found.insert(name, quoted(&sql).to_owned());
    }
    found.retain(|part, _| !part.contains(NOT_OURS));
    found
}

async fn columns(conn: &mut AnyConnection, found: &mut Catalogue) {
    let mut primary: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows(conn, COLUMNS).await {
        let (relation, name, kind) = (text(&row, "relation"), text(&row, "name"), text(&row, "kind"));
        let part = format!("column {relation}.{name}");
        if text(&row, "relation_kind") == "view" {
            found.insert(part, String::new());
            continue;
        }
        let class = CLASSES.iter().find(|(_, sqlite, _)| *sqlite == kind).map(|(class, _, _)| *class);
        let (nullable, default) = (number(&row, "required") == 0, text(&row, "preset"));
        found.insert(part, Column { class, kind: &kind, nullable, default: &default }.describe());
        if number(&row, "place") > 0 {
            primary.entry(relation).or_default().push(name);
        }
    }
    for (relation, columns) in primary {
        found.insert(format!("primary key {relation}"), columns.join(", "));
    }
}

/// A foreign key, column by column.
#[derive(Default)]
struct ForeignKey {
    columns: Vec<String>,
    targets: Vec<String>,
    rules: String,
}

/// Unique constraints and foreign keys.
async fn keys(conn: &mut AnyConnection, found: &mut Catalogue) {
    let mut uniques: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for row in rows(conn, UNIQUES).await {
        uniques.entry((text(&row, "relation"), text(&row, "place"))).or_default().push(text(&row, "name"));
    }
    for ((relation, _), columns) in uniques {
        found.insert(format!("unique {relation} ({})", columns.join(", ")), String::new());
    }
    let mut foreign: BTreeMap<(String, String), ForeignKey> = BTreeMap::new();
    for row in rows(conn, FOREIGN_KEYS).await {
        let name = text(&row, "name");
        let rules = format!(
            "{}, on update {}, on delete {}, {}",
            text(&row, "target"),
            text(&row, "on_update"),
            text(&row, "on_delete"),
            if deferred(&text(&row, "sql"), &name) { "deferred" } else { "at once" }
        );
        let place = (text(&row, "relation"), text(&row, "place"));
        let key = foreign.entry(place).or_default();
        key.rules = rules;
        key.columns.push(name);
        key.targets.push(text(&row, "target_name"));
    }
    for ((relation, _), key) in foreign {
        let part = format!("foreign key {relation} ({})", key.columns.join(", "));
        found.insert(part, format!("({}) of {}", key.targets.join(", "), key.rules));
    }
}

/// Whether the clause of a column defers its foreign key, which no pragma says.
fn deferred(table: &str, column: &str) -> bool {
    let body = table.split_once('(').map_or("", |(_, body)| body);
    let clause = body.split(',').find(|clause| clause.split_whitespace().next() == Some(column));
    clause.is_some_and(|clause| clause.contains("DEFERRABLE INITIALLY DEFERRED"))
}
