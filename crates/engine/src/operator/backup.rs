//! Backups: the whole state in one sealed file, written as a stream.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write};

use serde_json::json;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_store::AuditEntry;

use crate::Engine;
use crate::credentials::Local;
use crate::error::{Error, ErrorCode};
use crate::file_error::DataDirError;
use crate::ids;
use crate::operator::Operator;
use crate::views::{BackupFile, BackupInfo};
use crate::whole_file::{WholeFile, nameless};

impl Operator<'_> {
    /// Writes the database, the sealed keys within it and `config.toml` into one file of the data directory,
    /// which the present master password opens. A failure leaves no file behind.
    ///
    /// # Errors
    /// If the backup cannot be written.
    pub async fn backup(&self) -> Result<BackupInfo, Error> {
        let now = self.engine.now();
        let directory = self.engine.data_dir().backups();
        self.engine.data_dir().create_sub(&directory).map_err(failed)?;
        let path = directory.join(name(now));
        let file = WholeFile::create(&path).map_err(failed)?;
        let file = self.seal_state(now, file).await?;
        let size = file.keep().map_err(failed)?;
        Ok(BackupInfo { path, size, created_at: now })
    }

    /// Writes a backup for the caller to keep. The password alone must not fetch files that it opens, so the
    /// caller must also be on this machine, with the rights of the daemon's user. The file has no name and is
    /// removed with its last handle, so no copy stays on this machine.
    ///
    /// # Errors
    /// If the backup cannot be written or read.
    pub async fn backup_file(&self, _: &Local) -> Result<BackupFile, Error> {
        let now = self.engine.now();
        let file = nameless(self.engine.data_dir().path()).map_err(failed)?;
        let mut file: File = self.seal_state(now, file).await?;
        let size = file.metadata().map_err(failed)?.len();
        file.rewind().map_err(failed)?;
        Ok(BackupFile { file, name: name(now), size })
    }

    async fn seal_state<W: Write + Send>(&self, now: UnixSeconds, out: W) -> Result<W, Error> {
        let audit = AuditEntry::new(AuditEvent::BackupCreated, Actor::Master, now);
        self.engine.store().write(|tx| Box::pin(async move { tx.record(audit).await })).await?;
        let header = self.engine.keystore_header().await?;
        let out = BufWriter::new(out);
        let mut sealer = self.engine.vault().backup_into(&header, out).map_err(failed)?;
        let config = std::fs::read_to_string(self.engine.data_dir().config_file()).ok();
        let first =
            json!({ "waiaasBackup": 1, "createdAt": now, "version": Engine::version(), "config": config });
        writeln!(sealer, "{first}").map_err(failed)?;
        self.engine.store().export(&mut sealer).await.map_err(failed)?;
        let out = sealer.finish().map_err(failed)?;
        out.into_inner().map_err(|error| failed(error.into_error()))
    }
}

fn name(now: UnixSeconds) -> String {
    format!("backup-{now}-{}.waiaas-backup", ids::ordered().simple())
}

fn failed(error: impl std::error::Error + 'static) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(this) = cause {
        let full = this.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::StorageFull);
        if full || this.downcast_ref::<DataDirError>().is_some_and(DataDirError::is_full) {
            return Error::new(ErrorCode::StorageFull, "The disk is full; there is no backup.");
        }
        cause = this.source();
    }
    Error::internal(error)
}
