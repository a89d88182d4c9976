//! What can go wrong, by what the caller can do about it, and the sorting of database errors into it.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;
use thiserror::Error;
use waiaas_core::change::IllegalStep;
use waiaas_core::transaction::{IllegalMove, TxStatus};

/// What an error is about.
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
    /// A question to an owner.
    Challenge,
    /// A change that waits for owners.
    Change,
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
        })
    }
}

/// A statement that was refused, for the log: where it stands in the source, the database's code for the
/// reason (SQLSTATE on PostgreSQL), and what it is about. Messages of a database repeat values, so they are
/// left out.
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

/// A database error, shared by every caller whose work was in the same commit.
pub(crate) type Source = Arc<sqlx::Error>;

/// Why the store did not do what was asked. Unless said otherwise nothing was changed.
#[derive(Debug, Clone, Error)]
pub enum StoreError {
    /// No such row.
    #[error("there is no such {0}")]
    NotFound(Entity),
    /// The row is not in the state the caller saw: read again and decide again.
    #[error("the {0} was changed meanwhile")]
    Conflict(Entity),
    /// A row with this identity or scope exists already.
    #[error("the {0} exists already")]
    Duplicate(Entity),
    /// The status graph has no such move.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// A change has ended, or was to be opened again.
    #[error(transparent)]
    IllegalStep(#[from] IllegalStep),
    /// A transaction cannot begin in this status.
    #[error("a transaction cannot start as {0}")]
    NotInitial(TxStatus),
    /// The values given contradict each other; a defect of the caller.
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
    /// A stored value is not what this daemon writes: tampering, damage or a defect.
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
    /// A statement was refused for another reason: a constraint or a defect.
    #[error("the database refused {0}")]
    Refused(Statement, #[source] Source),
    /// The work given to the writer panicked, or took too long and was given up.
    #[error("the write was abandoned: {0}")]
    Abandoned(&'static str),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the same call may succeed later without anybody changing anything.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unavailable(_) | Self::Full(_))
    }

    /// Reads a failed `INSERT` as "exists already" when a unique index says so.
    #[track_caller]
    pub(crate) fn duplicate(error: sqlx::Error, entity: Entity) -> Self {
        match error.as_database_error() {
            Some(e) if e.is_unique_violation() => Self::Duplicate(entity),
            _ => error.into(),
        }
    }

    /// Sorts the error of a `COMMIT`: when the link broke, nobody knows.
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
            // sqlx marks its enum as growing; anything else is a statement or a value we got wrong.
            _ => None,
        };
        let source = Arc::new(error);
        match sort {
            Some(sort) => sort(source),
            None => Self::Refused(statement, source),
        }
    }
}

/// What an error is; none of them for a statement that was refused.
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
