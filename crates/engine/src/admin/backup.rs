//! Backups: the whole state in one sealed file.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::json;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_store::AuditEntry;
use zeroize::Zeroizing;

use crate::Engine;
use crate::credentials::Master;
use crate::data_dir::write_private;
use crate::error::Error;
use crate::views::BackupInfo;

impl Engine {
    /// Writes the database, the sealed keys within it and `config.toml` into one file that opens with
    /// the present master password. `directory` is relative to the data directory unless absolute.
    pub async fn backup(&self, _: &Master, directory: Option<PathBuf>) -> Result<BackupInfo, Error> {
        let now = self.now();
        let audit = AuditEntry::new(AuditEvent::BackupCreated, Actor::Master, now).details(json!({}));
        self.store().write(|tx| Box::pin(async move { tx.record(audit).await })).await?;
        let mut plain = Zeroizing::new(Vec::new());
        let config = std::fs::read_to_string(self.data_dir().config_file()).ok();
        let first =
            json!({ "waiaasBackup": 1, "createdAt": now, "version": Self::version(), "config": config });
        writeln!(plain, "{first}").map_err(Error::internal)?;
        self.store().export(&mut *plain).await.map_err(Error::internal)?;
        let header = self.keystore_header().await?;
        let vault = self.vault();
        let sealed = tokio::task::spawn_blocking(move || vault.seal_backup(&header, &plain))
            .await
            .map_err(Error::internal)?
            .map_err(Error::internal)?;
        let directory = directory.map_or_else(|| self.data_dir().backups(), |d| self.data_dir().resolve(&d));
        self.data_dir().create_sub(&directory).map_err(Error::internal)?;
        let path = directory.join(format!("backup-{now}-{}.waiaas-backup", uuid::Uuid::now_v7().simple()));
        write_private(&path, &sealed).map_err(Error::internal)?;
        Ok(BackupInfo { path, size: u64::try_from(sealed.len()).unwrap_or(u64::MAX), created_at: now })
    }
}
