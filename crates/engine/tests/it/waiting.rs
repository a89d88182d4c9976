//! Requests that wait unsigned: how they are stopped, their maximum number, and their shortened rows.

use anyhow::{Context as _, Result};
use e2e::OwnerKey;
use serde_json::json;
use waiaas_api::requests::{ContractCall, Hex, Operation, Transfer};
use waiaas_engine::core::gas::GasTarget;
use waiaas_engine::core::intent::Amount;
use waiaas_engine::core::origin::Origin;
use waiaas_engine::core::policy::Verdict;
use waiaas_engine::core::transaction::TxStatus;
use waiaas_engine::{Activator, Error, Remedy, SendRequest, Session, TxView, WaitFor};

use crate::stage::{Stage, requested, shown};

const PAYEE: &str = "0x3333333333333333333333333333333333333333";

impl Stage {
    /// Asks for a payment that waits for a network that charges next to nothing.
    async fn cheap(&self, session: &Session) -> Result<TxView, Error> {
        let amount = Amount::parse("0.0001").expect("an amount");
        let asked = Operation::Transfer(Transfer::new(PAYEE, amount));
        let never = GasTarget { max_gas_price: Some(1), max_priority_fee: None, timeout_seconds: None };
        let request = SendRequest { gas_condition: Some(never), ..requested(asked, Origin::default()) };
        self.engine().agent(session).send(request, WaitFor::Broadcast).await
    }
}

async fn stage() -> Result<Stage> {
    let stage = Stage::ethereum().await?;
    let rules = json!({ "instant_max": "1000000000000000000", "notify_max": "1000000000000000000",
        "delay_max": "1000000000000000000" });
    stage.policy("SPENDING_LIMIT", rules).await?;
    Ok(stage)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_cheap_network_is_withdrawn_by_its_agent_and_by_the_operator() -> Result<()> {
    let stage = stage().await?;
    let session = stage.session().await?;
    let (one, two) =
        (stage.cheap(&session).await.map_err(shown)?, stage.cheap(&session).await.map_err(shown)?);
    assert_eq!((one.status, &one.tx_hash), (TxStatus::Executing, &None));
    let one = stage.engine().agent(&session).cancel(one.id).await.map_err(shown)?;
    let two = stage.engine().operator(&stage.master).cancel(two.id).await.map_err(shown)?;
    assert_eq!((one.status, two.status), (TxStatus::Cancelled, TxStatus::Cancelled));
    let again = stage.engine().agent(&session).cancel(one.id).await.err().context("cancelled twice")?;
    assert_eq!(again.code.as_str(), "TX_ALREADY_PROCESSED");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_switch_ends_what_waits_for_a_cheap_network() -> Result<()> {
    let stage = stage().await?;
    let session = stage.session().await?;
    let revoked = stage.cheap(&session).await.map_err(shown)?;
    stage.engine().operator(&stage.master).revoke_session(session.id()).await.map_err(shown)?;
    let failed = stage.reaches(revoked.id, TxStatus::Failed).await?;
    assert_eq!((failed.error_code.as_deref(), failed.tx_hash), (Some("SESSION_REVOKED"), None));

    let session = stage.session().await?;
    let suspended = stage.cheap(&session).await.map_err(shown)?;
    stage.engine().operator(&stage.master).suspend_wallet(stage.wallet.id, None).await.map_err(shown)?;
    let failed = stage.reaches(suspended.id, TxStatus::Failed).await?;
    assert_eq!(failed.error_code.as_deref(), Some("WALLET_SUSPENDED"));
    stage.engine().operator(&stage.master).resume_wallet(stage.wallet.id).await.map_err(shown)?;

    let stopped = stage.cheap(&session).await.map_err(shown)?;
    stage.engine().activate_kill_switch(&Activator::by_master(&stage.master)).await.map_err(shown)?;
    let cancelled = stage.reaches(stopped.id, TxStatus::Cancelled).await?;
    assert_eq!(cancelled.error_code.as_deref(), Some("SYSTEM_LOCKED"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_of_a_session_wait_for_a_cheap_network() -> Result<()> {
    let stage = stage().await?;
    let session = stage.session().await?;
    let mut waiting = Vec::new();
    for _ in 0..32 {
        waiting.push(stage.cheap(&session).await.map_err(shown)?);
    }
    let refused = stage.cheap(&session).await.err().context("one more")?;
    assert_eq!(refused.code.as_str(), "TOO_MUCH_WAITING");
    assert_eq!(refused.hint, Some(Remedy::CancelTransactions));
    let other = stage.session().await?;
    assert_eq!(stage.cheap(&other).await.map_err(shown)?.status, TxStatus::Executing, "another session's");
    let first = waiting.first().context("one")?;
    stage.engine().agent(&session).cancel(first.id).await.map_err(shown)?;
    assert_eq!(stage.cheap(&session).await.map_err(shown)?.status, TxStatus::Executing);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_was_granted_and_withdrawn_long_parts_are_kept_by_their_digest() -> Result<()> {
    let stage = stage().await?;
    // A contract that accepts any payment.
    e2e::rpc(&stage.localnet.evm.rpc, "anvil_setCode", json!([PAYEE, "0x00"])).await?;
    let listed = json!({ "contracts": [{ "address": PAYEE }] });
    stage.policy_on(Some("evm-localnet"), "CONTRACT_WHITELIST", listed).await?;
    stage.lock_owner(&OwnerKey::evm(7)?).await?;
    let session = stage.session().await?;
    let call = Operation::ContractCall(ContractCall {
        to: Some(PAYEE.into()),
        calldata: Some(Hex(vec![7; 5_000])),
        ..ContractCall::default()
    });
    let tx = stage.ask(&session, call, Origin::default()).await?.map_err(shown)?;
    assert_eq!(tx.status, TxStatus::PendingApproval);
    let waiting = stage.engine().agent(&session).explain(tx.id).await.map_err(shown)?;
    assert!(waiting.not_kept.is_empty() && waiting.reproduced, "{waiting:?}");

    stage.engine().agent(&session).cancel(tx.id).await.map_err(shown)?;
    let left = stage.engine().agent(&session).explain(tx.id).await.map_err(shown)?;
    let digest = left.not_kept.iter().find(|part| part.what.as_str() == "draft").map(|part| part.digest);
    assert_eq!(digest, tx.digest, "what was judged can still be told");
    for what in ["intent", "presentation"] {
        assert!(
            left.not_kept.iter().any(|part| part.what.as_str() == what && part.bytes > 4_096),
            "{what}: {left:?}"
        );
    }
    let Verdict::Granted(grant) = &left.verdict else { anyhow::bail!("not as it was: {left:?}") };
    assert_eq!((Some(grant.tier), left.reproduced, left.tx.digest), (tx.tier, false, None));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_key_tells_nothing_of_a_wallet_that_is_no_longer_the_sessions() -> Result<()> {
    use waiaas_engine::core::digest::Digest;
    let stage = stage().await?;
    let issued =
        stage.engine().operator(&stage.master).create_session(stage.new_session()).await.map_err(shown)?;
    let token = secrecy::ExposeSecret::expose_secret(&issued.token).to_owned();
    let session = stage.engine().authenticate_session(&token).await.map_err(shown)?;
    let ask = || {
        let amount = Amount::parse("0.0001").expect("an amount");
        let asked = Operation::Transfer(Transfer::new(PAYEE, amount));
        let key = waiaas_engine::IdempotencyKey { key: "again".into(), body: Digest::new([1; 32]) };
        SendRequest { idempotency: Some(key), ..requested(asked, Origin::default()) }
    };
    let first = stage.engine().agent(&session).send(ask(), WaitFor::Broadcast).await.map_err(shown)?;
    let again = stage.engine().agent(&session).send(ask(), WaitFor::Broadcast).await.map_err(shown)?;
    assert_eq!(first.id, again.id);
    let chain = waiaas_engine::core::network::Chain::Ethereum;
    let environment = waiaas_engine::core::network::Environment::Local;
    let new = waiaas_engine::NewWallet { name: "other".into(), chain, environment };
    let other = stage.engine().operator(&stage.master).create_wallet(new).await.map_err(shown)?;
    stage.engine().operator(&stage.master).add_session_wallet(session.id(), other.id).await.map_err(shown)?;
    stage
        .engine()
        .operator(&stage.master)
        .remove_session_wallet(session.id(), stage.wallet.id)
        .await
        .map_err(shown)?;
    let session = stage.engine().authenticate_session(&token).await.map_err(shown)?;
    let refused =
        stage.engine().agent(&session).send(ask(), WaitFor::Broadcast).await.err().context("told")?;
    assert_eq!(refused.code.as_str(), "TX_NOT_FOUND");
    Ok(())
}
