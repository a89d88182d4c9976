//! `PUT`, `DELETE /v1/wallets/{id}/owner`, `POST …/owner/challenge`, `POST …/owner/verify`

use axum::Json;
use axum::extract::State;
use waiaas_api::owners::{Challenge, OwnerChange, OwnerVerified, SetOwner};
use waiaas_core::address::Address;
use waiaas_core::ids::WalletId;
use waiaas_core::wallet::OwnerState;
use waiaas_engine::{Error, Owner, OwnerAnswer};

use crate::app::App;
use crate::extract::{Body, MasterAuth, MaybeOwner, OwnerAuth, Path};
use crate::problem::Failure;
use crate::routes::Answer;
use crate::shapes;

async fn consent(app: &App, id: WalletId, answer: Option<OwnerAnswer>) -> Result<Option<Owner>, Failure> {
    match answer {
        Some(answer) => Ok(Some(app.engine().authenticate_owner_of_wallet(id, answer).await?)),
        None => Ok(None),
    }
}

/// Names a wallet's owner.
///
/// The owner then proves the address by signing the challenge in the answer. Once it is proved, changing it
/// needs the current owner's signature: without one the answer is 409 `OWNER_ALREADY_CONNECTED` with the
/// message to sign in `details.challenge`. With it, the current owner stays LOCKED, and the new one is
/// `pendingOwnerAddress` until it has proved the address. In the same way the current owner can name another
/// successor, or itself, which withdraws the hand-over.
#[utoipa::path(
    put,
    path = "/v1/wallets/{id}/owner",
    tag = "wallets",
    params(
        ("id" = Uuid, Path, description = "The wallet"),
        ("X-Owner-Signature" = Option<String>, Header, description = "The current owner's signature"),
        ("X-Owner-Message" = Option<String>, Header, description = "The message that the current owner signed"),
    ),
    request_body = SetOwner,
    responses((status = 200, body = OwnerChange))
)]
pub(crate) async fn set_owner(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
    MaybeOwner(answer): MaybeOwner,
    Body(request): Body<SetOwner>,
) -> Answer<OwnerChange> {
    let owner: Address = request.owner_address.parse().map_err(Error::from)?;
    let consent = consent(&app, id, answer).await?;
    let set = app.engine().operator(&master).set_owner(id, owner, consent).await?;
    Ok(Json(shapes::owner_change(app.engine(), set)))
}

/// Removes a wallet's owner. An owner with a proved address is removed only with its own signature.
#[utoipa::path(
    delete,
    path = "/v1/wallets/{id}/owner",
    tag = "wallets",
    params(
        ("id" = Uuid, Path, description = "The wallet"),
        ("X-Owner-Signature" = Option<String>, Header, description = "The current owner's signature"),
        ("X-Owner-Message" = Option<String>, Header, description = "The message that the current owner signed"),
    ),
    responses((status = 200, body = OwnerChange))
)]
pub(crate) async fn remove_owner(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
    MaybeOwner(answer): MaybeOwner,
) -> Answer<OwnerChange> {
    let consent = consent(&app, id, answer).await?;
    let set = app.engine().operator(&master).remove_owner(id, consent).await?;
    Ok(Json(shapes::owner_change(app.engine(), set)))
}

/// Issues the message that an owner signs to prove the address: the pending owner, if there is one.
#[utoipa::path(
    post,
    path = "/v1/wallets/{id}/owner/challenge",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses((status = 200, body = Challenge))
)]
pub(crate) async fn owner_challenge(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Answer<Challenge> {
    Ok(Json(shapes::challenge(app.engine().operator(&master).owner_challenge(id).await?)))
}

/// Proves the owner's address; afterwards only that owner can approve and change it.
#[utoipa::path(
    post,
    path = "/v1/wallets/{id}/owner/verify",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses((status = 200, body = OwnerVerified))
)]
pub(crate) async fn verify_owner(
    OwnerAuth(answer): OwnerAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Answer<OwnerVerified> {
    let owner = app.engine().authenticate_owner_of_wallet(id, answer).await?;
    let wallet = app.engine().owner(owner).verify().await?;
    let owner_state = wallet.owner.state();
    Ok(Json(OwnerVerified {
        owner_state,
        owner_address: wallet.owner.address().map(|address| address.to_string()),
        owner_verified: owner_state == OwnerState::Locked,
    }))
}
