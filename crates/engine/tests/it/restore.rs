//! The pending changes and owner hand-overs that a restore ends.

use anyhow::{Context as _, Result};
use e2e::OwnerKey;
use waiaas_engine::core::audit::AuditEventKind;
use waiaas_engine::core::change::ChangeStatus;
use waiaas_engine::core::wallet::Owner;
use waiaas_engine::offline::restore;
use waiaas_engine::{AuditQuery, ChangeResult, Clock as _, DataDir, Decision, Details, Page};

use crate::stage::{PASSWORD, Stage, answer, config, shown, start_engine};

#[tokio::test(flavor = "multi_thread")]
async fn changes_and_hand_overs_that_waited_end_with_a_restore() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let (engine, master, wallet) = (stage.engine(), &stage.master, stage.wallet.id);
    let (owner, next) = (OwnerKey::solana(5), OwnerKey::solana(6));
    stage.lock_owner(&owner).await?;
    engine.operator(master).suspend_wallet(wallet, None).await.map_err(shown)?;
    let ChangeResult::Waits(change) = engine.operator(master).resume_wallet(wallet).await.map_err(shown)?
    else {
        anyhow::bail!("resumed without the owner")
    };
    let heir = next.address().parse()?;
    let asked =
        engine.operator(master).set_owner(wallet, heir, None).await.err().context("the owner is asked")?;
    let Some(Details::Challenge { challenge }) = asked.details.as_deref() else {
        anyhow::bail!("no challenge")
    };
    let yes = answer(&owner, &challenge.message)?;
    let yes = engine.authenticate_owner_of_wallet(wallet, yes).await.map_err(shown)?;
    let handed = engine.operator(master).set_owner(wallet, heir, Some(yes)).await.map_err(shown)?;
    assert_eq!(
        (handed.wallet.owner, handed.wallet.successor),
        (Owner::Locked(owner.address().parse()?), Some(heir))
    );
    let backup = engine.operator(master).backup().await.map_err(shown)?;

    let dir = tempfile::TempDir::new()?;
    let (now, config) = (stage.clock.now(), config(&stage.localnet)?);
    restore(&backup.path, &DataDir::new(dir.path()), &config, Vec::new(), PASSWORD.into(), now).await?;
    let restored = start_engine(dir.path(), &stage.localnet, stage.clock.clone()).await?;
    let master = restored.authenticate_master(PASSWORD.into(), None).await.map_err(shown)?;
    assert_eq!(
        restored.operator(&master).change(change.id).await.map_err(shown)?.status,
        ChangeStatus::Superseded
    );
    let kept = restored.operator(&master).wallet(wallet).await.map_err(shown)?;
    assert_eq!((kept.owner, kept.successor), (Owner::Locked(owner.address().parse()?), None));
    let proof = answer(&next, &handed.challenge.context("a challenge")?.message)?;
    let late = restored.authenticate_owner_of_wallet(wallet, proof).await.err().context("void")?;
    assert_eq!(late.code.as_str(), "OWNER_ADDRESS_MISMATCH");
    let answered = &change.questions[0].approve.as_ref().context("a question")?.message;
    let late =
        restored.authenticate_owner_of_change(change.id, Decision::Approve, answer(&owner, answered)?).await;
    assert_eq!(late.err().context("void")?.code.as_str(), "CHANGE_ALREADY_DECIDED");
    let query = AuditQuery { event: Some(AuditEventKind::ChangeSuperseded), ..AuditQuery::default() };
    let page = Page { cursor: None, limit: 10 };
    assert_eq!(restored.operator(&master).audit(query, page).await.map_err(shown)?.items.len(), 1);
    assert!(restored.operator(&master).verify_audit().await.map_err(shown)?.first_bad.is_none());
    restored.shutdown().await;
    Ok(())
}
