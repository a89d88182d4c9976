//! Counts for overviews.

use waiaas_core::audit::AuditEventKind;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{MAX_PAGE, NewSession, StoreError};

use crate::backend::Backend;
use crate::fixtures::{NOW, admit, bring_to, entry, new_session, new_tx, seed, session_id, spend};

/// More than any page holds.
const MANY: u32 = MAX_PAGE + 5;

pub(crate) async fn overviews_count_beyond_a_page(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let done: Result<(), StoreError> = db
        .store
        .write(|tx| {
            Box::pin(async move {
                for n in 2..=MANY {
                    let short = NewSession { expires_at: NOW + 5, ..new_session(n, &[1]) };
                    let new = if n == 2 { short } else { new_session(n, &[1]) };
                    tx.insert_session(new, entry(AuditEventKind::SessionCreated, NOW)).await?;
                }
                let audit = entry(AuditEventKind::SessionRevoked, NOW);
                tx.revoke_session(session_id(3), audit).await.map(|_| ())
            })
        })
        .await;
    done.expect("sessions");
    let live = async |now| db.store.live_sessions_in_all(now).await.expect("sessions");
    assert_eq!(live(NOW).await, u64::from(MANY) - 1, "all but the revoked one");
    assert_eq!(live(NOW + 4).await, u64::from(MANY) - 1);
    assert_eq!(live(NOW + 5).await, u64::from(MANY) - 2, "at its end a token is dead");

    for n in 1..=MANY {
        admit(&db.store, new_tx(n, TxStatus::Executing), vec![spend(1, 1)], NOW).await.expect("admit");
    }
    bring_to(&db.store, MANY + 1, TxStatus::Submitted, NOW).await;
    bring_to(&db.store, MANY + 2, TxStatus::Confirmed, NOW).await;
    let found = async |statuses: &[TxStatus]| db.store.transactions_in(statuses).await.expect("count");
    assert_eq!(found(&[TxStatus::Executing]).await, u64::from(MANY));
    assert_eq!(found(&[TxStatus::Executing, TxStatus::Submitted]).await, u64::from(MANY) + 1);
    assert_eq!(found(TxStatus::ALL).await, u64::from(MANY) + 2);
    assert_eq!(found(&[TxStatus::Queued]).await, 0);
}
