//! The operator's side over the wire.

use serde_json::json;
use waiaas_api::admin::SetMasterPassword;
use waiaas_api::audit::AuditQuery;
use waiaas_api::secret::WireSecret;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::wallet::{KillSwitch, WalletStatus};

use crate::daemon::{Daemon, PASSWORD, read};

#[tokio::test]
async fn the_kill_switch_stops_agents_and_not_the_operator() {
    let daemon = Daemon::start().await;
    let (operator, wallet) = (daemon.operator(), daemon.wallet("main").await);
    let agent = daemon.agent(&daemon.session(&wallet).await);
    assert_eq!(operator.kill_switch().await.expect("state").activated_at, None);
    let activated = operator.activate_kill_switch().await.expect("activated");
    assert_eq!(activated.state, KillSwitch::Activated);
    assert!(activated.activated_at.is_some());
    let refused = agent.address(None).await.expect_err("locked");
    assert_eq!(refused.code(), Some("SYSTEM_LOCKED"));
    assert_eq!(operator.status().await.expect("status").kill_switch_state, KillSwitch::Activated);
    assert_eq!(operator.activate_kill_switch().await.expect("twice"), activated, "nothing changes");
    assert_eq!(operator.recover().await.expect("recovered").done().expect("done").state, KillSwitch::Running);
    agent.address(None).await.expect("open again");
}

#[tokio::test]
async fn wallets_are_renamed_suspended_resumed_and_ended() {
    let daemon = Daemon::start().await;
    let (operator, wallet) = (daemon.operator(), daemon.wallet("main").await);
    let id = operator
        .rename_wallet(wallet.id, &wallet.id.to_string())
        .await
        .expect_err("commands take ids and names");
    assert_eq!(id.code(), Some("ACTION_VALIDATION_FAILED"));
    assert_eq!(operator.rename_wallet(wallet.id, "other").await.expect("renamed").name, "other");
    let suspended = operator.suspend_wallet(wallet.id, Some("holiday".into())).await.expect("suspended");
    assert_eq!(suspended.suspension_reason.as_deref(), Some("holiday"));
    let bare = daemon
        .ask("POST", &format!("/v1/wallets/{}/resume", wallet.id))
        .header("x-master-password", PASSWORD);
    let (status, body) = read(bare.header("content-type", "application/json")).await;
    assert_eq!((status, &body["status"]), (200, &json!("ACTIVE")), "an empty body is enough");
    let ended = operator.terminate_wallet(wallet.id).await.expect("ended");
    assert_eq!(ended.status, WalletStatus::Terminated);
    let late = operator.rename_wallet(wallet.id, "third").await.expect_err("it stays as it is");
    assert_eq!(late.code(), Some("WALLET_TERMINATED"));
    let late = operator.set_default_network(wallet.id, Some("solana-localnet")).await.expect_err("as it is");
    assert_eq!(late.code(), Some("WALLET_TERMINATED"));
    let networks = operator.wallet_networks(wallet.id).await.expect("networks");
    assert_eq!(networks.default_network.as_deref(), Some("solana-localnet"));
}

#[tokio::test]
async fn a_session_comes_with_a_wallet_only_when_asked_for() {
    let daemon = Daemon::start().await;
    let create = |body: serde_json::Value| {
        let request = daemon.ask("POST", "/v1/wallets").header("x-master-password", PASSWORD);
        read(request.header("content-type", "application/json").body(body.to_string()))
    };
    let (status, plain) = create(json!({"name": "a", "chain": "ethereum"})).await;
    assert_eq!((status, &plain["session"], &plain["network"]), (201, &json!(null), &json!(null)), "{plain}");
    assert_eq!((&plain["environment"], &plain["ownerState"]), (&json!("testnet"), &json!("NONE")));
    let (status, with) = create(json!({"name": "b", "createSession": true})).await;
    assert_eq!((status, &with["network"]), (201, &json!("solana-devnet")), "{with}");
    assert!(with["session"]["expiresAt"].is_i64() && with["session"]["absoluteExpiresAt"].is_i64());
}

#[tokio::test]
async fn what_happened_is_in_the_log_and_the_log_is_whole() {
    let daemon = Daemon::start().await;
    let (operator, wallet) = (daemon.operator(), daemon.wallet("main").await);
    operator.rename_wallet(wallet.id, "other").await.expect("renamed");
    let query =
        AuditQuery { wallet_id: Some(wallet.id), include_total: true, limit: Some(1), ..Default::default() };
    let first = operator.audit_logs(&query).await.expect("page");
    assert_eq!((first.data.len(), first.has_more), (1, true), "{first:?}");
    let next = AuditQuery { cursor: first.next_cursor, ..query };
    let second = operator.audit_logs(&next).await.expect("page");
    assert_ne!(first.data[0].id, second.data[0].id);
    let made = AuditQuery { event_type: Some(AuditEventKind::WalletCreated), ..Default::default() };
    let entries = operator.audit_logs(&made).await.expect("page").data;
    assert_eq!((entries.len(), entries[0].actor.as_str()), (1, "master"));
    let report = operator.verify_audit().await.expect("report");
    assert!(report.intact && report.entries >= 4 && report.head.len() == 64);
}

#[tokio::test]
async fn the_password_changes_for_the_next_request() {
    let daemon = Daemon::start().await;
    let change = SetMasterPassword { new_password: WireSecret::new("another-long-password".into()) };
    let refused = daemon.operator().set_master_password(&change).await.expect_err("over TCP");
    assert_eq!(refused.code(), Some("SOCKET_ONLY"));
    let local = daemon.local().master_password(PASSWORD.into());
    local.set_master_password(&change).await.expect("changed");
    let with = |password| read(daemon.ask("GET", "/v1/wallets").header("x-master-password", password));
    assert_eq!(with("another-long-password").await.0, 200);
    assert_eq!(with(PASSWORD).await.0, 401);
}

#[tokio::test]
async fn a_backup_is_written_and_the_daemon_can_be_stopped() {
    let daemon = Daemon::start().await;
    let backup = daemon.operator().backup().await.expect("backup");
    let path = std::path::Path::new(&backup.path);
    assert!(backup.size > 0 && path.is_file());
    let backups = || std::fs::read_dir(path.parent().expect("a directory")).expect("entries").count();
    assert_eq!(backups(), 1);
    let mut sealed = Vec::new();
    let local = daemon.local().master_password(PASSWORD.into());
    let size = local.download_backup(&mut sealed).await.expect("a download");
    assert_eq!(u64::try_from(sealed.len()).ok(), Some(size));
    assert!(sealed.starts_with(b"WAIAAS\0"));
    assert_eq!(backups(), 1, "a download leaves no copy here");
    let mut nothing = Vec::new();
    let wrong = daemon.local().master_password("not-the-password".into());
    let refused = wrong.download_backup(&mut nothing).await.expect_err("refused");
    assert_eq!((refused.code(), nothing.len()), (Some("INVALID_MASTER_PASSWORD"), 0));
    let refused = daemon.operator().shutdown().await.expect_err("over TCP");
    assert_eq!(refused.code(), Some("SOCKET_ONLY"));
    assert!(daemon.operator().status().await.is_ok(), "it runs");
    local.shutdown().await.expect("accepted");
    daemon.serving.await.expect("task").expect("clean end");
}
