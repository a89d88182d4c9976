//! Events, severities and actors of the audit log.
//!
//! Belongs here: the events with their details. Does not belong here: rows, their hashes and their storage (the
//! store).

mod declare;
mod event;
mod kind;
mod payload;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::chat::ChatNumber;
use crate::ids::SessionId;

pub use event::AuditEvent;
pub use kind::{AuditEventKind, Severity};
pub use payload::{
    ChainSeen, Ground, HeldAmount, KillSwitchMeans, Landed, NamedWallet, PolicyContent, TxFailure,
    WebhookContent, WholePolicy,
};

/// Who caused the event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// The operator, by master password.
    Master,
    /// An agent, by session token.
    Session(SessionId),
    /// A wallet's owner, by signature.
    Owner(Address),
    /// The user the daemon runs as, or root, identified by the kernel: on the control socket or by a signal.
    #[serde(rename = "local-user")]
    LocalUser,
    /// A Telegram chat with a role.
    Chat(ChatNumber),
    /// The wallet app of this owner, over WalletConnect, without a signature.
    WalletConnect(Address),
    /// The daemon itself (timers, recovery).
    System,
    /// A caller without valid credentials.
    Anonymous,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Master => f.write_str("master"),
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Owner(address) => write!(f, "owner:{address}"),
            Self::LocalUser => f.write_str("local-user"),
            Self::Chat(number) => write!(f, "chat:{number}"),
            Self::WalletConnect(owner) => write!(f, "walletconnect:{owner}"),
            Self::System => f.write_str("system"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}
