//! A node that fails in any order, and one signature all the same.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use e2e::{Fault, FaultProxy, OwnerKey, When, until};
use waiaas_engine::Clock as _;
use waiaas_engine::core::transaction::TxStatus;

use super::{Dice, seeds};
use crate::stage::{PATIENCE, SOL, Stage, limits, shown};

const METHODS: [&str; 6] = [
    "sendTransaction",
    "sendTransaction",
    "sendTransaction",
    "getSignatureStatuses",
    "getTransaction",
    "getLatestBlockhash",
];

/// Something that goes wrong once, at one of the next calls.
fn break_something(proxy: &FaultProxy, dice: &mut Dice) {
    let fault = match dice.roll(0u8..4) {
        0 => Fault::Unavailable,
        1 => Fault::Garbage,
        2 => Fault::Broken,
        _ => Fault::Refusal(dice.pick(&[-32002, -32005, -32603]), "not now".to_owned()),
    };
    let when = dice.pick(&[When::Before, When::After]);
    drop(proxy.nth(dice.pick(&METHODS), dice.roll(1..3usize), when, fault));
}

/// The signed bytes that were ever sent, by the payee whose address is in them.
fn sent(proxy: &FaultProxy, payees: &BTreeMap<Vec<u8>, u64>) -> Result<BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>>> {
    let mut sent: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for params in proxy.params("sendTransaction") {
        let text = params[0].as_str().context("bytes")?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text)?;
        let whose = payees.keys().find(|key| bytes.windows(32).any(|part| part == key.as_slice()));
        sent.entry(whose.context("a payee")?.clone()).or_default().insert(bytes);
    }
    Ok(sent)
}

/// Invariant 14: for any answer, omission or broken answer of a node, and however often the daemon starts
/// again, one request is signed once: the same bytes are sent each time, and the money moves once or
/// not at all, as its row says.
#[tokio::test(flavor = "multi_thread")]
async fn an_unclear_outcome_is_never_signed_again() -> Result<()> {
    let (mut stage, proxy, node) = Stage::behind_proxy().await?;
    stage.policy("SPENDING_LIMIT", limits(100_000, 100_000)).await?;
    let session = stage.session().await?;
    for seed in seeds(1) {
        let mut dice = Dice::new(seed ^ 14);
        proxy.forget();
        let (mut payees, mut rows) = (BTreeMap::new(), Vec::new());
        for number in 0..10u8 {
            for _ in 0..dice.roll(0..3usize) {
                break_something(&proxy, &mut dice);
            }
            let to = OwnerKey::solana(100 + seed * 20 + number).address();
            let lamports = SOL / 10 + u64::from(number);
            payees.insert(bs58::decode(&to).into_vec()?, lamports);
            // Refused before it was admitted: there is nothing to follow.
            if let Ok(tx) = stage.send(&session, &to, &lamports.to_string()).await? {
                rows.push((tx.id, to, lamports));
            }
            // A start also asks the node again that was given a rest.
            if dice.roll(0u8..2) == 0 {
                stage.stop().await;
                stage.start_again().await?;
            }
            stage.clock.set(stage.clock.now() + dice.pick(&[0, 1, 16]));
        }
        proxy.heal();
        for (id, to, lamports) in &rows {
            let ended = until("an end", PATIENCE, || async {
                let tx = stage.transaction(*id).await?;
                Ok(tx.status.is_terminal().then_some(tx))
            })
            .await?;
            let arrived = node.balance(to).await?;
            let expected = if ended.status == TxStatus::Confirmed { *lamports } else { 0 };
            assert_eq!(arrived, expected, "seed {seed}: {} says {:?}", ended.status, ended.error);
        }
        for (whose, versions) in sent(&proxy, &payees)? {
            assert_eq!(versions.len(), 1, "seed {seed}: {} signed twice", bs58::encode(whose).into_string());
        }
        assert!(rows.len() > 2, "{} admitted", rows.len());
        assert_eq!(
            stage.engine().operator(&stage.master).verify_audit().await.map_err(shown)?.first_bad,
            None
        );
    }
    Ok(())
}
