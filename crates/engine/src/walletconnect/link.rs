//! The desk of the wallet apps: carries out orders, and keeps one task for each session and each pairing.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use waiaas_channels::walletconnect::{Identity, RelayConfig};
use waiaas_core::ids::WalletId;

use super::line::Line;
use super::offers::{self, Offer};
use super::{random, sessions};
use crate::Engine;
use crate::error::Error;
use crate::wallet_apps::Order;

/// Sessions and pairings, each on a connection of its own, which exists only as long as they do.
pub(crate) struct Link {
    config: RelayConfig,
    inbox: mpsc::Receiver<Order>,
    identity: Arc<Identity>,
    sessions: HashMap<String, AbortOnDropHandle<()>>,
    offers: HashMap<WalletId, AbortOnDropHandle<()>>,
}

impl Link {
    /// A link; none if no relay is configured, or the operating system gives no randomness.
    pub(crate) fn new(engine: &Engine) -> Option<Self> {
        let apps = engine.wallet_apps();
        Some(Self {
            config: apps.relay()?.clone(),
            inbox: apps.inbox()?,
            identity: Arc::new(Identity::new(random()?)),
            sessions: HashMap::new(),
            offers: HashMap::new(),
        })
    }

    /// Carries out the orders that wait, and starts the task of each session that has none.
    ///
    /// # Errors
    ///
    /// Storage errors.
    pub(crate) async fn turn(&mut self, engine: &Engine) -> Result<(), Error> {
        while let Ok(order) = self.inbox.try_recv() {
            self.obey(engine, order);
        }
        let rows = engine.store().walletconnect_sessions().await?;
        self.offers.retain(|_, task| !task.is_finished());
        self.sessions.retain(|topic, task| !task.is_finished() && rows.iter().any(|row| row.topic == *topic));
        engine.wallet_apps().keep_failures(|wallet| rows.iter().any(|row| row.wallet == wallet));
        for row in rows {
            if !self.sessions.contains_key(&row.topic) {
                let (topic, line, engine) = (row.topic.clone(), self.line(), engine.clone());
                let task = engine.clone().tasks().spawn(sessions::run(engine, line, row));
                self.sessions.insert(topic, AbortOnDropHandle::new(task));
            }
        }
        Ok(())
    }

    fn line(&self) -> Line {
        Line::new(self.config.clone(), self.identity.clone())
    }

    /// Starts what an order asks for. A failure goes back to the operator who gave it.
    fn obey(&mut self, engine: &Engine, order: Order) {
        let (mut line, this) = (self.line(), engine.clone());
        match order {
            Order::Pair { wallet, owner, proof, reply } => {
                let task = engine.tasks().spawn(async move {
                    match Offer::make(&this, &mut line, wallet, owner, proof).await {
                        Ok(offer) => {
                            // The operator may have given up; the pairing then ends by itself.
                            let _ = reply.send(Ok(offer.view()));
                            offers::run(this, line, offer).await;
                        }
                        Err(error) => {
                            let _ = reply.send(Err(error));
                        }
                    }
                });
                self.offers.insert(wallet, AbortOnDropHandle::new(task));
            }
            Order::Farewell(key) => {
                engine.tasks().spawn(async move {
                    let said = line.end(&this, &key, 6000, "The operator ended the session.").await;
                    if let Err(error) = said {
                        tracing::warn!(%error, "a wallet app was not told that its session has ended");
                    }
                });
            }
        }
    }
}
