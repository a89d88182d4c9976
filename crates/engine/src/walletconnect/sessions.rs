//! Settled sessions: opened from their rows, extended, and ended.

use secrecy::ExposeSecret as _;
use serde_json::Value;
use waiaas_channels::walletconnect::{LinkError, Peer, Session, SessionCall, SymKey, Tag, fresh_id};
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::wallet::WalletStatus;
use waiaas_core::walletconnect::SessionEnd;
use waiaas_keys::Purpose;
use waiaas_store::{AuditEntry, Entity, StoreError, WalletConnectRow};

use super::link::Link;
use super::random;
use crate::Engine;
use crate::error::Error;

/// A session is extended when it has less than this many seconds left.
const EXTEND_BELOW: UnixSeconds = 3 * 86_400;

/// The sessions that exist. Those that are over, or whose owner has changed, are ended.
///
/// # Errors
///
/// Storage errors.
pub(super) async fn current(engine: &Engine, link: &mut Link) -> Result<Vec<WalletConnectRow>, Error> {
    let mut found = Vec::new();
    for row in engine.store().walletconnect_sessions().await? {
        let wallet = engine.wallet_by_id(row.wallet).await?;
        let owners = [wallet.owner.address(), wallet.successor];
        if engine.now() >= row.expires_at {
            removed(engine, &row, SessionEnd::Expired, Actor::System).await?;
        } else if wallet.status == WalletStatus::Terminated || !owners.contains(&Some(row.owner)) {
            removed(engine, &row, SessionEnd::OwnerChanged, Actor::System).await?;
            let session = open(engine, &row)?;
            let said = link.end(engine, session.key(), 6000, "The wallet has another owner now.").await;
            if let Err(error) = said {
                tracing::warn!(%error, "a wallet app was not told that its session has ended");
            }
        } else {
            found.push(row);
        }
    }
    Ok(found)
}

/// Removes a session's row. It may be gone already.
///
/// # Errors
///
/// Storage errors.
pub(super) async fn removed(
    engine: &Engine,
    row: &WalletConnectRow,
    because: SessionEnd,
    actor: Actor,
) -> Result<(), Error> {
    let event = AuditEvent::WalletConnectEnded { owner: row.owner, because };
    let audit = AuditEntry::new(event, actor, engine.now()).wallet(row.wallet);
    let topic = row.topic.clone();
    let done = engine
        .store()
        .write(move |tx| Box::pin(async move { tx.remove_walletconnect_session(&topic, audit).await }))
        .await;
    match done {
        Ok(()) | Err(StoreError::NotFound(Entity::WalletConnect)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Opens a session from its row.
///
/// # Errors
///
/// If its key cannot be opened.
pub(super) fn open(engine: &Engine, row: &WalletConnectRow) -> Result<Session, Error> {
    let key = key(engine, row)?;
    let peer = Peer { name: row.peer_name.clone(), url: row.peer_url.clone() };
    Ok(Session::new(key, peer, Vec::new(), row.expires_at))
}

/// The key of a session.
///
/// # Errors
///
/// If it cannot be opened.
pub(crate) fn key(engine: &Engine, row: &WalletConnectRow) -> Result<SymKey, Error> {
    let bytes = engine.vault().open_secret(Purpose::Channels, &row.topic, &row.sealed_key);
    let bytes = bytes.map_err(Error::internal)?;
    SymKey::from_slice(bytes.expose_secret())
        .ok_or_else(|| Error::internal("a session key of another length"))
}

/// Extends a session that ends soon.
///
/// # Errors
///
/// Storage errors, and those of the relay.
pub(super) async fn keep(
    engine: &Engine,
    link: &mut Link,
    row: &WalletConnectRow,
    session: &Session,
) -> Result<(), Error> {
    let now = engine.now();
    if row.expires_at.saturating_sub(now) >= EXTEND_BELOW {
        return Ok(());
    }
    let id = fresh_id(now, random().ok_or(LinkError::NoRandomness)?);
    let (text, expires_at) = Session::extension(id, now);
    link.say(engine, session.key(), &text, Tag::Extend).await?;
    extended(engine, row, expires_at).await
}

async fn extended(engine: &Engine, row: &WalletConnectRow, expires_at: UnixSeconds) -> Result<(), Error> {
    let (topic, now) = (row.topic.clone(), engine.now());
    let done = engine
        .store()
        .write(move |tx| {
            Box::pin(async move { tx.extend_walletconnect_session(&topic, expires_at, now).await })
        })
        .await;
    match done {
        Ok(()) | Err(StoreError::NotFound(Entity::WalletConnect)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Answers a request of the wallet app.
///
/// # Errors
///
/// Storage errors, and those of the relay.
pub(super) async fn called(
    engine: &Engine,
    link: &mut Link,
    row: &WalletConnectRow,
    session: &Session,
    (id, method, params): (&Value, &str, &Value),
) -> Result<(), Error> {
    let call = SessionCall::read(method, params);
    if let Some(tag) = call.answer() {
        link.say(engine, session.key(), &Session::agreement(id), tag).await?;
    }
    let app = Actor::WalletConnect(row.owner);
    match call {
        SessionCall::Delete => removed(engine, row, SessionEnd::Peer, app).await,
        SessionCall::Update(accounts) => {
            let answers = Session::new(session.key().clone(), session.peer.clone(), accounts, row.expires_at);
            if answers.chains_of(&row.owner).is_empty() {
                removed(engine, row, SessionEnd::Peer, app).await?;
                link.end(engine, session.key(), 4001, "The app offers other accounts.").await?;
            }
            Ok(())
        }
        SessionCall::Extend => extended(engine, row, Session::extension(0, engine.now()).1).await,
        SessionCall::Settle | SessionCall::Event | SessionCall::Ping | SessionCall::Unknown => Ok(()),
    }
}
