//! The Telegram bot: one worker sends and closes approval cards, one sends notices, one waits for what people send.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use waiaas_channels::telegram::Bot;
use waiaas_core::UnixSeconds;

use super::SECOND;
use super::supervisor::Worker;
use crate::Engine;
use crate::error::Error;
use crate::telegram::{cards, handle, notices};

/// Sends and closes approval cards.
pub(super) struct Cards {
    engine: Engine,
    bot: Bot,
    /// Begin of the last turn that ended well.
    last: Option<UnixSeconds>,
}

impl Cards {
    pub(super) const fn new(engine: Engine, bot: Bot) -> Self {
        Self { engine, bot, last: None }
    }
}

#[async_trait]
impl Worker for Cards {
    fn name(&self) -> &'static str {
        "telegram-cards"
    }

    fn period(&self) -> Duration {
        SECOND
    }

    fn wake(&self) -> Option<&Notify> {
        Some(self.engine.asked())
    }

    async fn turn(&mut self) -> Result<(), Error> {
        let now = self.engine.now();
        cards::turn(&self.engine, &self.bot, self.last).await?;
        self.last = Some(now);
        Ok(())
    }
}

/// Sends notices of what happened.
pub(super) struct Notices {
    engine: Engine,
    bot: Bot,
    looked: notices::Looked,
}

impl Notices {
    pub(super) fn new(engine: Engine, bot: Bot) -> Self {
        Self { engine, bot, looked: notices::Looked::default() }
    }
}

#[async_trait]
impl Worker for Notices {
    fn name(&self) -> &'static str {
        "telegram-notices"
    }

    fn period(&self) -> Duration {
        SECOND
    }

    async fn turn(&mut self) -> Result<(), Error> {
        notices::turn(&self.engine, &self.bot, &mut self.looked).await
    }
}

/// Waits for updates and answers them.
pub(super) struct Updates {
    engine: Engine,
    bot: Bot,
    /// The next update. None at the start: Telegram then sends those that were not confirmed.
    offset: Option<i64>,
    /// The update that was tried last, and how often.
    tried: (i64, u32),
}

/// Attempts to answer one update, so that none holds up those that follow for ever.
const ATTEMPTS: u32 = 3;

impl Updates {
    pub(super) const fn new(engine: Engine, bot: Bot) -> Self {
        Self { engine, bot, offset: None, tried: (0, 0) }
    }
}

#[async_trait]
impl Worker for Updates {
    fn name(&self) -> &'static str {
        "telegram-updates"
    }

    fn period(&self) -> Duration {
        Duration::from_millis(200)
    }

    async fn turn(&mut self) -> Result<(), Error> {
        let updates = tokio::select! {
            biased;
            () = self.engine.stopping().cancelled() => return Ok(()),
            updates = self.bot.updates(self.offset) => updates?,
        };
        for update in updates {
            let (id, next) = (update.id, update.id.saturating_add(1));
            let attempts = if self.tried.0 == id { self.tried.1.saturating_add(1) } else { 1 };
            self.tried = (id, attempts);
            if attempts > ATTEMPTS {
                tracing::error!(
                    update = id,
                    "a message of a chat was left unanswered after several failures"
                );
            } else {
                handle(&self.engine, &self.bot, update).await?;
            }
            self.offset = Some(next);
        }
        Ok(())
    }
}
