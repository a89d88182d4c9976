//! Restoring a backup.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error as ThisError;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::change::ChangeStatus;
use waiaas_core::transaction::TxStatus;
use waiaas_core::wallet::Owner;
use waiaas_keys::{RootKey, backup};
use waiaas_store::{AuditEntry, DumpError, StatusChange, Store, StoreError, WriteTx};

use super::open_store;
use crate::config::{Config, DatabaseTarget};
use crate::data_dir::{DataDir, write_private};
use crate::error::StartError;
use crate::file_error::DataDirError;

/// The longest first line, which holds the configuration.
const MAX_FIRST_LINE: u64 = 16 * 1024 * 1024;

/// Secret files of another installation that the restored one would use.
const OWN_FILES: [&str; 2] = ["recovery.key", "mcp-token"];

/// Files in a data directory that do not belong to an installation.
const USUAL_FILES: [&str; 7] = [
    "config.toml",
    "daemon.lock",
    "daemon.log",
    "daemon.sock",
    "backups",
    "lost+found",
    "config.from-backup.toml",
];

/// The reason why a backup is not restored.
#[derive(Debug, ThisError)]
pub enum RestoreError {
    /// The file cannot be opened.
    #[error("the backup {path} cannot be opened", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Wrong password, damaged, or not a backup.
    #[error(transparent)]
    Open(#[from] backup::OpenError),
    /// Its contents are not those of a backup.
    #[error("the backup's contents cannot be read: {0}")]
    Contents(String),
    /// The data cannot be put in place.
    #[error(transparent)]
    Dump(DumpError),
    /// The target contains files of another installation.
    #[error(
        "{} holds {} of another installation, which the restored one would use; move them \
         away, or restore into an empty directory",
        .directory.display(),
        .files.join(", ")
    )]
    OtherInstallation {
        /// The target.
        directory: PathBuf,
        /// Their names.
        files: Vec<String>,
    },
    /// The target cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl RestoreError {
    /// Whether the given password is not the backup's.
    pub const fn is_wrong_password(&self) -> bool {
        matches!(self, Self::Open(backup::OpenError::WrongPassword) | Self::Start(StartError::WrongPassword))
    }
}

/// The result of a restore.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restored {
    /// The handling of the configuration in the backup.
    pub config: RestoredConfig,
    /// Other files in the data directory, unchanged.
    pub left: Vec<String>,
}

/// The handling of the configuration in a backup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RestoredConfig {
    /// The backup has none.
    None,
    /// It is the `config.toml` of the data directory now.
    InPlace,
    /// The data directory has the same one.
    Same,
    /// It was written to this file, because the data directory has another one, which stays in force.
    BesideOther(PathBuf),
    /// It was written to this file, because it does not name the database that was restored into, or cannot
    /// be read by this build.
    BesideForDatabase(PathBuf),
}

#[derive(Deserialize)]
struct FirstLine {
    #[serde(rename = "waiaasBackup")]
    format: u32,
    config: Option<String>,
}

/// Restores a backup into a data directory and database that hold no installation. Sessions of the backup end,
/// unsigned transactions are cancelled, and pending changes and hand-overs end, since they may be out of date.
/// Signed transactions are followed to their end as before.
///
/// The backup is read to its end once before anything is created, and again while it is put in place. Its
/// configuration never replaces another one. `environment` is that of the later daemon.
///
/// # Errors
/// [`RestoreError`]: a wrong password, a damaged backup, or a target that is in use. Nothing is created before the
/// whole backup was read.
pub async fn restore(
    file: &Path,
    data_dir: &DataDir,
    config: &Config,
    environment: Vec<(String, String)>,
    password: SecretString,
    now: UnixSeconds,
) -> Result<Restored, RestoreError> {
    let open = || {
        File::open(file)
            .map_err(|source| RestoreError::Read { path: file.to_owned(), source })
            .map(BufReader::new)
    };
    let (unlocking, checking) = (open()?, open()?);
    let checked = tokio::task::spawn_blocking(move || check(&password, unlocking, checking)).await;
    let root = checked.map_err(|e| RestoreError::Contents(e.to_string()))??;
    let mut contents = BufReader::new(backup::read_with(&root, open()?)?);
    let first = first_line(&mut contents)?;

    data_dir.create()?;
    let _lock = data_dir.lock()?;
    let left = others(data_dir, config)?;
    let store = open_store(data_dir, config).await?;
    if store.instance_id().await.map_err(StartError::from)?.is_some() {
        return Err(StartError::AlreadyInitialised.into());
    }
    let audit = AuditEntry::new(AuditEvent::BackupRestored, Actor::Master, now);
    store.import(&mut contents, audit).await.map_err(undone)?;
    retire(&store, now).await?;
    store.close().await;
    let config = match first.config {
        Some(text) => put_config(data_dir, config, environment, &text)?,
        None => RestoredConfig::None,
    };
    Ok(Restored { config, left })
}

/// Reads the whole backup, so that damage is found before anything is created; returns its root key.
fn check(
    password: &SecretString,
    unlocking: impl Read,
    checking: impl Read,
) -> Result<RootKey, backup::OpenError> {
    let root = backup::unlock(password, unlocking)?;
    let mut contents = backup::read_with(&root, checking)?;
    std::io::copy(&mut contents, &mut std::io::sink()).map_err(|error| backup::OpenError::of(&error))?;
    Ok(root)
}

fn first_line(contents: &mut impl BufRead) -> Result<FirstLine, RestoreError> {
    let mut line = Vec::new();
    let read = contents.by_ref().take(MAX_FIRST_LINE).read_until(b'\n', &mut line);
    read.map_err(|error| backup::OpenError::of(&error))?;
    if line.last() != Some(&b'\n') {
        return Err(RestoreError::Contents("it has no first line".to_owned()));
    }
    let first: FirstLine =
        serde_json::from_slice(&line).map_err(|e| RestoreError::Contents(e.to_string()))?;
    if first.format != 1 {
        return Err(RestoreError::Contents(format!("its format {} is not known", first.format)));
    }
    Ok(first)
}

/// Reports damage found while reading as damage of the backup.
fn undone(error: DumpError) -> RestoreError {
    match error {
        DumpError::Io(error) => backup::OpenError::of(&error).into(),
        error @ (DumpError::Store(_)
        | DumpError::Damaged(_)
        | DumpError::OtherSchema { .. }
        | DumpError::NotEmpty) => RestoreError::Dump(error),
    }
}

/// The names of other files in the directory; refuses those of another installation.
fn others(data_dir: &DataDir, config: &Config) -> Result<Vec<String>, RestoreError> {
    let list = || -> std::io::Result<Vec<String>> {
        let entries = std::fs::read_dir(data_dir.path())?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    };
    let mut names = list().map_err(|reason| DataDirError::Io {
        action: "read",
        path: data_dir.path().to_owned(),
        reason,
    })?;
    names.sort();
    let files: Vec<_> = names.iter().filter(|name| OWN_FILES.contains(&name.as_str())).cloned().collect();
    if !files.is_empty() {
        return Err(RestoreError::OtherInstallation { directory: data_dir.path().to_owned(), files });
    }
    let database = match config.database.target(data_dir.path()) {
        DatabaseTarget::Sqlite(path) => path.strip_prefix(data_dir.path()).ok().map(Path::to_owned),
        DatabaseTarget::Postgres(_) => None,
    };
    let top = database.as_ref().and_then(|path| path.iter().next()).map(|name| name.to_string_lossy());
    names.retain(|name| !USUAL_FILES.contains(&name.as_str()) && top.as_deref() != Some(name.as_str()));
    Ok(names)
}

/// Writes the backup's configuration: in place if there is none, else beside the present one.
fn put_config(
    data_dir: &DataDir,
    config: &Config,
    environment: Vec<(String, String)>,
    text: &str,
) -> Result<RestoredConfig, DataDirError> {
    let (path, beside) = (data_dir.config_file(), data_dir.path().join("config.from-backup.toml"));
    match std::fs::read(&path) {
        Ok(present) if present == text.as_bytes() => return Ok(RestoredConfig::Same),
        Ok(_) => {
            write_private(&beside, text.as_bytes())?;
            return Ok(RestoredConfig::BesideOther(beside));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(reason) => return Err(DataDirError::Io { action: "read", path, reason }),
    }
    let theirs = Config::from_parts(Some((&path, text)), environment, []);
    let same = theirs.is_ok_and(|theirs| {
        theirs.database.target(data_dir.path()).is_same(&config.database.target(data_dir.path()))
    });
    let (target, done) = if same {
        (path, RestoredConfig::InPlace)
    } else {
        (beside.clone(), RestoredConfig::BesideForDatabase(beside))
    };
    write_private(&target, text.as_bytes())?;
    Ok(done)
}

/// The reason for rows that a restore ends.
const REASON: &str = "restored from a backup";

/// Ends the rows that must not outlive a restore.
async fn retire(store: &Store, now: UnixSeconds) -> Result<(), StartError> {
    let revoked = AuditEvent::SessionRevoked { reason: Some(REASON.to_owned()) };
    let revoked = AuditEntry::new(revoked, Actor::System, now);
    store.write(move |tx| Box::pin(async move { tx.revoke_all_sessions(revoked).await })).await?;
    store.write(move |tx| Box::pin(async move { take_back(tx, now).await })).await?;
    let waiting = [TxStatus::Queued, TxStatus::PendingApproval, TxStatus::Executing];
    loop {
        let rows = store.with_status(&waiting, None, 100).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let cancelled = AuditEvent::TxCancelled { from: Some(row.status), code: None, message: None };
            let audit = AuditEntry::new(cancelled, Actor::System, now).wallet(row.wallet).tx(row.id);
            let change = StatusChange::Cancelled { code: Some("RESTORED".to_owned()) };
            store
                .write(move |tx| Box::pin(async move { tx.advance(row.id, row.status, change, audit).await }))
                .await?;
        }
    }
}

/// Ends pending changes and hand-overs, since the backup does not contain later answers of owners.
async fn take_back(tx: &mut WriteTx, now: UnixSeconds) -> Result<(), StoreError> {
    for change in tx.open_changes().await? {
        let superseded = AuditEvent::ChangeSuperseded { change_id: change.id, reason: REASON.to_owned() };
        let audit = AuditEntry::new(superseded, Actor::System, now);
        tx.end_change(change.id, ChangeStatus::Superseded, audit).await?;
    }
    for wallet in tx.wallets().await? {
        if let (Owner::Locked(owner), Some(successor)) = (wallet.owner, wallet.successor) {
            let withdrawn = AuditEvent::SuccessorWithdrawn {
                owner: Some(owner),
                from: Some(successor),
                reason: Some(REASON.to_owned()),
            };
            let audit = AuditEntry::new(withdrawn, Actor::System, now).wallet(wallet.id);
            tx.set_successor(wallet.id, owner, None, audit).await?;
        }
    }
    Ok(())
}

impl From<DataDirError> for RestoreError {
    fn from(error: DataDirError) -> Self {
        Self::Start(error.into())
    }
}
