//! Counterparties that are agents (ERC-8004): the effect of their feedback on a payment.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{B256, I256, U256};
use anyhow::Result;
use e2e::{Agent, Daemon, DaemonOptions, Localnet, OwnerKey, call_data};
use serde_json::{Value, json};

use crate::world::{ETHER, World, evm_payee, instant_up_to, text};

/// Accounts of the node: an agent with feedback of clients, one without, a client whose feedback counts,
/// one whose feedback does not, and one that is no agent.
const RATED: usize = 1;
const UNRATED: usize = 2;
const CLIENT: usize = 3;
const STRANGER: usize = 4;
const IMPOSTOR: usize = 5;

/// Registers the two agents, with ids 0 and 1, before a daemon knows of them.
async fn world() -> Result<World> {
    let localnet = Localnet::start()?;
    let evm = &localnet.evm;
    for agent in [RATED, UNRATED] {
        let register = call_data("register()", &[]);
        evm.transact_as(&evm.account(agent).await?, &evm.identity_registry, &register).await?;
    }
    let mut options = DaemonOptions::of(&localnet);
    options.extra = format!(
        "[reputation]\nnetwork = \"evm-localnet\"\nidentity_registry = \"{}\"\n\
         reputation_registry = \"{}\"\nclients = [\"{}\"]\n\
         [reputation.agents]\n\"{}\" = \"0\"\n\"{}\" = \"1\"\n\"{}\" = \"0\"\n",
        evm.identity_registry,
        evm.reputation_registry,
        evm.account(CLIENT).await?,
        evm.account(RATED).await?,
        evm.account(UNRATED).await?,
        evm.account(IMPOSTOR).await?,
    );
    let daemon = Daemon::start(&options)?;
    let agent = Agent::create(&daemon, "ethereum").await?;
    evm.fund(&agent.address, 100 * ETHER).await?;
    evm.fund_erc20(&agent.address, 1000 * ETHER).await?;
    let world = World { daemon, agent, localnet };
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    Ok(world)
}

/// Feedback of an account about agent 0.
async fn say(world: &World, account: usize, value: i64, tag: &str) -> Result<()> {
    let evm = &world.localnet.evm;
    let nothing = || DynSolValue::String(String::new());
    let feedback = call_data(
        "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)",
        &[
            DynSolValue::Uint(U256::ZERO, 256),
            DynSolValue::Int(I256::try_from(value)?, 128),
            DynSolValue::Uint(U256::ZERO, 8),
            DynSolValue::String(tag.to_owned()),
            nothing(),
            nothing(),
            nothing(),
            DynSolValue::FixedBytes(B256::ZERO, 32),
        ],
    );
    evm.transact_as(&evm.account(account).await?, &evm.reputation_registry, &feedback).await.map(drop)
}

/// A policy of the agent's wallet on its own network.
async fn scoped(world: &World, policy_type: &str, rules: Value) -> Result<()> {
    let body = json!({
        "type": policy_type, "walletId": world.agent.wallet, "network": "evm-localnet", "rules": rules,
    });
    world.daemon.operator().post("/v1/policies", body).await?.expect(201).map(drop)
}

fn threshold(min_score: u8) -> Value {
    json!({ "min_score": min_score, "check_counterparty": true, "below_threshold_tier": "DELAY" })
}

/// The verdict on a payment to an account of the node.
async fn judged(world: &World, account: usize) -> Result<String> {
    world.judged(&world.localnet.evm.account(account).await?, "0.001").await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_agent_that_clients_rate_well_is_paid_at_once() -> Result<()> {
    let world = world().await?;
    say(&world, CLIENT, 90, "").await?;
    say(&world, CLIENT, 71, "").await?;
    say(&world, STRANGER, 0, "").await?;
    let policy = world.policy("REPUTATION_THRESHOLD", threshold(80)).await?;
    let rated = world.localnet.evm.account(RATED).await?;
    assert_eq!(judged(&world, RATED).await?, "INSTANT", "80.5 is 80, and that is enough");
    let sent = world.send(&rated, "0.001").await?.expect(201)?;
    assert_eq!(sent["tier"], "INSTANT", "{sent}");
    let id = text(&sent, "id")?;
    assert_eq!(world.ended(id).await?["status"], "CONFIRMED");
    let api = world.agent.api(&world.daemon);
    let why = api.get(&format!("/v1/transactions/{id}/explain")).await?.expect(200)?;
    assert_eq!(why["reproduced"], true, "{why}");

    world.update(&policy, threshold(81)).await?.expect(200)?;
    let waits = world.send(&rated, "0.001").await?.expect(201)?;
    assert_eq!((&waits["tier"], &waits["status"]), (&json!("DELAY"), &json!("QUEUED")));
    let why = api.get(&format!("/v1/transactions/{}/explain", text(&waits, "id")?)).await?.expect(200)?;
    assert_eq!(why["reproduced"], true, "{why}");

    let unknown = evm_payee(41)?;
    for unrated in [UNRATED, IMPOSTOR, CLIENT] {
        assert_eq!(judged(&world, unrated).await?, "OWNER_REQUIRED", "account {unrated}");
    }
    assert_eq!(world.send(&unknown, "0.001").await?.refused(403)?, "OWNER_REQUIRED");
    world.agent.lock_owner(&world.daemon, &OwnerKey::evm(3)?).await?;
    let asked = world.send(&unknown, "0.001").await?.expect(201)?;
    assert_eq!((&asked["tier"], &asked["status"]), (&json!("APPROVAL"), &json!("PENDING_APPROVAL")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_policy_reads_the_feedback_with_its_own_tag() -> Result<()> {
    let world = world().await?;
    let tagged = |tag: &str| {
        let mut rules = threshold(50);
        rules["tag1"] = json!(tag);
        rules
    };
    world.policy("REPUTATION_THRESHOLD", tagged("speed")).await?;
    say(&world, CLIENT, 90, "speed").await?;
    say(&world, CLIENT, 30, "quality").await?;
    assert_eq!(judged(&world, RATED).await?, "INSTANT");
    let token = world.localnet.evm.erc20.clone();
    scoped(&world, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": token }] })).await?;
    let rated = world.localnet.evm.account(RATED).await?;
    let sent = world.send_token(&token, &rated, "1").await?.expect(201)?;
    assert_eq!(sent["tier"], "INSTANT", "the recipient of a token is the counterparty");

    scoped(&world, "REPUTATION_THRESHOLD", tagged("quality")).await?;
    assert_eq!(judged(&world, RATED).await?, "DELAY", "fast and bad");
    say(&world, CLIENT, 70, "quality").await?;
    assert_eq!(judged(&world, RATED).await?, "INSTANT", "50 on average");

    let evm = &world.localnet.evm;
    let second = [DynSolValue::Uint(U256::ZERO, 256), DynSolValue::Uint(U256::from(3), 64)];
    let revoke = call_data("revokeFeedback(uint256,uint64)", &second);
    evm.transact_as(&evm.account(CLIENT).await?, &evm.reputation_registry, &revoke).await?;
    assert_eq!(judged(&world, RATED).await?, "DELAY", "taken back");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_does_not_answer_leaves_all_unrated() -> Result<()> {
    let mut world = world().await?;
    say(&world, CLIENT, 100, "").await?;
    let limit = world.policy("REPUTATION_THRESHOLD", threshold(0)).await?;
    assert_eq!(judged(&world, RATED).await?, "INSTANT");
    let evm = &world.localnet.evm;
    let (registry, token) = (evm.reputation_registry.clone(), evm.erc20.clone());
    world.daemon.reconfigure(|config| config.replace(&registry, &token))?;
    assert_eq!(judged(&world, RATED).await?, "OWNER_REQUIRED");
    // Nor does it matter where no policy looks.
    world.update(&limit, json!({ "min_score": 100 })).await?.expect(200)?;
    assert_eq!(judged(&world, RATED).await?, "INSTANT");
    Ok(())
}
