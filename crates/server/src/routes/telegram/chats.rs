//! `GET /v1/telegram/chats`, `PUT /v1/telegram/chats/{chatId}`, `DELETE /v1/telegram/chats/{chatId}`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::page::All;
use waiaas_api::telegram::{Chat, SetChatRole};
use waiaas_core::chat::ChatNumber;

use crate::app::App;
use crate::extract::{Body, MasterAuth, Path};
use crate::problem::Failure;
use crate::routes::Answer;
use crate::shapes;

/// Lists the chats that have written to the Telegram bot, oldest first.
#[utoipa::path(
    get,
    path = "/v1/telegram/chats",
    tag = "telegram",
    responses((status = 200, body = All<Chat>))
)]
pub(crate) async fn list_chats(MasterAuth(master): MasterAuth, State(app): State<App>) -> Answer<All<Chat>> {
    let chats = app.engine().operator(&master).chats().await?;
    Ok(Json(shapes::all(chats.into_iter().map(shapes::chat).collect())))
}

/// Gives a chat a role. A chat with the role `ADMIN` receives a card for each request that waits for its owner.
#[utoipa::path(
    put,
    path = "/v1/telegram/chats/{chatId}",
    tag = "telegram",
    params(("chatId" = i64, Path, description = "The chat")),
    request_body = SetChatRole,
    responses((status = 200, body = Chat))
)]
pub(crate) async fn set_chat_role(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(chat): Path<ChatNumber>,
    Body(request): Body<SetChatRole>,
) -> Answer<Chat> {
    Ok(Json(shapes::chat(app.engine().operator(&master).set_chat_role(chat, request.role).await?)))
}

/// Removes a chat. It receives nothing more; it can register again, without a role.
#[utoipa::path(
    delete,
    path = "/v1/telegram/chats/{chatId}",
    tag = "telegram",
    params(("chatId" = i64, Path, description = "The chat")),
    responses((status = 204, description = "Removed"))
)]
pub(crate) async fn remove_chat(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(chat): Path<ChatNumber>,
) -> Result<StatusCode, Failure> {
    app.engine().operator(&master).remove_chat(chat).await?;
    Ok(StatusCode::NO_CONTENT)
}
