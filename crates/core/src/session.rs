//! Sessions: what of them is stored by name.

use serde::{Deserialize, Serialize};

use crate::wallet::wire_enum;

wire_enum!(
    /// Who asked for a session.
    SessionSource {
        /// The REST API.
        Api = "api",
        /// The command line.
        Cli = "cli",
    }
);
