//! The errors of the store, by what a caller can do about them, and the mapping of database errors to them.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;
use thiserror::Error;
use waiaas_core::change::IllegalStep;
use waiaas_core::transaction::{IllegalMove, TxStatus};
use waiaas_core::webhook::IllegalDelivery;

/// The subject of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entity {
    /// The installation itself: instance id, keystore header, keys.
    Installation,
    /// The kill switch.
    KillSwitch,
    /// The key that signs session tokens.
    SessionKey,
    /// A wallet.
    Wallet,
    /// A wallet's name.
    WalletName,
    /// A session.
    Session,
    /// The link between a session and a wallet.
    SessionWallet,
    /// A policy.
    Policy,
    /// A recorded token.
    Token,
    /// A transaction.
    Transaction,
    /// A challenge to an owner.
    Challenge,
    /// A pending change.
    Change,
    /// A webhook.
    Webhook,
    /// A delivery of an event to a webhook.
    Delivery,
    /// A Telegram chat.
    Chat,
    /// An approval card.
    Card,
    /// A WalletConnect session, or a request on one.
    WalletConnect,
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Installation => "installation",
            Self::KillSwitch => "kill switch",
            Self::SessionKey => "session key",
            Self::Wallet => "wallet",
            Self::WalletName => "wallet name",
            Self::Session => "session",
            Self::SessionWallet => "session wallet",
            Self::Policy => "policy",
            Self::Token => "token",
            Self::Transaction => "transaction",
            Self::Challenge => "challenge",
            Self::Change => "change",
            Self::Webhook => "webhook",
            Self::Chat => "chat",
            Self::Card => "card",
            Self::WalletConnect => "WalletConnect session",
            Self::Delivery => "delivery",
        })
    }
}

/// A statement that was refused, for the log: its place in the source, the database's code for the reason
/// (SQLSTATE on PostgreSQL), and its subject. The database's message is left out, because it repeats values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    place: &'static Location<'static>,
    code: Option<String>,
    about: Vec<String>,
}

impl Statement {
    fn new(place: &'static Location<'static>, error: &sqlx::Error) -> Self {
        let database = error.as_database_error();
        let column = database.and_then(|e| e.try_downcast_ref::<PgDatabaseError>()).and_then(|e| e.column());
        let about = [database.and_then(|e| e.table()), column, database.and_then(|e| e.constraint())];
        Self {
            place,
            code: database.and_then(|e| e.code()).map(Cow::into_owned),
            about: about.into_iter().flatten().map(str::to_owned).collect(),
        }
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the statement at {}:{}", self.place.file(), self.place.line())?;
        if let Some(code) = &self.code {
            write!(f, ", code {code}")?;
        }
        if self.about.is_empty() { Ok(()) } else { write!(f, ", about {}", self.about.join(" ")) }
    }
}

/// A database error, shared by all callers whose jobs were in the same commit.
pub(crate) type Source = Arc<sqlx::Error>;

/// Why the store did not do what was asked. Unless stated otherwise nothing was changed.
#[derive(Debug, Clone, Error)]
pub enum StoreError {
    /// No such row.
    #[error("there is no such {0}")]
    NotFound(Entity),
    /// The row is not in the state that the caller read: read again and decide again.
    #[error("the {0} was changed in the meantime")]
    Conflict(Entity),
    /// A row with this identity or scope exists.
    #[error("the {0} already exists")]
    Duplicate(Entity),
    /// The status graph has no such move.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// A change has ended, or was to be opened again.
    #[error(transparent)]
    IllegalStep(#[from] IllegalStep),
    /// A delivery has no such move.
    #[error(transparent)]
    IllegalDelivery(#[from] IllegalDelivery),
    /// A transaction cannot begin in this status.
    #[error("a transaction cannot start as {0}")]
    NotInitial(TxStatus),
    /// The given values contradict each other; a defect of the caller.
    #[error("the {0} contradicts itself: {1}")]
    Inconsistent(Entity, &'static str),
    /// The disk or the database's quota is full. Free space, then repeat.
    #[error("the database is full")]
    Full(#[source] Source),
    /// Another process holds the database. Repeat later.
    #[error("the database is busy")]
    Busy(#[source] Source),
    /// The database cannot be reached or opened. Repeat later.
    #[error("the database is not available")]
    Unavailable(#[source] Source),
    /// The connection was lost while committing, so the change may or may not be durable. Read before
    /// acting on either.
    #[error("the connection was lost while committing; the outcome is unknown")]
    CommitUnknown(#[source] Source),
    /// The database's own file is damaged.
    #[error("the database is damaged")]
    Damaged(#[source] Source),
    /// A stored value is not valid: tampering, damage or a defect.
    #[error("the stored {0} cannot be read")]
    Corrupt(&'static str),
    /// The database belongs to a newer release.
    #[error("the database has schema {found}, this release knows {known}: run the newer release")]
    NewerSchema {
        /// In the database.
        found: i64,
        /// Newest known here.
        known: i64,
    },
    /// The database's schema is not the one that its recorded version has. Nothing was changed.
    #[error(
        "the database records schema {version}, which is not this release's: {reason}. Open it with the release that \
         wrote it, or restore a backup"
    )]
    AlteredSchema {
        /// The version that differs.
        version: i64,
        /// The difference.
        reason: String,
    },
    /// A statement was refused for another reason: a constraint or a defect.
    #[error("the database refused {0}")]
    Refused(Statement, #[source] Source),
    /// A job of the writer panicked, or took too long and was abandoned.
    #[error("the write was abandoned: {0}")]
    Abandoned(&'static str),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the same call may succeed later without any change.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unavailable(_) | Self::Full(_))
    }

    /// Maps a failed `INSERT` to [`StoreError::Duplicate`] if it violates a unique index.
    #[track_caller]
    pub(crate) fn duplicate(error: sqlx::Error, entity: Entity) -> Self {
        match error.as_database_error() {
            Some(e) if e.is_unique_violation() => Self::Duplicate(entity),
            _ => error.into(),
        }
    }

    /// Maps the error of a `COMMIT`: if the connection broke, the outcome is unknown.
    #[track_caller]
    pub(crate) fn commit(error: sqlx::Error) -> Self {
        match Self::from(error) {
            Self::Unavailable(source) => Self::CommitUnknown(source),
            other => other,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    #[track_caller]
    fn from(error: sqlx::Error) -> Self {
        let statement = Statement::new(Location::caller(), &error);
        let sort = match &error {
            sqlx::Error::Database(e) => {
                if let Some(code) = e.try_downcast_ref::<SqliteError>().and_then(|_| e.code()) {
                    sqlite(&code)
                } else if let Some(e) = e.try_downcast_ref::<PgDatabaseError>() {
                    postgres(e.code())
                } else {
                    None
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Configuration(_) => Some(Self::Unavailable as Sort),
            // sqlx may add variants to its enum; any other error is a wrong statement or value of ours.
            _ => None,
        };
        let source = Arc::new(error);
        match sort {
            Some(sort) => sort(source),
            None => Self::Refused(statement, source),
        }
    }
}

/// The constructor of an error; none for a statement that was refused.
type Sort = fn(Source) -> StoreError;

/// Result codes: <https://sqlite.org/rescode.html>; the low byte is the primary code.
fn sqlite(code: &str) -> Option<Sort> {
    match code.parse::<i64>().map(|code| code & 0xff) {
        Ok(5 | 6) => Some(StoreError::Busy),
        Ok(13) => Some(StoreError::Full),
        Ok(11 | 26) => Some(StoreError::Damaged),
        Ok(8 | 10 | 14) => Some(StoreError::Unavailable),
        _ => None,
    }
}

/// SQLSTATE, PostgreSQL appendix A.
fn postgres(code: &str) -> Option<Sort> {
    match code {
        "53100" => Some(StoreError::Full),
        "40001" | "40P01" | "55P03" | "57014" => Some(StoreError::Busy),
        "XX001" | "XX002" => Some(StoreError::Damaged),
        _ if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") => {
            Some(StoreError::Unavailable)
        }
        _ => None,
    }
}
