//! One connection to the relay, for one session or one pairing: what one wallet app sends stops no other.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};
use waiaas_channels::walletconnect::{
    Delivery, Identity, LinkError, Relay, RelayConfig, Session, SymKey, Tag, Topic, fresh_id,
};
use waiaas_core::UnixSeconds;

use super::random;
use crate::Engine;

/// Seconds for which the relay keeps messages that need no person.
const SHORT: UnixSeconds = 300;
/// Seconds for which the relay keeps the end of a session.
const DAY: UnixSeconds = 86_400;

/// The connection, opened when it is first used.
pub(super) struct Line {
    config: RelayConfig,
    identity: Arc<Identity>,
    relay: Option<Relay>,
    subscribed: HashSet<Topic>,
}

impl Line {
    pub(super) fn new(config: RelayConfig, identity: Arc<Identity>) -> Self {
        Self { config, identity, relay: None, subscribed: HashSet::new() }
    }

    /// Waits for the next message until a time, a new request, or the end of the daemon.
    pub(super) async fn next(
        &mut self,
        engine: &Engine,
        until: Instant,
    ) -> Result<Option<Delivery>, LinkError> {
        let relay = self.connected(engine).await?;
        if relay.is_drained() {
            self.disconnect();
            return Ok(None);
        }
        tokio::select! {
            biased;
            () = engine.stopping().cancelled() => Ok(None),
            () = engine.asked().notified() => Ok(None),
            delivery = timeout_at(until, relay.next()) => delivery.map_or(Ok(None), |found| found.map(Some)),
        }
    }

    pub(super) async fn acknowledge(
        &mut self,
        engine: &Engine,
        delivery: &Delivery,
    ) -> Result<(), LinkError> {
        self.connected(engine).await?.acknowledge(delivery).await
    }

    /// Subscribes to a topic once per connection.
    pub(super) async fn subscribe(&mut self, engine: &Engine, topic: Topic) -> Result<(), LinkError> {
        self.connected(engine).await?;
        if !self.subscribed.contains(&topic) {
            self.connected(engine).await?.subscribe(topic).await?;
            self.subscribed.insert(topic);
        }
        Ok(())
    }

    pub(super) async fn send(
        &mut self,
        engine: &Engine,
        key: &SymKey,
        text: &str,
        tag: Tag,
        ttl: UnixSeconds,
    ) -> Result<(), LinkError> {
        let sealed = random().and_then(|nonce| key.seal(text, nonce)).ok_or(LinkError::NoRandomness)?;
        self.connected(engine).await?.publish(key.topic(), &sealed, tag, ttl).await
    }

    /// Sends a text that needs no person.
    pub(super) async fn say(
        &mut self,
        engine: &Engine,
        key: &SymKey,
        text: &str,
        tag: Tag,
    ) -> Result<(), LinkError> {
        self.send(engine, key, text, tag, SHORT).await
    }

    /// Ends a session on the other side.
    pub(super) async fn end(
        &mut self,
        engine: &Engine,
        key: &SymKey,
        code: i64,
        reason: &str,
    ) -> Result<(), LinkError> {
        let id = fresh_id(engine.now(), random().ok_or(LinkError::NoRandomness)?);
        self.send(engine, key, &Session::goodbye(id, code, reason), Tag::Delete, DAY).await
    }

    async fn connected(&mut self, engine: &Engine) -> Result<&mut Relay, LinkError> {
        if self.relay.is_none() {
            self.subscribed.clear();
            self.relay = Some(Relay::connect(&self.config, &self.identity, random, engine.now()).await?);
        }
        self.relay.as_mut().ok_or(LinkError::Unreachable)
    }

    pub(super) fn disconnect(&mut self) {
        self.relay = None;
        self.subscribed.clear();
    }
}
