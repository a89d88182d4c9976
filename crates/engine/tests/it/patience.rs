//! An obstacle to signing that lasts too long ends the request, for every cause: nothing is signed by then.

use anyhow::Result;
use e2e::{Fault, When};
use serde_json::json;
use waiaas_engine::Clock as _;
use waiaas_engine::core::transaction::TxStatus;

use crate::stage::{SOL, Stage, limits, payee};

/// A node says that bytes are good for longer than the store can write down.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_cannot_hold_is_given_up_like_anything_else() -> Result<()> {
    let (stage, proxy, node) = Stage::behind_proxy().await?;
    stage.policy("SPENDING_LIMIT", limits(1000, 1000)).await?;
    let (session, start, to) = (stage.session().await?, stage.clock.now(), payee(7));
    proxy.always("getBlockHeight", When::Before, Fault::Lie(json!(1u64 << 63)));
    let tx = stage.admitted(&session, &to, "1.0").await?;
    assert_eq!((tx.status, tx.tx_hash), (TxStatus::Executing, None));
    stage.clock.set(start + 599);
    assert_eq!(stage.transaction(tx.id).await?.status, TxStatus::Executing, "it is still tried");
    stage.clock.set(start + 600);
    let failed = stage.reaches(tx.id, TxStatus::Failed).await?;
    assert_eq!((failed.tx_hash, node.balance(&to).await?), (None, 0));
    assert!(failed.error_code.is_some());

    // The same request works as soon as nothing stands against it.
    proxy.heal();
    let again = stage.admitted(&session, &to, "1.0").await?;
    stage.reaches(again.id, TxStatus::Confirmed).await?;
    assert_eq!(node.balance(&to).await?, SOL);
    Ok(())
}
