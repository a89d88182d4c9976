//! The catalogue of a PostgreSQL database, from `information_schema` and `pg_catalog`.

use sqlx::AnyConnection;

use super::{CLASSES, Catalogue, Column, NOT_OURS, number, quoted, rows, text};

const COLUMNS: &str = "SELECT CAST(t.table_type AS TEXT) AS relation_kind, CAST(c.table_name AS TEXT) AS relation, \
    CAST(c.column_name AS TEXT) AS name, CAST(c.data_type AS TEXT) AS kind, \
    CAST(c.collation_name AS TEXT) AS collation, CAST(c.is_nullable AS TEXT) AS nullable, \
    CAST(c.column_default AS TEXT) AS preset \
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
    WHERE table_schema = 'public'";
const CONSTRAINTS: &str = "SELECT CAST(CAST(c.conrelid AS regclass) AS TEXT) AS relation, \
    CAST(c.contype AS TEXT) AS kind, \
    (SELECT string_agg(CAST(a.attname AS TEXT), ', ' ORDER BY k.place) \
    FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place) \
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) AS columns, \
    CAST(CAST(c.confrelid AS regclass) AS TEXT) AS target, \
    (SELECT string_agg(CAST(a.attname AS TEXT), ', ' ORDER BY k.place) \
    FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place) \
    JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number) AS targets, \
    CAST(c.confupdtype AS TEXT) AS on_update, CAST(c.confdeltype AS TEXT) AS on_delete, \
    CASE WHEN c.condeferred THEN 'deferred' ELSE 'at once' END AS checked \
    FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace \
    WHERE n.nspname = 'public' AND c.contype IN ('p', 'u', 'f', 'c', 'x')";
const INDEXES: &str = "SELECT CAST(c.relname AS TEXT) AS name, pg_get_indexdef(c.oid) AS sql FROM pg_index i \
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)";
const TRIGGERS: &str = "SELECT CAST(CAST(t.tgrelid AS regclass) AS TEXT) AS relation, \
    CAST(t.tgtype AS BIGINT) AS kind, CAST(p.prosrc AS TEXT) AS sql \
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal";
/// `tgtype` of `pg_trigger`.
const BEFORE: i64 = 2;
const EVENTS: [(i64, &str); 4] = [(4, "INSERT"), (8, "DELETE"), (16, "UPDATE"), (32, "TRUNCATE")];

pub(super) async fn read(conn: &mut AnyConnection) -> Catalogue {
    let mut found = Catalogue::new();
    columns(conn, &mut found).await;
    for row in rows(conn, CONSTRAINTS).await {
        let (relation, columns) = (text(&row, "relation"), text(&row, "columns"));
        let (part, value) = match text(&row, "kind").as_str() {
            "p" => (format!("primary key {relation}"), columns),
            "u" => (format!("unique {relation} ({columns})"), String::new()),
            "f" => {
                let rules = format!(
                    "({}) of {}, on update {}, on delete {}, {}",
                    text(&row, "targets"),
                    text(&row, "target"),
                    action(&text(&row, "on_update")),
                    action(&text(&row, "on_delete")),
                    text(&row, "checked")
                );
                (format!("foreign key {relation} ({columns})"), rules)
            }
            _ => (format!("check {relation}"), String::new()),
        };
        found.insert(part, value);
    }
    for row in rows(conn, INDEXES).await {
        found.insert(format!("index {}", text(&row, "name")), text(&row, "sql"));
    }
    for row in rows(conn, TRIGGERS).await {
        let kind = number(&row, "kind");
        let time = if kind & BEFORE == 0 { "AFTER" } else { "BEFORE" };
        for (_, event) in EVENTS.iter().filter(|(bit, _)| kind & bit != 0) {
            let part = format!("trigger {} {time} {event}", text(&row, "relation"));
            found.insert(part, quoted(&text(&row, "sql")).to_owned());
        }
    }
    found.retain(|part, _| !part.contains(NOT_OURS));
    found
}

async fn columns(conn: &mut AnyConnection, found: &mut Catalogue) {
    for row in rows(conn, COLUMNS).await {
        let relation = text(&row, "relation");
        let part = format!("column {relation}.{}", text(&row, "name"));
        if text(&row, "relation_kind") == "VIEW" {
            found.insert(format!("view {relation}"), String::new());
            found.insert(part, String::new());
            continue;
        }
        found.insert(format!("table {relation}"), String::new());
        let kind = format!("{} {}", text(&row, "kind"), text(&row, "collation"));
        let class =
            CLASSES.iter().find(|(_, _, postgres)| *postgres == kind.trim()).map(|(class, _, _)| *class);
        let (nullable, default) = (text(&row, "nullable") == "YES", text(&row, "preset"));
        found.insert(part, Column { class, kind: kind.trim(), nullable, default: &default }.describe());
    }
}

/// The action of a foreign key, in SQL's words.
fn action(letter: &str) -> &str {
    match letter {
        "a" => "NO ACTION",
        "r" => "RESTRICT",
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        other => other,
    }
}
