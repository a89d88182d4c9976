//! The accounts that a wallet has dealt with.

use waiaas_core::transaction::TxStatus;

use crate::backend::Backend;
use crate::fixtures::{NOW, address, admit, bring_to, new_tx, seed, wallet_id};

pub(crate) async fn an_account_is_known_once_a_transaction_was_sent(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    seed(store).await;
    let known = async || {
        let named = store.names_recipient(wallet_id(1), address(9)).await.expect("read");
        (named, store.newest_recipients(wallet_id(1), 10).await.expect("read"))
    };
    admit(store, new_tx(1, TxStatus::Denied), vec![], NOW).await.expect("denied");
    bring_to(store, 2, TxStatus::Cancelled, NOW).await;
    assert_eq!(known().await, (false, vec![]), "what was not sent names no one");
    bring_to(store, 3, TxStatus::PendingApproval, NOW).await;
    assert_eq!(known().await, (false, vec![(address(9), true)]));
    bring_to(store, 4, TxStatus::Submitted, NOW).await;
    assert_eq!(known().await, (true, vec![(address(9), false), (address(9), true)]));
    assert!(!store.names_recipient(wallet_id(1), address(8)).await.expect("read"));
    assert!(!store.names_recipient(wallet_id(2), address(9)).await.expect("read"), "of another wallet");
    assert_eq!(store.newest_recipients(wallet_id(1), 1).await.expect("read").len(), 1);
}
