//! The payments as a table.

use comfy_table::{Table, presets};
use serde_json::Value;

/// One line of the table.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) tx: Value,
    pub(crate) before: String,
    pub(crate) after: String,
}

pub(crate) fn of(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["what", "amount", "tier", "status", "hash", "recipient before", "after"]);
    for row in rows {
        let text = |field: &str| row.tx[field].as_str().unwrap_or("–").to_owned();
        let hash: String = text("txHash").chars().take(18).collect();
        table.add_row([
            row.what.to_owned(),
            text("amountFormatted"),
            text("tier"),
            text("status"),
            hash,
            row.before.clone(),
            row.after.clone(),
        ]);
    }
    table.to_string()
}
