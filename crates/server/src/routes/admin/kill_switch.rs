//! `GET`, `POST /v1/admin/kill-switch`, `POST /v1/admin/recover`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::admin::{KillSwitchStatus, Recovered};
use waiaas_api::changes::Change;
use waiaas_core::UnixSeconds;
use waiaas_core::wallet::KillSwitch;

use crate::app::App;
use crate::extract::{ActivatorAuth, MasterAuth};
use crate::problem::Failure;
use crate::routes::{Answer, Settled};

fn shape(state: KillSwitch, changed_at: UnixSeconds) -> KillSwitchStatus {
    let activated_at = match state {
        KillSwitch::Running => None,
        KillSwitch::Activated | KillSwitch::Locked => Some(changed_at),
    };
    KillSwitchStatus { signing: state.into(), state, activated_at }
}

/// Shows the kill switch.
#[utoipa::path(
    get,
    path = "/v1/admin/kill-switch",
    tag = "admin",
    responses((status = 200, body = KillSwitchStatus))
)]
pub(crate) async fn get_kill_switch(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
) -> Answer<KillSwitchStatus> {
    let row = app.engine().operator(&master).kill_switch().await?;
    Ok(Json(shape(row.state, row.changed_at)))
}

/// Activates the kill switch: nothing is signed until recovery, and what was admitted before is never signed.
///
/// Activating it again changes nothing and answers with its state. By the Unix socket in the data directory no
/// password is needed.
#[utoipa::path(
    post,
    path = "/v1/admin/kill-switch",
    tag = "admin",
    responses((status = 200, body = KillSwitchStatus))
)]
pub(crate) async fn activate_kill_switch(
    ActivatorAuth(activator): ActivatorAuth,
    State(app): State<App>,
) -> Answer<KillSwitchStatus> {
    let engine = app.engine().clone();
    let row = app.uninterrupted(async move { engine.activate_kill_switch(&activator).await }).await?;
    Ok(Json(shape(row.state, row.changed_at)))
}

/// Resumes normal operation. What was admitted before the kill switch stays unsigned and is cancelled.
///
/// Where wallets have LOCKED owners it is answered 202: it waits for the signatures of all of them.
#[utoipa::path(
    post,
    path = "/v1/admin/recover",
    tag = "admin",
    responses(
        (status = 200, body = Recovered),
        (status = 202, body = Change, description = "It waits for owners"),
    )
)]
pub(crate) async fn recover(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
) -> Result<Settled<Recovered>, Failure> {
    let recovered = app.engine().operator(&master).recover_kill_switch().await?;
    Ok(Settled::of(recovered, StatusCode::OK, |row| Recovered {
        signing: row.state.into(),
        state: row.state,
        recovered_at: row.changed_at,
    }))
}
