//! Nodes beyond the usual: one that changes its chain, one of an operator's own network, one that keeps
//! more than a hundred transactions waiting.

use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, Fault, OwnerKey, When, generous_policy, rpc, until};
use serde_json::{Value, json};

use crate::stage::{On, PATIENCE, Stage, id};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_changes_its_chain_after_admission_gets_no_signature() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    let paused = stage.proxy.once("eth_getTransactionCount", When::Before, Fault::Broken);
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    paused.await?;
    ensure!((&sent["status"], &sent["txHash"]) == (&json!("EXECUTING"), &Value::Null), "{sent}");

    stage.proxy.always("eth_chainId", When::After, Fault::Lie(json!("0x1")));
    stage.proxy.forget();
    until("two looks at the chain", PATIENCE, || async {
        Ok((stage.proxy.count("eth_chainId") >= 2).then_some(()))
    })
    .await?;
    ensure!(stage.proxy.count("eth_getTransactionCount") == 0, "the wrong chain was asked for a nonce");
    ensure!(stage.proxy.count("eth_sendRawTransaction") == 0, "something was broadcast");
    let still = payer.agent.transaction(&stage.daemon, &id(&sent)?).await?;
    ensure!((&still["status"], &still["txHash"]) == (&json!("EXECUTING"), &Value::Null), "{still}");
    ensure!(!stage.events(&id(&sent)?).await?.contains(&"TX_SIGNED".to_owned()));

    stage.proxy.heal();
    ensure!(stage.settled(&payer, &id(&sent)?).await?["status"] == "CONFIRMED");
    stage.paid_once(&payer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_network_of_ones_own_without_prices_dollars_mean_the_owner() -> Result<()> {
    let mut stage = Stage::with(On::Ethereum, |options| {
        options.extra.push_str(&format!(
            "\n[[networks.custom]]\nid = \"our-chain\"\nchain_id = 31338\nenvironment = \"local\"\n\
             native_symbol = \"OWN\"\nrpc = [\"{}\"]\n",
            options.evm
        ));
    })
    .await?;
    rpc(&stage.localnet.evm.rpc, "anvil_setChainId", json!([31338])).await?;
    let agent = Agent::create(&stage.daemon, "ethereum").await?;
    stage.fund(&agent.address).await?;
    let operator = stage.daemon.operator();
    let dollars = operator.policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
    let to = OwnerKey::evm(77)?.address();
    let body = json!({ "type": "TRANSFER", "to": to, "amount": "1000", "network": "our-chain" });
    let send = || async {
        agent.api(&stage.daemon).post("/v1/transactions/send?wait=confirmed", body.clone()).await
    };

    ensure!(send().await?.refused(403)? == "OWNER_REQUIRED", "no price, so however little");
    ensure!(stage.balance(&to).await? == 0 && stage.proxy.count("eth_sendRawTransaction") == 0);

    let owner = OwnerKey::evm(6)?;
    agent.lock_owner(&stage.daemon, &owner).await?;
    let waiting = send().await?.expect(201)?;
    ensure!((&waiting["tier"], &waiting["status"]) == (&json!("APPROVAL"), &json!("PENDING_APPROVAL")));
    ensure!(waiting["amountUsd"].is_null(), "no price is not a price of nothing: {waiting}");
    ensure!(stage.balance(&to).await? == 0);

    // A limit in the coin itself needs no price, and the owner's consent, for it lets more through.
    operator.delete(&format!("/v1/policies/{dollars}")).await?.expect(200)?;
    let coin = json!({ "instant_max": "1000", "notify_max": "1000", "delay_max": "1000" });
    let coin = json!({ "walletId": agent.wallet, "type": "SPENDING_LIMIT", "rules": coin });
    let change = operator.post("/v1/policies", coin).await?.expect(202)?;
    let agreed = owner.agrees(&stage.daemon.anonymous(), &change).await?.expect(200)?;
    ensure!(agreed["status"] == "APPLIED", "{agreed}");
    let waiting = send().await?.expect(201)?;
    ensure!(waiting["tier"] == "APPROVAL", "no dollars can be held against its fee: {waiting}");
    ensure!(waiting["reasons"].to_string().contains("[fees.transfer_max]"), "{waiting}");
    // A cap in the coin needs no price either.
    let cap = "\n[fees.transfer_max]\nour-chain = \"0.01 OWN\"\n";
    stage.daemon.reconfigure(|text| text + cap)?;
    let sent = agent.api(&stage.daemon).post("/v1/transactions/send?wait=confirmed", body).await?;
    let sent = sent.expect(201)?;
    ensure!((&sent["tier"], &sent["status"]) == (&json!("INSTANT"), &json!("CONFIRMED")), "{sent}");
    ensure!(stage.balance(&to).await? == 1000);
    stage.intact().await
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_hundred_that_do_not_move_hold_up_no_other() -> Result<()> {
    /// More than the workers look at in one page.
    const STUCK: usize = 105;
    let mut stage = Stage::new(On::Ethereum).await?;
    // Ten looks a second at each of them would be all that the machine does.
    stage.daemon.reconfigure(|text| text.replace("poll_interval_ms = 100\n", "poll_interval_ms = 1000\n"))?;
    let mut payer = stage.payer().await?;
    stage.proxy.always(stage.on.outcome(), When::Before, Fault::Lie(Value::Null));
    for _ in 0..STUCK {
        let payment = payer.owes(stage.on, stage.on.small())?;
        let sent = stage.ask(&payer, &payment).await?.expect(201)?;
        ensure!(sent["status"] == "SUBMITTED", "{sent}");
    }

    // Younger than all of them, on another chain.
    let agent = Agent::create(&stage.daemon, "solana").await?;
    stage.localnet.solana.fund(&agent.address, 1_000_000_000).await?;
    stage.daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
    let sent = agent.send(&stage.daemon, &OwnerKey::solana(7).address(), "0.01").await?.expect(201)?;
    let tx = id(&sent)?;
    until("its turn", PATIENCE, || async {
        Ok((agent.transaction(&stage.daemon, &tx).await?["status"] == "CONFIRMED").then_some(()))
    })
    .await?;
    let mut books = stage.books().await?;
    let still = books.statuses(&payer.agent.wallet).await?;
    ensure!(still == vec!["SUBMITTED"; STUCK], "{still:?}");

    stage.proxy.heal();
    let ended = until("the end of all", PATIENCE, || async {
        let mut books = stage.books().await?;
        let rows = books.statuses(&payer.agent.wallet).await?;
        Ok(rows.iter().all(|status| status == "CONFIRMED").then_some(rows))
    })
    .await?;
    ensure!(ended.len() == STUCK, "{} rows", ended.len());
    let used = stage.localnet.evm.nonce(&payer.agent.address).await?;
    ensure!(used == u128::try_from(STUCK).context("a number")?, "{used} transactions on chain");
    stage.ledger_matches(&payer).await?;
    stage.intact().await
}
