//! Recipients, tokens and networks: WHITELIST, ALLOWED_TOKENS and ALLOWED_NETWORKS.

use anyhow::Result;
use serde_json::{Value, json};

use super::assert_denied_by;
use crate::world::{ETHER, World, evm_payee, instant_up_to, solana_payee, text, verdict};

#[tokio::test(flavor = "multi_thread")]
async fn a_whitelist_names_accounts_not_spellings() -> Result<()> {
    let world = World::ethereum().await?;
    let (known, stranger) = (evm_payee(9)?, evm_payee(10)?);
    world.policy("SPENDING_LIMIT", instant_up_to(10)).await?;
    world.send(&stranger, "0.001").await?.expect(201)?;
    let rules = json!({ "allowed_addresses": [known.to_lowercase()] });
    let policy = world.policy("WHITELIST", rules).await?;
    let sent = world.send(&known, "0.001").await?.expect(201)?;
    assert_eq!(
        world.ended(text(&sent, "id")?).await?["status"],
        "CONFIRMED",
        "checksummed or not, it is one account"
    );
    let refused = world.send(&stranger, "0.001").await?;
    assert_denied_by(refused, "WHITELIST_DENIED", "WHITELIST", Some(&policy))?;

    // The recipient of a token is its beneficiary, not the called contract.
    let token = world.localnet.evm.erc20.clone();
    let tokens =
        json!({ "tokens": [{ "address": token, "assetId": format!("eip155:31337/erc20:{token}") }] });
    world.policy("ALLOWED_TOKENS", tokens).await?;
    let refused = world.send_token(&token, &stranger, "1").await?;
    assert_denied_by(refused, "WHITELIST_DENIED", "WHITELIST", Some(&policy))?;
    let sent = world.send_token(&token, &known, "1").await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    assert_eq!(world.localnet.evm.erc20_balance(&known).await?, ETHER);
    assert_eq!(world.localnet.evm.erc20_balance(&stranger).await?, 0);
    let both = json!({ "allowed_addresses": [known, stranger] });
    world.update(&policy, both).await?.expect(200)?;
    world.send(&stranger, "0.001").await?.expect(201)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whitelist_on_solana_means_owners_of_token_accounts() -> Result<()> {
    let world = World::solana().await?;
    let (known, stranger, mint) = (solana_payee(7), solana_payee(8), world.localnet.solana.spl_mint.clone());
    world.policy("SPENDING_LIMIT", instant_up_to(10)).await?;
    world.policy("ALLOWED_TOKENS", json!({ "tokens": [{ "address": mint }] })).await?;
    let policy = world.policy("WHITELIST", json!({ "allowed_addresses": [known] })).await?;
    // Opening the recipient's token account is paid too, and belongs to the same recipient.
    let sent = world.send_token(&mint, &known, "2").await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    let units = 10u64.pow(u32::from(world.localnet.solana.spl_decimals));
    assert_eq!(world.localnet.solana.token_balance(&known, &mint).await?, 2 * units);
    for refused in [world.send_token(&mint, &stranger, "2").await?, world.send(&stranger, "0.01").await?] {
        assert_denied_by(refused, "WHITELIST_DENIED", "WHITELIST", Some(&policy))?;
    }
    assert_eq!(world.localnet.solana.token_balance(&stranger, &mint).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_tokens_leave() -> Result<()> {
    let world = World::solana().await?;
    let to = solana_payee(7);
    let (spl, token2022) =
        (world.localnet.solana.spl_mint.clone(), world.localnet.solana.token2022_mint.clone());
    world.localnet.solana.fund_token2022(&world.agent.address, 1_000_000_000_000).await?;
    world.policy("SPENDING_LIMIT", instant_up_to(10)).await?;
    let refused = world.send_token(&spl, &to, "1").await?;
    assert_denied_by(refused, "TOKEN_NOT_ALLOWED", "ALLOWED_TOKENS", None)?;
    assert_eq!(world.judged(&to, "0.01").await?, "INSTANT", "the coin is no token");

    let policy =
        world.policy("ALLOWED_TOKENS", json!({ "tokens": [{ "address": spl, "chain": "solana" }] })).await?;
    let refused = world.send_token(&token2022, &to, "1").await?;
    assert_denied_by(refused, "TOKEN_NOT_ALLOWED", "ALLOWED_TOKENS", Some(&policy))?;
    let sent = world.send_token(&spl, &to, "1").await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    let elsewhere = format!("solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1/token:{spl}");
    let rules = json!({ "tokens": [{ "address": spl, "assetId": elsewhere }, { "address": token2022 }] });
    world.update(&policy, rules).await?.expect(200)?;
    let refused = world.send_token(&spl, &to, "1").await?;
    assert_denied_by(refused, "TOKEN_NOT_ALLOWED", "ALLOWED_TOKENS", Some(&policy))?;
    let sent = world.send_token(&token2022, &to, "1").await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erc20_is_allowed_on_one_network_only() -> Result<()> {
    let world = World::ethereum().await?;
    let (to, token) = (evm_payee(9)?, world.localnet.evm.erc20.clone());
    let operator = world.daemon.operator();
    world.policy("SPENDING_LIMIT", instant_up_to(10)).await?;
    let body = |network: Value, rules: Value| {
        json!({
            "walletId": world.agent.wallet, "network": network, "type": "ALLOWED_TOKENS", "rules": rules,
        })
    };
    let bare = json!({ "tokens": [{ "address": token, "symbol": "TST" }] });
    let refused = operator.post("/v1/policies", body(json!(null), bare.clone())).await?.expect(400)?;
    assert_eq!(
        refused["code"], "POLICY_RULES_INVALID",
        "a contract address means another token on each network"
    );
    assert!(text(&refused, "message")?.contains("rules.tokens[0].address"), "{refused}");
    // A row about another network neither allows nor denies anything here.
    operator.post("/v1/policies", body(json!("ethereum-sepolia"), bare.clone())).await?.expect(201)?;
    let refused = world.send_token(&token, &to, "1").await?;
    assert_denied_by(refused, "TOKEN_NOT_ALLOWED", "ALLOWED_TOKENS", None)?;
    let made = operator.post("/v1/policies", body(json!("eip155:31337"), bare)).await?.expect(201)?;
    assert_eq!(made["network"], "evm-localnet");
    let sent = world.send_token(&token, &to, "1").await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    assert_eq!(world.localnet.evm.erc20_balance(&to).await?, ETHER);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_networks_are_used() -> Result<()> {
    let world = World::ethereum().await?;
    let to = evm_payee(9)?;
    world.policy("SPENDING_LIMIT", instant_up_to(10)).await?;
    assert_eq!(world.judged(&to, "0.001").await?, "INSTANT", "without a list any network may be used");
    let rules = |networks: &[&str]| -> Value {
        let networks: Vec<_> = networks.iter().map(|network| json!({ "network": network })).collect();
        json!({ "networks": networks })
    };
    let policy = world.policy("ALLOWED_NETWORKS", rules(&["solana-localnet", "ethereum-sepolia"])).await?;
    let refused = world.send(&to, "0.001").await?;
    assert_denied_by(refused, "NETWORK_NOT_ALLOWED", "ALLOWED_NETWORKS", Some(&policy))?;
    world.update(&policy, rules(&["ethereum-sepolia", "eip155:31337"])).await?.expect(200)?;
    let kept = world.daemon.operator().get(&format!("/v1/policies/{policy}")).await?.expect(200)?;
    let listed: Vec<_> =
        kept["rules"]["networks"].as_array().into_iter().flatten().map(|n| &n["network"]).collect();
    assert_eq!(listed, ["ethereum-sepolia", "evm-localnet"], "kept under canonical names");
    let dry = world.dry_run(json!({ "to": to, "amount": "0.001", "network": "evm-localnet" })).await?;
    assert_eq!(verdict(&dry)?, "INSTANT");
    let sent = world.send(&to, "0.001").await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    Ok(())
}
