//! The workers that maintain the daemon itself.

use std::time::Duration;

use async_trait::async_trait;

use super::supervisor::Worker;
use crate::Engine;
use crate::error::Error;

/// Renews the lease on the database.
pub(super) struct RenewLease(pub(super) Engine);

#[async_trait]
impl Worker for RenewLease {
    fn name(&self) -> &'static str {
        "lease"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(10)
    }

    /// The lease expires if it is not renewed in time, so failures do not lengthen the pause.
    fn longest_pause(&self) -> Duration {
        self.period()
    }

    async fn turn(&mut self) -> Result<(), Error> {
        self.0.renew_lease().await
    }
}

/// Restores the reserve of disk space once there is room.
pub(super) struct KeepReserve(pub(super) Engine);

#[async_trait]
impl Worker for KeepReserve {
    fn name(&self) -> &'static str {
        "reserve"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3)
    }

    async fn turn(&mut self) -> Result<(), Error> {
        if self.0.reserve().is_held() {
            return Ok(());
        }
        let engine = self.0.clone();
        let restored = tokio::task::spawn_blocking(move || engine.reserve().restore());
        restored.await.map_err(Error::internal)
    }
}

/// Removes old idempotency keys.
pub(super) struct OldClaims(pub(super) Engine);

#[async_trait]
impl Worker for OldClaims {
    fn name(&self) -> &'static str {
        "old-claims"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(600)
    }

    async fn turn(&mut self) -> Result<(), Error> {
        let now = self.0.now();
        self.0.store().write(move |tx| Box::pin(async move { tx.forget_old_claims(now).await })).await?;
        Ok(())
    }
}
