//! A chain that seems set back, because one of two nodes lies.

use anyhow::{Context as _, Result, ensure};
use e2e::{Books, Fault, FaultProxy, OwnerKey, When, rpc, until};
use serde_json::{Value, json};
use waiaas_engine::TxView;
use waiaas_engine::core::transaction::TxStatus;

use crate::stage::{PATIENCE, Stage, limits};

const BLOCK: &str = "eth_getBlockByNumber";

/// It claims to have come to block 1 000 000.
fn inflated(block: &mut Value) {
    if block.is_object() {
        block["number"] = json!("0xf4240");
    }
}

async fn remembered(stage: &Stage) -> Result<u64> {
    let height = Books::open(stage.data_dir()).await?.height("evm-localnet").await?;
    height.context("no height is remembered")
}

/// A payment that both nodes have and no block holds.
async fn waiting(stage: &Stage, node: &str) -> Result<TxView> {
    rpc(node, "evm_setAutomine", json!([false])).await?;
    let session = stage.session().await?;
    let tx = stage.admitted(&session, &OwnerKey::evm(77)?.address(), "0.001").await?;
    stage.reaches(tx.id, TxStatus::Submitted).await
}

async fn looks(proxy: &FaultProxy) -> Result<()> {
    proxy.forget();
    // Each look asks at least three times.
    until("looks", PATIENCE, || async { Ok((proxy.count(BLOCK) >= 9).then_some(())) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_height_that_one_of_two_nodes_makes_up_neither_ends_nor_keeps_anything() -> Result<()> {
    let (stage, liar, node) = Stage::beside_a_liar().await?;
    let node = node.rpc;
    stage.policy("SPENDING_LIMIT", limits(100, 100)).await?;
    rpc(&node, "anvil_mine", json!(["0x5"])).await?;
    let snapshot = rpc(&node, "evm_snapshot", json!([])).await?;
    rpc(&node, "anvil_mine", json!(["0x5"])).await?;
    let tx = waiting(&stage, &node).await?;
    looks(&liar).await?;
    let height = remembered(&stage).await?;

    // Its invented height is not stored, so the true one later is no set-back.
    liar.always(BLOCK, When::After, Fault::Edit(inflated));
    looks(&liar).await?;
    ensure!(remembered(&stage).await? == height);
    liar.heal();
    looks(&liar).await?;
    ensure!(stage.transaction(tx.id).await?.status == TxStatus::Submitted);

    // A real one is noticed beside it.
    liar.always(BLOCK, When::After, Fault::Edit(inflated));
    rpc(&node, "evm_revert", json!([snapshot])).await?;
    let ended = stage.reaches(tx.id, TxStatus::Failed).await?;
    ensure!(ended.error_code.as_deref() == Some("CHAIN_RESET"), "{:?}", ended.error);
    ensure!(remembered(&stage).await? < height);
    Ok(())
}

/// Another first block, and a height that no chain has.
fn foreign(block: &mut Value) {
    block["hash"] = json!(format!("0x{}", "ab".repeat(32)));
    block["number"] = json!("0xffffffffffffffff");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_first_block_is_noticed_at_any_height() -> Result<()> {
    let (stage, proxy, node) = Stage::ethereum_behind_proxy().await?;
    stage.policy("SPENDING_LIMIT", limits(100, 100)).await?;
    let tx = waiting(&stage, &node.rpc).await?;
    looks(&proxy).await?;
    let mut block = rpc(&node.rpc, BLOCK, json!(["0x0", false])).await?;
    foreign(&mut block);
    proxy.always(BLOCK, When::Before, Fault::Lie(block));
    let ended = stage.reaches(tx.id, TxStatus::Failed).await?;
    ensure!(ended.error_code.as_deref() == Some("CHAIN_RESET"), "{:?}", ended.error);
    ensure!(remembered(&stage).await? == 0);
    Ok(())
}
