//! Rules that are ambiguous or unreadable.
//!
//! A naive design stores what it cannot read, ignores unknown keys, or checks on creation and not on
//! update. A rule that is misread is a limit that is not there.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::evm_bystander;
use crate::kit::{Class, Needs, On, Target, Victim};

/// Type and rules that must be refused on the local EVM network.
fn bad() -> Vec<(&'static str, &'static str, Value)> {
    let who = "0x52908400098527886E0F7030069857D2E4169EE7";
    let solana = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM";
    vec![
        ("SPENDING_LIMIT", "no limit at all", json!({})),
        ("SPENDING_LIMIT", "only a daily limit", json!({ "daily_limit_usd": 5 })),
        ("SPENDING_LIMIT", "camel case", json!({ "instantMaxUsd": 5 })),
        ("SPENDING_LIMIT", "an unknown key beside", json!({ "instant_max_usd": 5, "max_usd": 1 })),
        ("SPENDING_LIMIT", "a negative limit", json!({ "instant_max_usd": -1 })),
        ("SPENDING_LIMIT", "finer than a micro-dollar", json!({ "instant_max_usd": 0.000_000_1 })),
        ("SPENDING_LIMIT", "a limit of text", json!({ "instant_max_usd": "ten" })),
        ("SPENDING_LIMIT", "not a number", json!({ "instant_max_usd": null, "notify_max_usd": "NaN" })),
        ("SPENDING_LIMIT", "infinity", json!({ "instant_max_usd": "Infinity" })),
        ("SPENDING_LIMIT", "beyond all dollars", json!({ "instant_max_usd": 1e30 })),
        ("SPENDING_LIMIT", "steps that descend", json!({ "instant_max_usd": 9, "notify_max_usd": 5 })),
        ("SPENDING_LIMIT", "raw steps that descend", json!({ "instant_max": "9", "delay_max": "5" })),
        ("SPENDING_LIMIT", "raw as number", json!({ "instant_max": 9 })),
        ("SPENDING_LIMIT", "raw as exponent", json!({ "instant_max": "1e18" })),
        ("SPENDING_LIMIT", "raw beyond 256 bits", json!({ "instant_max": "9".repeat(79) })),
        ("SPENDING_LIMIT", "a delay of a second", json!({ "instant_max_usd": 1, "delay_seconds": 1 })),
        ("SPENDING_LIMIT", "a negative delay", json!({ "instant_max_usd": 1, "delay_seconds": -60 })),
        ("SPENDING_LIMIT", "an owner's second", json!({ "instant_max_usd": 1, "approval_timeout": 1 })),
        (
            "SPENDING_LIMIT",
            "an owner's year",
            json!({ "instant_max_usd": 1, "approval_timeout": 31_536_000 }),
        ),
        (
            "SPENDING_LIMIT",
            "a limit of no asset",
            json!({ "token_limits": { "USDC": { "instant_max": "1", "notify_max": "1", "delay_max": "1" } } }),
        ),
        (
            "SPENDING_LIMIT",
            "a token limit with a step missing",
            json!({ "token_limits": { "native:ethereum": { "instant_max": "1" } } }),
        ),
        ("SPENDING_LIMIT", "a list", json!([1, 2, 3])),
        ("SPENDING_LIMIT", "a text", json!("INSTANT")),
        ("WHITELIST", "an empty list", json!({ "allowed_addresses": [] })),
        ("WHITELIST", "a wildcard", json!({ "allowed_addresses": ["*"] })),
        ("WHITELIST", "a name", json!({ "allowed_addresses": ["friend.eth"] })),
        ("WHITELIST", "an address with a typing error", json!({ "allowed_addresses": [who.get(..41)] })),
        ("WHITELIST", "a wrong checksum", json!({ "allowed_addresses": [who.replace('E', "e")] })),
        ("WHITELIST", "the other chain's address", json!({ "allowed_addresses": [solana] })),
        ("WHITELIST", "camel case", json!({ "allowedAddresses": [who] })),
        ("ALLOWED_TOKENS", "no token", json!({ "tokens": [] })),
        ("ALLOWED_TOKENS", "a symbol instead of an address", json!({ "tokens": [{ "symbol": "USDC" }] })),
        ("ALLOWED_TOKENS", "the wrong chain", json!({ "tokens": [{ "address": who, "chain": "solana" }] })),
        (
            "ALLOWED_TOKENS",
            "two identities",
            json!({ "tokens": [{ "address": who, "assetId": "eip155:31337/erc20:0x0000000000000000000000000000000000000001" }] }),
        ),
        ("CONTRACT_WHITELIST", "no contract", json!({ "contracts": [] })),
        ("CONTRACT_WHITELIST", "everything", json!({ "contracts": [{ "address": "*" }] })),
        ("CONTRACT_WHITELIST", "the wrong chain", json!({ "contracts": [{ "address": solana }] })),
        (
            "METHOD_WHITELIST",
            "no method",
            json!({ "methods": [{ "contractAddress": who, "selectors": [] }] }),
        ),
        (
            "METHOD_WHITELIST",
            "every method",
            json!({ "methods": [{ "contractAddress": who, "selectors": ["*"] }] }),
        ),
        (
            "METHOD_WHITELIST",
            "half a selector",
            json!({ "methods": [{ "contractAddress": who, "selectors": ["0xa9"] }] }),
        ),
        (
            "METHOD_WHITELIST",
            "a signature instead of a selector",
            json!({ "methods": [{ "contractAddress": who, "selectors": ["transfer(address,uint256)"] }] }),
        ),
        ("APPROVED_SPENDERS", "an empty list", json!({ "spenders": [] })),
        (
            "APPROVED_SPENDERS",
            "a cap that is no number",
            json!({ "spenders": [{ "address": who, "maxAmount": "all" }] }),
        ),
        ("APPROVE_AMOUNT_LIMIT", "a negative cap", json!({ "maxAmount": "-1" })),
        ("APPROVE_AMOUNT_LIMIT", "a misspelt key", json!({ "block_unlimited": false })),
        ("APPROVE_TIER_OVERRIDE", "an unknown tier", json!({ "tier": "FREE" })),
        ("APPROVE_TIER_OVERRIDE", "a tier in lower case", json!({ "tier": "instant" })),
        ("ALLOWED_NETWORKS", "no network", json!({ "networks": [] })),
        ("ALLOWED_NETWORKS", "an unknown network", json!({ "networks": [{ "network": "moon" }] })),
        ("RATE_LIMIT", "none at all", json!({ "max_requests": 0, "window_seconds": 60 })),
        ("RATE_LIMIT", "no window", json!({ "max_requests": 1, "window_seconds": 0 })),
        ("RATE_LIMIT", "a fraction", json!({ "max_requests": 1.5, "window_seconds": 60 })),
        (
            "TIME_RESTRICTION",
            "an hour beyond the day",
            json!({ "allowed_hours": { "start": 0, "end": 25 }, "allowed_days": [1] }),
        ),
        (
            "TIME_RESTRICTION",
            "no day",
            json!({ "allowed_hours": { "start": 0, "end": 24 }, "allowed_days": [] }),
        ),
        ("NO_SUCH_TYPE", "an unknown type", json!({ "x": 1 })),
        ("spending_limit", "a type in lower case", json!({ "instant_max_usd": 1 })),
        (
            "ACTION_CATEGORY_LIMIT",
            "an unknown tier",
            json!({ "category": "swap", "daily_limit_usd": 1, "tier_on_exceed": "LATER" }),
        ),
    ]
}

/// Which policies a wallet has, as text.
async fn listed(target: &Target, victim: &Victim) -> Result<String> {
    let path = format!("/v1/policies?walletId={}", victim.wallet);
    Ok(target.operator().get(&path).await?.expect(200)?.to_string())
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("policy validation");
    for (kind, name, rules) in bad() {
        class.case(Needs::Daemon, format!("{kind} with {name}"), move |target| async move {
            let victim = evm_bystander(&target).await?;
            let body = json!({
                "walletId": victim.wallet, "network": On::Evm.network(), "type": kind, "rules": rules,
            });
            let answer = target.operator().post("/v1/policies", body).await?;
            ensure!(answer.status == 400, "HTTP {}: {}", answer.status, answer.body);
            let rows = listed(&target, &victim).await?;
            ensure!(!rows.contains(&format!("\"{}\",\"type\":\"{kind}\"", victim.wallet)), "kept: {rows}");
            Ok(())
        });
    }
    for (name, rules) in [
        ("unknown keys", json!({ "instant_max_usd": 1, "max": 1 })),
        ("descending steps", json!({ "instant_max_usd": 9, "notify_max_usd": 1 })),
        ("nothing", json!({})),
        ("another type's rules", json!({ "allowed_addresses": [] })),
        ("a text", json!("none")),
    ] {
        class.case(Needs::Daemon, format!("an update to {name}"), move |target| async move {
            let victim = Victim::poor(&target, On::Evm).await?;
            let good = json!({ "instant_max_usd": 1, "notify_max_usd": 2, "delay_max_usd": 3 });
            let id = victim.policy(&target, "SPENDING_LIMIT", good).await?;
            let path = format!("/v1/policies/{id}");
            let before = target.operator().get(&path).await?.expect(200)?;
            let answer = target.operator().put(&path, json!({ "rules": rules })).await?;
            ensure!(answer.status == 400, "HTTP {}: {}", answer.status, answer.body);
            let after = target.operator().get(&path).await?.expect(200)?;
            ensure!(before == after, "changed: {before} {after}");
            Ok(())
        });
    }
    for (name, change) in [
        ("its type", json!({ "type": "WHITELIST" })),
        ("its wallet", json!({ "walletId": null })),
        ("its network", json!({ "network": null })),
        ("its id", json!({ "id": "00000000-0000-7000-8000-000000000000" })),
        ("nothing", json!({})),
    ] {
        class.case(Needs::Daemon, format!("an update of {name}"), move |target| async move {
            let victim = Victim::poor(&target, On::Evm).await?;
            let id = victim.policy(&target, "SPENDING_LIMIT", json!({ "instant_max_usd": 1 })).await?;
            let path = format!("/v1/policies/{id}");
            let before = target.operator().get(&path).await?.expect(200)?;
            let answer = target.operator().put(&path, change).await?;
            ensure!(answer.status == 400, "HTTP {}: {}", answer.status, answer.body);
            ensure!(before == target.operator().get(&path).await?.expect(200)?, "changed");
            Ok(())
        });
    }
    class
}
