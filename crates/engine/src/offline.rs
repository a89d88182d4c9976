//! Use cases while no daemon runs: initialise, change the password, restore a backup.

mod restore;

use secrecy::SecretString;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::InstanceId;
use waiaas_keys::password::check_new;
use waiaas_keys::{KdfParams, KeystoreHeader, ParamsError, UnlockError, Vault};
use waiaas_store::{AuditEntry, DatabaseUrl, NewInstallation, Store};

use crate::config::{Config, DatabaseTarget};
use crate::data_dir::DataDir;
use crate::error::StartError;
use crate::file_error::DataDirError;
use crate::ids;
use crate::session_keys::new_session_key;

pub use restore::{RestoreError, Restored, RestoredConfig, restore};

/// Where the first master password comes from.
pub enum InitMode {
    /// The operator gives it.
    Password(SecretString),
    /// A random one is written to `recovery.key`.
    AutoProvision,
}

/// The result of initialising.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InitReport {
    /// The new installation.
    pub instance: InstanceId,
    /// Whether `recovery.key` was written.
    pub auto_provisioned: bool,
}

/// Sets up a data directory and its database. A crash leaves either nothing initialised or all of it:
/// the installation is one database transaction, written after `recovery.key` is durable.
///
/// # Errors
/// [`StartError`]: the directory is initialised or in use, the password is too weak, or a file or the database cannot
/// be written.
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
            check_new(&password)?;
            password
        }
        InitMode::AutoProvision => recovery_password(data_dir)?,
    };
    let instance = InstanceId::new(ids::random());
    let params = kdf_params(config).map_err(|e| StartError::Keystore(e.to_string()))?;
    let made = tokio::task::spawn_blocking(move || KeystoreHeader::create(&password, instance, params)).await;
    let made = made.map_err(|e| StartError::Keystore(e.to_string()))?;
    let (header, root) = made.map_err(|e| StartError::Keystore(e.to_string()))?;
    let session_key =
        new_session_key(&Vault::new(root), now).map_err(|e| StartError::Keystore(e.to_string()))?;
    let new = NewInstallation { instance, keystore_header: header.to_text(), session_key };
    let initialized = AuditEvent::SystemInitialized { instance, auto_provisioned };
    let audit = AuditEntry::new(initialized, Actor::Master, now);
    store.write(move |tx| Box::pin(async move { tx.initialize(new, audit).await })).await?;
    store.close().await;
    Ok(InitReport { instance, auto_provisioned })
}

/// Returns the password in `recovery.key`. The file is written now, unless an interrupted attempt left a
/// complete one, which protects nothing yet and can be used. An incomplete file is replaced.
fn recovery_password(data_dir: &DataDir) -> Result<SecretString, StartError> {
    let left = match data_dir.read_recovery_key() {
        Err(DataDirError::EmptyRecoveryKey(_)) => None,
        left => left?,
    };
    if let Some(password) = left.filter(|password| check_new(password).is_ok()) {
        return Ok(password);
    }
    let password = waiaas_keys::generate_recovery_password()?;
    data_dir.write_recovery_key(&password)?;
    Ok(password)
}

/// Whether this data directory has been initialised.
///
/// # Errors
/// [`StartError`] if the database cannot be opened.
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
///
/// # Errors
/// [`StartError`]: a daemon runs, the old password is wrong, the new one is too weak, or the database cannot be
/// written.
pub async fn set_master_password(
    data_dir: &DataDir,
    config: &Config,
    old: SecretString,
    new: SecretString,
    now: UnixSeconds,
) -> Result<bool, StartError> {
    check_new(&new)?;
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
