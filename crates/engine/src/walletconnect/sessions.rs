//! Settled sessions: opened from their rows, extended, and ended.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use waiaas_channels::walletconnect::{
    Content, Delivery, LinkError, Peer, Request, Session, SessionCall, SymKey, Tag, fresh_id,
};
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::owner::Challenge;
use waiaas_core::wallet::WalletStatus;
use waiaas_core::walletconnect::SessionEnd;
use waiaas_keys::Purpose;
use waiaas_store::{AuditEntry, Entity, StoreError, WalletConnectRow};

use super::line::Line;
use super::{answers, random};
use crate::Engine;
use crate::error::Error;

/// A session is extended when it has less than this many seconds left.
const EXTEND_BELOW: UnixSeconds = 3 * 86_400;

/// The longest turn: what happened meanwhile is looked up in the next.
const TURN: Duration = Duration::from_secs(1);
/// Most requests sent on a session in one turn.
const BATCH: u32 = 5;
/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Serves a session until it ends or the daemon stops.
pub(super) async fn run(engine: Engine, mut line: Line, row: WalletConnectRow) {
    let mut failures = 0;
    let recovered = engine.store().write({
        let topic = row.topic.clone();
        move |tx| Box::pin(async move { tx.recover_walletconnect_requests(&topic).await })
    });
    let mut ready = recovered.await.map_err(Error::from);
    while !engine.stopping().is_cancelled() {
        let turn = match ready {
            Ok(()) => turn(&engine, &mut line, &row).await,
            Err(error) => Err(error),
        };
        ready = Ok(());
        let reason = match turn {
            Ok(true) => None,
            Ok(false) => break,
            Err(error) => {
                tracing::warn!(wallet = %row.wallet, %error, "the session with a wallet app failed and is tried again");
                line.disconnect();
                Some(error.message)
            }
        };
        failures = if reason.is_some() { failures + 1 } else { 0 };
        engine.wallet_apps().set_failure(row.wallet, reason);
        if failures > 0 {
            let pause = Duration::from_secs(1 << failures.min(5)).min(LONGEST_PAUSE);
            // Over early if the daemon stops.
            let _ = timeout(pause, engine.stopping().cancelled()).await;
        }
    }
    engine.wallet_apps().set_failure(row.wallet, None);
}

/// Sends what is due and takes what arrives, for a second at most. False if the session has ended.
async fn turn(engine: &Engine, line: &mut Line, known: &WalletConnectRow) -> Result<bool, Error> {
    let row = engine.store().walletconnect_session(known.wallet).await?;
    let Some(row) = row.filter(|row| row.topic == known.topic) else { return Ok(false) };
    let session = open(engine, &row)?;
    if let Some(because) = over(engine, &row).await? {
        removed(engine, &row, because, Actor::System).await?;
        if because == SessionEnd::OwnerChanged {
            line.end(engine, session.key(), 6000, "The wallet has another owner now.").await?;
        }
        return Ok(false);
    }
    line.subscribe(engine, session.topic()).await?;
    keep(engine, line, &row, &session).await?;
    for due in engine.store().walletconnect_due(&row, engine.now(), BATCH).await? {
        ask(engine, line, &row, &session, &due.challenge).await?;
    }
    let until = Instant::now() + TURN;
    while let Some(delivery) = line.next(engine, until).await? {
        take(engine, line, &row, &session, &delivery).await?;
        line.acknowledge(engine, &delivery).await?;
        if Instant::now() >= until {
            break;
        }
    }
    Ok(true)
}

/// Why a session is over; none if it goes on.
async fn over(engine: &Engine, row: &WalletConnectRow) -> Result<Option<SessionEnd>, Error> {
    let wallet = engine.wallet_by_id(row.wallet).await?;
    let owners = [wallet.owner.address(), wallet.successor];
    Ok(if engine.now() >= row.expires_at {
        Some(SessionEnd::Expired)
    } else if wallet.status == WalletStatus::Terminated || !owners.contains(&Some(row.owner)) {
        Some(SessionEnd::OwnerChanged)
    } else {
        None
    })
}

/// Handles one message. One that cannot be read is dropped.
async fn take(
    engine: &Engine,
    line: &mut Line,
    row: &WalletConnectRow,
    session: &Session,
    delivery: &Delivery,
) -> Result<(), Error> {
    let Some(content) = session.key().open(&delivery.envelope).and_then(|text| Content::read(&text)) else {
        tracing::debug!(wallet = %row.wallet, "a message of a wallet app cannot be read");
        return Ok(());
    };
    match &content {
        Content::Call { id, method, params } => {
            called(engine, line, row, session, (*id, method, params)).await
        }
        Content::Result { .. } | Content::Error { .. } => answers::take(engine, row, &content).await,
    }
}

/// Sends one challenge. It is recorded first, so that the answer finds it.
///
/// # Errors
///
/// Storage errors, and those of the relay.
async fn ask(
    engine: &Engine,
    line: &mut Line,
    row: &WalletConnectRow,
    session: &Session,
    challenge: &Challenge,
) -> Result<(), Error> {
    let now = engine.now();
    let Some(chain) = chain_for(row, challenge) else { return Ok(()) };
    let id = fresh_id(now, random().ok_or(LinkError::NoRandomness)?);
    let request = Request {
        id,
        chain,
        signer: challenge.owner,
        message: challenge.message(),
        expires_at: challenge.expires_at,
    };
    let (nonce, topic) = (challenge.nonce.clone(), row.topic.clone());
    let record = engine.store().write(move |tx| {
        Box::pin(async move { tx.send_walletconnect_request(&nonce, &topic, id, now).await })
    });
    record.await?;
    let (text, life) = request.text(now);
    if let Err(error) = line.send(engine, session.key(), &text, Tag::Request, life).await {
        answers::failed(engine, &row.topic, id).await?;
        return Err(error.into());
    }
    let topic = row.topic.clone();
    let sent = engine
        .store()
        .write(move |tx| Box::pin(async move { tx.sent_walletconnect_request(&topic, id, now).await }));
    sent.await?;
    tracing::info!(wallet = %row.wallet, action = challenge.action.as_str(), "sent to the owner's wallet app");
    Ok(())
}

/// The chain for a challenge: the one that its text names, if the app has the owner's account there.
fn chain_for(row: &WalletConnectRow, challenge: &Challenge) -> Option<String> {
    let named = |chain: &&String| chain.split_once(':').is_some_and(|(_, id)| id == challenge.chain_id);
    row.chains.iter().find(named).or_else(|| row.chains.first()).cloned()
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
    line: &mut Line,
    row: &WalletConnectRow,
    session: &Session,
) -> Result<(), Error> {
    let now = engine.now();
    if row.expires_at.saturating_sub(now) >= EXTEND_BELOW {
        return Ok(());
    }
    let id = fresh_id(now, random().ok_or(LinkError::NoRandomness)?);
    let (text, expires_at) = Session::extension(id, now);
    line.say(engine, session.key(), &text, Tag::Extend).await?;
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
    line: &mut Line,
    row: &WalletConnectRow,
    session: &Session,
    (id, method, params): (u64, &str, &Value),
) -> Result<(), Error> {
    let call = SessionCall::read(method, params);
    if let Some(tag) = call.answer() {
        line.say(engine, session.key(), &Session::agreement(id), tag).await?;
    }
    let app = Actor::WalletConnect(row.owner);
    match call {
        SessionCall::Delete => removed(engine, row, SessionEnd::Peer, app).await,
        SessionCall::Update(accounts) => {
            let answers = Session::new(session.key().clone(), session.peer.clone(), accounts, row.expires_at);
            if answers.chains_of(&row.owner).is_empty() {
                removed(engine, row, SessionEnd::Peer, app).await?;
                line.end(engine, session.key(), 4001, "The app offers other accounts.").await?;
            }
            Ok(())
        }
        SessionCall::Extend => extended(engine, row, Session::extension(0, engine.now()).1).await,
        SessionCall::Settle | SessionCall::Event | SessionCall::Ping | SessionCall::Unknown => Ok(()),
    }
}
