//! Reasons why the daemon does not start.

use thiserror::Error as ThisError;
use waiaas_core::network::NetworkId;
use waiaas_keys::NoRandomness;
use waiaas_store::StoreError;

use crate::config::Conflict;
use crate::file_error::DataDirError;

/// The reason why the daemon does not start.
#[derive(Debug, ThisError)]
pub enum StartError {
    /// A file error.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A database error.
    #[error("the database cannot be opened: {0}")]
    Store(#[from] StoreError),
    /// The database is configured wrongly.
    #[error("the database is configured wrongly: {0}")]
    Database(String),
    /// `waiaas init` has not run here.
    #[error("this data directory is not initialised; run `waiaas init`")]
    NotInitialised,
    /// `waiaas init` has run here already.
    #[error("this data directory is initialised already; `waiaas start` starts its daemon")]
    AlreadyInitialised,
    /// The master password is not the one this installation was set up with.
    #[error("the master password is not right")]
    WrongPassword,
    /// The password is too weak to protect keys.
    #[error("{0}")]
    WeakPassword(#[from] waiaas_keys::WeakPassword),
    /// The key material is damaged.
    #[error("the keystore cannot be read: {0}")]
    Keystore(String),
    /// Networks and endpoints contradict each other.
    #[error(transparent)]
    Config(#[from] Conflict),
    /// A network cannot be served as configured.
    #[error("the network {network} cannot be set up: {reason}")]
    Network {
        /// The network.
        network: NetworkId,
        /// The cause.
        reason: String,
    },
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(String),
    /// The price services cannot be set up as configured.
    #[error("prices cannot be set up: {0}")]
    Prices(String),
    /// Another daemon holds the database.
    #[error(
        "another daemon holds this database: process {pid} on {host}, {renewed} seconds ago. Stop it first; if \
         it is gone already, start again after {wait} seconds"
    )]
    Held {
        /// Its host name.
        host: String,
        /// Its process id.
        pid: u32,
        /// Seconds since it renewed its lease.
        renewed: i64,
        /// Seconds after which a dead holder loses the lease.
        wait: i64,
    },
    /// The operating system provides no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}
