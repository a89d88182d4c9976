//! Callers who may activate the kill switch. They are more than those who may release it, since activation
//! only stops.

use waiaas_core::audit::{Actor, KillSwitchMeans};

use crate::credentials::chat::ChatAdmin;
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

    /// A peer of the data directory's socket with the user id of the daemon or of root, according to the
    /// kernel. Such a user can also end the process, so no password is required.
    pub const fn by_socket(_: &Local) -> Self {
        Self { actor: Actor::LocalUser, means: KillSwitchMeans::Socket }
    }

    /// A Telegram chat with the role ADMIN.
    pub(crate) const fn by_chat(chat: ChatAdmin) -> Self {
        Self { actor: Actor::Chat(chat.number()), means: KillSwitchMeans::Chat }
    }

    /// A signal. The kernel accepts one only from the daemon's own user and root.
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
