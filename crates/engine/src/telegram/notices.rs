//! Notices: events of the audit log in words, for chats with the role ADMIN. The audit log is the outbox, and each chat
//! has a position in it, so a restart loses none. Events of one moment come in one message.

use std::collections::HashMap;

use waiaas_channels::telegram::{Bot, BotError, ChatId, Message};
use waiaas_core::audit::{AuditEvent, TxFailure};
use waiaas_core::chat::ChatNumber;
use waiaas_core::foreign::shown;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::policy::Tier;
use waiaas_store::{AuditRow, ChatRow, Entity, StoreError};

use super::desk::receives_cards;
use crate::Engine;
use crate::error::Error;

/// Rows of the audit log read at once.
const ROWS: u32 = 200;
/// Most events in one message.
const MOST: usize = 20;
/// Rows without a notice after which the position is moved.
const LAG: i64 = 500;
/// Most characters of a text from elsewhere.
const LONGEST: usize = 200;

/// The rows of the audit log that were looked at, by chat, so that none is read again every second.
pub(crate) type Looked = HashMap<ChatNumber, i64>;

/// Sends what is new to every chat that receives notices.
///
/// # Errors
///
/// Storage errors.
pub(crate) async fn turn(engine: &Engine, bot: &Bot, looked: &mut Looked) -> Result<(), Error> {
    let chats = engine.store().chats().await?;
    looked.retain(|number, _| chats.iter().any(|chat| chat.chat == *number));
    for chat in chats.iter().filter(|chat| receives_cards(chat.role)) {
        serve(engine, bot, chat, looked).await?;
    }
    Ok(())
}

async fn serve(engine: &Engine, bot: &Bot, chat: &ChatRow, looked: &mut Looked) -> Result<(), Error> {
    let from = looked.get(&chat.chat).copied().unwrap_or_default().max(chat.position);
    let rows = engine.store().audit_after(from, ROWS).await?;
    let (mut lines, mut to) = (Vec::new(), from);
    for row in &rows {
        if lines.len() == MOST {
            break;
        }
        to = row.seq;
        lines.extend(line(engine, row).await?);
    }
    if !lines.is_empty() {
        match bot.send(ChatId(chat.chat.0), &Message::plain(lines.join("\n\n"))).await {
            Ok(_) => {}
            Err(error @ (BotError::Blocked | BotError::Refused(_))) => {
                tracing::warn!(chat = %chat.chat, %error, "a chat does not take notices");
            }
            Err(error) => {
                tracing::warn!(chat = %chat.chat, %error, "notices are sent again later");
                return Ok(());
            }
        }
    }
    looked.insert(chat.chat, to);
    if !lines.is_empty() || to.saturating_sub(chat.position) > LAG {
        let (number, position) = (chat.chat, chat.position);
        let moved = engine
            .store()
            .write(move |tx| Box::pin(async move { tx.move_chat(number, position, to).await }))
            .await;
        match moved {
            // Its role was set meanwhile.
            Ok(()) | Err(StoreError::Conflict(Entity::Chat)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// A row as a line of a notice; none for routine events.
async fn line(engine: &Engine, row: &AuditRow) -> Result<Option<String>, Error> {
    let Some(sentence) = row.typed().as_ref().and_then(sentence) else { return Ok(None) };
    let mut text = sentence;
    let wallet = row.wallet.as_ref().and_then(|id| id.parse::<WalletId>().ok());
    if let Some(wallet) = wallet
        && let Some(wallet) = engine.store().wallet(wallet).await?
    {
        text = format!("{text}\nWallet: {}", shown(&wallet.name));
    }
    if let Some(tx) = row.tx.as_ref().and_then(|id| id.parse::<TxId>().ok())
        && let Ok(view) = engine.view(tx).await
    {
        let to = view.to.map_or_else(String::new, |to| format!(" to {to}"));
        text = format!("{text}\nTransaction {tx}: {}{to}, {}", view.money.formatted(), view.status);
    }
    Ok(Some(text))
}

/// What happened, in one sentence; none for routine events.
fn sentence(event: &AuditEvent) -> Option<String> {
    let cut = |text: &str| shown(&text.chars().take(LONGEST).collect::<String>());
    Some(match event {
        AuditEvent::KillSwitchActivated { by } => {
            format!("The kill switch was activated ({by}): nothing is signed.")
        }
        AuditEvent::KillSwitchRecovered { .. } => "The kill switch was released: signing is on.".to_owned(),
        AuditEvent::BackupRestored => "The daemon was restored from a backup.".to_owned(),
        AuditEvent::WalletTerminated => "A wallet was terminated.".to_owned(),
        AuditEvent::WalletSuspended { reason } => format!("A wallet was suspended: {}", cut(reason)),
        AuditEvent::WalletResumed { ground } if ground.loosens => "A wallet was resumed.".to_owned(),
        AuditEvent::PolicyDenied { denials, .. } => {
            let why = denials.first().map(|denial| cut(&denial.message)).unwrap_or_default();
            format!("A request was denied: {why}")
        }
        AuditEvent::DenialsNotKept { quota, .. } => {
            format!("A session was denied more than {quota} requests today; further ones are only counted.")
        }
        AuditEvent::MasterAuthFailed { failures } => {
            format!("A wrong master password was given ({failures} in a row).")
        }
        AuditEvent::PasswordChanged => "The master password was changed.".to_owned(),
        AuditEvent::SecretRotated { .. } => "The session key was rotated: older tokens end soon.".to_owned(),
        AuditEvent::PolicyCreated { policy, ground, .. } if ground.loosens => {
            format!("A policy of the type {} was created, which loosens protection.", policy.policy_type)
        }
        AuditEvent::PolicyUpdated { policy_type, ground, .. } if ground.loosens => {
            format!("A policy of the type {policy_type} was changed, which loosens protection.")
        }
        AuditEvent::PolicyDeleted { policy, .. } => {
            format!("A policy of the type {} was deleted.", policy.policy_type)
        }
        AuditEvent::ChangeRequested { summary, .. } => {
            format!("A change waits for the owners' consent: {}", cut(summary))
        }
        AuditEvent::ChangeApplied { .. } => "A change was applied with the owners' consent.".to_owned(),
        AuditEvent::ChangeRejected { .. } => "An owner rejected a change.".to_owned(),
        AuditEvent::TxCleared { tier: Some(Tier::Notify) } => {
            "A transaction was cleared with notice: its amount is above the limit for sending silently."
                .to_owned()
        }
        AuditEvent::TxExpired => "A request expired before its owner answered.".to_owned(),
        AuditEvent::TxFailed { failure } => format!("A transaction failed: {}", cut(&why(failure))),
        AuditEvent::TxReorganised { reason, .. } => {
            format!("A transaction is no longer in its block: {}", cut(reason))
        }
        AuditEvent::TxClosed { .. } => "The operator closed a signed transaction without proof.".to_owned(),
        AuditEvent::ChainReset { network, .. } => {
            format!("Another chain answers for the network {network}; its open transactions ended.")
        }
        AuditEvent::SuccessorNamed { to, .. } => format!("An owner hands a wallet over to {to}."),
        AuditEvent::OwnerChanged { to, .. } => format!("A wallet has a new owner: {to}."),
        AuditEvent::OwnerRemoved { .. } => "A wallet's owner was removed.".to_owned(),
        AuditEvent::TokenForgotten { network, address, .. } => {
            format!("The recorded facts of the token {address} on {network} were dropped.")
        }
        AuditEvent::WebhookCreated { webhook } => {
            format!("Events are sent to a new webhook: {}", cut(&webhook.origin))
        }
        AuditEvent::WebhookUpdated { webhook, .. } => {
            format!("A webhook was changed: {}", cut(&webhook.origin))
        }
        AuditEvent::WebhookDeleted { origin, .. } => format!("A webhook was deleted: {}", cut(origin)),
        AuditEvent::ChatRoleSet { chat, role } => {
            format!("The Telegram chat {chat} has the role {role} now.")
        }
        AuditEvent::ChatRemoved { chat } => format!("The Telegram chat {chat} was removed."),
        AuditEvent::AutoStopTriggered { trigger } => {
            format!("AUTOSTOP: the wallet is suspended, because {trigger}.")
        }
        AuditEvent::WalletConnectPaired { owner, app } => {
            format!("The wallet app {} of the owner {owner} is asked for approvals now.", shown(app))
        }
        AuditEvent::WalletConnectEnded { owner, because } => {
            format!("The wallet app of the owner {owner} is no longer asked ({because}).")
        }
        AuditEvent::SystemInitialized { .. }
        | AuditEvent::SystemStarted { .. }
        | AuditEvent::WalletCreated { .. }
        | AuditEvent::WalletImported { .. }
        | AuditEvent::WalletRenamed { .. }
        | AuditEvent::WalletNetworkSet { .. }
        | AuditEvent::WalletResumed { .. }
        | AuditEvent::SessionCreated { .. }
        | AuditEvent::SessionRenewed { .. }
        | AuditEvent::SessionRotated { .. }
        | AuditEvent::SessionRevoked { .. }
        | AuditEvent::SessionWalletAdded
        | AuditEvent::SessionWalletRemoved
        | AuditEvent::SessionDefaultSet
        | AuditEvent::PolicyCreated { .. }
        | AuditEvent::PolicyUpdated { .. }
        | AuditEvent::ChangeConsented { .. }
        | AuditEvent::ChangeWithdrawn { .. }
        | AuditEvent::ChangeExpired { .. }
        | AuditEvent::ChangeSuperseded { .. }
        | AuditEvent::TxRequested { .. }
        | AuditEvent::TxQueued { .. }
        | AuditEvent::TxApprovalRequested { .. }
        | AuditEvent::TxApproved { .. }
        | AuditEvent::TxRejected { .. }
        | AuditEvent::TxCancelled { .. }
        | AuditEvent::TxCleared { .. }
        | AuditEvent::TxSigned { .. }
        | AuditEvent::TxSubmitted
        | AuditEvent::TxLapsed
        | AuditEvent::TxConfirmed { .. }
        | AuditEvent::TxFinal { .. }
        | AuditEvent::OwnerRegistered { .. }
        | AuditEvent::OwnerSigned { .. }
        | AuditEvent::OwnerVerified { .. }
        | AuditEvent::SuccessorWithdrawn { .. }
        | AuditEvent::ChatRegistered { .. }
        | AuditEvent::BackupCreated => return None,
    })
}

fn why(failure: &TxFailure) -> String {
    match failure {
        TxFailure::Reverted { reason, .. } => format!("it was reverted on chain: {reason}"),
        TxFailure::NotSigned { message, .. } | TxFailure::Refused { message, .. } => message.clone(),
        TxFailure::Dead => "it is proved that it can no longer be included".to_owned(),
        TxFailure::ChainReset { .. } => "another chain answers for its network".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use waiaas_core::audit::{AuditEventKind, Severity};

    use super::*;

    /// Details with the fields of every event, for those that need none of a special form.
    fn event(kind: AuditEventKind, details: &str) -> AuditEvent {
        AuditEvent::read(kind, details).expect("details")
    }

    #[test]
    fn foreign_text_is_cut_and_escaped() {
        let reason = format!("stolen\u{202e}{}", "x".repeat(1_000));
        let details = serde_json::json!({ "reason": reason }).to_string();
        let text = sentence(&event(AuditEventKind::WalletSuspended, &details)).expect("a sentence");
        assert!(!text.contains('\u{202e}') && text.chars().count() < 300, "{text}");
    }

    #[test]
    fn routine_is_silent_and_what_loosens_is_not() {
        assert_eq!(sentence(&AuditEvent::TxSubmitted), None);
        let resumed = |loosens| event(AuditEventKind::WalletResumed, &format!(r#"{{"loosens":{loosens}}}"#));
        assert_eq!(sentence(&resumed(false)), None);
        assert!(sentence(&resumed(true)).is_some());
        let cleared = |tier| sentence(&AuditEvent::TxCleared { tier: Some(tier) });
        assert_eq!(cleared(Tier::Instant), None);
        assert!(cleared(Tier::Notify).expect("a sentence").contains("notice"));
    }

    #[test]
    fn what_needs_attention_is_told() {
        for (kind, details) in [
            (AuditEventKind::KillSwitchActivated, r#"{"by":"signal"}"#),
            (AuditEventKind::BackupRestored, "{}"),
            (AuditEventKind::WalletTerminated, "{}"),
            (AuditEventKind::KillSwitchRecovered, r#"{"generation":1,"loosens":true}"#),
        ] {
            assert_eq!(kind.severity(), Severity::Critical);
            assert!(sentence(&event(kind, details)).is_some(), "{kind}");
        }
    }
}
