//! What is done while no daemon runs: initialise, change the password, restore a backup.

use std::io::BufReader;
use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use thiserror::Error as ThisError;
use uuid::Uuid;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::InstanceId;
use waiaas_core::transaction::TxStatus;
use waiaas_keys::password::{check_chosen, check_given};
use waiaas_keys::{KdfParams, KeystoreHeader, ParamsError, UnlockError, Vault, backup};
use waiaas_store::{AuditEntry, DatabaseUrl, DumpError, NewInstallation, StatusChange, Store};

use crate::admin::sessions::new_session_key;
use crate::config::{Config, DatabaseTarget};
use crate::data_dir::{DataDir, DataDirError, write_private};
use crate::engine::StartError;

/// Where the first master password comes from.
pub enum InitMode {
    /// The operator gives it.
    Password(SecretString),
    /// A random one is left in `recovery.key`.
    AutoProvision,
}

/// What initialising did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InitReport {
    /// The new installation.
    pub instance: InstanceId,
    /// Whether `recovery.key` was written.
    pub auto_provisioned: bool,
}

/// Sets up a data directory and its database. A crash leaves either nothing initialised or all of it:
/// the installation is one database transaction, written after `recovery.key` is durable.
pub async fn init(
    data_dir: &DataDir,
    config: &Config,
    mode: InitMode,
    now: UnixSeconds,
) -> Result<InitReport, StartError> {
    data_dir.create()?;
    let _lock = data_dir.lock()?;
    let store = open_store(data_dir, config).await?;
    if store.instance_id().await?.is_some() {
        return Err(StartError::AlreadyInitialised);
    }
    let auto_provisioned = matches!(mode, InitMode::AutoProvision);
    let password = match mode {
        InitMode::Password(password) => {
            check_given(&password)?;
            password
        }
        // A file left by an interrupted attempt opened nothing yet; it may serve now.
        InitMode::AutoProvision => match data_dir.read_recovery_key()? {
            Some(password) => password,
            None => {
                let password = waiaas_keys::generate_recovery_password()?;
                data_dir.write_recovery_key(&password)?;
                password
            }
        },
    };
    let instance = InstanceId::new(Uuid::new_v4());
    let params = kdf_params(config).map_err(|e| StartError::Keystore(e.to_string()))?;
    let made = tokio::task::spawn_blocking(move || KeystoreHeader::create(&password, instance, params)).await;
    let made = made.map_err(|e| StartError::Keystore(e.to_string()))?;
    let (header, root) = made.map_err(|e| StartError::Keystore(e.to_string()))?;
    let session_key =
        new_session_key(&Vault::new(root), now).map_err(|e| StartError::Keystore(e.to_string()))?;
    let new = NewInstallation { instance, keystore_header: header.to_text(), session_key };
    let audit = AuditEntry::new(AuditEvent::SystemInitialized, Actor::Master, now)
        .details(json!({ "instance": instance, "autoProvisioned": auto_provisioned }));
    store.write(move |tx| Box::pin(async move { tx.initialize(new, audit).await })).await?;
    store.close().await;
    Ok(InitReport { instance, auto_provisioned })
}

/// Whether this data directory has been initialised.
pub async fn is_initialised(data_dir: &DataDir, config: &Config) -> Result<bool, StartError> {
    if let DatabaseTarget::Sqlite(path) = config.database.target(data_dir.path())
        && !path.exists()
    {
        return Ok(false);
    }
    let store = open_store(data_dir, config).await?;
    let known = store.instance_id().await?.is_some();
    store.close().await;
    Ok(known)
}

/// Changes the master password while no daemon runs. True if `recovery.key` was removed.
pub async fn set_master_password(
    data_dir: &DataDir,
    config: &Config,
    old: SecretString,
    new: SecretString,
    now: UnixSeconds,
) -> Result<bool, StartError> {
    check_chosen(&new)?;
    let _lock = data_dir.lock()?;
    let store = open_store(data_dir, config).await?;
    let from = store.keystore_header().await?.ok_or(StartError::NotInitialised)?;
    let header = KeystoreHeader::from_text(&from).map_err(|e| StartError::Keystore(e.to_string()))?;
    let params = kdf_params(config).map_err(|e| StartError::Keystore(e.to_string()))?;
    let rewrapped = tokio::task::spawn_blocking(move || {
        let root = header.unlock(&old).map_err(|error| match error {
            UnlockError::WrongPassword => StartError::WrongPassword,
            other => StartError::Keystore(other.to_string()),
        })?;
        root.rewrap(&new, params).map_err(|e| StartError::Keystore(e.to_string()))
    });
    let to = rewrapped.await.map_err(|e| StartError::Keystore(e.to_string()))??.to_text();
    let audit = AuditEntry::new(AuditEvent::PasswordChanged, Actor::Master, now);
    store.write(move |tx| Box::pin(async move { tx.set_keystore_header(&from, &to, audit).await })).await?;
    store.close().await;
    Ok(data_dir.remove_recovery_key()?)
}

/// Why a backup is not restored.
#[derive(Debug, ThisError)]
pub enum RestoreError {
    /// The file cannot be read.
    #[error("the backup cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// Wrong password, damaged, or not a backup.
    #[error(transparent)]
    Open(#[from] backup::OpenError),
    /// Its contents are not what a backup holds.
    #[error("the backup's contents cannot be read: {0}")]
    Contents(String),
    /// The data cannot be put in place.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The target cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl RestoreError {
    /// Whether the password given is not the one of the backup.
    pub const fn is_wrong_password(&self) -> bool {
        matches!(self, Self::Open(backup::OpenError::WrongPassword) | Self::Start(StartError::WrongPassword))
    }
}

#[derive(Deserialize)]
struct FirstLine {
    #[serde(rename = "waiaasBackup")]
    format: u32,
    config: Option<String>,
}

/// Restores a backup into an empty data directory and database. Sessions of the backup end, and what
/// waited or was cleared but not signed is cancelled: the world moved on meanwhile. What was signed
/// is followed to its end as before.
pub async fn restore(
    file: &Path,
    data_dir: &DataDir,
    config: &Config,
    password: SecretString,
    now: UnixSeconds,
) -> Result<(), RestoreError> {
    data_dir.create().map_err(StartError::from)?;
    let _lock = data_dir.lock().map_err(StartError::from)?;
    let store = open_store(data_dir, config).await?;
    if store.instance_id().await.map_err(StartError::from)?.is_some() {
        return Err(StartError::AlreadyInitialised.into());
    }
    let sealed = std::fs::read(file)?;
    let opened = tokio::task::spawn_blocking(move || backup::open(&password, &sealed)).await;
    let opened = opened.map_err(|e| RestoreError::Contents(e.to_string()))??;
    let end = opened.plaintext.iter().position(|b| *b == b'\n');
    let (first, dump) = end
        .and_then(|end| opened.plaintext.split_at_checked(end))
        .ok_or_else(|| RestoreError::Contents("it has no first line".to_owned()))?;
    let first: FirstLine =
        serde_json::from_slice(first).map_err(|e| RestoreError::Contents(e.to_string()))?;
    if first.format != 1 {
        return Err(RestoreError::Contents(format!("its format {} is not known", first.format)));
    }
    let dump = dump.strip_prefix(b"\n").unwrap_or(dump);
    let audit = AuditEntry::new(AuditEvent::BackupRestored, Actor::Master, now);
    store.import(&mut BufReader::new(dump), audit).await?;
    retire(&store, now).await?;
    if let Some(text) = first.config
        && !data_dir.config_file().exists()
    {
        write_private(&data_dir.config_file(), text.as_bytes()).map_err(StartError::from)?;
    }
    store.close().await;
    Ok(())
}

/// Ends what must not outlive a restore.
async fn retire(store: &Store, now: UnixSeconds) -> Result<(), StartError> {
    let revoked = AuditEntry::new(AuditEvent::SessionRevoked, Actor::System, now)
        .details(json!({ "reason": "restored from a backup" }));
    store.write(move |tx| Box::pin(async move { tx.revoke_all_sessions(revoked).await })).await?;
    let waiting = [TxStatus::Queued, TxStatus::PendingApproval, TxStatus::Executing];
    loop {
        let rows = store.with_status(&waiting, None, 100).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let audit =
                AuditEntry::new(AuditEvent::TxCancelled, Actor::System, now).wallet(row.wallet).tx(row.id);
            let change = StatusChange::Cancelled { code: Some("RESTORED".to_owned()) };
            store
                .write(move |tx| Box::pin(async move { tx.advance(row.id, row.status, change, audit).await }))
                .await?;
        }
    }
}

/// Argon2id's cost as configured.
pub(crate) fn kdf_params(config: &Config) -> Result<KdfParams, ParamsError> {
    let cost = &config.keystore;
    KdfParams::new(cost.argon2_memory, cost.argon2_time, cost.argon2_parallelism)
}

/// Opens the configured database, creating the directory of an embedded one.
pub(crate) async fn open_store(data_dir: &DataDir, config: &Config) -> Result<Store, StartError> {
    let url = match config.database.target(data_dir.path()) {
        DatabaseTarget::Sqlite(path) => {
            let parent = path.parent().unwrap_or(data_dir.path());
            data_dir.create_sub(parent)?;
            DatabaseUrl::sqlite(&path).map_err(|e| StartError::Database(e.to_string()))?
        }
        DatabaseTarget::Postgres(url) => {
            use secrecy::ExposeSecret as _;
            url.expose_secret()
                .parse()
                .map_err(|e: waiaas_store::UrlError| StartError::Database(e.to_string()))?
        }
    };
    Ok(Store::open(&url).await?)
}

impl From<DataDirError> for RestoreError {
    fn from(error: DataDirError) -> Self {
        Self::Start(error.into())
    }
}
