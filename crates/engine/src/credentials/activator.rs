//! Callers who may activate the kill switch: more than may release it, since it only stops.

use waiaas_core::audit::{Actor, KillSwitchMeans};

use crate::credentials::{Local, Master};

/// Proof that the caller may activate the kill switch.
#[derive(Debug)]
pub struct Activator {
    actor: Actor,
    means: KillSwitchMeans,
}

impl Activator {
    /// The holder of the master password.
    pub const fn by_master(_: &Master) -> Self {
        Self { actor: Actor::Master, means: KillSwitchMeans::MasterPassword }
    }

    /// A peer of the data directory's socket whose user id the kernel gave as the daemon's own or root's.
    /// Such a user can end the process as well, so no password is asked for.
    pub const fn by_socket(_: &Local) -> Self {
        Self { actor: Actor::LocalUser, means: KillSwitchMeans::Socket }
    }

    /// A signal. The kernel lets only the daemon's own user and root send one.
    pub const fn by_signal() -> Self {
        Self { actor: Actor::LocalUser, means: KillSwitchMeans::Signal }
    }

    pub(crate) const fn actor(&self) -> Actor {
        self.actor
    }

    pub(crate) const fn means(&self) -> KillSwitchMeans {
        self.means
    }
}
