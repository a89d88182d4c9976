//! Reads every row of a database through the store and compares it with the written one.

use std::collections::BTreeMap;

use serde_json::Value;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::money::{Usd, parse_base_units};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{DAY_SECONDS, MONTH_SECONDS};
use waiaas_store::{SCHEMA_VERSION, Store};

use super::fixture::{Row, counts};
use crate::fill::ROUTER;
use crate::fixtures::{NOW, usdc, wallet_id};

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

fn number(row: &Row, column: &str) -> i64 {
    row.get(column).and_then(Value::as_i64).unwrap_or_default()
}

fn bytes(row: &Row, column: &str) -> Vec<u8> {
    hex::decode(row[column]["hex"].as_str().expect(column)).expect(column)
}

/// Every column of every row is as it was written: nothing is lost, changed or added.
pub(crate) async fn rows_are_unchanged(store: &Store, written: &[(String, Row)]) {
    let mut dump = Vec::new();
    store.export(&mut dump).await.expect("export");
    let mut found: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for line in String::from_utf8(dump).expect("text").lines() {
        let mut line: Row = serde_json::from_str(line).expect("a line");
        let table = text(&line, "table").to_owned();
        match line.remove("row") {
            Some(Value::Object(row)) => found.entry(table).or_default().push(row),
            _ => assert!(table.is_empty(), "{table}"),
        }
    }
    // A dump leaves the lease out.
    for (table, count) in counts(written).into_iter().filter(|(table, _)| *table != "lease") {
        assert_eq!(found.get(table).map_or(0, Vec::len), count, "rows of {table}");
    }
    for (table, row) in written.iter().filter(|(table, _)| table != "lease") {
        let same = |now: &&Row| row.iter().all(|(column, value)| now.get(column) == Some(value));
        assert!(found[table].iter().any(|now| same(&now)), "{table}: {row:?}");
    }
}

/// The store reads each row, and finds the written values.
pub(crate) async fn rows_are_read(store: &Store, written: &[(String, Row)]) {
    for (table, row) in written {
        assert!(read(store, table, row).await, "{table} is read as something else: {row:?}");
    }
}

/// Whether the store finds the written values in a row.
async fn read(store: &Store, table: &str, row: &Row) -> bool {
    match table {
        "meta" => meta(store, row).await,
        "login_failures" | "policies" | "policy_sets" | "tokens" | "chain_identities" | "lease" => {
            setting(store, table, row).await
        }
        "wallets" | "sessions" | "session_wallets" | "denial_counts" | "idempotency" => {
            caller(store, table, row).await
        }
        "changes" | "challenges" | "audit_log" => word(store, table, row).await,
        "transactions" | "reservations" | "allowance_uses" | "action_values" => {
            money(store, table, row).await
        }
        other => panic!("nothing here reads {other}"),
    }
}

async fn setting(store: &Store, table: &str, row: &Row) -> bool {
    let network = || NetworkId::new(text(row, "network"));
    match table {
        "login_failures" => {
            let found = store.login_failures(text(row, "scope")).await.expect("read");
            (i64::from(found.failures), found.locked_until.unwrap_or_default())
                == (number(row, "failures"), number(row, "locked_until"))
        }
        "policies" => {
            let found = store.policy(text(row, "id").parse().expect("id")).await.expect("read");
            let found = found.expect("policy");
            (found.version, found.updated_at) == (number(row, "version"), number(row, "updated_at"))
        }
        "policy_sets" => {
            let digest = text(row, "digest").parse().expect("digest");
            store.policy_set(digest).await.expect("read").as_deref() == Some(text(row, "rules"))
        }
        "tokens" => {
            let address = text(row, "address").parse().expect("address");
            let found = store.token(&network(), address).await.expect("read").expect("token");
            found.symbol == text(row, "symbol") && i64::from(found.decimals) == number(row, "decimals")
        }
        "chain_identities" => {
            let found = store.chain_identity(&network()).await.expect("read").expect("chain");
            found.genesis == text(row, "genesis") && found.height == number(row, "height") as u64
        }
        _ => store.lease().await.expect("read").expect("lease").holder.holder == text(row, "holder"),
    }
}

/// Wallets, and sessions with their links.
async fn caller(store: &Store, table: &str, row: &Row) -> bool {
    let session = || text(row, "session_id").parse().expect("id");
    match table {
        "wallets" => {
            let id = text(row, "id").parse().expect("id");
            let found = store.wallet(id).await.expect("read").expect("wallet");
            let key = store.wallet_key(id).await.expect("read");
            let owner = found.owner.address().map(|address| address.to_string()).unwrap_or_default();
            found.name == text(row, "name")
                && found.status.as_str() == text(row, "status")
                && found.owner.state().as_str() == text(row, "owner_state")
                && owner == text(row, "owner_address")
                && key == Some(bytes(row, "sealed_key"))
        }
        "sessions" => {
            let found = store.session(text(row, "id").parse().expect("id")).await.expect("read");
            let found = found.expect("session");
            found.token_hash == text(row, "token_hash")
                && found.revoked_at.unwrap_or_default() == number(row, "revoked_at")
        }
        "session_wallets" => {
            let found = store.session(session()).await.expect("read").expect("session");
            found.wallets.iter().any(|id| id.to_string() == text(row, "wallet_id"))
        }
        "denial_counts" => {
            let day = number(row, "day") * DAY_SECONDS;
            let found = store.denial_counts(session(), day).await.expect("read");
            (found.kept, found.not_kept) == (number(row, "kept") as u64, number(row, "not_kept") as u64)
        }
        _ => {
            let at = number(row, "created_at");
            let found = store.claimed(session(), text(row, "key"), at).await.expect("read").expect("claim");
            found.0.to_string() == text(row, "body_digest") && found.1.to_string() == text(row, "tx_id")
        }
    }
}

/// The questions to owners, and the audit log.
async fn word(store: &Store, table: &str, row: &Row) -> bool {
    match table {
        "changes" => {
            let found = store.change(text(row, "id").parse().expect("id")).await.expect("read");
            let found = found.expect("change");
            found.status.as_str() == text(row, "status") && found.digest.to_string() == text(row, "digest")
        }
        "challenges" => {
            let found = store.challenge(text(row, "nonce")).await.expect("read").expect("challenge");
            found.consumed_at.unwrap_or_default() == number(row, "consumed_at")
                && found.signature.unwrap_or_default() == text(row, "signature")
        }
        _ => {
            let seq = number(row, "seq");
            let found = store.audit_after(seq - 1, 1).await.expect("read").remove(0);
            found.seq == seq
                && found.hash == bytes(row, "hash")
                && found.event == text(row, "event_type")
                && found.details == text(row, "details")
        }
    }
}

async fn money(store: &Store, table: &str, row: &Row) -> bool {
    match table {
        "transactions" => {
            let found = store.transaction(text(row, "id").parse().expect("id")).await.expect("read");
            let found = found.expect("transaction");
            let hash = found.signed.as_ref().and_then(|signed| signed.hash.as_deref());
            let digest = found.draft.map(|draft| draft.digest().to_string()).unwrap_or_default();
            found.status.as_str() == text(row, "status")
                && hash.unwrap_or_default() == text(row, "tx_hash")
                && digest == text(row, "digest")
        }
        "reservations" => {
            let held = store.held_by(text(row, "tx_id").parse().expect("id")).await.expect("read");
            let amount = parse_base_units(text(row, "amount")).expect("amount");
            let asset: AssetId = text(row, "asset").parse().expect("asset");
            // A settled amount is in the sums, a released one in none.
            text(row, "status") != "HELD" || held.iter().any(|one| one.amount == amount && one.asset == asset)
        }
        "allowance_uses" => {
            // So much less of the allowance counts.
            let asset = usdc();
            let found = store.counted_allowances(wallet_id(1), &asset, &ROUTER, NOW).await.expect("read");
            found.iter().any(|one| one.tx.to_string() == text(row, "allowance_tx"))
        }
        _ => {
            let wallet = text(row, "wallet_id").parse().expect("id");
            let category = serde_json::from_value(row["category"].clone()).expect("category");
            let sums = store.action_sums(wallet, category, NOW).await.expect("read");
            let usd = row.get("usd_micros").and_then(Value::as_u64).map(Usd::from_micros);
            sums.map(|sums| sums.usd_day) == usd
        }
    }
}

async fn meta(store: &Store, row: &Row) -> bool {
    let value = text(row, "value");
    let kid = |of: &Value| of["kid"].as_str().expect("kid").to_owned();
    let json = || serde_json::from_str::<Value>(value).expect("JSON");
    match text(row, "key") {
        "instance_id" => store.instance_id().await.expect("read").expect("id").to_string() == value,
        "keystore_header" => store.keystore_header().await.expect("read").as_deref() == Some(value),
        "kill_switch" => {
            let found = store.kill_switch().await.expect("read");
            json()["generation"].as_u64() == Some(found.generation)
        }
        "session_key_current" => store.session_keys().await.expect("read").current.kid == kid(&json()),
        "session_key_previous" => {
            store.session_keys().await.expect("read").previous.map(|key| key.kid) == Some(kid(&json()))
        }
        "policies_generation" => store.policies_generation().await.expect("read").to_string() == value,
        other => panic!("nothing here reads {other}"),
    }
}

/// The sums of the ledger are those of the rows that were written, added up here.
pub(crate) async fn sums_are_equal(store: &Store, written: &[(String, Row)]) {
    for wallet in (1..=5).map(wallet_id) {
        let mut days: BTreeMap<AssetId, U256> = BTreeMap::new();
        let mut months = days.clone();
        let (mut day, mut month) = (0u64, 0u64);
        let counted = written
            .iter()
            .filter(|(table, row)| table == "reservations" && text(row, "wallet_id") == wallet.to_string());
        for (_, row) in counted {
            let since = match text(row, "status") {
                "HELD" => i64::MAX,
                "SETTLED" => number(row, "counted_at"),
                _ => continue,
            };
            let asset: AssetId = text(row, "asset").parse().expect("asset");
            let amount = parse_base_units(text(row, "amount")).expect("amount");
            let usd = number(row, "usd_micros") as u64;
            if since > NOW - DAY_SECONDS {
                *days.entry(asset.clone()).or_default() += amount;
                day += usd;
            }
            if since > NOW - MONTH_SECONDS {
                *months.entry(asset).or_default() += amount;
                month += usd;
            }
        }
        let ledger = store.ledger(wallet, NOW, &[60]).await.expect("ledger");
        assert_eq!((ledger.asset_day, ledger.asset_month), (days, months));
        assert_eq!((ledger.usd_day, ledger.usd_month), (Usd::from_micros(day), Usd::from_micros(month)));
    }
}

/// The audit log is whole, and nothing was added to it.
pub(crate) async fn chain_verifies(store: &Store, written: &[(String, Row)]) {
    let chain = store.verify_chain().await.expect("chain");
    let rows = i64::try_from(counts(written)["audit_log"]).expect("small");
    assert_eq!((chain.rows, chain.first_bad), (rows, None), "schema {SCHEMA_VERSION}");
}
