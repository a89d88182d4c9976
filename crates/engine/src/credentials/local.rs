//! Callers on the daemon's own machine, with the rights of its user.

use crate::credentials::Via;
use crate::error::{Error, ErrorCode};

/// Proof that the caller used the socket of the data directory, with the user id of the daemon or of root
/// according to the kernel. Such a user can read the data directory as well.
///
/// In addition to [`Master`](crate::Master) it guards actions for which the password alone must not suffice:
/// fetching files that the password opens, and irreversible actions.
#[derive(Debug)]
pub struct Local(());

impl Local {
    /// Refuses callers on other machines.
    ///
    /// # Errors
    ///
    /// `SOCKET_ONLY`, with instructions.
    pub fn of(via: Via) -> Result<Self, Error> {
        match via {
            Via::Socket => Ok(Self(())),
            Via::Network(_) => Err(Self::missing("This")),
        }
    }

    /// The error for callers on other machines, for the action `what`.
    pub(crate) fn missing(what: &str) -> Error {
        Error::new(
            ErrorCode::SocketOnly,
            format!("{what} is answered only on the Unix socket in the daemon's data directory."),
        )
        .hint(
            "Run the `waiaas` command on the daemon's own machine as its user, without a URL; in a container by \
             `docker exec`.",
        )
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::error::Remedy;

    #[test]
    fn no_address_is_local_not_even_the_machines_own() {
        assert!(Local::of(Via::Socket).is_ok());
        for peer in [None, Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), Some(IpAddr::from([10, 0, 0, 7]))] {
            let refused = Local::of(Via::Network(peer)).expect_err("refused");
            assert_eq!(refused.code.as_str(), "SOCKET_ONLY");
            assert!(matches!(refused.hint, Some(Remedy::Text(hint)) if hint.contains("docker exec")));
        }
    }
}
