//! Identifiers. Each is a UUIDv7 made outside this crate, because making one needs a clock and randomness.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// A text that is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected an id such as 018f3a4e-0000-7000-8000-000000000001")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID made by the caller.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID inside.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Uuid::parse_str(text).map(Self).map_err(|_| NotAnId)
            }
        }
    };
}

id!(
    /// A wallet: one key on one chain in one environment.
    WalletId
);
id!(
    /// An agent's session.
    SessionId
);
id!(
    /// A change that waits for owners.
    ChangeId
);
id!(
    /// A policy row.
    PolicyId
);
id!(
    /// A transaction request and the transaction made for it.
    TxId
);
id!(
    /// This installation. Part of every token and owner message, so that none is valid at another
    /// installation.
    InstanceId
);
id!(
    /// A webhook: an address that receives audit events.
    WebhookId
);
id!(
    /// A delivery of one event to one webhook. The same in every attempt.
    DeliveryId
);
