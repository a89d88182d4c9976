//! One daemon at a time: the lease in the database, from start to shutdown.
//!
//! A daemon that does not get the lease does not start. A daemon that lost it signs nothing more and stops.

use waiaas_store::{LEASE_SECONDS, LeaseHolder, LeaseRow, Store, WriteTx};

use crate::Engine;
use crate::data_dir::DirLock;
use crate::error::{Error, ErrorCode, StartError};
use crate::ids;

/// Takes the lease for this process, which holds `lock`.
pub(crate) async fn take(store: &Store, lock: &DirLock) -> Result<LeaseHolder, StartError> {
    let mine = LeaseHolder {
        holder: ids::random().simple().to_string(),
        place: lock.place().unwrap_or_default(),
        host: host(),
        pid: std::process::id(),
    };
    let by = mine.clone();
    let taken =
        store.write(move |tx| Box::pin(async move { tx.take_lease(&by, LEASE_SECONDS).await })).await?;
    match taken {
        None => Ok(mine),
        Some(other) => Err(held(&other)),
    }
}

fn held(row: &LeaseRow) -> StartError {
    let LeaseHolder { host, pid, .. } = row.holder.clone();
    StartError::Held { host, pid, renewed: row.now.saturating_sub(row.renewed_at), wait: LEASE_SECONDS }
}

/// The machine's name, for people.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
    if name.is_empty() { "unknown host".to_owned() } else { name }
}

impl Engine {
    /// Renews the lease. If another daemon has it, this one stops.
    pub(crate) async fn renew_lease(&self) -> Result<(), Error> {
        let holder = self.lease().holder.clone();
        let renewed = self
            .store()
            .write(move |tx| Box::pin(async move { tx.renew_lease(&holder, LEASE_SECONDS).await }));
        if !renewed.await? {
            self.displace();
        }
        Ok(())
    }

    /// Refuses to go on in a transaction that began after another daemon took the lease.
    pub(crate) async fn refuse_unless_holder(&self, tx: &mut WriteTx) -> Result<(), Error> {
        if tx.holds_lease(&self.lease().holder).await? {
            return Ok(());
        }
        self.displace();
        Err(Error::new(ErrorCode::InternalError, "Another daemon has taken the database over.")
            .hint("Ask the daemon that runs now."))
    }

    pub(crate) async fn release_lease(&self) {
        let holder = self.lease().holder.clone();
        let released =
            self.store().write(move |tx| Box::pin(async move { tx.release_lease(&holder).await })).await;
        if let Err(error) = released {
            tracing::warn!(%error, "the lease on the database stays until its time is over");
        }
    }
}
