//! Values for cases: deterministic ids and valid rows.

use uuid::Uuid;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::audit::{Actor, AuditEventKind};
use waiaas_core::digest::Digest;
use waiaas_core::draft::Draft;
use waiaas_core::expiry::Expiry;
use waiaas_core::ids::{InstanceId, PolicyId, SessionId, TxId, WalletId};
use waiaas_core::intent::IntentKind;
use waiaas_core::money::Usd;
use waiaas_core::network::{Chain, Environment, NetworkId};
use waiaas_core::policy::{DenialCode, Tier};
use waiaas_core::session::SessionSource;
use waiaas_core::transaction::TxStatus;
use waiaas_core::{U256, UnixSeconds};
use waiaas_store::{
    AuditEntry, NewInstallation, NewReservation, NewSession, NewTransaction, NewWallet, SessionKeyRow,
    SignedRow, StatusChange, Store, StoreError, Stored,
};

use crate::events::event;

/// The time of most things.
pub(crate) const NOW: UnixSeconds = 1_800_000_000;

fn uuid(n: u32) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(n))
}

pub(crate) fn wallet_id(n: u32) -> WalletId {
    WalletId::new(uuid(n))
}

pub(crate) fn session_id(n: u32) -> SessionId {
    SessionId::new(uuid(n))
}

pub(crate) fn tx_id(n: u32) -> TxId {
    TxId::new(uuid(n))
}

pub(crate) fn policy_id(n: u32) -> PolicyId {
    PolicyId::new(uuid(n))
}

/// An entry of this kind with details of its shape.
pub(crate) fn entry(kind: AuditEventKind, at: UnixSeconds) -> AuditEntry {
    AuditEntry::new(event(kind), Actor::System, at)
}

pub(crate) fn network() -> NetworkId {
    NetworkId::new("evm-localnet")
}

pub(crate) fn eth() -> AssetId {
    "eip155:31337/slip44:60".parse().expect("asset")
}

pub(crate) fn usdc() -> AssetId {
    "eip155:31337/erc20:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913".parse().expect("asset")
}

pub(crate) fn address(n: u8) -> Address {
    Address::Evm([n; 20])
}

pub(crate) fn installation() -> NewInstallation {
    NewInstallation {
        instance: InstanceId::new(uuid(1)),
        keystore_header: r#"{"v":1}"#.into(),
        session_key: SessionKeyRow { kid: "k1".into(), sealed: vec![1, 2, 3], created_at: NOW },
    }
}

pub(crate) fn new_wallet(n: u32) -> NewWallet {
    NewWallet {
        id: wallet_id(n),
        name: format!("wallet-{n}"),
        chain: Chain::Ethereum,
        environment: Environment::Local,
        address: address(7),
        sealed_key: vec![0, 255, 1],
    }
}

pub(crate) fn new_session(n: u32, wallets: &[u32]) -> NewSession {
    NewSession {
        id: session_id(n),
        token_hash: format!("hash-{n}"),
        expires_at: NOW + 86_400,
        absolute_expires_at: Some(NOW + 2_592_000),
        ttl_seconds: 86_400,
        max_renewals: Some(2),
        source: SessionSource::Api,
        wallets: wallets.iter().map(|n| wallet_id(*n)).collect(),
    }
}

/// A request of wallet 1 and session 1, consistent with its status.
pub(crate) fn new_tx(n: u32, status: TxStatus) -> NewTransaction {
    let denied = status == TxStatus::Denied;
    let tier = match status {
        TxStatus::Queued => Tier::Delay,
        TxStatus::PendingApproval => Tier::Approval,
        _ => Tier::Instant,
    };
    NewTransaction {
        id: tx_id(n),
        wallet: wallet_id(1),
        session: Some(session_id(1)),
        replaces: None,
        kind: IntentKind::Transfer,
        network: network(),
        status,
        tier: (!denied).then_some(tier),
        intent: Stored::json(r#"{"type":"TRANSFER"}"#.into()),
        to: Some(address(9)),
        amount: U256::MAX,
        asset: eth(),
        draft: (!denied).then(|| Draft { network: network(), from: address(7), body: vec![n as u8, 0, 255] }),
        effects: Some(Stored::json("{}".into())),
        verdict: Stored::json("{}".into()),
        denial_code: denied.then_some(DenialCode::PolicyDenied),
        denial_digest: None,
        usd: Some(Usd::from_dollars(5)),
        gas_condition: None,
        kill_generation: 3,
        execute_after: (status == TxStatus::Queued).then_some(NOW + 60),
        approval_expires_at: (status == TxStatus::PendingApproval).then_some(NOW + 600),
        http_domain: None,
        action: None,
        request_digest: Digest::of("test", &[]),
    }
}

pub(crate) fn spend(amount: u64, dollars: u64) -> NewReservation {
    NewReservation {
        asset: eth(),
        amount: U256::from(amount),
        usd: Some(Usd::from_dollars(dollars)),
        is_fee: false,
        spender: None,
    }
}

pub(crate) fn fee(amount: u64, dollars: u64) -> NewReservation {
    NewReservation { is_fee: true, ..spend(amount, dollars) }
}

pub(crate) fn signed(nonce: u64) -> SignedRow {
    SignedRow {
        unsigned: vec![2, 1],
        bytes: vec![2, 0, 255],
        hash: Some(format!("0x{nonce:064x}")),
        expiry: Expiry::Nonce(nonce),
    }
}

/// The entry that goes with a change in these tests.
pub(crate) fn change_entry(change: &StatusChange, at: UnixSeconds) -> AuditEntry {
    let event = match change {
        StatusChange::Executing => AuditEventKind::TxCleared,
        StatusChange::Signed(_) | StatusChange::HandedOut(_) => AuditEventKind::TxSigned,
        StatusChange::Submitted => AuditEventKind::TxSubmitted,
        StatusChange::Seen { .. } | StatusChange::Confirmed { .. } => AuditEventKind::TxConfirmed,
        StatusChange::Reorganised { .. } => AuditEventKind::TxReorganised,
        StatusChange::Reverted { .. }
        | StatusChange::Dead { .. }
        | StatusChange::Abandoned { .. }
        | StatusChange::Failed { .. } => AuditEventKind::TxFailed,
        StatusChange::Cancelled { .. } => AuditEventKind::TxCancelled,
        StatusChange::Expired => AuditEventKind::TxExpired,
    };
    entry(event, at)
}

/// Wallet 1 and session 1.
pub(crate) async fn seed(store: &Store) {
    let done: Result<(), StoreError> = store
        .write(|tx| {
            Box::pin(async move {
                tx.insert_wallet(new_wallet(1), entry(AuditEventKind::WalletCreated, NOW)).await?;
                tx.insert_session(new_session(1, &[1]), entry(AuditEventKind::SessionCreated, NOW)).await
            })
        })
        .await;
    done.expect("seed");
}

pub(crate) async fn admit(
    store: &Store,
    new: NewTransaction,
    holds: Vec<NewReservation>,
    at: UnixSeconds,
) -> Result<(), StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move {
                let audit = entry(AuditEventKind::TxRequested, at).tx(new.id).wallet(new.wallet);
                tx.insert_transaction(new, &holds, audit).await
            })
        })
        .await
}

pub(crate) async fn advance(
    store: &Store,
    id: TxId,
    from: TxStatus,
    change: StatusChange,
    at: UnixSeconds,
) -> Result<(), StoreError> {
    let audit = change_entry(&change, at);
    store.write(move |tx| Box::pin(async move { tx.advance(id, from, change, audit).await })).await
}

/// Takes a fresh transaction to a status by legal moves.
pub(crate) async fn bring_to(store: &Store, n: u32, status: TxStatus, at: UnixSeconds) {
    use TxStatus::{
        Broadcasting, Cancelled, Confirmed, Executing, Expired, Failed, PendingApproval, Signed, Submitted,
    };
    if TxStatus::initial().contains(&status) {
        let holds = if status == TxStatus::Denied { vec![] } else { vec![spend(100, 1)] };
        return admit(store, new_tx(n, status), holds, at).await.expect("admit");
    }
    let path: Vec<(TxStatus, StatusChange)> = match status {
        Broadcasting => vec![(Executing, StatusChange::Signed(signed(u64::from(n))))],
        Submitted => vec![
            (Executing, StatusChange::Signed(signed(u64::from(n)))),
            (Broadcasting, StatusChange::Submitted),
        ],
        Signed => vec![(Executing, StatusChange::HandedOut(signed(u64::from(n))))],
        Confirmed => vec![
            (Executing, StatusChange::Signed(signed(u64::from(n)))),
            (Broadcasting, StatusChange::Confirmed { fee: U256::from(1u8), block: 1 }),
        ],
        Failed => vec![(Executing, StatusChange::Failed { code: "X".into(), message: "x".into() })],
        Cancelled => vec![(Executing, StatusChange::Cancelled { code: None })],
        Expired => vec![(PendingApproval, StatusChange::Expired)],
        _ => unreachable!("initial states are handled above"),
    };
    admit(store, new_tx(n, path[0].0), vec![spend(100, 1)], at).await.expect("admit");
    for (from, change) in path {
        advance(store, tx_id(n), from, change, at).await.expect("advance");
    }
}
