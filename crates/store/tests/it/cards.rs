//! Chats and their approval cards.

use waiaas_core::audit::AuditEventKind;
use waiaas_core::chat::{CardStatus, ChatNumber, ChatRole, MOST_PENDING};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{CardStep, Entity, StatusChange, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::{NOW, admit, advance, entry, new_tx, seed, tx_id};

const CHAT: ChatNumber = ChatNumber(7_000_000_001);

async fn register(store: &Store, number: i64) -> bool {
    let audit = entry(AuditEventKind::ChatRegistered, NOW);
    let job = store.write(move |tx| {
        Box::pin(async move { tx.register_chat(ChatNumber(number), "@ada".to_owned(), audit).await })
    });
    job.await.map_err(|error: StoreError| error).expect("register")
}

async fn set(store: &Store, chat: ChatNumber, role: ChatRole) -> Result<(), StoreError> {
    let audit = entry(AuditEventKind::ChatRoleSet, NOW);
    store.write(move |tx| Box::pin(async move { tx.set_chat_role(chat, role, audit).await })).await
}

async fn want(store: &Store, since: i64) -> u64 {
    let job = store.write(move |tx| Box::pin(async move { tx.want_cards(since, NOW).await }));
    job.await.map_err(|error: StoreError| error).expect("want")
}

async fn step(store: &Store, n: u32, from: CardStatus, step: CardStep) -> Result<(), StoreError> {
    store.write(move |tx| Box::pin(async move { tx.step_card(tx_id(n), CHAT, from, step, NOW).await })).await
}

/// Strangers cannot fill the table, and only a registered chat gets a role.
pub(crate) async fn chats_without_a_role_are_few(backend: Backend) {
    let db = backend.open().await;
    for number in 0..i64::try_from(MOST_PENDING).expect("few") {
        assert!(register(&db.store, number).await);
    }
    assert!(!register(&db.store, 1_000).await, "one too many");
    assert!(register(&db.store, 1).await, "known already");
    set(&db.store, ChatNumber(1), ChatRole::Admin).await.expect("set");
    assert!(register(&db.store, 1_000).await, "there is room again");
    let stranger = set(&db.store, CHAT, ChatRole::Admin).await;
    assert!(matches!(stranger, Err(StoreError::NotFound(Entity::Chat))));
    let registered = db.store.verify_chain().await.expect("chain").rows;
    assert!(register(&db.store, 1).await);
    assert_eq!(db.store.verify_chain().await.expect("chain").rows, registered, "nothing new is recorded");
}

/// Each request that waits for its owner has one card in each chat with the role ADMIN.
pub(crate) async fn a_card_follows_its_request(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    register(&db.store, CHAT.0).await;
    for (n, status) in [(1, TxStatus::PendingApproval), (2, TxStatus::Queued), (3, TxStatus::PendingApproval)]
    {
        admit(&db.store, new_tx(n, status), vec![], NOW).await.expect("admit");
    }
    assert_eq!(want(&db.store, 0).await, 0, "a chat without a role receives none");
    set(&db.store, CHAT, ChatRole::Admin).await.expect("set");
    assert_eq!(
        (want(&db.store, NOW + 1).await, want(&db.store, NOW).await, want(&db.store, 0).await),
        (0, 2, 0)
    );
    let due = async || {
        let due = db.store.cards_due(NOW, 10).await.expect("read");
        due.into_iter().map(|card| (card.tx, card.status)).collect::<Vec<_>>()
    };
    assert_eq!(due().await, [(tx_id(1), CardStatus::Wanted), (tx_id(3), CardStatus::Wanted)]);
    step(&db.store, 1, CardStatus::Wanted, CardStep::To(CardStatus::Open, Some(9))).await.expect("open");
    step(&db.store, 3, CardStatus::Wanted, CardStep::Later(NOW + 5)).await.expect("later");
    assert_eq!(due().await, [], "nothing is due");
    let again = step(&db.store, 1, CardStatus::Wanted, CardStep::To(CardStatus::Open, Some(10))).await;
    assert!(matches!(again, Err(StoreError::Conflict(Entity::Card))), "sent once");
    let back = step(&db.store, 1, CardStatus::Open, CardStep::To(CardStatus::Wanted, None)).await;
    assert!(matches!(back, Err(StoreError::Conflict(Entity::Card))), "no such move");
    let cancelled = StatusChange::Cancelled { code: None };
    advance(&db.store, tx_id(1), TxStatus::PendingApproval, cancelled, NOW).await.expect("cancel");
    assert_eq!(due().await, [(tx_id(1), CardStatus::Open)]);
    let card = db.store.card(tx_id(1), CHAT).await.expect("read").expect("card");
    assert_eq!((card.message, card.tx_status), (Some(9), TxStatus::Cancelled));
    step(&db.store, 1, CardStatus::Open, CardStep::To(CardStatus::Closed, None)).await.expect("close");
    assert_eq!(due().await, []);
}
