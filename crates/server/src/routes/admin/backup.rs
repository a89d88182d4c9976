//! `POST /v1/admin/backup` and `POST /v1/admin/backup/download`

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use tokio_util::io::ReaderStream;
use waiaas_api::admin::{Backup, BackupContents};

use crate::app::App;
use crate::extract::{LocalMasterAuth, MasterAuth};
use crate::problem::Failure;
use crate::routes::Answer;

/// Bytes of the file per chunk of the answer.
const PIECE: usize = 64 * 1024;

/// Writes an encrypted backup into the data directory on the daemon's machine.
#[utoipa::path(post, path = "/v1/admin/backup", tag = "admin", responses((status = 200, body = Backup)))]
pub(crate) async fn create_backup(MasterAuth(master): MasterAuth, State(app): State<App>) -> Answer<Backup> {
    let engine = app.engine().clone();
    let backup = app.uninterrupted(async move { engine.operator(&master).backup().await }).await?;
    let filename = backup.path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Json(Backup {
        filename: filename.unwrap_or_default(),
        path: backup.path.display().to_string(),
        size: backup.size,
        created_at: backup.created_at,
    }))
}

/// Answers with an encrypted backup; the daemon keeps no copy.
///
/// Only on the Unix socket in the data directory: a backup contains every key, sealed under the master
/// password, so the password alone must not be enough to fetch it.
#[utoipa::path(
    post, path = "/v1/admin/backup/download", tag = "admin",
    responses((status = 200, content_type = "application/octet-stream", body = BackupContents)),
)]
pub(crate) async fn download_backup(
    LocalMasterAuth(master, local): LocalMasterAuth,
    State(app): State<App>,
) -> Result<Response, Failure> {
    let engine = app.engine().clone();
    let backup = app.uninterrupted(async move { engine.operator(&master).backup_file(&local).await }).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, backup.size.to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", backup.name)),
    ];
    let pieces = ReaderStream::with_capacity(tokio::fs::File::from_std(backup.file), PIECE);
    Ok((headers, Body::from_stream(pieces)).into_response())
}
