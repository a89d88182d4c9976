//! Wallet status, the owner's three states, and the kill switch: what can stop a signature.

use serde::{Deserialize, Serialize};

use crate::address::Address;

macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The wire and database name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// From the wire or database name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use wire_enum;

wire_enum!(
    /// Whether a wallet may sign.
    WalletStatus {
        /// May sign.
        Active = "ACTIVE",
        /// May not sign until resumed.
        Suspended = "SUSPENDED",
        /// Never signs again.
        Terminated = "TERMINATED",
    }
);

wire_enum!(
    /// How far a wallet's owner is established.
    OwnerState {
        /// No owner.
        None = "NONE",
        /// An address, not yet proved.
        Grace = "GRACE",
        /// Proved by a signature; only that owner can change it.
        Locked = "LOCKED",
    }
);

wire_enum!(
    /// The installation's kill switch.
    KillSwitch {
        /// Normal operation.
        Running = "ACTIVE",
        /// Nothing is signed; the operator can recover.
        Activated = "SUSPENDED",
        /// Nothing is signed; recovery takes the owner as well.
        Locked = "LOCKED",
    }
);

/// A wallet's owner: the human whose signature approves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// Nobody yet.
    None,
    /// An address set by the operator, not proved.
    Grace(Address),
    /// A proved address.
    Locked(Address),
}

impl Owner {
    /// The state alone.
    pub const fn state(&self) -> OwnerState {
        match self {
            Self::None => OwnerState::None,
            Self::Grace(_) => OwnerState::Grace,
            Self::Locked(_) => OwnerState::Locked,
        }
    }

    /// The address, proved or not.
    pub const fn address(&self) -> Option<Address> {
        match self {
            Self::None => None,
            Self::Grace(address) | Self::Locked(address) => Some(*address),
        }
    }
}
