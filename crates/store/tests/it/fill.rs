//! Rows in every table, in each state that a row can have.

use futures_util::future::BoxFuture;
use waiaas_core::U256;
use waiaas_core::action::ActionCategory;
use waiaas_core::address::Address;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::change::ChangeStatus;
use waiaas_core::chat::{ChatNumber, ChatRole};
use waiaas_core::digest::Digest;
use waiaas_core::draft::Draft;
use waiaas_core::expiry::Expiry;
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::PolicyType;
use waiaas_core::transaction::TxStatus;
use waiaas_core::wallet::{KillSwitch, Owner, WalletStatus};
use waiaas_core::walletconnect::RequestStatus;
use waiaas_core::webhook::DeliveryStatus;
use waiaas_store::{
    ActionValue, AllowanceUse, ChainIdentity, Ended, LeaseHolder, NewPolicy, NewReservation, NewSession,
    NewTransaction, PolicyChange, SessionKeyRow, SignedRow, StatusChange, Store, StoreError, Stored,
    TokenChange, TokenReason, TokenRow, WriteTx,
};

use crate::fixtures::{
    NOW, address, admit, advance, bring_to, entry, fee, installation, network, new_session, new_tx,
    new_wallet, policy_id, seed, session_id, signed, spend, tx_id, usdc, wallet_id,
};
use crate::webhooks::{ended, failed, new_delivery, new_webhook};
use crate::{approvals, changes, walletconnect};

/// The spender of the allowance of transaction 28.
pub(crate) const ROUTER: Address = Address::Evm([5; 20]);

/// Something in every table.
pub(crate) async fn fill(store: &Store) {
    identity(store).await;
    seed(store).await;
    wallets(store).await;
    sessions(store).await;
    policies(store).await;
    transactions(store).await;
    messages(store).await;
    chains(store).await;
    allowances(store).await;
    denials(store).await;
    questions(store).await;
    webhooks(store).await;
    chats(store).await;
    wallet_app(store).await;
}

/// The number of the transaction in this status.
fn number(status: TxStatus) -> u32 {
    let at = TxStatus::ALL.iter().position(|one| *one == status).expect("a status");
    u32::try_from(at).expect("few") + 1
}

async fn write<F>(store: &Store, job: F)
where
    F: for<'t> FnOnce(&'t mut WriteTx) -> BoxFuture<'t, Result<(), StoreError>> + Send + 'static,
{
    store.write(job).await.expect("write");
}

async fn identity(store: &Store) {
    write(store, |tx| {
        Box::pin(async move {
            tx.initialize(installation(), entry(AuditEventKind::SystemInitialized, NOW)).await?;
            tx.count_login_failure("ip:1", NOW).await?;
            tx.lock_login("ip:2", NOW + 60, NOW).await?;
            let next = SessionKeyRow { kid: "k2".into(), sealed: vec![0, 255], created_at: NOW };
            tx.rotate_session_key("k1", &next, entry(AuditEventKind::SecretRotated, NOW)).await?;
            let activated = entry(AuditEventKind::KillSwitchActivated, NOW);
            tx.set_kill_switch(KillSwitch::Running, KillSwitch::Activated, activated).await?;
            let recovered = entry(AuditEventKind::KillSwitchRecovered, NOW);
            tx.set_kill_switch(KillSwitch::Activated, KillSwitch::Running, recovered).await?;
            let daemon = LeaseHolder { holder: "d".into(), place: "".into(), host: "h".into(), pid: 7 };
            tx.take_lease(&daemon, 45).await.map(drop)
        })
    })
    .await;
}

/// One of each: with an owner not proved, handed over, suspended, terminated.
async fn wallets(store: &Store) {
    write(store, |tx| {
        Box::pin(async move {
            for n in 2..=5 {
                tx.insert_wallet(new_wallet(n), entry(AuditEventKind::WalletCreated, NOW)).await?;
            }
            let named = |n: u8| Owner::Grace(address(n));
            let event = || entry(AuditEventKind::OwnerRegistered, NOW);
            tx.set_owner(wallet_id(2), Owner::None, named(2), event()).await?;
            tx.set_owner(wallet_id(3), Owner::None, named(3), event()).await?;
            tx.set_owner(wallet_id(3), named(3), Owner::Locked(address(3)), event()).await?;
            tx.set_successor(wallet_id(3), address(3), Some(address(4)), event()).await?;
            let set = entry(AuditEventKind::WalletNetworkSet, NOW);
            tx.set_default_network(wallet_id(3), Some(network()), set).await?;
            let (active, reason) = (WalletStatus::Active, "\"ü\" is \\u0000, not a character");
            let suspended = entry(AuditEventKind::WalletSuspended, NOW);
            tx.set_wallet_status(wallet_id(4), active, WalletStatus::Suspended, Some(reason), suspended)
                .await?;
            let ended = entry(AuditEventKind::WalletTerminated, NOW);
            tx.set_wallet_status(wallet_id(5), active, WalletStatus::Terminated, None, ended).await
        })
    })
    .await;
}

/// One renewed, and one without limits that is revoked.
async fn sessions(store: &Store) {
    write(store, |tx| {
        Box::pin(async move {
            tx.insert_session(new_session(2, &[3, 2]), entry(AuditEventKind::SessionCreated, NOW)).await?;
            let renewal = TokenChange {
                token_hash: "hash-2b".into(),
                expires_at: NOW + 99,
                reason: TokenReason::Renewal,
            };
            let renewed = entry(AuditEventKind::SessionRenewed, NOW);
            tx.replace_token(session_id(2), "hash-2", renewal, renewed).await?;
            let endless =
                NewSession { absolute_expires_at: None, max_renewals: None, ..new_session(3, &[2]) };
            tx.insert_session(endless, entry(AuditEventKind::SessionCreated, NOW)).await?;
            let revoked = entry(AuditEventKind::SessionRevoked, NOW + 1);
            tx.revoke_session(session_id(3), revoked).await.map(drop)
        })
    })
    .await;
}

async fn policies(store: &Store) {
    write(store, |tx| {
        Box::pin(async move {
            let list = |n: u32, wallet: Option<u32>, on: Option<NetworkId>| NewPolicy {
                id: policy_id(n),
                wallet: wallet.map(wallet_id),
                network: on,
                policy_type: PolicyType::Whitelist,
                category: None,
                rules: format!(r#"{{"allowed_addresses":["{}"]}}"#, address(9)),
                priority: -1,
                enabled: true,
            };
            let event = || entry(AuditEventKind::PolicyCreated, NOW);
            tx.insert_policy(list(1, Some(1), None), event()).await?;
            tx.insert_policy(list(2, None, Some(network())), event()).await?;
            let change = PolicyChange {
                rules: format!(r#"{{"allowed_addresses":["{}"]}}"#, address(8)),
                category: None,
                priority: 3,
                enabled: false,
            };
            tx.update_policy(policy_id(2), 1, change, entry(AuditEventKind::PolicyUpdated, NOW + 1)).await?;
            tx.keep_policy_set(Digest::of("policies", &[b"[]"]), "[]").await?;
            tx.record_token(TokenRow {
                network: network(),
                address: address(5),
                symbol: "T".into(),
                decimals: 6,
                created_at: NOW,
            })
            .await
            .map(drop)
        })
    })
    .await;
}

/// One in each status; one on chain that is not final, one reverted, one to take another's place, one that only the
/// operator asked for and that names no recipient.
async fn transactions(store: &Store) {
    for status in TxStatus::ALL {
        bring_to(store, number(*status), *status, NOW).await;
    }
    let money = || vec![spend(100, 1), fee(9, 2)];
    let landed = U256::from(7u8);
    for (n, change) in [
        (20, StatusChange::Seen { fee: landed, block: 7 }),
        (21, StatusChange::Reverted { fee: landed, block: 8, code: "R".into(), message: "r".into() }),
    ] {
        admit(store, new_tx(n, TxStatus::Executing), money(), NOW).await.expect("admit");
        let bytes = StatusChange::Signed(signed(u64::from(n)));
        advance(store, tx_id(n), TxStatus::Executing, bytes, NOW).await.expect("sign");
        advance(store, tx_id(n), TxStatus::Broadcasting, change, NOW + 1).await.expect("land");
    }
    let replacing =
        NewTransaction { replaces: Some(tx_id(number(TxStatus::Submitted))), ..new_tx(22, TxStatus::Queued) };
    admit(store, replacing, money(), NOW).await.expect("replacement");
    let usd = Some(Usd::from_dollars(11));
    let batch = NewTransaction {
        session: None,
        to: None,
        usd: None,
        gas_condition: Some(Stored::json(r#"{"max_price":"1"}"#.into())),
        action: Some(ActionValue { category: ActionCategory::Lending, usd }),
        ..new_tx(23, TxStatus::Executing)
    };
    admit(store, batch, vec![NewReservation { usd: None, ..spend(3, 0) }], NOW).await.expect("batch");
    write(store, |tx| {
        Box::pin(async move {
            let why = Some(("NODE_SILENT", "No node answers.".to_owned()));
            tx.note_pending(tx_id(number(TxStatus::Submitted)), why).await?;
            tx.mark_broadcast_rejected(tx_id(number(TxStatus::Broadcasting)), NOW + 1).await
        })
    })
    .await;
}

/// Messages that were signed and handed out, and the request that a key stands for.
async fn messages(store: &Store) {
    for (n, expiry) in [(24, Expiry::Never), (25, Expiry::Time(NOW + 60)), (26, Expiry::BlockHeight(9))] {
        admit(store, new_tx(n, TxStatus::Executing), vec![spend(1, 1)], NOW).await.expect("admit");
        let bytes = SignedRow { hash: None, expiry, ..signed(u64::from(n)) };
        let handed = StatusChange::HandedOut(bytes);
        advance(store, tx_id(n), TxStatus::Executing, handed, NOW).await.expect("hand out");
    }
    write(store, |tx| {
        Box::pin(async move {
            let pending = NewTransaction {
                http_domain: Some("a.example".into()),
                action: Some(ActionValue { category: ActionCategory::Swap, usd: None }),
                ..new_tx(90, TxStatus::Executing)
            };
            let audit = entry(AuditEventKind::TxRequested, NOW);
            tx.insert_transaction(pending, &[spend(3, 3)], audit).await?;
            tx.claim(session_id(1), "k", Digest::of("b", &[]), tx_id(90), NOW).await.map(drop)
        })
    })
    .await;
}

/// A chain that started anew under its name, and the transactions signed for the one before.
async fn chains(store: &Store) {
    let other = NetworkId::new("evm-devnet");
    let draft = Draft { network: other.clone(), from: address(7), body: vec![27] };
    let new =
        NewTransaction { network: other.clone(), draft: Some(draft), ..new_tx(27, TxStatus::Executing) };
    admit(store, new, vec![spend(5, 5)], NOW).await.expect("admit");
    let bytes = StatusChange::Signed(signed(27));
    advance(store, tx_id(27), TxStatus::Executing, bytes, NOW).await.expect("sign");
    write(store, move |tx| {
        Box::pin(async move {
            let chain = |genesis: &str, height| ChainIdentity { genesis: genesis.into(), height };
            tx.remember_chain(&network(), &chain("0x01", 5), NOW).await?;
            tx.remember_chain(&other, &chain("0x02", 900), NOW).await?;
            let why = Ended { code: "CHAIN_RESET".into(), message: "The chain started anew.".into() };
            tx.chain_started_anew(&other, &chain("0x03", 1), &why, NOW + 2).await.map(drop)
        })
    })
    .await;
}

/// An allowance on chain, part of which a transaction uses up that may still move it.
async fn allowances(store: &Store) {
    let allowed = NewReservation { asset: usdc(), spender: Some(ROUTER), ..spend(100, 100) };
    admit(store, new_tx(28, TxStatus::Executing), vec![allowed, fee(2, 2)], NOW).await.expect("admit");
    advance(store, tx_id(28), TxStatus::Executing, StatusChange::Signed(signed(28)), NOW)
        .await
        .expect("sign");
    let on_chain = StatusChange::Confirmed { fee: U256::from(2u8), block: 9 };
    advance(store, tx_id(28), TxStatus::Broadcasting, on_chain, NOW).await.expect("confirm");
    write(store, |tx| {
        Box::pin(async move {
            let taken = NewReservation { asset: usdc(), ..spend(60, 60) };
            let audit = entry(AuditEventKind::TxRequested, NOW).tx(tx_id(29));
            tx.insert_transaction(new_tx(29, TxStatus::Executing), &[taken], audit).await?;
            let (amount, usd) = (U256::from(60u8), Usd::from_dollars(60));
            tx.use_up(tx_id(29), &AllowanceUse { allowance: tx_id(28), position: 0, amount, usd }).await
        })
    })
    .await;
}

async fn denials(store: &Store) {
    let denied = NewTransaction {
        request_digest: Digest::of("test", &[b"request"]),
        denial_digest: Some(Digest::of("test", &[b"denial"])),
        ..new_tx(30, TxStatus::Denied)
    };
    admit(store, denied, vec![], NOW).await.expect("denied");
    write(store, |tx| {
        Box::pin(async move {
            tx.count_denial(tx_id(30), NOW + 3).await?;
            tx.take_denial(session_id(1), 1, NOW).await?;
            tx.take_denial(session_id(1), 1, NOW).await.map(drop)
        })
    })
    .await;
}

/// Changes that wait and that have ended, and questions that are open, answered and void.
async fn questions(store: &Store) {
    write(store, |tx| {
        Box::pin(async move {
            let requested = || entry(AuditEventKind::ChangeRequested, NOW);
            tx.insert_change(changes::new_change(1, "policy:a"), requested()).await?;
            tx.insert_change(changes::new_change(2, "policy:b"), requested()).await?;
            tx.issue_challenge(&changes::question(changes::change_id(1), 9, "n")).await?;
            tx.issue_challenge(&changes::question(changes::change_id(2), 9, "m")).await?;
            let applied = entry(AuditEventKind::ChangeApplied, NOW + 1);
            tx.end_change(changes::change_id(2), ChangeStatus::Applied, applied).await?;
            let approve = || approvals::approve(tx_id(number(TxStatus::PendingApproval)));
            for nonce in ["a", "b"] {
                tx.issue_challenge(&approvals::question(nonce, approve())).await?;
            }
            let approved = entry(AuditEventKind::TxApproved, NOW + 1);
            tx.consume_challenge("a", "0xsig", approved).await.map(drop)
        })
    })
    .await;
}

/// A webhook for all events with one delivered and one that is tried again, and one for a few that is sent a test.
async fn webhooks(store: &Store) {
    write(store, |tx| {
        Box::pin(async move {
            let created = || entry(AuditEventKind::WebhookCreated, NOW);
            tx.insert_webhook(new_webhook(1, &[]), created()).await?;
            let few = [AuditEventKind::TxConfirmed, AuditEventKind::KillSwitchActivated];
            tx.insert_webhook(new_webhook(2, &few), created()).await?;
            let mut from = tx.webhook(new_webhook(1, &[]).id).await?.expect("the webhook").position;
            for (n, made) in [(1, ended(DeliveryStatus::Delivered)), (2, failed(NOW + 2))] {
                let seq = tx.record(entry(AuditEventKind::BackupCreated, NOW)).await?;
                tx.take_event(new_delivery(n, 1), from, seq, NOW).await?;
                tx.record_attempt(new_delivery(n, 1).id, 0, made, NOW + 1).await?;
                from = seq;
            }
            tx.log_test(new_delivery(3, 2), ended(DeliveryStatus::Refused), NOW).await.map(drop)
        })
    })
    .await;
}

/// A session with a wallet app, and a request in each state.
async fn wallet_app(store: &Store) {
    write(store, |tx| {
        Box::pin(async move {
            let paired = entry(AuditEventKind::WalletConnectPaired, NOW);
            tx.insert_walletconnect_session(walletconnect::session(1), paired).await?;
            let topic = walletconnect::session(1).topic;
            for (request, nonce, end) in [
                (1, "a", Some(RequestStatus::Answered)),
                (2, "n", Some(RequestStatus::Refused)),
                (3, "m", Some(RequestStatus::Failed)),
                (4, "b", None),
            ] {
                tx.send_walletconnect_request(nonce, &topic, request, NOW).await?;
                tx.sent_walletconnect_request(&topic, request, NOW).await?;
                if let Some(end) = end {
                    tx.end_walletconnect_request(&topic, request, end, NOW).await?;
                }
            }
            Ok(())
        })
    })
    .await;
}

/// A chat of each role, with cards of the requests that wait for their owner.
async fn chats(store: &Store) {
    write(store, |tx| {
        Box::pin(async move {
            for (n, role) in (1..).zip(ChatRole::ALL) {
                let entry = |event| entry(event, NOW);
                tx.register_chat(ChatNumber(n), format!("@person{n}"), entry(AuditEventKind::ChatRegistered))
                    .await?;
                tx.set_chat_role(ChatNumber(n), *role, entry(AuditEventKind::ChatRoleSet)).await?;
            }
            tx.want_cards(0, NOW).await.map(drop)
        })
    })
    .await;
}
