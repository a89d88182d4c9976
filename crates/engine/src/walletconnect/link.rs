//! The connection to the relay, and its turns.

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use waiaas_channels::walletconnect::{
    Content, Delivery, Identity, LinkError, Relay, RelayConfig, Request, Session, SymKey, Tag, Topic,
    fresh_id,
};
use waiaas_core::UnixSeconds;
use waiaas_core::owner::Challenge;
use waiaas_store::WalletConnectRow;

use super::offers::Offer;
use super::{answers, random, sessions};
use crate::Engine;
use crate::error::Error;
use crate::wallet_apps::Order;

/// The longest turn: what happened meanwhile is looked up in the next.
const TURN: Duration = Duration::from_secs(1);
/// Most requests sent on a session in one turn.
const BATCH: u32 = 5;
/// Seconds for which the relay keeps messages that need no person.
const SHORT: UnixSeconds = 300;
/// Seconds for which the relay keeps the end of a session.
const DAY: UnixSeconds = 86_400;

/// The connection, opened only while there is a session or a pairing.
pub(crate) struct Link {
    config: RelayConfig,
    inbox: mpsc::Receiver<Order>,
    identity: Identity,
    relay: Option<Relay>,
    subscribed: HashSet<Topic>,
    offers: Vec<Offer>,
}

impl Link {
    /// A link; none if no relay is configured, or the operating system gives no randomness.
    pub(crate) fn new(engine: &Engine) -> Option<Self> {
        let apps = engine.wallet_apps();
        Some(Self {
            config: apps.relay()?.clone(),
            inbox: apps.inbox()?,
            identity: Identity::new(random()?),
            relay: None,
            subscribed: HashSet::new(),
            offers: Vec::new(),
        })
    }

    /// Sends what is due and takes what arrives, for a second at most.
    ///
    /// # Errors
    ///
    /// Storage errors, and those of the relay: the next turn connects again.
    pub(crate) async fn turn(&mut self, engine: &Engine) -> Result<(), Error> {
        let done = self.exchange(engine).await;
        if done.is_err() {
            self.disconnect();
        }
        done
    }

    async fn exchange(&mut self, engine: &Engine) -> Result<(), Error> {
        let rows = sessions::current(engine, self).await?;
        while let Ok(order) = self.inbox.try_recv() {
            self.obey(engine, order).await;
        }
        let now = engine.now();
        self.offers.retain(|offer| now < offer.expires_at());
        if rows.is_empty() && self.offers.is_empty() {
            self.disconnect();
            return Ok(());
        }
        for row in &rows {
            let session = sessions::open(engine, row)?;
            self.subscribe(engine, session.topic()).await?;
            sessions::keep(engine, self, row, &session).await?;
            self.ask_due(engine, row, &session).await?;
        }
        let until = Instant::now() + TURN;
        while let Some(delivery) = self.next(engine, until).await? {
            self.take(engine, &delivery).await?;
            self.connected(engine).await?.acknowledge(&delivery).await?;
        }
        Ok(())
    }

    /// Waits for the next message; none at the end of the turn, or if an order waits.
    async fn next(&mut self, engine: &Engine, until: Instant) -> Result<Option<Delivery>, Error> {
        let Some(relay) = &mut self.relay else { return Ok(None) };
        tokio::select! {
            biased;
            () = engine.stopping().cancelled() => Ok(None),
            () = engine.wallet_apps().wake().notified() => Ok(None),
            delivery = timeout_at(until, relay.next()) => match delivery {
                Err(_) => Ok(None),
                Ok(delivery) => Ok(Some(delivery?)),
            },
        }
    }

    /// Carries out an order. A failure goes back to who gave it.
    async fn obey(&mut self, engine: &Engine, order: Order) {
        match order {
            Order::Pair { wallet, owner, proof, reply } => {
                let offered = Offer::make(engine, self, wallet, owner, proof).await;
                let answer = offered.map(|offer| {
                    let pairing = offer.view();
                    self.offers.retain(|other| other.wallet() != wallet);
                    self.offers.push(offer);
                    pairing
                });
                // The operator may have given up.
                let _ = reply.send(answer);
            }
            Order::Farewell(key) => {
                if let Err(error) = self.end(engine, &key, 6000, "The operator ended the session.").await {
                    tracing::warn!(%error, "a wallet app was not told that its session has ended");
                }
            }
        }
    }

    /// Handles one message. One that does not open, or is of no known topic, is dropped.
    async fn take(&mut self, engine: &Engine, delivery: &Delivery) -> Result<(), Error> {
        if let Some(at) = self.offers.iter().position(|offer| offer.listens_to(delivery.topic)) {
            let offer = self.offers.swap_remove(at);
            if let Some(offer) = offer.take(engine, self, delivery).await? {
                self.offers.push(offer);
            }
            return Ok(());
        }
        let topic = delivery.topic.to_string();
        let Some(row) =
            engine.store().walletconnect_sessions().await?.into_iter().find(|row| row.topic == topic)
        else {
            return Ok(());
        };
        let session = sessions::open(engine, &row)?;
        let Some(content) = session.key().open(&delivery.envelope).and_then(|text| Content::read(&text))
        else {
            tracing::warn!(wallet = %row.wallet, "a message of a wallet app cannot be read");
            return Ok(());
        };
        if let Content::Call { id, method, params } = &content {
            return sessions::called(engine, self, &row, &session, (id, method, params)).await;
        }
        answers::take(engine, &row, &content).await
    }

    /// Sends the challenges that wait for the owner of a session.
    async fn ask_due(
        &mut self,
        engine: &Engine,
        row: &WalletConnectRow,
        session: &Session,
    ) -> Result<(), Error> {
        for due in engine.store().walletconnect_due(row, engine.now(), BATCH).await? {
            self.ask(engine, row, session, &due.challenge).await?;
        }
        Ok(())
    }

    /// Sends one challenge. It is recorded first, so that the answer finds it.
    pub(super) async fn ask(
        &mut self,
        engine: &Engine,
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
        let sent = self.send(engine, session.key(), &text, Tag::Request, life).await;
        if let Err(error) = sent {
            answers::failed(engine, &row.topic, id).await?;
            return Err(error.into());
        }
        tracing::info!(wallet = %row.wallet, action = challenge.action.as_str(), "sent to the owner's wallet app");
        Ok(())
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

    /// Sends a text that needs no person.
    pub(super) async fn say(
        &mut self,
        engine: &Engine,
        key: &SymKey,
        text: &str,
        tag: Tag,
    ) -> Result<(), Error> {
        Ok(self.send(engine, key, text, tag, SHORT).await?)
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

    /// Subscribes to a topic once per connection.
    pub(super) async fn subscribe(&mut self, engine: &Engine, topic: Topic) -> Result<(), LinkError> {
        self.connected(engine).await?;
        if !self.subscribed.contains(&topic) {
            self.connected(engine).await?.subscribe(topic).await?;
            self.subscribed.insert(topic);
        }
        Ok(())
    }

    async fn connected(&mut self, engine: &Engine) -> Result<&mut Relay, LinkError> {
        if self.relay.is_none() {
            let mut relay = Relay::connect(&self.config, &self.identity, random, engine.now()).await?;
            self.subscribed = self.offers.iter().flat_map(Offer::topics).collect();
            // Open pairings go on over a new connection.
            for topic in &self.subscribed {
                relay.subscribe(*topic).await?;
            }
            self.relay = Some(relay);
        }
        self.relay.as_mut().ok_or(LinkError::Unreachable)
    }

    fn disconnect(&mut self) {
        self.relay = None;
        self.subscribed.clear();
    }
}

/// The chain for a challenge: the one that its text names, if the app has the owner's account there.
fn chain_for(row: &WalletConnectRow, challenge: &Challenge) -> Option<String> {
    let named = |chain: &&String| chain.split_once(':').is_some_and(|(_, id)| id == challenge.chain_id);
    row.chains.iter().find(named).or_else(|| row.chains.first()).cloned()
}
