//! `POST /v1/admin/backup`

use axum::Json;
use axum::extract::State;
use waiaas_api::admin::Backup;

use crate::app::App;
use crate::extract::MasterAuth;
use crate::routes::Answer;

/// Writes an encrypted backup into the data directory on the daemon's machine.
#[utoipa::path(post, path = "/v1/admin/backup", tag = "admin", responses((status = 200, body = Backup)))]
pub(crate) async fn create_backup(MasterAuth(master): MasterAuth, State(app): State<App>) -> Answer<Backup> {
    let engine = app.engine().clone();
    let backup = app.uninterrupted(async move { engine.backup(&master, None).await }).await?;
    let filename = backup.path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Json(Backup {
        filename: filename.unwrap_or_default(),
        path: backup.path.display().to_string(),
        size: backup.size,
        created_at: backup.created_at,
    }))
}
