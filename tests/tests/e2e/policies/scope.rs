//! Rows of several scopes: every one that applies speaks, and a narrow one can only tighten.

use anyhow::Result;
use e2e::Agent;
use serde_json::{Value, json};

use super::assert_denied_by;
use crate::world::{World, instant_up_to, solana_payee, text};

/// A policy of any scope.
async fn create(
    world: &World,
    wallet: Option<&str>,
    network: Option<&str>,
    kind: &str,
    rules: Value,
) -> Result<String> {
    let body = json!({ "walletId": wallet, "network": network, "type": kind, "rules": rules });
    let made = world.daemon.operator().post("/v1/policies", body).await?.expect(201)?;
    Ok(text(&made, "id")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_scope_tightens_and_never_loosens() -> Result<()> {
    let world = World::solana().await?;
    let to = solana_payee(7);
    let wallet = Some(world.agent.wallet.as_str());
    // A SOL is worth 150 dollars. Everywhere at most 15 dollars at once.
    let global = create(&world, None, None, "SPENDING_LIMIT", instant_up_to(15)).await?;
    assert_eq!(world.judged(&to, "0.1").await?, "INSTANT");
    let own = create(&world, wallet, None, "SPENDING_LIMIT", instant_up_to(1500)).await?;
    let refused = world.send(&to, "0.2").await?;
    assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&global))?;
    world.update(&own, instant_up_to(1)).await?.expect(200)?;
    let refused = world.send(&to, "0.1").await?;
    assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&own))?;
    // Another wallet only knows the global row.
    let other = Agent::create(&world.daemon, "solana").await?;
    world.localnet.solana.fund(&other.address, 1_000_000_000).await?;
    assert_eq!(other.send(&world.daemon, &to, "0.1").await?.expect(201)?["tier"], "INSTANT");

    world.update(&own, instant_up_to(15)).await?.expect(200)?;
    let everywhere =
        create(&world, None, Some("solana-localnet"), "SPENDING_LIMIT", instant_up_to(2)).await?;
    let refused = world.send(&to, "0.1").await?;
    assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&everywhere))?;
    world.update(&everywhere, instant_up_to(15)).await?.expect(200)?;
    let here = create(&world, wallet, Some("solana-localnet"), "SPENDING_LIMIT", instant_up_to(3)).await?;
    let refused = world.send(&to, "0.1").await?;
    assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&here))?;
    create(&world, wallet, Some("solana-devnet"), "SPENDING_LIMIT", instant_up_to(1)).await?;
    assert_eq!(world.judged(&to, "0.02").await?, "INSTANT", "a row for devnet has no say here");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_two_scopes_intersect() -> Result<()> {
    let world = World::solana().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(15)).await?;
    let [a, b, c] = [solana_payee(7), solana_payee(8), solana_payee(9)];
    let global = create(&world, None, None, "WHITELIST", json!({ "allowed_addresses": [a, b] })).await?;
    let own = world.policy("WHITELIST", json!({ "allowed_addresses": [b, c] })).await?;
    assert_denied_by(world.send(&a, "0.01").await?, "WHITELIST_DENIED", "WHITELIST", Some(&own))?;
    assert_denied_by(world.send(&c, "0.01").await?, "WHITELIST_DENIED", "WHITELIST", Some(&global))?;
    let sent = world.send(&b, "0.01").await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_or_deleted_policy_leaves_the_default() -> Result<()> {
    let world = World::solana().await?;
    let (to, operator) = (solana_payee(7), world.daemon.operator());
    let policy = world.policy("SPENDING_LIMIT", instant_up_to(15)).await?;
    let path = format!("/v1/policies/{policy}");
    assert_eq!(world.judged(&to, "0.1").await?, "INSTANT");
    let disabled = operator.put(&path, json!({ "enabled": false })).await?.expect(200)?;
    assert_eq!((&disabled["enabled"], &disabled["rules"]["instant_max_usd"]), (&json!(false), &json!(15.0)));
    let refused = world.send(&to, "0.1").await?;
    assert_denied_by(refused, "SPENDING_LIMIT_REQUIRED", "SPENDING_LIMIT", None)?;
    operator.put(&path, json!({ "enabled": true })).await?.expect(200)?;
    assert_eq!(world.judged(&to, "0.1").await?, "INSTANT");
    let gone = operator.delete(&path).await?.expect(200)?;
    assert_eq!(gone, json!({ "id": policy, "deleted": true }));
    let refused = world.send(&to, "0.1").await?;
    assert_denied_by(refused, "SPENDING_LIMIT_REQUIRED", "SPENDING_LIMIT", None)?;
    assert_eq!(operator.get(&path).await?.refused(404)?, "POLICY_NOT_FOUND");
    assert_eq!(operator.put(&path, json!({ "enabled": true })).await?.refused(404)?, "POLICY_NOT_FOUND");
    assert_eq!(operator.delete(&path).await?.refused(404)?, "POLICY_NOT_FOUND");
    assert_eq!(world.localnet.solana.balance(&to).await?, 0, "nothing of this moved anything");
    Ok(())
}
