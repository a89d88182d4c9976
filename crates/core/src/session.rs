//! The stored names of session properties.

use serde::{Deserialize, Serialize};

use crate::wallet::wire_enum;

wire_enum!(
    /// How a session was created.
    SessionSource {
        /// The REST API.
        Api = "api",
        /// The command line.
        Cli = "cli",
    }
);
