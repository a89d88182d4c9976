//! The owners' wallet apps: one worker sends what waits and takes the answers.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::SECOND;
use super::supervisor::Worker;
use crate::Engine;
use crate::error::Error;
use crate::walletconnect::Link;

/// Takes the turns of the link.
pub(super) struct WalletConnect {
    engine: Engine,
    link: Link,
}

impl WalletConnect {
    pub(super) const fn new(engine: Engine, link: Link) -> Self {
        Self { engine, link }
    }
}

#[async_trait]
impl Worker for WalletConnect {
    fn name(&self) -> &'static str {
        "walletconnect"
    }

    fn period(&self) -> Duration {
        SECOND
    }

    fn wake(&self) -> Option<&Notify> {
        Some(self.engine.wallet_apps().wake())
    }

    async fn turn(&mut self) -> Result<(), Error> {
        self.link.turn(&self.engine).await
    }
}
