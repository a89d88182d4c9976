//! The token registry: an entry stays as first judged, and the operator can have it read anew.

use anyhow::{Result, ensure};
use e2e::{Fault, When};
use serde_json::{Value, json};

use crate::stage::{On, Payer, Stage};
use crate::world::evm_payee;

/// Makes an answer of 18 decimals one of 2.
fn coarse(answer: &mut Value) {
    if *answer == json!(format!("0x{:064x}", 18)) {
        *answer = json!(format!("0x{:064x}", 2));
    }
}

async fn pays(stage: &Stage, payer: &Payer) -> Result<()> {
    let token = &stage.localnet.evm.erc20;
    let body = json!({ "type": "TOKEN_TRANSFER", "to": evm_payee(9)?, "amount": "100", "token": { "address": token } });
    let sent = payer.agent.api(&stage.daemon).post("/v1/transactions/send", body).await?;
    sent.expect(201).map(drop)
}

/// The localnet's token as the command line shows it.
fn decimals(stage: &Stage) -> Result<Vec<u64>> {
    let listed = stage.daemon.cli_json(&["token", "list", "--network", "evm-localnet"])?;
    let tokens = listed["tokens"].as_array().cloned().unwrap_or_default();
    let own = stage.localnet.evm.erc20.to_lowercase();
    let is_own = |token: &Value| token["address"].as_str().is_some_and(|text| text.to_lowercase() == own);
    ensure!(tokens.iter().all(is_own), "{listed}");
    Ok(tokens.iter().filter_map(|token| token["decimals"].as_u64()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_liar_put_on_record_the_operator_has_read_anew() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let payer = stage.payer().await?;
    let token = stage.localnet.evm.erc20.clone();
    stage.localnet.evm.fund_erc20(&payer.agent.address, 1_000).await?;
    let operator = stage.daemon.operator();
    let listed = json!({ "tokens": [{ "address": token }] });
    let policy = json!({
        "walletId": payer.agent.wallet, "network": "evm-localnet", "type": "ALLOWED_TOKENS", "rules": listed,
    });
    operator.post("/v1/policies", policy).await?.expect(201)?;
    ensure!(decimals(&stage)?.is_empty());

    stage.proxy.always("eth_call", When::After, Fault::Edit(coarse));
    pays(&stage, &payer).await?;
    ensure!(decimals(&stage)? == [2]);
    stage.proxy.heal();
    pays(&stage, &payer).await?;
    ensure!(decimals(&stage)? == [2], "recorded decimals stay when a node answers otherwise");

    let forget = ["token", "forget", "evm-localnet", token.as_str()];
    let forgotten = stage.daemon.cli_json(&forget)?;
    ensure!(forgotten["decimals"] == 2, "{forgotten}");
    ensure!(decimals(&stage)?.is_empty());
    ensure!(!stage.daemon.cli(&forget)?.status.success(), "there is nothing on record");
    pays(&stage, &payer).await?;
    ensure!(decimals(&stage)? == [18]);
    let logged = operator.get("/v1/audit-logs?eventType=TOKEN_FORGOTTEN").await?.expect(200)?;
    ensure!(logged["data"].as_array().is_some_and(|entries| entries.len() == 1), "{logged}");
    stage.intact().await
}
