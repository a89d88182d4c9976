//! Times and amounts for display.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use waiaas_engine::core::U256;
use waiaas_engine::core::money::format_units;

/// The fields of the API's answers that hold a time, in Unix seconds.
const TIMES: [&str; 23] = [
    "deadline",
    "absoluteExpiresAt",
    "activatedAt",
    "approvalExpiresAt",
    "approvedAt",
    "at",
    "createdAt",
    "decidedAt",
    "executeAfter",
    "executedAt",
    "expiresAt",
    "expiry",
    "lastRenewedAt",
    "nextAttemptAt",
    "recordedAt",
    "registeredAt",
    "recoveredAt",
    "rejectedAt",
    "rotatedAt",
    "sessionsEnd",
    "suspendedAt",
    "timestamp",
    "updatedAt",
];

/// Fields that are documents of their own and are not converted.
const VERBATIM: [&str; 4] = ["rules", "facts", "details", "effects"];

/// A time in the local time zone: `2026-11-30 14:05:41 CET`.
pub(crate) fn time(seconds: i64) -> String {
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    match Timestamp::from_second(seconds) {
        Ok(moment) => moment.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
        Err(_) => seconds.to_string(),
    }
}

/// [`time`], or an empty text.
pub(crate) fn time_if_any(seconds: Option<i64>) -> String {
    seconds.map(time).unwrap_or_default()
}

/// The times in a document as ISO 8601 in UTC, such as `2026-11-30T13:05:41Z`.
pub(crate) fn with_iso_times(mut value: Value) -> Value {
    iso_times(&mut value);
    value
}

fn iso_times(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(iso_times),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if VERBATIM.contains(&name.as_str()) {
                    continue;
                }
                let seconds = field.as_i64().filter(|_| TIMES.contains(&name.as_str()));
                match seconds.map(Timestamp::from_second) {
                    Some(Ok(moment)) => *field = Value::String(moment.to_string()),
                    Some(Err(_)) | None => iso_times(field),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An amount in hex or decimal base units, in human units; unchanged if it cannot be parsed.
pub(crate) fn amount(text: &str, decimals: u8, symbol: &str) -> String {
    match text.parse::<U256>() {
        Ok(amount) => format!("{} {symbol}", format_units(amount, decimals)),
        Err(_) => text.to_owned(),
    }
}

/// An amount in base units, for an asset with unknown decimals.
pub(crate) fn base_units(text: &str) -> String {
    text.parse::<U256>().map_or_else(|_| text.to_owned(), |amount| format!("{amount} base units"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_local_for_people_and_iso_for_programs() {
        assert_eq!(time(i64::MAX), i64::MAX.to_string());
        assert!(time(1_795_957_541).starts_with("2026-11-"), "{}", time(1_795_957_541));
        let document = json!({
            "createdAt": 1_795_957_541, "executeAfter": null, "limit": 1_795_957_541,
            "data": [{ "expiresAt": 0, "rules": { "createdAt": 7 } }],
        });
        let expected = json!({
            "createdAt": "2026-11-29T13:05:41Z", "executeAfter": null, "limit": 1_795_957_541,
            "data": [{ "expiresAt": "1970-01-01T00:00:00Z", "rules": { "createdAt": 7 } }],
        });
        assert_eq!(with_iso_times(document), expected);
    }

    /// Whole numbers in answers that are not times.
    const NUMBERS: [&str; 9] =
        ["id", "schemaVersion", "uptime", "entries", "brokenAt", "seconds", "priority", "auditId", "chatId"];

    #[test]
    fn every_number_of_an_answer_is_known_to_be_a_time_or_none() {
        fn numbers(schema: &Value, found: &mut Vec<String>) {
            let signed = |field: &Value| {
                field["format"] == "int64" && field["minimum"].is_null() && field["maximum"].is_null()
            };
            if let Some(fields) = schema["properties"].as_object() {
                found.extend(fields.iter().filter(|(_, field)| signed(field)).map(|(name, _)| name.clone()));
            }
            match schema {
                Value::Object(parts) => parts.values().for_each(|part| numbers(part, found)),
                Value::Array(parts) => parts.iter().for_each(|part| numbers(part, found)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        let document: Value = serde_json::from_str(&waiaas_server::openapi_json()).expect("the document");
        let mut found = Vec::new();
        for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            // Requests are not answers.
            if !name.ends_with("Request") && !name.ends_with("Query") {
                numbers(schema, &mut found);
            }
        }
        assert!(found.len() > 20, "{found:?}");
        found.retain(|name| !TIMES.contains(&name.as_str()) && !NUMBERS.contains(&name.as_str()));
        assert!(found.is_empty(), "neither a time nor known to be none: {found:?}");
    }

    #[test]
    fn amounts_are_read_in_hex_and_decimal() {
        assert_eq!(amount("0x12a05f200", 9, "SOL"), "5 SOL");
        assert_eq!(amount("5000000000", 9, "SOL"), "5 SOL");
        assert_eq!(amount("all", 9, "SOL"), "all");
        assert_eq!(base_units("0xff"), "255 base units");
    }
}
