//! A dry run gives the verdict of the live request.

use anyhow::Result;
use proptest::option;
use serde_json::json;
use waiaas_api::requests::{Operation, TokenRef, TokenTransfer, Transfer};
use waiaas_engine::core::intent::Amount;
use waiaas_engine::core::origin::Origin;
use waiaas_engine::core::policy::Verdict;
use waiaas_engine::core::transaction::TxStatus;
use waiaas_engine::{Clock as _, Details, SendRequest, WaitFor};

use super::{Dice, seeds};
use crate::stage::{PATIENCE, SOL, Stage, payee, requested, shown};

fn request(dice: &mut Dice, mint: &str) -> SendRequest {
    let amount = dice.pick(&["1", "100000", "0.01", "0.05", "0.2", "1.5"]);
    let amount = Amount::parse(amount).expect("an amount");
    let to = payee(dice.roll(20u8..23));
    let memo = dice.roll(option::of("[a-z ]{1,20}"));
    let asked = if dice.roll(0u8..4) == 0 {
        let token = TokenRef { address: Some(mint.to_owned()), ..TokenRef::default() };
        Operation::TokenTransfer(TokenTransfer { memo, ..TokenTransfer::new(to, amount, token) })
    } else {
        Operation::Transfer(Transfer { memo, ..Transfer::new(to, amount) })
    };
    requested(asked, Origin::default())
}

/// Rules in which every outcome is near. No delay ends while the test runs: what the workers write then
/// would look like the dry run's.
async fn policies(stage: &Stage, dice: &mut Dice, mint: &str) -> Result<()> {
    let instant = dice.roll(0u32..10);
    let mut limit = json!({
        "instant_max_usd": instant, "notify_max_usd": instant + 2, "delay_max_usd": 100, "delay_seconds": 3600,
    });
    limit["token_limits"] = json!({ "native:solana": {
        "instant_max": "0.04", "notify_max": "0.1", "delay_max": "1", "daily_max": "4",
    }});
    if dice.roll(0u8..2) == 0 {
        limit["daily_limit_usd"] = json!(dice.roll(20u32..60));
    }
    stage.policy("SPENDING_LIMIT", limit).await?;
    if dice.roll(0u8..2) == 0 {
        stage.policy("WHITELIST", json!({ "allowed_addresses": [payee(20), payee(21)] })).await?;
    }
    if dice.roll(0u8..2) == 0 {
        stage.policy("ALLOWED_TOKENS", json!({ "tokens": [{ "address": mint }] })).await?;
    }
    if dice.roll(0u8..2) == 0 {
        stage.policy("RATE_LIMIT", json!({ "max_requests": 6, "window_seconds": 60 })).await?;
    }
    Ok(())
}

/// Invariant 12: a dry run and the request itself, on the same state, get the same verdict to the last
/// word; and the dry run leaves nothing behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_and_the_request_get_one_verdict() -> Result<()> {
    let (mut granted, mut denied) = (0, 0);
    for seed in seeds(1) {
        let stage = Stage::set_up(None).await?;
        let mint = stage.localnet.solana.spl_mint.clone();
        stage.localnet.solana.fund_spl(&stage.wallet.address.to_string(), 1_000_000_000).await?;
        for known in 20..23 {
            stage.localnet.solana.fund(&payee(known), SOL).await?;
        }
        let mut dice = Dice::new(seed ^ 12);
        policies(&stage, &mut dice, &mint).await?;
        let session = stage.session().await?;
        for number in 0..14 {
            let request = request(&mut dice, &mint);
            let rows = stage.engine().operator(&stage.master).verify_audit().await.map_err(shown)?.rows;
            let dry = stage.engine().agent(&session).simulate(request.clone()).await.map_err(shown)?;
            let after = stage.engine().operator(&stage.master).verify_audit().await.map_err(shown)?.rows;
            assert_eq!(rows, after, "a dry run is not written anywhere");
            let sent = stage.engine().agent(&session).send(request, WaitFor::Broadcast).await;
            // A denial that was kept before is counted with it.
            let live = match &sent {
                Ok(tx) => tx.id,
                Err(error) => match error.details.as_deref() {
                    Some(Details::Denied { transaction_id: Some(id), .. }) => *id,
                    Some(_) | None => anyhow::bail!("no row: {error}"),
                },
            };
            let explained = stage.engine().operator(&stage.master).explain(live).await.map_err(shown)?;
            assert!(explained.reproduced);
            assert_eq!(explained.verdict, dry.verdict, "seed {seed}, request {number}");
            assert_eq!(explained.effects.as_ref(), Some(&dry.effects));
            match &dry.verdict {
                Verdict::Granted(grant) => {
                    assert_eq!(sent.map_err(shown)?.tier, Some(grant.tier));
                    granted += 1;
                }
                Verdict::Denied(denials) => {
                    let code = denials.first().map(|denial| denial.code.as_str());
                    assert_eq!(sent.err().map(|error| error.code.as_str()), code);
                    denied += 1;
                }
            }
            // Running transactions end first: they would change the ledger between the two.
            e2e::until("rest", PATIENCE, || async {
                let tx = stage.transaction(live).await?;
                Ok((tx.status.is_terminal() || tx.status == TxStatus::Queued).then_some(()))
            })
            .await?;
            let step = dice.pick(&[0, 0, 1, 20]);
            stage.clock.set(stage.clock.now() + step);
        }
    }
    assert!(granted > 2 && denied > 2, "{granted} granted, {denied} denied");
    Ok(())
}
